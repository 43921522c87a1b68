"""Every kind of labels has its words, and runs of before have clean ones."""

from absl.testing import absltest

from lnl_sr_tf.runs import test_set_labels


class TestSetLabelsTest(absltest.TestCase):
    def test_kinds(self):
        self.assertEqual(test_set_labels.kind({"test_labels": "held out"}), "held out")
        self.assertEqual(test_set_labels.kind({"test_accuracy": 0.5}), "clean")
        self.assertEqual(list(test_set_labels.WORDS), ["clean", "given", "held out"])

    def test_words_tell_them_apart(self):
        for field in test_set_labels.Words._fields:
            said = {getattr(words, field) for words in test_set_labels.WORDS.values()}
            self.assertLen(said, 3, field)


if __name__ == "__main__":
    absltest.main()
