"""What is held back of the messages of TensorFlow and its decoders."""

import contextlib
import io
import pathlib
import subprocess
import sys

import tensorflow as tf
from PIL import Image

from lnl_sr_tf import quiet

ROOT = pathlib.Path(__file__).resolve().parent.parent
# As in a process of its own, since the descriptor is redirected.
SAYS = """
import os, sys
from lnl_sr_tf import quiet
with quiet.notices() as seen:
    os.write(2, b"Improper call to JPEG library in state 201\\n")
    os.write(2, b"a line that matters\\n")
    print("at once", file=seen, flush=True)
    print("from Python", file=sys.stderr)
print("after", file=sys.stderr)
"""
INSPECTS = """
import sys
from lnl_sr_tf.datasets.images import inspection
found = inspection.inspect_files(sys.argv[1:], sys.argv[1])
print(found.bad.tolist(), inspection.why_bad(sys.argv[2]))
"""


class QuietTest(tf.test.TestCase):
    def process(self, code, *arguments):
        return subprocess.run(
            [sys.executable, "-c", code, *arguments],
            check=True,
            cwd=ROOT,
            capture_output=True,
            text=True,
        )

    def test_all_but_notices_is_told(self):
        told = self.process(SAYS).stderr.splitlines()
        expected = ["at once", "a line that matters", "from Python", "after"]
        self.assertEqual(told, expected)

    def test_a_stream_that_is_not_the_descriptor(self):
        """As in a notebook, whose stderr is no file."""
        stream = io.StringIO()
        with contextlib.redirect_stderr(stream), quiet.notices() as seen:
            self.assertIs(seen, stream)

    def test_a_cut_jpeg(self):
        """Our line says which and why; those of the decoder look like a crash."""
        folder = pathlib.Path(self.get_temp_dir())
        whole = folder / "whole.jpg"
        Image.effect_noise((64, 64), 90).convert("RGB").save(whole)
        contents = whole.read_bytes()
        cut = []
        for share in (0.03, 0.4, 0.9):
            cut.append(folder / f"{share}.jpg")
            cut[-1].write_bytes(contents[: int(share * len(contents))])
        done = self.process(INSPECTS, *map(str, [whole, *cut]))
        self.assertStartsWith(done.stdout, "[1, 2, 3] ")
        self.assertNotIn("JPEG", done.stderr)


if __name__ == "__main__":
    tf.test.main()
