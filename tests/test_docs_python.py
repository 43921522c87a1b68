"""Python in README.md and docs/: names that exist, and whole programs that run.

A program is a block that imports what it uses. It runs in short form, with an epoch.
"""

import ast
import contextlib
import importlib
import pathlib
import re
import shutil
from unittest import mock

import tensorflow as tf
from absl.testing import parameterized
from helpers import docs_text

import lnl_sr_tf as lnl
from lnl_sr_tf.tuning import search

# Each path that a page has of ours, such as `lnl.losses.get`.
_NAME = re.compile(r"\b(?:lnl|lnl_sr_tf)(?:\.[A-Za-z_]\w*)+")
_EPOCHS = re.compile(r"\b(epochs=|epochs\": )\d+")
# What a run has left, and is not here.
_LOADS = re.compile(r"load_model\(|saved_model\.load\(|Interpreter\(|Session\(")
_ENDS = ("csv", "md", "py", "toml")  # of files


def pages():
    return [(str(path.relative_to(docs_text.ROOT)), path) for path in docs_text.PAGES]


def programs():
    """(page, code) of each whole program; those of a page are one, in their order."""
    made = {}
    for path in docs_text.PAGES:
        for language, code in docs_text.blocks(path.read_text("utf-8")):
            whole = re.match(r"(import|from) \w", code) and not _LOADS.search(code)
            if language in ("", "python") and whole:
                made.setdefault(str(path.relative_to(docs_text.ROOT)), []).append(code)
    # These run whole in tests of their own.
    own = ("README.md", "docs/python.md", "docs/theory.md", "docs/examples/")
    return [
        (page, "\n".join(codes))
        for page, codes in made.items()
        if not page.startswith(own)
    ]


class DocsPythonTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.named_parameters(*pages())
    def test_names_exist(self, path):
        names = sorted(set(_NAME.findall(path.read_text("utf-8"))))
        self.assertEmpty([name for name in names if not exists(name)])

    @parameterized.named_parameters(*pages())
    def test_is_python(self, path):
        for language, code in docs_text.blocks(path.read_text("utf-8")):
            if language == "python":
                ast.parse(code)

    @parameterized.named_parameters(*programs())
    def test_runs(self, code):
        place = pathlib.Path(self.get_temp_dir()) / "docs_python"
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir()
        short = _EPOCHS.sub(r"\g<1>1", code)
        # tests/tuning trains trials.
        with contextlib.chdir(place), mock.patch.object(search, "run"):
            exec(compile(short, "docs", "exec"), {"__name__": "__main__"})


def exists(name):
    """Whether there is something of ours by this name, or it is that of a file."""
    _, *parts = name.split(".")
    thing = lnl
    for part in parts:
        if not hasattr(thing, part):
            with contextlib.suppress(ImportError):
                importlib.import_module(f"{thing.__name__}.{part}")
        if not hasattr(thing, part):
            return parts[-1] in _ENDS
        thing = getattr(thing, part)
    return True


if __name__ == "__main__":
    tf.test.main()
