"""From a dataset of images to one of features, computed once."""

import concurrent.futures
import contextlib
import dataclasses
import hashlib
import json
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

import keras
import numpy as np
from tqdm import tqdm

from lnl_sr_tf.backbones import feature_cache
from lnl_sr_tf.backbones.backbone import Backbone, checked_weights
from lnl_sr_tf.datasets import Dataset
from lnl_sr_tf.datasets.batches import pipeline
from lnl_sr_tf.datasets.batches.augment import Augmentation, augment
from lnl_sr_tf.datasets.features.column_statistics import column_statistics
from lnl_sr_tf.datasets.features.mapped_rows import MappedRows
from lnl_sr_tf.datasets.features.viewed_rows import ViewedRows
from lnl_sr_tf.datasets.images.image_files import ImageFiles, Images
from lnl_sr_tf.devices import backend
from lnl_sr_tf.duration import duration
from lnl_sr_tf.errors import InputError

_BATCH = 32
_CHUNK = 4096
_VERSION = 1  # of what is kept; another one does not find it
_STREAM = 0x71E35  # keeps draws of views apart from others
_IN_MEMORY = 2**30  # bytes of features, as of images
_TOLD_FROM = 10  # seconds


def with_features(
    dataset: Dataset,
    name: str,
    weights: str | None,
    tell: Callable[[str], None] = print,
    views: int = 1,
) -> Dataset:
    """The same dataset with the features that a backbone makes of its images.

    Features that were computed before, of the same images by the same network with the
    same weights, are read from `feature_cache`, and no image is decoded.

    Args:
        dataset: of images, before anything is kept from training.
        name: of the backbone, as for `Backbone`.
        weights: its weights, likewise; None is refused.
        tell: called with each line for the person who waits.
        views: how many views of each training image there are features of; the first
            is the image as it is, others are flipped at random and moved by up to an
            eighth of their size, the same ones in every run.

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
    parts = {"train": _Part(dataset.train_images), "test": _Part(dataset.test_images)}
    parts |= {
        f"more {key}": _Part(test.images) for key, test in dataset.more_tests.items()
    }
    further = {f"view {i}": _Part(dataset.train_images, i) for i in range(1, views)}
    found = _features(parts | further, backbone, tell)
    if further:
        rows = [found[part] for part in ("train", *further)]
        found["train"] = ViewedRows([_array(one) for one in rows])
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


class _Part(NamedTuple):
    """A set of images, and which view of them; 0 is that of the images as they are."""

    images: Images
    view: int = 0

    @property
    def numbers(self) -> np.ndarray:
        """What decides how each is varied, float32, shape (n, columns)."""
        shape = len(self.images), _varied(self.images).columns
        return np.random.default_rng([_STREAM, self.view]).random(shape, np.float32)


def _varied(images: Images) -> Augmentation:
    side = min(images.shape[1:3])
    return Augmentation(crop_padding=max(1, round(side / 8)), flip=True)


def _features(
    parts: dict[str, _Part], backbone: Backbone, tell: Callable[[str], None]
) -> dict[str, Images]:
    """Those of several sets of images by their names, kept or computed."""
    identity = backbone.identity()
    keys = {part: _key(*parts[part], identity) for part in parts}

    def kept(part, tell):
        return feature_cache.load(keys[part], len(parts[part].images), tell)

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


def _array(rows: Images) -> np.ndarray:
    return rows.source if isinstance(rows, MappedRows) else np.asarray(rows)


def _in_memory_if_small(rows: np.ndarray) -> Images:
    """As float32, in which it is trained, unless that takes too much memory."""
    large = rows.size * np.dtype(np.float32).itemsize > _IN_MEMORY
    return MappedRows(rows) if large else np.array(rows, np.float32)


def _key(images: Images, view: int, identity: dict) -> str:
    """What features are made of, in letters that differ where they do."""
    if isinstance(images, ImageFiles):
        form = [images.resize, images.bits]
        content = images.content_hashes()
    else:
        form = []
        content = np.ascontiguousarray(images)
    digest = hashlib.blake2b(content.data, digest_size=16)
    form += [len(images), view]
    text = json.dumps([_VERSION, identity, form], sort_keys=True)
    digest.update(text.encode())
    return digest.hexdigest()


def _computed(
    parts: list[_Part], backbone: Backbone, tell: Callable[[str], None]
) -> list[np.ndarray]:
    """Features of several sets of images, float16, shape (n, width) each."""
    if not parts:
        return []
    sizes = [len(part.images) for part in parts]
    total = sum(sizes)
    found: list[np.ndarray] = []
    done, began, first, told = 0, 0.0, 0, False
    with tqdm(total=total, unit="images", disable=None, leave=False) as bar:
        for batch in _batches(parts):
            found.append(backbone.features(_padded(batch))[: len(batch)])
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
    return np.split(np.concatenate(found), np.cumsum(sizes)[:-1])


def _padded(batch: np.ndarray) -> np.ndarray:
    """All of one size: a network is compiled for each."""
    return np.pad(batch, [(0, _BATCH - len(batch)), *[(0, 0)] * (batch.ndim - 1)])


def _batches(parts: list[_Part]) -> Iterator[np.ndarray]:
    """All images in their order, varied where that is so of their part."""
    start = 0
    numbers = np.concatenate([part.numbers for part in parts])
    varied = np.repeat(
        [part.view > 0 for part in parts], [len(part.images) for part in parts]
    )
    for batch in _read([part.images for part in parts]):
        chosen = slice(start, start + len(batch))
        start += len(batch)
        of_view = varied[chosen]
        if of_view.any():
            drawn, kind = _padded(numbers[chosen]), _varied(batch)
            made = keras.ops.convert_to_numpy(augment(_padded(batch), drawn, kind))
            batch = np.where(of_view[:, None, None, None], made[: len(batch)], batch)
        yield batch


def _read(parts: list[Images]) -> Iterator[np.ndarray]:
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
