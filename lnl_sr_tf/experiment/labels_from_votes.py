"""The labels that several annotators gave, in place of those of the data."""

import dataclasses
import os
from collections.abc import Callable

import numpy as np

from lnl_sr_tf.config import Config
from lnl_sr_tf.datasets import Dataset, read_votes
from lnl_sr_tf.datasets.example_names import (
    NOT_TRAINED,
    SEVERAL,
    UNKNOWN,
    by_number,
    by_path,
)
from lnl_sr_tf.datasets.memory import check_memory
from lnl_sr_tf.errors import InputError, first_of
from lnl_sr_tf.votes import Crowd, Votes, crowd
from lnl_sr_tf.votes.findings import STEADY

_NAMED = 3  # in a message


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
    places[found.votes_of_example == 0] = NOT_TRAINED
    count = int((places[votes.example] >= 0).sum())
    if not count:
        raise InputError(
            f"--votes_file={config.votes_file} has no vote for an example that "
            f"{config.dataset_shown} trains on"
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
    if isinstance(dataset.train_images, np.ndarray):
        each = dataset.train_images.nbytes // max(1, len(dataset.train_images))
        check_memory(
            each * len(chosen),
            f"{len(chosen)} votes, an example each, take",
            "use --votes=soft",
        )
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
    used = np.unique(votes.label).tolist()
    unknown = [names[number] for number in used if names[number] not in known]
    # Votes that are numbers may be names of classes, or their places.
    numbers = names == [str(number) for number in range(len(names))]
    places = numbers and max(used) < len(known)
    if places and not unknown and any(known[names[i]] != i for i in used):
        raise InputError(
            f"--votes_file={config.votes_file}: the votes "
            f"{_few([names[i] for i in used])} may be names of classes of "
            f"{config.dataset_shown}, or their numbers from 0; expected class_names "
            "beside them, or names as votes"
        )
    if places and unknown:
        names, unknown = list(dataset.class_names[: len(names)]), []
    if unknown:
        raise InputError(
            f"--votes_file={config.votes_file} has votes for {_few(unknown)}, no class "
            f"of {config.dataset_shown}; expected some of {_few(dataset.class_names)}"
        )
    # A class without votes may have a name that the data has not.
    return np.array([known.get(name, 0) for name in names], np.int64)


def _places(dataset: Dataset, votes: Votes, config: Config) -> np.ndarray:
    """The training example that each of the votes' examples is; -1 for a test one."""
    known = _known(dataset)
    found = np.array([known.get(name, UNKNOWN) for name in votes.examples], np.int64)
    voted = np.bincount(votes.example, minlength=len(found)) > 0
    for place, problem in (
        (UNKNOWN, "no example has this number, from 0, or this path"),
        (SEVERAL, "several files end in it; give more of the path"),
    ):
        rows = np.flatnonzero(voted & (found == place)).tolist()
        names = [votes.examples[row] for row in rows]
        if names:
            raise InputError(
                f"--votes_file={config.votes_file} has votes for {_few(names)}, and in "
                f"{config.dataset_shown} {problem}"
            )
    trained = found[found >= 0]
    twice = np.flatnonzero(np.bincount(trained, minlength=1) > 1)
    if len(twice):
        same = np.flatnonzero(found == twice[0]).tolist()
        raise InputError(
            f"--votes_file={config.votes_file} names one example in several ways: "
            f"{_few([votes.examples[i] for i in same])}; expected one of them"
        )
    return found


def _known(dataset: Dataset) -> dict[str, int]:
    """The place of each training example by its names."""
    tests = [*dataset.more_tests.values()]
    if dataset.paths:
        paths = [dataset.test_paths, *(test.paths for test in tests)]
        return by_path(dataset.paths, (part or () for part in paths))
    others = [dataset.test_labels, *(test.labels for test in tests)]
    return by_number(dataset.index, sum(map(len, others)))


def _few(names: "list[str] | tuple[str, ...]") -> str:
    return first_of([f"{name!r:.60}" for name in names], _NAMED)
