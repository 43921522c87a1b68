"""The scripts of examples/ as pages, with what their cells print and draw.

Each is run whole, in a process of its own, when the site is made after the script or
the package has changed; what came out is kept in the cache. `LNL_SR_SHORT=1` in the
environment runs the short form.
"""

import hashlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
FOLDER = ROOT / "examples"
_RUNNER = pathlib.Path(__file__).with_name("run_cells.py")


def scripts():
    """The scripts of cells, by name."""
    return sorted(
        path
        for path in FOLDER.glob("*.py")
        if "\n# %%" in path.read_text("utf-8") and not path.name.startswith("test_")
    )


def page(script):
    """(Markdown, {name of a picture: its bytes in base64}) of a script."""
    pictures = {}
    lines = []
    found = cells(script.read_text("utf-8"))
    for (kind, text), said in zip(found, outputs(script), strict=True):
        if kind == "markdown":
            lines += [text, ""]
            continue
        lines += ["```python", text, "```", ""]
        if said["text"]:
            lines += ["```text", said["text"].rstrip("\n"), "```", ""]
        if said["html"]:
            lines += [f"<div>{said['html']}</div>", ""]
        for picture in said["pictures"]:
            name = f"{script.stem}_{len(pictures) + 1}.png"
            pictures[name] = picture
            lines += [f"![What the cell above draws]({name})", ""]
    return "\n".join(lines), pictures


def cells(text):
    """(kind, text) of each cell of a script in jupytext's percent format."""
    made = []
    for cell in text.split("\n# %%")[1:]:
        head, _, body = cell.partition("\n")
        if "[markdown]" in head:
            lines = [
                line.removeprefix("#").removeprefix(" ") for line in body.split("\n")
            ]
            made.append(("markdown", "\n".join(lines).strip()))
        elif body.strip():
            made.append(("code", body.strip("\n")))
    return made


def outputs(script):
    """What came out of each cell, from the cache or by running the script."""
    kept = _cache() / f"{script.stem}-{_digest(script)}.json"
    if not kept.is_file():
        kept.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory() as place:
            subprocess.run(
                [sys.executable, str(_RUNNER), str(script), str(kept)],
                cwd=place,
                check=True,
                env=os.environ | {"PYTHONPATH": _paths(), "MPLBACKEND": "agg"},
            )
    return json.loads(kept.read_text("utf-8"))


def _paths():
    return os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])


def _cache():
    base = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
    return pathlib.Path(base) / "lnl_sr_tf" / "site"


def _digest(script):
    """Of the script, the package, and whether the form is short."""
    made = hashlib.sha256(os.environ.get("LNL_SR_SHORT", "").encode())
    for path in [script, _RUNNER, *sorted((ROOT / "lnl_sr_tf").rglob("*.py"))]:
        made.update(path.read_bytes())
    return made.hexdigest()[:16]
