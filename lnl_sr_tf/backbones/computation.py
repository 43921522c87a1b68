"""What a backbone makes of examples, computed while further ones are read."""

import concurrent.futures
import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, Protocol

import keras
import numpy as np
from tqdm import tqdm

from lnl_sr_tf.datasets.batches import pipeline
from lnl_sr_tf.datasets.batches.augment import Augmentation, augment
from lnl_sr_tf.datasets.images.image_files import ImageFiles, Images, take
from lnl_sr_tf.devices import backend
from lnl_sr_tf.duration import duration

BATCH = 32
_STREAM = 0x71E35  # keeps draws of views apart from others
_TOLD_FROM = 10  # seconds


class Network(Protocol):
    """A `Backbone` or a `TextBackbone`."""

    name: str
    takes: str  # what examples are called

    def features(self, examples: np.ndarray) -> np.ndarray:
        """float16, shape (batch, width), of a batch."""

    def identity(self) -> dict[str, Any]:
        """What its features depend on, ready for JSON."""


class Part(NamedTuple):
    """A set of images or texts, or some that follow each other, by one view of them.

    Args:
        images: uint8, shape (n, height, width, channels); or texts, shape (n,).
        view: 0 for the images as they are; others are varied at random.
        start: how many images of the set come before.
    """

    images: Images
    view: int = 0
    start: int = 0

    @property
    def numbers(self) -> np.ndarray:
        """What decides how each is varied, float32, shape (n, columns)."""
        shape = self.start + len(self.images), _varied(self.images).columns
        drawn = np.random.default_rng([_STREAM, self.view]).random(shape, np.float32)
        return drawn[self.start :]

    def pieces(self, size: int) -> list["Part"]:
        """The same images in pieces of at most that size."""
        return [
            Part(_slice(self.images, start, start + size), self.view, start)
            for start in range(0, len(self.images), size)
        ]


def _slice(images: Images, start: int, end: int) -> Images:
    if isinstance(images, np.ndarray):
        return images[start:end]  # no copy
    return take(images, np.arange(start, min(end, len(images))))


def _varied(images: Images) -> Augmentation:
    side = min(images.shape[1:3])
    return Augmentation(crop_padding=max(1, round(side / 8)), flip=True)


def computed(
    parts: list[Part], backbone: Network, tell: Callable[[str], None]
) -> Iterator[np.ndarray]:
    """Features of several sets of images, one after the other.

    A bar on a terminal, and a line where it takes a while, say for how long.

    Args:
        parts: all of them in files of one form, or all in memory.
        backbone: what makes them.
        tell: called with each line for the person who waits.

    Yields:
        float16, shape (n, width), for each part.
    """
    if not parts:
        return
    ends = np.cumsum([len(part.images) for part in parts]).tolist()
    total = ends[-1]
    found: list[np.ndarray] = []
    done, began, first, told = 0, 0.0, 0, False
    with tqdm(total=total, unit=backbone.takes, disable=None, leave=False) as bar:
        for batch in _batches(parts):
            found.append(backbone.features(_padded(batch))[: len(batch)])
            done += len(batch)
            bar.update(len(batch))
            while ends and ends[0] <= done:
                rows = np.concatenate(found)
                size = len(rows) - (done - ends.pop(0))
                yield rows[:size]
                found = [rows[size:]]
            now = time.monotonic()
            if not first:
                began, first = now, done  # the first batch waits for the compiler
            elif not told and now - began > 1:
                told = True
                left = (now - began) / (done - first) * (total - done)
                if left > _TOLD_FROM:
                    tell(
                        f"{backbone.name} makes features of {total} {backbone.takes}, "
                        f"once: "
                        f"about {duration(left)}"
                    )


def _padded(batch: np.ndarray) -> np.ndarray:
    """All of one size: a network is compiled for each."""
    if batch.ndim == 1:
        return np.concatenate([batch, np.full(BATCH - len(batch), "", batch.dtype)])
    return np.pad(batch, [(0, BATCH - len(batch)), *[(0, 0)] * (batch.ndim - 1)])


def _batches(parts: list[Part]) -> Iterator[np.ndarray]:
    """All images in their order, varied where that is so of their part."""
    if not any(part.view for part in parts):
        yield from _read([part.images for part in parts])
        return
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
            files[0].joined(files[1:]), np.zeros(sum(map(len, files))), BATCH
        )
        yield from (batch.numpy() for batch, _ in batches)
        return
    slices = [
        (images, slice(start, start + BATCH))
        for images in parts
        for start in range(0, len(images), BATCH)
    ]
    with concurrent.futures.ThreadPoolExecutor(1) as thread:
        ahead = [thread.submit(images.__getitem__, at) for images, at in slices[:1]]
        for images, at in slices[1:]:
            ahead.append(thread.submit(images.__getitem__, at))
            yield ahead.pop(0).result()
        yield from (one.result() for one in ahead)
