"""Decisions as a file: out of the page and into it."""

from absl.testing import absltest
from helpers import browser
from helpers.review_pages import HOSTILE, PageInBrowserTest


@absltest.skipIf(browser.missing(), browser.missing())
class DecisionsTest(PageInBrowserTest):
    def test_export(self):
        self.opened()
        self.press(">w>wru>>w")
        rows = self.exported()
        # Given and suggested go through the classes as the digits of the number.
        self.assertEqual(
            rows,
            [
                ["1", "", "bee", "ant", "wrong", "ant"],
                ["3", "", "dog", "ant", "wrong", "ant"],
                ["4", "", "ant", "bee", "right", "ant"],
                ["5", "", "bee", "bee", "unsure", ""],
                ["8", "", "ant", "cow", "wrong", "cow"],
            ],
        )

    def test_wrong_without_another_suggestion_has_no_label_yet(self):
        self.opened()
        self.press("w")
        self.assertEqual(self.exported(), [["0", "", "ant", "ant", "wrong", ""]])

    def test_import(self):
        self.opened("hostile")
        self.press("wruw>w")
        run = self.run_script
        rows = self.exported()
        self.assertLen(rows, 5)
        self.opened("hostile")
        self.assertEqual(self.marked(), "0 wrong, 0 right, 0 unsure")
        chosen = [*rows[1][:4], "wrong", HOSTILE[0]]
        other = [
            ["9999", *rows[0][1:]],
            [*rows[0][:2], "another", *rows[0][3:]],
            [rows[0][0], "another", *rows[0][2:]],
            [*rows[0][:4], "maybe", ""],
            [*rows[0][:5], "another"],
            ["too short"],
        ]
        said = self.imported([chosen, rows[0], *rows[2:], *other])
        self.assertEqual(
            said, "5 decisions read. 6 lines match none of these examples."
        )
        self.assertEqual(self.exported(), [rows[0], chosen, *rows[2:]])
        said = self.imported([rows[1]])
        self.assertIn("1 decisions read. 1 marks were replaced; z undoes it", said)
        self.assertEqual(self.exported(), rows)
        self.press("z")
        self.assertEqual(self.exported(), [rows[0], chosen, *rows[2:]])
        self.press("z")
        self.assertEqual(self.marked(), "0 wrong, 0 right, 0 unsure")
        self.assertEmpty(browser.complaints(self.driver))
        self.assertEqual(run("return document.title"), HOSTILE[0])

    def test_import_of_something_else(self):
        self.opened()
        self.press("w")
        said = self.imported([["1", "2"]], header=["a", "b"])
        self.assertStartsWith(said, "Not a file of decisions: its first line must be")
        self.assertEqual(self.marked(), "1 wrong, 0 right, 0 unsure")


if __name__ == "__main__":
    absltest.main()
