"""What README.md tells people to do works."""

import pathlib
import re

from absl.testing import absltest

from lnl_sr_tf import losses

ROOT = pathlib.Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text("utf-8")


class ReadmeTest(absltest.TestCase):
    def test_two_commands_word_for_word(self):
        lines = [line.strip() for line in README.splitlines()]
        self.assertIn("pip install -e . && python main.py", lines)
        self.assertIn('pip install -e ".[test]" && python -m pytest', lines)

    def test_python_example(self):
        (code,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
        names = {}
        exec(compile(code, "README.md", "exec"), names)
        # λ has come to its end, 4/p.
        self.assertAlmostEqual(float(names["loss"].weight), 40, 4)
        self.assertGreater(names["results"]["accuracy"], 0.95)

    def test_all_losses_are_named(self):
        page = (ROOT / "docs" / "command_line.md").read_text("utf-8")
        row = next(line for line in page.splitlines() if line.startswith("| `--loss`"))
        for name in losses.names():
            self.assertIn(f"`{name.removesuffix('_sr')}`", row)


if __name__ == "__main__":
    absltest.main()
