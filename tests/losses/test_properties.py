"""What holds for every loss of the registry."""

import keras
import numpy as np
import tensorflow as tf
from absl.testing import parameterized
from gradients import compiled, value_and_gradient
from loss_table import TABLE, softmax

from lnl_sr_tf import losses

NAMES = tuple((name, name) for name in losses.names())
BASES = tuple((name, name) for name in losses.names() if not name.endswith("_sr"))


def make(name, **params):
    """A loss at its defaults; one that draws starts its draws anew."""
    seeded = {"seed": 1} if name.startswith("nlnl") else {}
    return losses.get(name, **seeded, **params)


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

    @parameterized.product(
        name=losses.names(),
        classes=(2, 10, 100, 1000),
        policy=("float32", "mixed_bfloat16"),
    )
    def test_finite(self, name, classes, policy):
        """Value and gradient for logits of any size, as a layer of the policy gives."""
        rng = np.random.default_rng(1)
        labels = np.concatenate([[0, 0, 1, 1], rng.integers(0, classes, 12)])
        dtype = keras.DTypePolicy(policy).compute_dtype
        scales = (1.0, 1e2, 1e4)
        logits = np.stack([rng.uniform(-s, s, size=(16, classes)) for s in scales])
        for of_scale, scale in zip(logits, scales, strict=True):
            of_scale[0] = 0.0
            of_scale[1:3] = -scale
            of_scale[1:3, 0] = scale  # u is one-hot to the last bit, right and wrong
            of_scale[3] = -scale
        labels, logits = np.tile(labels, 3), logits.reshape(48, classes)
        loss = make(name)
        value, gradient = value_and_gradient(
            lambda x: loss.call(labels, keras.ops.cast(x, dtype)), logits
        )
        self.assertEqual(value.dtype, np.float32)
        self.assertAllEqual(np.isfinite(value), np.ones(48, bool))
        self.assertTrue(np.isfinite(gradient).all())

    @parameterized.named_parameters(*NAMES)
    def test_bfloat16_logits_are_computed_in_float32(self, name):
        logits = keras.ops.cast(self.logits, "bfloat16")
        value = make(name).call(self.labels, logits)
        wide = make(name).call(self.labels, keras.ops.cast(logits, "float32"))
        self.assertEqual(keras.backend.standardize_dtype(value.dtype), "float32")
        self.assertAllClose(value, wide)

    @parameterized.named_parameters(*NAMES)
    def test_labels_integer_column_one_hot(self, name):
        value = make(name)(self.labels, self.logits)
        column = make(name)(self.labels[:, None], self.logits)
        one_hot = make(name)(np.eye(10)[self.labels], self.logits)
        self.assertAllClose(column, value)
        self.assertAllClose(one_hot, value)

    @parameterized.named_parameters(*NAMES)
    def test_soft_label_is_the_expectation(self, name):
        logits = self.logits[:1].astype("float32")
        soft = np.random.default_rng(2).dirichlet(np.ones(10))
        expected = sum(
            share * np.asarray(make(name)([label], logits))
            for label, share in enumerate(soft)
        )
        self.assertAllClose(make(name)(soft[None], logits), expected, rtol=1e-5)

    @parameterized.named_parameters(*NAMES)
    def test_probabilities_instead_of_logits(self, name):
        if getattr(make(name), "needs_logits", False):
            with self.assertRaisesRegex(ValueError, "is a function of the logits"):
                make(name, from_logits=False)
            return
        logits = self.logits / 2
        value = make(name)(self.labels, logits)
        loss = make(name, from_logits=False)
        self.assertAllClose(loss(self.labels, softmax(logits)), value, rtol=1e-4)

    @parameterized.named_parameters(*NAMES)
    def test_reduction_and_weights(self, name):
        values = np.asarray(make(name, reduction=None)(self.labels, self.logits))
        self.assertEqual(values.shape, (64,))
        total = make(name, reduction="sum")(self.labels, self.logits)
        self.assertAllClose(total, values.sum(), rtol=1e-5)
        weights = np.arange(64.0)
        weighted = make(name, reduction=None)(
            self.labels, self.logits, sample_weight=weights
        )
        self.assertAllClose(weighted, values * weights.astype("float32"), rtol=1e-5)

    @parameterized.named_parameters(*NAMES)
    def test_permuting_classes_permutes_the_gradient(self, name):
        order = np.random.default_rng(3).permutation(10)
        if name.startswith("nlnl"):
            order = np.roll(np.arange(10), 3)  # what is drawn is how far to turn
        value, gradient = per_example(name, self.labels, self.logits)
        moved_value, moved = per_example(
            name, np.argsort(order)[self.labels], self.logits[:, order]
        )
        self.assertAllClose(moved_value, value, rtol=1e-5)
        self.assertAllClose(moved, gradient[:, order], rtol=1e-4, atol=1e-6)

    @parameterized.named_parameters(*NAMES)
    def test_config_round_trip(self, name):
        loss = make(name, epsilon=1e-6, reduction="sum")
        twin = keras.losses.deserialize(keras.losses.serialize(loss))
        self.assertEqual(twin.get_config(), loss.get_config())
        self.assertAllEqual(
            twin(self.labels, self.logits), loss(self.labels, self.logits)
        )

    @parameterized.named_parameters(*NAMES)
    def test_under_xla(self, name):
        logits = self.logits.astype("float32")
        plain = make(name)(self.labels, logits)
        loss = make(name)
        self.assertAllClose(
            compiled(lambda y, z: loss(y, z))(self.labels, logits), plain, rtol=1e-5
        )

    @parameterized.named_parameters(*BASES)
    def test_symmetric_condition(self, name):
        """Σ_i L(u, i) is constant over random u for the losses that claim it."""
        sums = np.sum(
            [make(name).call(np.full(64, i), self.logits) for i in range(10)], axis=0
        )
        spread = sums.std() / sums.mean()
        if make(name).symmetric:
            self.assertLess(spread, 1e-6)
        else:
            self.assertGreater(spread, 1e-5)

    def test_who_claims_the_symmetric_condition(self):
        claims = {name for name, _ in BASES if make(name).symmetric}
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

    @parameterized.named_parameters(*NAMES)
    def test_labels_that_are_no_class(self, name):
        values = make(name, reduction=None)([-1, 0, 9, 10], np.zeros((4, 10)))
        self.assertAllEqual(np.isnan(values), [True, False, False, True])


if __name__ == "__main__":
    tf.test.main()
