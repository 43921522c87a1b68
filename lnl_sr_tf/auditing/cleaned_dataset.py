"""A new data set with suspect labels changed or dropped; the old one stays."""

import contextlib
import csv
import dataclasses
import io
import os
import pathlib

import numpy as np

from lnl_sr_tf.auditing.audit_files import probability_text, write_text
from lnl_sr_tf.auditing.label_changes import Changes
from lnl_sr_tf.config import Config
from lnl_sr_tf.config.column_kinds import SKIP, parse_columns
from lnl_sr_tf.config.file_kind import TABLE
from lnl_sr_tf.config.settings import HUB, fetched
from lnl_sr_tf.datasets import Dataset
from lnl_sr_tf.datasets.sources.to_file import check_name, goes_into, to_file
from lnl_sr_tf.errors import InputError

# Settings of a run that suit its data with other labels, whatever the loss.
_TRAINING = (
    "model", "weights", "epochs", "batch_size", "optimizer", "lr", "lr_schedule",
    "lr_decay", "lr_hold", "momentum", "late_momentum", "nesterov", "weight_decay",
    "l1", "clip_norm", "backbone", "views", "finetune", "finetune_lr", "columns",
)  # fmt: skip
_OF_IMAGES = (
    "crop_padding", "flip", "rotation", "random_resized_crop", "color_jitter",
)  # fmt: skip


def default_name(dataset: Dataset) -> str:
    """The default file name: a .csv for texts, tables and image files, or an .npz."""
    return "cleaned" + goes_into(dataset)


def write_clean(
    dataset: Dataset, config: Config, changes: Changes, path: pathlib.Path | str
) -> tuple[tuple[pathlib.Path, pathlib.Path], int, int]:
    """Write a data set with changed labels, and a log of every change beside it.

    The log is NAME.changes.csv: `index`, `file` where there is one, `given`, `label`
    (empty for a dropped example), `probability` (empty without evidence), `reason`.

    NAME.flags holds the network and how the run trained it, so that a new run differs
    in its labels alone.

    Args:
        dataset: what the run trained on.
        config: the run's settings.
        changes: the labels to change or drop.
        path: the new file, as for `lnl_sr_tf.datasets.sources.to_file`.

    Returns:
        (paths of the log and the flags, number of dropped examples, number of changed
        labels).

    Raises:
        InputError: if one of the files exists, the data does not go into such a file,
            or a class would lose all its examples.
        RunError: if they cannot be written; then none of them is left.

    Example:
        changes = by_probability(judged, 0.5, "drop")
        write_clean(run.dataset, run.config, changes, "cleaned.npz")
        # (cleaned.changes.csv, cleaned.flags), 555, 0
    """
    path = pathlib.Path(path)
    check_name(path)
    log, flags = path.with_suffix(".changes.csv"), path.with_suffix(".flags")
    for one in (log, flags):
        if one.exists():
            raise InputError(f"{one} exists already; expected a name for a new file")
    place = {index: i for i, index in enumerate(dataset.index.tolist())}
    places = np.array([place[index] for index in changes.index.tolist()], np.int64)
    labels = dataset.given_labels.copy()
    labels[places] = changes.label
    kept = np.flatnonzero(labels >= 0)
    counts = np.bincount(labels[kept], minlength=dataset.num_classes)
    for label in np.flatnonzero(counts == 0):
        raise InputError(
            f"class {dataset.class_names[label]!r} would lose all its examples; "
            "expected fewer changes, or another label for some of them"
        )
    cleaned = dataclasses.replace(dataset.subset(kept), given_labels=labels[kept])
    to_file(cleaned, path)
    written = [path]
    try:
        write_text(log, _log(dataset, changes, places))
        written.append(log)
        write_text(flags, _flags(config, dataset, path))
    except BaseException:
        for one in written:
            with contextlib.suppress(OSError):
                one.unlink()
        raise
    gone = int((changes.label < 0).sum())
    return (log, flags), gone, len(changes.label) - gone


def _flags(config, dataset, path):
    """A flagfile with the new data and the run's training settings."""
    settings = {"dataset": os.path.abspath(path)}
    names = [*_TRAINING, *(_OF_IMAGES if dataset.of_images else ())]
    settings |= {name: getattr(config, name) for name in names}
    if dataset.kind == TABLE:
        settings["columns"] = _kinds_of_columns(config, dataset)
    if config.weights and not fetched(config.weights):
        settings["weights"] = os.path.abspath(os.path.expanduser(config.weights))
    if config.preset_folder:
        folder = os.path.expanduser(config.preset_folder)
        settings["backbone"] = HUB + os.path.abspath(folder)
    if path.suffix.lower() == ".csv" and dataset.pictures is not None:
        # A size chosen from the files may differ once some are dropped.
        height, width = dataset.pictures.shape[1:3]
        settings |= {"image_size": f"{height}x{width}", "resize": config.resize}
    lines = []
    for name, value in settings.items():
        if value is None or value == "":
            continue
        if isinstance(value, dict):
            value = ",".join(f"{key}={one}" for key, one in value.items())
        text = str(value).lower() if isinstance(value, bool) else value
        lines.append(f"--{name}={text}\n")
    return "".join(lines)


def _kinds_of_columns(config, dataset):
    """As they were given, and that those that were left out stay so."""
    given = parse_columns(config.columns or "")
    used = {column.name for column in dataset.encoder.columns}
    left_out = {name: SKIP for name in dataset.columns if name not in used}
    return ",".join(f"{name}:{kind}" for name, kind in (left_out | given).items())


def _log(dataset, changes, places):
    names = [*dataset.class_names, ""]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    files = dataset.paths is not None
    writer.writerow(
        ["index", *["file"] * files, "given", "label", "probability", "reason"]
    )
    for i, label, probability, reason in zip(
        places, changes.label, changes.probability, changes.reason, strict=True
    ):
        row = [dataset.index[i], *([dataset.paths[i]] if files else [])]
        row += [names[dataset.given_labels[i]], names[label]]
        writer.writerow([*row, probability_text(probability), reason])
    return text.getvalue()
