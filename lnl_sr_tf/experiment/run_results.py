"""What a trained run leaves behind: figures, network, SavedModel, card, summary."""

from collections.abc import Callable

import keras
import numpy as np

from lnl_sr_tf import export
from lnl_sr_tf.analysis import run_figures
from lnl_sr_tf.config import Config
from lnl_sr_tf.datasets import Dataset, tensorflow_import
from lnl_sr_tf.experiment import serving_temperature
from lnl_sr_tf.runs import arrays, lost_classes, model_card
from lnl_sr_tf.runs.folder import RunFolder
from lnl_sr_tf.training.build import served_model
from lnl_sr_tf.training.evaluate import class_accuracy, evaluate
from lnl_sr_tf.training.predict import outputs, predictions
from lnl_sr_tf.training.progress import summarize
from lnl_sr_tf.training.training import Training


def write(training: Training, tell: Callable[[str], None]) -> None:
    """Write the results of a run, `summary.json` at last: then it is finished.

    Args:
        training: the run, trained, on one device.
        tell: called with each line for the person who waits.

    Raises:
        RunError: if something cannot be written.
    """
    config, dataset, folder = training.config, training.dataset, training.folder
    rows = training.log.rows
    tensorflow_import.import_tensorflow_if_installed()
    kept = served_model(training.model)
    said = predictions(kept, dataset)
    summary = summarize(dataset, rows, finished=True) | evaluate(said, dataset)
    if said.fold is not None and dataset.fold:
        arrays.write_held_out(said.fold, dataset.fold, folder)
        summary["held_out"] = True
    summary |= serving_temperature.calibrated(said, dataset, folder)
    # Told after the last epoch, perhaps by an earlier start.
    lost = (folder.summary() or {}).get("lost_classes")
    summary["lost_classes"] = lost
    _draw(config, dataset, rows, class_accuracy(summary), folder)
    temperature = summary["calibration_temperature"]
    exported = export.save(
        *(kept, folder, dataset.class_names, config.resize, temperature, dataset.bits),
        dataset.encoder,
    )
    if not exported:
        tell("no SavedModel: TensorFlow, which it is for, is not installed")
    else:
        summary["served_otherwise"] = _served_otherwise(kept, said.test, dataset, tell)
    summary["saved_model"] = exported
    model_card.write_at_end(folder, summary)
    folder.write_summary(summary)
    if lost:
        tell(lost_classes.advice(lost, config.has_class_prior))


def _draw(
    config: Config,
    dataset: Dataset,
    rows: list[dict],
    by_class: dict[str, float | None],
    folder: RunFolder,
) -> None:
    folder.figures.mkdir(exist_ok=True)
    title = f"{dataset.name}, noise {config.noise_words}"
    of_run = f"{title}, {config.loss_words}, seed {config.seed}"
    run_figures.curves(
        rows, of_run, folder.figures / "curves.png", dataset.test_labels_are
    )
    if dataset.pictures is not None:
        run_figures.samples(
            dataset.pictures,
            dataset.given_labels,
            dataset.clean_labels,
            dataset.class_names,
            title,
            folder.figures / "samples.png",
        )
    run_figures.per_class(
        by_class,
        np.bincount(dataset.given_labels, minlength=dataset.num_classes),
        of_run,
        folder.figures / "per_class.png",
        dataset.test_labels_are,
    )


def _served_otherwise(
    model: keras.Model,
    logits: np.ndarray,
    dataset: Dataset,
    tell: Callable[[str], None],
) -> int:
    """How many test examples the SavedModel, in float32, gives another label.

    Args:
        model: the network that is kept.
        logits: its own for the test set.
        dataset: what it was trained on.
        tell: called with a line where there are any.
    """
    served = export.in_float32(model)
    if served is model:
        return 0
    again = outputs(served, dataset.test_images)
    count = int((logits.argmax(axis=-1) != again.argmax(axis=-1)).sum())
    if count:
        tell(
            f"the SavedModel, in float32, labels {count} of {len(logits)} test "
            "examples otherwise than the network did in training"
        )
    return count
