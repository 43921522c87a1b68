"""Settings: recipes, ranges, grids, and what is said about mistakes."""

import pathlib
from unittest import mock

import tensorflow as tf
from absl.testing import parameterized

from lnl_sr_tf import config, loss_names, losses
from lnl_sr_tf.config.data_kinds import NAMES
from lnl_sr_tf.errors import InputError
from lnl_sr_tf.training import build

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

    def test_images_of_the_same_dataset_are_not_foreign(self):
        with self.assertRaisesRegex(InputError, "--open_set=digits: expected another"):
            config.resolve({"open_set": "digits"})

    def test_files_are_told_apart(self):
        """Runs on the same name in other folders are other runs."""
        names = {
            config.resolve({"dataset": path}).run_name
            for path in ("a/x.csv", "b/x.csv")
        }
        self.assertLen(names, 2)
        names = {
            config.resolve({"dataset": path}).run_name
            for path in ("a/x.csv", "./a//x.csv", "a/../a/x.csv")
        }
        self.assertLen(names, 1)

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

    def test_folds_are_different_runs(self):
        names = {
            config.resolve(settings).run_name
            for settings in ({}, {"fold": "1/5"}, {"fold": "2/5"}, {"fold": "1/4"})
        }
        self.assertLen(names, 4)
        self.assertIsNone(config.resolve({}).part_of_parts)

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

    def test_runs_of_several_machines_are_trained_here(self):
        for settings in (
            {"distribute": "multi_worker"},
            {"cluster": "a:1,b:1", "task": 0},
        ):
            with self.assertRaisesRegex(InputError, "--sweep_on=ray does not go with"):
                config.resolve(settings | {"sweep_on": "ray"})

    def test_runs_elsewhere_go_on_in_their_folders(self):
        with self.assertRaisesRegex(
            InputError, "--sweep_on=ray does not go with --res"
        ):
            config.resolve({"sweep_on": "ray", "resume": False})

    def test_devices_are_no_part_of_the_name(self):
        one = config.resolve({"distribute": "mirrored", "devices": 4})
        self.assertEqual(one.run_name, config.resolve({}).run_name)

    @parameterized.parameters(
        {"loss": "ce"}, {"loss": "ce_sr", "lambda_schedule": "geometric"}
    )
    def test_no_class_prior_is_no_other_run(self, **given):
        """Runs that were made before it was a setting keep their names."""
        names = [
            config.resolve(
                given | ({"prior_weight": weight} if weight is not None else {})
            ).run_name
            for weight in (None, 0, "0.0", 10)
        ]
        self.assertLen(set(names), 2)
        self.assertEqual(names[0], names[1])
        self.assertEqual(names[1], names[2])

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

    @parameterized.parameters(
        ({"epohs": 1}, "unknown setting --epohs; did you mean --epochs"),
        ({"epochs": "abc"}, "--epochs=abc: expected a whole number in .1, 1000000.$"),
        ({"epochs": 0}, "--epochs=0: expected a whole number in .1, 1000000.$"),
        ({"epochs": 2.5}, "--epochs=2.5: expected a whole number"),
        ({"epochs": True}, "--epochs=True: expected a whole number"),
        ({"rate": 1.2}, r"--rate=1.2: expected a number in \[0, 1\)"),
        ({"rate": 1}, r"--rate=1: expected a number in \[0, 1\)"),
        ({"rate": "nan"}, "--rate=nan: expected"),
        ({"p": 0}, r"--p=0: expected a number in \(0, 1\]"),
        ({"lr": "inf"}, "--lr=inf: expected a number in .0, inf.$"),
        ({"tau": -1}, "--tau=-1: expected a number in .0, 1000.$"),
        ({"seed": -1}, "--seed=-1: expected a whole number in"),
        ({"seed": 2**31}, "--seed=2147483648: expected a whole number in"),
        ({"noise": "symm"}, "--noise=symm: expected one of .*; did you mean sym"),
        ({"flip": "maybe"}, "--flip=maybe: expected true or false"),
        ({"loss_args": "gamma"}, "--loss_args=gamma: expected name=value"),
        ({"loss_args": "gamma=(1"}, "--loss_args=gamma=.*: expected name=value"),
        ({"loss_args": "q=__import__('os')"}, "expected name=value"),
        ({"dataset": 3}, "--dataset=3: expected text"),
        *(
            ({"fold": text}, f"--fold={text}: expected PART/PARTS, from 2 to 100 parts")
            for text in (
                "5/2",
                "0/5",
                "a",
                "2/1",
                "1/1000",
                "2",
                "/",
                "2/",
                "/5",
                "1/2/3",
                "-1/5",
                "1.5/3",
                "1/5,2/5",
                "²/5",
                "1/" + "9" * 5000,
            )
        ),
        ({"fold": ""}, "--fold=: expected text"),
        ({"fold": 5}, "--fold=5: expected text"),
        ({"output_dir": ""}, "--output_dir=: expected text"),
        ({"output_dir": "\udcff"}, "expected text"),
        ({"loss_args": "q=" + "-" * 20000 + "1"}, "expected name=value"),
        ({"loss_args": "q=1,=2"}, "expected name=value"),
        ({"lr_decay": 0.5}, "--lr_decay=0.5 has no effect .*--lr_schedule=cosine"),
        ({"noise": "none", "rate": 0.2}, "--noise=none contradicts --rate=0.2"),
        ({"rho": 1e10}, "--rho=1e.10: λ would be .* in epoch 60"),
        ({"lambda0": 1e15, "rho": 0.5}, "--lambda0=1e.15 .* in epoch 1; expected"),
        ({"tau_decay": 1e-9}, "--tau_decay=1e-09: τ would be .*--tau_min"),
        ({"batch_size": 10**400}, "expected a whole number in"),
        ({"loss_args": "q={1}"}, "expected name=value"),
        ({"loss_args": {"q": None}}, "expected name=value"),
        ({"rho": 1e200}, "--rho=1e.200: λ would be inf"),
        ({"forget_rate": 0.2}, "--forget_rate=0.2 has no effect with --method=stand"),
        ({"nesterov": True, "optimizer": "adam"}, "it belongs to --optimizer=sgd"),
        ({"late_momentum": 0.1}, "has no effect .*belongs to --optimizer=adam"),
        ({"loss": "ls_sr"}, "--loss=ls_sr: smoothed labels keep .* use --loss=ls"),
        ({"mixup": 0.2}, "--mixup=0.2 contradicts --loss=ce_sr"),
        ({"noise": "t.txt"}, "one of none, .*, or a file that ends in .csv or .npy"),
        ({"noise": "t.csv", "rate": 0.2}, "--noise=t.csv contradicts --rate=0.2"),
        ({"finetune": 2}, "--finetune=2 has no effect without --backbone; it belongs"),
        ({"imbalance_factor": 0.1}, "has no effect with --imbalance=none; it belongs"),
        ({"imbalance": "lt", "imbalance_factor": 0}, r"expected a number in \(0, 1\]"),
        ({"balance": "cb"}, "expected one of none, class_balanced, logit_adjustment"),
        ({"balance": "class_balanced", "loss": "elr"}, "does not go with --loss=elr"),
        ({"mixup": 0.2, "loss": "elr"}, "--mixup=0.2 contradicts --loss=elr"),
        ({"prior_weight": -1}, r"--prior_weight=-1: expected a number in \[0, 1e12\]"),
        ({"prior_weight": "inf"}, "--prior_weight=inf: expected a number in"),
        *(
            (
                {"prior_weight": 10, "loss": loss},
                f"^--prior_weight=10 does not go with --loss={loss}: it takes .*; use "
                "--prior_weight=0$",
            )
            for loss in ("ldr_kl", "bi_tempered", "ce_logitclip")
        ),
        (
            {"prior_weight": 10, "balance": "logit_adjustment"},
            "--prior_weight=10 does not go with --balance=logit_adjustment: it adds",
        ),
        ({"method": "nlnl"}, "--method=nlnl trains --loss=nlnl; received .*=ce_sr"),
        ({"method": "co_teaching", "loss": "elr"}, "cannot train --loss=elr"),
        ({"method": "co_teaching", "loss": "ogc_fl_sr"}, "train --loss=ogc_fl_sr, wh"),
        ({"balance": "class_balanced", "loss": "ogc_ce"}, "does not go with --loss=og"),
        ({"method": "co_teaching", "noise": "none"}, "needs --forget_rate"),
        (
            {"method": "nlnl", "loss": "nlnl", "stages": "negativ=1"},
            "--stages=negativ=1: no stage negativ; did you mean negative",
        ),
        ({"method": "nlnl", "loss": "nlnl", "stages": "negative=0"}, "not all 0"),
        ({"method": "nlnl", "loss": "nlnl", "epochs": 1}, "no epoch is left for neg"),
        ({"loss_args": "q=1,q=2"}, "each name once"),
        (
            {"loss": "forward", "transition_matrix": "known", "estimation_epochs": 3},
            "--estimation_epochs=3 has no effect with --transition_matrix=known",
        ),
    )
    def test_errors(self, settings, message):
        with self.assertRaisesRegex(InputError, message) as caught:
            config.resolve(settings)
        self.assertNotIn("\n", str(caught.exception))


class RunNameTest(tf.test.TestCase, parameterized.TestCase):
    def test_readable(self):
        name = config.resolve({"dataset": "mnist", "rate": 0.8, "seed": 3}).run_name
        self.assertStartsWith(name, "mnist-ce_sr-sym0.8-seed3-")
        made = config.resolve({"noise": "/a b/given.csv", "imbalance": "lt"})
        self.assertStartsWith(made.run_name, "digits-ce_sr-given-lt0.1-seed1-")
        self.assertEqual(made.noise_words, "given.csv, lt 0.1")
        self.assertEqual(made.loss_words, "ce_sr")
        other = config.resolve({"method": "co_teaching", "loss": "gce"})
        self.assertEqual(other.loss_words, "gce by co_teaching")
        name = config.resolve({"dataset": "tfds:a/b", "noise": "none"}).run_name
        self.assertStartsWith(name, "a_b-ce_sr-none-seed1-")

    def test_differs_with_what_matters_alone(self):
        base = config.resolve({}).run_name
        for name, value in (("epochs", 3), ("tau", 0.3), ("precision", "float32")):
            self.assertNotEqual(config.resolve({name: value}).run_name, base)
        for name, value in (("output_dir", "x"), ("resume", False), ("data_dir", "y")):
            self.assertEqual(config.resolve({name: value}).run_name, base)

    def test_plain_loss_does_not_depend_on_regularization(self):
        plain = config.resolve({"loss": "ce"})
        self.assertEqual(
            config.resolve({"loss": "ce", "lambda0": 9}).run_name, plain.run_name
        )

    def test_settings_without_effect_are_no_part_of_it(self):
        self.assertNotIn("forget_rate", config.resolve({}).identity())
        self.assertIn("mixup", config.resolve({}).identity())

    def test_stages_come_in_their_order(self):
        made = config.resolve(
            {
                "loss": "nlnl",
                "method": "nlnl",
                "stages": "selective_positive=1,negative=2",
            }
        )
        self.assertEqual(list(made.stages), ["negative", "selective_positive"])

    @parameterized.parameters("rows.csv", "rows.CSV")
    def test_what_a_file_holds_counts(self, name):
        path = pathlib.Path(self.get_temp_dir()) / name
        names = set()
        for text in ("1,0\n0,1\n", "0.5,0.5\n0,1\n"):
            path.write_text(text)
            for settings in (
                {"noise": str(path)},
                {"loss": "forward", "transition_matrix": str(path)},
            ):
                names.add(config.resolve(settings).run_name)
        self.assertLen(names, 4)


class GridTest(tf.test.TestCase, parameterized.TestCase):
    def test_product(self):
        made = config.grid({"loss": ["ce", "ce_sr"], "seed": ["1", "2"], "epochs": 3})
        self.assertEqual(
            [(c.loss, c.seed) for c in made],
            [("ce", 1), ("ce_sr", 1), ("ce", 2), ("ce_sr", 2)],
        )

    def test_rate_is_for_noise_alone(self):
        made = config.grid({"noise": ("none", "sym"), "rate": 0.4, "loss": "ce"})
        self.assertEqual(
            [(c.noise, c.rate) for c in made], [("none", 0.0), ("sym", 0.4)]
        )

    def test_loss_args_go_to_losses_that_have_them(self):
        settings = {
            "dataset": "mnist",
            "loss": ["ce", "fl", "gce_sr", "nfl_mae"],
            "loss_args": "gamma=3,q=0.25,epsilon=1e-6",
        }
        made = {c.loss: c.loss_args for c in config.grid(settings)}
        self.assertEqual(
            made,
            {
                "ce": {"epsilon": 1e-6},
                "fl": {"gamma": 3, "constant_factor": True, "epsilon": 1e-6},
                "gce_sr": {"q": 0.25, "epsilon": 1e-6},
                "nfl_mae": {"gamma": 3, "epsilon": 1e-6}
                | config.resolve({"dataset": "mnist", "loss": "nfl_mae"}).loss_args
                | {"gamma": 3},
            },
        )
        for one in config.grid(settings):
            build.build_loss(one)
        self.assertEqual(
            config.loss_args.told(settings, config.grid(settings)),
            [
                "--loss_args: gamma=3 is for fl, nfl_mae, and not for ce, gce_sr",
                "--loss_args: q=0.25 is for gce_sr, and not for ce, fl, nfl_mae",
            ],
        )
        # What is not for a loss makes no other run of it.
        self.assertIn(
            config.resolve(
                {"dataset": "mnist", "loss": "ce", "loss_args": "epsilon=1e-6"}
            ).run_name,
            [one.run_name for one in config.grid(settings)],
        )

    @parameterized.parameters(
        (
            "gama=2",
            "--loss_args=gama=2: none of --loss=ce,fl has .* did you mean gamma",
        ),
        ("q=0.5", "--loss_args=q=0.5: none of --loss=ce,fl has this parameter"),
        ("gamma=2,q=0.5", "--loss_args=q=0.5: none"),
    )
    def test_loss_args_of_no_loss(self, given, message):
        with self.assertRaisesRegex(InputError, message):
            config.grid({"loss": ["ce", "fl"], "loss_args": given})

    def test_parameters_are_those_of_the_classes(self):
        for name in losses.names():
            entry = loss_names.LOSSES[name.removesuffix("_sr")]
            outer, inner, _ = losses._classes(entry)
            classes = [outer, *inner]
            if name.endswith("_sr"):
                classes.append(losses.SparseRegularization)
            self.assertEqual(
                set(loss_names.parameters(name)),
                {*losses._SHARED, *(p for one in classes for p in one.parameters)},
                name,
            )

    def test_no_repetition(self):
        self.assertLen(config.grid({"loss": ["ce", "ce"]}), 1)

    def test_settings_without_effect(self):
        with self.assertRaisesRegex(
            InputError, "--tau=0.1 has no effect.*--loss=ce,fl; it"
        ):
            config.grid({"loss": ["ce", "fl"], "tau": 0.1})
        self.assertLen(config.grid({"loss": ["ce", "fl_sr"], "tau": 0.1}), 2)
        with self.assertRaisesRegex(InputError, "--asym_map=1>2 has no .*--noise=sym"):
            config.grid({"noise": ["sym", "none"], "asym_map": "1>2"})


if __name__ == "__main__":
    tf.test.main()
