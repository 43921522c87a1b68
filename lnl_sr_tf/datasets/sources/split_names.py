"""Which words stand for the training, the validation and the test split."""

import re

from lnl_sr_tf.errors import InputError

# The words that Hugging Face's `datasets` goes by, and trainval, for all that is not
# for testing.
_WORDS = {
    "train": ("train", "training", "trainval"),
    "validation": ("validation", "valid", "val", "dev"),
    "test": ("test", "testing", "eval", "evaluation"),
}
_SPLIT_OF = {word: split for split, words in _WORDS.items() for word in words}
# Words beside them that say nothing of what is in it.
_BESIDE = (
    "set", "data", "dataset", "split", "subset", "partition", "part", "folder",
    "images", "image", "imgs", "img", "pictures", "photos", "files", "examples",
    "samples", "seg",
)  # fmt: skip


def split_of(text):
    """The split that a name means if it says nothing else; None where it does.

    Upper and lower case, spaces, punctuation, digits and words such as set, data and
    images do not count.

    Args:
        text: a name, of a folder or in a column.

    Returns:
        `"train"`, `"validation"`, `"test"` or None.

    Example:
        >>> [split_of(text) for text in ("Training_Set", "val2017", "bullet_train")]
        ['train', 'validation', None]
    """
    splits, rest = _parsed(text)
    if splits == {"train", "validation"}:  # train_val
        splits = {"train"}
    return splits.pop() if len(splits) == 1 and not rest else None


def split_folders(root, names):
    """Which of the folders beneath a data set are its splits.

    They are where one has such a name, where the names of several differ in the split
    alone (as imagenet_train and imagenet_val do), and where the names of all say a
    split. Else one that says a split, such as bullet_train among other vehicles, is the
    name of a class.

    Args:
        root: the folder, a `pathlib.Path`, for messages.
        names: of the folders beneath it.

    Returns:
        Dict from `"train"`, and where there are `"validation"` and `"test"`, to a
        name; None where the folders are classes.

    Raises:
        InputError: if folders look like splits and cannot be used: one is of no split,
            two are of the same one, or there is none to train on.

    Example:
        >>> split_folders(pathlib.Path("pets"), ["training_set", "test_set"])
        {'train': 'training_set', 'test': 'test_set'}
    """
    found = {name: split_of(name) for name in names}
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
    places = {}
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
    return {split: places[split] for split in _WORDS if split in places}


def taken_for(names):
    """What names of splits were taken for, for people; "" where they say it plainly.

    Args:
        names: dict from a split to its name in the data.

    Example:
        >>> taken_for({"train": "training_set", "test": "test"})
        'taken for splits: training_set (train), test (test)'
    """
    if all(name.lower() == split for split, name in names.items()):
        return ""
    named = ", ".join(f"{name} ({split})" for split, name in names.items())
    return f"taken for splits: {named}"


def _or_a_class(root, name):
    """The way out; where the folder of classes is train itself there is none."""
    if name == "train":
        return ""
    return f", or if {name} is a class, put all classes into {root / 'train'}/"


def _by_common_rest(names):
    """Dict from a name to its split or None; None where they are classes."""
    parsed = {name: _parsed(name) for name in names}
    said = {name: _only(splits) for name, (splits, _) in parsed.items()}
    by_rest = {}
    for name, (_, rest) in parsed.items():
        if said[name]:
            by_rest.setdefault(rest, set()).add(said[name])
    several = len(set(said.values())) > 1
    if any(len(splits) > 1 for splits in by_rest.values()) or (
        several and all(said.values())
    ):
        return said
    return None


def _only(splits):
    return next(iter(splits)) if len(splits) == 1 else None


def _parsed(text):
    """(the splits that a name says, its other words)."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text)  # TrainSet
    splits, rest = set(), []
    for word in re.findall(r"[^\W\d_]+", spaced.lower()):
        split = _SPLIT_OF.get(word) or _joined(word)
        if split:
            splits.add(split)
        elif len(word) > 1 and word not in _BESIDE:
            rest.append(word)
    return splits, tuple(rest)


def _joined(word):
    """The split of trainset and the like."""
    for end in _BESIDE:
        if word.endswith(end) and word.removesuffix(end) in _SPLIT_OF:
            return _SPLIT_OF[word.removesuffix(end)]
    return None
