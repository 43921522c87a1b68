"""A SavedModel written by another process, which runs on TensorFlow."""

import os
import pathlib
import subprocess
import sys
from collections.abc import Sequence

from lnl_sr_tf.errors import RunError


def save_by_another_process(
    source: pathlib.Path,
    path: pathlib.Path,
    class_names: Sequence[str],
    resize: str | None,
    temperature: float,
    bits: int | None,
    encoder: pathlib.Path | None,
) -> None:
    """`save_serving` of a saved network, by a process that runs on TensorFlow.

    Args:
        source: the `.keras` of the network.
        path: the folder to write.
        class_names: one name a class.
        resize: as for `save_serving`.
        temperature: likewise.
        bits: likewise.
        encoder: the file that says how features are made; None where they are given.

    Raises:
        RunError: if it cannot be written.
    """
    package = pathlib.Path(__file__).resolve().parents[2]
    settings = {
        "KERAS_BACKEND": "tensorflow",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "CUDA_VISIBLE_DEVICES": "-1",  # the GPU is PyTorch's
        # The package need not be installed for `python main.py`.
        "PYTHONPATH": os.pathsep.join(
            filter(None, [str(package), os.environ.get("PYTHONPATH")])
        ),
    }
    done = subprocess.run(
        [
            *[sys.executable, "-m", "lnl_sr_tf.export", str(source), str(path)],
            *[resize or "", repr(temperature), str(bits or ""), str(encoder or "")],
            *map(str, class_names),
        ],
        env=os.environ | settings,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        lines = done.stderr.strip().splitlines() or ["no reason given"]
        reason = next((line for line in lines[::-1] if "Error" in line), lines[-1])
        raise RunError(f"{source} could not be written as a SavedModel: {reason}")
