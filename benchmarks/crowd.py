"""Several annotators beside crowd-kit: python benchmarks/crowd.py (extra benchmark)

First come the digits: five annotators who are right with 0.9, 0.8, 0.7, 0.6 and 0.4,
means over --digits_seeds seeds, for a share of the votes missing; then other tables.
Their votes are made: each annotator is right with its own accuracy, between 0.4 and
0.95, else says any other class. Each table is judged by

- majority;
- `lnl.crowd` as it is, to the end (tolerance 1e-8), and with smoothing=10;
- crowd-kit's DawidSkene as it is, which stops after 100 iterations or once its bound
  rises by less than 1e-5 a vote, and to the end.

The table says how many votes each annotator gave, the share of examples with the true
class, the share whose consensus is that of `lnl.crowd` as far as it went (as it is, or
to the end), the largest error of an annotator's accuracy, and the seconds, of one call
on data in memory: for crowd-kit in a DataFrame, for ours as `Votes`. Beyond --most
votes nothing goes to the end. Without crowd-kit its rows are missing.
"""

import argparse
import importlib.util
import pathlib
import time

import numpy as np
from measuring import report
from sklearn.datasets import load_digits

from lnl_sr_tf import votes as votes_room

# examples, votes an example, annotators, classes
CASES = {
    "five annotators": (1_797, 5, 5, 10),
    "many votes": (20_000, 5, 20, 10),
    "few votes": (2_000, 4, 200, 10),
    "two classes": (5_000, 5, 50, 2),
    "a million votes": (200_000, 5, 100, 10),
    "a million, of a thousand": (200_000, 5, 1_000, 10),
}


def made(examples, each, annotators, classes, seed):
    """(true classes, accuracies, `Votes`)."""
    rng = np.random.default_rng(seed)
    true = rng.integers(classes, size=examples)
    accuracies = rng.uniform(0.4, 0.95, annotators)
    if annotators == each:
        annotator = np.tile(np.arange(each), examples)
    else:  # any run of annotators, who are in no order
        first = rng.integers(annotators, size=(examples, 1))
        annotator = ((first + np.arange(each)) % annotators).ravel()
    example = np.repeat(np.arange(examples), each)
    right = rng.random(len(example)) < accuracies[annotator]
    other = (true[example] + rng.integers(1, classes, len(example))) % classes
    label = np.where(right, true[example], other)
    names = (tuple(map(str, range(n))) for n in (examples, annotators, classes))
    return true, accuracies, votes_room.Votes(example, annotator, label, *names)


def on_digits(missing, seeds):
    """The row of the digits."""
    true = load_digits().target
    accuracies = np.array([0.9, 0.8, 0.7, 0.6, 0.4])
    found = []
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        shape = len(true), len(accuracies)
        other = (true[:, None] + rng.integers(1, 10, shape)) % 10
        table = np.where(rng.random(shape) < accuracies, true[:, None], other)
        table[rng.random(shape) < missing] = votes_room.NO_VOTE
        one = votes_room.crowd(table, 10)
        low, high = one.annotators.interval.T
        found.append((
            (one.majority == true).mean(),
            (one.consensus == true).mean(),
            np.abs(one.annotators.accuracy - accuracies).max(),
            ((low < accuracies) & (high > accuracies)).mean(),
        ))  # fmt: skip
    majority, consensus, error, within = np.transpose(found)
    return {
        "votes": f"digits, {missing:.0%} missing",
        "seeds": seeds,
        "majority": f"{majority.mean():.4f} ± {majority.std(ddof=1):.4f}",
        "consensus": f"{consensus.mean():.4f} ± {consensus.std(ddof=1):.4f}",
        "least gain": round(float((consensus - majority).min()), 4),
        "accuracy error, worst": round(float(error.max()), 3),
        "within interval": round(float(within.mean()), 3),
    }


def crowd_kit(votes, **settings):
    """Its consensus in the order of the examples, and the seconds."""
    import pandas as pd
    from crowdkit.aggregation import DawidSkene

    frame = pd.DataFrame(
        {"task": votes.example, "worker": votes.annotator, "label": votes.label}
    )
    start = time.perf_counter()
    model = DawidSkene(**settings)
    consensus = model.fit_predict(frame)
    seconds = time.perf_counter() - start
    return consensus.sort_index().to_numpy(), seconds, len(model.loss_history_)


def rows_of(name, seed, most):
    """The rows of one case."""
    true, accuracies, votes = made(*CASES[name], seed)
    rows = []

    def add(way, consensus, seconds=None, iterations=None, error=None, end=False):
        other = ended if end else ours
        rows.append({
            "votes": name,
            "seed": seed,
            "an annotator": round(len(votes) / len(votes.annotators)),
            "way": way,
            "true": round(float((consensus == true).mean()), 4),
            "as ours": round(float((consensus == other.consensus).mean()), 5),
            "accuracy error": error,
            "iterations": iterations,
            "seconds": None if seconds is None else round(seconds, 2),
        })  # fmt: skip

    def of_ours(way, end=False, **settings):
        start = time.perf_counter()
        found = votes_room.crowd(votes, **settings)
        seconds = time.perf_counter() - start
        error = round(float(np.abs(found.annotators.accuracy - accuracies).max()), 3)
        return found, (way, found.consensus, seconds, found.iterations, error, end)

    to_the_end = len(votes) <= most
    ours, row = of_ours("lnl.crowd")
    add("majority", ours.majority)
    add(*row)
    add(*of_ours("lnl.crowd, smoothing=10", smoothing=10)[1])
    kit = importlib.util.find_spec("crowdkit") is not None
    if kit:
        add("crowd-kit", *crowd_kit(votes))
    if to_the_end:
        ended, row = of_ours("lnl.crowd, to the end", end=True, tolerance=1e-8)
        add(*row)
    if kit and to_the_end:
        add("crowd-kit, to the end", *crowd_kit(votes, n_iter=1000, tol=1e-8), end=True)
    return rows


def main():
    """Judge, print and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", nargs="+", choices=CASES, default=list(CASES))
    parser.add_argument("--seeds", nargs="+", type=int, default=[1])
    parser.add_argument("--digits_seeds", type=int, default=20)
    parser.add_argument("--most", type=int, default=100_000)
    parser.add_argument("--json", type=pathlib.Path, default="crowd.json")
    given = parser.parse_args()
    digits = [on_digits(missing, given.digits_seeds) for missing in (0.0, 0.3, 0.5)]
    report(digits, pathlib.Path(given.json).with_suffix(".digits.json"))
    rows = []
    for name in given.cases:
        for seed in given.seeds:
            rows += rows_of(name, seed, given.most)
    report(rows, pathlib.Path(given.json))


if __name__ == "__main__":
    main()
