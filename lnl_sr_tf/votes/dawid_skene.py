"""True classes and annotators' errors from votes alone, by Dawid and Skene's model."""

import dataclasses
from typing import Any

import numpy as np

from lnl_sr_tf.votes.vote_list import Votes


@dataclasses.dataclass(frozen=True)
class Confusions:
    """The confusion matrices of all annotators, as far as votes need them.

    A "pair" is an annotator with a class that this one named at least once: with no
    others a likelihood has to do.

    Args:
        annotator: of each pair, int64, in ascending order.
        label: likewise.
        said: expected number of votes of the pair by true class, shape (pairs, k).
        seen: expected number of votes of an annotator by true class, shape (a, k).
        typical: that of all annotators taken for one, P(says column | true row), shape
            (k, k).
        right: P(right) of each annotator by true class before the votes for it are
            counted, shape (a, k).
        smoothing: for how many votes that counts.
    """

    annotator: np.ndarray
    label: np.ndarray
    said: np.ndarray
    seen: np.ndarray
    typical: np.ndarray
    right: np.ndarray
    smoothing: float

    def of(self, annotator: int) -> np.ndarray:
        """π of an annotator: P(says column | true row), shape (k, k)."""
        right = self.right[annotator]
        counts = self.typical * ((1 - right) / (1 - self.typical.diagonal()))[:, None]
        np.fill_diagonal(counts, right)
        counts *= self.smoothing
        own = slice(*np.searchsorted(self.annotator, (annotator, annotator + 1)))
        counts[:, self.label[own]] += self.said[own].T
        return counts / counts.sum(axis=1, keepdims=True)

    def counts(self) -> np.ndarray:
        """Votes of the pairs, smoothing included, by true class, shape (pairs, k)."""
        odds = (1 - self.right) / (1 - self.typical.diagonal())
        before = self.typical.T[self.label] * odds[self.annotator]
        pairs = np.arange(len(self.label))
        before[pairs, self.label] = self.right[self.annotator, self.label]
        return self.said + self.smoothing * before

    def log_said(self) -> np.ndarray:
        """log π of the pairs by true class, shape (pairs, k)."""
        return (
            np.log(self.counts()) - np.log(self.seen + self.smoothing)[self.annotator]
        )

    def log_said_if_wrong(self) -> np.ndarray:
        """log π_kl / (1 − π_kk) of the pairs; −∞ where l is k, shape (pairs, k)."""
        pairs = np.arange(len(self.label))
        hits = np.zeros_like(self.seen)
        hits[self.annotator, self.label] = self.said[pairs, self.label]
        # What is left of rounding must not be negative.
        wrong = np.maximum(self.seen - hits, 0) + self.smoothing * (1 - self.right)
        table = np.log(self.counts()) - np.log(wrong)[self.annotator]
        table[pairs, self.label] = -np.inf
        return table


@dataclasses.dataclass(frozen=True)
class DawidSkene:
    """What the model says.

    Args:
        prior: share of each class, shape (k,).
        log_posterior: log P(true class | votes), shape (n, k); the prior where an
            example has no vote, −∞ for classes that nobody named.
        log_said: the log π of the pairs by true class that it is made of, shape
            (pairs, k).
        pair: of each vote, the annotator and the label, in the order of `confusions`,
            shape (m,).
        confusions: those of the annotators.
        iterations: how many there were.
        converged: whether they ended because hardly anything changed any more.
    """

    prior: np.ndarray
    log_posterior: np.ndarray
    log_said: np.ndarray
    pair: np.ndarray
    confusions: Confusions
    iterations: int
    converged: bool


def dawid_skene(
    votes: Votes,
    smoothing: float = 0.01,
    max_iterations: int = 1000,
    tolerance: float = 3e-6,
) -> DawidSkene:
    """Fit the model by expectation maximisation, from the shares of the votes.

    An annotator a says l of an example of class k with the probability π^a_kl, whatever
    the others say:

        E: q_i(k) ∝ p_k · Π_{votes (a, l) of i} π^a_kl
        M: π^a_kl = (Σ_{i: a says l} q_i(k) + s·b^a_kl) / (Σ_{i: a votes} q_i(k) + s)
           p_k = mean of q_i(k) over the examples with a vote

    in logarithms, over the votes alone. Classes that nobody named have p_k = 0.

    The smoothing s says for how many votes the guess b^a counts beside the annotator's
    own of each class: near 0 it is Dawid and Skene's model, and only keeps what was
    never seen from being impossible. b^a is the matrix π̄ of all votes together, in
    which the annotator is as much better or worse than others as over all
    classes: logit b^a_kk = logit π̄_kk + logit α_a − logit ᾱ, α_a being the share of
    right votes with s votes of the mean ᾱ, and errors spread as in π̄.

    A. P. Dawid and A. M. Skene, Maximum likelihood estimation of observer error-rates
    using the EM algorithm, Applied Statistics 28 (1979).

    Args:
        votes: at least one, of at least two classes.
        smoothing: s > 0, in votes.
        max_iterations: the most of them.
        tolerance: they end when the bound on the log-likelihood that they raise,
            Σ_i Σ_k q_i(k) log (p_k Π π^a_kl / q_i(k)), changes by less a vote.
    """
    classes = len(votes.class_names)
    keys, pair = np.unique(votes.annotator * classes + votes.label, return_inverse=True)
    annotator, label = keys // classes, keys % classes
    said_of = _ones(votes.example, pair, (len(votes.examples), len(keys)))
    said_by = said_of.T.tocsr()
    counts = votes.counts
    total = counts.sum(axis=1)
    voted = (total > 0).astype(np.float64)
    posterior = counts / np.maximum(total, 1)[:, None]
    del counts
    confusions = _confusions(annotator, label, said_by @ posterior, votes, smoothing)
    prior = voted @ posterior / voted.sum()
    of_row = np.ones(classes)  # a product with it is faster than the sum of short rows
    converged, iteration, bound = False, 0, -np.inf
    while iteration < max_iterations and not converged:
        iteration += 1
        log_said, log_prior = confusions.log_said(), _log(prior)
        log_posterior = said_of @ log_said + log_prior
        most = log_posterior.max(axis=1)
        log_posterior -= most[:, None]
        posterior = np.exp(log_posterior)
        sums = posterior @ of_row
        posterior /= sums[:, None]
        log_posterior -= np.log(sums)[:, None]
        confusions = _confusions(
            annotator, label, said_by @ posterior, votes, smoothing
        )
        prior = voted @ posterior / voted.sum()
        # Σ_i log Z_i is the bound by the π and p of before; then what they gained.
        before, bound = bound, most.sum() + np.log(sums).sum()
        bound += np.vdot(confusions.said, confusions.log_said() - log_said)
        there = prior > 0
        gained = prior[there] @ (np.log(prior[there]) - log_prior[there])
        bound += voted.sum() * gained
        converged = bool(abs(bound - before) < tolerance * len(votes))
    log_posterior[voted == 0] = _log(prior)
    return DawidSkene(
        prior, log_posterior, log_said, pair, confusions, iteration, converged
    )


def _log(probabilities: np.ndarray) -> np.ndarray:
    """The logarithms, −∞ for 0."""
    with np.errstate(divide="ignore"):
        return np.log(probabilities)


def _confusions(
    annotator: np.ndarray,
    label: np.ndarray,
    said: np.ndarray,
    votes: Votes,
    smoothing: float,
) -> Confusions:
    """The M step, for expected votes of each pair by true class."""
    pairs, classes = said.shape
    annotators = len(votes.annotators)
    seen = _ones(annotator, np.arange(pairs), (annotators, pairs)) @ said
    together = _ones(label, np.arange(pairs), (classes, pairs)) @ said
    typical = together.T + 1 / classes  # no cell is 0
    typical /= typical.sum(axis=1, keepdims=True)
    hits = np.bincount(annotator, said[np.arange(pairs), label], annotators)
    given = seen.sum(axis=1)
    mean = (hits.sum() + 1) / (given.sum() + 2)
    share = (hits + smoothing * mean) / (given + smoothing)
    # Rounding may leave a share of 1, whose odds are infinite.
    ability = _log_odds(np.clip(share, 1e-9, 1 - 1e-9)) - _log_odds(mean)
    right = 1 / (1 + np.exp(-_log_odds(typical.diagonal()) - ability[:, None]))
    return Confusions(annotator, label, said, seen, typical, right, smoothing)


def _log_odds(probability: np.ndarray) -> np.ndarray:
    return np.log(probability / (1 - probability))


def _ones(rows: np.ndarray, columns: np.ndarray, shape: tuple[int, int]) -> Any:
    """A sparse matrix with 1 in these places."""
    # Imported here: whoever reads data of one label each needs no votes.
    from scipy import sparse

    return sparse.csr_array((np.ones(len(rows)), (rows, columns)), shape=shape)
