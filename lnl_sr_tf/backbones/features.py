"""From a dataset of images to one of features, computed once."""

import concurrent.futures
import contextlib
import dataclasses
import hashlib
import json
import time
from collections.abc import Callable, Iterator

import numpy as np
from tqdm import tqdm

from lnl_sr_tf.backbones import feature_cache
from lnl_sr_tf.backbones.backbone import Backbone, checked_weights
from lnl_sr_tf.datasets import Dataset
from lnl_sr_tf.datasets.batches import pipeline
from lnl_sr_tf.datasets.features.column_statistics import column_statistics
from lnl_sr_tf.datasets.features.mapped_rows import MappedRows
from lnl_sr_tf.datasets.images.image_files import ImageFiles, Images
from lnl_sr_tf.devices import backend
from lnl_sr_tf.duration import duration
from lnl_sr_tf.errors import InputError

_BATCH = 32
_CHUNK = 4096
_VERSION = 1  # of what is kept; another one does not find it
_IN_MEMORY = 2**30  # bytes of features, as of images
_TOLD_FROM = 10  # seconds


def with_features(
    dataset: Dataset,
    name: str,
    weights: str | None,
    tell: Callable[[str], None] = print,
) -> Dataset:
    """The same dataset with the features that a backbone makes of its images.

    Features that were computed before, of the same images by the same network with the
    same weights, are read from `feature_cache`, and no image is decoded.

    Args:
        dataset: of images, before anything is kept from training.
        name: of the backbone, as for `Backbone`.
        weights: its weights, likewise; None is refused.
        tell: called with each line for the person who waits.

    Returns:
        A `Dataset` whose `originals` are the images.

    Raises:
        InputError: if the dataset is not of images, they are too small for the network,
            or the weights are not its.

    Example:
        data = lnl.datasets.load("photos")
        with_features(data, "keras:EfficientNetV2B0", "b0.h5").image_shape  # (1280,)
    """
    if not dataset.of_images:
        raise InputError(
            f"--backbone={name} takes images; {dataset.name} holds features"
        )
    weights = checked_weights(name, weights)
    backbone = Backbone(name, weights, dataset.image_shape)
    parts = {"train": dataset.train_images, "test": dataset.test_images}
    parts |= {f"more {key}": test.images for key, test in dataset.more_tests.items()}
    found = _features(parts, backbone, tell)
    mean, std = column_statistics(found["train"])
    if len(dataset.given_labels) > 1 and not _differ(found["train"]):
        tell(
            f"warning: --backbone={name} makes the same features of all images; "
            f"{weights} may hold weights that were never trained"
        )
    return dataclasses.replace(
        dataset,
        train_images=found["train"],
        test_images=found["test"],
        mean=mean,
        std=std,
        more_tests={
            key: dataclasses.replace(
                test, images=found[f"more {key}"], originals=test.images
            )
            for key, test in dataset.more_tests.items()
        },
        originals=dataset.train_images,
        test_originals=dataset.test_images,
        encoder=backbone,
    )


def _differ(rows: Images) -> bool:
    """Whether features differ from row to row."""
    first = rows[:1]
    chunks = range(0, len(rows), _CHUNK)
    return any((rows[i : i + _CHUNK] != first).any() for i in chunks)


def _features(
    parts: dict[str, Images], backbone: Backbone, tell: Callable[[str], None]
) -> dict[str, Images]:
    """Those of several sets of images by their names, kept or computed."""
    identity = backbone.identity()
    keys = {part: _key(images, identity) for part, images in parts.items()}

    def kept(part, tell):
        return feature_cache.load(keys[part], len(parts[part]), tell)

    found = {part: kept(part, tell) for part in parts}
    missing = [part for part, rows in found.items() if rows is None]
    with contextlib.ExitStack() as locks:
        # In one order, so that no two processes wait for each other.
        for key in sorted({keys[part] for part in missing}):
            locks.enter_context(feature_cache.alone(key, tell))
        found |= {part: kept(part, lambda line: None) for part in missing}
        missing = [part for part in missing if found[part] is None]
        made = _computed([parts[part] for part in missing], backbone, tell)
        for part, rows in zip(missing, made, strict=True):
            found[part] = feature_cache.save(keys[part], rows, tell)
    return {part: _in_memory_if_small(rows) for part, rows in found.items()}


def _in_memory_if_small(rows: np.ndarray) -> Images:
    kept = MappedRows(rows)
    return kept if kept.size * kept.dtype.itemsize > _IN_MEMORY else kept[:]


def _key(images: Images, identity: dict) -> str:
    """What features are made of, in letters that differ where they do."""
    if isinstance(images, ImageFiles):
        form = [images.resize, images.bits]
        content = images.content_hashes()
    else:
        form = []
        content = np.ascontiguousarray(images)
    digest = hashlib.blake2b(content.data, digest_size=16)
    text = json.dumps([_VERSION, identity, form, len(images)], sort_keys=True)
    digest.update(text.encode())
    return digest.hexdigest()


def _computed(
    parts: list[Images], backbone: Backbone, tell: Callable[[str], None]
) -> list[np.ndarray]:
    """Features of several sets of images, float16, shape (n, width) each."""
    total = sum(map(len, parts))
    found: list[np.ndarray] = []
    done, began, first, told = 0, 0.0, 0, False
    with tqdm(total=total, unit="images", disable=None, leave=False) as bar:
        for batch in _batches(parts):
            # All of one size: a network is compiled for each.
            padding = [(0, _BATCH - len(batch)), *[(0, 0)] * 3]
            found.append(backbone.features(np.pad(batch, padding))[: len(batch)])
            done += len(batch)
            bar.update(len(batch))
            now = time.monotonic()
            if not first:
                began, first = now, done  # the first batch waits for the compiler
            elif not told and now - began > 1:
                told = True
                left = (now - began) / (done - first) * (total - done)
                if left > _TOLD_FROM:
                    tell(
                        f"{backbone.name} makes features of {total} images, once: "
                        f"about {duration(left)}"
                    )
    if not found:
        return []
    ends = np.cumsum([len(images) for images in parts])
    return np.split(np.concatenate(found), ends[:-1])


def _batches(parts: list[Images]) -> Iterator[np.ndarray]:
    """All images in their order, read while the network computes."""
    files = [images for images in parts if isinstance(images, ImageFiles)]
    if files and backend.name() == "tensorflow":
        # In one stream, which takes longer to build than it takes to read a few.
        batches = pipeline.evaluation_batches(
            files[0].joined(files[1:]), np.zeros(sum(map(len, files))), _BATCH
        )
        yield from (batch.numpy() for batch, _ in batches)
        return
    slices = [
        (images, slice(start, start + _BATCH))
        for images in parts
        for start in range(0, len(images), _BATCH)
    ]
    with concurrent.futures.ThreadPoolExecutor(1) as thread:
        ahead = [thread.submit(images.__getitem__, at) for images, at in slices[:1]]
        for images, at in slices[1:]:
            ahead.append(thread.submit(images.__getitem__, at))
            yield ahead.pop(0).result()
        yield from (one.result() for one in ahead)
