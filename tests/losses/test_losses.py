"""Every loss against its formula in float64, and the properties all share."""

import keras
import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from lnl_sr_tf import losses


def softmax(logits):
    shifted = logits - logits.max(axis=-1, keepdims=True)
    exp = np.exp(shifted)
    return exp / exp.sum(axis=-1, keepdims=True)


def reverse(u):
    """Reverse cross-entropy: log 0 is log 1e-4, probabilities are at least 1e-7."""
    clipped = np.maximum(u, 1e-7)
    return -np.log(1e-4) * (clipped.sum(axis=-1, keepdims=True) - clipped)


def normalized(values):
    return values / values.sum(axis=-1, keepdims=True)


def squared(a):
    """Σ_k (u_k − a [k = i])² / 10 for every class i."""
    return lambda u: np.mean((u[:, None, :] - a * np.eye(10)) ** 2, axis=-1)


def negative(log_terms):
    """1 − (A + log term) over the sum, for ε = 1e-4."""
    return 1 - normalized(-np.log(1e-4) + log_terms)


# One row a loss: name, parameters, L(u, i) in NumPy from u.
TABLE = (
    ("ce", {}, lambda u: -np.log(u)),
    ("fl", {"gamma": 0.5}, lambda u: -((1 - u) ** 0.5) * np.log(u)),
    ("fl", {"gamma": 2.0}, lambda u: -((1 - u) ** 2) * np.log(u)),
    ("fl", {"gamma": 0.0}, lambda u: -np.log(u)),
    ("gce", {"q": 0.7}, lambda u: (1 - np.maximum(u, 1e-7) ** 0.7) / 0.7),
    ("gce", {"q": 0.001}, lambda u: (1 - np.maximum(u, 1e-7) ** 0.001) / 0.001),
    ("gce", {"q": 1.0}, lambda u: 1 - u),
    ("mae", {}, lambda u: 2 * (1 - u)),
    ("nmae", {}, lambda u: (1 - u) / 9),
    ("rce", {}, reverse),
    ("nrce", {}, lambda u: 9 / 4 * reverse(u)),
    ("sce", {"alpha": 6, "beta": 0.1}, lambda u: -6 * np.log(u) + 0.1 * reverse(u)),
    ("nce", {}, lambda u: normalized(np.log(u))),
    ("nfl", {"gamma": 0.5}, lambda u: normalized((1 - u) ** 0.5 * np.log(u))),
    ("ngce", {"q": 0.7}, lambda u: normalized(1 - np.maximum(u, 1e-7) ** 0.7)),
    (
        "nce_mae",
        {"alpha": 1, "beta": 10},
        lambda u: normalized(np.log(u)) + 10 * (1 - u),
    ),
    (
        "nce_rce",
        {"alpha": 10, "beta": 0.1},
        lambda u: 10 * normalized(np.log(u)) + 0.1 * reverse(u),
    ),
    (
        "nfl_mae",
        {"gamma": 2},
        lambda u: normalized((1 - u) ** 2 * np.log(u)) + (1 - u),
    ),
    (
        "nfl_rce",
        {"beta": 3},
        lambda u: normalized((1 - u) ** 0.5 * np.log(u)) + 3 * reverse(u),
    ),
    (
        "phuber_ce",
        {"tau": 2},
        lambda u: np.where(u > 0.5, -np.log(u), -2 * u + np.log(2) + 1),
    ),
    (
        "phuber_gce",
        {"q": 0.5, "tau": 2},
        # The slope u^-0.5 is 2 at u = 1/4, where the loss is 1.
        lambda u: np.where(u > 0.25, (1 - u**0.5) / 0.5, 1 - 2 * (u - 0.25)),
    ),
    ("agce", {"a": 1, "q": 2}, lambda u: (4 - (1 + u) ** 2) / 2),
    ("aul", {"a": 1.5, "q": 0.9}, lambda u: ((1.5 - u) ** 0.9 - 0.5**0.9) / 0.9),
    ("ael", {"a": 2.5}, lambda u: np.exp(-u / 2.5)),
    ("amse", {"a": 5}, squared(5)),
    (
        "nce_agce",
        {"alpha": 1, "beta": 4, "a": 6, "q": 1.5},
        lambda u: normalized(np.log(u)) + 4 * (7**1.5 - (6 + u) ** 1.5) / 1.5,
    ),
    (
        "nce_aul",
        {"alpha": 2, "a": 2, "q": 1},
        lambda u: 2 * normalized(np.log(u)) + (2 - u) - 1,
    ),
    (
        "nce_ael",
        {"beta": 3, "a": 1},
        lambda u: normalized(np.log(u)) + 3 * np.exp(-u),
    ),
    ("jal_ce", {"a": 30}, lambda u: normalized(np.log(u)) + squared(30)(u)),
    (
        "jal_fl",
        {"gamma": 2, "beta": 0.5, "a": 4},
        lambda u: normalized((1 - u) ** 2 * np.log(u)) + squared(4)(u) / 2,
    ),
    ("nnce", {"epsilon": 1e-4}, lambda u: negative(np.log(np.maximum(u, 1e-4)))),
    (
        "nnfl",
        {"gamma": 2, "epsilon": 1e-4},
        lambda u: negative(
            (1 - np.maximum(u, 1e-4)) ** 2 * np.log(np.maximum(u, 1e-4))
        ),
    ),
)
FORMULAS = tuple(
    (f"{name}{''.join(f'_{k}{v}' for k, v in params.items())}", name, params, formula)
    for name, params, formula in TABLE
)
NAMES = tuple((name, name) for name in losses.names())


def per_example(loss, labels, logits):
    """Value of each example and gradient of their sum."""
    logits = tf.convert_to_tensor(logits, tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(logits)
        value = loss.call(tf.constant(labels), logits)
    return value.numpy(), tape.gradient(value, logits).numpy()


class LossTest(tf.test.TestCase, parameterized.TestCase):
    def setUp(self):
        super().setUp()
        rng = np.random.default_rng(0)
        self.logits = rng.normal(size=(64, 10)) * 4
        self.labels = rng.integers(0, 10, size=64)

    @parameterized.named_parameters(*FORMULAS)
    def test_value(self, name, params, formula):
        value, _ = per_example(losses.get(name, **params), self.labels, self.logits)
        expected = formula(softmax(self.logits))[np.arange(64), self.labels]
        self.assertAllClose(value, expected, rtol=2e-5, atol=1e-6)

    @parameterized.named_parameters(*FORMULAS)
    def test_gradient_is_the_derivative(self, name, params, formula):
        _, gradient = per_example(losses.get(name, **params), self.labels, self.logits)
        step = 1e-6
        expected = np.zeros_like(self.logits)
        rows = np.arange(64)
        for j in range(10):
            shift = np.zeros(10)
            shift[j] = step
            above = formula(softmax(self.logits + shift))[rows, self.labels]
            below = formula(softmax(self.logits - shift))[rows, self.labels]
            expected[:, j] = (above - below) / (2 * step)
        error = np.linalg.norm(gradient - expected) / np.linalg.norm(expected)
        self.assertLess(error, 1e-5)

    def test_focal_constant_factor(self):
        """Held constant, the factor scales the gradient of cross-entropy."""
        loss = losses.FocalLoss(gamma=0.5, constant_factor=True)
        value, gradient = per_example(loss, self.labels, self.logits)
        same_value, true_gradient = per_example(
            losses.FocalLoss(gamma=0.5), self.labels, self.logits
        )
        self.assertAllClose(value, same_value)
        _, cross_entropy = per_example(losses.CrossEntropy(), self.labels, self.logits)
        u = softmax(self.logits)[np.arange(64), self.labels]
        self.assertAllClose(gradient, np.sqrt(1 - u)[:, None] * cross_entropy, 1e-4)
        self.assertNotAllClose(gradient, true_gradient, 1e-2)

    @parameterized.product(name=losses.names(), classes=(2, 10, 1000), scale=(1.0, 1e4))
    def test_finite(self, name, classes, scale):
        rng = np.random.default_rng(1)
        logits = rng.uniform(-scale, scale, size=(16, classes))
        logits[0] = 0.0
        logits[1] = -scale
        logits[1, 0] = scale  # u is one-hot to the last bit
        labels = np.concatenate([[0, 0], rng.integers(0, classes, 14)])
        value, gradient = per_example(losses.get(name), labels, logits)
        self.assertTrue(np.isfinite(value).all())
        self.assertTrue(np.isfinite(gradient).all())

    @parameterized.named_parameters(*NAMES)
    def test_bfloat16_logits_are_computed_in_float32(self, name):
        logits = tf.cast(self.logits, tf.bfloat16)
        loss = losses.get(name)
        value = loss.call(self.labels, logits)
        self.assertEqual(value.dtype, tf.float32)
        self.assertAllClose(value, loss.call(self.labels, tf.cast(logits, tf.float32)))

    @parameterized.named_parameters(*NAMES)
    def test_labels_integer_column_one_hot(self, name):
        loss = losses.get(name)
        value = loss(self.labels, self.logits)
        self.assertAllClose(loss(self.labels[:, None], self.logits), value)
        self.assertAllClose(loss(np.eye(10)[self.labels], self.logits), value)

    @parameterized.named_parameters(*NAMES)
    def test_soft_label_is_the_expectation(self, name):
        loss = losses.get(name)
        logits = tf.constant(self.logits[:1], tf.float32)
        soft = np.random.default_rng(2).dirichlet(np.ones(10))
        expected = sum(
            share * loss([label], logits) for label, share in enumerate(soft)
        )
        self.assertAllClose(loss(soft[None], logits), expected, rtol=1e-5)

    @parameterized.named_parameters(*NAMES)
    def test_probabilities_instead_of_logits(self, name):
        logits = self.logits / 2
        value = losses.get(name)(self.labels, logits)
        loss = losses.get(name, from_logits=False)
        self.assertAllClose(loss(self.labels, softmax(logits)), value, rtol=1e-4)

    @parameterized.named_parameters(*NAMES)
    def test_reduction_and_weights(self, name):
        values = losses.get(name, reduction=None)(self.labels, self.logits)
        self.assertEqual(values.shape, (64,))
        total = losses.get(name, reduction="sum")(self.labels, self.logits)
        self.assertAllClose(total, tf.reduce_sum(values), rtol=1e-5)
        weights = np.arange(64.0)
        weighted = losses.get(name, reduction=None)(
            self.labels, self.logits, sample_weight=weights
        )
        self.assertAllClose(weighted, values * weights.astype("float32"), rtol=1e-5)

    @parameterized.named_parameters(*NAMES)
    def test_permuting_classes_permutes_the_gradient(self, name):
        order = np.random.default_rng(3).permutation(10)
        value, gradient = per_example(losses.get(name), self.labels, self.logits)
        moved_value, moved = per_example(
            losses.get(name), np.argsort(order)[self.labels], self.logits[:, order]
        )
        self.assertAllClose(moved_value, value, rtol=1e-5)
        self.assertAllClose(moved, gradient[:, order], rtol=1e-4, atol=1e-6)

    @parameterized.named_parameters(*NAMES)
    def test_config_round_trip(self, name):
        loss = losses.get(name, epsilon=1e-6, reduction="sum")
        twin = keras.losses.deserialize(keras.losses.serialize(loss))
        self.assertEqual(twin.get_config(), loss.get_config())
        self.assertAllEqual(
            twin(self.labels, self.logits), loss(self.labels, self.logits)
        )

    @parameterized.named_parameters(*NAMES)
    def test_trains_under_xla(self, name):
        loss = losses.get(name)

        @tf.function(jit_compile=True)
        def compiled(labels, logits):
            return loss(labels, logits)

        logits = tf.constant(self.logits, tf.float32)
        self.assertAllClose(
            compiled(tf.constant(self.labels), logits),
            loss(self.labels, logits),
            rtol=1e-5,
        )

    @parameterized.named_parameters(
        *((name, name) for name in losses.names() if "_sr" not in name)
    )
    def test_symmetric_condition(self, name):
        """Σ_i L(u, i) is constant over random u for the losses that claim it."""
        loss = losses.get(name)
        sums = np.sum([loss.call(np.full(64, i), self.logits) for i in range(10)], 0)
        spread = sums.std() / sums.mean()
        if loss.symmetric:
            self.assertLess(spread, 1e-6)
        else:
            self.assertGreater(spread, 1e-5)

    def test_every_name_has_its_formula(self):
        rows = {name for name, _, _ in TABLE}
        self.assertEqual(rows, {name.removesuffix("_sr") for name in losses.names()})

    def test_lemma_1(self):
        """Σ_i L(u, i) is the same for all permutations of a vector u."""
        u = np.random.default_rng(4).dirichlet(np.ones(10))
        rng = np.random.default_rng(5)
        logits = np.log([rng.permutation(u) for _ in range(20)])
        for name, params, _ in TABLE:
            loss = losses.get(name, **params)
            sums = sum(loss.call(np.full(20, i), logits) for i in range(10))
            self.assertAllClose(sums, np.full(20, sums[0]), rtol=1e-5)

    @parameterized.named_parameters(
        ("gamma", "fl", {"gamma": -1}, r"`gamma` must be .*\[0, inf\).*gamma=-1"),
        ("q_zero", "gce", {"q": 0}, r"`q` must be .*\(0, 1\].*q=0"),
        ("q_text", "gce", {"q": "big"}, "`q` must be .*q='big'"),
        ("p", "ce_sr", {"p": 2}, r"`p` must be .*\(0, 1\].*p=2"),
        ("weight", "ce_sr", {"weight": -0.1}, "`weight` must be .*weight=-0.1"),
        ("epsilon", "ce", {"epsilon": 1}, r"`epsilon` must be .*\(0, 1\)"),
        ("infinite", "ce_sr", {"weight": float("inf")}, r"`weight` must .*\[0, inf\)"),
        ("name", "cee", {}, "Unknown loss 'cee'. Did you mean 'ce'.*fl_sr"),
        ("parameter", "ce_sr", {"q": 1}, "'ce_sr' has no parameter 'q'. It takes: p"),
        ("pair", "nce_mae", {"beta": -1}, "`beta` must be .*beta=-1"),
        ("slope", "phuber_ce", {"tau": 1}, r"`tau` must be .*\(1, inf\).*tau=1"),
        ("linear", "phuber_gce", {"q": 1}, r"`q` must be .*\(0, 1\).*q=1"),
        ("sr_only", "ce", {"weight": 1}, "'ce' has no parameter 'weight'"),
    )
    def test_errors(self, name, params, message):
        with self.assertRaisesRegex(ValueError, message):
            losses.get(name, **params)

    @parameterized.named_parameters(*NAMES)
    def test_labels_that_are_no_class(self, name):
        values = losses.get(name, reduction=None)([-1, 0, 9, 10], np.zeros((4, 10)))
        self.assertAllEqual(np.isnan(values), [True, False, False, True])

    def test_labels_that_do_not_fit(self):
        with self.assertRaisesRegex(ValueError, r"Received labels of shape \(64, 3\)"):
            losses.CrossEntropy()(np.zeros((64, 3)), self.logits)

    def test_active_passive_takes_losses_of_this_library(self):
        with self.assertRaisesRegex(ValueError, "`passive` must be a loss of this"):
            losses.ActivePassiveLoss(
                losses.CrossEntropy(), keras.losses.CategoricalCrossentropy()
            )


if __name__ == "__main__":
    tf.test.main()
