"""Review pages in Chromium, for tests of what a person does there."""

import csv
import dataclasses
import pathlib
import tempfile
import time

import numpy as np
from absl.testing import parameterized
from helpers import browser

from lnl_sr_tf.auditing import review_page
from lnl_sr_tf.auditing.shown_texts import ShownTexts
from lnl_sr_tf.auditing.yield_curve import yield_curve

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
# What is wider than the page, but for the boxes that scroll by themselves.
REACH_OUT = """
const wide = document.documentElement.clientWidth;
return [...document.querySelectorAll("body *")]
  .filter(e => !e.closest(".box, canvas, .card p") || e.matches(".box"))
  .filter(e => e.getBoundingClientRect().right > wide + 1)
  .map(e => e.outerHTML.slice(0, 80));
"""
# By probabilities that fall from one to nothing, of 300 labels.
CURVE = yield_curve(np.linspace(1, 0, 300), 0.45, 0.55)


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


def _pages():
    """What is on the pages that tests open, by name; made when it is asked for."""
    many = tuple(f"class {i}" for i in range(30))
    hostile = tuple(f"{HOSTILE[i % 3]}/{i}.png" for i in range(30))
    texts = np.array(TEXTS, object)
    rows = np.array([[text, ""] for text in TEXTS], object)
    notes = ("", "copy of #5 (bee)", HOSTILE[0], *[""] * 5)
    unknown = np.array([0.9, 0.1, *[np.nan] * 6])
    return {
        "curve": lambda: made_items(300),
        "many": lambda: made_items(5000, clean=True),
        "few": lambda: made_items(32),
        "hostile": lambda: made_items(30, HOSTILE, hostile),
        "classes": lambda: made_items(3000, many),
        "none": lambda: made_items(0),
        "texts": lambda: as_texts(texts),
        "rows": lambda: as_texts(rows, ("said", HOSTILE[1])),
        "noted": lambda: dataclasses.replace(made_items(8), notes=notes),
        "unknown": lambda: dataclasses.replace(made_items(8), probability=unknown),
    }


class PageInBrowserTest(parameterized.TestCase):
    """A browser, pages for it, and what a person does there."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.folder = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        cls.downloads = cls.folder / "downloads"
        cls.downloads.mkdir()
        cls.driver = cls.enterClassContext(browser.chromium(cls.downloads))

    def address(self, name):
        """Where a page is, written the first time that it is asked for."""
        path = self.folder / f"{name} & more.html"
        if not path.exists():
            items = _pages()[name]()
            size = len(items.class_names)
            matrix = np.arange(size * size).reshape(size, size) + 0.4
            title = HOSTILE[0] if name == "hostile" else "Which labels are wrong"
            curve = CURVE if name == "curve" else None
            facts = [("Noise rate", "0.41")]
            review_page.write(path, title, items, matrix, facts, curve)
        return path.as_uri()

    def opened(self, name="few", size="desk", dark=False):
        """A page without marks."""
        browser.resize(self.driver, *SIZES[size], dark)
        self.driver.get(self.address(name))
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
