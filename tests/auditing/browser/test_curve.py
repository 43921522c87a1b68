"""The chart of how many labels to look at."""

from absl.testing import absltest, parameterized
from helpers import browser
from helpers.review_pages import CURVE, PageInBrowserTest

# The points of a line of the chart, in its units.
POINTS = """
return document.querySelector(arguments[0]).getAttribute("d").match(/[\\d.]+,[\\d.]+/g)
  .map(point => point.split(",").map(Number));
"""


@absltest.skipIf(browser.missing(), browser.missing())
class CurveTest(PageInBrowserTest):
    def test_chart_is_of_the_numbers(self):
        run = self.opened("curve")
        points = run(POINTS, "#chart .expected")
        self.assertEqual(points[0], [52, 206])  # of no label none is wrong
        self.assertLen(points, len(CURVE.looked_at) + 1)
        # Both axes are linear.
        right, top = 386 - 52, 206 - 14
        for place in (0, 50, -1):
            x, y = points[1:][place]
            self.assertAlmostEqual(
                (x - 52) / right, CURVE.looked_at[place] / 300, delta=1e-3
            )
            self.assertAlmostEqual(
                (206 - y) / top, CURVE.wrong[place] / CURVE.high[-1], delta=1e-3
            )
        band = run(POINTS, "#chart .band")
        self.assertLen(band, 2 * len(CURVE.looked_at) + 1)
        high = band[1 : len(points)]
        low = band[len(points) :][::-1]
        for below, middle, above in zip(low, points[1:], high, strict=True):
            self.assertLessEqual(above[1], middle[1])
            self.assertLessEqual(middle[1], below[1])
        worth = run("return document.querySelector('#chart .worth').x1.baseVal.value")
        self.assertAlmostEqual(worth, 52 + right * 150 / 300, delta=0.1)

    def test_in_words_and_as_a_table(self):
        run = self.opened("curve")
        self.assertEqual(CURVE.worth_it, 150)
        at = CURVE.looked_at.tolist().index(150)
        interval = f"{CURVE.low[at]:.0f} to {CURVE.high[at]:.0f}"
        self.assertStartsWith(
            self.one("#curve-said").text,
            f"Of the 150 most suspect labels {CURVE.wrong[at]:.0f} are expected to be "
            f"wrong (95 % interval {interval}).",
        )
        chart = self.one("#chart")
        self.assertIn(chart.aria_role, ("img", "image"))
        self.assertEqual(chart.accessible_name, self.one("#curve-said").text)
        self.one("#yield details summary").click()
        rows = [
            row.text
            for row in self.driver.find_elements("css selector", "#curve-rows tr")
        ]
        self.assertEqual(rows[0], f"1 1 {CURVE.low[0]:.0f} to {CURVE.high[0]:.0f}")
        self.assertIn(f"150 {CURVE.wrong[at]:.0f} {interval}", rows)
        self.assertStartsWith(rows[-1], f"300 {CURVE.wrong[-1]:.0f} ")
        self.assertEqual(
            run("return document.querySelectorAll('#curve-rows th').length"), len(rows)
        )

    def test_numbers_under_the_pointer(self):
        self.opened("curve")
        self.run_script("""
            const chart = document.getElementById("chart");
            chart.scrollIntoView({block: "center"});
            const box = chart.getBoundingClientRect();
            const clientX = box.left + box.width * 386 / 400;
            const at = {clientX, clientY: box.top};
            chart.dispatchEvent(new PointerEvent("pointermove", at));
        """)
        self.assertStartsWith(
            self.one("#curve-point").text,
            f"Of the first 300: {CURVE.wrong[-1]:.0f} wrong (",
        )

    def test_lines_differ_without_their_colours(self):
        run = self.opened("curve")
        dashes = [
            run(
                "return getComputedStyle(document.querySelector(arguments[0]))"
                ".strokeDasharray",
                f"#chart .{name}",
            )
            for name in ("expected", "every", "worth")
        ]
        self.assertLen(set(dashes), 3)

    @parameterized.parameters("few", "none")
    def test_without_a_curve_there_is_no_chart(self, name):
        self.opened(name)
        self.assertFalse(self.one("#yield").is_displayed())
        self.assertEmpty(browser.complaints(self.driver))


if __name__ == "__main__":
    absltest.main()
