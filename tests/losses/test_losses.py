"""Every loss against its formula in float64, and what each says of wrong input."""

import keras
import numpy as np
import tensorflow as tf
from absl.testing import parameterized
from helpers.gradients import value_and_gradient
from helpers.loss_table import TABLE, evaluate, softmax

from lnl_sr_tf import loss_names, losses


def label(name, params):
    numbers = {k: v for k, v in params.items() if k != "matrix"}
    return name + "".join(f"_{k}{v}" for k, v in numbers.items())


FORMULAS = tuple((label(row[0], row[1]), *row) for row in TABLE)


def per_example(loss, labels, logits):
    """Value of each example and gradient of their sum."""
    return value_and_gradient(lambda x: loss.call(labels, x), logits)


class LossTest(tf.test.TestCase, parameterized.TestCase):
    def setUp(self):
        super().setUp()
        rng = np.random.default_rng(0)
        self.logits = rng.normal(size=(64, 10)) * 4
        self.labels = rng.integers(0, 10, size=64)

    @parameterized.named_parameters(*FORMULAS)
    def test_value(self, name, params, formula):
        value, _ = per_example(losses.get(name, **params), self.labels, self.logits)
        expected = evaluate(formula, self.logits)[np.arange(64), self.labels]
        self.assertAllClose(value, expected, rtol=2e-5, atol=2e-6)

    @parameterized.named_parameters(*FORMULAS)
    def test_gradient_is_the_derivative(self, name, params, formula):
        _, gradient = per_example(losses.get(name, **params), self.labels, self.logits)
        step = 1e-6
        expected = np.zeros_like(self.logits)
        rows = np.arange(64)
        for j in range(10):
            shift = np.zeros(10)
            shift[j] = step
            above = evaluate(formula, self.logits + shift)[rows, self.labels]
            below = evaluate(formula, self.logits - shift)[rows, self.labels]
            expected[:, j] = (above - below) / (2 * step)
        error = np.linalg.norm(gradient - expected) / np.linalg.norm(expected)
        self.assertLess(error, 1e-5)

    def test_every_name_has_its_formula(self):
        rows = {name for name, _, _ in TABLE}
        self.assertEqual(rows, {name.removesuffix("_sr") for name in losses.names()})

    @parameterized.parameters(*losses.names())
    def test_names_tell_whether_an_index_is_needed(self, name):
        """Without the class, as the settings must, and as the loss itself says."""
        sizes = {"num_examples": 4, "num_classes": 3}
        taken = sizes.keys() & loss_names.parameters(name)
        loss = losses.get(name, **{size: sizes[size] for size in taken})
        self.assertEqual(loss_names.needs_index(name), loss.needs_index)
        self.assertEqual(
            loss.needs_index,
            name.removesuffix("_sr") in ("elr", "mda_ce", "rrm_ce", "sop"),
        )

    @parameterized.parameters(
        ("fl", {}), ("nfl", {}), ("nnfl", {}), ("eps_fl", {"m": 1})
    )
    def test_constant_factor_keeps_the_value(self, name, params):
        """Held constant in the gradient, as published, and not in the value."""
        loss = losses.get(name, gamma=0.5, constant_factor=True, **params)
        value, gradient = per_example(loss, self.labels, self.logits)
        same_value, true_gradient = per_example(
            losses.get(name, gamma=0.5, **params), self.labels, self.logits
        )
        self.assertAllClose(value, same_value)
        self.assertNotAllClose(gradient, true_gradient, 1e-2)

    def test_constant_factor_scales_cross_entropy(self):
        loss = losses.FocalLoss(gamma=0.5, constant_factor=True)
        _, gradient = per_example(loss, self.labels, self.logits)
        _, cross_entropy = per_example(losses.CrossEntropy(), self.labels, self.logits)
        u = softmax(self.logits)[np.arange(64), self.labels]
        self.assertAllClose(gradient, np.sqrt(1 - u)[:, None] * cross_entropy, 1e-4)

    @parameterized.named_parameters(
        ("ls", "ls", {"smoothing": 0.0}),
        ("eps_ce", "eps_ce", {"m": 0.0}),
        ("ce_logitclip", "ce_logitclip", {"delta": 1e-6}),
        ("bi_tempered", "bi_tempered", {"t1": 1.0, "t2": 1.0}),
        ("bi_tempered_almost", "bi_tempered", {"t1": 0.9999, "t2": 1.0001}),
        ("forward", "forward", {"matrix": np.eye(10).tolist()}),
        ("backward", "backward", {"matrix": np.eye(10).tolist()}),
    )
    def test_at_its_limit_it_is_cross_entropy(self, name, params):
        ours = losses.get(name, **params).call(self.labels, self.logits / 4)
        plain = losses.get("ce").call(self.labels, self.logits / 4)
        self.assertAllClose(ours, plain, rtol=2e-3)

    @parameterized.named_parameters(
        ("gamma", "fl", {"gamma": -1}, r"`gamma` must be .*\[0, inf\).*gamma=-1"),
        ("q_zero", "gce", {"q": 0}, r"`q` must be .*\(0, 1\].*q=0"),
        ("q_text", "gce", {"q": "big"}, "`q` must be .*q='big'"),
        ("p", "ce_sr", {"p": 2}, r"`p` must be .*\(0, 1\].*p=2"),
        ("weight", "ce_sr", {"weight": -0.1}, "`weight` must be .*weight=-0.1"),
        ("epsilon", "ce", {"epsilon": 1}, r"`epsilon` must be .*\(0, 1\)"),
        (
            "infinite",
            "ce_sr",
            {"weight": float("inf")},
            r"`weight` must .*\[0, 3.40282e\+38\]",
        ),
        ("name", "cee", {}, r"Unknown loss 'cee'. Did you mean 'ce'\?$"),
        ("name like none", "xyzzy", {}, "Unknown loss 'xyzzy'. Expected .*ce, .*fl_sr"),
        ("parameter", "ce_sr", {"q": 1}, "'ce_sr' has no parameter 'q'. It takes: p"),
        ("pair", "nce_mae", {"beta": -1}, "`beta` must be .*beta=-1"),
        ("slope", "phuber_ce", {"tau": 1}, r"`tau` must be .*\(1, inf\).*tau=1"),
        ("linear", "phuber_gce", {"q": 1}, r"`q` must be .*\(0, 1\).*q=1"),
        ("sr_only", "ce", {"weight": 1}, "'ce' has no parameter 'weight'"),
        ("smoothing", "ls", {"smoothing": 1}, r"`smoothing` must .*\[0, 1\)"),
        ("m", "eps_ce", {"m": -1}, r"`m` must be .*\[0, inf\)"),
        ("delta", "ce_logitclip", {"delta": 0}, r"`delta` must be .*\(0, inf\)"),
        ("bias", "mae_logitbias", {"bias": 51}, r"`bias` must be .*\[-50, 50\]"),
        ("allowance", "ogc_ce", {"allowance": -1}, r"`allowance` must .*\[0, inf\)"),
        ("every", "ogc_gce", {"every": 1.5}, "`every` must be a whole number of at"),
        ("queue", "ogc_fl", {"queue": 1}, r"`queue` must be .*\[2, inf\)"),
        ("lr_v", "sop", {"lr_v": -1}, r"`lr_v` must be .*\[0, inf\)"),
        ("sop_sizes", "sop", {"num_classes": 5}, "belong together"),
        ("mda_momentum", "mda_ce", {"momentum": 1}, r"`momentum` must .*\[0, 1\)"),
        ("warmup", "mda_ce", {"warmup": 0}, r"`warmup` must be .*\[1, inf\)"),
        ("mda_sizes", "mda_ce", {"num_examples": 5}, "belong together"),
        ("cost", "rrm_ce", {"cost": -1}, r"`cost` must be .*\[0, inf\)"),
        ("share", "rrm_ce", {"share": 0}, r"`share` must be .*\(0, 1\]"),
        ("wrong", "rrm_ce", {"contamination": 1}, r"`contamination` .*\[0, 1\)"),
        ("margin", "ldr_kl", {"margin": -1}, "`margin` must be"),
        ("temperature", "ldr_kl", {"temperature": 0}, r"`temperature` .*\(0, inf\)"),
        ("t1", "bi_tempered", {"t1": 1.1}, r"`t1` must be .*\[0, 1\]"),
        ("t2", "bi_tempered", {"t2": 0.9}, r"`t2` must be .*\[1, 10\]"),
        ("seed", "nlnl", {"seed": 0.5}, "`seed` must be a whole number"),
        ("momentum", "elr", {"momentum": 1}, r"`momentum` must .*\[0, 1\)"),
        ("seed_infinite", "nlnl", {"seed": float("inf")}, "`seed` must be a whole"),
        ("seed_negative", "nlnl", {"seed": -1}, "`seed` must be a whole number"),
        ("elr_epsilon", "elr", {"epsilon": 0.6}, r"`epsilon` must be .*\[1e-07, 0.5\)"),
        ("elr_sizes", "elr", {"num_examples": 5}, "belong together"),
        ("no_matrix", "forward", {"matrix": 3}, r"square matrix, .* shape \(\)"),
        ("no_rows", "backward", {"matrix": []}, r"square matrix, .* shape \(0,\)"),
        ("smoothed_sr", "ls_sr", {}, "no 'ls_sr': smoothed labels keep .*Use 'ls'"),
        ("clipped_sr", "ce_logitclip_sr", {}, "no 'ce_logitclip_sr': clipped logits"),
        ("tempered_sr", "bi_tempered_sr", {}, "takes a tempered softmax"),
    )
    def test_errors(self, name, params, message):
        with self.assertRaisesRegex(ValueError, message):
            losses.get(name, **params)

    @parameterized.parameters("ce", "gce_sr", "nce_rce")
    def test_name_of_the_instance(self, name):
        self.assertEqual(losses.get(name, name="other").name, "other")

    @parameterized.parameters("ce_logitclip", "ldr_kl", "bi_tempered")
    def test_of_logits_alone(self, name):
        with self.assertRaisesRegex(ValueError, "is a function of the logits"):
            losses.get(name, from_logits=False)

    def test_around_a_loss_of_probabilities(self):
        for wrapper, more in (
            (losses.LogitClip, {}),
            (losses.LogitBias, {}),
            (losses.LogitAdjusted, {"counts": [1, 2]}),
        ):
            with self.assertRaisesRegex(ValueError, "`loss` must take logits"):
                wrapper(losses.CrossEntropy(from_logits=False), **more)

    def test_logit_bias_of_a_loss_of_all_classes(self):
        """Integers take one softmax, distributions one for each class."""
        loss = losses.LogitBias(losses.get("nce"), bias=1.5)
        z = self.logits + 1.5 * np.eye(10)[self.labels]
        u = softmax(z)
        expected = (np.log(u) / np.log(u).sum(-1, keepdims=True))[
            np.arange(64), self.labels
        ]
        value, gradient = per_example(loss, self.labels, self.logits)
        self.assertAllClose(value, expected, rtol=2e-5)
        one_hot = np.eye(10, dtype="float32")[self.labels]
        same, slope = per_example(loss, one_hot, self.logits)
        self.assertAllClose(same, value, rtol=1e-5)
        self.assertAllClose(slope, gradient, rtol=1e-4, atol=1e-6)

    def test_logit_bias_of_the_softmax_alone(self):
        with self.assertRaisesRegex(ValueError, "`loss` must be a function of the s"):
            losses.LogitBias(losses.get("ldr_kl"))

    def test_without_bias_it_is_the_loss(self):
        for inner in (losses.get("mae"), losses.get("nce")):
            loss = losses.LogitBias(inner, bias=0.0)
            self.assertTrue(loss.symmetric)
            self.assertAllClose(
                loss.call(self.labels, self.logits),
                inner.call(self.labels, self.logits),
            )

    def test_wrapper_refuses_what_it_contradicts(self):
        with self.assertRaisesRegex(ValueError, "LogitClip cannot be regularised"):
            losses.SparseRegularization(losses.LogitClip(losses.CrossEntropy()))
        inner = losses.ClassBalanced(losses.get("ldr_kl"), [1, 1, 1])
        with self.assertRaisesRegex(ValueError, "RobustKL cannot be regularised"):
            losses.SparseRegularization(inner)

    @parameterized.parameters("elr", "staged")
    def test_no_part_that_is_no_formula(self, kind):
        loss = losses.get("elr")
        if kind == "staged":
            loss = losses.SelectiveNegativePositiveLearning()
        for wrapper, more in (
            (losses.LogitClip, {}),
            (losses.ClassBalanced, {"counts": [1, 2]}),
        ):
            with self.assertRaisesRegex(
                ValueError, "which has no formula for each class"
            ):
                wrapper(loss, **more)

    def test_pairs_are_of_the_softmax(self):
        with self.assertRaisesRegex(ValueError, "`active` must be a function of the s"):
            losses.ActivePassiveLoss(losses.get("bi_tempered"), losses.get("mae"))

    def test_epsilon_softmax_at_its_limit_has_a_gradient(self):
        logits = np.array([[0.0, -100.0, 3.0]])
        _, expected = per_example(losses.get("ce"), [0], logits)
        _, gradient = per_example(losses.get("eps_ce", m=0), [0], logits)
        self.assertAllClose(gradient, expected)

    def test_largest_value_of_the_negative_focal_loss(self):
        """At ε and below it is 1, as its authors have it; not 0.980."""
        loss = losses.get("nnfl", gamma=2, epsilon=0.01)
        self.assertAllClose(loss([0], [[-30.0, 0.0]]), 1.0, atol=1e-6)

    def test_masked_logit_as_in_keras(self):
        logits = np.array([[1.0, -np.inf, 2.0]], "float32")
        self.assertAllClose(losses.get("ce")([0], logits), 1.3133, atol=1e-4)

    def test_close_to_its_top_epsilon_softmax_is_exact(self):
        log_u = np.log([[0.7, 0.2, 0.1]])
        for m in (1e4, 1e5, 1e7):
            value = losses.get("eps_ce", m=m).call([0], log_u)
            self.assertAllClose(value, [0.3 / (m + 1)], rtol=1e-4, atol=0)

    def test_labels_that_do_not_fit(self):
        with self.assertRaisesRegex(ValueError, r"Received labels of shape \(64, 3\)"):
            losses.CrossEntropy()(np.zeros((64, 3)), self.logits)

    @parameterized.parameters(
        (losses.ActivePassiveLoss, "active"), (losses.LogitClip, "loss")
    )
    def test_made_of_losses_of_this_library(self, wrapper, part):
        other = keras.losses.CategoricalCrossentropy()
        with self.assertRaisesRegex(ValueError, f"`{part}` must be a loss of this"):
            wrapper(*(other for _ in wrapper.parts))


if __name__ == "__main__":
    tf.test.main()
