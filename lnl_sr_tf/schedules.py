"""Hyperparameters that change while training goes on, as functions of the epoch.

Every schedule depends on the epoch alone, never on what it returned before, so a
run that was cut off goes on with the same values and needs no memory of them.
Epochs are counted from 0.
"""

import math

# Of selective negative learning, in their order.
STAGES = ("negative", "selective_negative", "selective_positive")


def regularization_weight(epoch, initial, rho, every=1):
    """The weight λ of sparse regularization: λ_t = λ0 · ρ^⌊t / r⌋.

    Zhou et al., "Learning with Noisy Labels via Sparse Regularization"
    (ICCV 2021), section 2.3.

    Args:
        epoch: t, a whole number ≥ 0.
        initial: λ0 ≥ 0; the paper advises λ0 < 1/p.
        rho: ρ > 0, the factor; ≥ 1 in the paper.
        every: r ≥ 1, epochs between two changes.

    Returns:
        λ_t as a float; infinite where no float is as large.

    Example:
        >>> regularization_weight(11, initial=4.0, rho=2.0, every=5)
        16.0
    """
    try:
        return float(initial * rho ** (epoch // every))
    except OverflowError:
        return math.inf if initial else 0.0


def temperature(epoch, initial, decay, every=1, minimum=0.0):
    """The softmax temperature τ: τ_t = max(τ_min, τ0 · d^⌊t / r⌋).

    The paper keeps τ fixed and suggests letting it decay (section 2.4).

    Args:
        epoch: t, a whole number ≥ 0.
        initial: τ0 > 0.
        decay: d in (0, 1]; 1 keeps τ fixed.
        every: r ≥ 1, epochs between two changes.
        minimum: τ_min ≥ 0, below which τ does not fall. Gradients vanish as
            τ → 0, so a decaying τ wants one.

    Returns:
        τ_t as a float.

    Example:
        >>> temperature(4, initial=0.5, decay=0.5, every=2, minimum=0.2)
        0.2
    """
    return float(max(minimum, initial * decay ** (epoch // every)))


def cosine_learning_rate(epoch, initial, epochs):
    """Half a cosine from the initial rate to 0: η_t = η0 · (1 + cos(π t / T)) / 2.

    Loshchilov and Hutter, "SGDR" (ICLR 2017), Eq. 5, without restarts.

    Args:
        epoch: t, a whole number in [0, T].
        initial: η0 > 0.
        epochs: T, the length of the run.

    Returns:
        η_t as a float.

    Example:
        >>> cosine_learning_rate(5, initial=0.1, epochs=10)
        0.05
    """
    return float(initial * (1.0 + math.cos(math.pi * epoch / epochs)) / 2.0)


def exponential_learning_rate(epoch, initial, decay):
    """A constant factor an epoch: η_t = η0 · d^t.

    Args:
        epoch: t, a whole number ≥ 0.
        initial: η0 > 0.
        decay: d in (0, 1].

    Returns:
        η_t as a float.

    Example:
        >>> exponential_learning_rate(2, initial=0.4, decay=0.5)
        0.1
    """
    return float(initial * decay**epoch)


def linear_learning_rate(epoch, initial, epochs, hold=0.0):
    """Constant for a share h of the run, then straight to 0: η0 (T − t) / (T − h T).

    Han et al., "Co-teaching" (NeurIPS 2018), with h = 80 / 200.

    Args:
        epoch: t, a whole number in [0, T].
        initial: η0 > 0.
        epochs: T, the length of the run.
        hold: h in [0, 1).

    Returns:
        η_t as a float.

    Example:
        >>> linear_learning_rate(7, initial=0.1, epochs=10, hold=0.4)
        0.05
    """
    return float(initial * min(1.0, (epochs - epoch) / (epochs - hold * epochs)))


def forget_rate(epoch, final, epochs):
    """The share of a batch that Co-teaching leaves out: η min(t / T, 1).

    Han et al., "Co-teaching" (NeurIPS 2018), with T = 10.

    Args:
        epoch: t, a whole number ≥ 0.
        final: η in [0, 1), best the noise rate.
        epochs: T ≥ 1, over which it rises.

    Returns:
        The share as a float.

    Example:
        >>> forget_rate(5, final=0.4, epochs=10)
        0.2
    """
    return float(final * min(epoch / epochs, 1.0))


def stage(epoch, epochs, shares):
    """The stage of training that an epoch belongs to, and where that stage lies.

    Args:
        epoch: t, a whole number ≥ 0; past the end it is of the last stage.
        epochs: T, the length of the run.
        shares: dict from a stage's name to its share of the epochs, ≥ 0, in order; they
            need not sum to 1.

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
