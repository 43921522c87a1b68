"""A ledger of finished runs: a CSV to which rows are added and none is changed.

Ledgers of several people are merged by concatenation: a header in the middle holds for
the rows after it, and a run that is there twice counts once.
"""

import contextlib
import csv
import io
import os
import pathlib
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import filelock

from lnl_sr_tf.config import Config
from lnl_sr_tf.config.data_kinds import plain_name
from lnl_sr_tf.errors import InputError, RunError
from lnl_sr_tf.files import make_folder, whole_file
from lnl_sr_tf.runs.folder import RunFolder
from lnl_sr_tf.runs.identity import Known, is_of
from lnl_sr_tf.runs.ledger_row import COLUMNS, REQUIRED, LedgerRun, cells_of

_WAIT = 60  # seconds for another process, which takes milliseconds


class Ledger:
    """The runs of a ledger, each once.

    Args:
        path: its file, for messages.
        runs: in its order, the same run perhaps several times.

    Example:
        Ledger.read("results/ledger.csv").of(config)[-1].summary()["test_accuracy"]
    """

    def __init__(self, path: str | os.PathLike, runs: Sequence[LedgerRun]):
        self.path = pathlib.Path(path)
        once: dict[tuple, LedgerRun] = {}
        for run in runs:
            before = once.setdefault(run.key, run)
            if run.rows() and not before.rows():
                once[run.key] = run  # of an earlier version's row and today's
        self.runs = list(once.values())
        self._by_name: dict[tuple, list[LedgerRun]] = {}
        for run in self.runs:
            record = run.config()
            named = (
                plain_name(record.get("dataset", "")),
                record.get("loss"),
                record.get("seed"),
            )
            self._by_name.setdefault(named, []).append(run)

    @classmethod
    def read(cls, path: str | os.PathLike) -> "Ledger":
        """Read a ledger.

        Raises:
            InputError: if there is none, or a row cannot be read.
        """
        path = pathlib.Path(os.path.expanduser(path))
        content = _content(path)
        if content is None:
            raise InputError(
                f"{path}: there is no such file; lnl-sr ledger add RUN "
                f"--ledger={path} begins a ledger"
            )
        return cls(path, _parsed(path, content).runs)

    def of(self, config: Config, known: Known | None = None) -> list[LedgerRun]:
        """The finished runs with some settings, in the ledger's order.

        Several runs of the same settings and seed differ in machine, backend or commit.

        Args:
            config: the settings.
            known: as for `lnl_sr_tf.runs.identity.folder_of`.
        """
        known = {} if known is None else known
        alike = self._by_name.get((config.dataset_name, config.loss, config.seed), ())
        return [
            run
            for run in alike
            if run.finished() and is_of(run.config(), config, known)
        ]


def add(
    path: str | os.PathLike, folders: Sequence[RunFolder], commit: str = ""
) -> list[bool]:
    """Add the rows of finished runs; of a run that is there already, none.

    Args:
        path: the ledger's file; made where there is none.
        folders: of the runs.
        commit: of the code that trained them, for those that do not tell.

    Returns:
        For each folder, whether a row was added.

    Raises:
        InputError: if a run is not finished, or the file is no ledger.
        RunError: if the file cannot be written; it is then as it was.

    Example:
        add("results/ledger.csv", [RunFolder("runs/mnist-ce-sym0.8-seed1-0a1b2c3d")])
    """
    # A link stays one, and what it leads to is replaced.
    path = pathlib.Path(os.path.realpath(os.path.expanduser(path)))
    rows = [cells_of(folder, commit) for folder in folders]
    make_folder(path.parent)
    with _locked(path):
        content = _content(path) or b""
        before = _parsed(path, content)
        known = {run.key for run in before.runs}
        added = []
        new = []
        for cells in rows:
            key = LedgerRun(path, 0, cells).key
            added.append(key not in known)
            if added[-1]:
                new.append(cells)
            known.add(key)
        if new:
            _check_writable(path)
            with whole_file(path) as file:
                file.write(_with_rows(content, before.headers, new))
    return added


class _Parsed(NamedTuple):
    headers: list[tuple[str, ...]]
    runs: list[LedgerRun]


def _parsed(path: pathlib.Path, content: bytes) -> _Parsed:
    """The headers and rows of a file's content."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: expected a ledger in UTF-8 ({error})") from None
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    found = _Parsed([], [])
    line = 1
    try:
        for cells in reader:
            if cells:
                _take(path, line, cells, found)
            line = reader.line_num + 1
    except csv.Error as error:
        raise InputError(f"{path}, line {line}: no row of a CSV ({error})") from None
    return found


def _take(path: pathlib.Path, line: int, cells: list[str], found: _Parsed) -> None:
    """Read a header or a row, by the last header before it."""
    names = tuple(cell.strip("\ufeff ") for cell in cells)
    if {"run", "settings"} <= set(names):
        missing = [name for name in REQUIRED if name not in names]
        if missing or len(set(names)) < len(names):
            wrong = f"it lacks {', '.join(missing)}" if missing else "a name is twice"
            raise InputError(
                f"{path}, line {line}: expected the columns {', '.join(REQUIRED)}; "
                f"{wrong}"
            )
        found.headers.append(names)
        return
    if not found.headers:
        raise InputError(
            f"{path}, line {line}: expected a ledger, whose first line names its "
            f"columns: {','.join(REQUIRED[:3])},…; received {','.join(cells)[:60]!r}"
        )
    columns = found.headers[-1]
    earlier = columns[: len(REQUIRED)] == REQUIRED and len(cells) == len(REQUIRED)
    if len(cells) != len(columns) and not earlier:
        raise InputError(
            f"{path}, line {line}: expected {len(columns)} cells, as many as columns; "
            f"received {len(cells)}"
        )
    values = dict(zip(columns, cells, strict=not earlier))
    found.runs.append(LedgerRun(path, line, values))


def _with_rows(
    content: bytes, headers: list[tuple[str, ...]], rows: list[dict[str, str]]
) -> bytes:
    """A file's content with rows after it; what stands there stays, byte for byte.

    But for a header that is of an earlier version: new columns are named behind it.
    """
    header = headers[-1] if headers else ()
    if not set(COLUMNS) <= set(header):
        first, newline, rest = content.partition(b"\n")
        if headers == [REQUIRED] and first.strip() == ",".join(REQUIRED).encode():
            content = ",".join(COLUMNS).encode() + newline + rest
        else:
            content = _ended(content) + ",".join(COLUMNS).encode() + b"\n"
        header = COLUMNS
    text = io.StringIO()
    writer = csv.DictWriter(text, header, restval="", lineterminator="\n")
    writer.writerows(rows)
    return _ended(content) + text.getvalue().encode()


def _ended(content: bytes) -> bytes:
    return content if content.endswith(b"\n") or not content else content + b"\n"


def _content(path: pathlib.Path) -> bytes | None:
    """What a file holds; None where there is none."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise InputError(
            f"{path} cannot be read as a ledger: {error.strerror or error}"
        ) from error


def _check_writable(path: pathlib.Path) -> None:
    """A file that may not be written may not be replaced either."""
    if path.exists() and not (path.stat().st_mode & 0o222 and os.access(path, os.W_OK)):
        raise RunError(f"cannot write {path}: it is read-only")


@contextlib.contextmanager
def _locked(path: pathlib.Path) -> Iterator[None]:
    """Keep other processes that add to a ledger waiting."""
    # The lock's own file stays: to remove it would let two others in at once.
    lock = filelock.FileLock(path.with_name(f".{path.name}.lock"))
    try:
        lock.acquire(timeout=_WAIT)
    except filelock.Timeout:
        raise RunError(
            f"{path} is being written by another process for {_WAIT} seconds; try "
            "again when it has ended"
        ) from None
    except OSError as error:
        raise RunError(f"cannot write {path}: {error.strerror or error}") from error
    try:
        yield
    finally:
        lock.release()
