"""The class prior: against NumPy, and what it does to a class that is given up."""

import keras
import numpy as np
import tensorflow as tf
from absl.testing import parameterized
from helpers.gradients import compiled, value_and_gradient
from keras import ops

from lnl_sr_tf import losses
from lnl_sr_tf.loss_names import NOT_WITH_PRIOR, prior_conflict
from lnl_sr_tf.losses import ClassPrior, CrossEntropy, SparseRegularization
from lnl_sr_tf.losses.class_prior import usual_prior_weight
from lnl_sr_tf.losses.within_step import of_output, within_step

RNG = np.random.default_rng(0)
LOGITS = 3 * RNG.normal(size=(6, 4)).astype(np.float32)
LABELS = np.array([0, 1, 2, 3, 0, 1])
GIVEN_UP = np.array([0, 1] * 4)  # labels of which none is 2
SHARES = [0.5, 0.25, 0.2, 0.05]
PLAIN = [name for name in losses.names() if not name.endswith("_sr")]


def softmax(logits):
    exps = np.exp(logits - logits.max(-1, keepdims=True))
    return exps / exps.sum(-1, keepdims=True)


def divergence(probs, prior):
    """KL of a prior and the mean of (n, k) outputs and k / 10 that are the prior."""
    prior = np.array(prior, np.float64)
    pseudo = len(prior) / 10
    mean = (probs.sum(axis=0) + pseudo * prior) / (len(probs) + pseudo)
    some = prior > 0
    return float(np.sum(prior[some] * np.log(prior[some] / mean[some])))


def prior_of(loss=None, weight=10.0, prior=SHARES, **arguments):
    return ClassPrior(loss or CrossEntropy(), weight, prior, **arguments)


class ClassPriorTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.parameters(
        (None, [0.25] * 4), (SHARES, SHARES), ([5, 5, 5, 5], [0.25] * 4),
        ([1, 3, 0, 0], [0.25, 0.75, 0, 0]), ([1, 3, 1e-40, 0], [0.25, 0.75, 0, 0]),
    )  # fmt: skip
    def test_value(self, prior, expected):
        plain = float(CrossEntropy()(LABELS, LOGITS))
        wanted = plain + 10 * divergence(softmax(LOGITS), expected)
        self.assertAllClose(prior_of(prior=prior)(LABELS, LOGITS), wanted, rtol=1e-5)
        of_probs = prior_of(CrossEntropy(from_logits=False), prior=prior)
        self.assertAllClose(of_probs(LABELS, softmax(LOGITS)), wanted, rtol=1e-4)

    def test_value_by_hand(self):
        """Of one example of two classes: (0.9 + 0.1, 0.1 + 0.1) / 1.2."""
        found = prior_of(prior=None).divergence(np.log([[0.9, 0.1]]))
        self.assertAllClose(found, 0.5 * np.log(0.6) + 0.5 * np.log(3))

    @parameterized.parameters(*[n for n in PLAIN if not prior_conflict(n)])
    def test_around_any_loss(self, name):
        """It adds the same to each value."""
        more = {"num_examples": 6, "num_classes": 4} if name == "elr" else {}
        more |= {"seed": 1} if name.startswith("nlnl") else {}
        index = ops.arange(6) if name == "elr" else None
        values = []
        for wrapped in (False, True):
            loss = losses.get(name, **more)
            loss = prior_of(loss, 2.0) if wrapped else loss
            with within_step(index):
                values.append(ops.convert_to_numpy(loss.call(LABELS, LOGITS)))
        term = 2 * divergence(softmax(LOGITS), SHARES)
        self.assertAllClose(values[1] - values[0], np.full(6, term), atol=2e-5)

    @parameterized.parameters(None, [SHARES], [[1, 0, 2, 0]])
    def test_gradient(self, prior=SHARES):
        loss = prior_of(weight=3.0, prior=prior)
        _, found = value_and_gradient(lambda z: loss(LABELS, z), LOGITS)
        shares = np.array(prior or [1] * 4, np.float64)
        step = 1e-3
        for place in ((0, 0), (2, 3), (5, 1)):
            moved = [LOGITS.astype(np.float64) for _ in range(2)]
            moved[0][place] += step
            moved[1][place] -= step
            total = [
                3 * divergence(softmax(one), shares / shares.sum())
                - np.mean(np.log(softmax(one)[np.arange(6), LABELS]))
                for one in moved
            ]
            wanted = (total[0] - total[1]) / (2 * step)
            self.assertAllClose(found[place], wanted, rtol=1e-3, atol=1e-5)

    def test_gradient_of_a_lost_class_is_bounded_and_brings_it_back(self):
        logits = np.zeros((8, 3), np.float32)
        for lost in (-8.0, -200.0, -np.inf):
            logits[:, 2] = lost
            _, plain = value_and_gradient(lambda z: CrossEntropy()(GIVEN_UP, z), logits)
            loss = prior_of(prior=None)
            _, found = value_and_gradient(lambda z, one=loss: one(GIVEN_UP, z), logits)
            self.assertAllInSet(np.isfinite(found), [True])
            self.assertAllLessEqual(np.abs(found - plain), 10 / 0.3)
            if lost == -8.0:
                self.assertAllLess(found[:, 2] - plain[:, 2], 0.0)

    def test_few_examples_pull_less(self):
        """The last batch may have one example, which is of one class."""
        one, many = (
            float(prior_of(prior=None).divergence(np.repeat([[9.0, 0, 0, 0]], n, 0)))
            for n in (1, 100)
        )
        self.assertLess(one, 0.5 * many)

    def test_weights_count_as_in_and_out(self):
        """So `class_weight` does not pull to other shares than the given labels'."""
        weights = np.array([0.0, 1.0, 2.0, 0.5, 1.0, 0.0], np.float32)
        term = 10 * divergence(softmax(LOGITS[weights > 0]), SHARES)
        for outer in (
            lambda one: one,
            lambda one: SparseRegularization(one, weight=0.0),
        ):
            loss = outer(prior_of())
            loss.reduction = None
            plain = CrossEntropy(reduction=None)(LABELS, LOGITS)
            for given in (weights, weights[:, None], weights.tolist()):
                each = loss(LABELS, LOGITS, sample_weight=given)
                self.assertAllClose(each, weights * (plain + term), rtol=1e-5)
            each = loss(LABELS, LOGITS, sample_weight=0.5)
            term_of_all = 10 * divergence(softmax(LOGITS), SHARES)
            self.assertAllClose(each, 0.5 * (plain + term_of_all), rtol=1e-5)

    def test_maps_and_masks(self):
        """Every position is one of the mean, unless it is masked."""
        logits = RNG.normal(size=(2, 5, 4)).astype(np.float32)
        labels = RNG.integers(0, 4, (2, 5))
        mask = np.array([[1, 1, 1, 0, 0], [1, 0, 1, 1, 1]], bool)
        plain = float(CrossEntropy()(labels, logits))
        wanted = plain + 10 * divergence(softmax(logits).reshape(-1, 4), SHARES)
        self.assertAllClose(prior_of()(labels, logits), wanted, rtol=1e-5)
        masked = ops.convert_to_tensor(logits)
        masked._keras_mask = ops.convert_to_tensor(mask)
        plain = float(CrossEntropy()(labels, masked))
        term = 10 * divergence(softmax(logits)[mask], SHARES)
        self.assertAllClose(prior_of()(labels, masked), plain + term, rtol=1e-5)
        with of_output(masked, np.array([0.0, 2.0])):
            each = prior_of().call(labels, masked)
        term = 10 * divergence(softmax(logits)[1][mask[1]], SHARES)
        plain = CrossEntropy().call(labels, masked)
        self.assertAllClose((each - plain)[mask], np.full(7, term), rtol=1e-5)

    def test_no_position_that_counts(self):
        masked = ops.convert_to_tensor(LOGITS)
        masked._keras_mask = ops.zeros((6,), "bool")
        self.assertAllClose(prior_of()(LABELS, masked), 0.0)

    def test_labels_that_the_loss_ignores(self):
        inner = keras.losses.SparseCategoricalCrossentropy(
            from_logits=True, ignore_class=0
        )
        kept = LABELS != 0
        found = float(prior_of(inner)(LABELS, LOGITS))
        term = 10 * divergence(softmax(LOGITS[kept]), SHARES)
        self.assertAllClose(found, float(inner(LABELS, LOGITS)) + term, rtol=1e-5)

    def test_half_precision(self):
        """A loss of Keras has the precision of the predictions, the term float32."""
        inner = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        loss = SparseRegularization(prior_of(inner), weight=2.0)
        found = loss.call(LABELS, ops.cast(LOGITS, "float16"))
        self.assertAllClose(found, loss.call(LABELS, LOGITS), rtol=1e-2)
        self.assertEqual(found.dtype, "float32")

    def test_compiled(self):
        loss = SparseRegularization(prior_of(), weight=2.0)
        step = compiled(lambda z: loss(LABELS, z))
        found = step(ops.convert_to_tensor(LOGITS))
        self.assertAllClose(found, loss(LABELS, LOGITS), rtol=1e-5)

    def test_evaluation_is_without_the_term(self):
        plain = CrossEntropy().call(LABELS, LOGITS)
        term = divergence(softmax(LOGITS), SHARES)
        for training in (True, False):
            with within_step(training=training) as parts:
                found = prior_of().call(LABELS, LOGITS)
            self.assertAllClose(found, plain + 10 * term * training, rtol=1e-5)
            ((_, fit, told, _),) = parts
            self.assertAllClose(fit, plain)
            self.assertAllClose(told, term, rtol=1e-5)

    def test_config(self):
        loss = SparseRegularization(prior_of(prior=[3, 3, 1, 4.7]))
        loss.loss.weight = 4.0
        again = keras.losses.deserialize(keras.losses.serialize(loss))
        self.assertEqual(again.get_config(), loss.get_config())
        self.assertEqual(float(again(LABELS, LOGITS)), float(loss(LABELS, LOGITS)))
        self.assertEqual(float(again.loss.weight.value), 4.0)

    def test_weight_moves_in_a_compiled_step(self):
        loss = prior_of(weight=0.0)
        self.assertIs(loss.variables[0], loss.weight)
        logits = ops.convert_to_tensor(LOGITS)
        if keras.backend.backend() == "jax":
            # There a step is given the variables of a model's loss.
            def given(z, weight):
                with keras.StatelessScope([(loss.weight, weight)]):
                    return loss(LABELS, z)

            step = compiled(given)
            before, after = (
                float(step(logits, ops.convert_to_tensor(weight)))
                for weight in (0.0, 2.0)
            )
        else:
            step = compiled(lambda z: loss(LABELS, z))
            before = float(step(logits))
            loss.weight = 2.0
            after = float(step(logits))
        term = 2 * divergence(softmax(LOGITS), SHARES)
        self.assertAllClose(after - before, term, rtol=1e-4)

    @parameterized.parameters(
        ({"loss": "ce"}, "`loss` must be an instance"),
        ({"weight": -1.0}, "weight"),
        ({"weight": 2e12}, "weight"),
        ({"weight": float("nan")}, "weight"),
        ({"prior": [0.5, -0.5]}, "`prior` must say"),
        ({"prior": [0.0, 0.0]}, "`prior` must say"),
        ({"prior": []}, "`prior` must say"),
        ({"prior": ["a", "b"]}, "expected numbers"),
        ({"prior": [[1, 2]]}, "1 dimensions"),
        ({"loss": keras.losses.MeanSquaredError()}, "`from_logits` must be given"),
        (
            {"loss": keras.losses.CategoricalCrossentropy(from_logits=True, axis=1)},
            "along the last axis",
        ),
    )
    def test_errors(self, arguments, message):
        with self.assertRaisesRegex(ValueError, message):
            ClassPrior(**{"loss": CrossEntropy()} | arguments)

    @parameterized.parameters(
        lambda: losses.LogitAdjusted(CrossEntropy(), [1, 2]),
        lambda: losses.ClassBalanced(losses.get("ce_logitclip"), [1, 2]),
        lambda: losses.get("ldr_kl"),
        lambda: losses.get("bi_tempered"),
        lambda: losses.get("ce_sr"),
        lambda: prior_of(),
        lambda: keras.losses.BinaryCrossentropy(from_logits=True),
        lambda: keras.losses.BinaryFocalCrossentropy(from_logits=True),
    )
    def test_losses_that_take_none(self, make):
        with self.assertRaisesRegex(ValueError, "takes no class prior: "):
            ClassPrior(make())

    def test_losses_of_the_logits_take_none(self):
        """What they make of the logits is not the softmax."""
        of_logits = {
            name
            for name, one in vars(losses).items()
            if isinstance(one, type) and getattr(one, "needs_logits", False)
        }
        self.assertContainsSubset(of_logits, NOT_WITH_PRIOR.keys())

    def test_prior_of_other_classes(self):
        with self.assertRaisesRegex(ValueError, "of 3 classes. Received predictions"):
            prior_of(prior=[1, 1, 1])(LABELS, LOGITS)

    def test_series_in_another_order(self):
        class Series(list):
            index = ("cat", "dog")
            value_counts = None

        with self.assertRaisesRegex(ValueError, "`prior` must be in the order"):
            ClassPrior(CrossEntropy(), prior=Series([90, 9]))

    def test_fit_keeps_a_class_that_a_large_weight_of_norm_gives_up(self):
        """From a start at which the last class is all but lost."""
        rng = np.random.default_rng(1)
        labels = np.arange(240) % 3
        x = (np.eye(3)[labels] + 0.3 * rng.normal(size=(240, 3))).astype(np.float32)
        found = []
        for weight in (0.0, 30.0):
            inner = prior_of(weight=weight, prior=[1, 1, 1])
            dense = keras.layers.Dense(3)
            model = keras.Sequential([keras.Input((3,)), dense])
            dense.set_weights([4 * np.eye(3, dtype=np.float32), np.array([0, 0, -8.0])])
            model.compile(
                keras.optimizers.SGD(0.05), SparseRegularization(inner, weight=8.0)
            )
            model.fit(x, labels, batch_size=60, epochs=20, verbose=0, shuffle=False)
            predicted = model.predict(x, verbose=0).argmax(-1)
            found.append(np.mean(predicted == 2))
        self.assertLess(found[0], 0.05)
        self.assertAllClose(found[1], 1 / 3, atol=0.1)

    @parameterized.parameters(
        ([100, 100], 3.0), ([91, 109], 3.0), ([88, 112], 1.0), ([5, 90, 100], 1.0)
    )
    def test_usual_weight(self, counts, weight):
        """A tenth of the mean, by which classes may differ: here 9 and 12 of 100."""
        self.assertEqual(usual_prior_weight(counts), weight)


if __name__ == "__main__":
    tf.test.main()
