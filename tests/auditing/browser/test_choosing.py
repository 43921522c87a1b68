"""A person chooses which examples are listed: the map, the filters, the search."""

from absl.testing import absltest
from helpers import browser
from helpers.review_pages import TEXTS, PageInBrowserTest


@absltest.skipIf(browser.missing(), browser.missing())
class ChoosingTest(PageInBrowserTest):
    def test_map_chooses_a_pair(self):
        self.opened("many")
        cell = self.one('[aria-label^="True class cow, given bee:"]')
        self.assertEqual(cell.text, "9")
        cell.click()
        # 5000 examples by sixteen pairs of classes in turn: 312 or 313 each.
        self.assertEqual(self.shown(), 312)
        for name, value in (("given", "bee"), ("suggested", "cow")):
            found = self.driver.find_elements("css selector", f".value.{name}")
            self.assertEqual({element.text for element in found}, {value})
        self.assertEqual(cell.get_attribute("aria-pressed"), "true")
        cell.click()
        self.assertEqual(self.shown(), 5000)
        self.assertEqual(cell.get_attribute("aria-pressed"), "false")
        cell.click()
        self.one("#show-all").click()
        self.assertEqual(self.shown(), 5000)

    def test_map_by_keyboard(self):
        self.opened("many")
        self.press(">v", on=None)  # in the list, first
        self.run_script("document.querySelector('#map button').focus()")
        self.press(">>v^v", on=None)
        self.assertStartsWith(
            self.one("#pair").text, "True class bee, given cow: 6 est"
        )
        self.driver.switch_to.active_element.send_keys(" ")
        self.assertEqual(self.shown(), 313)
        self.assertEqual(self.one(".value.given").text, "cow")

    def test_map_of_many_classes(self):
        run = self.opened("classes")
        cells = self.one(".cells")
        run("arguments[0].focus()", cells)
        self.press(">>>v^v", on=None)
        pair = "True class class 1, given class 3: 33 estimated, 4 in the list."
        self.assertEqual(self.one("#pair").text, pair)
        self.assertEqual(cells.get_attribute("title"), pair)
        cells.send_keys("\n")
        self.assertEqual(self.shown(), 4)
        cells.send_keys("\n")
        self.assertEqual(self.shown(), 3000)
        run(
            """
            const place = arguments[0].firstChild.getBoundingClientRect();
            const at = {clientX: place.left + place.width * (5.5 / 30),
                        clientY: place.top + place.height * (2.5 / 30), bubbles: true};
            arguments[0].dispatchEvent(new MouseEvent("click", at));
        """,
            cells,
        )
        self.assertEqual(self.one(".value.given").text, "class 5")
        self.assertEqual(self.one(".value.suggested").text, "class 2")

    def test_filters(self):
        self.opened("many")
        self.choose("#least", 90)
        self.assertEqual(self.shown(), 501)
        self.choose("#least", 100)
        self.assertEqual(self.shown(), 1)
        self.choose("#least", 0)
        self.one("#differs").click()
        self.assertEqual(self.shown(), 3750)
        self.choose("#given", 1)
        self.choose("#suggested", 1)
        self.assertEqual(self.shown(), 0)
        self.assertIn("No example matches these filters.", self.one("#list").text)
        self.press("wrx>v")
        self.assertEqual(self.marked(), "0 wrong, 0 right, 0 unsure")
        self.one("#show-all").click()
        self.assertEqual(self.shown(), 5000)

    def test_notes(self):
        self.opened("noted")
        shown = self.one("#noted")
        self.assertTrue(shown.is_displayed())
        shown.click()
        self.assertEqual(self.shown(), 2)
        said = [
            card.text
            for card in self.driver.find_elements("css selector", ".card .noted")
        ]
        self.assertEqual(said[0], "copy of #5 (bee)")
        self.assertEqual(self.found("OF #5"), 1)
        self.one("#show-all").click()
        self.assertEqual(self.shown(), 8)
        self.opened("few")
        self.assertFalse(self.one("#noted").is_displayed())
        self.assertFalse(self.one(".card .noted").is_displayed())

    def test_probabilities_that_are_not_known(self):
        self.opened("unknown")
        said = [
            card.text
            for card in self.driver.find_elements("css selector", ".card .probability")
        ]
        self.assertEqual(said[:3], ["90.0 %", "10.0 %", "no evidence"])
        self.assertEqual(self.shown(), 8)
        self.choose("#least", 5)
        self.assertEqual(self.shown(), 2)

    def test_search(self):
        self.opened("texts")
        self.assertEqual(self.found("GRÜN"), 1)
        self.assertEqual(self.words(), ["Grün wie Gras"])
        self.assertEqual(self.found("<b>bold"), 1)
        self.assertEqual(self.found("many words"), len(TEXTS) - 8)
        self.choose("#given", 1)
        self.assertEqual(self.shown(), 15)
        self.assertEqual(self.found("nothing"), 0)
        self.assertIn("No example matches these filters.", self.one("#list").text)
        self.press("/")
        self.assertEqual(
            self.driver.switch_to.active_element.get_attribute("id"), "search"
        )
        self.one("#show-all").click()
        self.assertEqual(self.shown(), len(TEXTS))
        # What is typed is no key of the page; Enter leads to what was found.
        self.press("/")
        self.driver.switch_to.active_element.send_keys("wie Gras\n")
        self.assertEqual(self.marked(), "0 wrong, 0 right, 0 unsure")
        self.assertEqual(self.selected(), 7)
        self.press("w", on=None)
        self.assertEqual(self.marked(), "1 wrong, 0 right, 0 unsure")
        self.opened("rows")
        self.assertEqual(self.found("said: grün"), 1)
        self.opened("hostile")
        self.assertEqual(self.found("/7.png"), 1)
        self.opened("few")
        self.assertEqual(self.found("#31"), 1)

    def test_clean_labels_only_when_asked_for(self):
        self.opened("few")
        self.assertFalse(self.one("#show-clean").is_displayed())
        self.opened("many")
        clean = self.one(".card .clean")
        self.assertFalse(clean.is_displayed())
        self.one("#show-clean").click()
        clean = self.one(".card .clean")
        self.assertTrue(clean.is_displayed())
        self.assertEqual(clean.text.split(), ["clean", "bee"])


if __name__ == "__main__":
    absltest.main()
