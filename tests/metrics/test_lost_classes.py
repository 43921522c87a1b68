"""Classes that are given and never predicted, in every form of labels."""

import keras
import numpy as np
import tensorflow as tf
from absl.testing import parameterized
from keras.src.backend import set_keras_mask

from lnl_sr_tf.metrics import LostClasses
from lnl_sr_tf.metrics.lost_classes import of_model

# Of five classes, 0 and 2 are predicted; 4 has no label.
GIVEN = np.array([0, 1, 2, 3, 1, 0])
PREDICTED = np.array([0, 0, 2, 2, 0, 0])
LOGITS = 3 * np.eye(5)[PREDICTED]


def soft(labels):
    """Distributions that give every class a share."""
    return 0.8 * np.eye(5)[labels] + 0.04


class LostClassesTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.named_parameters(
        ("integers", GIVEN, LOGITS),
        ("column", GIVEN[:, None], LOGITS),
        ("floats", GIVEN.astype("float32"), LOGITS),
        ("one_hot", np.eye(5)[GIVEN], LOGITS),
        ("soft", soft(GIVEN), LOGITS),
        ("sequence", GIVEN.reshape(2, 3), LOGITS.reshape(2, 3, 5)),
        ("map", GIVEN.reshape(1, 3, 2, 1), LOGITS.reshape(1, 3, 2, 5)),
        ("soft_map", soft(GIVEN).reshape(1, 3, 2, 5), LOGITS.reshape(1, 3, 2, 5)),
        ("no_class", np.append(GIVEN, [-1, 5, 255]), LOGITS[[*range(6), 0, 0, 0]]),
    )
    def test_forms(self, labels, logits):
        metric = LostClasses(5)
        metric.update_state(labels, logits)
        self.assertEqual((float(metric.result()), metric.labels()), (2, [1, 3]))

    def test_over_batches_and_reset(self):
        metric = LostClasses(5)
        self.assertEqual(metric.labels(), [])
        metric.update_state(GIVEN, LOGITS)
        metric.update_state([0], 3 * np.eye(5)[[3]])
        self.assertEqual(metric.labels(), [1])
        self.assertAllEqual(metric.predicted, [4, 0, 2, 1, 0])
        metric.reset_state()
        metric.update_state([4], 3 * np.eye(5)[[4]])
        self.assertEqual(metric.labels(), [])

    @parameterized.named_parameters(
        # The second position says class 1, and is left out.
        ("mask", [[True, False], [True, True]], None, [1]),
        ("weights", None, [[2.0, 0.0], [0.5, 1.0]], [1]),
        ("weights_of_examples", None, [0.0, 3.0], [1]),
        ("both", [[True, False], [True, True]], [[0.0, 1.0], [1.0, 1.0]], [1]),
        ("a_number", None, 0.5, []),
        ("neither", None, None, []),
    )
    def test_what_is_left_out_does_not_count(self, mask, weight, lost):
        labels = np.array([[0, 1], [0, 1]])
        logits = keras.ops.convert_to_tensor(np.eye(2)[[[0, 1], [0, 0]]])
        if mask is not None:
            set_keras_mask(logits, keras.ops.convert_to_tensor(mask))
        metric = LostClasses(2)
        metric.update_state(labels, logits, sample_weight=weight)
        self.assertEqual(metric.labels(), lost)

    def test_in_fit_of_any_model(self):
        """The epoch's own outputs count, those of every batch."""
        images = np.eye(3, dtype="float32")[[0, 1, 2, 0]]
        model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(3)])
        model.layers[0].set_weights([3 * np.eye(3)[[0, 1, 1]], np.zeros(3)])
        model.compile(
            keras.optimizers.SGD(0.0), "sparse_categorical_crossentropy",
            metrics=["accuracy", LostClasses(3)],
        )  # fmt: skip
        data = images, np.array([0, 1, 2, 0])
        history = model.fit(
            *data, batch_size=1, validation_data=(images[:1], np.array([1])), verbose=0
        ).history
        self.assertEqual(history["lost_classes"], [1])
        self.assertEqual(history["val_lost_classes"], [1])
        self.assertEqual(of_model(model).labels(), [1])  # of the validation
        model.compile("sgd", "mse", metrics=["accuracy"])
        self.assertIsNone(of_model(model))

    def test_round_trip(self):
        metric = LostClasses(np.int64(7), name="gone")
        twin = keras.metrics.deserialize(keras.metrics.serialize(metric))
        self.assertEqual(twin.get_config(), metric.get_config())
        self.assertEqual((twin.num_classes, twin.name), (7, "gone"))

    @parameterized.parameters(1, 0, 2.5, True, "3", None)
    def test_numbers_that_are_refused(self, number):
        with self.assertRaisesRegex(ValueError, f"Received: num_classes={number!r}"):
            LostClasses(number)

    @parameterized.parameters(
        ((2,), (2, 4), "num_classes=3, predictions of shape"),
        ((2, 2), (2, 2, 1), "at least two classes"),
        ((2, 2, 2), (2, 3), "labels of shape"),
        ((2,), (2, 4, 3), "labels of shape"),
    )
    def test_shapes_that_are_refused(self, labels, predictions, words):
        with self.assertRaisesRegex(ValueError, words):
            LostClasses(3).update_state(np.zeros(labels), np.zeros(predictions))


if __name__ == "__main__":
    tf.test.main()
