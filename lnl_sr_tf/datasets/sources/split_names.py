"""Which words stand for the training, the validation and the test split."""

import pathlib
import re
from collections.abc import Sequence

from lnl_sr_tf.errors import InputError

# The words that Hugging Face's `datasets` knows, and trainval: all but the test set.
_WORDS = {
    "train": ("train", "training", "trainval"),
    "validation": ("validation", "valid", "val", "dev"),
    "test": ("test", "testing", "eval", "evaluation"),
}
SPLITS = tuple(_WORDS)
# A test set whose labels are as noisy as those of training, having been held out.
HELD_OUT = "held_out"
_SPLIT_OF = {word: split for split, words in _WORDS.items() for word in words}
# Words in a split's name that do not say which split it is.
_FILLERS = (
    "set", "data", "dataset", "split", "subset", "partition", "part", "folder",
    "images", "image", "imgs", "img", "pictures", "photos", "files", "examples",
    "samples", "seg",
)  # fmt: skip


def split_of(text: str) -> str | None:
    """The split that a name means if it says nothing else; None where it does.

    Upper and lower case, spaces, punctuation, digits and words such as set, data and
    images do not count.

    Args:
        text: the name of a folder, or what a column says.

    Returns:
        `"train"`, `"validation"`, `"test"` or None.

    Example:
        >>> [split_of(text) for text in ("Training_Set", "val2017", "bullet_train")]
        ['train', 'validation', None]
    """
    if is_held_out(text):
        return "test"
    splits, rest = _parsed(text)
    if splits == {"train", "validation"}:  # train_val
        splits = {"train"}
    return splits.pop() if len(splits) == 1 and not rest else None


def is_held_out(text: str) -> bool:
    """Whether a name says that labels for testing are as noisy as those of training.

    Example:
        >>> is_held_out("Held out"), is_held_out("test")
        (True, False)
    """
    return re.sub(r"[\W_]+", "", text.lower()) == HELD_OUT.replace("_", "")


def split_folders(root: pathlib.Path, names: Sequence[str]) -> dict[str, str] | None:
    """Which of the folders in a dataset's folder are its splits.

    Folders are splits where one is named for nothing but a split, where the names of
    several differ in the split alone (as imagenet_train and imagenet_val do), and where
    every name says a split. Else a folder whose name says one, such as bullet_train
    among other vehicles, is a class.

    Args:
        root: the dataset's folder, for messages.
        names: of the folders in it.

    Returns:
        The folder of `"train"`, and where there are, of `"validation"` and `"test"`;
        None where the folders are classes.

    Raises:
        InputError: if folders look like splits and one is of no split, two are of the
            same split, or there is none to train on.

    Example:
        >>> split_folders(pathlib.Path("pets"), ["training_set", "test_set"])
        {'train': 'training_set', 'test': 'test_set'}
    """
    found: dict[str, str | None] = {name: split_of(name) for name in names}
    if not any(found.values()):
        found = _by_common_rest(names)
    if not found:
        return None
    said = {name: split or _only(_parsed(name)[0]) for name, split in found.items()}
    train = next((name for name in names if said[name] == "train"), None)
    if train is None:
        name = next(name for name in names if said[name])
        raise InputError(
            f"{root / name} looks like the {said[name]} split, and there is no train/ "
            "beside it; expected one" + _or_a_class(root, name)
        )
    places: dict[str, str] = {}
    for name, split in said.items():
        if split is None:
            raise InputError(
                f"{root / name}: beside {train}/ only validation/ and test/ are "
                "expected; move it elsewhere" + _or_a_class(root, train)
            )
        if split in places:
            raise InputError(
                f"{root}: {places[split]}/ and {name}/ are both the {split} split; "
                "keep one" + _or_a_class(root, name)
            )
        places[split] = name
    return {split: places[split] for split in SPLITS if split in places}


def taken_for(names: dict[str, str]) -> str:
    """Which splits names were taken for, to be told; "" where the names say it.

    Args:
        names: from a split to its name in the data.

    Example:
        >>> taken_for({"train": "training_set", "test": "test"})
        'taken for splits: training_set (train), test (test)'
    """
    if all(name.lower() == split for split, name in names.items()):
        return ""
    named = ", ".join(f"{name} ({split})" for split, name in names.items())
    return f"taken for splits: {named}"


def _or_a_class(root: pathlib.Path, name: str) -> str:
    """What to do if it is a class; "" for train/, where the classes would be put."""
    if name == "train":
        return ""
    return f", or if {name} is a class, put all classes into {root / 'train'}/"


def _by_common_rest(names: Sequence[str]) -> dict[str, str | None]:
    """The split of each name, or None for it; empty where all are classes."""
    parsed = {name: _parsed(name) for name in names}
    said = {name: _only(splits) for name, (splits, _) in parsed.items()}
    by_rest: dict[tuple[str, ...], set[str | None]] = {}
    for name, (_, rest) in parsed.items():
        if said[name]:
            by_rest.setdefault(rest, set()).add(said[name])
    several = len(set(said.values())) > 1
    if any(len(splits) > 1 for splits in by_rest.values()) or (
        several and all(said.values())
    ):
        return said
    return {}


def _only(splits: set[str]) -> str | None:
    return next(iter(splits)) if len(splits) == 1 else None


def _parsed(text: str) -> tuple[set[str], tuple[str, ...]]:
    """(the splits that a name says, its other words without fillers)."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text)  # TrainSet
    splits: set[str] = set()
    rest: list[str] = []
    for word in re.findall(r"[^\W\d_]+", spaced.lower()):
        split = _SPLIT_OF.get(word) or _joined(word)
        if split:
            splits.add(split)
        elif len(word) > 1 and word not in _FILLERS:
            rest.append(word)
    return splits, tuple(rest)


def _joined(word: str) -> str | None:
    """The split of trainset and the like."""
    for end in _FILLERS:
        if word.endswith(end) and word.removesuffix(end) in _SPLIT_OF:
            return _SPLIT_OF[word.removesuffix(end)]
    return None
