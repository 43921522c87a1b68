"""Run the cells of a script and write what comes out: run_cells.py SCRIPT JSON."""

import ast
import base64
import contextlib
import io
import json
import linecache
import pathlib
import sys

from examples import cells


def run(script, out):
    """Of each cell what it prints, its last value, and what it draws."""
    names, made = {"__name__": "__main__"}, []
    for number, (kind, text) in enumerate(cells(script.read_text("utf-8"))):
        made.append({"text": "", "html": "", "pictures": []})
        if kind == "code":
            _run_cell(text, f"<cell {number} of {script.name}>", names, made[-1])
    partial = out.with_suffix(".partial")
    partial.write_text(json.dumps(made), "utf-8")
    partial.rename(out)


def _run_cell(text, place, names, made):
    # What reads the source of functions, as TensorFlow does, finds it there.
    linecache.cache[place] = (len(text), None, text.splitlines(keepends=True), place)
    tree = ast.parse(text)
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(tree, place, "exec"), names)
        value = last and eval(compile(ast.Expression(last.value), place, "eval"), names)
    pictures = _drawn()
    if hasattr(value, "_repr_html_"):
        made["html"] = value._repr_html_()
    elif value is not None and not pictures:
        printed.write(repr(value))
    made["text"] = printed.getvalue()
    made["pictures"] = pictures


def _drawn():
    """The open figures as PNG in base64; none stays open."""
    if "matplotlib.pyplot" not in sys.modules:
        return []
    pyplot = sys.modules["matplotlib.pyplot"]
    made = []
    for number in pyplot.get_fignums():
        file = io.BytesIO()
        pyplot.figure(number).savefig(file, dpi=110, bbox_inches="tight")
        made.append(base64.b64encode(file.getvalue()).decode())
    pyplot.close("all")
    return made


if __name__ == "__main__":
    run(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]))
