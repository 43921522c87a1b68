"""Pages of very many examples, and of many classes."""

import dataclasses
import itertools

import numpy as np
from absl.testing import absltest
from helpers import browser
from helpers.review_pages import SIZES, PageInBrowserTest, as_texts, made_items

from lnl_sr_tf.auditing import review_page

MANY = 100_000
# How far the last row reaches beneath the end of the list, and above the window's end.
LAST = """
const row = document.querySelector("#list .row:last-child").getBoundingClientRect();
const list = document.getElementById("list").getBoundingClientRect();
return [row.bottom - list.bottom, row.bottom - innerHeight];
"""
IN_SIGHT = """
const box = document.querySelector('[aria-selected="true"]').getBoundingClientRect();
return box.top >= 0 && box.bottom <= innerHeight + 8;
"""


@absltest.skipIf(browser.missing(), browser.missing())
class ManyExamplesTest(PageInBrowserTest):
    def written(self, items, matrix=None):
        size = len(items.class_names)
        path = self.folder / "made.html"
        matrix = np.eye(size) if matrix is None else matrix
        review_page.write(path, "Many", items, matrix)
        browser.complaints(self.driver)  # of another page
        self.driver.get(path.as_uri())

    def test_the_last_of_a_list_that_is_taller_than_browsers_show(self):
        browser.resize(self.driver, *SIZES["phone"])
        # One beside the other there is no room for: 36 million pixels.
        texts = np.array([f"text {i}" for i in range(MANY)], object)
        self.written(dataclasses.replace(as_texts(texts), notes=("a note",) * MANY))
        run = self.run_script
        self.assertEqual(self.one("#list").get_attribute("aria-colcount"), "1")
        height = run("return document.body.scrollHeight")
        self.assertBetween(height, 16_000_000, 17_000_000)
        run("scrollTo(0, document.body.scrollHeight)")
        self.wait(lambda: f"text {MANY - 1}" in self.one("#list").text)
        beneath, above = run(LAST)
        self.assertAlmostEqual(beneath, 0, delta=30)
        self.assertLess(above, 0)
        # Half of the way is half of the list.
        run("scrollTo(0, document.body.scrollHeight / 2)")
        self.wait(
            lambda: (
                run("return document.querySelector('.row:last-child').number")
                < MANY - 1
            )
        )
        numbers = run(
            "return [...document.querySelectorAll('#list .row')].map(e => e.number)"
        )
        self.assertAlmostEqual(numbers[-1], MANY / 2, delta=100)
        # The selected one, far above, makes the page no taller.
        self.assertEqual(numbers[0], 0)
        self.assertEqual(run("return document.body.scrollHeight"), height)
        for keys, number in (("v", 1), ("vvv", 4), ("^", 3)):
            self.press(keys)
            self.assertEqual(self.selected(), number)
            self.assertTrue(run(IN_SIGHT))
        from selenium.webdriver.common.keys import Keys

        for key, number in ((Keys.END, MANY - 1), (Keys.ARROW_UP, MANY - 2)):
            self.one("body").send_keys(key)
            self.assertEqual(self.selected(), number)
            self.assertTrue(run(IN_SIGHT))
        tops = run("""
            return [...document.querySelectorAll("#list .row")]
              .map(e => e.getBoundingClientRect()).map(box => [box.top, box.bottom]);
        """)
        for (_, bottom), (top, _) in itertools.pairwise(tops):
            self.assertBetween(top - bottom, 5, 15)
        # Nor does the selected one, far beneath.
        run("scrollTo(0, 0)")
        self.wait(lambda: run("return [...rows.keys()].includes(1)"))
        self.assertEqual(run("return document.body.scrollHeight"), height)
        self.assertLessEqual(
            run("return document.documentElement.scrollHeight"), height + 1
        )
        self.assertEmpty(browser.complaints(self.driver))

    def test_matrix_of_very_many_classes(self):
        size = 120
        names = tuple(f"class {i}" for i in range(size))
        matrix = np.zeros((size, size))
        matrix[1, 3], matrix[2, 3], matrix[1, 1] = 33.4, 0.2, 1e6
        matrix[5] = matrix[:, 6] = np.nan
        matrix[5, 7], matrix[8, 6] = 0, 9
        browser.resize(self.driver, *SIZES["desk"])
        self.written(made_items(500, names), matrix)
        said = [
            self.run_script("return pairSaid(arguments[0], arguments[1])", *cell)
            for cell in ((1, 3), (2, 3), (1, 1), (0, 1), (5, 0), (0, 6), (5, 7), (8, 6))
        ]
        self.assertEqual(
            [text.split(": ")[1].split(" estimated")[0] for text in said],
            ["33", "<1", "1,000,000", "0", "n/a", "n/a", "0", "9"],
        )
        self.assertEqual(self.one("#most").text, "33 wrong labels")
        # The picture has the colours of these cells.
        shares = """
            const canvas = document.querySelector(".cells canvas");
            return [[1, 3], [0, 1], [5, 0]].map(([row, column]) =>
              canvas.getContext("2d").getImageData(column, row, 1, 1).data[3]);
        """
        self.wait(lambda: self.run_script(shares)[0] == 255)
        self.assertEqual(self.run_script(shares), [255, 0, 0])


if __name__ == "__main__":
    absltest.main()
