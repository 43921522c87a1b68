"""Makes docs/examples/*.md, with what they print and draw, of the scripts of examples/.

    pip install -e ".[examples]"
    python docs/example_pages.py [NAME ...]

Each script is executed in full, as a notebook; that takes half a minute to two minutes.
Without names all are done.
"""

import os
import pathlib
import re
import shutil
import sys
import tempfile

import jupytext
from nbconvert import MarkdownExporter
from nbconvert.preprocessors import ExecutePreprocessor

ROOT = pathlib.Path(__file__).resolve().parent.parent
SCRIPTS = ROOT / "examples"
PAGES = ROOT / "docs" / "examples"
# Of libraries that start, of no use to a reader.
_NOISE = re.compile(r"^(WARNING: All log|[IWE]0000 |To enable the following)")


def executed(script):
    """A script as a notebook, with its outputs."""
    notebook = jupytext.read(script)
    with tempfile.TemporaryDirectory() as place:
        run = ExecutePreprocessor(timeout=1200, kernel_name="python3")
        run.preprocess(notebook, {"metadata": {"path": place}})
    for cell in notebook.cells:
        outputs = cell.get("outputs", [])
        cell["outputs"] = [o for o in outputs if o.get("name") != "stderr"]
        for output in cell["outputs"]:
            if "text" in output:
                lines = output["text"].splitlines(keepends=True)
                kept = [line for line in lines if not _NOISE.match(line)]
                # Folders that were made for this run.
                output["text"] = re.sub(r"/tmp/tmp\w+/", "", "".join(kept))
            # A page shows text and pictures; HTML of objects is for notebooks.
            output.get("data", {}).pop("text/html", None)
    return notebook


def write(script):
    """The page of a script, and its pictures."""
    text, resources = MarkdownExporter().from_notebook_node(executed(script))
    for old in PAGES.glob(f"{script.stem}_*.png"):
        old.unlink()
    for name, content in resources["outputs"].items():
        own = name.replace("output", script.stem, 1)
        (PAGES / own).write_bytes(content)
        text = text.replace(f"![png]({name})", f"![What is drawn]({own})")
    source = f"[examples/{script.name}](../../examples/{script.name})"
    title, _, rest = text.strip().partition("\n")
    page = f"{title}\n\nThis page is {source}, executed.\n{rest}\n"
    (PAGES / f"{script.stem}.md").write_text(page, "utf-8")


def main(names):
    """Make the pages of scripts, by name without suffix."""
    known = [path.stem for path in SCRIPTS.glob("*.py")]
    if unknown := sorted(set(names) - set(known)):
        sys.exit(f"no such example: {', '.join(unknown)}; expected some of {known}")
    PAGES.mkdir(exist_ok=True)
    os.environ["PYTHONPATH"] = os.pathsep.join([str(ROOT), *sys.path[1:]])
    for script in sorted(SCRIPTS.glob("*.py")):
        if not script.stem.startswith("test_") and (not names or script.stem in names):
            print(script.stem, flush=True)
            write(script)


if __name__ == "__main__":
    if shutil.which("lnl-sr") is None:
        print("note: the package is not installed; its checkout is used")
    main(sys.argv[1:])
