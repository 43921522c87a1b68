"""Marks and imports are undone and done again; nothing is lost."""

from absl.testing import absltest
from helpers import browser
from helpers.review_pages import PageInBrowserTest

BEE = ["1", "", "bee", "ant"]
COW = ["2", "", "cow", "ant"]


@absltest.skipIf(browser.missing(), browser.missing())
class UndoTest(PageInBrowserTest):
    def click(self, name):
        self.one(f"#{name}").click()

    def test_import_amid_marks(self):
        self.opened()
        self.press(">ww")  # examples 1 and 2
        before = self.exported()
        said = self.imported([[*BEE, "right", "bee"], [*COW, "wrong", "dog"]])
        self.assertIn("2 marks were replaced; z undoes it", said)
        self.press(">r")
        after = self.exported()
        self.assertEqual(self.one("#undo").text, "Undo")
        self.click("undo")
        self.assertEqual(self.one("#undo").text, "Undo import")
        self.click("undo")
        self.assertEqual(self.exported(), before)
        self.assertEqual(self.one("#redo").text, "Redo import")
        self.click("redo")
        self.assertEqual(
            self.one("#said").text, "The import was done again: 2 marks changed."
        )
        self.click("redo")
        self.assertEqual(self.exported(), after)
        self.assertFalse(self.one("#redo").is_enabled())

    def test_by_keys(self):
        self.opened()
        self.press("wru")
        self.press("zz")
        self.assertEqual(self.marked(), "1 wrong, 0 right, 0 unsure")
        self.assertEqual(self.selected(), 1)
        self.press("y")
        self.assertEqual(self.marked(), "1 wrong, 1 right, 0 unsure")
        self.assertIn("#1 is right again", self.one("#said").text)
        self.press("Z")
        self.assertEqual(self.marked(), "1 wrong, 1 right, 1 unsure")
        self.press("yyZ")
        self.assertEqual(self.marked(), "1 wrong, 1 right, 1 unsure")
        from selenium.webdriver.common.keys import Keys

        self.one("body").send_keys(Keys.CONTROL, "z")
        self.assertEqual(self.marked(), "1 wrong, 1 right, 0 unsure")

    def test_another_mark_ends_what_can_be_redone(self):
        self.opened()
        self.press("wz")
        self.assertTrue(self.one("#redo").is_enabled())
        self.press("r")
        self.assertFalse(self.one("#redo").is_enabled())
        self.press("y")
        self.assertEqual(self.marked(), "0 wrong, 1 right, 0 unsure")

    def test_what_changes_nothing_is_no_step(self):
        self.opened()
        self.press("w")
        self.press("x", on=None)  # the next one, which has no mark
        self.imported([["0", "", "ant", "ant", "wrong", ""]])
        self.press("z")
        self.assertEqual(self.marked(), "0 wrong, 0 right, 0 unsure")
        self.assertFalse(self.one("#undo").is_enabled())

    def test_after_a_reload(self):
        self.opened()
        self.press(">w")
        before = self.exported()
        self.imported([[*BEE, "wrong", "dog"], [*COW, "right", "cow"]])
        after = self.exported()
        self.reloaded()
        self.assertEqual(self.one("#undo").text, "Undo import")
        self.click("undo")
        self.assertEqual(self.exported(), before)
        self.reloaded()
        self.click("redo")
        self.assertEqual(self.exported(), after)
        self.press("zz")
        self.assertEqual(self.marked(), "0 wrong, 0 right, 0 unsure")

    def test_not_over_the_marks_of_another_window(self):
        self.opened()
        self.press("w")
        first = self.driver.current_window_handle
        self.driver.get("about:blank")
        self.driver.switch_to.new_window("tab")
        self.driver.get(self.address("few"))
        self.press("r>r")
        self.driver.close()
        self.driver.switch_to.window(first)
        self.driver.get(self.address("few"))
        self.assertEqual(self.marked(), "0 wrong, 2 right, 0 unsure")
        self.assertFalse(self.one("#undo").is_enabled())

    def test_damaged_history_is_none(self):
        run = self.opened()
        self.press("w")
        self.reloaded()
        for text in ("[", "3", "null", '["", 3, 4]'):
            run(
                "sessionStorage.clear(); addEventListener('pagehide', () =>"
                " sessionStorage.setItem(Object.keys(localStorage)[0], arguments[0]))",
                text,
            )
            self.reloaded()
            self.assertEqual(self.marked(), "1 wrong, 0 right, 0 unsure")
            self.assertFalse(self.one("#undo").is_enabled())
            self.assertEmpty(browser.complaints(self.driver))


if __name__ == "__main__":
    absltest.main()
