"""The data that a run trains on, and the records of it in the run's folder."""

import os
import zipfile
import zlib

import numpy as np

from lnl_sr_tf import datasets
from lnl_sr_tf.config import rate_estimate
from lnl_sr_tf.datasets.describe import in_a_line
from lnl_sr_tf.errors import RunError
from lnl_sr_tf.experiment import label_noise
from lnl_sr_tf.files import whole_file
from lnl_sr_tf.training.evaluate import outputs


def load(config, folder, source, tell):
    """The dataset with its given labels: the stored ones, if the run has begun.

    Args:
        config: a `lnl_sr_tf.config.Config`.
        folder: a `lnl_sr_tf.runs.folder.RunFolder`.
        source: the `lnl_sr_tf.datasets.Dataset` of `read`.
        tell: called with each line for the person who waits.

    Raises:
        InputError: if the noise does not fit the data, or there are too few examples
            for the fold.
        RunError: if the data is not what it was when the run began.
    """
    dataset = source.with_imbalance(
        config.imbalance, config.imbalance_factor, config.seed
    )
    if config.imbalance != "none":
        tell(in_a_line(dataset))
    dataset = label_noise.corrupted(dataset, config)
    dataset = label_noise.with_foreign_images(
        dataset, config, lambda name, size: read(config, name, size, tell)
    )
    if config.validation_share is not None:
        dataset = dataset.with_validation(config.validation_share, config.seed)
    if config.fold is not None:
        dataset = dataset.with_fold(*config.part_of_parts, config.seed)
    check_unchanged(config, dataset, folder)
    if folder.kept and folder.labels.is_file():
        try:
            with np.load(folder.labels, allow_pickle=False) as stored:
                same = np.array_equal(stored["given"], dataset.given_labels)
        except (
            OSError, ValueError, KeyError, EOFError, RuntimeError,
            zipfile.BadZipFile, zlib.error,
        ) as error:  # fmt: skip
            raise RunError(
                f"{folder.labels} cannot be read ({error}); move {folder.path} away to "
                "start anew"
            ) from error
        if not same:
            raise RunError(
                f"{folder.labels} holds other labels than this run would train on: "
                f"the data has changed; move {folder.path} away to start anew"
            )
    return dataset


def check_unchanged(config, dataset, folder):
    """Raise RunError where a run began on other data than its settings name now."""
    before = folder.config() or {}
    now = {
        "data_fingerprint": (config.dataset, dataset.fingerprint),
        "open_set_fingerprint": (config.open_set, dataset.open_set_fingerprint),
        "class_names": (config.dataset, list(dataset.class_names)),
    }
    for name, (source, found) in now.items():
        if before.get(name) not in (None, found):
            raise RunError(
                f"{source} is not as it was when {folder.path} began: files or labels "
                "have changed; put them back, or train a run on them as they are now"
            )


def warn_of_estimate(config, dataset, tell):
    """Tell where an estimate of the noise was made on other data than this."""
    source = config.rate_estimate
    if source is None and str(config.transition_matrix).endswith(".json"):
        source = config.transition_matrix
    before = source and rate_estimate.data_of(source)
    if before and before != dataset.fingerprint:
        tell(
            f"warning: {source} is an audit of other data than {config.dataset} holds "
            "now, or of another part of it"
        )


def write_labels(dataset, folder):
    """Write `labels.npz`, unless the run has begun before."""
    if folder.labels.is_file() or not folder.kept:
        return
    known = {"index": dataset.index, "given": dataset.given_labels}
    if dataset.clean_labels is not None:
        known["clean"] = dataset.clean_labels
    if dataset.foreign is not None:
        known["foreign"] = dataset.foreign
    if dataset.paths is not None:
        known["path"] = np.array(dataset.paths)
    with whole_file(folder.labels) as file:
        np.savez_compressed(file, **known)


def write_held_out(model, fold, folder):
    """Write `held_out.npz`: what a network says of examples that it has never seen.

    Its arrays are `index` and `given` as of `fold`, int64 of shape (m,), and `logits`,
    float32 of shape (m, k).

    Args:
        model: a `keras.Model` from uint8 images to logits.
        fold: the `lnl_sr_tf.datasets.dataset.Fold` that it was trained without.
        folder: a `lnl_sr_tf.runs.folder.RunFolder`.

    Raises:
        RunError: if it cannot be written.

    Example:
        >>> write_held_out(model, data.with_fold(2, 5, seed=1).fold, folder)
        >>> np.load(folder.held_out)["logits"].shape
        (287, 10)
    """
    known = {
        "index": fold.index.astype(np.int64),
        "given": fold.labels.astype(np.int64),
        "logits": outputs(model, fold.images).astype(np.float32),
    }
    with whole_file(folder.held_out) as file:
        np.savez_compressed(file, **known)


def read(config, name, image_size, tell):
    """A dataset as the settings want it."""
    options = {}
    if name == config.dataset:
        options = {
            "resize": config.resize,
            "skip_bad_files": config.skip_bad_files,
            "test_share": config.test_share,
            "imagenet_dir": config.imagenet_dir,
            # Random parts are taken of the whole image, which only its file has.
            "in_memory": False if config.random_resized_crop else None,
        }
    return datasets.load(
        name,
        os.path.expanduser(config.data_dir) or None,
        image_size=image_size,
        tell=tell,
        **options,
    )
