"""Whole epochs on JAX's device: KERAS_BACKEND=jax python benchmarks/device_epochs.py

Images a second of whole training epochs of a recipe's network with CE+SR, the data in
the device's memory, for one seed and for several at once; beside a plain PyTorch script
on the same device, eager and by torch.compile, where PyTorch is installed. The share is
that of the rate at which the device multiplies 4096×4096 matrices. TensorFlow is not
needed. What was found is written to device_epochs.json.
"""

import argparse
import os
import pathlib
import statistics

os.environ.setdefault("KERAS_BACKEND", "jax")

import jax
import numpy as np
from measuring import in_turns, ratio, report

from lnl_sr_tf import config, datasets
from lnl_sr_tf.training import build, compilation, precision
from lnl_sr_tf.training.device_epochs import DeviceData, DeviceEpochs
from lnl_sr_tf.training.training import Training

SHAPES = {"mnist": (28, 28, 1), "cifar10": (32, 32, 3)}
POLICIES = {"float32": "float32", "bfloat16": "mixed_bfloat16"}
BATCH = 128
MATRIX = 4096


def ours(name, images, labels, kind, seeds):
    """A function that trains for an epoch, and the operations of one step."""
    channels = images.shape[-1]
    data = datasets.Dataset(
        name, images, labels, labels, images[:BATCH], labels[:BATCH],
        tuple(str(i) for i in range(10)), (0.5,) * channels, (0.25,) * channels,
    )  # fmt: skip
    trainings = []
    for seed in range(seeds):
        settled = config.resolve(
            {"dataset": name, "loss": "ce_sr", "batch_size": BATCH, "seed": seed}
        )
        with precision.policy(POLICIES[kind]):
            model = build.build_model(settled, data)
        trainings.append(Training(settled, model, data, None, None))
    epochs = DeviceEpochs(trainings, DeviceData(data))
    work = compilation.operations_of_step(trainings[0].model, BATCH)
    return lambda: epochs.run(0), work


def theirs(name, images, labels, kind, compiled, channels_last=False):
    """The same number of steps of a plain PyTorch script, on one batch."""
    import pytorch_script
    import torch

    settings = config.resolve({"dataset": name, "loss": "ce_sr"})
    run = pytorch_script.trainer(
        name, images[:BATCH], labels[:BATCH], 10, settings, "ce_sr", kind,
        compiled=compiled, channels_last=channels_last,
        device="cuda" if torch.cuda.is_available() else "cpu",
    )  # fmt: skip
    return lambda: run(len(labels) // BATCH)


def product_rate(kind, size=MATRIX):
    """A function that multiplies matrices once."""
    matrix = jax.numpy.ones((size, size), kind)
    product = jax.jit(lambda m: m @ m)
    return lambda: product(matrix).block_until_ready()


def row(library, kind, values, work, peak, eager=None):
    """A row of the table.

    Args:
        library: and how it runs.
        kind: the precision.
        values: seconds an image, one a round.
        work: operations an image; None where they are not known.
        peak: operations a second of the product of matrices.
        eager: as `values`, of PyTorch as it is by default; None where it is not there.
    """
    median = statistics.median(values)
    return {
        "device": jax.devices()[0].device_kind,
        "library": library,
        "precision": kind,
        "images_per_second": round(1 / median, 1),
        "to_torch": ratio(eager, values),
        "share_of_product_rate": work and round(work / median / peak, 3),
    }


def main():
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dataset", default="cifar10", choices=SHAPES)
    parser.add_argument("--images", type=int, default=50_048)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 3])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--no_torch", action="store_true")
    parser.add_argument("--json", type=pathlib.Path, default="device_epochs.json")
    given = parser.parse_args()
    rng = np.random.default_rng(0)
    shape = (given.images, *SHAPES[given.dataset])
    images = rng.integers(0, 256, shape, np.uint8)
    labels = rng.integers(0, 10, given.images)
    runs, count, work = {}, {}, None
    for kind in POLICIES:
        runs["product", kind] = product_rate(kind)
        for seeds in given.seeds:
            key = f"ours, {seeds} at once", kind
            runs[key], work = ours(given.dataset, images, labels, kind, seeds)
            count[key] = seeds * given.images
        if given.no_torch:
            continue
        for compiled in (False, True):
            key = "torch.compile" if compiled else "torch", kind
            runs[key] = theirs(given.dataset, images, labels, kind, compiled)
            count[key] = given.images
    seconds = in_turns(runs, given.rounds)
    rows = []
    for (library, kind), number in count.items():
        values = [value / number for value in seconds[library, kind]]
        eager = seconds.get(("torch", kind))
        eager = eager and [value / given.images for value in eager]
        peak = 2 * MATRIX**3 / statistics.median(seconds["product", kind])
        rows.append(row(library, kind, values, work / BATCH, peak, eager))
    report(rows, given.json)


if __name__ == "__main__":
    main()
