"""The help that lists the keys, which are those that act."""

from absl.testing import absltest
from helpers import browser
from helpers.review_pages import PageInBrowserTest


@absltest.skipIf(browser.missing(), browser.missing())
class KeysHelpTest(PageInBrowserTest):
    def listed(self):
        return self.run_script(
            "return [...document.querySelectorAll('#key-list kbd')]"
            ".map(key => key.textContent)"
        )

    def test_opens_and_closes_by_key_and_by_button(self):
        self.opened()
        keys = self.one("#keys")
        self.assertFalse(keys.is_displayed())
        self.press("?")
        self.assertTrue(keys.is_displayed())
        self.assertIn("search; Enter leads to what was found", keys.text)
        self.press("w?")  # the list is not marked meanwhile
        self.assertFalse(keys.is_displayed())
        self.assertEqual(self.marked(), "0 wrong, 0 right, 0 unsure")
        self.one("#show-keys").click()
        self.assertTrue(keys.is_displayed())
        keys.find_element("css selector", ".close").click()
        self.assertFalse(keys.is_displayed())

    def test_keys_of_texts_are_for_texts(self):
        self.opened("few")
        few = self.listed()
        self.opened("texts")
        self.assertCountEqual(self.listed(), [*few, "t"])
        self.assertLen(set(few), len(few))

    def test_each_key_that_is_listed_acts(self):
        run = self.opened("texts")
        names = {"←": "ArrowLeft", "→": "ArrowRight", "↑": "ArrowUp", "↓": "ArrowDown"}
        run("window.print = () => {}")
        for said in self.listed():
            *modifiers, key = said.split("+")
            taken = run(
                """
                const [key, modifiers] = arguments;
                const event = new KeyboardEvent("keydown", {
                  key, bubbles: true, cancelable: true,
                  ctrlKey: modifiers.includes("Ctrl"),
                  shiftKey: modifiers.includes("Shift"),
                });
                document.body.dispatchEvent(event);
                document.querySelectorAll("dialog[open]").forEach(e => e.close());
                return event.defaultPrevented;
                """,
                names.get(key, key),
                modifiers,
            )
            self.assertTrue(taken, said)

    def test_letters_can_be_turned_off(self):
        self.opened()
        self.one("#show-keys").click()
        self.one("#letters").click()
        self.one("#keys .close").click()
        self.press("w?z/")
        self.assertEqual(self.marked(), "0 wrong, 0 right, 0 unsure")
        self.assertFalse(self.one("#keys").is_displayed())
        self.press(">")  # no letter
        self.assertEqual(self.selected(), 1)

    def test_caps_lock_is_no_shift(self):
        run = self.opened()
        self.press("w")
        run(
            "document.body.dispatchEvent("
            "new KeyboardEvent('keydown', {key: 'Z', bubbles: true}))"
        )
        self.assertEqual(self.marked(), "0 wrong, 0 right, 0 unsure")


if __name__ == "__main__":
    absltest.main()
