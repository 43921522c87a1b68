"""What stops a run from outside, in one line."""

import tensorflow as tf

from lnl_sr_tf import config
from lnl_sr_tf.errors import RunError
from lnl_sr_tf.experiment import problems


class ToldTest(tf.test.TestCase):
    def told(self, error, kept):
        made = config.resolve({"loss": "ce", "output_dir": "somewhere"})
        with self.assertRaises(RunError) as caught, problems.told([made], kept):
            raise error
        return str(caught.exception)

    def test_a_full_disk(self):
        full = OSError(28, "No space left on device", "summary.json")
        found = self.told(full, kept=True)
        self.assertStartsWith(found, "the run in somewhere had to stop: [Errno 28] No")
        self.assertEndsWith(found, "with resume on the same command goes on from there")

    def test_without_a_folder(self):
        """Of a temporary place nothing stays, so nothing can go on."""
        found = self.told(OSError("full"), kept=False)
        self.assertEqual(found, "the run had to stop: full; nothing of it is kept")


if __name__ == "__main__":
    tf.test.main()
