"""Every kind of labels has its words, and runs of before have clean ones."""

from absl.testing import absltest

from lnl_sr_tf.runs import label_kinds


class LabelKindsTest(absltest.TestCase):
    def test_kinds(self):
        self.assertEqual(label_kinds.kind({"test_labels": "held out"}), "held out")
        self.assertEqual(label_kinds.kind({"test_accuracy": 0.5}), "clean")
        self.assertEqual(list(label_kinds.WORDS), ["clean", "given", "held out"])

    def test_words_tell_them_apart(self):
        for field in label_kinds.Words._fields:
            said = {getattr(words, field) for words in label_kinds.WORDS.values()}
            self.assertLen(said, 3, field)


if __name__ == "__main__":
    absltest.main()
