"""Memory: python benchmarks/memory.py

Peak resident memory of `main.py` with CE+SR for one epoch, evaluation, figures and
export included, on random images of the size and number of MNIST and CIFAR-10, from an
.npz; with --data_dir on the data itself, from TFDS. What was found is written to
memory.json.
"""

import argparse
import os
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
from measuring import report

ROOT = pathlib.Path(__file__).resolve().parent.parent
SHAPES = {"mnist": (60_000, 28, 28, 1), "cifar10": (50_000, 32, 32, 3)}


def make_npz(path, shape):
    """Random images and labels, a sixth more for testing."""
    rng = np.random.default_rng(0)
    test = (10_000, *shape[1:])
    np.savez(
        path,
        x_train=rng.integers(0, 256, shape, np.uint8),
        y_train=rng.integers(0, 10, shape[0]),
        x_test=rng.integers(0, 256, test, np.uint8),
        y_test=rng.integers(0, 10, test[0]),
    )


def peak(arguments):
    """Peak resident memory of a run, in megabytes."""
    process = subprocess.Popen(
        [sys.executable, "main.py", *arguments], cwd=ROOT, stdout=subprocess.DEVNULL
    )
    _, status, used = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"main.py {' '.join(arguments)} ended with {status}")
    return used.ru_maxrss / 1024


def main():
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--datasets", nargs="+", default=list(SHAPES), choices=SHAPES)
    parser.add_argument("--data_dir")
    parser.add_argument("--json", type=pathlib.Path, default="memory.json")
    given = parser.parse_args()
    rows = []
    for name in given.datasets:
        with tempfile.TemporaryDirectory() as folder:
            dataset, data_dir = name, []
            if given.data_dir:
                data_dir = [f"--data_dir={given.data_dir}"]
            else:
                dataset = f"{folder}/{name}.npz"
                make_npz(dataset, SHAPES[name])
            model = {"mnist": "cnn_mnist", "cifar10": "cnn_cifar"}[name]
            megabytes = peak([
                f"--dataset={dataset}", *data_dir, f"--model={model}", "--loss=ce_sr",
                "--noise=sym", "--rate=0.4", "--epochs=1", "--batch_size=128",
                f"--output_dir={folder}/runs",
            ])  # fmt: skip
        rows.append({"dataset": name, "peak_megabytes": round(megabytes)})
    report(rows, given.json)


if __name__ == "__main__":
    main()
