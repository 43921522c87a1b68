"""What annotators' votes say together, as files."""

import csv
import io
import json
import math
import os
import pathlib
from collections.abc import Iterable
from typing import Any

import numpy as np

from lnl_sr_tf.errors import InputError
from lnl_sr_tf.files import make_folder, whole_file
from lnl_sr_tf.votes import Crowd

EXAMPLES, ANNOTATORS, WHOLE, PAGE = FILES = (
    "crowd.csv", "annotators.csv", "crowd.json", "crowd.html",
)  # fmt: skip
_MOST_NUMBERS = 10**6  # of the confusion matrices in crowd.json


def check_folder(folder: pathlib.Path, votes: pathlib.Path) -> None:
    """Raise InputError where a file in the way is not of an earlier run on these votes.

    Args:
        folder: where `write` is to write; it may not exist yet.
        votes: the file of the votes.
    """
    if folder.exists() and not folder.is_dir():
        raise InputError(f"--out={folder}: expected a folder; this is a file")
    there = [name for name in FILES if (folder / name).exists()]
    if not there:
        return
    if votes.resolve() in [(folder / name).resolve() for name in there]:
        raise InputError(
            f"--out={folder}: {votes.name} itself would be overwritten; choose another "
            "folder"
        )
    try:
        of = json.loads((folder / WHOLE).read_bytes())["votes_file"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        of = None
    if of != _relative(votes, folder):
        what = f"is of the votes {of}" if of else "was not written by lnl-sr crowd"
        raise InputError(
            f"--out={folder}: {there[0]} there {what}; choose another folder, or "
            "remove it"
        )


def write(
    found: Crowd, folder: pathlib.Path, votes: pathlib.Path
) -> tuple[pathlib.Path, ...]:
    """Write `crowd.csv`, `annotators.csv` and `crowd.json`.

    Args:
        found: what the votes say.
        folder: where to write; it is made where it is missing.
        votes: the file of the votes.

    Returns:
        Their paths.

    Raises:
        RunError: if a file cannot be written; what stood there stays.
    """
    make_folder(folder)
    content = summary(found) | {"votes_file": _relative(votes, folder)}
    texts = {
        EXAMPLES: _table(_examples(found)),
        ANNOTATORS: _table(_annotators(found)),
        WHOLE: json.dumps(content, indent=2) + "\n",
    }
    for name, text in texts.items():
        with whole_file(folder / name) as file:
            file.write(text.encode("utf-8", "backslashreplace"))
    return tuple(folder / name for name in texts)


def summary(found: Crowd) -> dict[str, Any]:
    """What `crowd.json` holds beside the file of the votes; what is unknown is None."""
    judged, classes = found.annotators, len(found.class_names)
    count = len(judged)
    whole = count * classes**2 <= _MOST_NUMBERS
    return {
        "examples": len(found.consensus),
        "votes": len(found.votes),
        "alpha": _known(found.alpha),
        "consensus_differs_from_majority": int(found.differ.sum()),
        "iterations": found.iterations,
        "converged": found.converged,
        "smoothing": found.smoothing,
        "notes": found.notes,
        "class_names": list(found.class_names),
        "prior": found.prior.tolist(),
        "typical_confusion": found.typical_confusion.tolist(),
        "annotators": [
            {
                "annotator": judged.names[i],
                "votes": int(judged.votes[i]),
                "judged": int(judged.judged[i]),
                "accuracy": _known(float(judged.accuracy[i])),
                "interval": judged.interval[i].tolist(),
                "confusion": judged.confusion(i).tolist() if whole else None,
            }
            for i in range(count)
        ],
    }


def _examples(found: Crowd) -> Iterable[Iterable[object]]:
    """The rows of `crowd.csv`, in the order of the file of the votes."""
    yield (
        "example", "majority", "consensus", "probability", "votes", "needs_vote_rank",
    )  # fmt: skip
    rank = np.empty(len(found.order), np.int64)
    rank[found.order] = np.arange(1, len(rank) + 1)
    names = np.array(found.class_names, object)
    places = np.arange(len(rank))
    yield from zip(
        found.votes.examples,
        names[found.majority],
        names[found.consensus],
        (f"{p:.6f}" for p in found.probabilities[places, found.consensus]),
        found.votes_of_example.tolist(),
        rank.tolist(),
        strict=True,
    )


def _annotators(found: Crowd) -> Iterable[Iterable[object]]:
    """The rows of `annotators.csv`, the best first."""
    yield "annotator", "votes", "judged", "accuracy", "low", "high"
    judged = found.annotators
    for i in judged.order.tolist():
        known = not math.isnan(judged.accuracy[i])
        values = (judged.accuracy[i], *judged.interval[i])
        yield (
            judged.names[i],
            judged.votes[i],
            judged.judged[i],
            *(f"{value:.4f}" if known else "" for value in values),
        )


def _table(rows: Iterable[Iterable[object]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value


def _relative(votes: pathlib.Path, folder: pathlib.Path) -> str:
    """Where the votes are from the folder, so that both may be moved together."""
    return os.path.relpath(votes.resolve(), folder.resolve())
