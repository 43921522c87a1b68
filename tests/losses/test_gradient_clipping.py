"""Optimised gradient clipping against scikit-learn and SciPy, in float64."""

import keras
import numpy as np
import tensorflow as tf
from absl.testing import parameterized
from helpers.gradients import value_and_gradient
from helpers.loss_table import softmax
from scipy import stats
from sklearn.mixture import GaussianMixture

import lnl_sr_tf as lnl
from lnl_sr_tf import losses
from lnl_sr_tf.losses.gaussian_mixture import two_components
from lnl_sr_tf.losses.within_step import within_step

LEAST = 1e-7
# ℓ(u) and |ℓ′(u)|.
FORMULAS = {
    "ogc_ce": (lambda u: -np.log(u), lambda u: 1 / u),
    "ogc_fl": (
        lambda u: -np.sqrt(1 - u) * np.log(u),
        lambda u: np.sqrt(1 - u) / u - np.log(u) / (2 * np.sqrt(1 - u)),
    ),
    "ogc_gce": (lambda u: (1 - u**0.7) / 0.7, lambda u: u**-0.3),
}
LABELS = np.zeros(128, int)


def entropies(seed, size=512):
    """Cross-entropies of a mixture: four of ten are of wrong labels."""
    rng = np.random.default_rng(seed)
    wrong = rng.uniform(size=size) < 0.4
    return np.abs(np.where(wrong, rng.normal(3, 0.7, size), rng.normal(0.4, 0.3, size)))


def logits_of(cross_entropy):
    """Logits of two classes whose cross-entropy with class 0 is this."""
    return np.stack([np.zeros_like(cross_entropy), np.log(np.expm1(cross_entropy))], -1)


def threshold(cross_entropy, slope, most):
    """q by a fitted mixture, truncated densities and ten halvings."""
    mixture = GaussianMixture(2, max_iter=10, reg_covar=1e-3, random_state=0)
    mixture.fit(cross_entropy[:, None])
    low, high = -np.log(1 - LEAST), -np.log(LEAST)
    points = np.linspace(low, high, 1000)
    order = np.argsort(mixture.means_[:, 0])
    right, wrong = (
        stats.truncnorm.pdf(points, (low - m) / s, (high - m) / s, m, s)
        for m, s in zip(
            mixture.means_[order, 0],
            np.sqrt(mixture.covariances_[order, 0, 0]),
            strict=True,
        )
    )
    pulls = slope(np.exp(-points))

    def ratio(q):
        clipped = np.minimum(pulls, slope(q))
        gain = (wrong * clipped).sum() / (right * clipped).sum()
        return gain * right.sum() / wrong.sum()

    low, high = LEAST, 1 - LEAST
    for _ in range(10):
        middle = (low + high) / 2
        low, high = (low, middle) if ratio(middle) <= most else (middle, high)
    return high


def feed(loss, cross_entropy):
    """Train on them, 128 at a time."""
    for part in np.split(cross_entropy, len(cross_entropy) // 128):
        loss(LABELS, logits_of(part).astype("float32"))


class MixtureTest(tf.test.TestCase, parameterized.TestCase):
    def test_as_scikit_learn(self):
        values = entropies(1, 4096)
        mixture = GaussianMixture(2, max_iter=10, reg_covar=1e-3, random_state=0)
        mixture.fit(values[:, None])
        order = np.argsort(mixture.means_[:, 0])
        found = two_components(values.astype("float32"))
        self.assertAllClose(
            [float(one.mean) for one in found], mixture.means_[order, 0], rtol=5e-3
        )
        self.assertAllClose(
            [float(one.variance) for one in found],
            mixture.covariances_[order, 0, 0],
            rtol=2e-2,
        )

    @parameterized.parameters(0.0, 3.0)
    def test_of_equal_numbers(self, value):
        found = two_components(np.full(8, value, "float32"))
        self.assertTrue(np.isfinite([float(x) for one in found for x in one]).all())


class ClippingTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.product(name=tuple(FORMULAS), rate=(0.01, 0.05))
    def test_threshold_value_and_gradient(self, name, rate):
        """q is that of the last 512 examples, when 4 batches of them were seen."""
        value_of, slope_of = FORMULAS[name]
        loss = losses.get(name, queue=512, every=4)
        loss.learning_rate.assign(rate)
        last = entropies(2)
        feed(loss, np.concatenate([entropies(3), last]))
        expected = threshold(last, slope_of, 1 + 20 * rate)
        self.assertNear(loss.threshold, expected, 3 / 1024)
        self.assertBetween(loss.threshold, 0.02, 0.98)

        logits = logits_of(last[:128])
        with within_step(training=False):
            value, gradient = value_and_gradient(lambda z: loss.call(LABELS, z), logits)
        q = loss.threshold
        u = softmax(logits)
        given = u[:, 0]
        clipped = value_of(q) + slope_of(q) * (q - given)
        self.assertAllClose(
            value, np.where(given <= q, clipped, value_of(given)), rtol=1e-4, atol=1e-5
        )
        slope = np.where(given <= q, slope_of(q), slope_of(given))
        expected = (slope * given)[:, None] * (u - [1, 0])
        self.assertAllClose(gradient, expected, rtol=1e-4, atol=1e-5)
        self.assertLess(np.abs(gradient).max(), np.abs(u - [1, 0]).max())

    def test_nothing_is_clipped_before_the_queue_is_full(self):
        loss = losses.get("ogc_ce", queue=512, every=1)
        feed(loss, entropies(2)[:384])
        self.assertNear(loss.threshold, LEAST, 1e-12)
        feed(loss, entropies(2)[384:])
        self.assertGreater(loss.threshold, 0.02)

    def test_the_least_that_is_enough(self):
        """All is allowed, so nothing is clipped; nothing is, so all is."""
        for allowance, expected in ((1e9, LEAST), (0.0, 1 - LEAST)):
            loss = losses.get("ogc_ce", queue=512, every=1, allowance=allowance)
            feed(loss, entropies(2))
            self.assertNear(loss.threshold, expected, 1e-3)

    def test_a_batch_beyond_the_queue(self):
        loss = losses.get("ogc_ce", queue=96, every=1)
        feed(loss, entropies(2)[:128])
        (queue, count, following, *_) = loss.state
        kept = -np.log(softmax(logits_of(entropies(2)[32:128]))[:, 0])
        self.assertAllClose(np.sort(queue), np.sort(kept), rtol=1e-3, atol=1e-5)
        self.assertEqual(float(count), 96)
        self.assertEqual(float(following), 0)

    def test_evaluation_leaves_it_as_it_is(self):
        loss = losses.get("ogc_ce", queue=512, every=1)
        before = [np.asarray(one) for one in loss.state]
        with within_step(training=False):
            feed(loss, entropies(2))
        for one, was in zip(loss.state, before, strict=True):
            self.assertAllEqual(one, was)

    def test_of_another_loss(self):
        with self.assertRaisesRegex(ValueError, "must be a CrossEntropy, FocalLoss"):
            losses.OptimizedGradientClipping(losses.get("mae"))

    def test_config_keeps_the_learning_rate(self):
        loss = losses.get("ogc_fl", gamma=2.0, allowance=3.0)
        loss.learning_rate.assign(0.25)
        twin = keras.losses.deserialize(keras.losses.serialize(loss))
        self.assertEqual(twin.get_config(), loss.get_config())
        self.assertEqual(float(twin.learning_rate), 0.25)


class SchedulerTest(tf.test.TestCase):
    def model(self, loss):
        inputs = keras.Input((3,))
        model = lnl.training.RobustModel(inputs, keras.layers.Dense(2)(inputs))
        model.compile(keras.optimizers.SGD(0.5), loss=loss)
        return model

    def test_tells_the_rate_of_each_epoch(self):
        loss = losses.get("ogc_ce_sr")
        told = []
        x, y = np.ones((4, 3), "float32"), np.array([0, 1, 0, 1])
        self.model(loss).fit(
            x,
            y,
            epochs=2,
            verbose=0,
            callbacks=[
                keras.callbacks.LearningRateScheduler(lambda epoch: 0.5 / (epoch + 1)),
                lnl.callbacks.ClippingScheduler(),
                keras.callbacks.LambdaCallback(
                    on_epoch_end=lambda *_: told.append(float(loss.loss.learning_rate))
                ),
            ],
        )
        self.assertEqual(told, [0.5, 0.25])

    def test_needs_the_loss(self):
        with self.assertRaisesRegex(ValueError, "needs a model compiled with"):
            self.model("sparse_categorical_crossentropy").fit(
                np.ones((2, 3)),
                np.zeros(2),
                verbose=0,
                callbacks=[lnl.callbacks.ClippingScheduler()],
            )


if __name__ == "__main__":
    tf.test.main()
