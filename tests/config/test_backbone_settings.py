"""Settings of runs on features that a backbone makes."""

import pathlib
import tempfile

from absl.testing import absltest, parameterized

from lnl_sr_tf import config
from lnl_sr_tf.errors import InputError

GIVEN = {"dataset": "mnist", "backbone": "keras:A", "weights": "a.h5"}


class BackboneSettingsTest(parameterized.TestCase):
    @parameterized.parameters(
        ({"flip": True}, "--flip=true does not go with --backbone=keras:A"),
        ({"rotation": 20}, "--rotation=20.0 does not go with --backbone"),
        ({"crop_padding": 4}, "--crop_padding=4 does not go with --backbone"),
        ({"random_resized_crop": 0.5}, "--random_resized_crop=0.5 does not go"),
        ({"color_jitter": "hue=0.1"}, "--color_jitter=hue=0.1 does not go with"),
        ({"open_set": "digits"}, "--open_set=digits does not go with --backbone"),
        ({"model": "resnet18"}, "--model=resnet18 is for images.*linear or mlp"),
    )
    def test_refuses_what_is_for_images(self, settings, message):
        with self.assertRaisesRegex(InputError, message):
            config.resolve(GIVEN | settings)

    @parameterized.parameters(
        ("a.npy", "", "features"),
        ("a.jsonl", "", "texts"),
        ("a.csv", "text,label\nso,1\n", "texts"),
        ("a.csv", "age,label\n3,1\n", "rows of a table"),
    )
    def test_refuses_other_data(self, name, content, what):
        path = pathlib.Path(tempfile.mkdtemp()) / name
        path.write_text(content)
        message = f"--backbone=keras:A makes features of images; .* is of {what}"
        with self.assertRaisesRegex(InputError, message):
            config.resolve(GIVEN | {"dataset": str(path)})

    def test_whatever_the_dataset_the_recipe_is_its_own(self):
        for dataset in ("mnist", "cifar100", "clothing1m", "webvision_mini"):
            made = config.resolve(GIVEN | {"dataset": dataset})
            found = made.model, made.flip, made.image_size
            self.assertEqual(found, ("linear", False, None))
            self.assertIsNone(made.random_resized_crop)

    def test_labels_are_those_of_the_dataset(self):
        for dataset, noise in (("mnist", "sym"), ("clothing1m", "none")):
            made = config.resolve(GIVEN | {"dataset": dataset})
            self.assertEqual(made.noise, noise)

    def test_takes_a_size_and_another_head(self):
        made = config.resolve(GIVEN | {"image_size": "96", "model": "mlp"})
        self.assertEqual((made.pixels, made.model), ((96, 96), "mlp"))

    def test_is_another_run(self):
        plain = config.resolve({"dataset": "mnist"})
        self.assertNotIn("backbone", plain.identity())
        ours = config.resolve(GIVEN)
        other = config.resolve(GIVEN | {"backbone": "keras:B"})
        self.assertLen({made.run_name for made in (plain, ours, other)}, 3)

    def test_weights_that_keras_fetches_are_no_file(self):
        fetched = config.resolve(GIVEN | {"weights": "imagenet"})
        self.assertNotIn("weights", fetched.places)
        self.assertIn("weights", config.resolve(GIVEN).places)


if __name__ == "__main__":
    absltest.main()
