"""From a listing of files to a `Dataset`, checked."""

import hashlib

import numpy as np
from tqdm import tqdm

from lnl_sr_tf.datasets.copies import Part, tell_copies
from lnl_sr_tf.datasets.dataset import Dataset, TestSet, pixel_statistics
from lnl_sr_tf.datasets.held_out import held_out
from lnl_sr_tf.datasets.images.file_index import index_files, reason
from lnl_sr_tf.datasets.images.image_files import ImageFiles
from lnl_sr_tf.datasets.images.image_rules import range_of
from lnl_sr_tf.errors import InputError

# Decoded images of all splits together that are kept in memory, in bytes.
MEMORY = 2**30
LARGEST_SIDE = 224  # unless image_size says otherwise
_STATISTICS_OF = 1000  # images, where not all of them are in memory
_NAMED = 3  # files in a message


def from_listing(
    listing,
    image_size=None,
    resize="stretch",
    skip_bad_files=False,
    in_memory=None,
    test_share=0.2,
    tell=print,
):
    """A dataset of image files.

    Args:
        listing: a `Listing`.
        image_size: (height, width) to which images are resized; by default that of the
            images where all have one, else a square with the median of their shorter
            sides, at most 224.
        resize: `"stretch"`, or `"crop"` for the undistorted centre.
        skip_bad_files: go on without files that are no whole image.
        in_memory: whether images are decoded once and kept; by default if they take no
            more than 1 GiB.
        test_share: of each class, in (0, 1), that is held out where there is neither a
            test nor a validation split. The choice is the same for every seed of a run.
        tell: called with each line for the person who waits.

    Returns:
        A `Dataset`.

    Raises:
        InputError: if a file cannot be read, or a class has no example.
    """
    splits, indexes = _without_bad_files(listing, skip_bad_files, tell)
    _check_examples(listing, splits)
    tell_copies(
        {
            name: Part(indexes[name][:, 4], examples.labels, examples.where)
            for name, examples in splits.items()
        },
        tell,
    )
    channels, bits = _channels(indexes, tell), _bits(indexes, tell)
    image_size = image_size or _choose_size(indexes, tell)
    test, test_labels_are, splits, index = _test_split(
        listing, splits, indexes, test_share, tell
    )
    known = all(
        (found[:, :2] == image_size).all() and not found[:, 3].any()
        for found in indexes.values()
    )
    images = {
        name: ImageFiles(examples.paths, image_size, channels, resize, known, bits)
        for name, examples in splits.items()
    }
    if in_memory is None:
        in_memory = sum(files.size for files in images.values()) <= MEMORY
    if in_memory:
        images = _decoded(images)
    train = splits["train"]
    mean, std = _statistics(images["train"])
    return Dataset(
        name=listing.name,
        train_images=images["train"],
        given_labels=train.labels,
        clean_labels=train.clean,
        test_images=images[test],
        test_labels=_best_labels(splits[test]),
        class_names=listing.class_names,
        mean=mean,
        std=std,
        index=index,
        test_labels_are=test_labels_are,
        more_tests={
            name: TestSet(images[name], _best_labels(examples), tuple(examples.paths))
            for name, examples in splits.items()
            if name not in ("train", test)
        },
        fingerprint=_fingerprint(splits, indexes),
        paths=tuple(train.paths),
        test_paths=tuple(splits[test].paths),
        bits=bits,
    )


def listing_fingerprint(listing, skip_bad_files=False, test_share=0.2):
    """The fingerprint of the dataset that `from_listing` would make.

    Args:
        listing: a `Listing`.
        skip_bad_files: as for `from_listing`.
        test_share: likewise.

    Raises:
        InputError: if a file cannot be read, or none can be held out.
    """
    splits, indexes = _without_bad_files(listing, skip_bad_files, _say_nothing)
    _, _, splits, _ = _test_split(listing, splits, indexes, test_share, _say_nothing)
    return _fingerprint(splits, indexes)


def _say_nothing(line):
    """Who reads the data tells what is to be said of it."""


def _best_labels(examples):
    return examples.labels if examples.clean is None else examples.clean


def _without_bad_files(listing, skip, tell):
    """The splits and their indexes, without files that are no whole image."""
    paths = list(
        dict.fromkeys(path for part in listing.splits.values() for path in part.paths)
    )
    index = index_files(paths, listing.source, tell)
    place = {path: i for i, path in enumerate(paths)}
    rows = np.stack(
        [
            *(index.height, index.width, index.channels, index.palette, index.content),
            index.bits,
        ],
        1,
    )
    splits, indexes, bad = {}, {}, []
    for name, examples in listing.splits.items():
        chosen = np.array([place[path] for path in examples.paths], np.int64)
        found = rows[chosen]
        whole = found[:, 0] > 0
        bad += [(examples, i) for i in np.flatnonzero(~whole)]
        splits[name] = examples if whole.all() else examples.take(whole)
        indexes[name] = found[whole]
    if bad:
        named = "; ".join(
            f"{examples.where(i)}: {reason(examples.paths[i])}"
            for examples, i in bad[:_NAMED]
        )
        if len(bad) > _NAMED:
            named += f"; and {len(bad) - _NAMED} more"
        if not skip:
            raise InputError(
                f"{len(bad)} of {sum(map(len, listing.splits.values()))} images cannot "
                f"be read ({named}); mend or remove them, or go on without them by "
                "skip_bad_files"
            )
        tell(f"left out {len(bad)} images that cannot be read ({named})")
    return splits, indexes


def _check_examples(listing, splits):
    for name, examples in splits.items():
        if not len(examples):
            raise InputError(f"{listing.source}: {name} holds no image")
    counts = np.bincount(splits["train"].labels, minlength=len(listing.class_names))
    for label in np.flatnonzero(counts == 0):
        raise InputError(
            f"{listing.source}: class {listing.class_names[label]!r} has no image to "
            "train on; add some, or remove the class"
        )


def _channels(indexes, tell):
    channels = np.concatenate([found[:, 2] for found in indexes.values()])
    grey = int((channels == 1).sum())
    if grey == len(channels):
        return 1
    if grey:
        tell(
            f"{grey} of {len(channels)} images are grey: taken as colour like the rest"
        )
    return 3


def _bits(indexes, tell):
    """Of which the values in PNGs of 16 bits are, in all alike; None for all 16."""
    used = np.concatenate([found[:, 5] for found in indexes.values()])
    deep = int((used > 0).sum())
    bits = range_of(int(used.max()))
    if not deep or bits == 16:
        return None
    tell(
        f"{deep} of {len(used)} images are PNGs of 16 bits whose values use {bits}: "
        f"taken as of {bits} bits, all alike"
    )
    return bits


def _choose_size(indexes, tell):
    sizes = np.concatenate([found[:, :2] for found in indexes.values()])
    height, width = (int(v) for v in np.median(sizes, axis=0))
    if (sizes != sizes[0]).any():
        side = min(int(np.median(sizes.min(axis=1))), LARGEST_SIDE)
        chosen = (side, side)
        what = f"of differing sizes (median {height}×{width})"
    else:
        shrink = min(1.0, LARGEST_SIDE / max(height, width))
        chosen = (max(1, round(height * shrink)), max(1, round(width * shrink)))
        what = f"of {height}×{width} pixels"
    if chosen != (height, width) or (sizes != sizes[0]).any():
        tell(
            f"images are {what}, resized to {chosen[0]}×{chosen[1]}; image_size sets "
            "another"
        )
    return chosen


def _test_split(listing, splits, indexes, share, tell):
    """(name of the test split, what its labels are, all splits, index of training)."""
    for name in ("test", "validation"):
        if name in splits:
            clean = name in listing.clean_tests or splits[name].clean is not None
            return name, "clean" if clean else "given", splits, None
    train = splits["train"]
    out = held_out(train.labels, share, seed=0, groups=indexes["train"][:, 4])
    if not out.any():
        raise InputError(
            f"{listing.source}: no class has two images, so none can be held out for "
            "testing; add images, or a test split"
        )
    splits = splits | {"train": train.take(~out), "test": train.take(out)}
    known = train.clean is not None
    tell(
        f"no test split: {int(out.sum())} of {len(out)} images are held out, "
        f"{share:.0%} of each class"
        + ("" if known else "; their labels are as noisy as the rest")
    )
    kind = "clean" if known else "held out"
    return "test", kind, splits, np.flatnonzero(~out)


def _decoded(images):
    """Each split as an array, read with a progress bar on a terminal."""
    total = sum(map(len, images.values()))
    with tqdm(total=total, unit="images", disable=None, leave=False) as bar:
        return {name: files.decoded(bar.update) for name, files in images.items()}


def _statistics(images):
    if isinstance(images, ImageFiles):
        some = np.unique(np.linspace(0, len(images) - 1, _STATISTICS_OF).astype(int))
        images = images[some]
    return pixel_statistics(images)


def _fingerprint(splits, indexes):
    """Tells whether a run that goes on still sees the same data."""
    digest = hashlib.sha256()
    for name, found in indexes.items():
        digest.update(name.encode())
        # The content says how many bits are used, and older runs know nothing of them.
        digest.update(np.ascontiguousarray(found[:, :5]).tobytes())
    for name, examples in splits.items():
        digest.update(np.ascontiguousarray(examples.labels).tobytes())
        if examples.clean is not None:
            digest.update(f"clean {name}".encode())
            digest.update(np.ascontiguousarray(examples.clean).tobytes())
    return digest.hexdigest()[:16]
