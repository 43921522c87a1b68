"""Where lines, marks and numbers of a chart stand, and that they differ."""

import itertools
import pathlib
import re
import tempfile

from absl.testing import absltest, parameterized
from helpers.colours import contrast

from lnl_sr_tf.reporting import chart, html_page

TEMPLATES = pathlib.Path(chart.__file__).parent / "templates"


def curve(*mean, name="ce", number=0, **kwargs):
    stroke = None if number is None else chart.stroke(number)
    epochs = range(1, len(mean) + 1)
    return chart.Curve(name, epochs, mean, stroke=stroke, **kwargs)


def points(path):
    return [
        tuple(map(float, p.split(","))) for p in re.findall(r"[\d.-]+,[\d.-]+", path)
    ]


class PlacesTest(parameterized.TestCase):
    def drawn(self, *curves, **kwargs):
        return chart.Chart("digits", "Accuracy", curves, **kwargs)

    def test_line_and_axes(self):
        made = self.drawn(curve(0.5, 0.8, 0.9))
        (one,) = made.named
        self.assertEqual(made.across, [(0, "1"), (50, "2"), (100, "3")])
        self.assertEqual(made.up[0], (100, "50 %"))
        self.assertEqual(made.up[-1], (0, "90 %"))
        self.assertEqual(points(one.line), [(0, 1000), (500, 250), (1000, 0)])
        self.assertEqual(one.end, (100, 0))
        self.assertEqual(one.band, "")

    def test_band_is_mean_and_deviation_within_shares(self):
        made = self.drawn(curve(0.5, 0.9, deviation=[0.1, 0.2]))
        (one,) = made.named
        self.assertEqual(
            [words for _, words in made.up], ["40 %", "60 %", "80 %", "100 %"]
        )
        found = [(x, round(1 - 0.6 * y / 1000, 2)) for x, y in points(one.band)]
        self.assertEqual(found, [(0, 0.6), (1000, 1.0), (1000, 0.7), (0, 0.4)])

    @parameterized.parameters(
        ([0.981, 0.9834], "98.10 %", "98.35 %"),
        ([0.5, 0.5], "49.90 %", "50.10 %"),
        ([0.0, 1.0], "0 %", "100 %"),
        ([1.0, 1.0], "99.80 %", "100.00 %"),
    )
    def test_axis_ends_at_round_numbers_around_the_curves(self, mean, low, high):
        up = self.drawn(curve(*mean)).up
        self.assertEqual((up[0][1], up[-1][1]), (low, high))
        self.assertBetween(len(up), 4, 7)

    @parameterized.parameters((1, 1), (2, 2), (60, 6), (61, 6), (350, 3))
    def test_epochs_at_the_axis(self, epochs, ticks):
        across = self.drawn(curve(*[0.5] * epochs)).across
        self.assertLen(across, ticks)
        self.assertLess(len({words for _, words in across}), 9)

    def test_one_epoch_is_seen(self):
        """A path of one point would not be, nor a band without width."""
        made = self.drawn(curve(0.5, deviation=[0.1]), curve(0.7, number=None))
        (one,), (thin,) = made.named, made.thin
        self.assertLen(points(one.line), 2)
        self.assertLen(points(thin.line), 2)
        self.assertEqual({x for x, _ in points(one.band)}, {500})
        self.assertEqual(one.marks, [one.end])

    def test_axis_is_that_of_others_where_they_are_compared(self):
        made = self.drawn(curve(0.8, 0.9), reach=(0.2, 1.0))
        self.assertEqual((made.up[0][1], made.up[-1][1]), ("20 %", "100 %"))

    @parameterized.parameters(
        [[0.9] * 12],
        [[1.0 - i / 1000 for i in range(12)]],
        [[i / 1000 for i in range(12)]],
    )
    def test_numbers_cover_neither_each_other_nor_what_is_outside(self, ends):
        curves = [curve(0.0, 1.0, name="all", number=None)]
        curves += [curve(0.5, end, number=i) for i, end in enumerate(ends)]
        beside = sorted(one.number_at for one in self.drawn(*curves).named)
        for above, below in itertools.pairwise(beside):
            self.assertGreaterEqual(below - above, 3.79)
        self.assertBetween(beside[0], 0, 100)
        self.assertBetween(beside[-1], 0, 100)

    def test_numbers_stand_at_their_lines_where_there_is_room(self):
        curves = [curve(0.0, end, number=i) for i, end in enumerate((0.9, 0.5, 0.1))]
        for one in self.drawn(*curves).named:
            self.assertEqual(one.number_at, one.end[1])

    def test_marks_of_neighbours_are_of_other_epochs(self):
        curves = [curve(*[0.5] * 70, number=i) for i in range(3)]
        places = [{x for x, _ in one.marks} for one in self.drawn(*curves).named]
        self.assertEmpty(places[0] & places[1] | places[1] & places[2])


class LooksTest(parameterized.TestCase):
    def test_strokes_differ_without_their_colour(self):
        looks = [chart.stroke(i) for i in range(35)]
        self.assertLen({(look.dash, look.mark) for look in looks}, 35)
        self.assertLen({(look.hue, look.dash) for look in looks}, 35)
        style = (TEMPLATES / "chart.css").read_text("utf-8")
        page = (TEMPLATES / "chart.html").read_text("utf-8")
        for look in looks:
            self.assertIn(f".hue{look.hue} {{", style)
            self.assertIn(f'id="mark.{look.mark}"', page)
            if look.dash:
                self.assertIn(f".dash{look.dash} {{", style)

    @parameterized.parameters(("light", 0, "#ffffff"), ("dark", 1, "#15181d"))
    def test_colours_stand_out(self, _, place, ground):
        style = (TEMPLATES / "chart.css").read_text("utf-8")
        rule = re.findall(r":root \{(.*?)\}", style, re.DOTALL)[place]
        self.assertIn(f"--ground: {ground};", (TEMPLATES / "report.html").read_text())
        hues = re.findall(r"--hue\d: (#\w{6});", rule)
        self.assertLen(set(hues), 7)
        for hue in hues:
            self.assertGreaterEqual(contrast(hue, ground), 3, hue)

    def test_names_are_escaped(self):
        evil = '</title></svg><script>alert(1)</script>"'
        curves = [curve(0.5, 0.6, name=evil, last=evil)]
        curves.append(curve(0.4, 0.4, name=evil, number=None))
        path = (
            pathlib.Path(self.enterContext(tempfile.TemporaryDirectory())) / "page.html"
        )
        block = html_page.Charts([chart.Chart(evil, evil, curves)])
        html_page.write(path, "A page", [html_page.Section("Runs", [block])])
        text = path.read_text("utf-8")
        self.assertNotIn("<script", text)
        self.assertEqual(text.count("&lt;script&gt;"), 9)


if __name__ == "__main__":
    absltest.main()
