"""From labelled files to a `Dataset`, checked."""

import hashlib
from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
from tqdm import tqdm

from lnl_sr_tf.datasets.copies import SplitContents, warn_of_copies
from lnl_sr_tf.datasets.dataset import Dataset
from lnl_sr_tf.datasets.fields import TestSet
from lnl_sr_tf.datasets.held_out import held_out_for_testing
from lnl_sr_tf.datasets.images import common_form
from lnl_sr_tf.datasets.images.image_files import ImageFiles, Images
from lnl_sr_tf.datasets.images.inspection import Inspection, inspect_files, why_bad
from lnl_sr_tf.datasets.images.pixel_statistics import pixel_statistics
from lnl_sr_tf.datasets.sources.labelled_files import LabelledFiles, Split
from lnl_sr_tf.errors import InputError

# Decoded images of all splits together that are kept in memory, in bytes.
MEMORY = 2**30
_STATISTICS_OF = 1000  # images, where not all of them are in memory
_NAMED = 3  # files in a message


class _Test(NamedTuple):
    """Which split is tested on.

    Args:
        name: of the split.
        labels_are: `"clean"`, `"given"` or `"held out"`, as `test_labels_are` of a
            `Dataset`.
        splits: all splits, from which a test split was held out where there was none.
        kept: which of the training files are left to train on, int64 indices.
    """

    name: str
    labels_are: str
    splits: dict[str, Split]
    kept: np.ndarray


def dataset_of_files(
    files: LabelledFiles,
    image_size: tuple[int, int] | None = None,
    resize: str = "stretch",
    skip_bad_files: bool = False,
    in_memory: bool | None = None,
    test_share: float = 0.2,
    statistics: bool = True,
    tell: Callable[[str], None] = print,
) -> Dataset:
    """A dataset of image files.

    Args:
        files: which there are.
        image_size: (height, width) to which images are resized; by default that of the
            images where all have one, else a square with the median of their shorter
            sides, at most 224.
        resize: `"stretch"`, or `"crop"` for the undistorted centre.
        skip_bad_files: go on without files that cannot be decoded.
        in_memory: whether images are decoded once and kept; by default if they take no
            more than 1 GiB.
        test_share: of each class, in (0, 1), that is held out where there is neither a
            test nor a validation split. The choice is the same for every seed of a run.
        statistics: whether mean and deviation of the pixels are measured, for which
            images are decoded; else they are 0 and 1.
        tell: called with each line about what was found.

    Raises:
        InputError: if a file cannot be read, or a class has no example.
    """
    splits, inspections = _without_bad_files(files, skip_bad_files, tell)
    _check_examples(files, splits)
    warn_of_copies(
        {
            name: SplitContents(inspections[name].content, split.labels, split.where)
            for name, split in splits.items()
        },
        tell,
    )
    every = inspections.values()
    channels = common_form.common_channels(every, tell)
    bits = common_form.common_bits(every, tell)
    image_size = image_size or common_form.common_size(every, tell)
    test = _test_split(files, splits, inspections, test_share, tell)
    as_they_are = all(
        (found.height == image_size[0]).all()
        and (found.width == image_size[1]).all()
        and not found.palette.any()
        for found in every
    )
    contents = {
        path: content
        for name, split in splits.items()
        for path, content in zip(split.paths, inspections[name].content, strict=True)
    }
    in_files = {
        name: ImageFiles(
            *(split.paths, image_size, channels, resize, as_they_are, bits),
            np.array([contents[path] for path in split.paths], np.int64),
        )
        for name, split in test.splits.items()
    }
    if in_memory is None:
        in_memory = sum(images.size for images in in_files.values()) <= MEMORY
    images: Mapping[str, Images] = _decoded(in_files) if in_memory else in_files
    train, tested = test.splits["train"], test.splits[test.name]
    mean, std = (0.0,) * channels, (1.0,) * channels
    if statistics:
        mean, std = _statistics(images["train"])
    return Dataset(
        name=files.name,
        train_images=images["train"],
        given_labels=train.labels,
        clean_labels=train.clean,
        test_images=images[test.name],
        test_labels=tested.best_labels,
        class_names=files.class_names,
        mean=mean,
        std=std,
        index=test.kept,
        test_labels_are=test.labels_are,
        more_tests={
            name: TestSet(images[name], split.best_labels, tuple(split.paths))
            for name, split in test.splits.items()
            if name not in ("train", test.name)
        },
        fingerprint=_fingerprint(test.splits, inspections),
        paths=tuple(train.paths),
        test_paths=tuple(tested.paths),
        bits=bits,
    )


def fingerprint_of_files(
    files: LabelledFiles, skip_bad_files: bool = False, test_share: float = 0.2
) -> str:
    """The fingerprint of the dataset that `dataset_of_files` would make.

    Args:
        files: which there are.
        skip_bad_files: as for `dataset_of_files`.
        test_share: likewise.

    Raises:
        InputError: if a file cannot be read, or none can be held out.
    """
    splits, inspections = _without_bad_files(files, skip_bad_files, _say_nothing)
    test = _test_split(files, splits, inspections, test_share, _say_nothing)
    return _fingerprint(test.splits, inspections)


def _say_nothing(line: str) -> None:
    """For where the data was read before, and everything was told then."""


def _without_bad_files(
    files: LabelledFiles, skip: bool, tell: Callable[[str], None]
) -> tuple[dict[str, Split], dict[str, Inspection]]:
    """The splits and what is in their files, without those that cannot be decoded."""
    paths = list(
        dict.fromkeys(path for split in files.splits.values() for path in split.paths)
    )
    found = inspect_files(paths, files.source, tell)
    position = {path: i for i, path in enumerate(paths)}
    splits, inspections, bad = {}, {}, []
    for name, split in files.splits.items():
        part = found.take(np.array([position[p] for p in split.paths], np.int64))
        bad += [(split, i) for i in part.bad]
        splits[name], inspections[name] = split, part
        if len(part.bad):
            whole = part.height > 0
            splits[name], inspections[name] = split.take(whole), part.take(whole)
    if bad:
        named = "; ".join(
            f"{split.where(i)}: {why_bad(split.paths[i])}" for split, i in bad[:_NAMED]
        )
        if len(bad) > _NAMED:
            named += f"; and {len(bad) - _NAMED} more"
        if not skip:
            raise InputError(
                f"{len(bad)} of {sum(map(len, files.splits.values()))} images cannot "
                f"be read ({named}); repair or remove them, or go on without them by "
                "--skip_bad_files"
            )
        several = "s" * (len(bad) != 1)
        tell(f"left out {len(bad)} image{several} that cannot be read ({named})")
    return splits, inspections


def _check_examples(files: LabelledFiles, splits: dict[str, Split]) -> None:
    for name, split in splits.items():
        if not len(split):
            raise InputError(f"{files.source}: {name} holds no image")
    counts = np.bincount(splits["train"].labels, minlength=len(files.class_names))
    for label in np.flatnonzero(counts == 0):
        raise InputError(
            f"{files.source}: class {files.class_names[label]!r} has no image to "
            "train on; add some, or remove the class"
        )


def _test_split(
    files: LabelledFiles,
    splits: dict[str, Split],
    inspections: dict[str, Inspection],
    share: float,
    tell: Callable[[str], None],
) -> _Test:
    train = splits["train"]
    for name in ("test", "validation"):
        if name in splits:
            kind = "held out" if name == "test" and files.held_out else "given"
            if name in files.clean_tests or splits[name].clean is not None:
                kind = "clean"
            return _Test(name, kind, splits, np.arange(len(train)))
    known = train.clean is not None
    chosen = held_out_for_testing(
        files.source,
        train.labels,
        share,
        inspections["train"].content,
        known,
        "a test split",
        tell,
    )
    splits = splits | {"train": train.take(~chosen), "test": train.take(chosen)}
    kind = "clean" if known else "held out"
    return _Test("test", kind, splits, np.flatnonzero(~chosen))


def _decoded(images: dict[str, ImageFiles]) -> dict[str, np.ndarray]:
    """Each split as an array, read with a progress bar on a terminal."""
    total = sum(map(len, images.values()))
    with tqdm(total=total, unit="images", disable=None, leave=False) as bar:
        return {name: files.decoded(bar.update) for name, files in images.items()}


def _statistics(images: Images) -> tuple[tuple[float, ...], tuple[float, ...]]:
    if isinstance(images, ImageFiles):
        some = np.unique(np.linspace(0, len(images) - 1, _STATISTICS_OF).astype(int))
        images = images[some]
    return pixel_statistics(images)


def _fingerprint(splits: dict[str, Split], inspections: dict[str, Inspection]) -> str:
    digest = hashlib.sha256()
    for name, found in inspections.items():
        digest.update(name.encode())
        # Without bits, which the content implies: older runs know nothing of them.
        fields = (
            found.height, found.width, found.channels, found.palette, found.content,
        )  # fmt: skip
        digest.update(np.stack(fields, 1).tobytes())
    for name, split in splits.items():
        digest.update(np.ascontiguousarray(split.labels).tobytes())
        if split.clean is not None:
            digest.update(f"clean {name}".encode())
            digest.update(np.ascontiguousarray(split.clean).tobytes())
    return digest.hexdigest()[:16]
