"""Where a default differs from that of Keras's own loss, the docstring says so."""

import inspect

import keras
import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from lnl_sr_tf import losses

# Ours, its argument, Keras's, and what the argument is called there.
TWINS = (
    (losses.GeneralizedCrossEntropy, "q", "CategoricalGeneralizedCrossEntropy", "q"),
    (losses.FocalLoss, "gamma", "CategoricalFocalCrossentropy", "gamma"),
    (
        losses.SmoothedCrossEntropy,
        "smoothing",
        "CategoricalCrossentropy",
        "label_smoothing",
    ),
    (losses.RobustLoss, "from_logits", "CategoricalCrossentropy", "from_logits"),
)
PROBS = np.array([[0.7, 0.2, 0.1], [0.3, 0.6, 0.1]], "float32")
ONE_HOT = np.array([[1, 0, 0], [0, 0, 1]], "float32")


def default(cls, name):
    return inspect.signature(cls.__init__).parameters[name].default


def said_of(cls, name):
    """What the docstring of a class says of one argument."""
    lines = inspect.getdoc(cls).splitlines()
    first = next(i for i, line in enumerate(lines) if line.startswith(f"    {name}: "))
    said = [lines[first]]
    for line in lines[first + 1 :]:
        if not line.startswith("     "):
            break
        said.append(line.strip())
    return " ".join(said)


class DefaultsTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.parameters(*TWINS)
    def test_docstring(self, cls, name, twin, its_name):
        theirs = default(getattr(keras.losses, twin), its_name)
        self.assertNotEqual(default(cls, name), theirs)
        said = said_of(cls, name)
        # Of from_logits every loss of Keras has the same.
        self.assertIn(
            "Keras" if name == "from_logits" else f"keras.losses.{twin}", said
        )
        self.assertRegex(said, rf"\b{theirs}\b")

    @parameterized.parameters(
        ("gce", {"q": 0.5}, "CategoricalGeneralizedCrossEntropy", 1),
        ("fl", {"gamma": 2.0}, "CategoricalFocalCrossentropy", 0.25),
        ("mae", {"scale": 2 / 3}, "MeanAbsoluteError", 1),
        ("amse", {"a": 1.0}, "MeanSquaredError", 1),
    )
    def test_with_keras_s_default_it_is_keras_s_loss(self, name, params, twin, alpha):
        ours = losses.get(name, from_logits=False, **params)
        theirs = getattr(keras.losses, twin)()
        # Of these Keras's takes integers alone.
        integers = twin == "CategoricalGeneralizedCrossEntropy"
        labels = ONE_HOT.argmax(axis=-1) if integers else ONE_HOT
        self.assertAllClose(
            alpha * ours(ONE_HOT, PROBS), theirs(labels, PROBS), rtol=1e-5
        )


if __name__ == "__main__":
    tf.test.main()
