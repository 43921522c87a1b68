"""A training step against PyTorch: python benchmarks/training_step.py

The networks of the recipes with CE and CE+SR, batch 128, in the precisions of both
libraries, in turns within one run; medians, and ratios to PyTorch as it is by default
(eager, float32). Beside them the share of the machine's matrix-product rate that a step
reaches, measured in the same run and precision by 4096×4096 matrices. PyTorch is needed
for its part alone (pip install torch): without it ours is measured by itself. --compile
adds torch.compile. What was found is written to training_step.json.
"""

import argparse
import json
import os
import pathlib
import statistics
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np
import tensorflow as tf

from lnl_sr_tf import config, datasets
from lnl_sr_tf.training import build, machine

BATCH = 128
MATRIX = 4096
SHAPES = {"mnist": (28, 28, 1), "cifar10": (32, 32, 3), "cifar100": (32, 32, 3)}
STAGES = {
    "mnist": ([[32], [64]], 128),
    "cifar10": ([[64, 64], [128, 128], [196, 196]], 256),
}
PRECISIONS = {"float32": "float32", "bfloat16": "mixed_bfloat16"}


def images_of(name):
    """A batch of random images and labels."""
    classes = 100 if name == "cifar100" else 10
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (BATCH, *SHAPES[name])).astype(np.uint8)
    return images, rng.integers(0, classes, BATCH), classes


def ours(name, loss, precision):
    """A function that trains for some steps and waits for the last."""
    images, labels, classes = images_of(name)
    channels = images.shape[-1]
    data = datasets.Dataset(
        name, images, labels, labels, images, labels,
        tuple(str(i) for i in range(classes)), (0.5,) * channels, (0.25,) * channels,
    )  # fmt: skip
    policy = keras.mixed_precision.dtype_policy()
    keras.mixed_precision.set_dtype_policy(PRECISIONS[precision])
    model = build.build_model(config.resolve({"dataset": name, "loss": loss}), data)
    keras.mixed_precision.set_dtype_policy(policy)
    batch = tf.data.Dataset.from_tensors((images, labels.astype(np.int32))).repeat()
    iterator = iter(batch.prefetch(2))
    step = model.make_train_function() or model.train_function

    def run(steps):
        for _ in range(steps):
            logs = step(iterator)
        return float(logs["loss"])

    return run, flop(model)


def flop(model):
    """Floating-point operations of a step, counting the products of all layers.

    A step is the forward pass and two products of the same size in the backward one,
    but for the first layer, which has no gradient of its input to compute.
    """
    products = []
    for layer in model.layers:
        if isinstance(layer, keras.layers.Conv2D):
            area = np.prod(layer.output.shape[1:3])
            products.append(2 * area * np.prod(layer.kernel.shape))
        elif isinstance(layer, keras.layers.Dense):
            products.append(2 * np.prod(layer.kernel.shape))
    return BATCH * (3 * sum(products) - products[0])


def theirs(name, loss, precision, compiled=False):
    """The same of a plain PyTorch script."""
    import torch
    from torch import nn
    from torch.nn import functional

    images, labels, classes = images_of(name)
    settings = config.resolve({"dataset": name, "loss": "ce_sr"})
    stages, width = STAGES[name]
    layers, channels, side = [], images.shape[-1], images.shape[1]
    for stage in stages:
        for filters in stage:
            layers += [
                nn.Conv2d(channels, filters, 3, padding=1),
                nn.BatchNorm2d(filters),
                nn.ReLU(),
            ]
            channels = filters
        layers.append(nn.MaxPool2d(2))
        side //= 2
    layers += [
        nn.Flatten(),
        nn.Linear(channels * side * side, width),
        nn.BatchNorm1d(width),
        nn.ReLU(),
        nn.Linear(width, classes),
    ]
    network = nn.Sequential(*layers)
    optimizer = torch.optim.SGD(
        network.parameters(), settings.lr, momentum=0.9,
        weight_decay=settings.weight_decay,
    )  # fmt: skip
    x = torch.from_numpy(images).permute(0, 3, 1, 2).float().div(255).sub(0.5).div(0.25)
    y = torch.from_numpy(labels)

    def criterion(logits):
        logits = logits.float()
        if loss == "ce":
            return functional.cross_entropy(logits, y)
        if settings.normalize_logits:
            logits = functional.normalize(logits, dim=1)
        u = functional.softmax(logits / settings.tau, dim=1).clamp(1e-7, 1)
        sparse = u.pow(settings.p).sum(1).mean()
        return functional.nll_loss(u.log(), y) + settings.lambda0 * sparse

    def forward():
        if precision == "float32":
            return criterion(network(x))
        with torch.autocast("cpu", torch.bfloat16):
            logits = network(x)
        return criterion(logits)

    if compiled:
        forward = torch.compile(forward)

    def run(steps):
        for _ in range(steps):
            optimizer.zero_grad()
            value = forward()
            value.backward()
            nn.utils.clip_grad_norm_(network.parameters(), 5.0)
            optimizer.step()
        return value.item()

    return run


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


def candidates(name, with_compile):
    """Dict from (library, loss, precision) to (function, operations a step)."""
    found = {}
    for loss in ("ce", "ce_sr"):
        for precision in PRECISIONS:
            found["ours", loss, precision] = ours(name, loss, precision)
    if name not in STAGES:
        return found
    try:
        import torch  # noqa: F401
    except ImportError:
        print("PyTorch is not installed: ours is measured by itself")
        return found
    work = found["ours", "ce", "float32"][1]
    for loss in ("ce", "ce_sr"):
        for precision in PRECISIONS:
            found["torch", loss, precision] = theirs(name, loss, precision), work
            if with_compile:
                made = theirs(name, loss, precision, compiled=True)
                found["torch.compile", loss, precision] = made, work
    return found


def measure(name, rounds, steps, with_compile):
    """Rows of the table of one network."""
    rates = {precision: product_rate(precision) for precision in PRECISIONS}
    runs = candidates(name, with_compile)
    for run, _ in runs.values():
        run(1)
    seconds = {key: [] for key in runs}
    peak = {precision: [] for precision in PRECISIONS}
    for _ in range(rounds):
        for precision, rate in rates.items():
            peak[precision].append(rate())
        for key, (run, _) in runs.items():
            start = time.perf_counter()
            run(steps)
            seconds[key].append((time.perf_counter() - start) / steps)
    rows = []
    for key, values in seconds.items():
        library, loss, precision = key
        baseline = seconds.get(("torch", loss, "float32"))
        same = seconds.get(("torch", loss, precision))
        of_peak = [
            runs[key][1] / s / p for s, p in zip(values, peak[precision], strict=True)
        ]
        rows.append(
            {
                "network": name,
                "library": library,
                "loss": loss,
                "precision": precision,
                "milliseconds": round(1000 * statistics.median(values), 2),
                "images_per_second": round(BATCH / statistics.median(values), 1),
                "to_torch_float32": ratio(baseline, values),
                "to_torch_same_precision": ratio(same, values),
                "share_of_product_rate": round(statistics.median(of_peak), 3),
            }
        )
    return rows


def ratio(others, values):
    """How many times as fast as another, the median over the rounds; None without."""
    if others is None:
        return None
    each = [other / value for other, value in zip(others, values, strict=True)]
    return round(statistics.median(each), 3)


def main():
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--networks", nargs="+", default=["mnist", "cifar10"])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--compile", action="store_true")
    parser.add_argument("--json", type=pathlib.Path, default="training_step.json")
    given = parser.parse_args()
    rows = []
    for name in given.networks:
        steps = 20 if name == "mnist" else 3
        rows += measure(name, given.rounds, steps, given.compile)
    columns = list(rows[0])
    table = [columns, *([str(row[c]) for c in columns] for row in rows)]
    widths = [max(len(line[i]) for line in table) for i in range(len(columns))]
    for line in table:
        print("  ".join(cell.ljust(w) for cell, w in zip(line, widths, strict=True)))
    content = {"machine": machine.describe(), "rows": rows}
    given.json.write_text(json.dumps(content, indent=2) + "\n")


if __name__ == "__main__":
    main()
