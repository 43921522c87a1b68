"""A network of KerasHub, from texts to features."""

import functools
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from lnl_sr_tf.backbones import hub
from lnl_sr_tf.config.settings import HUB
from lnl_sr_tf.devices import backend
from lnl_sr_tf.errors import InputError

_LONGEST = 512  # tokens
_STEP = 32  # texts are cut to a multiple of it, since a network is compiled for each
_LARGEST = float(np.finfo(np.float16).max)
_TOKENS = "token_ids"


class TextBackbone:
    """Features of texts, and an `Encoder`: the mean over the tokens of each text.

    The tokens are those that the preset makes of a text, at most the first 512, or as
    many as the network takes. Features are float16, in training as in the SavedModel.

    Args:
        name: `hub:PRESET`.
        weights: a file of its weights; None for those of the preset.

    Example:
        backbone = TextBackbone("hub:bert_tiny_en_uncased", None)
        backbone.features(np.array(["not so good"])).shape  # (1, 128)
    """

    kind = "text_backbone"
    takes = "texts"

    def __init__(self, name: str, weights: str | None):
        self.name = name
        self.weights = weights

    @property
    def _preset(self) -> str:
        return self.name.removeprefix(HUB)

    @functools.cached_property
    def preprocessor(self) -> Any:
        """From texts to tokens.

        Raises:
            InputError: if the preset cannot be had, or is not of texts.
        """
        made = hub.text_preprocessor(self._preset)
        longest = getattr(self._loaded, "max_sequence_length", None) or _LONGEST
        made.sequence_length = min(_LONGEST, longest)
        return made

    @functools.cached_property
    def _loaded(self) -> Any:
        return hub.load(self._preset, self.weights)

    @functools.cached_property
    def network(self) -> keras.Model:
        """From tokens, a dict of int32 of shape (batch, length), to features.

        Raises:
            InputError: as `preprocessor`, or if the file does not hold its weights.
        """
        padding = self.preprocessor.tokenizer.pad_token_id
        inputs = {
            name: keras.Input((None,), dtype="int32", name=name)
            for name in self._loaded.input
        }
        found = self._loaded(inputs)
        if isinstance(found, dict):
            found = found["sequence_output"]
        kept = ops.not_equal(inputs[_TOKENS], padding)
        kept = ops.expand_dims(ops.cast(kept, "float32"), -1)
        total = ops.sum(ops.cast(found, "float32") * kept, axis=1)
        mean = total / ops.maximum(ops.sum(kept, axis=1), 1.0)
        rounded = ops.cast(ops.clip(mean, -_LARGEST, _LARGEST), "float16")
        network = keras.Model(inputs, ops.cast(rounded, "float32"), name="backbone")
        network.compile(jit_compile=backend.name() == "jax")
        return network

    def features(self, texts: np.ndarray) -> np.ndarray:
        """Features of a batch.

        Args:
            texts: strings, shape (batch,).

        Returns:
            float16, shape (batch, width).

        Raises:
            InputError: if they are not numbers, which damaged weights give.
        """
        made = self.preprocessor([str(text) for text in texts])
        tokens = {
            name: ops.convert_to_numpy(made[name]).astype(np.int32)
            for name in self.network.input
        }
        padding = self.preprocessor.tokenizer.pad_token_id
        used = int((tokens[_TOKENS] != padding).any(axis=0).sum())
        length = -(-max(used, 1) // _STEP) * _STEP
        short = {name: values[:, :length] for name, values in tokens.items()}
        found = self.network.predict_on_batch(short)
        if not np.isfinite(found).all():
            raise InputError(
                f"--backbone={self.name} makes NaN or infinite features of these "
                f"texts; {self.weights or 'its weights'} may be damaged"
            )
        return found.astype(np.float16)

    def identity(self) -> dict[str, Any]:
        """What its features depend on, ready for JSON.

        Raises:
            InputError: if a file cannot be read.
        """
        return {"texts": self.preprocessor.sequence_length} | hub.identity(
            self._preset, self.weights, lambda: self._loaded
        )

    def signature(self) -> dict[str, Any]:
        """`texts`, strings of shape (batch,)."""
        import tensorflow as tf

        return {"texts": tf.TensorSpec([None], tf.string, name="texts")}

    def encoded(self, **raw: Any) -> Any:
        """Features of the tensor `texts`, on the backend TensorFlow."""
        import tensorflow as tf

        with tf.init_scope():  # made here, they would belong to this graph
            preprocessor, _ = self.preprocessor, self.network
        made = preprocessor(raw["texts"])
        tokens = {name: tf.cast(made[name], tf.int32) for name in self.network.input}
        return self.network(tokens, training=False)

    def tracked(self) -> Sequence[Any]:
        """That of an `Encoder`, on the backend TensorFlow."""
        values = [variable.value for variable in self.network.variables]
        return [*values, self.preprocessor]

    def as_dict(self) -> dict[str, Any]:
        """That of an `Encoder`."""
        return {"kind": self.kind, "backbone": self.name, "weights": self.weights}
