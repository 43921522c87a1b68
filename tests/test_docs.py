"""The docs say what the code does, and their links lead somewhere."""

import importlib.util
import pathlib
import re
import tempfile

from absl.testing import absltest, parameterized

from lnl_sr_tf.loss_names import LOSSES
from lnl_sr_tf.runs.ledger import Ledger

ROOT = pathlib.Path(__file__).resolve().parent.parent
PAGES = sorted((ROOT / "docs").rglob("*.md"))


def script_of(name):
    """A script of docs/, as a module."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "docs" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def anchors(page):
    """Those that GitHub, and so the site, make of its headings."""
    text = re.sub(r"^```.*?^```$", "", page.read_text("utf-8"), flags=re.M | re.S)
    made = []
    for heading in re.findall(r"^#+ (.*)$", text, re.MULTILINE):
        anchor = re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        made.append(f"{anchor}-{made.count(anchor)}" if anchor in made else anchor)
    return made


class DocsTest(parameterized.TestCase):
    def test_table_is_that_of_the_code(self):
        script = script_of("loss_table")
        self.assertEqual(
            script.PAGE.read_text("utf-8"),
            script.page(),
            "docs/losses.md is out of date: run python docs/loss_table.py",
        )

    def test_results_are_those_of_the_ledger(self):
        script = script_of("results_tables")
        text = script.PAGE.read_text("utf-8")
        self.assertEqual(
            text,
            script.page(),
            "docs/results.md is out of date: run python docs/results_tables.py",
        )
        for run in Ledger.read(script.LEDGER).runs:
            self.assertIn(script.BEGIN.format(run.config()["dataset"]), text)

    def test_a_run_more_is_a_seed_more(self):
        """Each dataset apart, and of two runs of a seed the last."""
        script = script_of("results_tables")
        place = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        text = script.LEDGER.read_text("utf-8")
        (row,) = [line for line in text.splitlines() if "fl_sr-sym0.8-seed1" in line]
        self.assertIn(",1,50,,0.8902000188827515,", row)
        more = [
            row.replace(",1,50,,0.89", f",{seed},50,,0.{share}")
            for seed, share in ((3, 85), (3, 95), (2, 93))
        ]
        path = place / "ledger.csv"
        path.write_text("\n".join([text, *more, ""]), "utf-8")
        lines = script.table("mnist", Ledger.read(path).runs)
        (shown,) = [line for line in lines if "`fl_sr` | symmetric 0.8" in line]
        cells = shown.split(" | ")
        # Of 0.8902, 0.9302 and 0.9502.
        self.assertEqual(
            cells[2:6], ["1, 2, 3", "92.35 % ± 3.06", "97.00 ± 1.28", "−4.65"]
        )
        first, second = (len(text.splitlines()) + extra for extra in (3, 4))
        self.assertTrue(cells[-1].endswith(f"{first}, {second} |"), cells[-1])
        self.assertNotIn("cifar", "".join(lines))

    def test_every_loss_has_its_page(self):
        text = (ROOT / "docs" / "losses.md").read_text("utf-8")
        for name in LOSSES:
            (page,) = re.findall(rf"\[`{name}`\]\(([^)]+)\)", text)
            self.assertIn(f"`{name}`", (ROOT / "docs" / page).read_text("utf-8"))

    @parameterized.parameters(*(str(page.relative_to(ROOT)) for page in PAGES))
    def test_links(self, page):
        path = ROOT / page
        links = re.findall(r"\]\(([^)#\s]*)(?:#([^)\s]+))?\)", path.read_text("utf-8"))
        for link, anchor in links:
            if "://" in link or link.startswith("mailto:"):
                continue
            target = path.parent / link if link else path
            self.assertTrue(target.exists(), f"{page}: {link}")
            if anchor and target.suffix == ".md":
                self.assertIn(anchor, anchors(target), f"{page}: {link}")

    def test_every_page_is_on_the_site(self):
        """In the navigation of mkdocs.yml, once; and nothing there that is nowhere."""
        text = (ROOT / "mkdocs.yml").read_text("utf-8")
        nav = text.partition("\nnav:\n")[2].partition("\n\n")[0]
        named = re.findall(r"^ +- (?:.*: )?(\S+\.md)$", nav, re.MULTILINE)
        pages = [str(page.relative_to(ROOT / "docs")) for page in PAGES]
        self.assertCountEqual(named, pages)


if __name__ == "__main__":
    absltest.main()
