"""What is kept of outputs, against all of them."""

import pathlib
import tempfile
import tracemalloc

import numpy as np
from absl.testing import absltest, parameterized

from lnl_sr_tf.errors import InputError
from lnl_sr_tf.noise import few_classes as module
from lnl_sr_tf.noise.few_classes import change_bound, few_classes


def soft(count, classes, spread, seed=0):
    """Outputs whose logits have a standard deviation, and labels at random."""
    rng = np.random.default_rng(seed)
    powers = np.exp(spread * rng.normal(size=(count, classes)))
    return powers / powers.sum(axis=1, keepdims=True), rng.integers(0, classes, count)


def sharpened(outputs, temperature=0.1):
    """q of all classes, by its formula."""
    powers = (outputs / outputs.max(axis=1, keepdims=True)) ** (1 / temperature)
    powers = np.maximum(powers / powers.sum(axis=1, keepdims=True), 1e-6)
    return powers / powers.sum(axis=1, keepdims=True)


def posterior(sharp, matrix, labels):
    joint = sharp * matrix.T[labels]
    return joint / joint.sum(axis=1, keepdims=True)


class FewClassesTest(parameterized.TestCase):
    @parameterized.parameters((2, 1.0), (10, 4.0), (90, 1.0), (400, 3.0), (400, 0.2))
    def test_is_the_sharpened_output_within_the_bound(self, classes, spread):
        outputs, labels = soft(300, classes, spread)
        kept, _ = few_classes(outputs, labels)
        matrix = np.random.default_rng(1).dirichlet(np.full(classes, 0.3), classes)
        right = posterior(sharpened(outputs), matrix, labels)
        found = posterior(kept.sharpened(), matrix, labels)
        # The largest difference that a set of classes can have.
        apart = np.abs(found - right).sum(axis=1) / 2
        bound = change_bound(kept, matrix, labels)
        self.assertTrue((apart <= bound + 1e-6).all())
        if spread > 0.5:
            self.assertLess(bound.max(), 1e-3)
        np.testing.assert_array_equal(kept.said, outputs.argmax(axis=1))
        np.testing.assert_array_equal(kept.of_label, outputs[np.arange(300), labels])

    def test_classes_that_are_just_not_near(self):
        """All others are nearly a quarter of the largest output."""
        outputs = np.full((1, 30), 0.24)
        outputs[0, 0] = 1.0
        outputs /= outputs.sum()
        matrix = np.full((30, 30), 1.0)
        matrix[0] = 2.9e-5
        labels = np.array([1])
        kept, _ = few_classes(outputs, labels)
        self.assertEmpty(kept.unsure)
        right = posterior(sharpened(outputs), matrix, labels)
        found = posterior(kept.sharpened(), matrix, labels)
        apart = np.abs(found - right).sum() / 2
        self.assertBetween(apart, 1e-6, change_bound(kept, matrix, labels)[0])

    def test_keeps_a_hundred_at_most(self):
        outputs, labels = soft(50, 400, 0.2)
        kept, _ = few_classes(outputs, labels)
        np.testing.assert_array_equal(np.diff(kept.start), 100)
        largest = np.sort(np.argsort(-outputs, axis=1)[:, :100], axis=1)
        np.testing.assert_array_equal(kept.classes.reshape(50, 100), largest)
        rest = np.take_along_axis(
            sharpened(outputs), np.argsort(-outputs, axis=1)[:, 100:], axis=1
        )
        np.testing.assert_allclose(kept.floor, rest.mean(axis=1), rtol=1e-5)

    def test_sure_examples_take_no_room(self):
        outputs = np.full((500, 30), 0.1 / 30)
        outputs[:, 3] += 0.9
        kept, _ = few_classes(outputs, np.zeros(500, int))
        self.assertEmpty(kept.unsure)
        self.assertEmpty(kept.classes)

    @parameterized.parameters(np.float16, np.float32, np.float64)
    def test_types_of_numbers_and_blocks(self, kind):
        """Of all types what float64 says of the same numbers, block after block."""
        outputs, labels = soft(3000, 200, 2.0)
        outputs = outputs.astype(kind)
        whole, _ = few_classes(outputs.astype(np.float64), labels)
        kept, _ = few_classes(outputs, labels)
        for name, values, same in zip(kept._fields, kept, whole, strict=True):
            # An output at the very threshold is kept by one and not by the other.
            if name in ("num_classes", "said", "of_label", "unsure"):
                np.testing.assert_array_equal(values, same)
        np.testing.assert_allclose(kept.sharpened(), whole.sharpened(), atol=2e-6)

    def test_float16_is_exact(self):
        every = np.arange(0x7C00, dtype=np.uint16).view(np.float16)
        found, _ = module._floats(every.reshape(-1, 1024))
        np.testing.assert_array_equal(found.ravel(), every.astype(np.float32))

    def test_the_number_of_threads_does_not_matter(self):
        outputs, labels = soft(4000, 200, 1.0)
        one, _ = few_classes(outputs, labels, threads=1)
        three, _ = few_classes(outputs, labels, threads=3)
        for first, again in zip(one, three, strict=True):
            np.testing.assert_array_equal(first, again)

    @parameterized.parameters(np.float16, np.float32)
    def test_a_memory_map_is_not_copied(self, kind):
        outputs, labels = soft(6000, 1000, 3.0)
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "u.npy")
            np.save(path, outputs.astype(kind))
            mapped = np.load(path, mmap_mode="r")
            seen = []
            tracemalloc.start()
            kept, _ = few_classes(mapped, labels, done=seen.append, threads=2)
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
        self.assertLess(peak, mapped.nbytes / 2)
        self.assertEqual(sum(seen), 6000)
        again, _ = few_classes(outputs.astype(kind), labels)
        np.testing.assert_array_equal(kept.excess, again.excess)

    def test_a_part(self):
        outputs, labels = soft(400, 120, 1.0)
        chosen = np.random.default_rng(1).random(400) < 0.5
        kept, _ = few_classes(outputs, labels)
        of_part, _ = few_classes(outputs[chosen], labels[chosen])
        for values, again in zip(kept.part(chosen), of_part, strict=True):
            np.testing.assert_array_equal(values, again)
        self.assertIs(kept.part(np.ones(400, bool)), kept)

    def test_logits(self):
        outputs, labels = soft(400, 12, 2.0)
        kept, _ = few_classes(outputs, labels)
        again, _ = few_classes(np.log(outputs) - 800.0, labels, logits=True)
        np.testing.assert_allclose(again.sharpened(), kept.sharpened(), atol=1e-6)
        bad = np.log(outputs)
        bad[7, 3] = np.inf
        with self.assertRaisesRegex(InputError, "infinity in row 7"):
            few_classes(bad, labels, logits=True)

    @parameterized.product(
        value=(np.nan, np.inf, -0.25, 2.0), kind=(np.float16, np.float32, np.float64)
    )
    def test_rows_in_any_block(self, value, kind):
        outputs = np.full((700, 1000), 1e-3, kind)
        outputs[[300, 699], 5] = value
        with self.assertRaisesRegex(
            InputError, "probabilities, row 300: .* and 1 more such"
        ):
            few_classes(outputs, np.zeros(700, int))

    def test_negative_zero_is_zero(self):
        outputs = np.array([[1.0, -0.0], [0.25, 0.75]], np.float16)
        kept, _ = few_classes(outputs, [0, 1])
        np.testing.assert_array_equal(kept.said, [0, 1])

    def test_temperature(self):
        outputs, labels = soft(200, 50, 1.0)
        for temperature in (0.5, 1.0, 2.0):
            kept, _ = few_classes(outputs, labels, temperature)
            np.testing.assert_allclose(
                kept.sharpened(), sharpened(outputs, temperature), atol=1e-6
            )


if __name__ == "__main__":
    absltest.main()
