"""Features of texts."""

from unittest import mock

import keras
import numpy as np
import tensorflow as tf
from sklearn.feature_extraction.text import TfidfVectorizer

from lnl_sr_tf.datasets.features import text_encoder
from lnl_sr_tf.datasets.features.encoder_from_dict import encoder_from_dict
from lnl_sr_tf.datasets.features.text_encoder import fit_text_encoder
from lnl_sr_tf.errors import InputError

TEXTS = [
    "The film was good.",
    "Not good; the film was not good!",
    "Äpfel, ÄPFEL und Birnen",
    "and und the film",
    "good",
]


class TextEncoderTest(tf.test.TestCase):
    def fitted(self, texts=TEXTS, tell=lambda line: None):
        return fit_text_encoder(texts, len(texts), tell)

    def test_is_tf_idf(self):
        """Against scikit-learn, whose weights are log((1 + n)/(1 + m)) + 1."""
        encoder = self.fitted()
        theirs = TfidfVectorizer(ngram_range=(1, 2), token_pattern=r"\w+", norm=None)
        # The weights aside, which a row of raw counts has in it as a factor.
        rows = theirs.fit_transform(TEXTS).toarray() / theirs.idf_
        order = [theirs.vocabulary_[term] for term in encoder.terms]
        self.assertLen(encoder.terms, len(theirs.vocabulary_))
        having = (rows > 0).sum(axis=0)
        weighted = (rows * np.log(1 + len(TEXTS) / (1 + having)))[:, order]
        expected = weighted / np.linalg.norm(weighted, axis=1, keepdims=True)
        found = encoder.encode(TEXTS)
        self.assertEqual(found.dtype, np.float16)
        self.assertAllClose(found, expected, atol=1e-3)

    def test_weights_are_keras(self):
        layer = keras.layers.TextVectorization(
            ngrams=(1, 2), output_mode="tf_idf", standardize=text_encoder._plain
        )
        layer.adapt(tf.constant(TEXTS))
        encoder = self.fitted()
        terms = layer.get_vocabulary(include_special_tokens=False)
        self.assertEqual(list(encoder.terms), terms)
        rows = np.asarray(layer(tf.constant(TEXTS)))[:, 1:]
        rows = rows / np.linalg.norm(rows, axis=1, keepdims=True)
        self.assertAllClose(encoder.encode(TEXTS), rows, atol=1e-3)

    def test_order_does_not_depend_on_that_of_texts(self):
        encoder, other = self.fitted(), self.fitted(TEXTS[::-1])
        self.assertEqual(encoder.terms, other.terms)
        self.assertAllClose(encoder.weights, other.weights)

    def test_unknown_and_empty_texts_are_zeros(self):
        found = self.fitted().encode(["", "?!", "quite another"])
        self.assertAllEqual(found, np.zeros_like(found))

    def test_the_commonest_where_there_are_too_many(self):
        told = []
        with mock.patch.object(text_encoder, "MOST_TERMS", 3):
            encoder = self.fitted(tell=told.append)
        self.assertLen(encoder.terms, 3)
        self.assertIn("good", encoder.terms)
        self.assertEqual(
            told, ["3 terms, words and pairs of words, the commonest of 5 texts"]
        )

    def test_fewer_where_there_are_many_texts(self):
        told = []
        # 4 float16 of each text.
        with mock.patch.object(text_encoder, "_MOST_BYTES", 8 * 5):
            encoder = self.fitted(tell=told.append)
        self.assertLen(encoder.terms, 4)
        self.assertIn("5000 would take more than", told[0])

    def test_comes_back_from_json(self):
        encoder = self.fitted()
        again = encoder_from_dict(encoder.as_dict())
        self.assertAllEqual(again.encode(TEXTS), encoder.encode(TEXTS))

    def test_without_words(self):
        with self.assertRaisesRegex(InputError, "expected words in the texts"):
            self.fitted(["!", "…"])

    def test_without_tensorflow(self):
        with (
            mock.patch.object(
                text_encoder.tensorflow_import,
                "import_tensorflow",
                side_effect=ImportError,
            ),
            self.assertRaisesRegex(InputError, "TensorFlow, which is not installed"),
        ):
            self.fitted()


if __name__ == "__main__":
    tf.test.main()
