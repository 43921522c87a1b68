"""What people install: every package and every recipe, from any folder."""

import configparser
import pathlib
import subprocess
import sys
import tempfile
import zipfile

from absl.testing import absltest

ROOT = pathlib.Path(__file__).resolve().parent.parent


def setup_cfg():
    parser = configparser.ConfigParser()
    parser.read(ROOT / "setup.cfg", encoding="utf-8")
    return parser


class PackagingTest(absltest.TestCase):
    def folder(self):
        held = tempfile.TemporaryDirectory()
        self.addCleanup(held.cleanup)
        return held.name

    def test_every_package_is_listed(self):
        found = {
            ".".join(path.parent.relative_to(ROOT).parts)
            for path in (ROOT / "lnl_sr_tf").rglob("__init__.py")
        }
        listed = set(setup_cfg()["options"]["packages"].split())
        self.assertEqual(listed, found | {"lnl_sr_tf.flags"})

    def test_wheel_holds_code_and_recipes(self):
        folder = self.folder()
        source = pathlib.Path(folder) / "source"
        # A copy: building leaves files beside the sources.
        names = ("lnl_sr_tf", "flags", "setup.cfg", "pyproject.toml", "README.md")
        source.mkdir()
        subprocess.run(
            ["cp", "-r", *(str(ROOT / name) for name in (*names, "LICENSE")), source],
            check=True,
        )
        code = (
            "import sys, setuptools; sys.argv[1:] = ['-q', 'bdist_wheel', '-d', '..']"
        )
        subprocess.run(
            [sys.executable, "-c", f"{code}; setuptools.setup()"],
            cwd=source,
            check=True,
            capture_output=True,
        )
        (wheel,) = pathlib.Path(folder).glob("*.whl")
        with zipfile.ZipFile(wheel) as archive:
            held = set(archive.namelist())
        recipes = [path for path in (ROOT / "flags").rglob("*") if path.is_file()]
        self.assertNotEmpty(recipes)
        for path in recipes:
            self.assertIn(f"lnl_sr_tf/{path.relative_to(ROOT)}", held)
        for name in (
            "analysis/paper.csv",
            "reporting/templates/report.html",
            "reporting/templates/sort.js",
            "py.typed",
        ):
            self.assertIn(f"lnl_sr_tf/{name}", held)
        for path in (ROOT / "lnl_sr_tf").rglob("*.py"):
            self.assertIn(str(path.relative_to(ROOT)), held)

    def test_recipes_are_found_beside_an_installed_package(self):
        """As in a wheel, where flags/ lies inside the package."""
        folder = pathlib.Path(self.folder())
        subprocess.run(["cp", "-r", str(ROOT / "lnl_sr_tf"), str(folder)], check=True)
        subprocess.run(
            ["cp", "-r", str(ROOT / "flags"), str(folder / "lnl_sr_tf")], check=True
        )
        code = (
            "from lnl_sr_tf import config; "
            "print(config.resolve({'dataset': 'mnist'}).model)"
        )
        done = subprocess.run(
            [sys.executable, "-c", code],
            cwd=folder,
            check=True,
            capture_output=True,
            text=True,
        )
        self.assertEqual(done.stdout.strip(), "cnn_mnist")


if __name__ == "__main__":
    absltest.main()
