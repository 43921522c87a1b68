"""A file of rows as columns by name, whatever they hold: .csv, or .jsonl."""

import json
import pathlib
from typing import NamedTuple

from lnl_sr_tf.config.file_kind import COLUMNS, plain
from lnl_sr_tf.datasets.sources import csv_table
from lnl_sr_tf.errors import InputError

_ROLES = ("label", "split", "clean_label")


class Table(NamedTuple):
    """What a file of rows holds.

    Args:
        path: of the file.
        columns: the cells of each column by its name, as text without spaces at the
            ends, "" where there is nothing.
        lines: the number of each row in the file, from 1.
        roles: the name of the column that is `"label"`, `"split"` or `"clean_label"`.
    """

    path: pathlib.Path
    columns: dict[str, list[str]]
    lines: list[int]
    roles: dict[str, str]

    @property
    def inputs(self) -> dict[str, list[str]]:
        """The columns that are none of label, split and clean label."""
        return {
            name: cells
            for name, cells in self.columns.items()
            if name not in self.roles.values()
        }


def read_table(path: pathlib.Path) -> Table:
    """The columns of a .csv with a header, or of a .jsonl with an object a line.

    Args:
        path: of the file, in UTF-8.

    Raises:
        InputError: if it cannot be read, has no header or no row, a line has another
            number of columns, a name occurs twice, or two columns could be the label.
    """
    rows = path.suffix.lower() == ".jsonl"
    columns, lines = _of_jsonl(path) if rows else _of_csv(path)
    roles = {
        role: name
        for role in _ROLES
        if (name := column_of(path, role, list(columns))) is not None
    }
    if "label" not in roles:
        raise InputError(
            f"{path}: expected a column label; found {', '.join(columns):.160}"
        )
    return Table(path, columns, lines, roles)


def column_of(path: pathlib.Path, role: str, names: list[str]) -> str | None:
    """The name of the column that is a role, such as `"label"`; None without one.

    Raises:
        InputError: if there are two.
    """
    found = [name for name in names if plain(name) in COLUMNS[role]]
    if len(found) > 1:
        raise InputError(
            f"{path}: the columns {' and '.join(found)} could all be {role}; expected "
            "one of them: rename or remove the others"
        )
    return found[0] if found else None


def _of_csv(path: pathlib.Path) -> tuple[dict[str, list[str]], list[int]]:
    (_, header), *rest = csv_table.lines_of(path)
    names = [cell.strip() for cell in header]
    for place, name in enumerate(names):
        if not name or name in names[:place]:
            said = f"two columns {name!r}" if name else f"column {place + 1} no name"
            raise InputError(
                f"{path}, line 1: the header has {said}; expected a name of its own "
                "for each column"
            )
    if not rest:
        raise InputError(f"{path}: expected lines below the header; there is none")
    for number, cells in rest:
        if len(cells) != len(names):
            raise InputError(
                f"{path}, line {number}: expected {len(names)} columns; received "
                f"{len(cells)} in {','.join(cells)!r:.80}"
            )
    columns = zip(*(cells for _, cells in rest), strict=True)
    return {
        name: [cell.strip() for cell in column]
        for name, column in zip(names, columns, strict=True)
    }, [number for number, _ in rest]


def _of_jsonl(path: pathlib.Path) -> tuple[dict[str, list[str]], list[int]]:
    try:
        text = path.read_text("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(f"{path} is not UTF-8 text; save it as UTF-8") from None
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from None
    rows, lines = [], []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        rows.append(_object(path, number, line))
        lines.append(number)
    if not rows:
        raise InputError(f"{path} is empty; expected lines such as "
                         '{"text": "…", "label": "…"}')  # fmt: skip
    names = list(dict.fromkeys(name for row in rows for name in row))
    return {name: [row.get(name, "") for row in rows] for name in names}, lines


def _object(path: pathlib.Path, number: int, line: str) -> dict[str, str]:
    where = f"{path}, line {number}"
    try:
        found = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{where}: not JSON: {error!s:.80}") from None
    if not isinstance(found, dict):
        raise InputError(
            f"{where}: expected an object with text and label; received {line!r:.60}"
        )
    return {name: _cell(where, name, value) for name, value in found.items()}


def _cell(where: str, name: str, value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (str, int, float)):
        text = str(value).strip()
        if not text.isascii() and any("\ud800" <= one <= "\udfff" for one in text):
            raise InputError(f"{where}: {name} holds half of a character: {text!a:.60}")
        return text
    raise InputError(
        f"{where}: {name} is a {type(value).__name__}; expected a text or a number"
    )
