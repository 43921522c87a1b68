"""A person moves in the list and marks labels, by keys and by clicks."""

from absl.testing import absltest
from helpers import browser
from helpers.review_pages import NAMES, PageInBrowserTest


@absltest.skipIf(browser.missing(), browser.missing())
class MarkingTest(PageInBrowserTest):
    def test_arrows_move_and_scroll(self):
        run = self.opened("many")
        columns = int(self.one("#list").get_attribute("aria-colcount"))
        self.assertGreater(columns, 3)
        self.press(">>v")
        self.assertEqual(self.selected(), columns + 2)
        self.press("^<^")
        self.assertEqual(self.selected(), 1)
        self.press("v" * 8)
        self.assertEqual(self.selected(), 8 * columns + 1)
        self.assertGreater(run("return scrollY"), 500)
        box = run("""
            const box = document.activeElement.getBoundingClientRect();
            return [box.top, box.bottom, innerHeight, document.activeElement.className];
        """)
        self.assertBetween(box[0], 0, 900)
        self.assertLessEqual(box[1], box[2])
        self.assertIn("card", box[3])

    def test_last_row_that_is_not_full(self):
        self.opened("few")
        columns = int(self.one("#list").get_attribute("aria-colcount"))
        self.press("v" * 20)
        self.assertEqual(self.selected() // columns, 31 // columns)
        self.press(">" * columns)
        self.assertEqual(self.selected(), 31)

    def test_marks_by_keys(self):
        self.opened()
        self.press("wru")
        self.assertEqual(self.selected(), 3)
        self.assertEqual(self.marked(), "1 wrong, 1 right, 1 unsure")
        self.press("<<x")
        self.assertEqual(self.selected(), 1)
        self.assertEqual(self.marked(), "1 wrong, 0 right, 1 unsure")
        self.press("<~z")
        self.assertEqual(self.marked(), "1 wrong, 0 right, 1 unsure")
        self.press("z")
        self.assertEqual(self.selected(), 1)
        self.assertEqual(self.marked(), "1 wrong, 1 right, 1 unsure")
        cards = self.driver.find_elements("css selector", ".card")
        self.assertEqual(
            [card.get_attribute("class") for card in cards[:4]],
            ["card wrong", "card right", "card unsure", "card "],
        )
        self.assertIn("marked wrong", cards[0].get_attribute("aria-label"))

    def test_marks_by_buttons(self):
        self.opened(size="phone")
        card = self.driver.find_elements("css selector", ".card")[1]
        button = card.find_element("css selector", "[data-mark=right]")
        self.run_script("arguments[0].scrollIntoView({block: 'center'})", card)
        button.click()
        self.assertEqual(self.selected(), 1)
        self.assertEqual(self.marked(), "0 wrong, 1 right, 0 unsure")
        self.assertEqual(button.get_attribute("aria-pressed"), "true")
        button.click()
        self.assertEqual(self.marked(), "0 wrong, 0 right, 0 unsure")

    def test_marked_leave_a_list_of_unmarked(self):
        self.opened()
        self.choose("#mark", "unmarked")
        self.press("www")
        self.assertEqual(self.shown(), 29)
        self.assertEqual(self.selected(), 3)
        self.press("z")
        self.assertEqual(self.selected(), 2)
        self.choose("#mark", "wrong")
        self.assertEqual(self.shown(), 2)

    def test_label_that_a_person_chose(self):
        self.opened()
        from selenium.webdriver.common.keys import Keys
        from selenium.webdriver.support.ui import Select

        self.press(">c")
        field = self.driver.switch_to.active_element
        chosen = Select(field)
        self.assertEqual(
            [option.text for option in chosen.options], [f"use {n}" for n in NAMES]
        )
        chosen.select_by_visible_text("use cow")
        self.assertLen(chosen.options, 4)
        field.send_keys(Keys.ESCAPE)
        self.assertEqual(self.marked(), "1 wrong, 0 right, 0 unsure")
        self.press("w", on=None)
        self.assertEqual(self.selected(), 2)
        row = ["1", "", "bee", "ant", "wrong", "cow"]
        self.assertEqual(self.exported(), [row])
        self.reloaded()
        self.assertEqual(self.exported(), [row])
        self.press(">c")
        # The given label is no wrong one.
        Select(self.driver.switch_to.active_element).select_by_visible_text("use bee")
        self.assertEqual(self.exported(), [["1", "", "bee", "ant", "right", "bee"]])


if __name__ == "__main__":
    absltest.main()
