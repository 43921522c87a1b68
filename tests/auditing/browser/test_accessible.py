"""The page for those who zoom, who use the keyboard alone, or who listen to it."""

from absl.testing import absltest, parameterized
from helpers import axe, browser
from helpers.review_pages import REACH_OUT, PageInBrowserTest

PAGES = ("curve", "hostile", "classes", "none", "texts", "rows", "noted")


@absltest.skipIf(browser.missing(), browser.missing())
class AccessibleTest(PageInBrowserTest):
    def shown_all(self):
        """All parts of the page open, and marks of each kind on it."""
        self.run_script("document.querySelectorAll('details').forEach(e => e.open = 1)")
        self.press("wru")

    @parameterized.product(name=PAGES, size=("desk", "phone"))
    def test_axe_finds_nothing_serious(self, name, size):
        for dark in (False, True):
            self.opened(name, size, dark)
            self.shown_all()
            with self.subTest(dark=dark):
                self.assertEmpty(axe.barriers(self.driver))

    def test_axe_finds_nothing_serious_in_dialogs(self):
        self.opened("texts")
        self.press("?")
        self.assertEmpty(axe.barriers(self.driver))
        self.press("?")
        self.press("t")
        self.assertTrue(self.one("#whole").is_displayed())
        self.assertEmpty(axe.barriers(self.driver))

    def test_axe_finds_what_is_there(self):
        self.opened()
        self.run_script("document.getElementById('search').labels[0].remove()")
        self.assertRegex("\n".join(axe.barriers(self.driver)), '^label: .*id="search"')

    @parameterized.product(name=("curve", "hostile", "classes", "rows"), zoom=(2, 4))
    def test_zoomed_it_scrolls_in_one_direction(self, name, zoom):
        run = self.opened(name)
        width = 1280 // zoom
        browser.resize(self.driver, width, 800 // zoom)
        self.shown_all()
        self.assertEqual(run("return innerWidth"), width)
        self.assertLessEqual(run("return document.documentElement.scrollWidth"), width)
        self.assertEmpty(run(REACH_OUT))

    def test_letters_twice_as_large(self):
        run = self.opened("curve")
        browser.resize(self.driver, 1280, 800)
        run("document.documentElement.style.fontSize = '200%'")
        self.assertLessEqual(run("return document.documentElement.scrollWidth"), 1280)
        self.assertEmpty(run(REACH_OUT))

    def test_what_is_announced(self):
        self.opened()
        for name in ("status", "said"):
            self.assertEqual(self.one(f"#{name}").get_attribute("role"), "status")
        self.press("w")
        self.assertIn("1 wrong", self.one("#status").text)
        cell = self.one('[aria-selected="true"]')
        self.assertEqual(cell.aria_role, "gridcell")
        card = cell.find_element("css selector", ".card")
        self.assertEqual(card, self.driver.switch_to.active_element)
        self.assertRegex(card.accessible_name, "given bee, suggested ant, #1, unmarked")
        for control in self.driver.find_elements("css selector", "button, select"):
            if control.is_displayed():
                self.assertNotEmpty(control.accessible_name)


if __name__ == "__main__":
    absltest.main()
