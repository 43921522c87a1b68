"""Features of texts: the words and pairs of words in them, weighted by TF-IDF."""

import dataclasses
import functools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from lnl_sr_tf.datasets import tensorflow_import
from lnl_sr_tf.datasets.memory import check_memory
from lnl_sr_tf.errors import InputError

MOST_TERMS = 5000
_MOST_BYTES = 2**31  # of all features
_BLOCK = 512  # texts that are encoded at a time
_NGRAMS = (1, 2)
# All but letters, their marks and digits divides words.
_BETWEEN_WORDS = r"[^\p{L}\p{M}\p{N}]+"


@dataclasses.dataclass(frozen=True)
class TextEncoder:
    """From texts to one row each: count times weight of each term, of length 1.

    A term is a word in lower case, or two that follow each other with a space between.

    Args:
        terms: one a column, in order.
        weights: the inverse document frequency log(1 + n / (1 + m)) of each term, of n
            texts of which m have it.

    Example:
        >>> encoder = TextEncoder(("good", "not good"), (1.0, 2.0))
        >>> encoder.encode(["Good!"])
        array([[1., 0.]], dtype=float16)
    """

    terms: tuple[str, ...]
    weights: tuple[float, ...]

    kind = "text"

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Features of texts, float16 of shape (n, terms), a block at a time."""
        rows = np.empty((len(texts), len(self.terms)), np.float16)
        for number, block in enumerate(self.blocks(texts)):
            rows[number * _BLOCK : (number + 1) * _BLOCK] = block
        return rows

    def blocks(self, texts: Sequence[str]) -> Iterator[np.ndarray]:
        """Features of some texts after others, float32 of shape (some, terms)."""
        tf = _tensorflow()
        with tf.device("CPU"):
            for start in range(0, len(texts), _BLOCK):
                block = tf.constant(list(texts[start : start + _BLOCK]), tf.string)
                yield self.encoded(texts=block).numpy()

    def signature(self) -> dict[str, Any]:
        """`texts`, strings of shape (batch,)."""
        tf = _tensorflow()
        return {"texts": tf.TensorSpec([None], tf.string, name="texts")}

    def encoded(self, **raw: Any) -> Any:
        """Features of the tensor `texts`, float32, shape (batch, terms)."""
        tf = _tensorflow()
        width = len(self.terms)
        found = self._table.lookup(_terms_of(raw["texts"]))
        known = tf.ragged.boolean_mask(found, found < width)
        counts = tf.math.bincount(
            known, minlength=width, maxlength=width, axis=-1, dtype=tf.float32
        )
        weighted = counts * tf.constant(self.weights, tf.float32)
        rows = tf.math.divide_no_nan(
            weighted, tf.norm(weighted, axis=-1, keepdims=True)
        )
        # Training sees float16, and so serving does, too.
        return tf.cast(tf.cast(rows, tf.float16), tf.float32)

    def tracked(self) -> Sequence[Any]:
        """The table of the terms."""
        return [self._table]

    def as_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
        return {"kind": self.kind, "terms": self.terms, "weights": self.weights}

    @functools.cached_property
    def _table(self) -> Any:
        """From a term to its column; the number of terms for one that is unknown."""
        tf = _tensorflow()
        with tf.init_scope(), tf.device("CPU"):
            return tf.lookup.StaticHashTable(
                tf.lookup.KeyValueTensorInitializer(
                    tf.constant(self.terms), tf.range(len(self.terms), dtype=tf.int64)
                ),
                default_value=len(self.terms),
            )


def text_encoder_from_dict(content: dict[str, Any]) -> TextEncoder:
    """The encoder that `as_dict` tells of."""
    return TextEncoder(tuple(content["terms"]), tuple(content["weights"]))


def fit_text_encoder(
    texts: Sequence[str], rows: int, tell: Callable[[str], None]
) -> TextEncoder:
    """An encoder of the commonest terms of texts.

    Args:
        texts: those to train on.
        rows: how many texts there are in all, whose features are to take at most 2 GiB.
        tell: called with the number of terms.

    Raises:
        InputError: if there is no word in the texts, or TensorFlow is not installed.
    """
    tf = _tensorflow()
    import keras

    # The same on every machine, so that a run that is resumed or audited on another one
    # has the same terms.
    most = max(1, min(MOST_TERMS, _MOST_BYTES // (2 * rows)))
    check_memory(2 * most * rows, f"{rows} texts of {most} terms take", "use fewer")
    with tf.device("CPU"):
        layer = keras.layers.TextVectorization(
            max_tokens=most + 2,  # two stand for nothing and for all that are unknown
            standardize=_plain,
            ngrams=_NGRAMS,
        )
        layer.adapt(tf.data.Dataset.from_tensor_slices(list(texts)).batch(_BLOCK))
    terms = tuple(map(str, layer.get_vocabulary(include_special_tokens=False)))
    if not terms:
        raise InputError("expected words in the texts; there is none")
    # Keras's own count of the texts that have a term makes it four times as long.
    ones = TextEncoder(terms, (1.0,) * len(terms))
    having = sum((block > 0).sum(axis=0) for block in ones.blocks(texts))
    weights = np.log(1 + len(texts) / (1 + having))
    tell(
        f"{len(terms)} terms, words and pairs of words"
        + (f", the commonest of {len(texts)} texts" if len(terms) == most else "")
        + (f"; {MOST_TERMS} would take more than {_MOST_BYTES >> 30} GiB"
           if len(terms) == most < MOST_TERMS else "")
    )  # fmt: skip
    return TextEncoder(terms, tuple(weights.tolist()))


def _plain(texts: Any) -> Any:
    """In lower case, with a space between words."""
    tf = _tensorflow()
    lower = tf.strings.lower(texts, encoding="utf-8")
    return tf.strings.strip(tf.strings.regex_replace(lower, _BETWEEN_WORDS, " "))


def _terms_of(texts: Any) -> Any:
    """Those of each text, a ragged tensor of strings."""
    tf = _tensorflow()
    return tf.strings.ngrams(tf.strings.split(_plain(texts)), _NGRAMS)


def _tensorflow() -> Any:
    try:
        return tensorflow_import.import_tensorflow()
    except ImportError:
        raise InputError(
            "texts become features by TensorFlow, which is not installed; install it, "
            "or give features in place of texts"
        ) from None
