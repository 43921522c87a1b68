"""From a dataset of images or texts to one of features, computed once."""

import contextlib
import dataclasses
import hashlib
import json
from collections.abc import Callable
from typing import Any

import numpy as np

from lnl_sr_tf.backbones import feature_cache
from lnl_sr_tf.backbones.backbone import Backbone, checked_weights
from lnl_sr_tf.backbones.computation import Network, Part, computed
from lnl_sr_tf.backbones.text_backbone import TextBackbone
from lnl_sr_tf.config.file_kind import TEXT
from lnl_sr_tf.config.settings import HUB
from lnl_sr_tf.datasets import Dataset
from lnl_sr_tf.datasets.features.column_statistics import column_statistics
from lnl_sr_tf.datasets.features.mapped_rows import MappedRows
from lnl_sr_tf.datasets.features.viewed_rows import ViewedRows
from lnl_sr_tf.datasets.images.image_files import ImageFiles, Images
from lnl_sr_tf.errors import InputError

_CHUNK = 4096
_PIECE = 8192  # examples, after which features are kept in case of a power cut
_VERSION = 1  # of what is kept; another one does not find it
_IN_MEMORY = 2**30  # bytes of features, as of images


def with_features(
    dataset: Dataset,
    name: str,
    weights: str | None,
    tell: Callable[[str], None] = print,
    views: int = 1,
) -> Dataset:
    """The same dataset with the features that a backbone makes of its images or texts.

    Features that were computed before, of the same images by the same network with the
    same weights, are read from `feature_cache`, and no image is decoded.

    Args:
        dataset: of images or texts, before anything is kept from training.
        name: of the backbone, as for `Backbone`.
        weights: its weights, likewise; None for those of a preset.
        tell: called with each line for the person who waits.
        views: how many views of each training image there are features of; the first
            is the image as it is, others are flipped at random and moved by up to an
            eighth of their size, the same ones in every run.

    Returns:
        A `Dataset` whose `originals` are the images or texts.

    Raises:
        InputError: if the dataset is not of what the backbone takes, images are too
            small for it, or the weights are not its.

    Example:
        data = lnl.datasets.load("photos")
        with_features(data, "keras:EfficientNetV2B0", "b0.h5").image_shape  # (1280,)
    """
    of_texts = dataset.kind == TEXT and name.startswith(HUB)
    if not dataset.of_images and not of_texts:
        raise InputError(
            f"--backbone={name} takes images{' or texts' * name.startswith(HUB)}; "
            f"{dataset.name} holds features"
        )
    weights = checked_weights(name, weights)
    backbone: Network
    train: Any
    test: Any
    more: dict[str, Any]
    if of_texts:
        backbone = TextBackbone(name, weights)
        train, test = dataset.originals, dataset.test_originals
        more = {key: one.originals for key, one in dataset.more_tests.items()}
    else:
        backbone = Backbone(name, weights, dataset.image_shape)
        train, test = dataset.train_images, dataset.test_images
        more = {key: one.images for key, one in dataset.more_tests.items()}
    parts = {"train": Part(train), "test": Part(test)}
    parts |= {f"more {key}": Part(examples) for key, examples in more.items()}
    further = {f"view {i}": Part(train, i) for i in range(1, views)}
    found = _features(parts | further, backbone, tell)
    if further:
        rows = [found[part] for part in ("train", *further)]
        found["train"] = ViewedRows([_array(one) for one in rows])
    mean, std = column_statistics(found["train"])
    if len(dataset.given_labels) > 1 and not _differ(found["train"]):
        tell(
            f"warning: --backbone={name} makes the same features of all "
            f"{backbone.takes}, as 16-bit floats; {weights or 'it'} may hold weights "
            "that were never trained"
        )
    return dataclasses.replace(
        dataset,
        train_images=found["train"],
        test_images=found["test"],
        mean=mean,
        std=std,
        more_tests={
            key: dataclasses.replace(
                one, images=found[f"more {key}"], originals=more[key]
            )
            for key, one in dataset.more_tests.items()
        },
        originals=train,
        test_originals=test,
        encoder=backbone,
    )


def _differ(rows: Images) -> bool:
    """Whether features differ from row to row."""
    first = rows[:1]
    chunks = range(0, len(rows), _CHUNK)
    return any((rows[i : i + _CHUNK] != first).any() for i in chunks)


def _features(
    parts: dict[str, Part], backbone: Network, tell: Callable[[str], None]
) -> dict[str, Images]:
    """Those of several sets of images by their names, kept or computed."""
    identity = backbone.identity()
    keys = {key: _key(part.images, part.view, identity) for key, part in parts.items()}

    def kept(part, tell):
        return feature_cache.load(keys[part], len(parts[part].images), tell)

    found = {part: kept(part, tell) for part in parts}
    missing = [part for part, rows in found.items() if rows is None]
    if not missing:
        count = sum(len(part.images) for part in parts.values())
        tell(f"the features of {count} {backbone.takes} are there from before")
    with contextlib.ExitStack() as locks:
        # In one order, so that no two processes wait for each other.
        for key in sorted({keys[part] for part in missing}):
            locks.enter_context(feature_cache.alone(key, tell))
        found |= {part: kept(part, lambda line: None) for part in missing}
        missing = [part for part in missing if found[part] is None]
        pieces = {part: _pieces(keys[part], parts[part]) for part in missing}
        every = {key: piece for of_part in pieces.values() for key, piece in of_part}
        rows = _rows(every, backbone, tell)
        for part, of_part in pieces.items():
            made = [rows[key] for key, _ in of_part]
            if len(made) == 1:
                found[part] = made[0]
                continue
            found[part] = feature_cache.save(keys[part], np.concatenate(made), tell)
            feature_cache.remove(key for key, _ in of_part)
    return {part: _in_memory_if_small(rows) for part, rows in found.items()}


def _pieces(key: str, part: Part) -> list[tuple[str, Part]]:
    """Pieces that are kept as soon as they are there, with their keys."""
    pieces = part.pieces(_PIECE)
    if len(pieces) == 1:
        return [(key, part)]
    return [(f"{key}-{piece.start}", piece) for piece in pieces]


def _rows(
    pieces: dict[str, Part], backbone: Network, tell: Callable[[str], None]
) -> dict[str, np.ndarray]:
    """Features of pieces by their keys, kept or computed."""
    found = {
        key: feature_cache.load(key, len(piece.images), lambda line: None)
        for key, piece in pieces.items()
    }
    missing = [key for key, rows in found.items() if rows is None]
    made = computed([pieces[key] for key in missing], backbone, tell)
    full = False
    for key, rows in zip(missing, made, strict=True):
        found[key] = rows if full else feature_cache.save(key, rows, tell)
        full = full or found[key] is rows  # said once
    return {key: rows for key, rows in found.items() if rows is not None}


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
        if content.ndim == 1:  # texts
            content = np.frombuffer(json.dumps(content.tolist()).encode(), np.uint8)
    digest = hashlib.blake2b(content.data, digest_size=16)
    form += [len(images), view]
    text = json.dumps([_VERSION, identity, form], sort_keys=True)
    digest.update(text.encode())
    return digest.hexdigest()
