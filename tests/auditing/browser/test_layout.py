"""The page fits a phone and a desk, light and dark."""

from absl.testing import absltest, parameterized
from helpers import browser
from helpers.review_pages import REACH_OUT, SIZES, PageInBrowserTest


@absltest.skipIf(browser.missing(), browser.missing())
class LayoutTest(PageInBrowserTest):
    @parameterized.product(
        name=("many", "hostile", "classes", "texts", "rows"), size=tuple(SIZES)
    )
    def test_only_boxes_scroll_sideways(self, name, size):
        run = self.opened(name, size)
        run("document.querySelectorAll('details').forEach(e => { e.open = true; })")
        for dark in (False, True):
            browser.resize(self.driver, *SIZES[size], dark)
            with self.subTest(dark=dark):
                self.assertEqual(run("return innerWidth"), SIZES[size][0])
                width = run("return document.documentElement.scrollWidth")
                self.assertLessEqual(width, SIZES[size][0])
                self.assertEmpty(run(REACH_OUT))

    @parameterized.parameters(False, True)
    def test_colors_follow_the_scheme(self, dark):
        run = self.opened(dark=dark)
        ground, ink = run(
            "const style = getComputedStyle(document.body);"
            "return [style.backgroundColor, style.color].map("
            "  color => Number(color.match(/\\d+/)[0]));"
        )
        self.assertEqual(ground < ink, dark)

    def test_rows_are_of_one_height_and_do_not_overlap(self):
        run = self.opened("hostile")
        self.press("ww")
        overlaps = run("""
            const boxes = [...document.querySelectorAll(".row")]
              .map(e => e.getBoundingClientRect());
            return boxes.slice(1).map((box, i) => box.top - boxes[i].bottom);
        """)
        heights = run("""
            const lines = [...document.querySelectorAll(".card p")];
            return lines.map(e => e.offsetHeight).filter(height => height);
        """)
        self.assertLen(set(heights), 1)
        self.assertNotEmpty(overlaps)
        self.assertGreater(min(overlaps), 5)

    def test_list_follows_the_width(self):
        run = self.opened("many")
        columns = "return Number(document.getElementById('list').ariaColCount)"
        before = run(columns)
        browser.resize(self.driver, *SIZES["phone"])
        self.wait(lambda: run(columns) == 2)
        self.assertGreater(before, 2)
        self.assertEmpty(browser.complaints(self.driver))


if __name__ == "__main__":
    absltest.main()
