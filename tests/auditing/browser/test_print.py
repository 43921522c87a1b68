"""What is printed: what was found, the map, the curve, and the examples listed."""

import base64

from absl.testing import absltest, parameterized
from helpers import browser
from helpers.review_pages import PageInBrowserTest

PRINT = "window.print = () => { window.asked = true; };"
# Kinds of things that are on the paper, and that are not.
ON_PAPER = ("h1", ".facts", "#map", "#chart", "#printed .card", "#printed canvas")
NOT_ON_PAPER = (
    ".help", "#filters", "#export", "#list", ".marks", ".card select", "#yield details",
)  # fmt: skip
VISIBLE = """
return [...document.querySelectorAll(arguments[0])].some(e => e.checkVisibility());
"""


@absltest.skipIf(browser.missing(), browser.missing())
class PrintTest(PageInBrowserTest):
    def printed(self, name="curve", size="desk", dark=False, before=()):
        """A page as it stands on paper, after these keys."""
        run = self.opened(name, size, dark)
        self.press(before)
        run(PRINT)
        self.one("#print").click()
        self.wait(lambda: run("return window.asked"))
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
        self.addCleanup(
            self.driver.execute_cdp_cmd, "Emulation.setEmulatedMedia", {"media": ""}
        )
        return run

    @parameterized.product(size=("desk", "phone"), dark=(False, True))
    def test_what_is_on_paper(self, size, dark):
        run = self.printed(size=size, dark=dark)
        for selector in ON_PAPER:
            self.assertTrue(run(VISIBLE, selector), selector)
        for selector in NOT_ON_PAPER:
            self.assertFalse(run(VISIBLE, selector), selector)
        self.assertEqual(
            run("return document.querySelectorAll('#printed .card').length"), 200
        )
        self.assertEqual(
            self.one("#printed-said").text,
            "300 of 300 shown · 0 wrong, 0 right, 0 unsure. Here are the first 200.",
        )
        # Dark ink on white paper, whatever the screen is like.
        self.assertEqual(
            run("return getComputedStyle(document.body).backgroundColor"),
            "rgb(255, 255, 255)",
        )

    def test_pictures_are_there_though_never_seen(self):
        run = self.opened("many")
        self.choose("#given", 2)  # one example of four, of many sheets
        # As they are when the browser is asked to print.
        run("""
            window.print = () => {
              const canvases = [...document.querySelectorAll("#printed canvas")];
              window.asked = canvases.map(canvas =>
                [...canvas.getContext("2d").getImageData(0, 0, 1, 1).data].slice(0, 2));
            };
        """)
        self.one("#print").click()
        self.wait(lambda: run("return window.asked"))
        shades = run("return window.asked")
        self.assertEqual(shades, [list(divmod(4 * i + 2, 256)) for i in range(200)])
        self.assertIn(
            "given cow",
            run("return document.getElementById('printed-said').textContent"),
        )

    def test_marks_and_labels_to_use(self):
        run = self.printed(before=">wr")
        cards = self.driver.find_elements("css selector", "#printed .card")
        self.assertEqual(
            [card.get_attribute("class").strip() for card in cards[:4]],
            ["card", "card wrong", "card right", "card"],
        )
        use = cards[1].find_element("css selector", ".use")
        self.assertEqual(use.text.split(), ["use", "ant"])
        self.assertFalse(run(VISIBLE, "#printed .right .use"))

    @parameterized.parameters("curve", "texts", "classes", "none")
    def test_pages_of_paper(self, name):
        self.opened(name)
        pdf = self.driver.execute_cdp_cmd("Page.printToPDF", {})
        written = base64.b64decode(pdf["data"])
        self.assertStartsWith(written[:8].decode(), "%PDF")
        self.assertBetween(written.count(b"/Type /Page\n"), 1, 40)
        # And the screen is as it was.
        self.assertEmpty(self.driver.find_elements("css selector", "#printed .card"))
        self.assertTrue(self.one("#list").is_displayed())
        self.assertEmpty(browser.complaints(self.driver))

    def test_parts_that_were_closed_are_so_afterwards(self):
        run = self.opened("curve", "phone")
        run("dispatchEvent(new Event('beforeprint'))")
        state = (
            "return ['#transitions', '#yield'].map(e => document.querySelector(e).open)"
        )
        self.assertEqual(run(state), [True, True])
        run("dispatchEvent(new Event('afterprint'))")
        self.assertEqual(run(state), [False, False])

    def test_control_p_waits_for_the_pictures(self):
        from selenium.webdriver.common.keys import Keys

        run = self.opened("many")
        run(PRINT)
        self.one("body").send_keys(Keys.CONTROL, "p")
        self.wait(lambda: run("return window.asked"))


if __name__ == "__main__":
    absltest.main()
