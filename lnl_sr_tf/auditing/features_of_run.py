"""Near copies and examples of no class among the training examples of a run."""

import dataclasses
import pathlib
from collections.abc import Callable

import numpy as np

from lnl_sr_tf.auditing.findings import Audit
from lnl_sr_tf.auditing.from_features import examine
from lnl_sr_tf.config.file_kind import TEXT
from lnl_sr_tf.errors import InputError, RunError
from lnl_sr_tf.experiment.finished_run import FinishedRun

_FEWEST, _MOST = 4, 200_000  # examples; of more, the search would take hours
_MOST_NUMBERS = 2**27  # features in all; as float64 a gigabyte
_TOLD = 20_000  # examples from which the search takes seconds
_SECONDS = 4e-9  # of a core for a pair of examples, as measured with 64 features


def with_features(
    audit: Audit,
    path: pathlib.Path | str,
    data_dir: str | None = None,
    tell: Callable[[str], None] = lambda line: None,
) -> Audit:
    """The same audit, with what the features of the run's examples tell.

    Of images they are what the network's penultimate layer makes of them, which the
    saved network is asked for; of features, texts and tables what it is given.

    Args:
        audit: what was found about the run.
        path: its folder.
        data_dir: where its data is now; by default where it was.
        tell: called with a line if it takes long or cannot be done.

    Raises:
        InputError: if the data is not where it was.
        RunError: if the data has changed.
    """
    run = FinishedRun(path, data_dir)
    count = len(audit.given)
    if not _FEWEST <= count <= _MOST:
        tell(
            f"near copies are not looked for among {count:,} examples, but among "
            f"{_FEWEST} to {_MOST:,}"
        )
        return audit
    try:
        features, metric, source = _features(run)
    except _NotLookedForError as error:
        tell(str(error))
        return audit
    if len(features) != count:
        raise RunError(
            f"{run.folder.path}: labels.npz has {count} labels, its data "
            f"{len(features)} examples; a file of the run is damaged"
        )
    if count >= _TOLD:
        tell(
            f"near copies: {count:,} examples are compared by {features.shape[1]} "
            f"features, about {max(1.0, _SECONDS * count**2):.0f} seconds of a core"
        )
    found = examine(features, audit.given, audit.score, metric, source)
    return dataclasses.replace(audit, features=found)


class _NotLookedForError(Exception):
    """There is no room for the features, or no layer that makes them."""


def _features(run):
    """(features, their metric, which they are in words)."""
    dataset = run.dataset
    images = dataset.train_images
    if dataset.of_images:
        try:
            found = run.features(images)
        except InputError as error:
            raise _NotLookedForError(
                f"near copies are not looked for: {error}"
            ) from error
        _check(found.shape)
        return found, "cosine", "the network's penultimate layer"
    _check(images.shape)
    direct = dataset.kind == TEXT or dataset.pictures is not None
    source = "the features that the network is given"
    return np.asarray(images[:]), "cosine" if direct else "euclidean", source


def _check(shape):
    if np.prod(shape) > _MOST_NUMBERS:
        raise _NotLookedForError(
            f"near copies are not looked for: {shape[0]:,} examples of {shape[1]:,} "
            "features take more memory than they may; lnl.audit takes features="
        )
