"""Errors about settings, as a Python program gives them."""

import tensorflow as tf
from absl.testing import parameterized

from lnl_sr_tf.errors import InputError, RunError
from lnl_sr_tf.python.keywords import as_keywords


class KeywordsTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.parameters(
        ("--epochs=0: expected", "epochs=0: expected"),
        ("unknown --los; did you mean --loss?", "unknown los; did you mean loss?"),
        ("no effect with (--noise=sym)", "no effect with (noise=sym)"),
        ("a/b--c.npz -- and -1 or --1", "a/b--c.npz -- and -1 or --1"),
    )
    def test_flags_become_keywords(self, message, expected):
        @as_keywords()
        def fails():
            raise InputError(message)

        with self.assertRaises(InputError) as caught:
            fails()
        self.assertEqual(str(caught.exception), expected)
        self.assertTrue(caught.exception.__suppress_context__)

    def test_other_errors_and_results_stay(self):
        with self.assertRaisesRegex(RunError, "^--resume"), as_keywords():
            raise RunError("--resume")
        self.assertEqual(as_keywords()(lambda: 3)(), 3)


if __name__ == "__main__":
    tf.test.main()
