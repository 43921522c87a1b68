"""Every loss alone, forward and backward: python benchmarks/losses.py

Milliseconds of value and gradient with respect to the logits, at 128×10, 1024×100 and
4096×1000; as a TensorFlow graph and compiled by XLA, beside Keras's own cross-entropy
in the same run. Medians, everything in turns. --losses and --sizes choose some. Where
PyTorch is installed, the eager chain of operations of CE+SR stands beside them. What
was found is written to losses.json.
"""

import argparse
import os
import pathlib
import statistics

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np
import tensorflow as tf
from measuring import in_turns, ratio, report

from lnl_sr_tf import losses

SIZES = ("128x10", "1024x100", "4096x1000")
CHAIN = ("torch ce_sr, eager", False)
# Needs what a run alone knows: a matrix or the number of examples.
LEFT_OUT = ("forward", "backward", "elr", "mda_ce", "rrm_ce", "sop")


def graph(loss, labels, logits, xla):
    """A function that computes value and gradient once, and waits for them."""

    @tf.function(jit_compile=xla)
    def both(labels, logits):
        with tf.GradientTape() as tape:
            tape.watch(logits)
            value = loss(labels, logits)
        return value, tape.gradient(value, logits)

    labels, logits = tf.constant(labels), tf.constant(logits)

    def run():
        value, gradient = both(labels, logits)
        return value.numpy(), gradient.numpy()

    return run


def torch_chain(labels, logits):
    """CE+SR in eager PyTorch, operation by operation; None without PyTorch."""
    try:
        import torch
    except ImportError:
        return None
    target, z = torch.from_numpy(labels), torch.from_numpy(logits).requires_grad_()

    def run():
        z.grad = None
        u = torch.softmax(z, dim=1).clamp(1e-7, 1)
        value = torch.nn.functional.nll_loss(u.log(), target)
        value = value + 1.2 * u.pow(0.1).sum(1).mean()
        value.backward()
        return value.item(), z.grad.numpy()

    return run


def measure(names, batch, classes, rounds):
    """Rows of one size."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, classes, batch)
    logits = rng.normal(size=(batch, classes)).astype(np.float32)
    own = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    runs = {("keras", False): graph(own, labels, logits, False)}
    runs["keras", True] = graph(own, labels, logits, True)
    chain = torch_chain(labels, logits)
    if chain:
        runs[CHAIN] = chain
    for name in names:
        for xla in (False, True):
            runs[name, xla] = graph(losses.get(name), labels, logits, xla)
    seconds = in_turns(runs, rounds)
    baseline = seconds["keras", False]
    return [
        {
            "loss": name,
            "xla": xla,
            "batch": batch,
            "classes": classes,
            "milliseconds": round(1000 * statistics.median(values), 3),
            "to_keras_cross_entropy": ratio(values, baseline),
            "torch_to_this": ratio(seconds.get(CHAIN), values),
        }
        for (name, xla), values in seconds.items()
    ]


def main():
    """Measure, print and write."""
    names = [n for n in losses.names() if n.removesuffix("_sr") not in LEFT_OUT]
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--losses", nargs="+", default=names)
    parser.add_argument("--sizes", nargs="+", default=SIZES)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--json", type=pathlib.Path, default="losses.json")
    given = parser.parse_args()
    rows = []
    for size in given.sizes:
        batch, classes = map(int, size.split("x"))
        rows += measure(given.losses, batch, classes, given.rounds)
    report(rows, given.json)


if __name__ == "__main__":
    main()
