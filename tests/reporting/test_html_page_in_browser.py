"""A page as a browser shows it, on a phone and on a desk; needs Chromium."""

import pathlib
import tempfile

from absl.testing import absltest, parameterized
from helpers import browser
from matplotlib.figure import Figure

from lnl_sr_tf.reporting import html_page as page

LONG = "a_name_without_a_place_to_break_" * 5
RATES = ("clean", *(f"symmetric 0.{i}" for i in range(1, 9)))
SIZES = {"phone": (360, 740), "desk": (1400, 900)}

# The elements that reach out of the window, unless a box around them scrolls.
REACH_OUT = """
const wide = document.documentElement.clientWidth;
return [...document.querySelectorAll("body *")]
  .filter(e => !e.closest(".box") || e.matches(".box"))
  .filter(e => e.getBoundingClientRect().right > wide + 1)
  .map(e => e.outerHTML.slice(0, 80));
"""
PICTURES = """
return [...document.images].map(image => [
  image.complete, image.naturalWidth, getComputedStyle(image).backgroundColor]);
"""


def draw(path, width):
    figure = Figure(figsize=(width, 3))
    figure.subplots().plot([1, 2])
    figure.savefig(path, dpi=100, transparent=True)
    return page.Picture(path, "A line that rises", f"{width} inches wide")


@absltest.skipIf(browser.missing(), browser.missing())
class PageInBrowserTest(parameterized.TestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        held = tempfile.TemporaryDirectory()
        cls.addClassCleanup(held.cleanup)
        folder = pathlib.Path(held.name)
        cells = ["98.20 ± 0.13"] * len(RATES)
        accuracies = page.Table(
            ("loss", *RATES),
            [(name, *cells) for name in ("ce", LONG, "ce, as in the paper")],
            f"Accuracy of {LONG}",
            strong={(0, 1), (1, 2)},
        )
        sections = [
            page.Section("Results", [accuracies, page.Text(LONG)]),
            page.Section(
                "Settings",
                [
                    page.Facts({"folder": LONG, LONG: 1}),
                    page.Fold("All", [page.Facts({f"name_{i}": i for i in range(60)})]),
                    page.Fold("Also in it", [accuracies]),
                    page.HeatMap((LONG, *"abc"), [[0.25] * 4] * 4, LONG, "rows"),
                ],
            ),
            page.Section(LONG, [draw(folder / "wide.png", 12)]),
            page.Section("λ & <τ>", [draw(folder / "narrow.png", 4)]),
        ]
        path = folder / "report of runs.html"
        page.write(path, f"Losses of {LONG}", sections, made=f"from {LONG}")
        cls.address = path.as_uri()
        cls.driver = cls.enterClassContext(browser.chromium())

    def opened(self, size, dark=False):
        browser.resize(self.driver, *SIZES[size], dark)
        self.driver.get(self.address)
        return self.driver.execute_script

    @parameterized.parameters(*SIZES)
    def test_nothing_goes_wrong_and_nothing_is_fetched(self, size):
        run = self.opened(size)
        self.assertEmpty(browser.complaints(self.driver))
        pages = {
            address
            for address in browser.requested(self.driver)
            if not address.startswith("data:")
        }
        self.assertEqual(pages, {self.address})
        self.assertEmpty(run("return performance.getEntriesByType('resource')"))

    def test_policy_holds(self):
        """What the page would not do itself is refused, whoever brings it in."""
        run = self.opened("desk")
        run("""
            const image = new Image();
            image.src = "file:///nowhere.png";
            document.body.append(image);
            const script = document.createElement("script");
            script.textContent = "document.title = 'changed'";
            document.body.append(script);
        """)
        self.assertStartsWith(self.driver.title, "Losses of")
        said = "\n".join(browser.complaints(self.driver))
        self.assertRegex(said, "nowhere.png")
        self.assertRegex(said, "inline script")

    @parameterized.product(size=tuple(SIZES), opened=(False, True))
    def test_only_boxes_scroll_sideways(self, size, opened):
        run = self.opened(size)
        for fold in run("return [...document.querySelectorAll('details')]"):
            run("arguments[0].open = arguments[1]", fold, opened)
        self.assertEqual(run("return window.innerWidth"), SIZES[size][0])
        width = run("return document.documentElement.scrollWidth")
        self.assertLessEqual(width, SIZES[size][0])
        self.assertEmpty(run(REACH_OUT))
        inner, outer = run(
            "const box = document.querySelector('.table .box');"
            "return [box.scrollWidth, box.clientWidth]"
        )
        self.assertGreater(inner, outer)

    def test_names_of_rows_stay_in_sight(self):
        run = self.opened("phone")
        places = run("""
            const box = document.querySelector(".table .box");
            const places = () => [...box.querySelectorAll("caption span, tbody th")]
              .map(e => Math.round(e.getBoundingClientRect().left));
            const before = places();
            box.scrollLeft = 300;
            return [before, places(), box.scrollLeft];
        """)
        self.assertEqual(places[0], places[1])
        self.assertEqual(places[2], 300)

    @parameterized.product(size=tuple(SIZES), dark=(False, True))
    def test_pictures_are_there_on_white(self, size, dark):
        run = self.opened(size, dark)
        pictures = run(PICTURES)
        self.assertEqual([width for _, width, _ in pictures], [1200, 400])
        for complete, _, ground in pictures:
            self.assertTrue(complete)
            self.assertEqual(ground, "rgb(255, 255, 255)")
        ground = run("return getComputedStyle(document.body).backgroundColor")
        self.assertEqual(ground == "rgb(255, 255, 255)", not dark)

    @parameterized.parameters(*SIZES)
    def test_links_lead_to_headings(self, size):
        run = self.opened(size)
        links = self.driver.find_elements("css selector", "nav a")
        self.assertLen(links, 4)
        for link in links:
            link.click()
            heading = run("return document.querySelector(':target')")
            self.assertEqual(heading.tag_name, "h2")
            self.assertEqual(heading.text, link.text)
            self.assertTrue(heading.is_displayed())
            top = run("return arguments[0].getBoundingClientRect().top", heading)
            self.assertBetween(top, 0, SIZES[size][1] - 1)

    def test_folds_open_by_keyboard(self):
        self.opened("desk")
        fold = self.driver.find_element("css selector", "details")
        inside = fold.find_element("css selector", "dl")
        self.assertFalse(inside.is_displayed())
        fold.find_element("css selector", "summary").send_keys(" ")
        self.assertTrue(inside.is_displayed())

    def test_folds_are_open_in_print(self):
        run = self.opened("desk")
        height = "return document.querySelector('details').offsetHeight"
        self.assertLess(run(height), 100)
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
        self.addCleanup(
            self.driver.execute_cdp_cmd, "Emulation.setEmulatedMedia", {"media": ""}
        )
        self.assertGreater(run(height), 300)


if __name__ == "__main__":
    absltest.main()
