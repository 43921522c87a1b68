"""A run's folder: what is in it, and reading and writing it."""

import csv
import json
import pathlib

from lnl_sr_tf.errors import RunError
from lnl_sr_tf.files import whole_file

# What `lnl_sr_tf.training.watch` measures.
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
)
# Those that runs of earlier versions lack.
_LATER = dict.fromkeys((*WATCHED, *COLUMNS[-4:]), "")

# By what the labels of the test set are.
WHAT_IS_MEASURED = {
    "clean": "Accuracy on the clean test set:",
    "given": "Accuracy by the labels that the test set came with, taken as right:",
    "held out": "Accuracy on clean labels cannot be measured; this is by the given "
    "labels "
    "of the held-out part, as noisy as the rest:",
}


def measured(record, name="test_accuracy"):
    """The accuracy that a row or a summary has: on clean labels, else on given ones."""
    clean = record[name]
    if clean is not None:
        return clean
    return record[name.replace("test_accuracy", "given_test_accuracy")]


class RunFolder:
    """The files of one run.

    Args:
        path: the folder; it is made when something is first written.

    Example:
        >>> RunFolder("runs/digits-ce-sym0.6-seed1-0a1b2c3d").summary()["finished"]
        True
    """

    kept = True  # whether this process writes it

    def __init__(self, path):
        self.path = pathlib.Path(path)
        self.checkpoints = self.path / "checkpoints"
        self.figures = self.path / "figures"
        self.held_out = self.path / "held_out.npz"
        self.labels = self.path / "labels.npz"
        self.metrics = self.path / "metrics.csv"
        self.model = self.path / "model.keras"
        self.outputs = self.path / "outputs.npz"
        self.saved_model = self.path / "saved_model"
        self.tensorboard = self.path / "tensorboard"
        self.transition_matrix = self.path / "transition_matrix.csv"

    def config(self):
        """What `config.json` holds, or None where there is none."""
        return self._read("config.json")

    def summary(self):
        """What `summary.json` holds, or None where there is none."""
        return self._read("summary.json", required=("finished", "test_accuracy"))

    def finished(self):
        """Whether the run has ended and all its results are there."""
        summary = self.summary() or {}
        served = (self.saved_model / "saved_model.pb").is_file()
        wanted = summary.get("saved_model", True)
        told = self.held_out.is_file() or not summary.get("held_out")
        ended = bool(summary.get("finished"))
        return ended and self.model.is_file() and (served or not wanted) and told

    def make(self):
        """Make the folder; nothing else does, so that one that is removed stays so."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise RunError(
                f"cannot make {self.path}: {error.strerror or error}"
            ) from error

    def write_config(self, content):
        """Write `config.json`, and make the folder."""
        self.make()
        self._write("config.json", content)

    def write_summary(self, content):
        """Write `summary.json`."""
        self._write("summary.json", content)

    def rows(self):
        """The rows of `metrics.csv` as dicts of numbers, None where there is none."""
        if not self.metrics.is_file():
            return []
        try:
            with open(self.metrics, newline="", encoding="utf-8") as file:
                # Runs of earlier versions lack some columns.
                return [
                    {
                        column: _number(column, (_LATER | row)[column])
                        for column in COLUMNS
                    }
                    for row in csv.DictReader(file)
                ]
        except (OSError, ValueError, KeyError, TypeError, csv.Error) as error:
            raise self._unreadable(self.metrics, error) from error

    def write_rows(self, rows):
        """Write `metrics.csv` anew, whole."""
        lines = [",".join(COLUMNS)]
        lines += [",".join(_text(row[c]) for c in COLUMNS) for row in rows]
        self._replace("metrics.csv", "\n".join(lines) + "\n")

    def _read(self, name, required=()):
        path = self.path / name
        if not path.is_file():
            return None
        try:
            content = json.loads(path.read_text("utf-8"))
            for key in required:
                content[key]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise self._unreadable(path, error) from error
        if not isinstance(content, dict):
            raise self._unreadable(path, f"it holds a {type(content).__name__}")
        return content

    def _unreadable(self, path, error):
        return RunError(
            f"{path} cannot be read ({error}); move {self.path} away to start anew"
        )

    def _write(self, name, content):
        self._replace(name, json.dumps(content, indent=2, ensure_ascii=False) + "\n")

    def _replace(self, name, text):
        """Write by another name and rename: what stands there is always whole."""
        with whole_file(self.path / name) as file:
            file.write(text.encode())


class UnwrittenFolder(RunFolder):
    """The folder of a run that another machine writes: nothing is read or written.

    Args:
        path: what it is called there.
    """

    kept = False

    def make(self):
        """Make nothing."""

    def rows(self):
        """None are known here."""
        return []

    def _read(self, name, required=()):
        return None

    def _replace(self, name, text):
        pass


def _number(column, text):
    if text == "":
        return None
    if column == "stage":
        return text
    return int(text) if column == "epoch" else float(text)


def _text(value):
    if isinstance(value, str):
        return value
    return "" if value is None else repr(value)
