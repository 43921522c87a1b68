"""Runs of the command in processes of their own, for tests that compare them."""

import os
import pathlib
import socket
import subprocess
import sys
import time

import numpy as np
from helpers.command import call
from helpers.smooth_networks import smooth_networks

from lnl_sr_tf.runs.folder import RunFolder
from lnl_sr_tf.training.checkpoint import saved_places

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SCRIPT = pathlib.Path(__file__).resolve().parent / "smooth_networks.py"

# For those images; a flag that comes later wins.
SMALL = [
    "--model=small", "--noise=sym", "--rate=0.4", "--epochs=2", "--batch_size=64",
    "--optimizer=sgd", "--momentum=0.9", "--lr=0.05",
]  # fmt: skip


def made_images(path, size=301):
    """An .npz of noisy 8×8 images of four classes."""
    rng = np.random.default_rng(3)
    classes = rng.integers(0, 256, (4, 8, 8, 1))
    labels = np.arange(size + 96) % 4
    images = 0.4 * classes[labels] + 0.6 * rng.integers(0, 256, (len(labels), 8, 8, 1))
    images = images.astype(np.uint8)
    np.savez(
        path,
        x_train=images[:size],
        y_train=labels[:size],
        x_test=images[size:],
        y_test=labels[size:],
    )
    return path


def start(folder, *flags, **environment):
    """The command, with the networks `plain` and `small` beside those that it has."""
    return subprocess.Popen(
        [
            sys.executable, str(SCRIPT), "--precision=float32",
            f"--output_dir={folder}", *flags,
        ],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        env=os.environ | environment,
    )  # fmt: skip


def finish(process, status=0):
    """What it told, after its end with a status."""
    out, _ = process.communicate()
    assert process.returncode == status, f"{process.returncode}: {out}"
    return out


def run(folder, *flags, **environment):
    """The runs of one command, by name."""
    finish(start(folder, *flags, **environment))
    return folders(folder)


def run_here(folder, *flags):
    """The same in this process, on one device."""
    flags = ["--precision=float32", f"--output_dir={folder}", *flags]
    with smooth_networks():
        status, out, err = call(*flags, "--distribute=none")
    assert status == 0, f"{status}: {out}{err}"
    return folders(folder)


def stopped_and_resumed(folder, *flags, **environment):
    """A run that SIGTERM stopped in its second epoch and that went on, and a whole one.

    Returns:
        Both `RunFolder`s, and what was told at the stop and after it.
    """
    cut, whole = folder / "cut", folder / "whole"
    process = start(cut, *flags, "--checkpoint_minutes=0.0001", **environment)
    while not list(cut.glob("*/checkpoints/epoch_00001_step_*")):
        assert process.poll() is None, "ended before it could be stopped"
        time.sleep(0.02)
    process.terminate()
    told = [finish(process, 1)]
    both = ["then", *flags, "--precision=float32", f"--output_dir={whole}"]
    told.append(finish(start(cut, *flags, *both, **environment)))
    return *folders(cut).values(), *folders(whole).values(), told


def folders(folder):
    """The `RunFolder`s beneath a folder, by name."""
    paths = pathlib.Path(folder).iterdir()
    return {path.name: RunFolder(path) for path in paths}


def state(run):
    """Every array of the last checkpoint."""
    last = saved_places(run.checkpoints)[-1]
    with np.load(run.checkpoints / last.folder / "state.npz") as stored:
        return {name: stored[name] for name in stored.files if name != "seconds"}


def free_ports(count):
    """Ports of this machine that nobody has."""
    servers = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [server.getsockname()[1] for server in servers]
    for server in servers:
        server.close()
    return ports
