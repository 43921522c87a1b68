"""Texts and rows of a table on the page."""

from absl.testing import absltest, parameterized
from helpers import browser
from helpers.review_pages import TEXTS, PageInBrowserTest


@absltest.skipIf(browser.missing(), browser.missing())
class ShownWordsTest(PageInBrowserTest):
    def test_texts_are_shown_as_they_are(self):
        run = self.opened("texts")
        expected = [text.replace("\udcff", r"\udcff") for text in TEXTS]
        self.assertEqual(self.words()[:8], expected[:8])
        self.assertEqual(run("return document.images.length"), 0)
        self.assertEqual(run("return document.querySelectorAll('canvas').length"), 0)
        self.assertIn("override", self.one("#list").text)
        self.press("w>wr")
        rows = self.exported()
        self.assertEqual([row[0] for row in rows], ["0", "2", "3"])
        self.assertEmpty(browser.complaints(self.driver))

    @parameterized.parameters("texts", "rows")
    def test_whole_of_a_long_text(self, name):
        run = self.opened(name)
        offered = "return [...document.querySelectorAll('.more')].map(e => !e.hidden)"
        self.assertFalse(run(offered)[7])
        self.found("#66")
        self.assertEqual(run(offered), [True])
        self.press("t")
        whole = self.one("#whole")
        self.assertTrue(whole.is_displayed())
        self.assertIn("(649 characters)", whole.text)
        self.assertIn("#66, given cow", whole.text)
        self.press("wt")
        self.assertFalse(whole.is_displayed())
        self.assertEqual(self.marked(), "0 wrong, 0 right, 0 unsure")
        self.one(".more").click()
        self.assertTrue(whole.is_displayed())
        self.one("#whole-close").click()
        self.assertFalse(whole.is_displayed())
        self.assertEmpty(browser.complaints(self.driver))


if __name__ == "__main__":
    absltest.main()
