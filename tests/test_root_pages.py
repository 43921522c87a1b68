"""The links of the pages for those who use, change or report lead somewhere."""

import pathlib
import re

from absl.testing import absltest, parameterized

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


if __name__ == "__main__":
    absltest.main()
