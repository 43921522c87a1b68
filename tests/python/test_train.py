"""`lnl.train`: what it takes, what it gives, and what it leaves behind."""

import glob
import os
import pathlib
import tempfile
from unittest import mock

import keras
import numpy as np
import tensorflow as tf
from absl.testing import parameterized
from helpers.made_data import make_folder
from helpers.quick_runs import one_layer_networks

import lnl_sr_tf as lnl
from lnl_sr_tf.datasets.batches import pipeline
from lnl_sr_tf.errors import InputError, NotFinite
from lnl_sr_tf.experiment.experiment import run_given
from lnl_sr_tf.training.callbacks.within_epoch import Stopped

RNG = np.random.default_rng(0)
LABELS = np.arange(60) % 3
NAMES = np.array(["ant", "bee", "cat"])[LABELS]
FEATURES = (RNG.normal(size=(60, 4)) + 4 * np.eye(3, 4)[LABELS]).astype(np.float32)
IMAGES = RNG.integers(0, 50, (60, 8, 8), np.uint8)
IMAGES[np.arange(60), LABELS] = 250
TEXTS = [f"{word} number {i % 7}" for i, word in enumerate(NAMES)]
TABLE = {
    "kind": [name[0] for name in NAMES],
    "size": [str(i * i % 17) for i in range(60)],
}


def train(*args, **settings):
    return lnl.train(*args, **{"epochs": 2, "tell": None} | settings)


class TrainTest(tf.test.TestCase, parameterized.TestCase):
    def setUp(self):
        super().setUp()
        self.enter_context(one_layer_networks())

    def folder(self):
        return self.enter_context(tempfile.TemporaryDirectory())

    @parameterized.named_parameters(
        ("images", IMAGES, LABELS, "images"),
        ("pixels_in_unit", IMAGES / 255, LABELS, "images"),
        ("features", FEATURES, NAMES, "features"),
        ("texts", TEXTS, NAMES, "text"),
        ("table", TABLE, LABELS, "table"),
    )
    def test_learns_and_predicts_in_the_form_of_the_labels(self, x, y, kind):
        run = train(x, y, epochs=20)
        self.assertEqual(run.dataset.kind, kind)
        said = run.predict(x)
        self.assertEqual(said.dtype.kind, np.asarray(y).dtype.kind)
        self.assertGreater(np.mean(said == y), 0.9)
        probabilities = run.predict_proba(x)
        self.assertAllClose(probabilities.sum(axis=1), np.ones(60))
        self.assertAllEqual(run.classes[probabilities.argmax(axis=1)], said)

    def test_is_the_run_of_the_command(self):
        """The same numbers as of a run on the same data in a file."""
        place = pathlib.Path(self.folder())
        np.savez(place / "rows.npz", x=FEATURES, y=LABELS)
        settings = {"dataset": str(place / "rows.npz"), "epochs": 2}
        config = lnl.config.resolve(settings | {"output_dir": str(place)})
        folder = lnl.experiment.run(config, tell=lambda line: None)
        run = train(FEATURES, LABELS)
        self.assertEqual(run.config.lambda_schedule, "adaptive")
        self.assertEqual(run.config.epochs, 2)
        wanted = [row["test_loss"] for row in folder.rows()]
        self.assertAllClose(run.history["test_loss"], wanted, rtol=1e-6)
        self.assertEqual(
            run.summary["calibration_temperature"],
            folder.summary()["calibration_temperature"],
        )

    def test_of_a_dataset_and_of_a_path(self):
        place = os.path.join(self.folder(), "photos")
        make_folder(place)
        run = train(place, seed=2)
        self.assertEqual(run.config.noise, "none")
        self.assertIn(run.predict(run.dataset.test_images)[0], run.dataset.class_names)
        again = train(run.dataset, seed=2)
        self.assertAllClose(again.history["loss"], run.history["loss"], rtol=1e-5)

    def test_names_keep_their_labels_unless_noise_is_asked_for(self):
        self.assertEqual(train("digits", epochs=1).dataset.noise_rate, 0)
        noisy = train("digits", epochs=1, noise="sym", rate=0.5)
        self.assertAlmostEqual(noisy.dataset.noise_rate, 0.5, delta=0.02)

    def test_audit_finds_wrong_labels(self):
        given = LABELS.copy()
        # Not the first: their places among those that are not held out are others.
        given[24:30] = (given[24:30] + 1) % 3
        run = train(FEATURES, given, clean=LABELS, epochs=30, test_share=0.1)
        wrong = np.flatnonzero(run.dataset.given_labels != run.dataset.clean_labels)
        self.assertGreater(len(wrong), 3)
        self.assertContainsSubset(wrong, run.audit.suspects)
        # By their places in what was given, some of which is held out.
        self.assertContainsSubset(run.suspects[:3], range(24, 30))
        self.assertNotAllEqual(run.suspects, run.audit.suspects)
        kept = np.flatnonzero(np.isin(np.arange(len(given)), run.audit.index))
        self.assertLess(len(kept), len(given))
        self.assertAllEqual(run.audit.given, given[run.audit.index])
        self.assertAllEqual(run.suspects, run.audit.index[run.audit.suspects])
        self.assertIn("mean of 10 epochs", run.audit.evidence)
        last = train(FEATURES, given, epochs=1, record_epochs=0).audit
        self.assertIn("last epoch", last.evidence)

    def test_test_set(self):
        run = train(FEATURES, LABELS, test=(FEATURES[:9], LABELS[:9]))
        self.assertEqual(run.dataset.test_labels_are, "given")
        self.assertLen(run.dataset.given_labels, 60)
        run = train(
            *(FEATURES, NAMES), test=(FEATURES[:9], NAMES[:9]), test_clean=NAMES[:9]
        )
        self.assertEqual(run.dataset.test_labels_are, "clean")

    def test_callbacks_reach_fit(self):
        class Watch(keras.callbacks.Callback):
            seen = ()

            def on_train_begin(self, logs=None):
                self.lr = float(self.model.optimizer.learning_rate)

            def on_epoch_end(self, epoch, logs=None):
                self.seen += ((epoch, sorted(logs)),)
                self.model.stop_training = True

        watch = Watch()
        run = train(FEATURES, LABELS, epochs=9, callbacks=[watch])
        self.assertLen(watch.seen, 1)
        self.assertContainsSubset(
            ("loss", "val_accuracy", "sparse_rate"), watch.seen[0][1]
        )
        self.assertEqual(run.history["epoch"], [1])
        self.assertEqual(run.summary["epochs"], 1)

    def test_own_networks_and_callbacks_are_not_found_again(self):
        folder = self.folder()
        stops = keras.callbacks.EarlyStopping("loss", min_delta=100, patience=0)
        network = keras.Sequential([keras.layers.Dense(3)], name="mine")
        same = {"epochs": 3, "output_dir": folder, "precision": "float32"}
        short = train(FEATURES, LABELS, callbacks=[stops], **same)
        own = train(FEATURES, LABELS, model=network, **same)
        plain = train(FEATURES, LABELS, **same)
        again = train(FEATURES, LABELS, callbacks=[stops], **same)
        epochs = [len(run.history["loss"]) for run in (short, own, plain, again)]
        self.assertEqual(epochs, [2, 3, 3, 2])
        self.assertEqual(own.model.name, "mine")
        self.assertNotEqual(plain.model.name, "mine")
        self.assertLen(os.listdir(folder), 4)
        self.assertFalse(plain.model.run_eagerly)

    def test_a_dark_image_alone(self):
        run = train(IMAGES / 255, LABELS)
        dark = np.zeros((1, 8, 8))
        dark[0, 0, 0] = 1 / 255
        self.assertEqual(run.predict(dark).shape, (1,))

    def test_weights_of_examples(self):
        """Those of weight 0 are not learned, whatever their labels are."""
        both = np.concatenate([FEATURES, FEATURES])
        labels = np.concatenate([LABELS, (LABELS + 1) % 3])
        weights = np.repeat([2.0, 0.0], 60)
        settings = {"epochs": 20, "loss": "ce", "lr": 0.02}
        run = train(both, labels, sample_weight=weights, **settings)
        self.assertGreater(np.mean(run.predict(FEATURES) == LABELS), 0.9)
        self.assertAlmostEqual(float(run.dataset.weights.mean()), 1.0, places=5)
        other = train(both, labels, sample_weight=weights[::-1], **settings)
        self.assertLess(np.mean(other.predict(FEATURES) == LABELS), 0.1)

    def test_weights_on_other_backends(self):
        spec = {"weights": np.arange(60), "epochs": 1, "batch_size": 60, "seed": 1}
        batches = [
            next(iter(pipeline.training_batches(FEATURES, LABELS, **spec))),
        ]
        with mock.patch.object(keras.backend, "backend", lambda: "torch"):
            stream = pipeline.training_batches(FEATURES, LABELS, **spec)
            batches.append(next(stream))
            stream.close()
        for x, _, weights in batches:
            self.assertAllEqual(FEATURES[np.asarray(weights, int)], x)

    def test_nothing_is_left_behind(self):
        temporary = self.folder()
        with mock.patch.object(tempfile, "tempdir", temporary):
            run = train(FEATURES, LABELS)
            run.audit, run.predict(FEATURES)
            with self.assertRaises(InputError):
                train(FEATURES, LABELS, loss="cee")
        self.assertEmpty(os.listdir(temporary))
        self.assertIsNone(run.folder)

    def test_folder_holds_what_the_command_leaves(self):
        place = self.folder()
        run = train(FEATURES, LABELS, output_dir=place, name="rows")
        self.assertStartsWith(run.folder.name, "rows-ce_sr-none-seed1-")
        for name in ("config.json", "model.keras", "figures", "saved_model"):
            self.assertTrue((run.folder / name).exists(), name)
        lines = []
        again = train(
            FEATURES, LABELS, output_dir=place, name="rows", tell=lines.append
        )
        self.assertIn(f"{run.folder}: already finished", lines)
        self.assertEqual(again.history, run.history)
        self.assertAllClose(again.predict_proba(FEATURES), run.predict_proba(FEATURES))
        other = train(FEATURES, LABELS[::-1].copy(), output_dir=place, name="rows")
        self.assertNotEqual(other.folder, run.folder)
        self.assertEqual(lnl.audit(run.folder).words, run.audit.words)

    def test_network_from_a_function_or_a_model(self):
        seen = []

        def make(shape, classes):
            seen.append((shape, classes))
            return keras.Sequential([keras.layers.Dense(classes)])

        settings = {"model": make, "epochs": 12, "lr": 0.5}
        run = train(FEATURES, NAMES, **settings)
        self.assertEqual(set(seen), {((4,), 3)})
        self.assertGreater(np.mean(run.predict(FEATURES) == NAMES), 0.9)
        again = train(FEATURES, NAMES, **settings)
        self.assertEqual(again.history["loss"], run.history["loss"])

        model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
        before = model.get_weights()
        run = train(FEATURES, LABELS, model=model)
        self.assertAllEqual(model.get_weights()[0], before[0])
        start = train(FEATURES, LABELS, model=model, lr=1e-9, weight_decay=0)
        kept = start.model.get_layer(model.name).get_weights()
        self.assertAllClose(kept[0], before[0], atol=1e-6)

    @parameterized.parameters((IMAGES, 255), (IMAGES / 255, 1))
    def test_own_network_sees_images_as_they_are_given(self, images, largest):
        class Largest(keras.layers.Layer):
            def call(self, x):
                return keras.ops.max(x, axis=(1, 2, 3))[:, None] * keras.ops.ones(
                    (1, 3)
                )

        run = train(images, LABELS, model=Largest, loss="ce", epochs=1)
        said = run.model.predict_on_batch(np.full((1, 8, 8, 1), 255, np.uint8))
        self.assertAllClose(said[0], np.full(3, largest))

    def test_each_network_is_trained_anew(self):
        place = self.folder()
        for _ in range(2):
            train(
                FEATURES, LABELS, output_dir=place, epochs=1,
                model=lambda: keras.Sequential([keras.layers.Dense(3)]),
            )  # fmt: skip
        self.assertLen(glob.glob(f"{place}/arrays-*"), 2)

    def test_interruption_is_a_keyboard_interrupt(self):
        with (
            mock.patch.object(
                lnl.experiment.experiment, "fit", side_effect=Stopped("stopped")
            ),
            self.assertRaisesRegex(KeyboardInterrupt, "nothing is kept"),
        ):
            train(FEATURES, LABELS)

    def test_loss_of_nan_says_what_may_help(self):
        with self.assertRaisesRegex(NotFinite, "a smaller lr"):
            train(FEATURES, LABELS, lr=1e30, epochs=3)

    def test_lines_are_plain_and_name_no_folder_that_goes(self):
        lines = []
        train(FEATURES, LABELS, tell=lines.append)
        said = "\n".join(lines)
        self.assertNotIn("lnl-sr-", said)
        self.assertNotIn("\x1b", said)
        self.assertNotIn("\r", said)
        self.assertRegex(said, "(?m)^epoch 2/2 ")
        self.assertRegex(said, "arrays .48 to train, 12 to test.*ce_sr, mlp")


BAD = (
    ({"y": None}, "y: expected the labels"),
    ({"model": 3}, "^model: expected the name of a network"),
    ({"model": "mpl"}, "unknown network 'mpl'; .*did you mean mlp"),
    ({"model": lambda shape: shape}, "model: expected a function of nothing"),
    ({"model": lambda: 3}, "^model: expected the name of a network"),
    ({"model": lambda: keras.layers.Dense(4)}, r"to logits of shape \(3,\).*gives \(4"),
    (
        {"model": lambda: keras.layers.Dense(3, activation="softmax")},
        "gives probabilities; expected logits",
    ),
    ({"model": lambda: keras.layers.Conv2D(3, 1)}, "does not take examples of shape"),
    ({"loss": "cee"}, "^loss=cee: Unknown loss"),
    ({"epoch": 3}, "^unknown setting epoch; did you mean epochs"),
    ({"dataset": "digits"}, "dataset: give the name or path"),
    ({"flip": True}, "^flip=true is for images; arrays is of features"),
    ({"resize": "crop"}, "no effect with dataset=arrays"),
    ({"columns": "a:skip"}, "columns is for tables"),
    ({"seed": [1, 2]}, "^seed=.*expected a whole number"),
    ({"test": FEATURES}, r"test: expected a pair \(x, y\)"),
    ({"test": (FEATURES, LABELS), "test_share": 0.3}, "test_share has no effect"),
    ({"sample_weight": np.ones(3)}, "sample_weight: expected 60 finite numbers"),
    ({"sample_weight": -np.ones(60)}, "sample_weight: .*from -1"),
    ({"sample_weight": np.zeros(60)}, "sample_weight: all examples"),
    (
        {"sample_weight": np.ones(60), "mixup": 1, "loss": "ce"},
        "does not go with mixup",
    ),
    (
        {"model": lambda: 3, "method": "co_teaching", "forget_rate": 0.1},
        "method=co_teaching makes two networks",
    ),
)


class MistakesTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.parameters(*BAD)
    def test_says_what_would_be_right(self, given, message):
        with self.assertRaisesRegex(InputError, message):
            train(FEATURES, **{"y": LABELS} | given)

    @parameterized.parameters(
        ("digits", {"y": LABELS}, "y is for arrays; received 'digits'"),
        ("digits", {"clean": LABELS}, "clean is for arrays"),
        ("no/such", {}, "no such folder"),
        ("memory:features:0:rows", {}, "was in the memory of a Python program"),
    )
    def test_of_a_name(self, name, given, message):
        with self.assertRaisesRegex(InputError, message):
            train(name, **given)

    def test_of_a_dataset(self):
        data = lnl.datasets.from_arrays(FEATURES, LABELS, tell=lambda line: None)
        with self.assertRaisesRegex(InputError, "test_share is for arrays"):
            train(data, test_share=0.3)

    def test_other_examples_than_those_of_training(self):
        with one_layer_networks():
            run = train(FEATURES, LABELS, epochs=1)
            of_table = train(TABLE, LABELS, epochs=1)
        with self.assertRaisesRegex(InputError, r"features of shape \(n, 4\)"):
            run.predict(FEATURES[:, :3])
        with self.assertRaisesRegex(InputError, "column 'size' is missing"):
            of_table.predict({"kind": ["a"]})


class DefaultTest(tf.test.TestCase):
    def test_everything_but_the_data_has_a_default(self):
        """Its settings are those of data of one's own, but for the number of epochs."""
        found = []

        def stop(config, given, tell):
            found.append(config)
            raise InputError("far enough")

        with (
            mock.patch.object(lnl.experiment.experiment, "run_given", stop),
            self.assertRaisesRegex(InputError, "far enough"),
        ):
            lnl.train(FEATURES, LABELS, tell=None)
        self.assertIsNot(stop, run_given)
        (config,) = found
        self.assertEqual(
            (config.loss, config.lambda_schedule, config.model, config.epochs),
            ("ce_sr", "adaptive", "mlp", 60),
        )


if __name__ == "__main__":
    tf.test.main()
