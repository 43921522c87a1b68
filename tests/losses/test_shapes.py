"""Which labels, weights and masks go with which predictions, and which do not."""

import collections
import itertools
import warnings

import keras
import numpy as np
import tensorflow as tf
from absl.testing import parameterized
from helpers.gradients import compiled
from keras.src.backend import set_keras_mask

import lnl_sr_tf as lnl
from lnl_sr_tf import losses
from lnl_sr_tf.training import precision

# One of each way to `call`: separable, not, wrapped, with a memory, with draws.
NAMES = ("ce", "nce", "gce_sr", "elr", "nlnl", "nce_rce", "forward", "bi_tempered")

# A precision of half as many bits that this machine has a product and a softmax in.
HALF = "mixed_float16" if precision.held_back() else "mixed_bfloat16"


def logits_of(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def labels_of(*shape, classes=5, seed=1):
    return np.random.default_rng(seed).integers(0, classes, shape)


class ShapeTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.parameters(
        ((2, 1), (2, 1, 3)),
        ((1, 3), (1, 3, 3)),
        ((3, 3), (3, 3, 3)),
        ((3, 3, 1), (3, 3, 3)),
        ((3, 1), (3, 3)),
        ((2, 3, 3), (2, 3, 3, 3)),
    )
    def test_labels_that_could_be_something_else(self, of_labels, of_logits):
        """As many axes less one, or a last one of 1: integers, as Keras takes them."""
        labels, logits = labels_of(*of_labels, classes=3), logits_of(*of_logits)
        keras_loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        self.assertAllClose(
            losses.get("ce")(labels, logits), keras_loss(labels, logits), rtol=1e-5
        )

    @parameterized.product(
        name=NAMES,
        shapes=(
            ((8,), (8, 1, 1, 5)),
            ((8, 5), (8, 1, 5)),
            ((1,), (8, 5)),
            ((8,), (1, 5)),
            ((7,), (8, 5)),
            ((1, 5), (8, 5)),
            ((8, 3), (8, 5)),
            ((8, 1), (8, 4, 5)),
            ((1, 4), (8, 4, 5)),
            ((8, 4, 2), (8, 4, 5)),
            ((), (8, 5)),
        ),
    )
    def test_shapes_that_do_not_fit(self, name, shapes):
        labels, logits = np.zeros(shapes[0], "int64"), logits_of(*shapes[1])
        both = rf".*{_pattern(shapes[1])}.*{_pattern(shapes[0])}"
        with self.assertRaisesRegex(ValueError, f"Labels must be integers{both}"):
            losses.get(name)(labels, logits)
        with self.assertRaisesRegex(ValueError, f"Labels must be integers{both}"):
            losses.get(name).call(labels, logits)

    @parameterized.parameters(
        ((8,), (8,), "number of classes is known"),
        ((8,), (8, 1), "`keras.losses.BinaryCrossentropy`.*(8, 1)"),
        ((8, 4), (8, 4, 1), "`keras.losses.BinaryCrossentropy`.*(8, 4, 1)"),
    )
    def test_predictions_that_are_none(self, of_labels, of_logits, message):
        pattern = message.replace("(", r"\(").replace(")", r"\)")
        logits = logits_of(*of_logits)
        for loss in (losses.get("ce"), losses.get("ce", from_logits=False)):
            with self.assertRaisesRegex(ValueError, pattern):
                loss(np.zeros(of_labels), logits)
        with self.assertRaisesRegex(ValueError, pattern):
            losses.get("ce_sr").norm(logits)
        with self.assertRaisesRegex(ValueError, pattern):
            lnl.metrics.SparseRate().update_state(np.zeros(of_labels), logits)
        with self.assertRaisesRegex(ValueError, pattern):
            lnl.layers.OutputSharpening(0.5)(logits)

    @parameterized.parameters(
        ((8, 5), (7,)), ((8, 5), (1,)), ((8, 4, 5), (4,)), ((8, 4, 5), (8, 3)),
        ((8, 4, 5), (8, 4, 5)), ((8, 4, 5), (1, 4)),
    )  # fmt: skip
    def test_weights_that_do_not_fit(self, of_logits, of_weights):
        labels, logits = labels_of(*of_logits[:-1]), logits_of(*of_logits)
        for name in ("ce", "ce_sr"):
            pattern = rf"{_pattern(of_weights)}.*{_pattern(of_logits)}"
            with self.assertRaisesRegex(ValueError, f"`sample_weight` must.*{pattern}"):
                losses.get(name)(labels, logits, sample_weight=np.ones(of_weights))

    @parameterized.product(
        name=("ce", "gce_sr"),
        reduction=("sum", "sum_over_batch_size", "mean_with_sample_weight"),
        of=((8,), (8, 1), (8, 4), (8, 4, 1), (8, 4, 3), (8, 4, 3, 1), (8, 1, 3)),
        masked=(False, True),
    )
    def test_weights_and_masks(self, name, reduction, of, masked):
        """What Keras gives for the flat batch, with a weight for each position."""
        labels, logits = labels_of(8, 4, 3), logits_of(8, 4, 3, 5)
        weights = np.random.default_rng(2).uniform(size=of).astype("float32")
        spread = weights.reshape(of[:3] + (1,) * (3 - len(of)))
        spread = np.broadcast_to(spread, (8, 4, 3)).reshape(-1)
        mask = np.random.default_rng(3).uniform(size=(8, 4)) < 0.7
        outputs, flat = (
            keras.ops.convert_to_tensor(z) for z in (logits, logits.reshape(-1, 5))
        )
        if masked:
            set_keras_mask(outputs, keras.ops.convert_to_tensor(mask))
            set_keras_mask(flat, keras.ops.convert_to_tensor(np.repeat(mask, 3)))
        loss = losses.get(name, reduction=reduction)
        expected = loss(labels.reshape(-1), flat, sample_weight=spread)
        found = loss(labels, outputs, sample_weight=weights)
        self.assertAllClose(found, expected, rtol=1e-5)
        if name == "ce":
            keras_loss = keras.losses.SparseCategoricalCrossentropy(
                from_logits=True, reduction=reduction
            )
            expected = keras_loss(labels.reshape(-1), flat, sample_weight=spread)
            self.assertAllClose(found, expected, rtol=1e-5)

    def test_masks_that_do_not_fit(self):
        outputs = keras.ops.convert_to_tensor(logits_of(8, 5))
        set_keras_mask(outputs, keras.ops.ones((8, 4), dtype="bool"))
        with self.assertRaisesRegex(ValueError, r"`mask` must.*\(8, 4\).*\(8, 5\)"):
            losses.get("ce")(labels_of(8), outputs)

    def test_masked_layer_in_fit(self):
        """Padding of a sequence is not learned from, as with Keras's own loss."""
        x = np.array([[1, 2, 0, 0], [3, 1, 2, 0]])
        y = np.array([[1, 0, 2, 2], [0, 1, 1, 2]])
        weights = np.array([1.0, 3.0])
        found = []
        for loss, of in (
            (losses.get("ce"), weights),
            (
                keras.losses.SparseCategoricalCrossentropy(from_logits=True),
                np.repeat(weights[:, None], 4, axis=1),
            ),
        ):
            keras.utils.set_random_seed(1)
            model = keras.Sequential(
                [keras.layers.Embedding(4, 3, mask_zero=True), keras.layers.Dense(3)]
            )
            rate = lnl.metrics.SparseRate(tolerance=0.6)
            model.compile("sgd", loss=loss, metrics=[rate])
            history = model.fit(x, y, sample_weight=of, epochs=2, verbose=0)
            found.append(history.history["loss"])
            # On JAX, Keras's trainer hands metrics predictions without their mask.
            counted = 8 if keras.backend.backend() == "jax" else 5
            self.assertEqual(float(rate.total), counted)
        self.assertAllClose(*found, rtol=1e-5)

    @parameterized.parameters("bfloat16", "float16")
    def test_labels_too_coarse_for_their_classes(self, dtype):
        """257 is 256 in bfloat16, and would be another class."""
        loss = losses.get("ce", dtype=dtype)
        with self.assertRaisesRegex(ValueError, f"Labels of dtype {dtype} do not"):
            loss(labels_of(2, classes=3000), logits_of(2, 3000))
        loss(labels_of(2, classes=200), logits_of(2, 200))

    @parameterized.parameters("uint8", "int8", "int16", "int32", "int64", "float32")
    def test_labels_of_any_type(self, dtype):
        for classes in (3, 300):
            labels = np.array([0, 2, 1], dtype)
            logits = logits_of(3, classes)
            expected = -np.log(np.exp(logits) / np.exp(logits).sum(-1, keepdims=True))[
                np.arange(3), [0, 2, 1]
            ]
            for name in ("ce", "ce_sr"):
                loss = losses.get(name, **{"weight": 0} if name == "ce_sr" else {})
                self.assertAllClose(loss.call(labels, logits), expected, rtol=1e-5)

    @parameterized.parameters(0.5, 1.7, np.nan, -0.4)
    def test_labels_between_classes(self, label):
        """They are no class, and are not rounded to one."""
        for name in NAMES:
            loss = losses.get(name, reduction=None)
            values = np.asarray(loss(np.array([label, 1.0]), logits_of(2, 3)))
            self.assertAllEqual(np.isnan(values), [True, False], msg=name)

    def test_dtype_in_config(self):
        for loss in (losses.get("ce", dtype="float64"), losses.get("ce_sr")):
            config = loss.get_config()
            self.assertEqual(config["dtype"], loss.dtype)
            self.assertEqual(type(loss).from_config(config).dtype, loss.dtype)

    def test_under_xla_with_weights(self):
        labels, logits = labels_of(4, 3), logits_of(4, 3, 5)
        weights = np.arange(4, dtype="float32")
        loss = losses.get("nce_rce")
        self.assertAllClose(
            compiled(lambda y, z, w: loss(y, z, w))(labels, logits, weights),
            loss(labels, logits, weights),
            rtol=1e-5,
        )


def _pattern(shape):
    return str(tuple(shape)).replace("(", r"\(").replace(")", r"\)")


class UnknownShapeTest(tf.test.TestCase, parameterized.TestCase):
    """Labels whose shape a `tf.function` does not know when it is traced."""

    def setUp(self):
        super().setUp()
        if keras.backend.backend() != "tensorflow":
            self.skipTest("Only TensorFlow compiles for shapes it does not know")

    @parameterized.parameters(
        ((None, None), (None, 5), NAMES), (None, (None, None, 5), losses.names())
    )
    def test_told_in_the_step(self, of_labels, of_logits, names):
        """By every loss, in one step: to build a step takes longer than all else."""

        def make(name):
            return losses.get(name, **{"seed": 1} if name.startswith("nlnl") else {})

        made = {name: make(name) for name in names}

        def step(y, z):
            return {name: loss(y, z) for name, loss in made.items()}

        step = tf.function(
            step, input_signature=[tf.TensorSpec(of_labels), tf.TensorSpec(of_logits)]
        )
        shape = (4,) if len(of_logits) == 2 else (2, 3)
        labels, logits = labels_of(*shape), logits_of(*shape, 5)
        one_hot = np.eye(5, dtype="float32")[labels]
        column = labels[..., None].astype("float32")
        forms = {"column": column, "one-hot": one_hot}
        if of_labels is None:
            forms["integers"] = labels.astype("float32")
        for form, given in forms.items():
            for name, loss in made.items():
                if hasattr(loss, "state"):
                    for variable, first in zip(
                        loss.state, make(name).state, strict=True
                    ):
                        variable.assign(first)
            found = step(given, logits)
            for name, value in found.items():
                with self.subTest(name, form=form):
                    self.assertAllClose(value, make(name)(given, logits), rtol=1e-5)

    def test_wrong_in_the_step(self):
        loss = losses.get("ce")
        step = tf.function(
            lambda y, z: loss(y, z),
            input_signature=[tf.TensorSpec((None, None)), tf.TensorSpec((None, 5))],
        )
        with self.assertRaises(tf.errors.InvalidArgumentError):
            step(np.zeros((4, 3), "float32"), logits_of(4, 5))
        self.assertEqual(float(step(np.zeros((0, 1), "float32"), logits_of(0, 5))), 0.0)

    @parameterized.parameters((1, 3), (2, 1))
    def test_no_broadcasting_in_the_step(self, *shape):
        loss = losses.get("ce")
        step = tf.function(
            lambda y, z: loss(y, z),
            input_signature=[
                tf.TensorSpec((None, None)), tf.TensorSpec((None, None, 5)),
            ],
        )  # fmt: skip
        step(labels_of(2, 3).astype("float32"), logits_of(2, 3, 5))
        with self.assertRaises(tf.errors.InvalidArgumentError):
            step(labels_of(*shape).astype("float32"), logits_of(2, 3, 5))

    @parameterized.product(
        case=(
            ((None, None, None), (None, 6, 4, 3), (4, 4, 6), (4, 6, 4, 3)),
            ((None, None, None), (None, 6, 4, 3), (4, 3, 8), (4, 6, 4, 3)),
            ((None,), (None, 3), (1,), (4, 3)),
            ((None,), (None, 3), (4,), (1, 3)),
            ((None, 1), (None, 3), (1, 1), (4, 3)),
            ((None, 3), (None, 3), (1, 3), (4, 3)),
            ((None, None), (None, 3), (3, 4), (4, 3)),
            ((None, None), (None, 3), (12, 1), (4, 3)),
            ((None, None), (None, 2), (8, 1), (4, 2)),
            ((None, None), (None, 2), (2, 4), (4, 2)),
            (None, (None, 3), (3, 4), (4, 3)),
            (None, (None, 3), (12,), (4, 3)),
            (None, (None, None, 3), (3, 2), (2, 3, 3)),
        ),
        jit_compile=(False, True),
    )
    def test_shapes_that_differ_in_the_step(self, case, jit_compile):
        """As many numbers, or such as could be broadcast, are not enough."""
        known_labels, known_logits, of_labels, of_logits = case
        step = tf.function(
            losses.get("ce").__call__,
            input_signature=[tf.TensorSpec(known_labels), tf.TensorSpec(known_logits)],
            jit_compile=jit_compile,
        )
        right = np.zeros(of_logits[:-1], "float32")
        if known_labels is not None and len(known_labels) == len(of_logits):
            right = np.eye(of_logits[-1], dtype="float32")[right.astype(int)]
            right = right if known_labels[-1] != 1 else right[..., :1]
        step(right, logits_of(*of_logits))
        with self.assertRaisesRegex(tf.errors.InvalidArgumentError, "must match"):
            step(np.zeros(of_labels, "float32"), logits_of(*of_logits))


class SoftmaxTest(tf.test.TestCase, parameterized.TestCase):
    """A softmax where logits are expected, which Keras warns of."""

    def setUp(self):
        super().setUp()
        if keras.backend.backend() != "tensorflow":
            self.skipTest("Keras tells a softmax from logits on TensorFlow alone")

    @parameterized.product(
        last=("layer", "activation", "sharpening"),
        policy=("float32", HALF),
        from_logits=(True, False),
    )
    def test_warns_once(self, last, policy, from_logits):
        keras.config.set_dtype_policy(policy)
        self.addCleanup(keras.config.set_dtype_policy, "float32")
        layers = {
            "layer": [keras.layers.Dense(3), keras.layers.Softmax()],
            "activation": [keras.layers.Dense(3, activation="softmax")],
            "sharpening": [
                keras.layers.Dense(3),
                lnl.layers.OutputSharpening(0.5, activation="softmax"),
            ],
        }[last]
        model = keras.Sequential([keras.Input((2,)), *layers])
        model.compile(
            "sgd",
            loss=losses.get("ce_sr", from_logits=from_logits),
            metrics=[lnl.metrics.SparseRate(from_logits=from_logits)],
        )
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("default")
            model.fit(logits_of(8, 2), labels_of(8, classes=3), epochs=2, verbose=0)
        found = collections.Counter(
            name
            for warning, name in itertools.product(
                caught, ("CrossEntropy", "SparseRate")
            )
            if f"{name} received from_logits=True" in str(warning.message)
        )
        self.assertEqual(
            found, {"CrossEntropy": 1, "SparseRate": 1} if from_logits else {}
        )

    def test_logits_do_not(self):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            losses.get("ce")(labels_of(4), logits_of(4, 5))


if __name__ == "__main__":
    tf.test.main()
