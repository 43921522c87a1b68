"""What every loss that keeps a state of each example holds, whatever its formula."""

import inspect

import keras
import numpy as np
import tensorflow as tf
from absl.testing import parameterized
from helpers.gradients import value_and_gradient

from lnl_sr_tf import loss_names, losses
from lnl_sr_tf.losses.example_loss import ExampleLoss
from lnl_sr_tf.losses.within_step import within_step
from lnl_sr_tf.training import build

EXAMPLES, CLASSES = 10, 4
# By name: the variables of the state, what it says that it keeps, and its formula
# without a state.
TABLE = {
    "elr": ({"predictions": (10, 4)}, "a memory of predictions", "ce"),
    "mda_ce": (
        {"trusted": (10,), "agreed": (10,), "marginal": (4,)},
        "a memory of examples",
        "ce",
    ),
    "rrm_ce": (
        {"weights": (10,), "losses": (10,), "seen": (10,)},
        "a weight of each example",
        "ce",
    ),
    "sop": ({"u": (10, 1), "v": (10, 4)}, "a u and v of each example", "ce"),
}
OF_CLASSES = [name for name in TABLE if name != "rrm_ce"]
NAMES = [name for name in loss_names.names() if loss_names.needs_index(name)]


def made(name, **params):
    sizes = {"num_examples": EXAMPLES, "num_classes": CLASSES}
    taken = loss_names.parameters(name)
    return losses.get(
        name, **{key: sizes[key] for key in sizes if key in taken} | params
    )


def copied(loss):
    return [np.array(one) for one in loss.state]


class ExampleLossTest(tf.test.TestCase, parameterized.TestCase):
    def setUp(self):
        super().setUp()
        rng = np.random.default_rng(0)
        self.logits = 2 * rng.normal(size=(3, 6, CLASSES)).astype("float32")
        self.labels = np.array([0, 1, 2, 3, 0, 1])
        self.index = np.array([7, 0, 3, 9, 4, 1])

    def assertSameState(self, loss, expected):
        for one, value in zip(loss.state, expected, strict=True):
            self.assertAllEqual(one, value)

    def test_all_of_them_are_here(self):
        plain = [name for name in NAMES if not name.endswith(loss_names.REGULARIZED)]
        self.assertCountEqual(TABLE, plain)
        for name in NAMES:
            inner = losses.get(name)
            inner = inner.loss if name.endswith(loss_names.REGULARIZED) else inner
            self.assertIsInstance(inner, ExampleLoss)
        exported = [
            one
            for one in vars(losses).values()
            if inspect.isclass(one) and issubclass(one, ExampleLoss)
        ]
        # That of `--method=nlnl` has no name of its own, and tests of its own.
        staged = losses.SelectiveNegativePositiveLearning
        named = [type(losses.get(name)) for name in TABLE]
        self.assertCountEqual(exported, [*named, staged])

    @parameterized.parameters(*TABLE)
    def test_variables(self, name):
        loss, (shapes, _, _) = made(name), TABLE[name]
        self.assertTrue(loss.needs_index)
        found = {one.name: tuple(one.shape) for one in loss.state}
        self.assertEqual(list(found.items()), list(shapes.items()))
        for one in loss.state:
            self.assertEqual((one.dtype, one.trainable), ("float32", False))
        self.assertEqual(loss.variables, loss.state)

    @parameterized.parameters(*TABLE)
    def test_without_sizes_it_keeps_nothing(self, name):
        loss = losses.get(name)
        self.assertEqual((loss.state, loss.needs_index), ([], False))
        self.assertIsNone(loss.trusted)
        message = f"^`index` needs {TABLE[name][1]}. Received: num_examples=None"
        with self.assertRaisesRegex(ValueError, message):
            loss.call(self.labels, self.logits[0], index=self.index)

    @parameterized.product(
        name=OF_CLASSES,
        given=[{"num_examples": EXAMPLES}, {"num_classes": CLASSES}],
    )
    def test_sizes_belong_together(self, name, given):
        sizes = {"num_examples": None, "num_classes": None} | given
        with self.assertRaisesRegex(
            ValueError,
            "`num_examples` and `num_classes` belong together. Received: num_examples="
            f"{sizes['num_examples']}, num_classes={sizes['num_classes']}",
        ):
            losses.get(name, **given)

    @parameterized.parameters(*TABLE)
    def test_config_makes_an_equal_loss(self, name):
        loss = made(name)
        twin = keras.losses.deserialize(keras.losses.serialize(loss))
        self.assertEqual(twin.get_config(), loss.get_config())
        self.assertSameState(twin, copied(loss))

    @parameterized.parameters(*TABLE)
    def test_served_without_it(self, name):
        """What is saved to predict has a loss of the same parameters, and no state."""
        whole = losses.SparseRegularization(made(name))
        served = build._without_memory(whole)
        self.assertEqual((served.state, served.needs_index), ([], False))
        expected = whole.loss.get_config()
        for size in ("num_examples", "num_classes"):
            if size in expected:
                expected[size] = None
        self.assertEqual(served.loss.get_config(), expected)
        self.assertNotEmpty(whole.state)

    @parameterized.parameters(*TABLE)
    def test_without_index_it_is_its_formula(self, name):
        loss = made(name)
        before = copied(loss)
        expected = losses.get(TABLE[name][2]).call(self.labels, self.logits[0])
        self.assertAllClose(loss.call(self.labels, self.logits[0]), expected, rtol=1e-6)
        self.assertSameState(loss, before)

    @parameterized.parameters(*TABLE)
    def test_index_of_the_step(self, name):
        given, of_step = made(name), made(name)
        for logits in self.logits:
            expected = given.call(self.labels, logits, index=self.index)
            with within_step(self.index):
                found = of_step.call(self.labels, logits)
            self.assertAllEqual(found, expected)
        self.assertSameState(of_step, copied(given))

    @parameterized.parameters(*TABLE)
    def test_only_those_of_the_index_change(self, name):
        loss, (shapes, _, _) = made(name), TABLE[name]
        before = copied(loss)
        loss.call(self.labels, self.logits[0], index=self.index)
        others = np.setdiff1d(np.arange(EXAMPLES), self.index)
        changed = False
        for one, was, shape in zip(loss.state, before, shapes.values(), strict=True):
            one = np.array(one)
            changed |= np.any(one != was)
            if shape[0] == EXAMPLES:
                self.assertAllEqual(one[others], was[others])
        self.assertTrue(changed)

    @parameterized.parameters(*TABLE)
    def test_index_that_is_none(self, name):
        """Its loss is NaN, it changes nothing, and others are as without it."""
        loss, twin = made(name), made(name)
        loss.call(self.labels, self.logits[0], index=self.index)
        before = copied(loss)
        out = np.array([-1, EXAMPLES, EXAMPLES + 5])
        value = loss.call(self.labels[:3], self.logits[0, :3], index=out)
        self.assertAllEqual(np.isnan(value), [True] * 3)
        self.assertSameState(loss, before)
        if name == "sop":  # its rate is that of a mean over all of the batch
            return
        # None of these is 0, with which those that are none would be confused.
        here = np.array([7, -1, 3, 9, 4, EXAMPLES])
        known = here % EXAMPLES == here
        loss = made(name)
        found = loss.call(self.labels, self.logits[0], index=here)
        expected = twin.call(
            self.labels[known], self.logits[0, known], index=here[known]
        )
        self.assertAllEqual(np.isnan(found), ~known)
        self.assertAllClose(np.array(found)[known], expected, rtol=1e-6)
        for one, theirs in zip(loss.state, twin.state, strict=True):
            self.assertAllClose(one, theirs, rtol=1e-6)

    @parameterized.parameters(*TABLE)
    def test_positions_of_a_sequence(self, name):
        """n counts positions; values and state are those of the flat batch."""
        flat, folded = made(name), made(name)
        for logits in self.logits:
            expected = flat.call(self.labels, logits, index=self.index)
            found = folded.call(
                self.labels.reshape(2, 3),
                logits.reshape(2, 3, CLASSES),
                index=self.index.reshape(2, 3),
            )
            self.assertAllClose(found, np.reshape(expected, (2, 3)))
        for one, theirs in zip(folded.state, flat.state, strict=True):
            self.assertAllClose(one, theirs)

    @parameterized.parameters(*TABLE)
    def test_index_that_does_not_fit(self, name):
        loss = made(name)
        with self.assertRaisesRegex(
            ValueError, r"`index` must.*shape \(6,\), predictions of shape \(2, 4\)"
        ):
            loss.call(self.labels[:2], self.logits[0, :2], index=self.index)
        with self.assertRaisesRegex(
            ValueError, r"shape \(6,\), predictions of shape \(6, 2, 4\)"
        ):
            loss.call(
                np.zeros((6, 2), int),
                np.zeros((6, 2, CLASSES), "float32"),
                index=self.index,
            )
        with self.assertRaisesRegex(
            ValueError, r"takes predictions of shape \(batch, ..., classes\)"
        ):
            loss.call(self.labels[:1], self.logits[0, 0], index=self.index[:1])

    @parameterized.product(name=list(TABLE), scale=[-1e4, 1e4])
    def test_certain_outputs_are_finite(self, name, scale):
        loss, logits = made(name), scale * np.eye(CLASSES)[self.labels]
        for _ in range(30):
            value, gradient = value_and_gradient(
                lambda z: loss.call(self.labels, z, index=self.index), logits
            )
        for one in (value, gradient, *copied(loss)):
            self.assertTrue(np.isfinite(one).all())

    @parameterized.parameters(*OF_CLASSES)
    def test_other_classes(self, name):
        with self.assertRaisesRegex(
            ValueError, r"`num_classes` is 4. Received predictions of shape \(6, 3\)"
        ):
            made(name).call(self.labels % 3, self.logits[0, :, :3], index=self.index)

    @parameterized.parameters(*TABLE)
    def test_under_sparse_regularization(self, name):
        inner, twin = made(name), made(name)
        wrapped = losses.SparseRegularization(inner, p=0.1, weight=2.0)
        self.assertTrue(wrapped.needs_index)
        self.assertIs(wrapped.state[0], inner.state[0])
        norm = np.array(wrapped.norm(self.logits[0]))
        expected = twin.call(self.labels, self.logits[0], index=self.index)
        self.assertAllClose(
            wrapped.call(self.labels, self.logits[0], index=self.index),
            np.array(expected) + 2.0 * norm,
        )
        self.assertSameState(inner, copied(twin))

    @parameterized.parameters("mda_ce", "rrm_ce")
    def test_weights_of_examples(self, name):
        """The first variable multiplies the loss, and says who is trusted."""
        loss = made(name)
        weights = np.linspace(0.0, 2.0, EXAMPLES).astype("float32")
        weights[4] = 0.0
        loss.state[0].assign(weights)
        self.assertAllEqual(loss.trusted, weights > 0)
        plain = losses.get("ce").call(self.labels, self.logits[0])
        plain = keras.ops.convert_to_numpy(plain)
        found = loss.call(self.labels, self.logits[0], index=self.index)
        self.assertAllClose(found, weights[self.index] * plain, rtol=1e-6)
        with self.assertRaisesRegex(ValueError, "`loss` must be a loss of this lib"):
            type(loss)(keras.losses.MeanSquaredError())
        inner = losses.get("ldr_kl")
        around = type(loss)(inner, **loss.given_sizes())
        self.assertAllClose(
            around.call(self.labels, self.logits[0], index=self.index),
            inner.call(self.labels, self.logits[0]),
        )
        with self.assertRaisesRegex(ValueError, "is a function of the logits"):
            type(loss)(inner, from_logits=False)

    @parameterized.parameters("elr", "sop")
    def test_trusts_all(self, name):
        self.assertIsNone(made(name).trusted)

    def test_state_in_float16(self):
        """It is float32 whatever Keras's floatx, where a start of 1e-8 would be 0."""
        keras.backend.set_floatx("float16")
        self.addCleanup(keras.backend.set_floatx, "float32")
        starts = {name: copied(made(name)) for name in TABLE}
        keras.backend.set_floatx("float32")
        for name, start in starts.items():
            self.assertSameState(made(name), start)
        self.assertEqual(starts["sop"][0][0, 0], np.float32(1e-8))


if __name__ == "__main__":
    tf.test.main()
