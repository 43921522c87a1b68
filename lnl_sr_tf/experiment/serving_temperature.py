"""The temperature at which a run's network is served, and what it does."""

from typing import Any

import numpy as np

from lnl_sr_tf import noise
from lnl_sr_tf.analysis import calibration
from lnl_sr_tf.datasets import Dataset
from lnl_sr_tf.runs import arrays
from lnl_sr_tf.runs.folder import RunFolder
from lnl_sr_tf.training.predict import Predictions

_FEW = 20  # examples; of fewer no temperature is to be learned
# Between two estimates of the noise rate, beyond twice the error of sampling. Digits:
# 0.08 at most with CE+SR, 0.2 and more with CE.
_FAR = 0.1


class Memorised(Exception):
    """The network has memorised wrong labels, and does not tell how many there are."""


def calibrated(
    said: Predictions, dataset: Dataset, folder: RunFolder
) -> dict[str, Any]:
    """What `summary.json` says of calibration; nothing is trained.

    The temperature is fitted on examples that are kept from training: those of
    `--validation_share` with their given labels, through a transition matrix that the
    network's outputs tell; else those of the test set, through it too where their
    labels are as noisy as the rest. One number of the test set's is then in what is
    served, and none in any accuracy. A network that has memorised wrong labels does not
    tell how noisy they are: with noisy labels it is served as it is, t = 1.

    Args:
        said: the logits of the network that is kept.
        dataset: what it was trained on.
        folder: of its run, which has what it said while it was trained.

    Returns:
        A dict of `calibration_temperature` t, for softmax(z/t); `calibrated_on`,
        `"validation"`, `"test set"` or None; and `calibration_error` of softmax(z) and
        `calibrated_error` of softmax(z/t), against the clean labels of the test set,
        None where they are not known. Where the temperature is of the test set, the
        latter is of each half with the temperature of the other.

    Example:
        found = calibrated(predictions(model, dataset), dataset, folder)
        found["calibrated_error"]  # 0.012
    """
    validation = dataset.validation
    labels = validation.labels if validation else dataset.test_labels
    logits = said.test if said.validation is None else said.validation
    logits = logits.astype(np.float64)
    noisy = bool(validation) or dataset.test_labels_are == "held out"
    found: dict[str, Any] = {
        "calibration_temperature": 1.0,
        "calibrated_on": None,
        "calibration_error": None,
        "calibrated_error": None,
    }
    if len(labels) < _FEW or not np.isfinite(logits).all():
        return found
    try:
        matrix = _matrix(logits, labels, dataset, folder) if noisy else None
    except Memorised:
        return found
    temperature = calibration.fit_temperature(logits, labels, matrix)
    found["calibration_temperature"] = temperature
    found["calibrated_on"] = "validation" if validation else "test set"
    if dataset.test_labels_are != "clean":
        return found
    if validation:
        logits, labels = said.test.astype(np.float64), dataset.test_labels
        after = calibration.calibration_error(logits, labels, temperature)
    else:
        after = calibration.crosswise_error(logits, labels)
    before = calibration.calibration_error(logits, labels)
    return found | {"calibration_error": before, "calibrated_error": after}


def _matrix(
    logits: np.ndarray, labels: np.ndarray, dataset: Dataset, folder: RunFolder
) -> np.ndarray:
    """The transition matrix between true classes and the labels of the held-out part.

    The mean of two estimates: from what the network says of this part, and from what it
    said of the examples that it was trained on.

    Raises:
        Memorised: if the two are far apart; then neither tells how noisy the labels
            are. Nor does a part that lacks a class.
    """
    if len(np.unique(labels)) < dataset.num_classes:
        raise Memorised
    here = noise.estimate_noise(calibration.probabilities(logits, 1.0), labels)
    seen = arrays.read_output_sum(folder.outputs)
    # Where a fold is kept from training, the record is of the fold.
    if not seen or dataset.fold or len(seen.total) != len(dataset.given_labels):
        return here.matrix
    means = seen.total / seen.total.sum(axis=1, keepdims=True)
    there = noise.estimate_noise(means, dataset.given_labels)
    sampling = np.sqrt(there.rate * (1 - there.rate) / len(labels))
    if abs(here.rate - there.rate) > _FAR + 2 * sampling:
        raise Memorised
    return (here.matrix + there.matrix) / 2
