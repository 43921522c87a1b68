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
from helpers.gradients import value_and_gradient

from lnl_sr_tf import layers, losses

_DEFAULT = pathlib.Path(__file__).resolve().parents[3] / "shared" / "reference"
GOLDEN = pathlib.Path(os.environ.get("LNL_SR_REFERENCE", _DEFAULT))
FILES = ("losses_paper.npz", "losses_later.npz")

NUMBER = r"([\d.]+)"
# A key's beginning with its numbers in place of N, the loss it is about, and what
# the numbers are. The published gradient of the focal losses holds a factor constant.
CONSTANT = {"constant_factor": True}
PATTERNS = (
    ("ce", "ce", (), {}),
    ("fl_gammaN", "fl", ("gamma",), CONSTANT),
    ("gce_qN", "gce", ("q",), {}),
    ("mae", "mae", (), {}),
    ("nmae", "nmae", (), {}),
    ("rce", "rce", (), {}),
    ("nrce", "nrce", (), {}),
    ("nce", "nce", (), {}),
    ("nfl_gammaN", "nfl", ("gamma",), CONSTANT),
    ("ngce_qN", "ngce", ("q",), {}),
    ("sce_aN_bN", "sce", ("alpha", "beta"), {}),
    ("nce_rce_N_N", "nce_rce", ("alpha", "beta"), {}),
    ("nce_mae_N_N", "nce_mae", ("alpha", "beta"), {}),
    ("nfl_rce_N_N", "nfl_rce", ("alpha", "beta"), CONSTANT),
    ("nfl_mae_N_N", "nfl_mae", ("alpha", "beta"), CONSTANT),
    ("phuber_ce_tauN", "phuber_ce", ("tau",), {}),
    ("agce_aN_qN", "agce", ("a", "q"), {}),
    ("aul_aN_qN", "aul", ("a", "q"), {}),
    ("ael_aN", "ael", ("a",), {}),
    ("amse_aN", "amse", ("a",), {}),
    ("nnce", "nnce", (), {}),
    ("nnfl_gammaN", "nnfl", ("gamma",), CONSTANT),
    ("eps_ce_mN", "eps_ce", ("m",), {}),
    ("ce_logitclip_deltaN", "ce_logitclip", ("delta",), {}),
    ("ldr_kl_tN_lN", "ldr_kl", ("margin", "temperature"), {}),
)
SHARPENED = r"sr_tau([\d.]+)_p([\d.]+)_lambda([\d.]+)_l2([01])"


def make(key):
    """The function of labels and logits that a key is about, or None."""
    base, _, regularized = key.partition("+")
    norm = re.fullmatch(r"pnorm_p([\d.]+)", base)
    if norm:
        wrapper = losses.get("ce_sr", p=float(norm[1]))
        return lambda labels, logits: wrapper.norm(logits)
    for pattern, name, numbers, fixed in PATTERNS:
        match = re.fullmatch(pattern.replace("N", NUMBER), base)
        if match:
            given = dict(zip(numbers, map(float, match.groups()), strict=True))
            loss = losses.get(name, **given, **fixed)
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
    """(name of the test, file, key) for every loss that the files hold."""
    found = []
    for file in FILES:
        if (GOLDEN / file).is_file():
            with np.load(GOLDEN / file) as golden:
                keys = {key.split("/")[1] for key in golden if key.endswith("/loss")}
            found += [(re.sub(r"\W", "_", key), file, key) for key in sorted(keys)]
    return found


class GoldenTest(tf.test.TestCase, parameterized.TestCase):
    def setUp(self):
        super().setUp()
        if not all((GOLDEN / file).is_file() for file in FILES):
            self.skipTest(f"{GOLDEN} is not there")

    def test_every_key_is_about_a_loss(self):
        keys = [key for _, _, key in cases()]
        self.assertEqual([key for key in keys if make(key) is None], [])
        self.assertLen([key for key in keys if "+sr" in key], 9)
        self.assertLen(keys, 52)

    @parameterized.named_parameters(*(cases() or [("none", None, None)]))
    def test_matches(self, file, key):
        function = make(key)
        with np.load(GOLDEN / file) as golden:
            sets = [k.split("/")[0] for k in golden if k.endswith(f"/{key}/loss")]
            self.assertNotEmpty(sets)
            for name in sets:
                labels, logits = golden[f"{name}/labels"], golden[f"{name}/logits"]
                values, gradient = value_and_gradient(
                    lambda z, labels=labels: function(labels, z), logits
                )
                value, gradient = values.mean(), gradient / len(labels)
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
