"""BUILD.md's table of rooms is that of the package, with the floors of its imports."""

import pathlib
import re

from absl.testing import absltest
from test_layering import FLOORS

ROOT = pathlib.Path(__file__).resolve().parent.parent
PAGE = (ROOT / "BUILD.md").read_text("utf-8")


def rooms():
    """(floor, room as it is written) of each row of the table."""
    table = PAGE.partition("## The rooms")[2].partition("\n\n`import lnl_sr_tf`")[0]
    for floor, names in re.findall(r"^\| (\d+) \| ([^|]+) \|", table, re.MULTILINE):
        for name in re.findall(r"`([^`]+)`", names):
            yield int(floor), name


class BuildPageTest(absltest.TestCase):
    def test_rooms_are_those_of_the_package(self):
        found = {
            path.name + ("/" if path.is_dir() else "")
            for path in (ROOT / "lnl_sr_tf").iterdir()
            if path.suffix == ".py" or (path / "__init__.py").is_file()
        }
        self.assertCountEqual([name for _, name in rooms()], found - {"__init__.py"})

    def test_floors_are_those_of_the_imports(self):
        written = {re.sub(r"/$|\.py$", "", name): floor for floor, name in rooms()}
        self.assertEqual(written, FLOORS)

    def test_files_that_are_named_are_there(self):
        """Those with a folder, beneath the package or the project."""
        named = set(re.findall(r"`((?:[\w.]+/)+[\w.]*)`", PAGE))
        named = {
            name for name in named if name.islower() and not name.startswith("../")
        }
        self.assertGreater(len(named), 40)
        for name in sorted(named):
            with self.subTest(name):
                places = [ROOT / name, ROOT / "lnl_sr_tf" / name, ROOT / "tests" / name]
                self.assertTrue(any(place.exists() for place in places))


if __name__ == "__main__":
    absltest.main()
