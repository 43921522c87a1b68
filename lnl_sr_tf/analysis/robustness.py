"""The theorems on noise tolerance, evaluated for a loss and a network's outputs.

Zhou et al., "Learning with Noisy Labels via Sparse Regularization" (ICCV 2021),
sections 2.1 and 2.2. L(u, i) is the loss of output u under label i, S(u) = Σ_i L(u, i);
under symmetric noise of rate η the risk R becomes

    R^η(f) = (1 − ηk/(k−1)) R(f) + η/(k−1) E S(f(x)).

Where S is constant both have the same minimisers (Theorem 1); where S is within δ of a
constant, minimising R^η costs at most 2cδ of R (Theorem 3), c being the second factor
over the first. The report takes `check` and `risk`; the other functions are the steps
of the paper's argument one by one, as docs/theory.md lists them, for those who study a
loss. Arguments mean the same everywhere; a ValueError says which is wrong:

    loss           a loss of this library, or `SparseRegularization` around one: then
                   L(u, i) + λ‖u‖_p^p. It must be a fixed function of u: none of the
                   logits, with a memory, or with random draws
    probabilities  outputs u, shape (n, k), at least 0, rows that sum to 1
    labels         clean labels y, integers in [0, k), shape (n,)
    rate           η, in [0, 1 − 1/k) where c is needed, else in [0, 1]
    v              the paper's fixed vector, shape (k,); None is one-hot, (1, 0, …, 0)

A loss made with `from_logits=False` clips u at its ε. One that takes logits is given
log max(u, 1.2e-38), the smallest normal float32; with a one-hot v, δ depends on it.
"""

import typing
from collections.abc import Sequence
from typing import Any

import numpy as np
from keras import ops
from numpy.typing import ArrayLike

from lnl_sr_tf import validation
from lnl_sr_tf.losses.base import RobustLoss, check_range, loss_of_this_library
from lnl_sr_tf.losses.class_prior import ClassPrior
from lnl_sr_tf.losses.sparse_regularization import SparseRegularization

Loss = RobustLoss | SparseRegularization

_SMALLEST = float(np.finfo(np.float32).tiny)
# Numbers evaluated at once: a loss makes several arrays of this size.
_CHUNK = 2**18


def class_losses(loss: Loss, probabilities: ArrayLike) -> np.ndarray:
    """L(u, i) for every class i, float64 of shape (n, k).

    Raises ValueError if u is not a distribution, or L not a fixed function of it.
    For example, `class_losses(CrossEntropy(), [[0.5, 0.5]])` is log 2 twice.
    """
    loss = _check_loss(loss)
    outputs = validation.probabilities("probabilities", probabilities)
    values: np.ndarray = np.empty(outputs.shape)
    rows = max(1, _CHUNK // outputs.shape[1])
    for start in range(0, len(values), rows):
        part = slice(start, start + rows)
        values[part] = _evaluate(loss, outputs[part])
    return values


class SymmetryGap(typing.NamedTuple):
    """Mean and range of S(u) over outputs; relative_spread is spread / |mean|."""

    mean: float
    minimum: float
    maximum: float
    spread: float
    relative_spread: float


def symmetry_gap(loss: Loss, probabilities: ArrayLike) -> SymmetryGap:
    """How far S(u) is from constant: Eq. 2 for any outputs, Eq. 5 for permutations.

    Returns a `SymmetryGap`; its `spread`, maximum − minimum, is 0 for a symmetric loss.
    Raises ValueError as `class_losses`.
    For `CrossEntropy()` and [[0.5, 0.5], [0.8, 0.2]] it is 0.446.
    """
    return _gap(class_losses(loss, probabilities))


def distance_to_one_hot(probabilities: ArrayLike) -> np.ndarray:
    """ε where v is one-hot: min_i ‖u − e_i‖₂ of each output, shape (n,).

    √(‖u‖₂² − 2 max_i u_i + 1), in [0, √(1 − 1/k)], as a distance of sorted vectors,
    since that sum loses the digits of small ones.
    Raises ValueError if the outputs are not distributions.

    >>> distance_to_one_hot([[0.1, 0.9]]).round(3)  # 0.1 √2
    array([0.141])
    """
    return distance_to_permutations(probabilities, None)


def distance_to_permutations(
    probabilities: ArrayLike, v: ArrayLike | None
) -> np.ndarray:
    """The ε of Theorem 3: min_π ‖u − v_π‖₂ of each output, shape (n,), in [0, √2].

    By the rearrangement inequality the nearest v_π is in the order of u, so it is
    ‖sort(u) − sort(v)‖₂.
    Raises ValueError if one of the two is not a distribution, or they do not fit.

    >>> distance_to_permutations([[0.1, 0.9]], [0.6, 0.4]).round(3)  # 0.3 √2
    array([0.424])
    """
    outputs = validation.probabilities("probabilities", probabilities)
    v = _check_vector(v, outputs.shape[1])
    return np.linalg.norm(np.sort(outputs, axis=-1) - np.sort(v), axis=-1)


def delta(loss: Loss, probabilities: ArrayLike, v: ArrayLike | None = None) -> float:
    """The δ of Theorem 3 that these outputs show, max_u |Σ_i (L(u, i) − L(v, i))|.

    Permutations of v have the same S(v) (Lemma 1), unless L treats classes differently:
    then S(v) is that of v as given.
    Raises ValueError as `class_losses`, and if v is not a distribution over k
    classes. For `CrossEntropy()`, [[0.5, 0.5]] and v = [0.8, 0.2] it is 0.446.
    """
    return _delta(loss, class_losses(loss, probabilities), v)


def noise_constant(rate: float, num_classes: int) -> float:
    """The constant of Theorem 3, c = η / ((1 − η) k − 1), for k ≥ 2.

    Raises ValueError if η is not in [0, 1 − 1/k), where labels say nothing, or k < 2.

    >>> round(noise_constant(0.4, 10), 3)
    0.08
    """
    classes = check_range("num_classes", num_classes, 2.0, np.inf)
    rate = check_range("rate", rate, 0.0, 1.0)
    margin = (1.0 - rate) * classes - 1.0
    # Not 0: at η = 1 − 1/k rounding leaves about 1e-16 on either side.
    if margin < 1e-12:
        raise ValueError(
            f"`rate` must be below 1 − 1/k = {1 - 1 / classes:.6g} for {classes:g} "
            f"classes. Received: rate={rate!r}"
        )
    return rate / margin


def risk_bound(
    loss: Loss, probabilities: ArrayLike, rate: float, v: ArrayLike | None = None
) -> float:
    """2cδ, Theorem 3's bound on R(f*_η) − R(f*), with the δ of these outputs.

    It holds for a class of hypotheses none of which has a larger δ. One network's
    outputs do not say what another's would give; see `measured_difference`.
    Raises ValueError as `delta` and `noise_constant`.
    For `CrossEntropy()`, [[0.5, 0.5]], η = 0.25 and v = [0.8, 0.2] it is 0.446.
    """
    values = class_losses(loss, probabilities)
    return 2.0 * noise_constant(rate, values.shape[1]) * _delta(loss, values, v)


def risk(loss: Loss, probabilities: ArrayLike, labels: ArrayLike) -> float:
    """The L-risk of Eq. 1, the mean of L(u, y), as a float.

    Raises ValueError as `class_losses`, and if the labels do not fit.
    For example, `risk(CrossEntropy(), [[0.5, 0.5]], [0])` is log 2.
    """
    return _risk(class_losses(loss, probabilities), labels)


def symmetric_noisy_risk(
    loss: Loss, probabilities: ArrayLike, labels: ArrayLike, rate: float
) -> float:
    """R^η: the mean of (1 − η) L(u, y) + η/(k−1) Σ_{i≠y} L(u, i), as a float.

    The expectation over the noise (section 2.1). Raises ValueError as `risk`.
    For `MeanAbsoluteError()`, u = (1, 0), y = 0 and η = 0.2 it is 0.4.
    """
    return _noisy_risk(class_losses(loss, probabilities), labels, rate)


def measured_difference(
    loss: Loss,
    hypotheses: Sequence[ArrayLike],
    labels: ArrayLike,
    rate: float,
    v: ArrayLike | None = None,
) -> dict[str, Any]:
    """Theorem 3 over a finite set of hypotheses: R(f*_η) − R(f*) ≤ 2cδ.

    f* minimises R and f*_η minimises R^η; of equal ones the first is taken. δ is over
    all outputs of all hypotheses, a sequence of (n, k) arrays for the same n examples.
    Returns a dict: `difference`, the left side; `bound`, the right one; `delta`; and
    `clean_minimiser` and `noisy_minimiser`, the positions of f* and f*_η.
    Raises ValueError as `check`, and if there is no hypothesis or shapes differ.

    Example:
        measured_difference(loss, [m.predict(x) for m in models], labels, 0.4)
    """
    shapes = {np.shape(outputs) for outputs in hypotheses}
    if len(shapes) != 1:
        raise ValueError(f"`hypotheses` must have one shape. Received: {shapes or 0}")
    rows = [check(loss, outputs, labels, rate, v) for outputs in hypotheses]
    clean = [row["clean_risk"] for row in rows]
    best, chosen = np.argmin(clean), np.argmin([row["noisy_risk"] for row in rows])
    return {
        "difference": clean[chosen] - clean[best],
        "bound": max(row["bound"] for row in rows),
        "delta": max(row["delta"] for row in rows),
        "clean_minimiser": int(best),
        "noisy_minimiser": int(chosen),
    }


def check(
    loss: Loss,
    probabilities: ArrayLike,
    labels: ArrayLike,
    rate: float,
    v: ArrayLike | None = None,
) -> dict[str, float]:
    """What the theory says of one network, as a row for a table.

    Returns a dict of floats: `symmetry_spread` and `relative_spread` of S; of ε
    `mean_distance`, `distance_95` (the 95th percentile) and `max_distance`; `delta`;
    `constant`, c; `bound`, 2cδ; `spread_bound`, c times the spread, the same with the
    best constant in place of S(v), never above 2cδ; `clean_risk` and `noisy_risk`.
    Raises ValueError as `risk` and `risk_bound`.

    Example:
        check(CrossEntropy(from_logits=False), model.predict(x), y, 0.4)["bound"]
    """
    values = class_losses(loss, probabilities)
    gap = _gap(values)
    distance = distance_to_permutations(probabilities, v)
    delta_seen = _delta(loss, values, v)
    constant = noise_constant(rate, values.shape[1])
    return {
        "symmetry_spread": gap.spread,
        "relative_spread": gap.relative_spread,
        "mean_distance": float(distance.mean()),
        "distance_95": float(np.percentile(distance, 95)),
        "max_distance": float(distance.max()),
        "delta": delta_seen,
        "constant": constant,
        "bound": 2.0 * constant * delta_seen,
        "spread_bound": constant * gap.spread,
        "clean_risk": _risk(values, labels),
        "noisy_risk": _noisy_risk(values, labels, rate),
    }


def _evaluate(loss, probabilities):
    given = probabilities
    if loss.from_logits:
        given = np.log(np.maximum(probabilities, _SMALLEST))
    if isinstance(loss, SparseRegularization):
        norm = ops.convert_to_numpy(loss.norm(given))
        weight = float(ops.convert_to_numpy(loss.weight))
        return _evaluate(loss.loss, probabilities) + weight * norm[:, None]
    return ops.convert_to_numpy(loss.per_class(loss.outputs(given)))


def _gap(values):
    sums = values.sum(axis=-1)
    mean, low, high = float(sums.mean()), float(sums.min()), float(sums.max())
    relative = (high - low) / max(abs(mean), _SMALLEST)
    return SymmetryGap(mean, low, high, high - low, relative)


def _delta(loss, values, v):
    at_v = class_losses(loss, _check_vector(v, values.shape[1])[None])
    return float(np.abs(values.sum(axis=-1) - at_v.sum()).max())


def _risk(values, labels):
    labels = validation.labels("labels", labels, values.shape[1], len(values))
    return float(np.take_along_axis(values, labels[:, None], axis=-1).mean())


def _noisy_risk(values, labels, rate):
    rate = check_range("rate", rate, 0.0, 1.0)
    clean = _risk(values, labels)
    others = float(values.sum(axis=-1).mean()) - clean
    return (1.0 - rate) * clean + rate / (values.shape[1] - 1) * others


def _check_loss(loss):
    if isinstance(loss, SparseRegularization):
        _check_loss(loss.loss)
        return loss
    of_batch = isinstance(loss, ClassPrior)
    loss = loss if of_batch else loss_of_this_library("loss", loss)
    if of_batch or _needs_logits(loss) or loss.state:
        raise ValueError(
            "`loss` must be a fixed function of probabilities: none of the logits or "
            "of a whole batch, with a memory, or with random draws. Received: "
            f"loss={loss!r}"
        )
    return loss


def _needs_logits(loss):
    parts = (getattr(loss, part) for part in loss.parts)
    return loss.needs_logits or any(_needs_logits(part) for part in parts)


def _check_vector(v, classes):
    v = np.eye(classes)[0] if v is None else validation.numbers("v", v)
    if v.shape != (classes,):
        raise ValueError(f"`v` must have shape ({classes},). Received: shape {v.shape}")
    return validation.probabilities("v", v[None])[0]
