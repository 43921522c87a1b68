"""Killed again and again: python benchmarks/survival.py

A run on digits is killed with SIGKILL at random moments (seeded) until that has
happened --kills times, and then left to its end; its last checkpoint must be that of a
run that was never killed, bit for bit. The network is a ResNet-18, so that there are
checkpoints within epochs too. What was found is written to survival.json.
"""

import argparse
import pathlib
import random
import subprocess
import sys
import tempfile
import time

import numpy as np
from measuring import report

ROOT = pathlib.Path(__file__).resolve().parent.parent


def start(folder, epochs):
    """A run in a process of its own."""
    return subprocess.Popen(
        [
            sys.executable, "main.py", "--loss=ce_sr", f"--epochs={epochs}",
            "--model=resnet18", "--batch_size=32", "--checkpoint_minutes=0.001",
            f"--output_dir={folder}",
        ],
        cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def finish(folder, epochs):
    """Run to the end."""
    process = start(folder, epochs)
    _, problems = process.communicate()
    if process.returncode:
        raise SystemExit(f"ended with {process.returncode}: {problems}")


def state(folder, epochs):
    """Every array of the last checkpoint."""
    (path,) = folder.glob(f"*/checkpoints/epoch_{epochs:05d}/state.npz")
    with np.load(path) as stored:
        return dict(stored)


def places(folder):
    """Checkpoints that are there, and those that were being written."""
    return sorted(path.name for path in folder.glob("*/checkpoints/*"))


def main():
    """Kill, finish, compare, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--epochs", type=int, default=14)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=pathlib.Path, default="survival.json")
    given = parser.parse_args()
    rng = random.Random(given.seed)
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        finish(folder / "whole", given.epochs)
        while len(rows) < given.kills:
            process = start(folder / "cut", given.epochs)
            time.sleep(rng.uniform(4.0, 14.0))
            if process.poll() is not None:
                break  # it came to its end
            process.kill()
            process.communicate()
            rows.append(
                {"kill": len(rows) + 1, "found": ", ".join(places(folder / "cut"))}
            )
        finish(folder / "cut", given.epochs)
        ours, theirs = (state(folder / n, given.epochs) for n in ("cut", "whole"))
        same = ours.keys() == theirs.keys() and all(
            np.array_equal(ours[name], theirs[name]) for name in theirs
        )
    rows.append({"kill": "end", "found": "same" if same else "NOT the same"})
    report(rows, given.json)
    sys.exit(0 if same else 1)


if __name__ == "__main__":
    main()
