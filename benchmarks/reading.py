"""How fast batches are made, without a model: python benchmarks/reading.py.

Images a second of the CIFAR-10 pipeline with its augmentation, on random images of that
size; and of a folder of 224×224 JPEGs, beside what `tf.io.decode_jpeg` alone reaches on
the same files, in turns within the run. Medians; the JPEGs are made in a temporary
folder.
"""

import os
import pathlib
import tempfile
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np
import tensorflow as tf

from lnl_sr_tf.datasets.batches import pipeline
from lnl_sr_tf.datasets.batches.augment import Augmentation
from lnl_sr_tf.datasets.images.image_files import ImageFiles

ROUNDS = 5
CIFAR = 50_000
JPEGS = 2_000
SIDE = 224
BATCH = 128
JITTER = {"brightness": 0.4, "contrast": 0.4, "saturation": 0.4, "hue": 0.2}


def rate(stream, count):
    """Images a second of one pass."""
    start = time.perf_counter()
    for _ in stream:
        pass
    return count / (time.perf_counter() - start)


def cifar():
    """The pipeline of the CIFAR-10 recipe, and those beside it."""
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (CIFAR, 32, 32, 3), np.uint8)
    labels = rng.integers(0, 10, CIFAR)
    kinds = {
        "no augmentation": Augmentation(),
        "crop and flip (CIFAR-10)": Augmentation(crop_padding=4, flip=True),
        "crop, flip, rotation (CIFAR-100)": Augmentation(4, True, 20),
    }
    for name, augmentation in kinds.items():
        rates = []
        for seed in range(ROUNDS):
            stream = pipeline.training_batches(
                images, labels, BATCH, seed, 1, augmentation=augmentation
            )
            rates.append(rate(stream, CIFAR))
        print(f"32x32 from memory, {name}: {np.median(rates):,.0f} images/s")


def photographs(folder):
    """JPEGs from files, against the decoder alone."""
    rng = np.random.default_rng(0)
    paths = []
    for i in range(JPEGS):
        small = rng.integers(0, 256, (1, 28, 28, 3)).astype(np.float32)
        image = tf.image.resize(small, (SIDE, SIDE), "bicubic")[0]
        noise = rng.normal(0, 8, (SIDE, SIDE, 3))
        data = tf.io.encode_jpeg(tf.saturate_cast(image + noise, tf.uint8), quality=90)
        paths.append(str(pathlib.Path(folder) / f"{i}.jpg"))
        tf.io.write_file(paths[-1], data)
    labels = np.zeros(JPEGS, int)
    files = ImageFiles(paths, (SIDE, SIDE), 3, known=True)
    small = ImageFiles(paths, (112, 112), 3)
    everything = Augmentation(flip=True, random_resized_crop=0.08, color_jitter=JITTER)

    def decoder():
        return (
            tf.data.Dataset.from_tensor_slices(paths)
            .map(
                lambda path: tf.io.decode_jpeg(tf.io.read_file(path)),
                num_parallel_calls=tf.data.AUTOTUNE,
            )
            .prefetch(8)
        )

    def ours(files, augmentation=None):
        return pipeline.training_batches(
            files, labels, BATCH, 1, 1, augmentation=augmentation
        )

    streams = {
        "tf.io.decode_jpeg alone": decoder,
        "as they are": lambda: ours(files),
        "flip": lambda: ours(files, Augmentation(flip=True)),
        "resized to 112x112": lambda: ours(small),
        "random resized crop": lambda: ours(
            files, Augmentation(random_resized_crop=0.08)
        ),
        "random resized crop, flip, colour jitter": lambda: ours(files, everything),
    }
    rates = {name: [] for name in streams}
    for _ in range(ROUNDS):
        for name, make in streams.items():
            rates[name].append(rate(make(), JPEGS))
    alone = np.array(rates["tf.io.decode_jpeg alone"])
    for name, values in rates.items():
        share = np.median(np.array(values) / alone)
        print(
            f"{SIDE}x{SIDE} JPEGs, {name}: {np.median(values):,.0f} images/s, "
            f"{share:.2f} of the decoder"
        )


def main():
    """Print a line for each kind of stream."""
    cifar()
    with tempfile.TemporaryDirectory() as folder:
        photographs(folder)


if __name__ == "__main__":
    main()
