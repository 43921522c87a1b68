"""The audit of the labels that a run was trained on, from its folder."""

import dataclasses
import pathlib
from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np

from lnl_sr_tf import config, validation
from lnl_sr_tf.auditing.findings import Audit
from lnl_sr_tf.auditing.from_arrays import audit_arrays
from lnl_sr_tf.auditing.memorisation import memorisation
from lnl_sr_tf.datasets.memory import check_memory
from lnl_sr_tf.errors import InputError, RunError
from lnl_sr_tf.experiment.finished_run import FinishedRun
from lnl_sr_tf.runs import arrays
from lnl_sr_tf.training.predict import outputs

# Per output: itself, its sharpened form, the posterior and temporary arrays.
_BYTES = 6 * 8


def audit_run(
    path: pathlib.Path | str,
    folds: Sequence[pathlib.Path | str] = (),
    data_dir: str | None = None,
) -> Audit:
    """Audit the labels that a finished run was trained on.

    Args:
        path: its folder.
        folds: folders of cross-validation runs, as `fold_configs` makes them, whose
            outputs are then used; by default those of the run itself.
        data_dir: where its data is now; by default where it was. It is read only if
            the run has recorded no outputs.

    Raises:
        InputError: if the run is not finished, or its data is needed and not there.
        RunError: if a file cannot be read.

    Example:
        audit_run("runs/digits-ce_sr-sym0.4-seed1-c3b6a9a4").words
        # 'noise rate 0.386 (0.361 to 0.411); 555 of 1437 labels are more likely …'
    """
    run = FinishedRun(path, data_dir)
    if run.config.fold:
        raise InputError(
            f"{run.folder.path} was trained without part {run.config.fold} of the "
            "examples; expected a run on all of them (--folds trains such parts itself)"
        )
    labels = arrays.read_labels(run.folder)
    if folds:
        probabilities = _of_folds(labels, [FinishedRun(fold) for fold in folds])
        evidence = f"{len(folds)} networks, each for the part it was not trained on"
    else:
        probabilities, evidence = _of_itself(run)
    names = labels.get("path")
    classes = class_names(run)
    if len(probabilities) != len(labels["given"]) or (
        probabilities.shape[1] != len(classes)
    ):
        raise RunError(
            f"{run.folder.path}: its outputs are of {len(probabilities)} examples and "
            f"{probabilities.shape[1]} classes, its labels of {len(labels['given'])} "
            f"and {len(classes)}; a file of the run is damaged"
        )
    try:
        found = audit_arrays(
            labels["given"],
            probabilities,
            class_names=classes,
            clean=labels.get("clean"),
            index=labels["index"],
            names=None if names is None else tuple(names.tolist()),
            evidence=evidence,
        )
    except InputError as error:
        raise RunError(
            f"{run.folder.path}: a file of the run is damaged: {error}"
        ) from error
    if folds:
        return found
    return dataclasses.replace(found, memorisation=memorisation(run.rows))


def audit_outputs(
    said: np.ndarray,
    epochs: Sequence[int] | None,
    labels: Mapping[str, Any],
    class_names: Sequence[str],
    rows: Sequence[Mapping[str, Any]],
) -> Audit:
    """Audit the labels of a run by what its network said, all of it in memory.

    Args:
        said: its outputs, or their sum over epochs, shape (n, k).
        epochs: those that are summed; None for the last one alone.
        labels: `given` and `index`, and `clean` and `path` or None, shape (n,) each.
        class_names: one name a class.
        rows: of the epochs, as in `metrics.csv`.
    """
    found = audit_arrays(
        labels["given"],
        said / said.sum(axis=1, keepdims=True),
        class_names=class_names,
        clean=labels["clean"],
        index=labels["index"],
        names=labels["path"],
        evidence=_evidence(epochs),
    )
    return dataclasses.replace(found, memorisation=memorisation(rows))


def _evidence(epochs: Sequence[int] | None) -> str:
    if epochs is None:
        return "the run itself, its last epoch"
    return f"the run itself, mean of {len(epochs)} epochs"


def fold_configs(
    path: pathlib.Path | str, folds: int, settings: Mapping[str, Any] | None = None
) -> list[config.Config]:
    """The settings of cross-validation runs, each trained on all parts but one.

    Args:
        path: the folder of the run that is audited; theirs come beside it.
        folds: how many parts, from 2 to 100.
        settings: those that differ from that run's, such as `data_dir`.

    Raises:
        InputError: if the run is not finished, its data is not there, or a setting is
            out of range.
        RunError: if its data has changed since.
    """
    given = dict(settings or {})
    run = FinishedRun(path, given.get("data_dir"))
    run.dataset  # noqa: B018  (checked before they are trained)
    same = _settings(run.config)
    same |= {"output_dir": str(run.folder.path.parent), "resume": True} | given
    return [
        config.resolve(same | {"fold": f"{part}/{folds}"})
        for part in range(1, folds + 1)
    ]


def _settings(made):
    """The settings of a run by which another one gets the same labels."""
    same = {name: value for name, value in made.as_dict().items() if value is not None}
    if made.noise == "instance" and made.noise_draw != "published":
        # What it was before it was a setting.
        same.setdefault("instance_rate", "mode")
    # The settings that it stood for are among them.
    same.pop("rate_estimate", None)
    return same


def data_fingerprint(path: pathlib.Path | str) -> str | None:
    """The fingerprint of a run's data; None where its name says which data it is.

    Args:
        path: the folder of a finished run.

    Raises:
        InputError: if the run is not finished.
    """
    return (FinishedRun(path).folder.config() or {}).get("data_fingerprint")


def class_names(run: FinishedRun) -> tuple[str, ...]:
    """The names of a run's classes, as recorded in its folder."""
    names = (run.folder.config() or {}).get("class_names")
    return tuple(names) if names else tuple(run.dataset.class_names)


def _of_itself(run):
    """(mean output for each example, where the outputs come from)."""
    recorded = arrays.read_output_sum(run.folder.outputs)
    if recorded:
        total = _distributions(recorded.total, run.folder.outputs)
        return total, _evidence(recorded.epochs)
    count, classes = len(run.dataset.given_labels), run.dataset.num_classes
    check_memory(
        count * classes * _BYTES,
        f"to audit {count} examples of {classes} classes takes",
        "lnl.audit takes a part of them, with its probabilities",
    )
    logits = outputs(run.model, run.dataset.train_images).astype(np.float64)
    return _softmax(logits), _evidence(None)


def _of_folds(labels, runs):
    """The mean output for each example of the network that was trained without it.

    Raises:
        RunError: if they are of other examples or labels, or not of all of them.
    """
    order = np.argsort(labels["index"], kind="stable")
    parts = [arrays.read_held_out(run.folder) for run in runs]
    index, given = (
        np.concatenate([part[name] for part in parts]) for name in ("index", "given")
    )
    found = np.argsort(index, kind="stable")
    if not (
        np.array_equal(index[found], labels["index"][order])
        and np.array_equal(given[found], labels["given"][order])
    ):
        raise RunError(
            f"the runs of {len(runs)} folds, first {runs[0].folder.path}, have other "
            "examples or labels than this run, so the data has changed; move their "
            "folders away to train them again"
        )
    totals = []
    for run, part in zip(runs, parts, strict=True):
        recorded = arrays.read_output_sum(run.folder.outputs)
        if recorded:
            path, total = run.folder.outputs, recorded.total
        else:
            path, total = run.folder.held_out, _softmax(_logits(run, part))
        total = _distributions(total, path)
        if total.shape != np.shape(part["logits"]):
            raise RunError(
                f"{path} has outputs of shape {total.shape}, held_out.npz beside it of "
                f"shape {np.shape(part['logits'])}; a file of the run is damaged"
            )
        totals.append(total)
    try:
        together = np.concatenate(totals)
    except ValueError as error:
        raise RunError(
            f"the runs of folds, first {runs[0].folder.path}, have different numbers "
            "of classes"
        ) from error
    probabilities = np.empty_like(together)
    probabilities[order] = together[found]
    return probabilities


def _logits(run, part):
    try:
        logits = validation.numbers("logits", part["logits"], ndim=2)
    except InputError as error:
        raise RunError(f"{run.folder.held_out} is damaged: {error}") from error
    return logits


def _softmax(logits):
    return keras.ops.convert_to_numpy(keras.ops.softmax(logits))


def _distributions(total, path):
    """Sums of outputs over epochs as probabilities.

    Raises:
        RunError: if they are not such sums; it names their file.
    """
    try:
        total = validation.numbers("outputs", total, ndim=2)
    except InputError as error:
        raise RunError(f"{path} is damaged: {error}") from error
    sums = total.sum(axis=1, keepdims=True)
    # NaN is neither.
    if not ((total >= 0).all() and (sums > 0).all() and np.isfinite(sums).all()):
        raise RunError(
            f"{path} is damaged: expected outputs that are at least 0, and not all 0 "
            "for an example"
        )
    return total / sums
