"""The docs say what the code does, and their links lead somewhere."""

import importlib.util
import pathlib
import re
import shlex
import tempfile

from absl.testing import absltest, parameterized

from lnl_sr_tf import cli, commands, config
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
        for link in re.findall(r"\]\(([^)#]+)\)", path.read_text("utf-8")):
            if "://" not in link:
                self.assertTrue((path.parent / link).exists(), f"{page}: {link}")

    @parameterized.parameters(*(str(page.relative_to(ROOT)) for page in PAGES))
    def test_commands_settle(self, page):
        text = (ROOT / page).read_text("utf-8")
        for command in re.findall(r"^    python main.py (--.*)$", text, re.MULTILINE):
            settings = dict(part[2:].split("=", 1) for part in shlex.split(command))
            # These are of what another command leaves.
            settings.pop("flagfile", None)
            if "rate_estimate" in settings:
                settings["rate_estimate"] = self._audit()
            settings |= {
                k: settings[k].split(",") for k in config.AXES if k in settings
            }
            self.assertNotEmpty(config.grid(settings))

    def _audit(self):
        """The path of an audit.json."""
        path = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        path /= "audit.json"
        path.write_text('{"noise_rate": 0.2}', "utf-8")
        return str(path)

    @parameterized.parameters(*(str(page.relative_to(ROOT)) for page in PAGES))
    def test_other_commands_are_understood(self, page):
        text = (ROOT / page).read_text("utf-8")
        for line in re.findall(r"^    lnl-sr (.*)$", text, re.MULTILINE):
            command, arguments = cli._command(shlex.split(line))
            module = commands.load(command or commands.NAMES[0])
            request = cli._request("lnl-sr", arguments, module)
            if command in ("table", "figure") and request.arguments[0].isdigit():
                made = config.published.configs(
                    f"{command}s", request.arguments[0], request.settings
                )
                self.assertNotEmpty(made)


if __name__ == "__main__":
    absltest.main()
