"""A row of a ledger: what is kept of a finished run, in one line of a CSV."""

import collections
import datetime
import hashlib
import json
import os
import pathlib
from collections.abc import Mapping
from typing import Any

from lnl_sr_tf.config import FIELDS, as_flags, identifying
from lnl_sr_tf.errors import InputError
from lnl_sr_tf.runs.folder import RunFolder, measured

# Every ledger has these.
REQUIRED = (
    "run", "dataset", "loss", "method", "noise", "rate", "imbalance", "seed", "epochs",
    "lambda_schedule", "test_accuracy", "best_test_accuracy", "best_epoch",
    "sparse_rate", "noise_rate", "seconds", "precision", "backend", "commit", "date",
    "machine", "settings",
)  # fmt: skip
# Rows of earlier versions end before these.
COLUMNS = (
    *REQUIRED, "hash", "differs", "versions", "given_test_accuracy",
    "best_given_test_accuracy", "test_labels", "lost_classes", "curve",
)  # fmt: skip
_SHARES = (
    "test_accuracy", "best_test_accuracy", "given_test_accuracy",
    "best_given_test_accuracy", "sparse_rate", "noise_rate",
)  # fmt: skip
# By which two rows are of one run: no two runs take the same time to a millisecond.
_RESULTS = ("test_accuracy", "given_test_accuracy", "best_epoch", "seconds")
# What figures show over the epochs.
CURVES = ("epoch", "test_accuracy", "given_test_accuracy", "test_sparse_rate")
_DIGITS = 5  # of a share in a curve: one of 10,000 examples counts
# Of the machine that trained it, not of the run.
_NOT_KEPT = (
    "data_dir", "imagenet_dir", "output_dir", "places", "machine", "devices_used",
)  # fmt: skip
_HASH = 8  # as many letters as a run folder's name has


def digest(record: Mapping[str, Any]) -> str:
    """The settings' hash: the last letters of the name of the run's folder.

    Args:
        record: what `config.json` holds.
    """
    identity = identifying(dict(record))
    if record.get("file_contents"):
        identity["file_contents"] = record["file_contents"]
    text = json.dumps(identity, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:_HASH]


def cells_of(folder: RunFolder, commit: str = "") -> dict[str, str]:
    """The row of a finished run.

    Args:
        folder: the run's; that its model is gone does not matter.
        commit: of the code that trained it, where `config.json` does not tell.

    Returns:
        Text by column.

    Raises:
        InputError: if it holds no finished run.
        RunError: if a file of it cannot be read.
    """
    record, summary = folder.config(), folder.summary() or {}
    if record is None:
        raise InputError(
            f"{folder.path}: there is no run; expected the folder of one, or one of "
            "several such as runs/"
        )
    if not summary.get("finished"):
        raise InputError(
            f"{folder.path}: the run is not finished, and a ledger has finished runs "
            "alone; the command that began it goes on with it"
        )
    kept = {name: value for name, value in record.items() if name not in _NOT_KEPT}
    # Where a file lies is nothing to others, who have it elsewhere.
    for name, place in (record.get("places") or {}).items():
        if name in kept:
            kept[name] = os.path.basename(place)
    versions = kept.get("versions") or {}
    differ = as_flags.differing(record) or {}
    differ = {name: kept.get(name, value) for name, value in differ.items()}
    own = {
        "run": folder.path.resolve().name,
        "commit": record.get("commit") or commit,
        "date": _date(folder),
        "machine": _machine(record.get("machine")),
        "hash": digest(record),
        "differs": " ".join(as_flags.flags(differ)),
        "versions": ", ".join(f"{name} {one}" for name, one in versions.items()),
        "lost_classes": _json(summary.get("lost_classes") or None),
        "curve": _json(_curve(folder)),
    }
    values = summary | kept | own
    rest = {
        name: value
        for name, value in kept.items()
        if value is not None and name not in COLUMNS
    }
    values["settings"] = _json(rest)
    return {
        name: "" if values.get(name) is None else str(values[name]) for name in COLUMNS
    }


class LedgerRun:
    """A finished run by its row; read as a `RunFolder` is, where numbers are enough.

    Args:
        path: the ledger's.
        line: the row's, from 1.
        cells: text by column; some may be missing.

    Raises:
        InputError: if a cell cannot be what its column says.

    Example:
        LedgerRun("results/ledger.csv", 2, row).summary()["test_accuracy"]  # 0.98
    """

    def __init__(self, path: str | os.PathLike, line: int, cells: Mapping[str, str]):
        self.path, self.line = pathlib.Path(path), line
        self._cells = cells
        self._config = self._read_config()
        self._summary = self._read_summary()
        self._rows = self._read_rows()

    @property
    def source(self) -> str:
        """Where its results stand: file and line."""
        return f"{self.path}:{self.line}"

    @property
    def key(self) -> tuple:
        """The same for two rows of one run."""
        hashed = self._cells.get("hash") or digest(self._config)
        return hashed, *(self._summary[name] for name in _RESULTS)

    @property
    def machine(self) -> str:
        """The accelerators, or the processor, that it was trained on."""
        return self._cells.get("machine", "").partition(" (")[0]

    def config(self) -> dict[str, Any]:
        """What is known of its `config.json`."""
        return self._config

    def summary(self) -> dict[str, Any]:
        """What is known of its `summary.json`."""
        return self._summary

    def rows(self) -> list[dict[str, Any]]:
        """The columns `CURVES` of its `metrics.csv`; [] where they were not kept."""
        return self._rows

    def finished(self) -> bool:
        """Whether its accuracy is known; earlier rows lack one by given labels."""
        return measured(self._summary) is not None

    def _read_config(self) -> dict[str, Any]:
        known = self._json("settings", dict) or {}
        known |= {name: self._cells.get(name) or None for name in ("commit", "backend")}
        for name in REQUIRED:
            if name in FIELDS and self._cells.get(name):
                known[name] = self._value(name, FIELDS[name].kind)
        return known

    def _read_summary(self) -> dict[str, Any]:
        return {name: self._share(name) for name in _SHARES} | {
            "best_epoch": self._value("best_epoch", int),
            "epochs": self._value("epochs", int),
            "seconds": self._value("seconds", float),
            "test_labels": self._cells.get("test_labels") or "clean",
            "lost_classes": self._json("lost_classes", list) or [],
            "finished": True,
        }

    def _read_rows(self) -> list[dict[str, Any]]:
        curve = self._json("curve", dict) or {}
        columns = {name: curve[name] for name in CURVES if name in curve}
        epochs = columns.get("epoch", [])
        for name, one in columns.items():
            if not isinstance(one, list) or len(one) != len(epochs):
                raise self._wrong("curve", "a list for each name, all of one length")
            fits = _is_epoch if name == "epoch" else _is_share
            if not all(map(fits, one)):
                raise self._wrong("curve", "whole epochs, and shares in [0, 1] or null")
        none = dict.fromkeys(CURVES)
        return [
            none | {name: one[place] for name, one in columns.items()}
            for place in range(len(epochs))
        ]

    def _value(self, name: str, kind: type) -> Any:
        """A cell's value; None where it is empty."""
        text = self._cells.get(name, "")
        try:
            return kind(text) if text else None
        except ValueError:
            words = "a whole number" if kind is int else "a number"
            raise self._wrong(name, words) from None

    def _share(self, name: str) -> float | None:
        value = self._value(name, float)
        if value is not None and not 0 <= value <= 1:
            raise self._wrong(name, "a share in [0, 1]")
        return value

    def _json(self, name: str, kind: type) -> Any:
        text = self._cells.get(name, "")
        if not text:
            return None
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            value = None
        if not isinstance(value, kind):
            words = "an object" if kind is dict else "a list"
            raise self._wrong(name, f"{words} in JSON")
        return value

    def _wrong(self, name: str, expected: str) -> InputError:
        text = self._cells.get(name, "")
        shown = text if len(text) <= 60 else f"{text[:60]}…"
        return InputError(
            f"{self.path}, line {self.line}: {name} is {shown!r}; expected {expected}"
        )


def _is_epoch(value: Any) -> bool:
    return type(value) is int  # JSON's true would be one, too


def _is_share(value: Any) -> bool:
    return value is None or (type(value) in (int, float) and 0 <= value <= 1)


def _curve(folder: RunFolder) -> dict[str, list] | None:
    """The columns of `metrics.csv` that figures show; None where there is no epoch."""
    rows = folder.rows()
    found = {
        name: [_short(row.get(name)) for row in rows]
        for name in CURVES
        if any(row.get(name) is not None for row in rows)
    }
    return found or None


def _short(value: Any) -> Any:
    return round(value, _DIGITS) if isinstance(value, float) else value


def _date(folder: RunFolder) -> str:
    """The day on which it was finished, in UTC."""
    changed = (folder.path / "summary.json").stat().st_mtime
    when = datetime.datetime.fromtimestamp(changed, datetime.UTC)
    return when.strftime("%Y-%m-%d")


def _machine(described: Any) -> str:
    """Accelerators and processor, for instance `NVIDIA H200 (AMD EPYC)`."""
    if not isinstance(described, dict):
        return str(described or "")
    processor = described.get("processor") or ""
    counts = collections.Counter(described.get("accelerators") or ())
    names = [f"{count} x {n}" if count > 1 else n for n, count in counts.items()]
    return f"{', '.join(names)} ({processor})" if names else processor


def _json(value: Any) -> str | None:
    return None if value is None else json.dumps(value, sort_keys=True)
