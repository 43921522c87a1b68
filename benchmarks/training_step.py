"""A training step against PyTorch: python benchmarks/training_step.py

The networks of the recipes with CE and CE+SR, in the precisions of both libraries, in
turns within one run; medians, and ratios to PyTorch as it is by default (eager,
float32). Beside them the share of the machine's matrix-product rate that a step
reaches, measured in the same run and precision by 4096×4096 matrices. PyTorch is needed
for its part alone (pip install torch): without it ours is measured by itself. --compile
adds torch.compile. What was found is written to training_step.json.
"""

import argparse
import os
import pathlib
import statistics
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np
import tensorflow as tf
from measuring import in_turns, ratio, report

from lnl_sr_tf import config, datasets
from lnl_sr_tf.training import build, compilation

MATRIX = 4096
# Of a recipe's dataset: shape of the images, classes, batch, steps a turn.
CASES = {
    "mnist": ((28, 28, 1), 10, 128, 21),
    "cifar10": ((32, 32, 3), 10, 128, 3),
    "cifar100": ((32, 32, 3), 100, 128, 1),  # ResNet-34
    "webvision_mini": ((224, 224, 3), 50, 16, 1),  # ResNet-50
}
PRECISIONS = {"float32": "float32", "bfloat16": "mixed_bfloat16"}


def batch_of(name):
    """A batch of random images and labels."""
    shape, classes, batch, _ = CASES[name]
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (batch, *shape)).astype(np.uint8)
    return images, rng.integers(0, classes, batch)


def ours(name, loss, precision):
    """A function that trains for some steps, and the operations of one."""
    images, labels = batch_of(name)
    _, classes, batch, steps = CASES[name]
    channels = images.shape[-1]
    # As many examples as there are steps in a turn: they are called together.
    many, given = np.tile(images, (steps, 1, 1, 1)), np.tile(labels, steps)
    data = datasets.Dataset(
        name, many, given, given, images, labels,
        tuple(str(i) for i in range(classes)), (0.5,) * channels, (0.25,) * channels,
    )  # fmt: skip
    settled = config.resolve(
        {"dataset": name, "loss": loss, "noise": "sym", "batch_size": batch}
    )
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy(PRECISIONS[precision])
    model = build.build_model(settled, data)
    keras.config.set_dtype_policy(policy)
    stream = tf.data.Dataset.from_tensors((images, labels.astype(np.int32))).repeat()
    iterator = iter(stream.prefetch(2))
    model.make_train_function()
    together = model.steps_per_execution

    def run(steps):
        for _ in range(0, steps, together):
            logs = model.train_function(iterator)
        return float(logs["loss"])

    return run, compilation.operations_of_step(model, batch)


def theirs(name, loss, precision, compiled=False):
    """The same of a plain PyTorch script."""
    import pytorch_script

    images, labels = batch_of(name)
    settings = config.resolve({"dataset": name, "loss": "ce_sr"})
    return pytorch_script.trainer(
        name, images, labels, CASES[name][1], settings, loss, precision,
        compiled=compiled,
    )  # fmt: skip


def product_rate(precision):
    """A function that gives the operations a second of one matrix product."""
    dtype = {"float32": tf.float32, "bfloat16": tf.bfloat16}[precision]
    matrix = tf.cast(tf.random.normal([MATRIX, MATRIX]), dtype)
    product = tf.function(lambda: tf.reduce_sum(tf.cast(matrix @ matrix, tf.float32)))
    product()

    def measure():
        start = time.perf_counter()
        product().numpy()
        return 2 * MATRIX**3 / (time.perf_counter() - start)

    return measure


def candidates(name, losses, with_compile):
    """Dict from (library, loss, precision) to a function, and operations a step."""
    found, work = {}, None
    for loss in losses:
        for precision in PRECISIONS:
            found["ours", loss, precision], work = ours(name, loss, precision)
    try:
        import torch  # noqa: F401
    except ImportError:
        print("PyTorch is not installed: ours is measured by itself")
        return found, work
    for loss in losses:
        for precision in PRECISIONS:
            found["torch", loss, precision] = theirs(name, loss, precision)
            if with_compile:
                made = theirs(name, loss, precision, compiled=True)
                found["torch.compile", loss, precision] = made
    return found, work


def measure(name, losses, rounds, with_compile):
    """Rows of the table of one network."""
    _, _, batch, steps = CASES[name]
    functions, work = candidates(name, losses, with_compile)
    rates = {precision: product_rate(precision) for precision in PRECISIONS}
    peak = {precision: [] for precision in PRECISIONS}

    def measure_peak():
        for precision, rate in rates.items():
            peak[precision].append(rate())

    runs = {key: lambda run=run: run(steps) for key, run in functions.items()}
    seconds = in_turns({"peak": measure_peak} | runs, rounds)
    rows = []
    for key in functions:
        library, loss, precision = key
        values = [value / steps for value in seconds[key]]
        default = seconds.get(("torch", loss, "float32"))
        same = seconds.get(("torch", loss, precision))
        shares = [
            work / value / rate
            for value, rate in zip(values, peak[precision][1:], strict=True)
        ]
        rows.append(
            {
                "network": name,
                "library": library,
                "loss": loss,
                "precision": precision,
                "batch": batch,
                "milliseconds": round(1000 * statistics.median(values), 2),
                "images_per_second": round(batch / statistics.median(values), 1),
                "to_torch_float32": ratio(default, seconds[key]),
                "to_torch_same_precision": ratio(same, seconds[key]),
                "share_of_product_rate": round(statistics.median(shares), 3),
                "gflops": round(work / statistics.median(values) / 1e9),
            }
        )
        if loss == "ce_sr" and (library, "ce", precision) in seconds:
            plain = seconds[library, "ce", precision]
            rows[-1]["to_ce"] = ratio(seconds[key], plain)
    return rows


def main():
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--networks", nargs="+", default=["mnist", "cifar10"],
                        choices=CASES)  # fmt: skip
    parser.add_argument("--losses", nargs="+", default=["ce", "ce_sr"])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--compile", action="store_true")
    parser.add_argument("--json", type=pathlib.Path, default="training_step.json")
    given = parser.parse_args()
    rows = []
    for name in given.networks:
        rows += measure(name, given.losses, given.rounds, given.compile)
    report(rows, given.json)


if __name__ == "__main__":
    main()
