"""What people chose in Label Studio, from an export of it, as decisions.

An export is a .json of whole tasks (JSON), a .json of a flat record an annotation
(JSON-MIN), or a .csv or .tsv of the same (https://labelstud.io/guide/export).
"""

import contextlib
import difflib
import json
import pathlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from lnl_sr_tf.auditing.audit_files import FOREIGN, read_rows, utf8_safe
from lnl_sr_tf.auditing.label_studio import CONTROL
from lnl_sr_tf.errors import InputError

_FROM = "expected an export of the tasks that lnl-sr audit --to=label_studio wrote"
_SHOWN = 5  # examples in a line
_UNANNOTATED = ("", None)


class _Chosen(NamedTuple):
    """One annotation of one example; `choice` is None if it was skipped or is empty."""

    where: str
    example: str
    given: str
    choice: str | None


def is_export(path: pathlib.Path) -> bool:
    """Whether a file looks like an export: a .json, or a table with `annotation_id`."""
    try:
        with open(path, encoding="utf-8-sig", errors="replace") as file:
            first = file.readline(2**16)
            while first and not first.strip():
                first = file.readline(2**16)
    except OSError:
        return False
    return first.lstrip()[:1] in ("[", "{") or "annotation_id" in first


def decisions(
    path: pathlib.Path | str,
    class_names: Sequence[str],
    tell: Callable[[str], None] = lambda line: None,
) -> Iterator[tuple[str, dict[str, str]]]:
    """Decisions about labels, one an example that someone annotated.

    The choice of more than half of its annotators counts. Where they do not agree so
    far, and where all of them skipped it or chose nothing, the decision is `"unsure"`.

    Args:
        path: the export.
        class_names: k names.
        tell: called with a line about each of these two.

    Returns:
        (where it stands, a row with `index`, `given`, `decision` and `label` as in
        `decisions.csv`) of each.

    Raises:
        InputError: if it is no export of such tasks, or a choice is not a class.
    """
    path = pathlib.Path(path)
    names = [utf8_safe(name) for name in class_names]
    found: dict[tuple[str, str], list[_Chosen]] = {}
    for one in _annotations(path):
        _check_choice(one, names)
        found.setdefault((one.example, one.given), []).append(one)
    made, split, skipped = [], [], []
    for (index, given), votes in found.items():
        choices = [one.choice for one in votes if one.choice is not None]
        most = max(choices, key=choices.count, default=None)
        row = {"index": index, "given": given, "decision": "unsure", "label": ""}
        if most is None:
            skipped.append(index)
        elif 2 * choices.count(most) <= len(choices):
            split.append(index)
        elif most == given:
            row |= {"decision": "right", "label": given}
        else:
            row |= {"decision": "wrong", "label": most if most in names else ""}
        made.append((votes[0].where, row))
    for indices, why in (
        (split, "annotators do not agree about"),
        (skipped, "skipped, or nothing was chosen:"),
    ):
        if indices:
            more = len(indices) - _SHOWN
            tell(
                f"{path.name}: {why} {len(indices)} examples, whose labels stay: "
                + ", ".join(indices[:_SHOWN])
                + (f" and {more} more" if more > 0 else "")
            )
    return iter(made)


def _check_choice(one: _Chosen, names: Sequence[str]) -> None:
    if one.choice is None or one.choice in names or one.choice == FOREIGN:
        return
    close = difflib.get_close_matches(one.choice, names, n=1)
    hint = f"; did you mean {close[0]!r}?" if close else ""
    raise InputError(
        f"{one.where}: the choice {one.choice!r:.80} is not one of the classes{hint}"
    )


def _annotations(path: pathlib.Path) -> Iterator[_Chosen]:
    with open(path, encoding="utf-8-sig", errors="replace") as file:
        first = file.read(1)
        while first.isspace():
            first = file.read(1)
    if first not in ("[", "{"):
        for line, row in enumerate(_table(path), 1):
            yield from _of_record(f"{path}, row {line}", row | _cell(row[CONTROL]))
        return
    for place, task in enumerate(_json(path), 1):
        if not isinstance(task, dict):
            raise InputError(f"{path}, task {place}: {_FROM}; received {task!r:.80}")
        where = f"{path}, task {task.get('id', place)}"
        if isinstance(task.get("data"), dict):
            yield from _of_task(where, task)
        else:
            yield from _of_record(where, task)


def _json(path: pathlib.Path) -> list[Any]:
    try:
        read = json.loads(path.read_text("utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{path} cannot be read as JSON: {error}") from error
    return read if isinstance(read, list) else [read]


def _table(path: pathlib.Path) -> list[dict[str, str]]:
    with open(path, encoding="utf-8-sig", errors="replace") as file:
        first = file.readline()
    delimiter = "\t" if first.count("\t") > first.count(",") else ","
    return read_rows(path, ("index", "given", CONTROL, "annotation_id"), delimiter)


def _cell(text: str) -> dict[str, Any]:
    """The value of the control in a table: several choices are JSON there."""
    if text[:1] in ("{", "["):
        with contextlib.suppress(ValueError):
            return {CONTROL: json.loads(text)}
    return {CONTROL: text}


def _of_task(where: str, task: dict[str, Any]) -> Iterator[_Chosen]:
    """Those of a task in JSON."""
    index, given = _example(where, task["data"])
    annotations = task.get("annotations", [])
    if not isinstance(annotations, list):
        raise InputError(f"{where}: {_FROM}; received annotations {annotations!r:.80}")
    for annotation in annotations:
        if not isinstance(annotation, dict):
            raise InputError(
                f"{where}: {_FROM}; received the annotation {annotation!r:.80}"
            )
        chosen = []
        if not annotation.get("was_cancelled"):
            chosen = [
                one.get("value")
                for one in annotation.get("result") or []
                if isinstance(one, dict) and one.get("from_name") == CONTROL
            ]
        yield _Chosen(where, index, given, _choice(where, chosen))


def _of_record(where: str, record: dict[str, Any]) -> Iterator[_Chosen]:
    """That of a record in JSON-MIN, or of a row; none of an unannotated task."""
    index, given = _example(where, record)
    if record.get("annotation_id") in _UNANNOTATED:
        return
    value = record.get(CONTROL)
    values = value if isinstance(value, list) else [value] if value else []
    yield _Chosen(where, index, given, _choice(where, values))


def _example(where: str, data: dict[str, Any]) -> tuple[str, str]:
    """(index, given label) of a task, as texts."""
    if "index" not in data or not isinstance(data.get("given"), str):
        raise InputError(
            f"{where}: {_FROM}; received {', '.join(map(str, data))[:80] or 'nothing'}"
        )
    return str(data["index"]), data["given"]


def _choice(where: str, values: list[Any]) -> str | None:
    """The one choice among the values of the control; None without one."""
    choices: list[Any] = []
    for value in values:
        several = value.get("choices") if isinstance(value, dict) else [value]
        choices += several if isinstance(several, list) else [several]
    if not choices:
        return None
    if len(choices) > 1 or not isinstance(choices[0], str):
        raise InputError(
            f'{where}: expected one choice, as of choice="single"; received '
            f"{choices!r:.80}"
        )
    return choices[0]
