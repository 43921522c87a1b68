"""Classes that are given and never predicted, in words.

A row in memory has, under `LOST`, the labels whose number `metrics.csv` tells;
`summary.json` names them.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from lnl_sr_tf.errors import first_of

LOST = "lost"
_NAMED = 3
_RUNS = 4
_WIDEST = 24  # of a name; those of ImageNet list synonyms


def names(row: Mapping[str, Any], class_names: Sequence[str]) -> list[str] | None:
    """The names of the classes that were lost in an epoch.

    Args:
        row: that of the epoch, as `EpochLog` made it.
        class_names: of all classes.

    Returns:
        None if the row does not tell, because it was read from a file.
    """
    lost = row.get(LOST)
    return None if lost is None else [class_names[label] for label in lost]


def listed(lost: Sequence[str]) -> str:
    """Names of classes in a line, at most three of them.

    Example:
        >>> listed(["cat", "dog", "elk", "fox", "gnu"])
        'cat, dog, elk and 2 more'
    """
    shown = [
        name if len(name) <= _WIDEST else f"{name[: _WIDEST - 1]}…" for name in lost
    ]
    return first_of(shown, _NAMED)


def counted(lost: Sequence[str]) -> str:
    """How many there are, and which.

    Example:
        >>> counted(["cat", "dog"])
        '2 classes never predicted: cat, dog'
    """
    return f"{len(lost)} class{'es' * (len(lost) != 1)} never predicted: {listed(lost)}"


def of_runs(runs: Iterable[tuple[str, Mapping[str, Any]]]) -> list[str]:
    """At most one line, on the runs among several that lost classes.

    Args:
        runs: name and summary of each.

    Example:
        >>> of_runs([("ce, seed 1", {"lost_classes": ["cat"]}), ("ce, seed 2", {})])
        ['classes never predicted in the last epoch: 1 in ce, seed 1']
    """
    found = [
        f"{len(summary['lost_classes'])} in {name}"
        for name, summary in runs
        if summary.get("lost_classes")
    ]
    if not found:
        return []
    told = first_of(found, _RUNS, "; ")
    return [f"classes never predicted in the last epoch: {told}"]


def advice(lost: Sequence[str], with_prior: bool = False) -> str:
    """What it means, and what to do, at the end of a run.

    Args:
        lost: names of the classes.
        with_prior: whether the run has a class prior already.
    """
    told = (
        f"{counted(lost)}: in the last epoch the network gave no training example "
        "these labels, though some have them: it has given them up"
    )
    return told + ("" if with_prior else "; --prior_weight=10 asks for every class")
