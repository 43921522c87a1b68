"""A whole epoch against its steps: python benchmarks/epoch.py

An epoch as the command trains it, with shuffling, augmentation, evaluation on the test
set, logs and checkpoint, on random data of the recipe's size; beside it what its steps
take by themselves, on one batch that lies ready, measured before and after. The first
epoch, which compiles, is not counted. What was found is written to epoch.json.
"""

import argparse
import os
import pathlib
import statistics
import tempfile
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np
from measuring import report
from training_step import CASES, PRECISIONS, ours

from lnl_sr_tf import config, datasets
from lnl_sr_tf.datasets.batches import pipeline
from lnl_sr_tf.runs.folder import RunFolder
from lnl_sr_tf.training import build, precision
from lnl_sr_tf.training.fit import fit
from lnl_sr_tf.training.training import Training

SIZES = {"mnist": (60_000, 10_000), "cifar10": (50_000, 10_000)}


def random_dataset(name):
    """Images of a recipe's size and number, without meaning."""
    shape, classes, _, _ = CASES[name]
    rng = np.random.default_rng(0)
    parts = []
    for size in SIZES[name]:
        parts.append(rng.integers(0, 256, (size, *shape), np.uint8))
        parts.append(rng.integers(0, classes, size))
    images, labels, test_images, test_labels = parts
    channels = shape[-1]
    return datasets.Dataset(
        name, images, labels, labels, test_images, test_labels,
        tuple(str(i) for i in range(classes)), (0.5,) * channels, (0.25,) * channels,
    )  # fmt: skip


def epoch_seconds(name, kind, epochs):
    """Seconds of each epoch after the first."""
    data = random_dataset(name)
    settled = config.resolve({"dataset": name, "loss": "ce_sr", "epochs": epochs + 1})
    with tempfile.TemporaryDirectory() as folder:
        with precision.policy(PRECISIONS[kind]):
            model = build.build_model(settled, data)
        training = Training(
            settled,
            model,
            data,
            RunFolder(pathlib.Path(folder) / "run"),
            lambda r: None,
        )
        fit([training])
    return [row["seconds"] for row in training.log.rows[1:]]


def steps_seconds(run, name):
    """Seconds of the steps of an epoch by themselves."""
    steps = pipeline.steps_per_epoch(SIZES[name][0], CASES[name][2])
    few = 5 * CASES[name][3]
    run(few)
    start = time.perf_counter()
    run(few)
    return (time.perf_counter() - start) / few * steps


def measure(name, kind, epochs):
    """A row of the table."""
    run, _ = ours(name, "ce_sr", kind)
    steps = [steps_seconds(run, name)]
    seconds = epoch_seconds(name, kind, epochs)
    steps.append(steps_seconds(run, name))
    epoch = statistics.median(seconds)
    return {
        "dataset": name,
        "precision": kind,
        "epoch_seconds": round(epoch, 2),
        "steps_seconds": round(statistics.mean(steps), 2),
        "epoch_to_steps": round(epoch / statistics.mean(steps), 3),
    }


def main():
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--datasets", nargs="+", default=["mnist"], choices=SIZES)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--json", type=pathlib.Path, default="epoch.json")
    given = parser.parse_args()
    rows = [
        measure(name, kind, given.epochs)
        for name in given.datasets
        for kind in PRECISIONS
    ]
    report(rows, given.json)


if __name__ == "__main__":
    main()
