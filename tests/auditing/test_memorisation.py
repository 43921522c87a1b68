"""Curves of runs that learned labels by heart, and of those that did not."""

from absl.testing import absltest, parameterized

from lnl_sr_tf.auditing.memorisation import memorisation


def rows(*pairs, name="test_accuracy"):
    return [{"accuracy": trained, name: others} for trained, others in pairs]


class MemorisationTest(parameterized.TestCase):
    @parameterized.named_parameters(
        ("all labels, wrong ones too", rows((0.5, 0.8), (1.0, 0.7)), True),
        ("some, when it was past its best", rows((0.6, 0.96), (0.7, 0.86)), True),
        ("more than the validation part", rows((0.9, 0.6), name="validation_accuracy"),
         True),
        ("more than held out", rows((0.9, 0.6), name="given_test_accuracy"), True),
        ("as much as held out", rows((0.6, 0.58), name="given_test_accuracy"), False),
        ("noise that was left alone", rows((0.4, 0.75), (0.6, 0.98)), False),
        ("clean labels", rows((0.9, 0.9), (0.99, 0.985)), False),
        ("a bad epoch at the end", rows((0.6, 0.97), (0.58, 0.9)), False),
        ("the validation part says so before the test set",
         [{"accuracy": 0.6, "validation_accuracy": 0.59, "test_accuracy": 0.5}], False),
        ("empty cells", [*rows((0.6, 0.97)), {"accuracy": 0.9, "test_accuracy": None}],
         False),
    )  # fmt: skip
    def test_found(self, curves, expected):
        found = memorisation(curves)
        self.assertIs(found.found, expected)
        self.assertEqual("lower bound" in found.words, expected)

    @parameterized.parameters(([],), ([{"accuracy": 0.9}],))
    def test_nothing_to_compare_with(self, curves):
        self.assertIsNone(memorisation(curves))


if __name__ == "__main__":
    absltest.main()
