"""The labels that several annotators gave, in place of those of the data."""

import dataclasses
import os
from collections.abc import Callable, Iterator

import numpy as np

from lnl_sr_tf.config import Config
from lnl_sr_tf.datasets import Dataset, read_votes
from lnl_sr_tf.errors import InputError
from lnl_sr_tf.votes import Crowd, Votes, crowd
from lnl_sr_tf.votes.findings import STEADY

_NAMED = 3  # in a message
_NO_PLACE = -1  # among the training examples
_SEVERAL = -2


def with_votes(
    dataset: Dataset, config: Config, tell: Callable[[str], None]
) -> Dataset:
    """The dataset with the labels that `--votes` makes of those of `--votes_file`.

    Examples without a vote are not trained on. Clean labels stay, and so does the test
    set.

    Args:
        dataset: the source.
        config: the settings of a run.
        tell: called with a line about what was found.

    Returns:
        A new `Dataset`: with the consensus or the majority as given labels; with
        `label_shares`, the probabilities of the consensus; or with an example for each
        vote.

    Raises:
        InputError: if the file is no file of votes, or names examples or classes that
            the data has not.
    """
    if config.votes_file is None:
        return dataset
    votes = read_votes(os.path.expanduser(config.votes_file), tell)
    places = _places(dataset, votes, config)
    classes = _classes(dataset, votes, config)
    found = _fit(votes)
    places[found.votes_of_example == 0] = _NO_PLACE
    count = int((places[votes.example] >= 0).sum())
    if not count:
        raise InputError(
            f"--votes_file={config.votes_file} has no vote for an example that "
            f"{config.dataset} trains on"
        )
    tell(
        f"{config.votes_file}: {count} votes of {len(votes.annotators)} annotators for "
        f"{int((places >= 0).sum())} of {len(dataset.given_labels)} training examples; "
        f"consensus and majority differ for {int(found.differ.sum())}"
    )
    return _MADE[config.votes](dataset, votes, found, places, classes)


def _fit(votes: Votes) -> Crowd:
    """The consensus; steadier where annotators gave few votes of each class."""
    found = crowd(votes)
    return crowd(votes, smoothing=STEADY) if found.few_votes else found


def _by_label(label_of: Callable[[Crowd], np.ndarray]) -> Callable:
    def made(dataset, votes, found, places, classes):
        kept, rows = _rows(places)
        labels = classes[label_of(found)[rows]]
        return dataclasses.replace(dataset.subset(kept), given_labels=labels)

    return made


def _soft(dataset, votes, found, places, classes):
    kept, rows = _rows(places)
    shares = np.zeros((len(kept), dataset.num_classes), np.float32)
    shares[:, classes] = found.probabilities[rows]
    return dataclasses.replace(
        dataset.subset(kept),
        given_labels=classes[found.consensus[rows]],
        label_shares=shares,
    )


def _each(dataset, votes, found, places, classes):
    place = places[votes.example]
    chosen = np.flatnonzero(place >= 0)
    # In the order of the examples, whatever order the file has.
    chosen = chosen[np.lexsort((votes.annotator[chosen], place[chosen]))]
    return dataclasses.replace(
        dataset.subset(place[chosen]),
        given_labels=classes[votes.label[chosen]],
        index=np.arange(len(chosen)),
    )


_MADE: dict[str, Callable] = {
    "consensus": _by_label(lambda found: found.consensus),
    "majority": _by_label(lambda found: found.majority),
    "soft": _soft,
    "each": _each,
}


def _rows(places: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(places of the training examples that have votes, their rows in the votes)."""
    rows = np.flatnonzero(places >= 0)
    order = np.argsort(places[rows])
    return places[rows][order], rows[order]


def _classes(dataset: Dataset, votes: Votes, config: Config) -> np.ndarray:
    """The number in the dataset of each class of the votes."""
    known = {name: number for number, name in enumerate(dataset.class_names)}
    names = [str(name) for name in votes.class_names]
    numbers = [str(number) for number in range(len(names))]
    if not known.keys() >= set(names) and names == numbers:
        names = list(dataset.class_names[: len(names)])  # numbers of classes
    unknown = [name for name in names if name not in known]
    if unknown or len(votes.class_names) > len(known):
        raise InputError(
            f"--votes_file={config.votes_file} has votes for {_few(unknown)}, no class "
            f"of {config.dataset}; expected some of {_few(dataset.class_names)}"
        )
    return np.array([known[name] for name in names], np.int64)


def _places(dataset: Dataset, votes: Votes, config: Config) -> np.ndarray:
    """The training example that each of the votes' examples is; -1 for a test one."""
    known: dict[str, int] = {}
    for place, number in enumerate(dataset.index.tolist()):
        known[str(number)] = place
    count = len(dataset.given_labels) + len(dataset.test_labels)
    # Their numbers are among those of all, which a dataset does not tell.
    tests = {str(number) for number in range(count)} - known.keys()
    for place, path in enumerate(dataset.paths or ()):
        for name in _endings(path):
            # A name that several files have stands for none of them.
            known[name] = place if name not in known else _SEVERAL
    for path in dataset.test_paths or ():
        tests.update(_endings(path))
    found = np.array([known.get(name, _NO_PLACE) for name in votes.examples], np.int64)
    unknown = [
        name
        for name, place in zip(votes.examples, found.tolist(), strict=True)
        if place == _SEVERAL or (place == _NO_PLACE and name not in tests)
    ]
    if unknown:
        raise InputError(
            f"--votes_file={config.votes_file} has votes for {_few(unknown)}, which is "
            f"no example of {config.dataset}, or several; expected its number from 0, "
            "or as much of its file's path as makes it the only one"
        )
    return found


def _endings(path: str) -> Iterator[str]:
    """A path, and what is left of it without its first folders."""
    parts = path.replace(os.sep, "/").split("/")
    for start in range(len(parts)):
        yield "/".join(parts[start:])


def _few(names: "list[str] | tuple[str, ...]") -> str:
    more = len(names) - _NAMED
    return ", ".join(f"{name!r:.60}" for name in names[:_NAMED]) + (
        f" and {more} more" if more > 0 else ""
    )
