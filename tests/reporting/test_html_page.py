"""A page holds what it is given, escaped, and needs nothing from elsewhere."""

import base64
import hashlib
import html.parser
import os
import pathlib
import re
import struct
import tempfile
import zlib
from unittest import mock

from absl.testing import absltest, parameterized
from helpers.colours import luminance

from lnl_sr_tf.errors import RunError
from lnl_sr_tf.reporting import html_page as page

TEMPLATE = pathlib.Path(page.__file__).parent / "templates" / "report.html"
VOID = {"br", "col", "hr", "img", "input", "link", "meta", "wbr"}


def png(width, height):
    """A black PNG."""

    def chunk(kind, data):
        check = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + check

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = zlib.compress(bytes((width + 1) * height))
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", rows)
        + chunk(b"IEND", b"")
    )


class Element:
    def __init__(self, name, attributes, parent):
        self.name, self.attributes, self.parent = name, dict(attributes), parent
        self.children = []

    def all(self, name):
        """The elements of that name beneath this one, in the order of the page."""
        found = []
        for child in self.children:
            if isinstance(child, Element):
                found += [child] * (child.name == name) + child.all(name)
        return found

    def one(self, name):
        (element,) = self.all(name)
        return element

    @property
    def text(self):
        return "".join(getattr(child, "text", child) for child in self.children)


class Tree(html.parser.HTMLParser):
    """Elements of a page whose every tag is closed where it should be."""

    def __init__(self, text):
        super().__init__()
        self.root = self.at = Element("", (), None)
        self.feed(text)
        self.close()
        if self.at is not self.root:
            raise AssertionError(f"<{self.at.name}> is left open")

    def handle_starttag(self, tag, attrs):
        if len(dict(attrs)) < len(attrs):
            raise AssertionError(f"<{tag}> has an attribute twice: {attrs}")
        element = Element(tag, attrs, self.at)
        self.at.children.append(element)
        if tag not in VOID:
            self.at = element

    def handle_endtag(self, tag):
        if tag != self.at.name:
            raise AssertionError(f"</{tag}> closes <{self.at.name}>")
        self.at = self.at.parent

    def handle_data(self, data):
        self.at.children.append(data)


class PageTest(absltest.TestCase):
    def setUp(self):
        super().setUp()
        held = tempfile.TemporaryDirectory()
        self.addCleanup(held.cleanup)
        self.folder = pathlib.Path(held.name)
        self.path = self.folder / "report.html"

    def picture(self, *size, **kwargs):
        path = self.folder / "figure.png"
        path.write_bytes(png(*size))
        return page.Picture(path, **({"alt": "a figure"} | kwargs))

    def written(self, *blocks, title="Results"):
        """The elements of a page with one section."""
        page.write(self.path, "A page", [page.Section(title, blocks)])
        return Tree(self.path.read_text("utf-8")).root

    def everything(self):
        return [
            page.Section("Words", [page.Text("one\n\ntwo")]),
            page.Section(
                "Blocks",
                [
                    page.Facts({"dataset": "mnist", "data": "https://example.org/x"}),
                    page.Table(("loss", "0.2"), [("ce", 75), ("gce", 98)], "Accuracy"),
                    self.picture(7, 5, caption="Drawn."),
                    page.Fold("More", [page.Fold("Deeper", [page.Facts({"p": 0.1})])]),
                ],
            ),
            page.Section("Nothing", []),
        ]

    def test_blocks_are_there_in_order(self):
        page.write(self.path, "A page", self.everything(), made="by hand")
        root = Tree(self.path.read_text("utf-8")).root
        self.assertEqual(root.one("html").attributes["lang"], "en")
        self.assertEqual(root.one("title").text, "A page")
        self.assertEqual(root.one("h1").text, "A page")
        self.assertIn("by hand", root.one("header").text)
        main = root.one("main")
        self.assertEqual([p.text for p in main.all("p")], ["one", "two"])
        self.assertEqual([dt.text for dt in main.all("dt")], ["dataset", "data", "p"])
        self.assertEqual([dd.text for dd in main.all("dd")][::2], ["mnist", "0.1"])
        self.assertEqual([s.text for s in main.all("summary")], ["More", "Deeper"])
        self.assertLen(main.all("details")[0].all("details"), 1)
        self.assertEqual(main.one("figcaption").text, "Drawn.")
        self.assertEqual(main.one("caption").text, "Accuracy")

    def test_warnings_stand_out(self):
        root = self.written(page.Text("plain"), page.Text("one\n\ntwo", warning=True))
        found = {p.text: p.attributes.get("class") for p in root.one("main").all("p")}
        self.assertEqual(found, {"plain": None, "one": "warning", "two": "warning"})

    def test_each_link_has_its_anchor(self):
        titles = ("A & B", "a b", "a-b", "λ = 4", "?", "!")
        sections = [page.Section(title, []) for title in titles]
        sections.append(page.Section("Named", [], anchor="here"))
        page.write(self.path, "A page", sections)
        root = Tree(self.path.read_text("utf-8")).root
        links = [a.attributes["href"] for a in root.one("nav").all("a")]
        self.assertEqual(
            links,
            ["#a-b", "#a-b-2", "#a-b-3", "#λ-4", "#section", "#section-2", "#here"],
        )
        headings = root.one("main").all("h2")
        self.assertEqual(links, [f"#{h.attributes['id']}" for h in headings])
        self.assertEqual([h.text for h in headings], [*titles, "Named"])
        for section in root.all("section"):
            label = section.attributes["aria-labelledby"]
            self.assertEqual(label, section.one("h2").attributes["id"])

    def test_data_is_escaped(self):
        evil = '"><script>alert(1)</script><b \'onerror="x" &amp;'
        root = self.written(
            page.Text(evil),
            page.Facts({evil: evil}),
            page.Table((evil, evil), [(evil, evil)], evil, {(0, 1)}, evil),
            self.picture(2, 2, alt=evil, caption=evil),
            page.Fold(evil, []),
            title=evil,
        )
        self.assertEmpty(root.all("script") + root.all("b"))
        self.assertEqual(root.one("img").attributes["alt"], evil)
        for name in ("h2", "dt", "dd", "td", "caption", "figcaption", "summary"):
            self.assertEqual(root.one(name).text, evil, name)
        self.assertEqual(root.one("nav").one("a").text, evil)

    def test_heat_map(self):
        root = self.written(
            page.HeatMap(("cat", "<b>"), [[0.96, 0.04], [0.004, 0.55]], "Ann", "says")
        )
        self.assertEqual([th.text for th in root.all("th")],
                         ["says", "cat", "<b>", "cat", "<b>"])  # fmt: skip
        cells = [(td.attributes["class"], td.text) for td in root.all("td")]
        self.assertEqual(
            cells, [("s10", "0.96"), ("s0", "0.04"), ("s0", ""), ("s6", "0.55")]
        )
        self.assertEqual(root.one("caption").text, "Ann")

    def test_nothing_from_elsewhere(self):
        page.write(self.path, "A page", self.everything())
        text = self.path.read_text("utf-8")
        self.assertIn("https://example.org/x", text)  # as words
        self.assertNotRegex(
            text, r"(?i)(src|href|action|srcset)\s*=\s*.?\s*(https?:)?//"
        )
        self.assertNotRegex(text, r"(?i)@import|@font-face|url\(|<script|<iframe")
        root = Tree(text).root
        found = [root]
        for element in found:
            found += [c for c in element.children if isinstance(c, Element)]
            for name, value in element.attributes.items():
                if name in ("src", "href"):
                    self.assertRegex(value, r"^(#|data:)")
                self.assertFalse(name == "style" or name.startswith("on"), name)

    def test_policy_allows_this_style_alone(self):
        root = self.written()
        policies = [
            meta.attributes["content"]
            for meta in root.all("meta")
            if meta.attributes.get("http-equiv") == "Content-Security-Policy"
        ]
        self.assertLen(policies, 1)
        digest = hashlib.sha256(root.one("style").text.encode()).digest()
        self.assertEqual(
            policies[0].split("; "),
            [
                "default-src 'none'",
                "img-src data:",
                f"style-src 'sha256-{base64.b64encode(digest).decode()}'",
                "base-uri 'none'",
                "form-action 'none'",
            ],
        )

    def test_a_script_is_there_for_tables_that_sort_alone(self):
        table = page.Table(("loss", "last"), [("ce", "1"), ("gce", "2")], sorts=True)
        root = self.written(page.Fold("more", [table]))
        script = root.one("script").text
        self.assertNotRegex(script, r"innerHTML|document\.write|eval|https?:")
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        (policy,) = (
            meta.attributes["content"].split("; ")
            for meta in root.all("meta")
            if meta.attributes.get("http-equiv")
        )
        self.assertIn(f"script-src 'sha256-{digest}'", policy)
        self.assertIn("require-trusted-types-for 'script'", policy)
        self.assertIn("default-src 'none'", policy)
        # Without the script it is a table as any other.
        self.assertEqual([th.text for th in root.all("th")][:2], ["loss", "last"])
        self.assertEmpty(root.all("button"))
        plain = page.Table(("loss", "last"), [("ce", "1")])
        self.assertEmpty(self.written(plain).all("script"))

    def test_links_to_files_go_by_how_they_lie(self):
        run = self.folder / "a run: <1>"
        link = page.Link.to_file("audit <page>", run / "audit.html", self.path)
        table = page.Table(
            ("run", "audit"), [("1", link), ("2", (link, link)), ("3", "")]
        )
        root = self.written(table, page.Facts({"audit": link}))
        links = root.one("main").all("a")
        self.assertLen(links, 4)
        for a in links:
            self.assertEqual(a.attributes["href"], "a%20run%3A%20%3C1%3E/audit.html")
            self.assertEqual(a.text, "audit <page>")
        self.assertEqual([td.text for td in root.all("td")][1:],
                         ["audit <page>, audit <page>", ""])  # fmt: skip
        self.assertEqual(root.one("dd").text, "audit <page>")
        other = self.folder / "elsewhere" / "report.html"
        self.assertStartsWith(
            page.Link.to_file("audit", run / "audit.html", other).target, "../a%20run"
        )
        name = os.fsdecode(b"caf\xe9")
        self.assertEqual(
            page.Link.to_file("a", self.folder / name, self.path).target, "caf%E9"
        )

    def test_links_that_lead_elsewhere_are_refused(self):
        for target in (
            "javascript:alert(1)", "https://example.org", "//example.org/x", "/etc", "",
            "data:text/html,x", "\\\\host\\x", "a\nb", "#a b",
        ):  # fmt: skip
            with self.assertRaisesRegex(ValueError, "`target` must be an anchor or"):
                page.Link("words", target)

    def test_picture_is_held_byte_for_byte(self):
        picture = self.picture(7, 5)
        attributes = self.written(picture).one("img").attributes
        kind, content = attributes["src"].split(",")
        self.assertEqual(kind, "data:image/png;base64")
        self.assertEqual(base64.b64decode(content), picture.path.read_bytes())
        self.assertEqual((attributes["width"], attributes["height"]), ("7", "5"))

    def test_pictures_that_cannot_be_shown(self):
        picture = self.picture(7, 5)
        whole = picture.path.read_bytes()
        for content in (b"", whole[:-1], b"GIF89a" + whole[6:]):
            picture.path.write_bytes(content)
            with self.assertRaisesRegex(
                RunError, r"figure\.png is not a complete PNG$"
            ):
                self.written(picture)
        picture.path.unlink()
        with self.assertRaisesRegex(RunError, r"cannot read .*figure\.png: No such"):
            self.written(picture)
        self.assertEmpty(list(self.folder.iterdir()))

    def test_table(self):
        rows = [
            ("ce", "75.40 ± 0.20", "3", "sgd"),
            ("gce", "98.61 ± 0.13", "", "1 and 2"),
            ("mae", "–", "n/a", ""),
        ]
        table = page.Table(
            ("loss", "0.2", "seeds", "how"),
            rows,
            strong={(1, 1), (2, 0)},
            note="Seeds.",
        )
        root = self.written(table)
        head, *body = root.one("table").all("tr")
        self.assertEqual([th.text for th in head.all("th")], list(table.header))
        for th in head.all("th"):
            self.assertEqual(th.attributes["scope"], "col")
        for line, row in zip(body, rows, strict=True):
            self.assertEqual(line.one("th").text, row[0])
            self.assertEqual(line.one("th").attributes["scope"], "row")
            self.assertEqual([td.text for td in line.all("td")], list(row[1:]))
            numbers = [td.attributes.get("class") for td in line.all("td")]
            self.assertEqual(numbers, ["number", "number", None])
        strong = [element.text for element in root.all("strong")]
        self.assertEqual(strong, ["98.61 ± 0.13", "mae"])
        self.assertEqual(root.one("main").one("p").text, "Seeds.")
        self.assertEmpty(root.all("caption"))

    def test_table_without_rows_and_with_uneven_ones(self):
        self.assertLen(self.written(page.Table(("a", "b"), [])).all("tr"), 1)
        with self.assertRaisesRegex(ValueError, "2 cells each.*Received: a row of 1"):
            page.Table(("a", "b"), [("1", "2"), ("1",)])

    def test_same_bytes(self):
        sections = self.everything()
        page.write(self.path, "A page", sections)
        first = self.path.read_bytes()
        page.write(self.path, "A page", sections)
        self.assertEqual(self.path.read_bytes(), first)
        self.assertNotIn(b"\r", first)
        names = sorted(path.name for path in self.folder.iterdir())
        self.assertEqual(names, ["figure.png", "report.html"])

    def test_names_that_are_no_unicode(self):
        self.written(page.Text(os.fsdecode(b"caf\xe9")))
        self.assertIn(b"<p>caf?</p>", self.path.read_bytes())

    def test_places_that_cannot_be_written(self):
        self.written(page.Text("the old page"))
        old = self.path.read_bytes()
        full = OSError(28, "No space left on device")
        with (
            mock.patch("os.fsync", side_effect=full),
            self.assertRaises(RunError) as caught,
        ):
            self.written(page.Text("the new page"))
        self.assertEqual(
            str(caught.exception), f"cannot write {self.path}: No space left on device"
        )
        self.assertEqual(self.path.read_bytes(), old)
        self.assertEqual(list(self.folder.iterdir()), [self.path])

        with self.assertRaisesRegex(RunError, "^cannot write .*: No such file"):
            page.write(self.folder / "none" / "x.html", "A page", [])
        taken = self.folder / "folder.html"
        taken.mkdir()
        with self.assertRaisesRegex(RunError, "^cannot write .*folder.html: Is a dir"):
            page.write(taken, "A page", [])
        self.assertCountEqual(self.folder.iterdir(), [self.path, taken])


class ColoursTest(parameterized.TestCase):
    @parameterized.parameters("light", "dark", "print")
    def test_contrast(self, scheme):
        text = TEMPLATE.read_text("utf-8")
        rules = re.findall(r":root \{(.*?)\}", text, re.DOTALL)
        rule = rules[("light", "dark", "print").index(scheme)]
        colours = dict(re.findall(r"--(\w+): (#\w{6});", rule))
        for ink in ("ink", "muted", "link"):
            for ground in ("ground", "panel"):
                high, low = sorted(
                    (luminance(colours[ink]), luminance(colours[ground])), reverse=True
                )
                self.assertGreaterEqual(
                    (high + 0.05) / (low + 0.05), 4.5, f"{ink} on {ground}"
                )

    @parameterized.parameters("light", "dark", "print")
    def test_shades_of_a_heat_map(self, scheme):
        """Each is darker than the one before, in the dark lighter, and can be read."""
        text = TEMPLATE.read_text("utf-8")
        rules = re.findall(r":root \{(.*?)\}", text, re.DOTALL)
        rule = rules[("light", "dark", "print").index(scheme)]
        colours = dict(re.findall(r"--(\w+): (#\w{6});", rule))
        shares = {
            int(step): int(share) / 100
            for step, share in re.findall(
                r"\.heat \.s(\d+) \{ .*color-mix\(in srgb, var\(--heat\) (\d+)%", text
            )
        } | {0: 0.0}
        self.assertCountEqual(shares, range(11))
        (inverted,) = re.findall(r"\.heat (\S+, .*) \{ color: var\(--ground\)", text)
        before = None
        for step, share in sorted(shares.items()):
            mixed = "#" + "".join(
                f"{round(share * heat + (1 - share) * ground):02x}"
                for heat, ground in zip(
                    bytes.fromhex(colours["heat"][1:]),
                    bytes.fromhex(colours["ground"][1:]),
                    strict=True,
                )
            )
            ink = "ground" if f".s{step}" in re.findall(r"\.s\d+", inverted) else "ink"
            high, low = sorted(
                (luminance(mixed), luminance(colours[ink])), reverse=True
            )
            self.assertGreaterEqual((high + 0.05) / (low + 0.05), 4.5, step)
            if before is not None:
                self.assertEqual(luminance(mixed) > before, scheme == "dark", step)
            before = luminance(mixed)


if __name__ == "__main__":
    absltest.main()
