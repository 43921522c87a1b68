"""What a SavedModel of a run takes and answers, as others convert it."""

import pathlib
from typing import Any, NamedTuple

import numpy as np

from lnl_sr_tf.export.loading import load

PROBABILITIES, LABEL = "probabilities", "label"
_DEFAULT, _FEATURES = "serving_default", "features"
_BATCH = 64
# One array for each input, with a row an example.
Inputs = dict[str, np.ndarray]


class Served:
    """The SavedModel of a run.

    Args:
        path: its folder.

    Example:
        served = Served("runs/digits-ce_sr-sym0.6-seed1-0a1b2c3d/saved_model")
        served.probabilities({"images": images}).shape  # (360, 10)
    """

    def __init__(self, path: pathlib.Path | str):
        self.loaded = load(path)

    @property
    def inputs(self) -> dict[str, Any]:
        """The `tf.TensorSpec` of each input, by name."""
        return _inputs(self.loaded.signatures[_DEFAULT])

    def probabilities(self, inputs: Inputs) -> np.ndarray:
        """What it says of examples, float32 of shape (n, classes).

        Args:
            inputs: as `inputs` tells them.
        """
        import tensorflow as tf

        serve = self.loaded.signatures[_DEFAULT]
        dtypes = {name: spec.dtype for name, spec in self.inputs.items()}
        return np.concatenate(
            [
                serve(**{k: tf.constant(v, dtypes[k]) for k, v in batch.items()})[
                    PROBABILITIES
                ].numpy()
                for batch in batches(inputs)
            ]
        )

    def part(self, strings: bool) -> "Part":
        """What a format can carry of it.

        Args:
            strings: whether the format has operations on strings; without, what makes
                features of texts and categories is left out.
        """
        import tensorflow as tf

        of_strings = any(spec.dtype == tf.string for spec in self.inputs.values())
        name = _FEATURES if of_strings and not strings else _DEFAULT
        signature = self.loaded.signatures[name]
        inputs = _inputs(signature)

        def answer(**raw):
            found = signature(**raw)
            return {key: found[key] for key in (PROBABILITIES, LABEL)}

        function = tf.function(answer, autograph=False)
        return Part(function.get_concrete_function(**inputs), inputs, name == _DEFAULT)


class Part(NamedTuple):
    """A function of a SavedModel that a format can carry.

    Args:
        function: of TensorFlow, concrete, from its inputs to `probabilities` and
            `label`.
        inputs: the `tf.TensorSpec` of each input, by name.
        whole: whether it takes what the SavedModel takes; else it takes features.
    """

    function: Any
    inputs: dict[str, Any]
    whole: bool


def batches(inputs: Inputs) -> list[Inputs]:
    """Some examples after others, as many as memory has room for."""
    count = len(next(iter(inputs.values())))
    return [
        {name: values[start : start + _BATCH] for name, values in inputs.items()}
        for start in range(0, count, _BATCH)
    ]


def _inputs(signature: Any) -> dict[str, Any]:
    return dict(signature.structured_input_signature[1])
