"""Signals that ask to stop are noted, unless the process was told to ignore them."""

import signal

import tensorflow as tf
from absl.testing import parameterized

from lnl_sr_tf import interruption


class InterruptionTest(tf.test.TestCase, parameterized.TestCase):
    def setUp(self):
        super().setUp()
        for number in (signal.SIGINT, signal.SIGTERM):
            self.addCleanup(signal.signal, number, signal.getsignal(number))

    @parameterized.parameters(signal.SIGTERM, signal.SIGINT)
    def test_noted_once(self, number):
        def own(number, frame):
            raise InterruptedError

        signal.signal(number, own)
        with interruption.watching() as asked:
            self.assertIsNone(asked.name)
            signal.raise_signal(number)
            self.assertEqual(asked.name, signal.Signals(number).name)
            with self.assertRaises(InterruptedError):
                signal.raise_signal(number)
        self.assertIs(signal.getsignal(number), own)

    @parameterized.parameters(signal.SIGTERM, signal.SIGINT)
    def test_ignored(self, number):
        signal.signal(number, signal.SIG_IGN)
        with interruption.watching() as asked:
            signal.raise_signal(number)
            self.assertIsNone(asked.name)
        self.assertIs(signal.getsignal(number), signal.SIG_IGN)


if __name__ == "__main__":
    tf.test.main()
