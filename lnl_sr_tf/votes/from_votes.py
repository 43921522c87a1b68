"""The consensus of several annotators' votes."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from lnl_sr_tf.errors import InputError
from lnl_sr_tf.votes.agreement import krippendorff_alpha
from lnl_sr_tf.votes.annotators import judge
from lnl_sr_tf.votes.dawid_skene import dawid_skene
from lnl_sr_tf.votes.findings import Crowd
from lnl_sr_tf.votes.majority import majority
from lnl_sr_tf.votes.next_vote import information
from lnl_sr_tf.votes.vote_list import Votes


def crowd(
    votes: ArrayLike | Votes,
    num_classes: int | None = None,
    class_names: Sequence[str] | None = None,
    *,
    smoothing: float = 0.01,
    max_iterations: int = 1000,
    tolerance: float = 3e-6,
) -> Crowd:
    """What several annotators' votes say together: consensus, quality, agreement.

    The consensus is by Dawid and Skene's model, which learns from the votes alone what
    each annotator takes for what (`lnl_sr_tf.votes.dawid_skene`). It takes annotators
    as independent: of two who copy each other it believes both.

    Args:
        votes: whole numbers in [0, k), -1 where there is no vote, shape
            (examples, annotators); or `Votes`, as `lnl.datasets.read_votes` gives them.
        num_classes: k; by default as many as `class_names`, or one more than the
            largest number.
        class_names: k names; by default the numbers.
        smoothing: for how many votes a guess from all annotators counts beside an
            annotator's own of each class, more than 0. Near 0 it is the model as
            published; 10 does better where annotators gave few votes of each class.
        max_iterations: the most of the fit, at least 1.
        tolerance: the fit ends when the bound on the log-likelihood changes by less a
            vote, in (0, 1).

    Returns:
        A `Crowd`.

    Raises:
        InputError: if the votes are not such numbers, or there is none.

    Example:
        >>> found = crowd([[0, 0, 1], [1, 1, 1], [0, 0, -1], [1, 1, 0]])
        >>> found.consensus
        array([0, 1, 0, 1])
    """
    _check_number("smoothing", smoothing, math.inf)
    _check_number("tolerance", tolerance, 1)
    if not isinstance(max_iterations, int) or max_iterations < 1:
        raise InputError(
            f"max_iterations: expected a whole number from 1; received "
            f"{max_iterations!r}"
        )
    if not isinstance(votes, Votes):
        votes = Votes.from_table(votes, num_classes, class_names)
    elif num_classes is not None or class_names is not None:
        raise InputError(
            "num_classes and class_names: the votes say them already; leave them out"
        )
    if not len(votes):
        raise InputError(
            f"expected at least one vote; there are {len(votes.examples)} examples "
            "without any"
        )
    fit = dawid_skene(votes, smoothing, max_iterations, tolerance)
    counts = votes.counts
    probabilities = np.exp(fit.log_posterior)
    typical = fit.confusions.typical
    return Crowd(
        votes=votes,
        probabilities=probabilities,
        majority=majority(counts),
        annotators=judge(votes, fit),
        alpha=krippendorff_alpha(counts),
        prior=fit.prior,
        typical_confusion=typical,
        information=information(probabilities, typical),
        iterations=fit.iterations,
        converged=fit.converged,
        smoothing=smoothing,
    )


def _check_number(name: str, value: float, high: float) -> None:
    """Raise InputError unless a number is in (0, high)."""
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not number or not 0 < value < high:
        wanted = "above 0" if high == math.inf else f"in (0, {high})"
        raise InputError(f"{name}: expected a number {wanted}; received {value!r}")
