"""Settings that are left out follow from the others, and names have one form."""

from unittest import mock

import tensorflow as tf
from absl.testing import parameterized

from lnl_sr_tf import config
from lnl_sr_tf.config.data_kinds import NAMES
from lnl_sr_tf.errors import InputError

# Where None says something: the noise rate as drawn, images as they are, and so on.
OPTIONAL = {
    "forget_rate", "image_size", "imagenet_dir", "open_set", "weights",
    "random_resized_crop", "color_jitter", "devices", "cluster", "task", "cpus_per_run",
    "gpus_per_run", "validation_share", "fold", "rate_estimate", "instance_rate",
    "prior_weight", "votes_file", "backbone",
}  # fmt: skip


class ResolveTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.parameters(
        ("digits", "sym", 0.6),
        ("cifar10_n", "worse", 0.0),
        ("cifar100_n", "noisy_fine", 0.0),
        ("webvision_mini", "none", 0.0),
        ("clothing1m", "none", 0.0),
        ("photos/of/pets", "none", 0.0),
        ("cells.npz", "none", 0.0),
        ("~/crowd.csv", "none", 0.0),
    )
    def test_noise_where_none_is_given(self, dataset, noise, rate):
        made = config.resolve({"dataset": dataset})
        self.assertEqual((made.noise, made.rate), (noise, rate))
        made = config.resolve({"dataset": dataset, "noise": "sym", "rate": 0.4})
        self.assertEqual((made.noise, made.rate), ("sym", 0.4))

    @parameterized.parameters(
        ("tfds:svhn_cropped:3.0.0", "svhn_cropped", False),
        ("tfds:a/b", "a/b", False),
        ("photos/of/pets/", "pets", True),
        ("./cells.v2.npz", "cells.v2", True),
        ("crowd.csv", "crowd", True),
        ("X.CSV", "X", True),
        ("A.NPZ", "A", True),
        ("cifar10", "cifar10", False),
    )
    def test_names_and_paths(self, dataset, name, own):
        made = config.resolve({"dataset": dataset})
        self.assertEqual((made.dataset_name, made.own_data), (name, own))
        self.assertNotIn("/", made.run_name)

    def test_a_folder_by_the_name_of_a_dataset(self):
        """The name wins, and what is known of it does."""
        with mock.patch("os.path.isdir", return_value=True):
            for name in NAMES:
                self.assertFalse(config.resolve({"dataset": name}).own_data)
            self.assertTrue(config.resolve({"dataset": "photos"}).own_data)

    @parameterized.parameters(
        ("tfds:MNIST", "tfds:mnist", "mnist"),
        ("tfds:Mnist:3.0.1", "tfds:mnist:3.0.1", "mnist"),
        ("tfds:mnist:3.*.*", "tfds:mnist:3.*.*", "mnist"),
        ("tfds:CIFAR10", "tfds:cifar10", "cifar10"),
        ("tfds:Cifar100:3.0.2", "tfds:cifar100:3.0.2", "cifar100"),
        ("tfds:cifar10_N", "tfds:cifar10_n", "cifar10_n"),
        ("tfds:CIFAR100_N", "tfds:cifar100_n", "cifar100_n"),
        ("tfds:FashionMNIST", "tfds:fashion_mnist", "fashion_mnist"),
    )
    def test_names_of_tfds(self, written, dataset, name):
        """However it is written, a set is trained as by its plain name."""
        given = {"loss": "fl_sr"}
        made = config.resolve(given | {"dataset": written})
        plain = config.resolve(given | {"dataset": name})
        self.assertEqual(made.dataset, dataset)
        self.assertEqual(made.dataset_name, name)
        self.assertEqual(
            made.as_dict() | {"dataset": ""}, plain.as_dict() | {"dataset": ""}
        )
        settled = config.resolve(given | {"dataset": dataset})
        self.assertEqual(made.run_name, settled.run_name)
        with self.assertRaisesRegex(InputError, "expected another dataset than --data"):
            config.resolve({"dataset": name, "open_set": written})

    def test_other_names_of_tfds(self):
        for written, dataset in (
            ("tfds:StanfordDogs", "tfds:stanford_dogs"),
            ("tfds:imagenet_resized/32x32:0.1.0", "tfds:imagenet_resized/32x32:0.1.0"),
        ):
            self.assertEqual(config.resolve({"dataset": written}).dataset, dataset)

    def test_image_sizes(self):
        for text, size in (("224", (224, 224)), ("96x128", (96, 128)), ("8X9", (8, 9))):
            made = config.resolve({"image_size": text})
            self.assertEqual(made.pixels, size)
        self.assertIsNone(config.resolve({}).pixels)

    @parameterized.parameters(
        ("2/5", "2/5", (2, 5)),
        (" 02 / 05", "2/5", (2, 5)),
        ("100/100", "100/100", (100, 100)),
    )
    def test_folds(self, text, settled, numbers):
        made = config.resolve({"fold": text})
        self.assertEqual((made.fold, made.part_of_parts), (settled, numbers))

    def test_what_is_given_wins(self):
        made = config.resolve(
            {"dataset": "mnist", "loss": "ce_sr", "epochs": "10", "tau": 0.3}
        )
        self.assertEqual((made.epochs, made.tau, made.lambda0), (10, 0.3, 4))

    def test_loss_args_are_merged(self):
        given = {"dataset": "mnist", "loss": "gce_sr", "loss_args": "epsilon=1e-6"}
        self.assertEqual(config.resolve(given).loss_args, {"q": 0.01, "epsilon": 1e-6})
        given["loss_args"] = "q=0.5,constant_factor=true"
        self.assertEqual(
            config.resolve(given).loss_args, {"q": 0.5, "constant_factor": True}
        )

    def test_every_setting_is_settled(self):
        """All but those that belong to something else, and say so."""
        for settings in ({"loss": "ce"}, {"loss": "ce_sr"}, {"method": "co_teaching"}):
            made = config.resolve(settings)
            for name, value in made.as_dict().items():
                only = config.FIELDS[name].only
                has_effect = only is None or only.test(getattr(made, only.setting))
                if name not in OPTIONAL:
                    self.assertEqual(value is not None, has_effect, name)

    @parameterized.parameters((None, None), (0, 0.0), (3, 3.0), (10, 10.0))
    def test_adaptive_brings_a_class_prior(self, given, expected):
        settings = {"loss": "ce_sr", "lambda_schedule": "adaptive"}
        if given is not None:
            settings["prior_weight"] = given
        made = config.resolve(settings)
        self.assertEqual(made.prior_weight, expected)
        # None at all is another run than the usual one.
        self.assertEqual(made.identity().get("prior_weight"), expected)
        self.assertEqual(made.has_class_prior, expected != 0)

    def test_adaptive_without_a_class_prior_where_none_goes(self):
        settings = {"loss": "ce_sr", "balance": "logit_adjustment"}
        made = config.resolve(settings)
        self.assertEqual(made.lambda_schedule, "adaptive")
        self.assertFalse(made.has_class_prior)
        again = config.resolve(settings | {"prior_weight": 0})
        self.assertEqual(made.run_name, again.run_name)

    def test_geometric_keeps_its_name(self):
        """So it was before there was another one."""
        made = config.resolve({"loss": "ce_sr", "lambda_schedule": "geometric"})
        self.assertNotIn("lambda_schedule", made.identity())
        adaptive = config.resolve({"loss": "ce_sr"})
        self.assertEqual(adaptive.identity()["lambda_schedule"], "adaptive")
        self.assertIsNone(config.resolve({"loss": "ce"}).lambda_schedule)

    def test_both_schedules_at_once(self):
        settings = {"loss": ["ce", "ce_sr"], "rho": 3}
        made = config.grid(settings | {"lambda_schedule": ["geometric", "adaptive"]})
        found = [(one.loss, one.lambda_schedule, one.rho) for one in made]
        expected = [
            ("ce", None, None),
            ("ce_sr", "geometric", 3.0),
            ("ce_sr", "adaptive", None),
        ]
        self.assertEqual(found, expected)

    @parameterized.parameters(
        (
            {"loss": "ce_sr", "lambda_schedule": "adaptive", "rho": 3},
            "--rho=3 has no effect with --lambda_schedule=adaptive; it belongs to "
            "--lambda_schedule=geometric$",
        ),
        (
            {"loss": "ce", "rho": 3},
            "--rho=3 has no effect with --loss=ce; it belongs to losses that end in",
        ),
        (
            {"loss": ["ce", "mae"], "lambda_schedule": "adaptive"},
            "--lambda_schedule=adaptive has no effect with --loss=ce,mae; it belongs",
        ),
        (
            {"loss": "ce_sr", "lambda_schedule": "adaptiv"},
            "--lambda_schedule=adaptiv: expected one of geometric, adaptive; did you",
        ),
    )
    def test_lambda_schedule_is_refused(self, settings, message):
        with self.assertRaisesRegex(InputError, message):
            config.grid(settings)

    def test_no_noise(self):
        self.assertEqual(config.resolve({"noise": "none"}).rate, 0.0)


if __name__ == "__main__":
    tf.test.main()
