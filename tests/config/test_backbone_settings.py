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

    def test_text_is_for_a_preset(self):
        path = pathlib.Path(tempfile.mkdtemp()) / "a.jsonl"
        path.touch()
        given = {"dataset": str(path), "backbone": "hub:bert_tiny_en_uncased"}
        self.assertEqual(config.resolve(given).model, "linear")
        for name in ("views", "finetune"):
            with self.assertRaisesRegex(InputError, f"--{name}=2 is for images"):
                config.resolve(given | {name: 2})

    @parameterized.parameters(
        ({"method": "co_teaching"}, "does not go with --method=co_teaching"),
        ({"parallel_seeds": True}, "does not go with --parallel_seeds"),
        ({"backbone": None}, "--finetune=3 has no effect without --backbone"),
    )
    def test_finetuning_is_of_one_network(self, settings, message):
        settings = GIVEN | {"finetune": 3} | settings
        settings = {k: v for k, v in settings.items() if v is not None}
        with self.assertRaisesRegex(InputError, message):
            config.resolve(settings)

    def test_finetuning_is_another_run(self):
        plain, ours = config.resolve(GIVEN), config.resolve(GIVEN | {"finetune": 3})
        self.assertNotIn("finetune", plain.identity())
        self.assertEqual((plain.own_epochs, ours.own_epochs), (60, 3))
        self.assertEqual((plain.finetune_lr, ours.finetune_lr), (None, 1e-3))
        slow = config.resolve(GIVEN | {"finetune": 3, "finetune_lr": 1e-5})
        self.assertLen({made.run_name for made in (plain, ours, slow)}, 3)

    def test_what_is_in_the_folder_of_a_preset_counts(self):
        folder = pathlib.Path(tempfile.mkdtemp())
        given = {"dataset": "mnist", "backbone": f"hub:{folder}"}
        made = config.resolve(given)
        (folder / "config.json").write_text("{}")
        self.assertEqual(made.places, {"backbone": str(folder)})
        before = made.run_name
        (folder / "config.json").write_text("{ }")
        self.assertNotEqual(made.run_name, before)
        named = config.resolve(given | {"backbone": "hub:bert_tiny_en_uncased"})
        self.assertEmpty(named.places)

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
