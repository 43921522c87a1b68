"""A new data set with suspect labels changed or left out; the old one stays."""

import contextlib
import csv
import io
import os
import pathlib

import numpy as np

from lnl_sr_tf.auditing.files import replace
from lnl_sr_tf.datasets.image_files import ImageFiles, take
from lnl_sr_tf.errors import InputError, RunError

ENDINGS = (".npz", ".csv")
# Settings of a run that are as good for its data with other labels, whatever the loss.
_TRAINING = (
    "model", "epochs", "batch_size", "optimizer", "lr", "lr_schedule", "lr_decay",
    "lr_hold", "momentum", "nesterov", "weight_decay", "l1", "clip_norm",
    "crop_padding", "flip", "rotation", "random_resized_crop", "color_jitter",
    "image_size", "resize",
)  # fmt: skip


def default_name(dataset):
    """The ending that suits a data set: .csv for files, .npz for arrays."""
    return "cleaned.csv" if dataset.paths is not None else "cleaned.npz"


def write_clean(dataset, config, changes, path):
    """Write a data set with its labels changed, and a log of every change beside it.

    The log is NAME.changes.csv: `index`, `file` where there is one, `given`, `label`
    (empty for an example that is left out), `probability`, `reason`.

    Beside it is NAME.flags too: the network and how the run trained it, so that
    another training differs in its labels alone.

    Args:
        dataset: the `lnl_sr_tf.datasets.Dataset` that the run trained on.
        config: the run's `lnl_sr_tf.config.Config`.
        changes: a `lnl_sr_tf.auditing.decide.Changes`.
        path: the new file; an .npz holds the images, a .csv names their files.

    Returns:
        (paths of the log and of the flags, how many are left out, how many have another
        label).

    Raises:
        InputError: if there is such a file already, its ending is another, the images
            are not in files for a .csv, or a class would lose all its examples.
        RunError: if it cannot be written.

    Example:
        >>> changes = by_probability(judged, 0.5, "drop")
        >>> write_clean(run.dataset, run.config, changes, "cleaned.npz")
        ((PosixPath('cleaned.changes.csv'), PosixPath('cleaned.flags')), 555, 0)
    """
    path = pathlib.Path(path)
    log = path.with_name(f"{path.stem}.changes.csv")
    flags = path.with_suffix(".flags")
    if path.suffix not in ENDINGS:
        raise InputError(f"{path}: expected a name that ends in .npz or .csv")
    for one in (path, log, flags):
        if one.exists():
            raise InputError(f"{one} is there already; expected a name for a new file")
    if path.suffix == ".csv" and dataset.paths is None:
        raise InputError(
            f"{path}: a .csv names the files of images, and {dataset.name} has none; "
            "expected an .npz"
        )
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
    known = dataset.clean_labels
    if known is not None and (known < 0).any():
        known = None  # an image of none of the classes, which no file can say
    if path.suffix == ".npz":
        _write_npz(dataset, labels, known, kept, path)
    else:
        replace(path, _csv(dataset, labels, known, kept))
    replace(log, _log(dataset, changes, places))
    replace(flags, _flags(config, path))
    gone = int((changes.label < 0).sum())
    return (log, flags), gone, len(changes.label) - gone


def _write_npz(dataset, labels, known, kept, path):
    arrays = {
        "x_train": _array(take(dataset.train_images, kept)),
        "y_train": labels[kept],
        "x_test": _array(dataset.test_images),
        "y_test": dataset.test_labels,
        "class_names": np.array([str(name) for name in dataset.class_names]),
    }
    if known is not None:
        arrays["y_train_clean"] = known[kept]
    if dataset.test_labels_are == "clean":
        arrays["y_test_clean"] = dataset.test_labels
    unfinished = path.with_name(f".{path.name}.unfinished")
    try:
        with open(unfinished, "wb") as file:
            np.savez_compressed(file, **arrays)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            unfinished.unlink(missing_ok=True)
        raise RunError(f"cannot write {path}: {error.strerror or error}") from error


def _array(images):
    return images[:] if isinstance(images, ImageFiles) else images


def _csv(dataset, labels, known, kept):
    """The text of a .csv of files, with absolute paths."""
    names = dataset.class_names
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    clean = ["clean_label"] if known is not None else []
    writer.writerow(["file", "label", "split", *clean])
    for i in kept:
        row = [os.path.abspath(dataset.paths[i]), names[labels[i]], "train"]
        writer.writerow([*row, names[known[i]]] if clean else row)
    for file, label in zip(dataset.test_paths, dataset.test_labels, strict=True):
        row = [os.path.abspath(file), names[label], "test"]
        # Of a split the clean labels are known of all lines or of none.
        true = names[label] if dataset.test_labels_are == "clean" else ""
        writer.writerow([*row, true] if clean else row)
    return text.getvalue()


def _flags(config, path):
    """A flagfile of the new data and of how the run trained."""
    lines = [f"--dataset={os.path.abspath(path)}"]
    for name in _TRAINING:
        value = getattr(config, name)
        if value is None:
            continue
        if isinstance(value, dict):
            value = ",".join(f"{key}={one}" for key, one in value.items())
        if value != "":
            text = str(value).lower() if isinstance(value, bool) else value
            lines.append(f"--{name}={text}")
    return "\n".join(lines) + "\n"


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
        writer.writerow([*row, f"{probability:.6f}", reason])
    return text.getvalue()
