"""Losses, layers and metrics on JAX and PyTorch give what they give here."""

import functools
import os
import pathlib
import subprocess
import sys

import numpy as np
import tensorflow as tf
from absl.testing import parameterized
from helpers import extras
from helpers.gradients import value_and_gradient
from keras import ops

from lnl_sr_tf import losses
from lnl_sr_tf.layers import OutputSharpening
from lnl_sr_tf.metrics import LostClasses, SparseRate

TESTS = pathlib.Path(__file__).resolve().parent.parent
SHAPES = ((3, 4), (2, 3, 2))
# Each backend draws its own complementary labels; the term of `_sr` is that of any.
NAMES = ("ce_sr", *(n for n in losses.names() if not n.endswith("_sr") and n != "nlnl"))


@functools.cache
def found():
    """Values and gradients of everything on the backend that Keras runs on, by name."""
    rng = np.random.default_rng(0)
    arrays = {}
    for shape in SHAPES:
        rank = len(shape) + 1
        logits = 3 * rng.normal(size=(*shape, 5)).astype("float32")
        labels = rng.integers(0, 5, shape)
        soft = rng.dirichlet(np.ones(5), shape).astype("float32")
        weights = rng.uniform(size=shape[0]).astype("float32")
        masked = logits.copy()
        np.put_along_axis(masked, (labels[..., None] + 1) % 5, -np.inf, axis=-1)
        for name in NAMES:
            loss = losses.get(name)
            for case, y, z in (
                ("labels", labels, logits), ("soft", soft, logits),
                ("masked", labels, masked),
            ):  # fmt: skip
                value, gradient = value_and_gradient(
                    lambda x, y=y, loss=loss: loss.call(y, x), z
                )
                arrays[f"{name}_{rank}_{case}"] = value
                arrays[f"{name}_{rank}_{case}_gradient"] = gradient
            weighted = loss(labels, logits, sample_weight=weights)
            arrays[f"{name}_{rank}_weighted"] = np.asarray(weighted)
        prior = losses.ClassPrior(losses.CrossEntropy(), prior=[1, 2, 0, 4, 1])
        value, gradient = value_and_gradient(
            lambda x, y=labels, w=weights, loss=prior: loss(y, x, sample_weight=w),
            masked,
        )
        arrays[f"prior_{rank}"], arrays[f"prior_{rank}_gradient"] = value, gradient
        adaptive = losses.get("ce_sr")
        adaptive.adapt(0.2).go_on(40, 1)
        adaptive.adaptive.begin()
        path = []
        for scale in (1.0, 9.0, 3.0, 2.9, 30.0, 0.0):
            adaptive(labels, scale * logits, sample_weight=weights)
            path.append(np.asarray(ops.convert_to_numpy(adaptive.weight)))
        arrays[f"lambda_{rank}"] = np.array(path)
        clipping, path = losses.get("ogc_ce", queue=24, every=1), []
        for scale in (1.0, 3.0, 0.3, 2.0, 1.0):
            clipping(labels, scale * logits)
            path.append(clipping.threshold)
        arrays[f"clipping_{rank}"] = np.array(path)
        for case, z in (("", logits), ("masked", masked)):
            sharpened = OutputSharpening(0.3, activation="softmax")(z)
            arrays[f"sharpening_{rank}_{case}"] = np.asarray(sharpened)
        rate = SparseRate(tolerance=0.3)
        rate.update_state(labels, logits)
        arrays[f"sparse_rate_{rank}"] = np.asarray(rate.result())
        lost = LostClasses(5)
        lost.update_state(labels - 1, masked)  # -1 is of no class
        arrays[f"given_{rank}"] = np.asarray(lost.given)
        arrays[f"predicted_{rank}"] = np.asarray(lost.predicted)
    return arrays


class OtherBackendsTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.parameters("jax", "torch")
    def test_same_values_and_gradients(self, backend):
        extras.need(self, backend)
        path = self.get_temp_dir() + f"/{backend}.npz"
        done = subprocess.run(
            [sys.executable, __file__, path],
            env={
                **os.environ,
                "KERAS_BACKEND": backend,
                "PYTHONPATH": os.pathsep.join(
                    map(str, (TESTS.parent, TESTS, *filter(None, sys.path)))
                ),
            },
            capture_output=True,
            text=True,
        )
        self.assertEqual(done.returncode, 0, done.stderr)
        expected = found()
        with np.load(path) as other:
            self.assertEqual(set(other), set(expected))
            for name, array in expected.items():
                self.assertAllClose(
                    other[name], array, rtol=1e-4, atol=1e-5, msg=f"{backend}: {name}"
                )


if __name__ == "__main__":
    np.savez(sys.argv[1], **found())
