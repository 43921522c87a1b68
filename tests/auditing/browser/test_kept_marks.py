"""Marks stay in the browser."""

import dataclasses
from unittest import mock

import numpy as np
from absl.testing import absltest
from helpers import browser
from helpers.review_pages import PageInBrowserTest, made_items

from lnl_sr_tf.auditing import review_page

NO_STORAGE = """
Object.defineProperty(window, "localStorage", {
  get() { throw new DOMException("denied", "SecurityError"); }
});
"""


@absltest.skipIf(browser.missing(), browser.missing())
class KeptMarksTest(PageInBrowserTest):
    def test_marks_survive_a_reload_on_their_page_alone(self):
        self.opened()
        self.press("wr")
        self.reloaded()
        self.assertEqual(self.marked(), "1 wrong, 1 right, 0 unsure")
        self.driver.get(self.address("many"))
        self.assertEqual(self.marked(), "0 wrong, 0 right, 0 unsure")

    def test_marks_are_there_after_another_audit_of_the_same_labels(self):
        self.opened()
        self.press(">wr<^~")
        self.press(">>w")
        self.imported([["9", "", "bee", "cow", "wrong", ""]])
        before = self.exported()
        items = made_items(32)
        again = dataclasses.replace(
            items,
            probability=items.probability[::-1],
            suggested=(items.suggested + 1) % 4,
        )
        path = self.folder / "few & more.html"
        old = path.read_bytes()
        self.addCleanup(path.write_bytes, old)
        review_page.write(path, "Which labels are wrong", again, np.eye(4))
        self.reloaded()
        after = self.exported()
        self.assertNotEmpty(after)
        # All but what is suggested now: decisions and labels are a person's.
        self.assertEqual(
            [row[:3] + row[4:] for row in after], [row[:3] + row[4:] for row in before]
        )

    def reloaded_until(self, marked):
        """Chromium may write what was stored a moment after the page is read again."""

        def there():
            self.reloaded()
            return self.marked() == marked

        self.wait(there)

    def test_marks_of_examples_that_another_page_shows(self):
        items = made_items(40)
        turned = dataclasses.replace(items, probability=items.probability[::-1])
        path = self.folder / "part.html"
        self.enterContext(mock.patch.object(review_page, "_MOST", 30))
        review_page.write(path, "Part", items, np.eye(4))
        self.driver.get(path.as_uri())
        self.run_script("localStorage.clear()")
        self.reloaded()
        self.press(">ww")  # 1 and 2, which the other page does not show
        self.choose("#search", "#20")
        self.wait(lambda: self.shown() == 1)
        self.press("r")
        review_page.write(path, "Part", turned, np.eye(4))
        self.reloaded_until("0 wrong, 1 right, 0 unsure")
        self.assertFalse(self.one("#undo").is_enabled())
        self.press("u")
        self.assertEqual([row[0] for row in self.exported()], ["20", "39"])
        self.assertEqual(
            self.one("#said").text,
            "2 decisions exported. "
            "2 more are about examples that are not on this page.",
        )
        review_page.write(path, "Part", items, np.eye(4))
        self.reloaded_until("2 wrong, 1 right, 0 unsure")
        self.assertEqual([row[0] for row in self.exported()], ["1", "2", "20"])

    def test_damaged_marks_are_left_out(self):
        run = self.opened()
        self.press("w")
        run("""
            const [key] = Object.keys(localStorage);
            localStorage.setItem(key, JSON.stringify({
              3: ["right", 1], 99: ["wrong", 1], 4: ["bad", 1], 7: ["wrong", null],
              5: ["wrong", 77], length: ["wrong", 1], 6: 7}));
        """)
        self.reloaded()
        self.assertEqual(self.marked(), "0 wrong, 1 right, 0 unsure")
        for text in ("null", "[", "3"):
            run(
                "localStorage.setItem(Object.keys(localStorage)[0], arguments[0])", text
            )
            self.reloaded()
            self.assertEqual(self.marked(), "0 wrong, 0 right, 0 unsure")
            self.assertEqual(self.one("#said").text, "")

    def test_without_storage_it_works_and_says_so(self):
        self.opened()
        added = self.driver.execute_cdp_cmd(
            "Page.addScriptToEvaluateOnNewDocument", {"source": NO_STORAGE}
        )
        self.addCleanup(
            self.driver.execute_cdp_cmd,
            "Page.removeScriptToEvaluateOnNewDocument",
            added,
        )
        self.reloaded()
        self.assertIn("does not save marks", self.one("#said").text)
        self.press("w")
        self.assertEqual(self.marked(), "1 wrong, 0 right, 0 unsure")
        # Else the page would ask before it is left.
        self.press("<x")
        self.assertEmpty(browser.complaints(self.driver))

    def test_another_window_of_the_page(self):
        self.opened()
        self.press("w")
        first = self.driver.current_window_handle
        self.driver.switch_to.new_window("tab")
        self.driver.get(self.address("few"))
        self.assertEqual(self.marked(), "1 wrong, 0 right, 0 unsure")
        self.press(">rr")
        self.driver.close()
        self.driver.switch_to.window(first)
        self.wait(lambda: self.marked() == "1 wrong, 2 right, 0 unsure")


if __name__ == "__main__":
    absltest.main()
