"""The progress of a run: a line and a summary after each epoch."""

import statistics
from collections.abc import Callable
from typing import Any

from lnl_sr_tf.config import Config
from lnl_sr_tf.datasets.dataset import Dataset
from lnl_sr_tf.duration import duration
from lnl_sr_tf.runs import lost_classes
from lnl_sr_tf.runs.folder import RunFolder, measured


def summarize(
    dataset: Dataset, rows: list[dict[str, Any]], finished: bool
) -> dict[str, Any]:
    """The content of `summary.json` after the epochs so far.

    Args:
        dataset: that of the run.
        rows: the rows of `metrics.csv`, one per epoch.
        finished: whether the run has ended.

    Returns:
        Ready for JSON. Accuracies on clean labels are None if those are not known; then
        `given_test_accuracy` is the accuracy by the labels of the held-out part.
    """
    best, last = max(rows, key=measured), rows[-1]
    speed = len(dataset.given_labels) / statistics.median(r["seconds"] for r in rows)
    summary = {
        "test_accuracy": last["test_accuracy"],
        "best_test_accuracy": best["test_accuracy"],
        "best_epoch": best["epoch"],
        "noise_rate": dataset.noise_rate,
        "sparse_rate": last["sparse_rate"],
        "epochs": last["epoch"],
        "images_per_second": round(speed, 1),
        "seconds": round(sum(row["seconds"] for row in rows), 3),
        "finished": finished,
        "test_labels": dataset.test_labels_are,
        "class_names": list(dataset.class_names),
    }
    if last["test_accuracy"] is None:
        summary["given_test_accuracy"] = last["given_test_accuracy"]
        summary["best_given_test_accuracy"] = best["given_test_accuracy"]
    if last["second_test_accuracy"] is not None:
        summary["second_test_accuracy"] = last["second_test_accuracy"]
    return summary


class Progress:
    """A line and a fresh `summary.json` after each epoch.

    Args:
        config: the settings of the run.
        folder: the run's folder.
        dataset: that of the run.
        tell: called with each line.
        name: what each line begins with.
    """

    def __init__(
        self,
        config: Config,
        folder: RunFolder,
        dataset: Dataset,
        tell: Callable[[str], object],
        name: str = "",
    ) -> None:
        self.config = config
        self.folder = folder
        self.dataset = dataset
        self.tell = tell
        self.name = name

    def __call__(self, rows: list[dict[str, Any]]) -> None:
        """Report the last epoch, from the rows of all epochs so far."""
        row = rows[-1]
        if row["test_accuracy"] is None and row["given_test_accuracy"] is None:
            width = len(str(self.config.epochs))
            fit = row["loss"] if row["fit_loss"] is None else row["fit_loss"]
            self.tell(
                f"{self.name}epoch {row['epoch']:>{width}}/{self.config.epochs}"
                f"  fit loss {fit:8.4f}"
            )
            return
        lost = lost_classes.names(row, self.dataset.class_names)
        summary = summarize(self.dataset, rows, finished=False)
        self.folder.write_summary(summary | {"lost_classes": lost})
        left = (self.config.epochs - row["epoch"]) * statistics.median(
            r["seconds"] for r in rows[-5:]
        )
        clean = row["test_accuracy"] is not None
        name = "test accuracy" if clean else "accuracy by given labels"
        weight = "" if row["lambda"] is None else f"  λ {row['lambda']:<7.4g}"
        second = row["second_test_accuracy"]
        both = "" if second is None else f" and {100 * second:6.2f} %"
        stage = f"  {row['stage']}" if row["stage"] else ""
        validation = row["validation_accuracy"]
        validation = (
            "" if validation is None else f"  validation {100 * validation:6.2f} %"
        )
        # λ grows, and the loss with it: the fit to the labels tells more.
        loss = f"loss {row['loss']:8.4f}"
        if row["fit_loss"] is not None:
            loss = f"fit loss {row['fit_loss']:8.4f}"
        width = len(str(self.config.epochs))
        self.tell(
            f"{self.name}epoch {row['epoch']:>{width}}/{self.config.epochs}"
            f"  {loss}"
            f"  {name} {100 * measured(row):6.2f} %{both}"
            f"  sparse rate {100 * row['sparse_rate']:5.1f} %"
            f"{weight}{validation}{stage}  {duration(left)} left"
            + (f"  {lost_classes.counted(lost)}" if lost else "")
        )
