"""Two Gaussian components of numbers, fitted within a compiled step."""

from typing import NamedTuple

from keras import ops

from lnl_sr_tf.types import Tensor

_ROUNDS = 10
# Added to variances, so that equal numbers are no component of width 0.
_SMALLEST = 1e-3


class Component(NamedTuple):
    """A component of a mixture: its mean and its variance, scalars."""

    mean: Tensor
    variance: Tensor


def two_components(values: Tensor) -> tuple[Component, Component]:
    """The component of small values, and that of large ones.

    Ten rounds of expectation maximisation after ten of 2-means, which begin at the
    smallest and the largest value, so that nothing is drawn. It is
    `sklearn.mixture.GaussianMixture(2, max_iter=10, reg_covar=1e-3)`, but for its draws
    and for its end before the tenth round where little changes.

    Args:
        values: shape (n,), n ≥ 1, finite, of a float dtype.

    Example:
        >>> small, large = two_components(ops.convert_to_tensor([0.0, 0.2, 5.0, 5.2]))
        >>> round(float(small.mean), 2), round(float(large.mean), 2)
        (0.1, 5.1)
    """
    values = ops.convert_to_tensor(values)

    def nearer(_, centres):
        low, high = centres
        of_high = _of_high(values, low, high)
        return _mean(values, 1.0 - of_high, low), _mean(values, of_high, high)

    centres = ops.min(values), ops.max(values)
    low, high = ops.fori_loop(0, _ROUNDS, nearer, centres)

    def likelier(_, shares):
        logs = [_log_density(values, share) for share in (1.0 - shares, shares)]
        return ops.sigmoid(logs[1] - logs[0])

    shares = ops.fori_loop(0, _ROUNDS - 1, likelier, _of_high(values, low, high))
    shares = likelier(0, shares)
    first, second = _component(values, 1.0 - shares), _component(values, shares)
    pairs = list(zip(first, second, strict=True))
    swapped = first.mean > second.mean
    return (
        Component(*(ops.where(swapped, b, a) for a, b in pairs)),
        Component(*(ops.where(swapped, a, b) for a, b in pairs)),
    )


def _of_high(values, low, high):
    return ops.cast(values > (low + high) / 2.0, values.dtype)


def _mean(values, shares, otherwise):
    total = ops.sum(shares)
    mean = ops.sum(shares * values) / ops.maximum(total, 1e-6)
    return ops.where(total > 0.0, mean, otherwise)


def _component(values, shares):
    mean = _mean(values, shares, 0.0)
    variance = _mean((values - mean) ** 2, shares, 0.0) + _SMALLEST
    return Component(mean, variance)


def _log_density(values, shares):
    """Logarithm of share times density, but for a constant."""
    mean, variance = _component(values, shares)
    share = ops.mean(shares)
    square = (values - mean) ** 2 / variance
    return ops.log(ops.maximum(share, 1e-30)) - (ops.log(variance) + square) / 2.0
