"""What holds for every loss of the registry, for predictions of rank 2, 3 and 4."""

import itertools

import keras
import numpy as np
import tensorflow as tf
from absl.testing import parameterized
from helpers.gradients import compiled, value_and_gradient
from helpers.loss_table import TABLE, softmax

from lnl_sr_tf import losses

# The same 64 predictions: of images, of sequences, of maps. Every loss gives the same
# for all of them (test_values_of_the_flat_batch), so the properties take turns.
SHAPES = ((64,), (8, 8), (4, 2, 8))
NAMES = tuple(
    (name, name, shape)
    for name, shape in zip(losses.names(), itertools.cycle(SHAPES), strict=False)
)
BASES = tuple(case for case in NAMES if not case[0].endswith("_sr"))
REGULARIZED = tuple(case for case in NAMES if case[0].endswith("_sr"))


def turn(number):
    """Every loss as it is, and a third of those with the sparse term, by a number.

    The term is the same on each of them, so they take turns too: all are made finite
    numbers by test_finite, and each meets four more properties.
    """
    return BASES + REGULARIZED[number % 3 :: 3]


def make(name, **params):
    """A loss at its defaults; one that draws starts its draws anew."""
    seeded = {"seed": 1} if name.startswith("nlnl") else {}
    return losses.get(name, **seeded, **params)


def extremes(classes):
    """Labels and logits, 16 each of scale 1, 1e2 and 1e4, some of them one-hot."""
    rng = np.random.default_rng(1)
    labels = np.concatenate([[0, 0, 1, 1], rng.integers(0, classes, 12)])
    scales = (1.0, 1e2, 1e4)
    logits = np.stack([rng.uniform(-s, s, size=(16, classes)) for s in scales])
    for of_scale, scale in zip(logits, scales, strict=True):
        of_scale[0] = 0.0
        of_scale[1:3] = -scale
        of_scale[1:3, 0] = scale  # u is one-hot to the last bit, right and wrong
        of_scale[3] = -scale
    return np.tile(labels, 3), logits.reshape(-1, classes).astype("float32")


def per_example(name, labels, logits):
    """Value of each example and gradient of their sum."""
    loss = make(name)
    return value_and_gradient(lambda x: loss.call(labels, x), logits)


class PropertyTest(tf.test.TestCase, parameterized.TestCase):
    def setUp(self):
        super().setUp()
        rng = np.random.default_rng(0)
        self.logits = rng.normal(size=(64, 10)) * 4
        self.labels = rng.integers(0, 10, size=64)

    def batch(self, shape):
        """The labels and logits in a shape; what tests say of them holds for each."""
        return self.labels.reshape(shape), self.logits.reshape(*shape, 10)

    @parameterized.parameters(*losses.names())
    def test_finite(self, name):
        """Value and gradient for logits of any size, also such as bfloat16 rounds."""
        for classes, shape in ((2, (3, 4, 4)), (10, (3, 16)), (1000, (48,))):
            labels, logits = extremes(classes)
            rounded = keras.ops.convert_to_numpy(
                keras.ops.cast(keras.ops.cast(logits, "bfloat16"), "float32")
            )
            both = (2 * shape[0], *shape[1:])
            logits = np.concatenate([logits, rounded]).reshape(*both, classes)
            labels = np.tile(labels, 2).reshape(both)
            value, gradient = per_example(name, labels, logits)
            with self.subTest(classes=classes):
                self.assertEqual(value.dtype, np.float32)
                self.assertAllEqual(np.isfinite(value), np.ones(both, bool))
                self.assertTrue(np.isfinite(gradient).all())

    @parameterized.named_parameters(*turn(0))
    def test_values_of_the_flat_batch(self, name, _):
        """Whatever the shape, values and gradients are those of the flat batch."""
        value, gradient = per_example(name, self.labels, self.logits)
        for shape in SHAPES[1:]:
            found, slope = per_example(name, *self.batch(shape))
            self.assertAllClose(found, value.reshape(shape), rtol=1e-5)
            expected = gradient.reshape(*shape, 10)
            self.assertAllClose(slope, expected, rtol=1e-4, atol=1e-6)

    @parameterized.named_parameters(*turn(1))
    def test_bfloat16_logits_are_computed_in_float32(self, name, shape):
        """So what holds for rounded logits in float32 holds for those in bfloat16."""
        labels, logits = self.batch(shape)
        loss, twin = make(name), make(name)
        value, gradient = value_and_gradient(
            lambda x: loss.call(labels, keras.ops.cast(x, "bfloat16")), logits
        )
        rounded = keras.ops.cast(keras.ops.cast(logits, "bfloat16"), "float32")
        wide, slope = value_and_gradient(
            lambda x: twin.call(labels, x), keras.ops.convert_to_numpy(rounded)
        )
        self.assertEqual(value.dtype, np.float32)
        self.assertAllClose(value, wide)
        self.assertAllClose(gradient, slope, rtol=2e-2, atol=1e-2)

    @parameterized.named_parameters(*turn(2))
    def test_labels_integer_column_one_hot(self, name, shape):
        labels, logits = self.batch(shape)
        value = make(name)(labels, logits)
        column = make(name)(labels[..., None], logits)
        one_hot = make(name)(np.eye(10)[labels], logits)
        self.assertAllClose(column, value)
        self.assertAllClose(one_hot, value)

    @parameterized.named_parameters(*turn(3))
    def test_soft_label_is_the_expectation(self, name, shape):
        one = (1,) * len(shape)
        logits = self.logits[:1].astype("float32").reshape(*one, 10)
        soft = np.random.default_rng(2).dirichlet(np.ones(10))
        if name.startswith("nlnl"):  # each example of a batch has draws of its own
            values = [make(name)(np.full(one, label), logits) for label in range(10)]
        else:
            labels = np.arange(10).reshape(10, *one[1:])
            values = make(name, reduction=None)(labels, np.repeat(logits, 10, axis=0))
        expected = soft @ np.asarray(values).ravel()
        found = make(name)(soft.reshape(*one, 10), logits)
        self.assertAllClose(found, expected, rtol=1e-5)

    @parameterized.named_parameters(*turn(4))
    def test_probabilities_instead_of_logits(self, name, shape):
        if getattr(make(name), "needs_logits", False):
            with self.assertRaisesRegex(ValueError, "is a function of the logits"):
                make(name, from_logits=False)
            return
        labels, logits = self.batch(shape)
        value = make(name)(labels, logits / 2)
        loss = make(name, from_logits=False)
        self.assertAllClose(loss(labels, softmax(logits / 2)), value, rtol=1e-4)

    @parameterized.named_parameters(*turn(5))
    def test_reduction_and_weights(self, name, shape):
        """The reductions of Keras, with a weight an example and one a position."""
        labels, logits = self.batch(shape)
        values = np.asarray(make(name, reduction=None)(labels, logits))
        self.assertEqual(values.shape, shape)
        total = make(name, reduction="sum")(labels, logits)
        self.assertAllClose(total, values.sum(), rtol=1e-5)
        for of in (shape, shape[:1]):
            weights = np.arange(1, 1 + np.prod(of), dtype="float32").reshape(of)
            weighted = make(name, reduction="sum_over_batch_size")(
                labels, logits, sample_weight=weights
            )
            spread = weights.reshape(of + (1,) * (len(shape) - len(of)))
            self.assertAllClose(weighted, np.mean(values * spread), rtol=1e-5)

    @parameterized.named_parameters(*turn(6))
    def test_permuting_classes_permutes_the_gradient(self, name, shape):
        order = np.random.default_rng(3).permutation(10)
        if name.startswith("nlnl"):
            order = np.roll(np.arange(10), 3)  # what is drawn is how far to turn
        labels, logits = self.batch(shape)
        value, gradient = per_example(name, labels, logits)
        moved_value, moved = per_example(
            name, np.argsort(order)[labels], logits[..., order]
        )
        self.assertAllClose(moved_value, value, rtol=1e-5)
        self.assertAllClose(moved, gradient[..., order], rtol=1e-4, atol=1e-6)

    @parameterized.named_parameters(*turn(7))
    def test_config_round_trip(self, name, shape):
        labels, logits = self.batch(shape)
        loss = make(name, epsilon=1e-6, reduction="sum", dtype="float64")
        twin = keras.losses.deserialize(keras.losses.serialize(loss))
        self.assertEqual(twin.get_config(), loss.get_config())
        self.assertEqual(twin.dtype, "float64")
        self.assertAllEqual(twin(labels, logits), loss(labels, logits))

    def test_under_xla(self):
        """All in one function: to compile a function takes longer than it saves."""
        made = {name: make(name) for name, *_ in turn(12)}
        batches = [self.batch(shape) for shape in SHAPES]
        places = {name: SHAPES.index(shape) for name, _, shape in NAMES}

        def all_of_them(batches):
            return {name: loss(*batches[places[name]]) for name, loss in made.items()}

        found = compiled(all_of_them)(
            [(labels, logits.astype("float32")) for labels, logits in batches]
        )
        for name, value in found.items():
            labels, logits = batches[places[name]]
            plain = make(name)(labels, logits.astype("float32"))
            with self.subTest(name):
                self.assertAllClose(value, plain, rtol=1e-5)

    @parameterized.named_parameters(*turn(8))
    def test_class_that_cannot_be(self, name, shape):
        """With a logit of −inf: as it goes there, in value and gradient."""
        labels, logits = self.batch(shape)
        far, none = logits.copy(), logits.copy()
        impossible = (labels + 1) % 10
        np.put_along_axis(far, impossible[..., None], -1e6, axis=-1)
        np.put_along_axis(none, impossible[..., None], -np.inf, axis=-1)
        value, gradient = per_example(name, labels, none)
        self.assertTrue(np.isfinite(value).all())
        self.assertTrue(np.isfinite(gradient).all())
        if name == "ls":  # which wants a share of every class
            self.assertAllGreater(value, 1e20)
        elif name == "ce_logitclip":  # whose norm is that of the other classes
            rest = np.where(np.isinf(none), 0.0, none)
            rest /= np.linalg.norm(rest, axis=-1, keepdims=True)
            rest = np.where(np.isinf(none), -1e6, rest)
            self.assertAllClose(value, losses.get("ce").call(labels, rest), rtol=1e-4)
        else:
            expected, slope = per_example(name, labels, far)
            self.assertAllClose(value, expected, rtol=1e-4, atol=1e-4)
            self.assertAllClose(gradient, slope, rtol=1e-3, atol=1e-4)

    @parameterized.named_parameters(*turn(9))
    def test_empty_batch(self, name, shape):
        loss = make(name, reduction=None)
        rest = shape[1:]
        value = loss(np.zeros((0, *rest), int), np.zeros((0, *rest, 10), "float32"))
        self.assertEqual(tuple(value.shape), (0, *rest))

    @parameterized.named_parameters(*NAMES)
    def test_one_output(self, name, shape):
        labels, logits = self.batch(shape)
        with self.assertRaisesRegex(ValueError, "BinaryCrossentropy"):
            make(name)(labels, logits[..., :1])

    @parameterized.named_parameters(*BASES)
    def test_symmetric_condition(self, name, shape):
        """Σ_i L(u, i) is constant over random u for the losses that claim it."""
        _, logits = self.batch(shape)
        every = np.broadcast_to(np.arange(10)[:, None], (10, 64))
        values = make(name).call(
            every.reshape(10 * shape[0], *shape[1:]), np.concatenate([logits] * 10)
        )
        sums = np.asarray(values).reshape(10, 64).sum(axis=0)
        spread = sums.std() / sums.mean()
        if make(name).symmetric:
            self.assertLess(spread, 1e-6)
        else:
            self.assertGreater(spread, 1e-5)

    def test_who_claims_the_symmetric_condition(self):
        claims = {name for name, *_ in BASES if make(name).symmetric}
        self.assertEqual(
            claims,
            {
                "mae", "nmae", "rce", "nrce", "nce", "nfl", "ngce", "nnce", "nnfl",
                "nce_mae", "nce_rce", "nfl_mae", "nfl_rce", "anl_ce", "anl_fl",
            },
        )  # fmt: skip

    def test_lemma_1(self):
        """Σ_i L(u, i) is the same for all permutations of a vector u.

        Zhou et al. (ICCV 2021), Lemma 1, for losses ℓ1(u_i) + Σ_j ℓ2(u_j); it holds for
        every loss here that does not tell one class from another.
        """
        u = np.random.default_rng(4).dirichlet(np.ones(10))
        rng = np.random.default_rng(5)
        logits = np.log([rng.permutation(u) for _ in range(20)])
        for name, params, _ in TABLE:
            if "matrix" in params:
                continue  # what a matrix says of two classes may differ
            sums = sum(
                np.asarray(losses.get(name, **params).call(np.full(20, i), logits))
                for i in range(10)
            )
            self.assertAllClose(sums, np.full(20, sums[0]), rtol=1e-5, msg=name)

    @parameterized.named_parameters(*turn(10))
    def test_labels_that_are_no_class(self, name, shape):
        labels = np.reshape([-1, 0, 9, 10], (4,) + (1,) * (len(shape) - 1))
        values = make(name, reduction=None)(labels, np.zeros((*labels.shape, 10)))
        self.assertAllEqual(np.isnan(values).ravel(), [True, False, False, True])


if __name__ == "__main__":
    tf.test.main()
