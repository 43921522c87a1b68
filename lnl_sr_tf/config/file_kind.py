"""What the examples in a file are, from its first bytes: the standard library alone."""

import ast
import csv
import os
import re
import zipfile
import zlib

IMAGES, FEATURES, TEXT, TABLE = "images", "features", "text", "table"
# Columns of a .csv, and the names that they may have; docs/data.md lists them, too.
COLUMNS = {
    "file": ("file", "filename", "file_name", "path", "filepath", "image"),
    "text": ("text",),
    "label": ("label", "class", "given_label", "noisy_label"),
    "split": ("split", "set", "subset"),
    "clean_label": ("clean_label", "true_label", "clean"),
}
# The words in the name of an array of examples.
_EXAMPLES = {"x", "image", "images"}
_OF_SPLITS = {
    "train", "training", "trainval", "validation", "valid", "val", "dev", "test",
    "testing", "eval", "evaluation",
}  # fmt: skip
_MOST = 2**16  # characters of a header


def kind_of_file(path: str) -> str:
    """`"images"`, `"features"`, `"text"` or `"table"`.

    An .npz is of features where its first array of examples has two dimensions; a .csv
    of text where its header has a column text, of images where it has one of files, and
    a table where it has neither, and a label; a .jsonl is of text. Whatever cannot be
    read is taken for one of images, for its reader to say what is wrong.

    Args:
        path: of the file.
    """
    path = os.path.expanduser(path)
    ending = os.path.splitext(path)[1].lower()
    try:
        if ending == ".npz":
            return FEATURES if _has_rows(path) else IMAGES
        if ending == ".csv":
            return _of_header(path)
    except (OSError, EOFError, ValueError, SyntaxError, IndexError, KeyError, TypeError,
            MemoryError, RecursionError, csv.Error, zipfile.BadZipFile,
            zlib.error):  # fmt: skip
        return IMAGES
    return TEXT if ending == ".jsonl" else IMAGES


def _has_rows(path: str) -> bool:
    """Whether the arrays of examples in an .npz have two dimensions."""
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            words = re.findall(r"[^\W_]+", name.removesuffix(".npy").lower())
            if _EXAMPLES & {*words} and not {*words} - _EXAMPLES - _OF_SPLITS:
                return len(_shape(archive, name)) == 2
    return False


def _shape(archive: zipfile.ZipFile, name: str) -> tuple[int, ...]:
    """That in the header of an .npy, which is the text of a dict."""
    with archive.open(name) as file:
        version = file.read(8)[6]
        size = int.from_bytes(file.read(2 if version == 1 else 4), "little")
        header = file.read(min(size, _MOST))
    text = header.decode("latin1").strip("\0 \n")
    return tuple(ast.literal_eval(text)["shape"])


def _of_header(path: str) -> str:
    with open(path, newline="", encoding="utf-8-sig") as file:
        # A name in quotes may go over several lines.
        lines = iter(lambda: file.readline(_MOST), "")
        first = next(csv.reader(lines), [])
    names = {plain(cell) for cell in first}
    if names & {*COLUMNS["file"]}:
        return IMAGES
    if names & {*COLUMNS["text"]}:
        return TEXT
    return TABLE if names & {*COLUMNS["label"]} else IMAGES


def plain(name: str) -> str:
    """A column's name in lower case, its words joined by underscores."""
    return "_".join(re.findall(r"\w+", name.lower()))
