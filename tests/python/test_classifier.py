"""`lnl.NoisyLabelClassifier` is a classifier of scikit-learn."""

import copy
import pickle
import subprocess
import sys
from unittest import mock

import keras
import numpy as np
import tensorflow as tf
from absl.testing import parameterized
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import check_estimator

import lnl_sr_tf as lnl
from lnl_sr_tf.errors import InputError
from lnl_sr_tf.python import classifier as classifiers
from lnl_sr_tf.training.callbacks.within_epoch import Stopped

RNG = np.random.default_rng(0)
NAMES = np.array(["ant", "bee", "cat"])[np.arange(60) % 3]
ROWS = RNG.normal(size=(60, 4)) + 4 * np.eye(3, 4)[np.arange(60) % 3]
TEXTS = [f"{word} number {i % 7}" for i, word in enumerate(NAMES)]
IMAGES = RNG.integers(0, 50, (60, 8, 8), np.uint8)
IMAGES[np.arange(60), np.arange(60) % 3] = 250

# What scikit-learn checks and this is not, with the reason.
NOT_SO = {
    "check_sample_weight_equivalence_on_dense_data": (
        "weights multiply the loss; which examples are a batch, and the statistics of "
        "batch normalisation, go by their number"
    ),
    "check_methods_sample_order_invariance": (
        "outputs are float32, whose last digits depend on the place in a batch; it "
        "asks for 1e-9"
    ),
    "check_methods_subset_invariance": "likewise; it asks for 1e-7",
}
# Checks that this environment cannot make: without pandas, and of other array types.
CANNOT = {
    "check_sample_weights_pandas_series",
    "check_classifier_data_not_an_array",
    "check_array_api_input",
}


def classifier(**settings):
    return lnl.NoisyLabelClassifier(**{"epochs": 6, "random_state": 1} | settings)


class ChecksTest(tf.test.TestCase):
    def test_of_scikit_learn(self):
        """Six epochs of one step, since it is fitted about a hundred times."""
        found = check_estimator(
            classifier(batch_size=1024),
            expected_failed_checks=NOT_SO,
            on_fail=None,
            on_skip=None,
        )
        failed = [
            f"{one['check_name']}: {one['exception']}"
            for one in found
            if one["status"] == "failed"
        ]
        self.assertEmpty(failed)
        self.assertGreater(len(found), 50)
        left = {one["check_name"] for one in found if one["status"] != "passed"}
        self.assertContainsSubset(left, {*NOT_SO, *CANNOT})

    def test_order_of_examples_changes_rounding_alone(self):
        fitted = classifier().fit(ROWS, NAMES)
        said = fitted.predict_proba(ROWS)
        self.assertAllClose(fitted.predict_proba(ROWS[::-1])[::-1], said, atol=1e-6)
        one = np.concatenate([fitted.predict_proba(row[None]) for row in ROWS])
        self.assertAllClose(one, said, atol=1e-6)


class FitTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.named_parameters(
        ("rows", ROWS, {}),
        ("texts", TEXTS, {}),
        ("array_of_texts", np.array(TEXTS), {}),
        ("images", IMAGES, {"model": "linear"}),
        ("images_in_unit", IMAGES / 255, {"model": "linear"}),
    )
    def test_learns(self, x, settings):
        fitted = classifier(epochs=20, **settings).fit(x, NAMES)
        self.assertGreater(fitted.score(x, NAMES), 0.9)
        self.assertAllEqual(fitted.classes_, ["ant", "bee", "cat"])
        probabilities = fitted.predict_proba(x)
        self.assertAllClose(probabilities.sum(axis=1), np.ones(60))
        self.assertEqual(probabilities.dtype, np.float64)

    def test_data_frame_with_texts_among_its_columns(self):
        """A frame as pandas and others have it: columns, kinds, and rows by place."""
        frame = Frame({"kind": NAMES.astype(object), "size": np.arange(60) % 7})
        fitted = classifier(epochs=20).fit(frame, NAMES)
        self.assertGreater(fitted.score(frame, NAMES), 0.9)
        other = Frame({"kind": NAMES.astype(object), "weight": np.arange(60)})
        with self.assertRaisesRegex(ValueError, "the column 'size' is missing"):
            fitted.predict(other)

    def test_is_what_train_trains(self):
        """On the same examples, but for those that `lnl.train` holds out."""
        fitted = classifier(epochs=3).fit(ROWS, NAMES)
        run = lnl.train(
            *(ROWS, NAMES), test=(ROWS[:3], NAMES[:3]), epochs=3, seed=1, tell=None
        )
        self.assertAllClose(fitted.history_["loss"], run.history["loss"], rtol=1e-5)

    @parameterized.parameters(6, 20)
    def test_is_the_same_each_time(self, epochs):
        """Whether steps are few, which are not traced, or not."""
        first, second = (classifier(epochs=epochs).fit(ROWS, NAMES) for _ in range(2))
        self.assertAllEqual(first.predict_proba(ROWS), second.predict_proba(ROWS))
        other = classifier(epochs=epochs, random_state=2).fit(ROWS, NAMES)
        self.assertNotAllEqual(first.predict_proba(ROWS), other.predict_proba(ROWS))

    def test_weights_of_examples(self):
        both = np.concatenate([ROWS, ROWS])
        labels = np.concatenate([NAMES, np.roll(NAMES, 1)])
        for weights in (np.repeat([1, 0], 60), np.repeat([1, 1e-6], 60)):
            fitted = classifier(epochs=20).fit(both, labels, sample_weight=weights)
            self.assertGreater(fitted.score(ROWS, NAMES), 0.9)

    def test_weights_that_a_method_would_not_use(self):
        settings = {"method": "dividemix", "warmup_epochs": 1}
        fitted = classifier(loss="ce", settings=settings)
        with self.assertRaisesRegex(InputError, "sample_weight does not go with mixup"):
            fitted.fit(ROWS, NAMES, sample_weight=np.ones(60))

    def test_images_of_another_size_than_the_network_takes(self):
        fitted = classifier(model="linear", settings={"image_size": "16"}, epochs=1)
        self.assertEqual(fitted.fit(IMAGES, NAMES).predict(IMAGES[:5]).shape, (5,))

    def test_interruption_ends_a_search_too(self):
        stopped = mock.patch.object(
            classifiers, "run_given", side_effect=Stopped("by a person")
        )
        search = GridSearchCV(classifier(), {"lr": [0.1, 0.2]}, cv=2)
        with stopped, self.assertRaises(KeyboardInterrupt):
            search.fit(ROWS, NAMES)

    def test_network_callbacks_and_settings(self):
        seen = []

        def make(shape, classes):
            return keras.Sequential([keras.layers.Dense(classes)])

        watch = keras.callbacks.LambdaCallback(
            on_epoch_end=lambda epoch, logs: seen.append(logs["loss"])
        )
        fitted = classifier(
            model=make, callbacks=[watch], loss="gce", settings={"momentum": 0.5}
        ).fit(ROWS, NAMES)
        self.assertLen(seen, 6)
        self.assertEqual(fitted.n_iter_, 6)
        self.assertEqual(fitted.history_["loss"], seen)
        self.assertNotIn("test_loss", fitted.history_)

    def test_probabilities_are_calibrated_where_a_part_is_kept(self):
        x, y = np.repeat(ROWS, 4, axis=0), np.repeat(NAMES, 4)
        fitted = classifier(epochs=20, settings={"validation_share": 0.3}).fit(x, y)
        self.assertNotEqual(fitted.temperature_, 1.0)
        logits = fitted.model_.predict_on_batch(ROWS.astype(np.float32))
        scaled = keras.ops.softmax(logits / fitted.temperature_)
        self.assertAllClose(fitted.predict_proba(ROWS), scaled, atol=1e-6)

    @parameterized.parameters(
        ({"loss": "cee"}, "^loss=cee: Unknown loss"),
        ({"epochs": 0}, "^epochs=0: expected"),
        ({"model": 4}, "^model: expected the name"),
        ({"settings": {"taus": 1}}, "^unknown setting taus"),
    )
    def test_says_what_would_be_right(self, settings, message):
        with self.assertRaisesRegex(InputError, message):
            classifier(**settings).fit(ROWS, NAMES)


class Frame:
    """As little of a data frame as the classifier asks for."""

    def __init__(self, cells):
        self.cells = cells
        self.columns = [*cells]
        self.dtypes = [column.dtype for column in cells.values()]
        self.shape = (len(cells[self.columns[0]]), len(cells))

    def __len__(self):
        return self.shape[0]

    def __getitem__(self, name):
        return self.cells[name]

    @property
    def iloc(self):
        return _Places(self.cells)


class _Places:
    def __init__(self, cells):
        self.cells = cells

    def __getitem__(self, chosen):
        return Frame({name: column[chosen] for name, column in self.cells.items()})


class WithOthersTest(tf.test.TestCase):
    def test_pickle_and_copies(self):
        fitted = classifier().fit(ROWS, NAMES)
        said = fitted.predict_proba(ROWS)
        for other in (pickle.loads(pickle.dumps(fitted)), copy.deepcopy(fitted)):
            self.assertAllEqual(other.predict_proba(ROWS), said)
        again = clone(fitted)
        self.assertEqual(again.get_params(), fitted.get_params())
        self.assertFalse(hasattr(again, "classes_"))

    def test_pickle_in_another_process(self):
        fitted = classifier().fit(ROWS, NAMES)
        code = (
            "import pickle, sys; m = pickle.load(sys.stdin.buffer); "
            "print(*m.predict([[4, 0, 0, 0], [0, 4, 0, 0]]))"
        )
        done = subprocess.run(
            [sys.executable, "-c", code],
            input=pickle.dumps(fitted),
            capture_output=True,
            check=True,
        )
        wanted = fitted.predict([[4, 0, 0, 0], [0, 4, 0, 0]])
        self.assertEqual(done.stdout.decode().split(), [*wanted])

    def test_pipeline_grid_search_and_cross_validation(self):
        steps = make_pipeline(StandardScaler(), classifier())
        search = GridSearchCV(
            steps, {"noisylabelclassifier__loss": ["ce_sr", "gce"]}, cv=2
        ).fit(ROWS, NAMES)
        self.assertGreater(search.best_score_, 0.6)
        said = cross_val_predict(
            classifier(), ROWS, NAMES, cv=2, method="predict_proba"
        )
        self.assertEqual(said.shape, (60, 3))
        # What cleanlab asks for is given by lnl.audit too.
        self.assertLen(lnl.audit(np.arange(60) % 3, said).given, 60)

    def test_is_not_imported_with_the_package(self):
        code = (
            "import sys, lnl_sr_tf as lnl; lnl.train; "
            "assert not {'tensorflow', 'keras', 'sklearn'} & {*sys.modules}"
        )
        subprocess.run([sys.executable, "-c", code], check=True)


if __name__ == "__main__":
    tf.test.main()
