"""A person finds wrong labels in a browser, by keys and by clicks; needs Chromium."""

import csv
import dataclasses
import pathlib
import tempfile
import time

import numpy as np
from absl.testing import absltest, parameterized
from helpers import browser

from lnl_sr_tf.auditing import review_page
from lnl_sr_tf.auditing.shown_texts import ShownTexts

SIZES = {"phone": (360, 740), "desk": (1400, 900)}
HOSTILE = (
    "</script><img src=x onerror=\"document.title='taken'\">",
    '"><b>bold</b>, &amp; "quoted"\nand more',
    "дождь 雨 " + "a_name_without_a_place_to_break_" * 5,
)
TEXTS = (
    *HOSTILE, "\u202eoverride", "\0\x1b[31m\r\n\u2028", "\udcff", "", "Grün wie Gras",
    *("many words " * i for i in range(1, 60)),
)  # fmt: skip
NAMES = ("ant", "bee", "cow", "dog")
COLUMNS = ["index", "file", "given", "suggested", "decision", "label"]

REACH_OUT = """
const wide = document.documentElement.clientWidth;
return [...document.querySelectorAll("body *")]
  .filter(e => !e.closest(".box, canvas, .card p") || e.matches(".box"))
  .filter(e => e.getBoundingClientRect().right > wide + 1)
  .map(e => e.outerHTML.slice(0, 80));
"""
# The shades of the pictures in sight, which say which examples they are of.
SHADES = """
return [...document.querySelectorAll(".card canvas")].map(canvas =>
  [...canvas.getContext("2d").getImageData(0, 0, 1, 1).data].slice(0, 2));
"""
NO_STORAGE = """
Object.defineProperty(window, "localStorage", {
  get() { throw new DOMException("denied", "SecurityError"); }
});
"""


def made_items(count, class_names=NAMES, names=None, clean=False):
    """Examples whose pictures hold their number, as (red, green) = divmod(i, 256)."""
    size = len(class_names)
    number = np.arange(count)
    images = np.zeros((count, 8, 8, 3), np.uint8)
    images[..., 0] = (number // 256)[:, None, None]
    images[..., 1] = (number % 256)[:, None, None]
    return review_page.Items(
        images=images,
        index=number,
        names=names,
        given=number % size,
        suggested=(number // size) % size,
        probability=1 - number / max(count, 1),
        score=number * 0.0,
        clean=(number + 1) % size if clean else None,
        class_names=class_names,
    )


def as_texts(cells, columns=None):
    """As many examples, whose given labels follow one another."""
    shown = ShownTexts(cells, columns)
    return dataclasses.replace(made_items(len(cells)), images=None, texts=shown)


@absltest.skipIf(browser.missing(), browser.missing())
class PageInBrowserTest(parameterized.TestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        held = tempfile.TemporaryDirectory()
        cls.addClassCleanup(held.cleanup)
        cls.folder = pathlib.Path(held.name)
        cls.downloads = cls.folder / "downloads"
        cls.downloads.mkdir()
        many = tuple(f"class {i}" for i in range(30))
        hostile = tuple(f"{HOSTILE[i % 3]}/{i}.png" for i in range(30))
        pages = {
            "many": made_items(5000, clean=True),
            "few": made_items(32),
            "hostile": made_items(30, HOSTILE, hostile),
            "classes": made_items(3000, many),
            "none": made_items(0),
            "texts": as_texts(np.array(TEXTS, object)),
            "rows": as_texts(
                np.array([[text, ""] for text in TEXTS], object), ("said", HOSTILE[1])
            ),
            "noted": dataclasses.replace(
                made_items(8), notes=("", "copy of #5 (bee)", HOSTILE[0], *[""] * 5)
            ),
            "unknown": dataclasses.replace(
                made_items(8), probability=np.array([0.9, 0.1, *[np.nan] * 6])
            ),
        }
        cls.addresses = {}
        for name, items in pages.items():
            size = len(items.class_names)
            matrix = np.arange(size * size).reshape(size, size) + 0.4
            path = cls.folder / f"{name} & more.html"
            title = HOSTILE[0] if name == "hostile" else "Which labels are wrong"
            review_page.write(path, title, items, matrix, [("Noise rate", "0.41")])
            cls.addresses[name] = path.as_uri()
        cls.driver = cls.enterClassContext(browser.chromium(cls.downloads))

    def opened(self, name="few", size="desk", dark=False):
        """A page without marks."""
        browser.resize(self.driver, *SIZES[size], dark)
        self.driver.get(self.addresses[name])
        self.run_script("localStorage.clear()")
        browser.complaints(self.driver)  # of another page
        return self.reloaded()

    def reloaded(self):
        self.driver.refresh()
        return self.run_script

    def run_script(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def one(self, selector):
        return self.driver.find_element("css selector", selector)

    def press(self, keys, on="body"):
        """Press keys one by one, the arrows and backspace as `<>^v~`."""
        from selenium.webdriver.common.keys import Keys

        special = {
            "<": Keys.ARROW_LEFT,
            ">": Keys.ARROW_RIGHT,
            "^": Keys.ARROW_UP,
            "v": Keys.ARROW_DOWN,
            "~": Keys.BACKSPACE,
        }
        for key in keys:
            element = self.one(on) if on else self.driver.switch_to.active_element
            element.send_keys(special.get(key, key))

    def selected(self):
        """The number of the example that is selected."""
        (card,) = self.driver.find_elements("css selector", '[aria-selected="true"]')
        return int(card.find_element("css selector", ".name").text.removeprefix("#"))

    def shown(self):
        """How many examples the page says are in the list."""
        return int(self.one("#status").text.split(" of ")[0].replace(",", ""))

    def marked(self):
        return self.one("#status").text.split(" · ")[1]

    def choose(self, selector, value):
        """Set a control as a person would."""
        self.run_script(
            "const [control, value] = arguments;"
            "control.value = value;"
            "control.dispatchEvent(new Event('input', {bubbles: true}));"
            "control.dispatchEvent(new Event('change', {bubbles: true}));",
            self.one(selector),
            str(value),
        )

    def exported(self):
        """The rows of the file that the page gives, without its header."""
        for old in self.downloads.iterdir():
            old.unlink()
        self.one("#export").click()
        path = self.downloads / "decisions.csv"
        # Chromium puts an empty file in its place first.
        self.wait(lambda: path.exists() and path.stat().st_size)
        with open(path, encoding="utf-8", newline="") as file:
            header, *rows = csv.reader(file)
        self.assertEqual(header, COLUMNS)
        return rows

    def imported(self, rows, header=COLUMNS):
        path = self.folder / "given.csv"
        with open(path, "w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([header, *rows])
        before = self.one("#said").text
        self.one("#import").send_keys(str(path))
        self.wait(lambda: self.one("#said").text != before)
        return self.one("#said").text

    def wait(self, condition):
        end = time.monotonic() + 20
        while not condition():
            self.assertLess(time.monotonic(), end, "it never came")
            time.sleep(0.02)

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
            {self.addresses[name]},
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

    def test_marks_survive_a_reload_on_their_page_alone(self):
        self.opened()
        self.press("wr")
        self.reloaded()
        self.assertEqual(self.marked(), "1 wrong, 1 right, 0 unsure")
        self.driver.get(self.addresses["many"])
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
        self.driver.get(self.addresses["few"])
        self.assertEqual(self.marked(), "1 wrong, 0 right, 0 unsure")
        self.press(">rr")
        self.driver.close()
        self.driver.switch_to.window(first)
        self.wait(lambda: self.marked() == "1 wrong, 2 right, 0 unsure")

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

    def found(self, text):
        """How many examples are shown after a search."""
        self.choose("#search", text)
        time.sleep(0.2)  # more than the page waits for another letter
        return self.shown()

    def words(self):
        """The texts of the cards in the page."""
        return self.run_script(
            "return [...document.querySelectorAll('.card .words')]"
            ".map(box => box.textContent)"
        )

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

    @parameterized.product(
        name=("many", "hostile", "classes", "texts", "rows"), size=tuple(SIZES)
    )
    def test_only_boxes_scroll_sideways(self, name, size):
        run = self.opened(name, size)
        run("document.querySelectorAll('details').forEach(e => { e.open = true; })")
        for dark in (False, True):
            browser.resize(self.driver, *SIZES[size], dark)
            with self.subTest(dark=dark):
                self.assertEqual(run("return innerWidth"), SIZES[size][0])
                width = run("return document.documentElement.scrollWidth")
                self.assertLessEqual(width, SIZES[size][0])
                self.assertEmpty(run(REACH_OUT))

    @parameterized.parameters(False, True)
    def test_colors_follow_the_scheme(self, dark):
        run = self.opened(dark=dark)
        ground, ink = run(
            "const style = getComputedStyle(document.body);"
            "return [style.backgroundColor, style.color].map("
            "  color => Number(color.match(/\\d+/)[0]));"
        )
        self.assertEqual(ground < ink, dark)

    def test_rows_are_of_one_height_and_do_not_overlap(self):
        run = self.opened("hostile")
        self.press("ww")
        overlaps = run("""
            const boxes = [...document.querySelectorAll(".row")]
              .map(e => e.getBoundingClientRect());
            return boxes.slice(1).map((box, i) => box.top - boxes[i].bottom);
        """)
        heights = run("""
            const lines = [...document.querySelectorAll(".card p")];
            return lines.map(e => e.offsetHeight).filter(height => height);
        """)
        self.assertLen(set(heights), 1)
        self.assertNotEmpty(overlaps)
        self.assertGreater(min(overlaps), 5)

    def test_list_follows_the_width(self):
        run = self.opened("many")
        columns = "return Number(document.getElementById('list').ariaColCount)"
        before = run(columns)
        browser.resize(self.driver, *SIZES["phone"])
        self.wait(lambda: run(columns) == 2)
        self.assertGreater(before, 2)
        self.assertEmpty(browser.complaints(self.driver))


if __name__ == "__main__":
    absltest.main()
