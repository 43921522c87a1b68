"""The page opens: nothing is fetched, and no name is taken for code."""

import time

from absl.testing import absltest, parameterized
from helpers import browser
from helpers.review_pages import HOSTILE, SIZES, PageInBrowserTest

# The shades of the pictures in sight, which say which examples they are of.
SHADES = """
return [...document.querySelectorAll(".card canvas")].map(canvas =>
  [...canvas.getContext("2d").getImageData(0, 0, 1, 1).data].slice(0, 2));
"""


@absltest.skipIf(browser.missing(), browser.missing())
class OpeningTest(PageInBrowserTest):
    @parameterized.product(
        name=("many", "hostile", "classes", "none", "texts", "rows"), size=[*SIZES]
    )
    def test_nothing_goes_wrong_and_nothing_is_fetched(self, name, size):
        run = self.opened(name, size)
        self.assertEmpty(browser.complaints(self.driver))
        browser.requested(self.driver)
        self.reloaded()
        self.wait(lambda: run("return document.readyState") == "complete")
        asked = browser.requested(self.driver)
        self.assertEqual(
            {address for address in asked if not address.startswith("data:")},
            {self.address(name)},
        )
        self.assertEmpty(run("return performance.getEntriesByType('resource')"))
        self.assertEmpty(browser.complaints(self.driver))

    def test_policy_holds(self):
        run = self.opened()
        run("""
            const image = new Image();
            image.src = "file:///nowhere.png";
            const script = document.createElement("script");
            try { script.textContent = "document.title = 'changed'"; } catch {}
            document.body.append(image, script);
        """)
        self.assertEqual(self.driver.title, "Which labels are wrong")
        with self.assertRaisesRegex(Exception, "TrustedHTML"):
            run("document.body.innerHTML = '<b>bold</b>'")
        self.assertRegex("\n".join(browser.complaints(self.driver)), "nowhere.png")

    def test_hostile_names_are_text(self):
        run = self.opened("hostile")
        self.assertEqual(self.driver.title, HOSTILE[0])
        self.assertEqual(run("return document.images.length"), 0)
        self.assertEqual(run("return document.querySelectorAll('b').length"), 0)
        given = run(
            "return [...document.querySelectorAll('.value.given')]"
            ".map(e => e.textContent).slice(0, 3)"
        )
        self.assertEqual(given, list(HOSTILE))
        names = run(
            "return [...document.querySelectorAll('.card .name')].map(e => e.title)"
        )
        self.assertEqual(names[:2], [f"{HOSTILE[0]}/0.png", f"{HOSTILE[1]}/1.png"])
        self.press("w>w")
        rows = self.exported()
        self.assertEqual(rows[1][1:4], [f"{HOSTILE[2]}/2.png", HOSTILE[2], HOSTILE[0]])

    def test_few_cards_of_many_examples(self):
        run = self.opened("many")
        count = "return document.querySelectorAll('.card').length"
        self.assertEqual(self.shown(), 5000)
        self.assertBetween(run(count), 10, 80)
        for share, last in ((0.5, "#2500"), (1, "#4999")):
            run("window.scrollTo(0, arguments[0] * document.body.scrollHeight)", share)
            self.wait(lambda last=last: last in self.one("#list").text)
            self.assertBetween(run(count), 10, 80)

    def test_each_card_has_its_picture(self):
        run = self.opened("many")

        def drawn():
            numbers = [
                int(name.text.removeprefix("#"))
                for name in self.driver.find_elements("css selector", ".card .name")
            ]
            shades = run(SHADES)
            return shades == [list(divmod(number, 256)) for number in numbers]

        self.wait(drawn)
        run("window.scrollTo(0, document.body.scrollHeight / 3)")
        time.sleep(0.2)
        self.wait(drawn)
        self.choose("#given", 2)
        self.wait(drawn)


if __name__ == "__main__":
    absltest.main()
