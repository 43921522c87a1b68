"""What people install: every package and every recipe, from any folder."""

import configparser
import pathlib
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile

import tensorflow as tf
from absl.testing import absltest

import lnl_sr_tf

ROOT = pathlib.Path(__file__).resolve().parent.parent


def setup_cfg():
    parser = configparser.ConfigParser()
    parser.read(ROOT / "setup.cfg", encoding="utf-8")
    return parser


def ignored(folder, names):
    """Those that git does not keep, for shutil.copytree."""
    lines = (ROOT / ".gitignore").read_text("utf-8").split()
    at_root = {".git", *(line[1:-1] for line in lines if line.startswith("/"))}
    anywhere = [line.rstrip("/") for line in lines if not line.startswith("/")]
    found = shutil.ignore_patterns(*anywhere)(folder, names)
    return found | at_root if pathlib.Path(folder) == ROOT else found


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

    def build(self, kind, source, target):
        """The archive that setuptools makes of a folder."""
        code = f"import sys, setuptools; sys.argv[1:] = ['-q', {kind!r}, '-d', '..']"
        subprocess.run(
            [sys.executable, "-c", f"{code}; setuptools.setup()"],
            cwd=source,
            check=True,
            capture_output=True,
        )
        (archive,) = pathlib.Path(source).parent.glob(target)
        return archive

    def test_source_archive_holds_all_and_the_wheel_made_of_it_code_and_recipes(self):
        folder = pathlib.Path(self.folder())
        # A copy: building leaves files beside the sources.
        source = shutil.copytree(ROOT, folder / "source", ignore=ignored)
        kept = {
            str(path.relative_to(source))
            for path in source.rglob("*")
            if path.is_file()
        }
        self.assertIn("tests/test_packaging.py", kept)
        with tarfile.open(self.build("sdist", source, "*.tar.gz")) as archive:
            held = {name.partition("/")[2] for name in archive.getnames()}
            archive.extractall(folder / "unpacked", filter="data")
        self.assertEmpty(kept - held)

        (source,) = (folder / "unpacked").iterdir()
        with zipfile.ZipFile(self.build("bdist_wheel", source, "*.whl")) as archive:
            held = set(archive.namelist())
        code = {name for name in kept if name.startswith("lnl_sr_tf/")}
        recipes = {f"lnl_sr_tf/{name}" for name in kept if name.startswith("flags/")}
        self.assertNotEmpty(recipes)
        self.assertEmpty((code | recipes) - held)
        self.assertEqual(
            {name.partition("/")[0] for name in held - code - recipes},
            {f"lnl_sr_tf-{lnl_sr_tf.__version__}.dist-info"},
        )

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


class VersionTest(absltest.TestCase):
    def test_is_the_same_wherever_it_is_written(self):
        version = re.escape(lnl_sr_tf.__version__)
        citation = (ROOT / "CITATION.cff").read_text("utf-8")
        self.assertRegex(citation, rf"(?m)^version: {version}$")
        changes = (ROOT / "CHANGELOG.md").read_text("utf-8")
        (first, *_) = re.findall(r"^## (\S+)", changes, re.MULTILINE)
        self.assertEqual(first, lnl_sr_tf.__version__)

    def test_pythons_are_those_that_the_workflow_tests(self):
        classifiers = setup_cfg()["metadata"]["classifiers"]
        claimed = re.findall(r":: (3\.\d+)$", classifiers, re.MULTILINE)
        workflow = (ROOT / ".github" / "workflows" / "checks.yml").read_text("utf-8")
        (tested,) = re.findall(r"python: \[(.*)\]", workflow)
        self.assertEqual(re.findall(r'"(.*?)"', tested), claimed)
        self.assertEqual(setup_cfg()["options"]["python_requires"], f">={claimed[0]}")


class PackagePageTest(tf.test.TestCase):
    """PACKAGE.md, which the index shows: there is nothing beside it."""

    def setUp(self):
        super().setUp()
        self.page = (ROOT / "PACKAGE.md").read_text("utf-8")

    def test_links_and_pictures_are_whole_addresses(self):
        self.assertEqual(
            setup_cfg()["metadata"]["long_description"], "file: PACKAGE.md"
        )
        links = re.findall(r"\]\(([^)]*)\)|(?:src|href)=\S+", self.page)
        self.assertNotEmpty(links)
        for link in links:
            self.assertStartsWith(link, "https://")

    def test_table_is_that_of_the_readme(self):
        rows = re.findall(r"^ +digits .*$", self.page, re.MULTILINE)
        self.assertLen(rows, 2)
        for row in rows:
            self.assertIn(row.strip(), (ROOT / "README.md").read_text("utf-8"))

    def test_python(self):
        (code,) = re.findall(r"```python\n(.*?)```", self.page, re.DOTALL)
        short = code.replace("epochs=60", "epochs=1, verbose=0")
        self.assertNotEqual(short, code)
        names = {}
        exec(compile(short, "PACKAGE.md", "exec"), names)
        self.assertIsNotNone(names["loss"].adaptive)
        self.assertLen(names["found"].given, len(names["data"].given_labels))


if __name__ == "__main__":
    absltest.main()
