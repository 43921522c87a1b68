"""A table of files and labels."""

import csv
import difflib
import os
import pathlib
import re

import numpy as np

from lnl_sr_tf.datasets.sources.class_names import (
    check_classes,
    one_name_each,
    sorted_names,
)
from lnl_sr_tf.datasets.sources.dataset_of_files import from_listing
from lnl_sr_tf.datasets.sources.labelled_files import Examples, Listing
from lnl_sr_tf.datasets.sources.split_names import split_of, taken_for
from lnl_sr_tf.errors import InputError

# Columns, and other names under which they are known; docs/data.md has them, too.
_COLUMNS = {
    "file": ("file", "filename", "file_name", "path", "filepath", "image"),
    "label": ("label", "class", "given_label", "noisy_label"),
    "split": ("split", "set", "subset"),
    "clean_label": ("clean_label", "true_label", "clean"),
}
_NAMES = {alias: name for name, aliases in _COLUMNS.items() for alias in aliases}
_OTHER_DELIMITERS = {";": "semicolons", "\t": "tabs", "|": "bars"}


def from_csv(path, tell=print, **options):
    """A .csv of `file,label`, in UTF-8, with a header or without.

    With a header there may be two more columns: `split` (train, validation or test, or
    another word that `split_names` knows) and `clean_label` (the true one; of a split
    for all of its lines or for none); others are not used. Files are relative to the
    folder of the .csv. Labels are any text; classes are in the order of their names,
    numbers by their value; examples in the order of their lines. A file may be listed
    several times, as where a crowd labelled it: each line is an example.

    Args:
        path: the .csv.
        tell: called with each line for the person who waits.
        **options: `image_size`, `resize`, `skip_bad_files`, `in_memory`, `test_share`,
            as for `lnl_sr_tf.datasets.sources.dataset_of_files.from_listing`.

    Returns:
        A `Dataset`, whose clean labels are those of the column `clean_label`, or
        unknown.

    Raises:
        InputError: if a line is malformed or names no file, two columns could be meant,
            or an image cannot be read.

    Example:
        >>> data = lnl.datasets.from_csv("crowd.csv")
    """
    return from_listing(list_csv(path, tell), tell=tell, **options)


def list_csv(path, tell=print):
    """The `Listing` of a .csv."""
    path = pathlib.Path(os.path.expanduser(path))
    columns, lines = _table(path, tell)
    rows = [_row(path, columns, number, cells) for number, cells in lines]
    if not rows:
        raise InputError(f"{path}: expected lines of file,label; there is none")
    spellings = {row[name] for row in rows for name in ("label", "clean_label")} - {""}
    class_of = one_name_each(path, spellings, tell)
    class_names = sorted_names(class_of.values())
    check_classes(path, class_names)
    splits = _by_split(rows)
    said = taken_for({name: rows[0]["said"] for name, rows in splits.items()})
    if said and any(row["said"] for row in rows):
        tell(f"{path}: {said}")
    if "train" not in splits:
        raise InputError(
            f"{path}: no line is of the split train; found {', '.join(splits)}"
        )
    index = {name: class_names.index(class_of[name]) for name in class_of}
    return Listing(
        name=path.stem,
        source=str(path),
        class_names=class_names,
        splits={
            name: _examples(splits[name], index)
            for name in ("train", "validation", "test")
            if name in splits
        },
    )


def _by_split(rows):
    """Dict from a split to its lines."""
    splits = {}
    for row in rows:
        splits.setdefault(row["split"], []).append(row)
    for name, part in splits.items():
        other = next((row for row in part if row["said"] != part[0]["said"]), None)
        if other:
            raise InputError(
                f"{other['where']}: the splits {part[0]['said']!r} and "
                f"{other['said']!r} both mean {name}; keep one, or give both the same "
                "name"
            )
    return splits


def _table(path, tell):
    """(dict from a column to its place, list of (line number, cells))."""
    try:
        with open(path, newline="", encoding="utf-8-sig") as file:
            reader = csv.reader(file, strict=True)
            lines = [(reader.line_num, cells) for cells in reader if any(cells)]
    except UnicodeDecodeError:
        raise InputError(f"{path} is no text in UTF-8; save it as such") from None
    except csv.Error as error:
        raise InputError(f"{path}: {error}") from None
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from None
    if not lines:
        raise InputError(f"{path} is empty; expected lines of file,label")
    first = [cell.strip() for cell in lines[0][1]]
    if len(first) == 1:
        for delimiter, words in _OTHER_DELIMITERS.items():
            if delimiter in first[0]:
                raise InputError(
                    f"{path}, line 1: expected commas between the columns; there are "
                    f"{words} in {first[0][:60]!r}"
                )
    header = [_NAMES.get("_".join(re.findall(r"\w+", cell.lower()))) for cell in first]
    if "label" not in header and "file" not in header:
        if len(first) != 2:
            raise InputError(
                f"{path}, line 1: expected file,label, or a header that names the "
                f"columns file, label, split, clean_label; received {first!r:.80}"
            )
        return {"file": 0, "label": 1}, lines
    for name in _COLUMNS:
        meant = [cell for cell, known in zip(first, header, strict=True)
                 if known == name]  # fmt: skip
        if len(meant) > 1:
            raise InputError(
                f"{path}, line 1: the columns {' and '.join(meant)} could all be "
                f"{name}; expected one of them: rename or remove the others"
            )
        if not meant and name in ("file", "label"):
            raise InputError(
                f"{path}, line 1: expected one column {name}; the header is "
                f"{','.join(first):.80}"
            )
    _tell_unused(path, first, header, lines[1:], tell)
    columns = {name: place for place, name in enumerate(header) if name}
    return columns | {"count": len(first)}, lines[1:]


def _tell_unused(path, names, header, lines, tell):
    """Say which columns are not used; refuse one that looks like a split."""
    unused = [place for place, known in enumerate(header) if not known]
    for place in unused:
        values = {cells[place].strip() for _, cells in lines if place < len(cells)}
        splits = {split_of(value) for value in values} - {None}
        if len(splits) > 1 and all(map(split_of, values)) and "split" not in header:
            raise InputError(
                f"{path}, line 1: the column {names[place]!r} looks like the split "
                f"({', '.join(sorted(values)):.80}); call it split, or remove it"
            )
    if unused:
        named = ", ".join(repr(names[place]) for place in unused)
        tell(f"{path}: columns that are not used: {named:.200}")


def _row(path, columns, number, cells):
    """A line as a dict."""
    where = f"{path}, line {number}"
    expected = columns.get("count", 2)
    if len(cells) != expected:
        raise InputError(
            f"{where}: expected {expected} columns; received {len(cells)} in "
            f"{','.join(cells)!r:.80}"
        )
    row = {
        name: cells[columns[name]].strip() if name in columns else ""
        for name in _COLUMNS
    }
    for name in ("file", "label", "split"):
        if name in columns and not row[name]:
            raise InputError(f"{where}: the column {name} is empty")
    row["said"] = row["split"].lower()
    row["split"] = split_of(row["split"]) if "split" in columns else "train"
    if row["split"] is None:
        words = ("train", "validation", "test")
        close = difflib.get_close_matches(row["said"], words, n=1)
        hint = f"; did you mean {close[0]}?" if close else ""
        said = cells[columns["split"]].strip()
        raise InputError(
            f"{where}: split {said!r}; expected train, validation or test{hint}"
        )
    if "\0" in row["file"]:
        raise InputError(f"{where}: a file's name cannot hold a zero byte")
    row["path"] = os.path.join(path.parent, os.path.expanduser(row["file"]))
    if not os.path.isfile(row["path"]):
        header = "; a header would name its columns file and label"
        raise InputError(
            f"{where}: there is no file {row['file']!r:.200} in {path.parent}"
            + (header if number == 1 else "")
        )
    return row | {"place": f"{path.name}, line {number}", "where": where}


def _examples(rows, index):
    known = [bool(row["clean_label"]) for row in rows]
    if any(known) and not all(known):
        raise InputError(
            f"{rows[known.index(False)]['where']}: clean_label is empty, and other "
            "lines "
            f"of the split {rows[0]['split']} have one; fill it, or give those with "
            "one "
            "a split of their own, test"
        )
    return Examples(
        paths=[row["path"] for row in rows],
        labels=np.array([index[row["label"]] for row in rows], np.int64),
        clean=np.array([index[row["clean_label"]] for row in rows], np.int64)
        if all(known)
        else None,
        places=[row["place"] for row in rows],
    )
