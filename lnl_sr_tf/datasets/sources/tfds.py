"""Datasets of TensorFlow Datasets."""

import contextlib
import io
import logging
import os
import sys
import threading
import types
import urllib.parse
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from lnl_sr_tf.datasets.copies import array_contents, warn_of_copies
from lnl_sr_tf.datasets.dataset import Dataset
from lnl_sr_tf.datasets.images.pixel_statistics import pixel_statistics
from lnl_sr_tf.datasets.tensorflow_import import import_tensorflow
from lnl_sr_tf.errors import InputError

# The statistics that published recipes normalise with; others are measured.
_STATISTICS = {
    "mnist": ((0.1307,), (0.3081,)),
    "cifar10": ((0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616)),
    "cifar100": ((0.5071, 0.4865, 0.4409), (0.2673, 0.2564, 0.2762)),
}
_STATISTICS |= {f"{name}_n": _STATISTICS[name] for name in ("cifar10", "cifar100")}
# Labels by human annotators: what the literature calls them, and TFDS. Wei et al.,
# "Learning with Noisy Labels Revisited" (ICLR 2022).
_HUMAN_LABELS = {
    "cifar10_n": {
        "aggre": "aggre_label",
        "rand1": "random_label1",
        "rand2": "random_label2",
        "rand3": "random_label3",
        "worse": "worse_label",
    },
    "cifar100_n": {"noisy_fine": "noise_label"},
}
_READ_BATCH = 1000
# TFDS tries a dead network ten times with growing pauses, which takes minutes.
_DOWNLOAD_RETRIES = 2
# Of each thread: whether it downloads for us.
_HERE = threading.local()


def load(
    name: str,
    data_dir: str | None = None,
    image_size: tuple[int, int] | None = None,
    tell: Callable[[str], None] = print,
) -> Dataset:
    """An image classification dataset of TFDS, decoded to uint8 arrays.

    Args:
        name: its name in TFDS, for instance `"mnist"`.
        data_dir: where TFDS keeps prepared data; None or "" for its own default, which
            the environment variable TFDS_DATA_DIR sets.
        image_size: (height, width) to which images are resized; None for the dataset's
            own, which not every one has.
        tell: called with a line where splits are not used, or images are copies.

    Returns:
        A `Dataset`: the split `train`, and `test` (or `validation` without it).

    Raises:
        InputError: if TFDS does not know the name, the data is not there and cannot be
            fetched, or it is not of images of one size with one label each.
    """
    import_tensorflow()
    import tensorflow_datasets as tfds

    with _quiet_loggers():
        builder = _builder(tfds, name, data_dir)
        class_names = _class_names(tfds, name, builder.info, image_size)
        _prepare(tfds, builder, name)
    splits = builder.info.splits or ("train", "test")
    test = next((s for s in ("test", "validation") if s in splits), None)
    if "train" not in splits or test is None:
        raise InputError(
            f"dataset {name!r}: needs the splits train, and test or validation; "
            f"this one has {', '.join(splits)}"
        )
    unused = [split for split in splits if split not in ("train", test)]
    if unused:
        tell(f"dataset {name!r}: splits that are not used: {', '.join(unused)}")
    plain = name.partition(":")[0]
    human = _HUMAN_LABELS.get(plain, {})
    train_images, train_labels, *given = _read(
        tfds, builder, "train", image_size, human.values()
    )
    test_images, test_labels = _read(tfds, builder, test, image_size)
    mean, std = _STATISTICS.get(plain) or pixel_statistics(train_images)
    parts = {
        "train": array_contents("train", train_images, train_labels),
        test: array_contents(test, test_images, test_labels),
    }
    warn_of_copies(parts, tell)
    return Dataset(
        name=plain,
        train_images=train_images,
        given_labels=train_labels,
        clean_labels=train_labels,
        test_images=test_images,
        test_labels=test_labels,
        class_names=class_names,
        mean=mean,
        std=std,
        human_labels=dict(zip(human, given, strict=True)),
    )


def _builder(tfds: types.ModuleType, name: str, data_dir: str | None) -> Any:
    try:
        return tfds.builder(name, data_dir=data_dir or None)
    except tfds.core.DatasetNotFoundError:
        raise InputError(
            f"dataset {name!r}: TensorFlow Datasets {tfds.__version__} has no such "
            "dataset; tensorflow.org/datasets/catalog lists them"
        ) from None
    except Exception as error:
        # TFDS raises many kinds here: bad versions, unreadable metadata, folders.
        raise InputError(
            f"dataset {name!r}: TensorFlow Datasets cannot open it in "
            f"{data_dir or 'its default folder'}: {_first_line(error)}"
        ) from error


def _class_names(
    tfds: types.ModuleType, name: str, info: Any, image_size: tuple[int, int] | None
) -> tuple[str, ...]:
    """Names of the classes; refuses all but images of one size with one label each."""
    features = info.features
    named = dict(features.items()) if hasattr(features, "items") else {}
    image, label = named.get("image"), named.get("label")
    if not isinstance(image, tfds.features.Image) or not isinstance(
        label, tfds.features.ClassLabel
    ):
        raise InputError(
            f"dataset {name!r}: expected an image and a class label in each "
            f"example; this one has {', '.join(named) or type(features).__name__}"
        )
    dtype = np.dtype(image.np_dtype)
    if dtype != np.uint8 or image.shape[-1] not in (1, 3):
        raise InputError(
            f"dataset {name!r}: expected uint8 images of 1 or 3 channels; these are "
            f"{dtype.name} of shape {image.shape}"
        )
    if None in image.shape and image_size is None:
        raise InputError(
            f"dataset {name!r}: its images differ in size; pass image_size, to which "
            "they are resized, for instance 224"
        )
    return tuple(label.names)


def _prepare(tfds: types.ModuleType, builder: Any, name: str) -> None:
    if builder.is_prepared():
        return
    try:
        with _impatient_downloads(tfds):
            builder.download_and_prepare()
    except Exception as error:
        raise InputError(
            f"dataset {name!r}: not found in {os.path.dirname(builder.data_dir)} and "
            f"cannot be downloaded ({_why_not(error)}); pass data_dir=FOLDER that "
            "holds it, or run this once with a network: "
            f"python -m tensorflow_datasets build {name} "
            f"--data_dir={os.path.dirname(os.path.dirname(builder.data_dir))}"
            + _by_hand(builder)
        ) from None


def _why_not(error: Exception) -> str:
    """Why a download failed: of a connection the host, not the hundreds of letters."""
    kinds = {kind.__name__ for kind in type(error).__mro__}
    url = getattr(getattr(error, "request", None), "url", None)
    if url and kinds & {"ConnectionError", "Timeout"}:
        return f"no connection to {urllib.parse.urlsplit(url).hostname}"
    return _first_line(error)


def _by_hand(builder: Any) -> str:
    """What TFDS says about files that it cannot fetch itself."""
    instructions = " ".join((builder.MANUAL_DOWNLOAD_INSTRUCTIONS or "").split())
    return f". TFDS says: {instructions:.180}…" if instructions else ""


@contextlib.contextmanager
def _quiet_loggers() -> Iterator[None]:
    """Silences warnings of TFDS and of its downloads: our errors say what matters."""
    loggers = [logging.getLogger(name) for name in ("absl", "urllib3")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


@contextlib.contextmanager
def _impatient_downloads(tfds: types.ModuleType) -> Iterator[None]:
    """Downloads with few retries, and a progress bar on a terminal alone."""
    from tensorflow_datasets.core.download import downloader

    on_terminal = sys.stderr.isatty()
    before = getattr(downloader, "MAX_RETRIES", None)
    downloader.MAX_RETRIES = _DOWNLOAD_RETRIES
    fetch = downloader._Downloader._sync_download
    downloader._Downloader._sync_download = _without_warnings(fetch)
    if not on_terminal:
        tfds.disable_progress_bar()
    try:
        # TFDS announces the download by print; standard output is for results.
        with contextlib.redirect_stdout(sys.stderr if on_terminal else io.StringIO()):
            yield
    finally:
        downloader.MAX_RETRIES = before
        downloader._Downloader._sync_download = fetch
        tfds.enable_progress_bar()


def _without_warnings(fetch: Callable[..., Any]) -> Callable[..., Any]:
    """A download whose retries are not told, however long it goes on.

    TFDS fetches files in threads: when the first has failed and we have said why, the
    others still try.
    """
    logging.getLogger("urllib3.connectionpool").addFilter(_is_wanted)

    def quiet(*args: Any, **kwargs: Any) -> Any:
        _HERE.downloading = True
        try:
            return fetch(*args, **kwargs)
        finally:
            _HERE.downloading = False

    return quiet


def _is_wanted(record: logging.LogRecord) -> bool:
    ours = getattr(_HERE, "downloading", False)
    return record.levelno >= logging.ERROR or not ours


def _read(
    tfds: types.ModuleType,
    builder: Any,
    split: str,
    image_size: tuple[int, int] | None,
    more_labels: Iterable[str] = (),
) -> tuple[np.ndarray, ...]:
    """Images, labels and any further labels of a split."""
    from lnl_sr_tf.datasets.images import decode_tf

    examples = builder.as_dataset(
        split=split,
        shuffle_files=False,
        as_supervised=False,
        read_config=tfds.ReadConfig(try_autocache=False, interleave_cycle_length=1),
    )

    def wanted(example):
        image = example["image"]
        if image_size is not None and image.shape[:2] != image_size:
            image = decode_tf.resized(image[None], image_size)[0]
        return image, *(example[name] for name in ("label", *more_labels))

    batches = []
    try:
        stream = examples.map(wanted).batch(_READ_BATCH)
        batches = list(stream.as_numpy_iterator())
    except Exception as error:
        raise InputError(
            f"dataset {builder.name!r}: the prepared data in {builder.data_dir} cannot "
            f"be read ({_first_line(error)}); prepare it again"
        ) from error
    if not batches:
        raise InputError(
            f"dataset {builder.name!r}: split {split} in {builder.data_dir} is empty; "
            "prepare it again"
        )
    images, *columns = map(list, zip(*batches, strict=True))
    batches.clear()
    labels = [np.concatenate(column).astype(np.int64) for column in columns]
    return _joined(images, len(labels[0])), *labels


def _joined(batches: list[np.ndarray], size: int) -> np.ndarray:
    """Batches as one array; each is freed once it is copied."""
    images = np.empty((size, *batches[0].shape[1:]), batches[0].dtype)
    end = size
    while batches:
        batch = batches.pop()
        images[end - len(batch) : end] = batch
        end -= len(batch)
    return images


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    text = lines[0] if lines else ""
    return f"{type(error).__name__}: {text[:200]}"
