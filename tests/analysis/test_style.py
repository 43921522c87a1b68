"""Curves can be told apart; files are whole or not there."""

import itertools
import pathlib
import tempfile
from unittest import mock

import matplotlib
from absl.testing import absltest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from lnl_sr_tf.analysis import style
from lnl_sr_tf.errors import RunError


def brightness(color):
    red, green, blue = to_rgb(color)
    return 0.3 * red + 0.59 * green + 0.11 * blue


class StyleTest(absltest.TestCase):
    def test_strokes_differ(self):
        self.assertLen({stroke[:2] for stroke in style.strokes(35)}, 35)
        twelve = style.strokes(12)
        self.assertLen({stroke.marker for stroke in twelve}, 12)
        for stroke in twelve:
            self.assertLess(brightness(stroke.color), 0.75)  # seen on white

    def test_ordered_strokes_grow_lighter(self):
        strokes = style.ordered_strokes(11)
        grey = [brightness(stroke.color) for stroke in strokes]
        self.assertEqual(grey, sorted(grey))
        self.assertGreater(grey[-1] - grey[0], 0.5)
        self.assertLess(grey[-1], 0.8)
        for one, next_one in itertools.pairwise(strokes):
            self.assertNotEqual(one.line, next_one.line)
        self.assertLen(style.ordered_strokes(1), 1)

    def test_classes_differ(self):
        self.assertLen({style.class_color(i) for i in range(10)}, 10)
        self.assertEqual(style.class_color(13), style.class_color(3))

    def test_fixed(self):
        self.assertEqual(style.fixed(brightness).__name__, "brightness")
        of_a_user = {"font.size": 33, "svg.fonttype": "none", "axes.grid": True}
        with matplotlib.rc_context(of_a_user):
            inside = style.fixed(lambda: dict(matplotlib.rcParams))()
            self.assertEqual(matplotlib.rcParams["font.size"], 33)
        self.assertEqual((inside["font.size"], inside["svg.fonttype"]), (10, "path"))
        self.assertFalse(inside["axes.grid"])

    def test_interrupted_write_leaves_the_old_file(self):
        with tempfile.TemporaryDirectory() as folder:
            stem = pathlib.Path(folder) / "figure"
            png = style.save(Figure(figsize=(1, 1)), stem)[0]
            before = png.read_bytes()
            with (
                mock.patch("os.fsync", side_effect=OSError("disk full")),
                self.assertRaisesRegex(
                    RunError, "cannot write .*figure.png: disk full"
                ),
            ):
                style.save(Figure(figsize=(2, 2)), stem)
            self.assertEqual(png.read_bytes(), before)

    def test_no_folder(self):
        with self.assertRaisesRegex(RunError, "cannot write .*absent.figure.png"):
            style.save(Figure(figsize=(1, 1)), "/absent/figure")


if __name__ == "__main__":
    absltest.main()
