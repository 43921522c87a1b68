"""Hyperparameters that change during training, as functions of the epoch.

Every schedule depends on the epoch alone, never on what it returned before, so a run
that was cut off continues with the same values and need not store them. Epochs are
counted from 0.
"""

import math
from collections.abc import Mapping

# Of selective negative learning, in their order.
STAGES = ("negative", "selective_negative", "selective_positive")


def regularization_weight(
    epoch: int, initial: float, rho: float, every: int = 1
) -> float:
    """The weight λ of sparse regularization: λ_t = λ0 · ρ^⌊t / r⌋.

    Zhou et al., "Learning with Noisy Labels via Sparse Regularization"
    (ICCV 2021), section 2.3.

    Args:
        epoch: t ≥ 0.
        initial: λ0 ≥ 0; the paper advises λ0 < 1/p.
        rho: ρ > 0, the factor; ≥ 1 in the paper.
        every: r ≥ 1, epochs between two changes.

    Returns:
        λ_t; infinite if it is too large for a float.

    Example:
        >>> regularization_weight(11, initial=4.0, rho=2.0, every=5)
        16.0
    """
    try:
        return float(initial * rho ** (epoch // every))
    except OverflowError:
        return math.inf if initial else 0.0


def temperature(
    epoch: int, initial: float, decay: float, every: int = 1, minimum: float = 0.0
) -> float:
    """The softmax temperature τ: τ_t = max(τ_min, τ0 · d^⌊t / r⌋).

    The paper keeps τ fixed and suggests letting it decay (section 2.4).

    Args:
        epoch: t ≥ 0.
        initial: τ0 > 0.
        decay: d in (0, 1]; 1 keeps τ fixed.
        every: r ≥ 1, epochs between two changes.
        minimum: τ_min ≥ 0, below which τ does not fall. Gradients vanish as τ → 0, so
            a decaying τ needs one.

    Returns:
        τ_t.

    Example:
        >>> temperature(4, initial=0.5, decay=0.5, every=2, minimum=0.2)
        0.2
    """
    return float(max(minimum, initial * decay ** (epoch // every)))


def cosine_learning_rate(epoch: int, initial: float, epochs: int) -> float:
    """Half a cosine from the initial rate to 0: η_t = η0 · (1 + cos(π t / T)) / 2.

    Loshchilov and Hutter, "SGDR" (ICLR 2017), Eq. 5, without restarts.

    Args:
        epoch: t in [0, T].
        initial: η0 > 0.
        epochs: T, the number of epochs of the run.

    Returns:
        η_t.

    Example:
        >>> cosine_learning_rate(5, initial=0.1, epochs=10)
        0.05
    """
    return float(initial * (1.0 + math.cos(math.pi * epoch / epochs)) / 2.0)


def exponential_learning_rate(epoch: int, initial: float, decay: float) -> float:
    """A constant factor per epoch: η_t = η0 · d^t.

    Args:
        epoch: t ≥ 0.
        initial: η0 > 0.
        decay: d in (0, 1].

    Returns:
        η_t.

    Example:
        >>> exponential_learning_rate(2, initial=0.4, decay=0.5)
        0.1
    """
    return float(initial * decay**epoch)


def linear_learning_rate(
    epoch: int, initial: float, epochs: int, hold: float = 0.0
) -> float:
    """Constant for a share h of the run, then linear to 0: η0 (T − t) / (T − h T).

    Han et al., "Co-teaching" (NeurIPS 2018), with h = 80 / 200.

    Args:
        epoch: t in [0, T].
        initial: η0 > 0.
        epochs: T, the number of epochs of the run.
        hold: h in [0, 1).

    Returns:
        η_t.

    Example:
        >>> linear_learning_rate(7, initial=0.1, epochs=10, hold=0.4)
        0.05
    """
    return float(initial * min(1.0, (epochs - epoch) / (epochs - hold * epochs)))


def step_learning_rate(epoch: int, initial: float, epochs: int, hold: float) -> float:
    """Constant for a share h of the run, then a tenth of it: η0 or η0 / 10.

    Li et al., "DivideMix" (ICLR 2020), with h = 150 / 300.

    Args:
        epoch: t in [0, T].
        initial: η0 > 0.
        epochs: T, the number of epochs of the run.
        hold: h in [0, 1).

    Returns:
        η_t.

    Example:
        >>> step_learning_rate(5, initial=0.1, epochs=10, hold=0.5)
        0.01
    """
    return float(initial if epoch < hold * epochs else initial / 10)


def unlabelled_weight(epoch: int, final: float, warmup: int, epochs: int = 16) -> float:
    """The weight of the unlabelled part in DivideMix: λ_u min((t − t0) / T, 1).

    Li et al., "DivideMix" (ICLR 2020); T = 16 is their code's, which rises by steps.

    Args:
        epoch: t ≥ t0.
        final: λ_u ≥ 0.
        warmup: t0, the number of epochs of the warm-up.
        epochs: T ≥ 1, the number of epochs over which it rises.

    Returns:
        The weight, in [0, λ_u].

    Example:
        >>> unlabelled_weight(14, final=25.0, warmup=10)
        6.25
    """
    return float(final * min(max(epoch - warmup, 0) / epochs, 1.0))


def forget_rate(epoch: int, final: float, epochs: float) -> float:
    """The share of a batch that Co-teaching leaves out: η min(t / T, 1).

    Han et al., "Co-teaching" (NeurIPS 2018), with T = 10.

    Args:
        epoch: t ≥ 0.
        final: η in [0, 1), best the noise rate.
        epochs: T ≥ 1, the number of epochs over which it rises.

    Returns:
        The share, in [0, η].

    Example:
        >>> forget_rate(5, final=0.4, epochs=10)
        0.2
    """
    return float(final * min(epoch / epochs, 1.0))


def stage(epoch: int, epochs: int, shares: Mapping[str, float]) -> tuple[str, int, int]:
    """The stage of training that an epoch belongs to, with its first and last epoch.

    Args:
        epoch: t ≥ 0; from T on it belongs to the last stage.
        epochs: T, the number of epochs of the run.
        shares: from a stage's name to its share of the epochs, ≥ 0, in order; they need
            not sum to 1.

    Returns:
        The stage's name, its first epoch, and the epoch after its last.

    Example:
        >>> stage(6, 9, {"negative": 2, "selective_negative": 1})
        ('selective_negative', 6, 9)
    """
    total = sum(shares.values())
    done, start = 0.0, 0
    for name, share in shares.items():
        done += share
        end = round(epochs * done / total)
        if end > start:
            span = (name, start, end)
            if epoch < end:
                return span
        start = end
    return span
