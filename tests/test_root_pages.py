"""Pages beside README.md: their links lead somewhere, their commands are understood."""

import pathlib
import re
import shlex

from absl.testing import absltest, parameterized

from lnl_sr_tf import cli, commands, config

ROOT = pathlib.Path(__file__).resolve().parent.parent
PAGES = ("CHANGELOG.md", "CODE_OF_CONDUCT.md", "CONTRIBUTING.md", "SECURITY.md")


def anchors(text):
    """Of the headings of a page, as code hosts make them."""
    for heading in re.findall(r"^#+ (.*)$", text, re.MULTILINE):
        yield re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


class RootPagesTest(parameterized.TestCase):
    @parameterized.parameters(*PAGES)
    def test_links(self, page):
        text = (ROOT / page).read_text("utf-8")
        links = re.findall(r"\]\(([^)]+)\)", text)
        for link in links:
            path, _, anchor = link.partition("#")
            self.assertTrue((ROOT / path).is_file(), link)
            if anchor:
                self.assertIn(anchor, [*anchors((ROOT / path).read_text("utf-8"))])

    @parameterized.parameters("CONTRIBUTING.md", "PACKAGE.md")
    def test_commands(self, page):
        text = (ROOT / page).read_text("utf-8")
        lines = re.findall(r"^    (?:lnl-sr|python main.py)(.*)$", text, re.MULTILINE)
        self.assertNotEmpty(lines)
        for line in lines:
            command, arguments = cli._command(shlex.split(line))
            module = commands.load(command or commands.NAMES[0])
            request = cli._request("lnl-sr", arguments, module)
            if module is commands.load(commands.NAMES[0]):
                self.assertNotEmpty(config.grid(request.settings))


if __name__ == "__main__":
    absltest.main()
