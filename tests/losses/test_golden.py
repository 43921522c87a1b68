"""Values and gradients that were computed elsewhere, in float64.

They lie beside the checkout, not in it (or where LNL_SR_REFERENCE says); where they
are not, test_losses.py holds the formulas all the same.
"""

import os
import pathlib
import re

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from lnl_sr_tf import layers, losses

_DEFAULT = pathlib.Path(__file__).resolve().parents[3] / "shared" / "reference"
GOLDEN = pathlib.Path(os.environ.get("LNL_SR_REFERENCE", _DEFAULT)) / "losses_paper.npz"

# A key's beginning, and the loss it is about. The published gradient of the focal
# loss holds its factor constant.
PATTERNS = (
    (r"ce", lambda: losses.CrossEntropy()),
    (r"fl_gamma([\d.]+)", lambda g: losses.FocalLoss(float(g), constant_factor=True)),
    (r"gce_q([\d.]+)", lambda q: losses.GeneralizedCrossEntropy(float(q))),
)
SHARPENED = r"sr_tau([\d.]+)_p([\d.]+)_lambda([\d.]+)_l2([01])"


def make(key):
    """The function of labels and logits that a key is about, or None."""
    base, _, regularized = key.partition("+")
    norm = re.fullmatch(r"pnorm_p([\d.]+)", base)
    if norm:
        wrapper = losses.get("ce_sr", p=float(norm[1]))
        return lambda labels, logits: wrapper.norm(logits)
    for pattern, maker in PATTERNS:
        match = re.fullmatch(pattern, base)
        if match:
            loss = maker(*match.groups())
            break
    else:
        return None
    if not regularized:
        return loss.call
    tau, p, weight, normalize = re.fullmatch(SHARPENED, regularized).groups()
    layer = layers.OutputSharpening(float(tau), normalize=normalize == "1")
    loss = losses.SparseRegularization(loss, float(p), float(weight))
    return lambda labels, logits: loss.call(labels, layer(logits))


def cases():
    if not GOLDEN.is_file():
        return []
    with np.load(GOLDEN) as golden:
        keys = {key.split("/")[1] for key in golden if key.endswith("/loss")}
    return [(re.sub(r"\W", "_", key), key) for key in sorted(keys) if make(key)]


class GoldenTest(tf.test.TestCase, parameterized.TestCase):
    def setUp(self):
        super().setUp()
        if not GOLDEN.is_file():
            self.skipTest(f"{GOLDEN} is not there")

    def test_all_families_are_there(self):
        keys = [key for _, key in cases()]
        for family in ("ce", "fl_gamma0.5", "gce_q0.7", "pnorm_p0.1"):
            self.assertIn(family, keys)
        self.assertLen([key for key in keys if "+sr" in key], 9)

    @parameterized.named_parameters(*(cases() or [("none", None)]))
    def test_matches(self, key):
        function = make(key)
        with np.load(GOLDEN) as golden:
            sets = [k.split("/")[0] for k in golden if k.endswith(f"/{key}/loss")]
            self.assertLen(sets, 6)
            for name in sets:
                logits = tf.constant(golden[f"{name}/logits"])
                with tf.GradientTape() as tape:
                    tape.watch(logits)
                    value = tf.reduce_mean(function(golden[f"{name}/labels"], logits))
                gradient = tape.gradient(value, logits).numpy()
                expected = golden[f"{name}/{key}/grad"]
                self.assertAllClose(
                    value, golden[f"{name}/{key}/loss"], rtol=1e-5, atol=0
                )
                # Σ u = 1 has no gradient but that of the clip: for p = 1 the norm
                # below is of rounding, which float32 does not resolve.
                bound = 1e-4 * np.linalg.norm(expected) + 1e-7
                self.assertLess(np.linalg.norm(gradient - expected), bound)


if __name__ == "__main__":
    tf.test.main()
