"""A dataset of images in a few .npz, to be carried to a machine without TensorFlow.

Images stay the files that TFDS keeps, PNG or JPEG: of CIFAR-10 from a folder of JPEG,
920 bytes an image, whose pixels take 2850 bytes deflated and 1480 at the least that was
reached without loss. Part i of n holds the examples i, i + n, i + 2n, … of each split:
the files one after the other in an array of uint8, their lengths, and labels.
"""

import io

import numpy as np
from PIL import Image

from lnl_sr_tf.datasets.dataset import Dataset
from lnl_sr_tf.errors import InputError

SPLITS = ("train", "test")
COMPARED = 1000  # images of which it is told how their pixels differ
MIB = 2**20


def pack(name, data_dir, folder, count):
    """Write parts of a dataset of TFDS, and tell how much they are.

    Args:
        name: of the dataset, in TFDS.
        data_dir: where TFDS keeps it prepared; None for its own default.
        folder: where parts go; made where there is none.
        count: of parts, at least 1.
    """
    import tensorflow_datasets

    from lnl_sr_tf.datasets.sources import tfds

    dataset = tfds.load(name, data_dir)
    skip = {"image": tensorflow_datasets.decode.SkipDecoding()}
    one_by_one = tensorflow_datasets.ReadConfig(
        try_autocache=False, interleave_cycle_length=1
    )
    builder = tensorflow_datasets.builder(name, data_dir=data_dir)
    splits = {}
    for split in SPLITS:
        examples = builder.as_dataset(
            split=split, decoders=skip, shuffle_files=False, read_config=one_by_one
        )
        files = [one["image"] for one in examples.as_numpy_iterator()]
        labels = {"train": dataset.clean_labels, "test": dataset.test_labels}[split]
        splits[split] = files, labels
    paths = write(folder, dataset, splits, count)
    sizes = [path.stat().st_size for path in paths]
    for path, size in zip(paths, sizes, strict=True):
        print(f"{path}: {size / MIB:.1f} MiB")
    ours = np.stack([decoded(file) for file in splits["train"][0][:COMPARED]])
    off = np.abs(ours.astype(int) - dataset.train_images[:COMPARED])
    print(
        f"{len(paths)} parts of {name}, {sum(sizes) / MIB:.1f} MiB in all; decoded by "
        f"Pillow, pixels differ from TensorFlow's by {off.mean():.2f} of 255 in the "
        f"mean, and by {off.max()} at most"
    )


def write(folder, dataset, splits, count):
    """Write parts.

    Args:
        folder: where they go; made where there is none.
        dataset: a `Dataset`, for its name, its classes and its statistics.
        splits: dict from `"train"` and `"test"` to (files of the images, a list of
            bytes; labels).
        count: of parts, at least 1.

    Returns:
        Their paths.
    """
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for number in range(count):
        arrays = {
            "part": np.array([number, count]),
            "class_names": np.array(dataset.class_names),
            "mean": np.array(dataset.mean),
            "std": np.array(dataset.std),
        }
        for split, (files, labels) in splits.items():
            chosen = files[number::count]
            arrays[f"{split}_files"] = np.frombuffer(b"".join(chosen), np.uint8)
            arrays[f"{split}_lengths"] = np.array([len(one) for one in chosen])
            arrays[f"{split}_labels"] = np.asarray(labels[number::count])
        paths.append(folder / f"{dataset.name}-{number + 1}-of-{count}.npz")
        np.savez(paths[-1], **arrays)
    return paths


def read(folder, name):
    """The `Dataset` that parts make, in the order in which it was.

    Args:
        folder: where they are.
        name: of the dataset.

    Raises:
        InputError: if there are none, one is missing, or they do not belong together.
    """
    parts, counts = {}, set()
    for path in sorted(folder.glob(f"{name}-*-of-*.npz")):
        with np.load(path, allow_pickle=False) as stored:
            arrays = dict(stored)
        number, count = arrays["part"].tolist()
        parts[number] = arrays
        counts.add(count)
    if not parts:
        raise InputError(
            f"{folder}: expected parts of {name}, such as {name}-1-of-2.npz, which "
            "--pack writes; there are none"
        )
    if len(counts) > 1:
        raise InputError(f"{folder}: expected parts of {name} of one --pack alone")
    missing = [str(number + 1) for number in range(count) if number not in parts]
    if missing:
        raise InputError(
            f"{folder}: expected {count} parts of {name}; there is no {name}-"
            f"{missing[0]}-of-{count}.npz"
        )
    images, labels = {}, {}
    for split in SPLITS:
        size = sum(len(part[f"{split}_labels"]) for part in parts.values())
        labels[split] = np.empty(size, np.int64)
        each = [None] * size
        for number, part in parts.items():
            labels[split][number::count] = part[f"{split}_labels"]
            each[number::count] = map(decoded, _files(part, split))
        images[split] = np.stack(each)
    first = parts[0]
    return Dataset(
        name=name,
        train_images=images["train"],
        given_labels=labels["train"],
        clean_labels=labels["train"],
        test_images=images["test"],
        test_labels=labels["test"],
        class_names=tuple(first["class_names"].tolist()),
        mean=tuple(first["mean"].tolist()),
        std=tuple(first["std"].tolist()),
    )


def decoded(file):
    """The pixels of an image's file, uint8, shape (height, width, channels)."""
    image = Image.open(io.BytesIO(file))
    pixels = np.asarray(image if image.mode == "L" else image.convert("RGB"))
    return pixels[..., None] if pixels.ndim == 2 else pixels


def _files(part, split):
    content = part[f"{split}_files"].tobytes()
    ends = np.cumsum(part[f"{split}_lengths"])
    for start, end in zip((0, *ends[:-1]), ends, strict=True):
        yield content[start:end]
