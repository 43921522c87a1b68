"""Networks of KerasHub that make features of texts."""

import os
import pathlib
import shutil
import tempfile
from unittest import mock

import numpy as np
import tensorflow as tf
from helpers import extras, small_preset

from lnl_sr_tf import datasets
from lnl_sr_tf.backbones.backbone_features import with_features
from lnl_sr_tf.backbones.text_backbone import TextBackbone
from lnl_sr_tf.errors import InputError

TEXTS = np.array(
    ["The film was good", "bad", "", "so " * 60, "very unheard of"], object
)


def quiet(line):
    pass


class TextBackboneTest(tf.test.TestCase):
    def setUp(self):
        super().setUp()
        extras.need(self, "keras_hub")
        self.folder = pathlib.Path(tempfile.mkdtemp(dir=self.get_temp_dir()))
        self.name = small_preset.save_of_texts(self.folder / "bert")

    def test_mean_over_the_tokens_of_each_text(self):
        import keras_hub

        folder = str(self.folder / "bert")
        network = keras_hub.models.Backbone.from_preset(folder)
        words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *small_preset.WORDS]
        ids = {word: number for number, word in enumerate(words)}
        found = TextBackbone(self.name, None).features(TEXTS)
        self.assertEqual((found.dtype, found.shape), (np.float16, (5, 8)))
        said = ["the film was good", "bad", "", "so " * 38, "very [UNK] [UNK]"]
        for row, text in zip(found, said, strict=True):
            tokens = np.array([[ids[w] for w in f"[CLS] {text} [SEP]".split()]])
            inputs = {
                "token_ids": tokens,
                "segment_ids": 0 * tokens,
                "padding_mask": 0 * tokens + 1,
            }
            expected = network(inputs)["sequence_output"].numpy()[0].mean(axis=0)
            self.assertAllClose(row, expected, rtol=2e-3, atol=2e-3)
        self.assertGreater(found.std(axis=0).mean(), 0.01)

    def test_in_a_graph_of_tensorflow_the_same(self):
        backbone = TextBackbone(self.name, None)
        encoded = tf.function(lambda texts: backbone.encoded(texts=texts))
        found = encoded(tf.constant(TEXTS.tolist()))
        self.assertAllClose(found, backbone.features(TEXTS), rtol=2e-3, atol=1e-3)

    def test_identity_is_by_content(self):
        here = TextBackbone(self.name, None).identity()
        shutil.copytree(self.folder / "bert", self.folder / "moved")
        moved = f"hub:{self.folder / 'moved'}"
        self.assertEqual(TextBackbone(moved, None).identity(), here)
        path = self.folder / "moved/assets/tokenizer/vocabulary.txt"
        path.write_text(path.read_text().replace("good", "mild"))
        self.assertNotEqual(TextBackbone(moved, None).identity(), here)

    def test_features_are_computed_once(self):
        rng = np.random.default_rng(1)
        texts = [" ".join(rng.choice(small_preset.WORDS, 4)) for _ in range(40)]
        cache = mock.patch.dict(os.environ, XDG_CACHE_HOME=str(self.folder / "cache"))
        self.enter_context(cache)
        data = datasets.from_arrays(texts, np.arange(40) % 2, tell=quiet)
        first = with_features(data, self.name, None, quiet)
        self.assertEqual(first.image_shape, (8,))
        self.assertEqual(first.kind, "text")
        expected = TextBackbone(self.name, None).features(first.originals)
        self.assertAllClose(first.train_images, expected, rtol=2e-3, atol=2e-3)
        told = []
        none = mock.patch.object(TextBackbone, "features", side_effect=AssertionError)
        with none:
            again = with_features(data, self.name, None, told.append)
        self.assertEqual(told, ["the features of 40 texts are there from before"])
        self.assertAllEqual(again.train_images, first.train_images)
        other = datasets.from_arrays(texts[::-1], np.arange(40) % 2, tell=quiet)
        with none, self.assertRaises(AssertionError):
            with_features(other, self.name, None, quiet)

    def test_a_preset_of_images(self):
        vit = TextBackbone(small_preset.save(self.folder / "vit"), None)
        with self.assertRaisesRegex(InputError, "is not of texts, or not of a kind"):
            vit.network  # noqa: B018


if __name__ == "__main__":
    tf.test.main()
