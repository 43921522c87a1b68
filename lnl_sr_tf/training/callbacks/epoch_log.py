"""A row of figures for each epoch."""

import math
import time
from collections.abc import Callable
from typing import Any

import keras

from lnl_sr_tf.errors import NotFinite, RunError
from lnl_sr_tf.layers.output_sharpening import sharpening_layers
from lnl_sr_tf.losses import SparseRegularization
from lnl_sr_tf.losses.nested import with_parts
from lnl_sr_tf.metrics.lost_classes import of_model
from lnl_sr_tf.runs.folder import TRUSTED, WATCHED, RunFolder
from lnl_sr_tf.runs.lost_classes import LOST

Rows = list[dict[str, Any]]


class EpochLog(keras.callbacks.Callback):
    """Gathers the figures of each epoch, writes `metrics.csv`, and tells.

    Args:
        folder: that of the run.
        rows: rows of the epochs that are done already.
        tell: called with all rows after each epoch.
        clean: whether the labels of the test set are other than those of training, so
            that accuracy on it counts as such.
    """

    def __init__(
        self,
        folder: RunFolder,
        rows: Rows,
        tell: Callable[[Rows], None],
        clean: bool = True,
    ):
        super().__init__()
        self.folder = folder
        self.rows = list(rows)
        self.tell = tell
        self.clean = clean
        self._start = 0.0
        self._lost: list[int] | None = None

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Start the clock."""
        self._start = time.perf_counter()

    def add_seconds(self, seconds: float) -> None:
        """Count what an epoch had taken before a cut."""
        self._start -= seconds

    def seconds(self) -> float:
        """What the epoch has taken so far."""
        return time.perf_counter() - self._start

    def on_test_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Note the lost classes: from here on, the metric is of the test set."""
        metric = of_model(self.model)
        self._lost = None if metric is None else metric.labels()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any]) -> None:
        """Write the row; stop a run whose loss became NaN or infinite."""
        if self.folder.kept and not self.folder.path.is_dir():
            raise RunError(
                f"{self.folder.path} was removed while it was trained; the same "
                "command starts anew"
            )
        if not math.isfinite(logs["loss"]):
            raise NotFinite(f"the loss became {logs['loss']}")
        self.rows.append(self._row(epoch, logs))
        self.folder.write_rows(self.rows)
        self.tell(self.rows)

    def _row(self, epoch: int, logs: dict[str, Any]) -> dict[str, Any]:
        loss = self.model.loss
        sharpening = list(sharpening_layers(self.model))
        forget_rate = getattr(self.model, "forget_rate", None)
        test_accuracy = float(logs["val_accuracy"])
        return {
            "epoch": epoch + 1,
            "loss": float(logs["loss"]),
            "accuracy": float(logs["accuracy"]),
            "test_accuracy": test_accuracy if self.clean else None,
            "sparse_rate": float(logs["sparse_rate"]),
            "lambda": (
                _number(loss.weight) if isinstance(loss, SparseRegularization) else None
            ),
            "learning_rate": _number(self.model.optimizer.learning_rate),
            "seconds": round(self.seconds(), 4),
            "test_loss": float(logs["val_loss"]),
            "test_sparse_rate": float(logs["val_sparse_rate"]),
            "temperature": _number(sharpening[0].temperature) if sharpening else None,
            "second_accuracy": _number(logs.get("second_accuracy")),
            "second_test_accuracy": _number(logs.get("val_second_accuracy")),
            "forget_rate": _number(forget_rate),
            "stage": _stage(loss),
            "given_test_accuracy": None if self.clean else test_accuracy,
            **{name: _number(logs.get(name)) for name in WATCHED},
            # What `loss` and `test_loss` consist of, under sparse regularization.
            "fit_loss": _number(logs.get("fit_loss")),
            "norm": _number(logs.get("norm")),
            "test_fit_loss": _number(logs.get("val_fit_loss")),
            "test_norm": _number(logs.get("val_norm")),
            "class_prior": _number(logs.get("class_prior")),
            **{name: _number(logs.get(name)) for name in TRUSTED},
            "lost_classes": None if self._lost is None else len(self._lost),
            LOST: self._lost,
        }


def _stage(loss: Any) -> str | None:
    """The stage of training that a loss, or one that it is made of, is in."""
    stages = (getattr(one, "stage", None) for one in with_parts(loss))
    return next((stage for stage in stages if stage is not None), None)


def _number(value: Any) -> float | None:
    # Not by float(): a variable of several replicas does not know that.
    return None if value is None else float(keras.ops.convert_to_numpy(value))
