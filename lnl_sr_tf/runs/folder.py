"""A run's folder: what is in it, and reading and writing it."""

import csv
import json
import os
import pathlib
from collections.abc import Mapping
from typing import Any, NoReturn

from lnl_sr_tf.errors import RunError
from lnl_sr_tf.files import whole_file

_CONFIG, _SUMMARY = "config.json", "summary.json"
# What `lnl_sr_tf.training.callbacks.parts_accuracy` measures.
WATCHED = (
    "validation_accuracy",
    "clean_part_accuracy",
    "wrong_part_given_accuracy",
    "wrong_part_true_accuracy",
)
COLUMNS = (
    "epoch",
    "loss",
    "accuracy",
    "test_accuracy",
    "sparse_rate",
    "lambda",
    "learning_rate",
    "seconds",
    "test_loss",
    "test_sparse_rate",
    "temperature",
    "second_accuracy",
    "second_test_accuracy",
    "forget_rate",
    "stage",
    "given_test_accuracy",
    *WATCHED,
    "fit_loss",
    "norm",
    "test_fit_loss",
    "test_norm",
    "lost_classes",
)
# Those that are there where a run has them.
# `lnl_sr_tf.training.callbacks.trusted_labels` measures the last two.
TRUSTED = ("trusted_share", "trusted_precision")
_SOMETIMES = ("class_prior", *TRUSTED)
# Those that runs of earlier versions lack.
_LATER = dict.fromkeys((*WATCHED, *COLUMNS[-5:], *_SOMETIMES), "")


def measured(record: Mapping[str, Any], name: str = "test_accuracy") -> float:
    """The accuracy that a row or a summary has: on clean labels, else on given ones."""
    clean = record[name]
    if clean is not None:
        return clean
    return record[name.replace("test_accuracy", "given_test_accuracy")]


class RunFolder:
    """The files of one run.

    Args:
        path: the folder; it is made when something is first written.

    Attributes:
        kept: whether this process writes it.

    Example:
        RunFolder("runs/digits-ce-sym0.6-seed1-0a1b2c3d").summary()["finished"]  # True
    """

    kept = True

    def __init__(self, path: str | os.PathLike):
        self.path = pathlib.Path(path)
        self.checkpoints = self.path / "checkpoints"
        self.encoder = self.path / "encoder.json"
        self.exports = self.path / "export"
        self.figures = self.path / "figures"
        self.held_out = self.path / "held_out.npz"
        self.labels = self.path / "labels.npz"
        self.metrics = self.path / "metrics.csv"
        self.model = self.path / "model.keras"
        self.model_card = self.path / "README.md"
        self.not_finite = self.path / "not_finite.json"
        self.outputs = self.path / "outputs.npz"
        self.saved_model = self.path / "saved_model"
        self.tensorboard = self.path / "tensorboard"
        self.transition_matrix = self.path / "transition_matrix.csv"

    @property
    def source(self) -> str:
        """Where its results stand."""
        return str(self.path / _SUMMARY)

    def begun(self) -> bool:
        """Whether there is a run, finished or not."""
        return (self.path / _CONFIG).is_file()

    def config(self) -> dict[str, Any] | None:
        """What `config.json` holds, or None where there is none."""
        return self._read(_CONFIG)

    def summary(self) -> dict[str, Any] | None:
        """What `summary.json` holds, or None where there is none."""
        return self._read(_SUMMARY, required=("finished", "test_accuracy"))

    def finished(self) -> bool:
        """Whether the run has ended and all its results are there."""
        summary = self.summary() or {}
        served = (self.saved_model / "saved_model.pb").is_file()
        wanted = summary.get("saved_model", True)
        told = self.held_out.is_file() or not summary.get("held_out")
        ended = bool(summary.get("finished"))
        return ended and self.model.is_file() and (served or not wanted) and told

    def make(self) -> None:
        """Make the folder; nothing else does, so that one that is removed stays so."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise RunError(
                f"cannot make {self.path}: {error.strerror or error}"
            ) from error

    def write_config(self, content: dict[str, Any]) -> None:
        """Write `config.json`, and make the folder."""
        self.make()
        self._write(_CONFIG, content)

    def write_summary(self, content: dict[str, Any]) -> None:
        """Write `summary.json`."""
        self._write(_SUMMARY, content)

    def write_model_card(self, text: str) -> None:
        """Write `README.md`: what the run is, for those who get its network."""
        self._replace(self.model_card.name, text)

    def write_not_finite(self, content: dict[str, Any]) -> None:
        """Write `not_finite.json`: which step made loss or weights NaN or infinite."""
        self._replace(self.not_finite.name, json.dumps(content) + "\n")

    def write_encoder(self, content: dict[str, Any]) -> None:
        """Write `encoder.json`: how texts or rows of a table became features."""
        self._write(self.encoder.name, content)

    def encoder_kind(self) -> str | None:
        """What made the features, by its `"kind"`; None where they came as they are."""
        return (self._read(self.encoder.name) or {}).get("kind")

    def rows(self) -> list[dict[str, Any]]:
        """The rows of `metrics.csv` as dicts of numbers, None where there is none."""
        if not self.metrics.is_file():
            return []
        try:
            with open(self.metrics, newline="", encoding="utf-8") as file:
                # Runs of earlier versions lack some columns.
                return [
                    {
                        column: _number(column, (_LATER | row)[column])
                        for column in (*COLUMNS, *_SOMETIMES)
                    }
                    for row in csv.DictReader(file)
                ]
        except (OSError, ValueError, KeyError, TypeError, csv.Error) as error:
            self._refuse(self.metrics, error)

    def write_rows(self, rows: list[dict[str, Any]]) -> None:
        """Write `metrics.csv` anew, whole."""
        there = {
            name for row in rows for name, value in row.items() if value is not None
        }
        columns = [*COLUMNS, *(name for name in _SOMETIMES if name in there)]
        lines = [",".join(columns)]
        lines += [",".join(_text(row[c]) for c in columns) for row in rows]
        self._replace(self.metrics.name, "\n".join(lines) + "\n")

    def _read(self, name: str, required: tuple[str, ...] = ()) -> dict | None:
        path = self.path / name
        if not path.is_file():
            return None
        try:
            content = json.loads(path.read_text("utf-8"))
            for key in required:
                content[key]
        except (OSError, ValueError, KeyError, TypeError) as error:
            self._refuse(path, error)
        if not isinstance(content, dict):
            self._refuse(path, TypeError(f"it holds a {type(content).__name__}"))
        return content

    def _refuse(self, path: pathlib.Path, error: Exception) -> NoReturn:
        raise RunError(
            f"{path} cannot be read ({error}); move {self.path} away to start anew"
        ) from error

    def _write(self, name: str, content: dict[str, Any]) -> None:
        self._replace(name, json.dumps(content, indent=2, ensure_ascii=False) + "\n")

    def _replace(self, name: str, text: str) -> None:
        """Write by another name and rename: what stands there is always whole."""
        with whole_file(self.path / name) as file:
            file.write(text.encode())


class UnwrittenFolder(RunFolder):
    """The folder of a run that another machine writes: nothing is read or written.

    Args:
        path: what it is called there.
    """

    kept = False

    def make(self) -> None:
        """Make nothing."""

    def rows(self) -> list[dict[str, Any]]:
        """None are known here."""
        return []

    def _read(self, name: str, required: tuple[str, ...] = ()) -> dict | None:
        return None

    def _replace(self, name: str, text: str) -> None:
        pass


def folders_in(root: str | os.PathLike) -> list[RunFolder]:
    """The folders of all runs that lie in a folder, sorted by name.

    Example:
        [folder.path.name for folder in folders_in("runs")]
    """
    found = pathlib.Path(root).glob(f"*/{_CONFIG}")
    return [RunFolder(path.parent) for path in sorted(found)]


def _number(column: str, text: str) -> str | int | float | None:
    if text == "":
        return None
    if column == "stage":
        return text
    return int(text) if column in ("epoch", "lost_classes") else float(text)


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return "" if value is None else repr(value)
