"""The audit of data whose examples have any number of labels."""

import csv
import json
import pathlib
import re
import tempfile

import numpy as np
from absl.testing import absltest, parameterized

from lnl_sr_tf.auditing import MultiLabelAudit, audit, audit_multi_label
from lnl_sr_tf.errors import InputError

COUNT, CLASSES = 1500, 5


def observed(rate=0.1, share=0.3, seed=1, sure=3.0):
    """(true labels, given labels, P(true) as a network out of fold has it)."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(np.log(share / (1 - share)), sure, (COUNT, CLASSES))
    outputs = 1 / (1 + np.exp(-logits))
    clean = (rng.random(outputs.shape) < outputs).astype(int)
    wrong = rng.random(outputs.shape) < rate
    return clean, np.where(wrong, 1 - clean, clean), outputs


class MultiLabelTest(parameterized.TestCase):
    def test_one_wrong_label(self):
        clean, _, _ = observed()
        outputs = np.where(clean == 1, 0.95, 0.05)
        given = clean.copy()
        given[7, 3] ^= 1
        found = audit(given, outputs)
        self.assertIsInstance(found, MultiLabelAudit)
        np.testing.assert_array_equal(found.suspect_labels, [[7, 3]])
        np.testing.assert_array_equal(found.suspects, [7])
        np.testing.assert_array_equal(found.suggested, clean)
        self.assertEqual(found.rank[7], 1)
        self.assertIn("1 labels of 1 examples", found.words)
        self.assertFalse(found.no_evidence)

    @parameterized.parameters(0.0, 0.1, 0.3)
    def test_rates_and_ranks(self, rate):
        clean, given, outputs = observed(rate)
        found = audit(given, outputs)
        wrong = given != clean
        self.assertAlmostEqual(found.noise_rate, wrong.mean(), delta=0.03)
        shares, low, high = found.class_rates
        np.testing.assert_allclose(shares, wrong.mean(axis=0), atol=0.05)
        self.assertTrue(np.all((low <= shares) & (shares <= high)))
        if not rate:
            return
        # The most suspect tenth is wrong more often, of labels and of examples.
        first = np.argsort(-found.label_score, axis=None)[: wrong.size // 10]
        self.assertGreater(wrong.ravel()[first].mean(), 2 * wrong.mean())
        any_wrong = wrong.any(axis=1)
        first = found.order[: COUNT // 10]
        self.assertGreater(any_wrong[first].mean(), 1.1 * any_wrong.mean())
        self.assertAlmostEqual(found.probability.mean(), any_wrong.mean(), delta=0.1)
        turned = found.suspect_labels
        self.assertGreater(wrong[turned[:, 0], turned[:, 1]].mean(), 0.5)

    def test_how_examples_are_ranked(self):
        _, given, outputs = observed()
        found = audit(given, outputs)
        np.testing.assert_allclose(
            found.score, -np.log(np.prod(1 - found.label_score, axis=1)), rtol=1e-6
        )
        order = found.order
        self.assertTrue(np.all(np.diff(found.score[order]) <= 0))
        self.assertTrue(np.all(np.diff(found.probability[order]) <= 1e-12))
        np.testing.assert_array_equal(np.sort(found.rank), np.arange(1, COUNT + 1))
        self.assertTrue(set(found.suspects) <= set(order.tolist()))
        likely = found.label_probability > 0.5
        self.assertBetween(found.label_probability[likely].min(), 0.5, 0.7)
        np.testing.assert_array_equal(found.suggested != given, likely)
        np.testing.assert_array_equal(
            np.sort(found.suspects), likely.any(1).nonzero()[0]
        )
        pairs = found.suspect_labels
        scores = found.label_score[pairs[:, 0], pairs[:, 1]]
        self.assertTrue(np.all(np.diff(scores) <= 0))
        self.assertTrue((found.label_probability[pairs[:, 0], pairs[:, 1]] > 0.5).all())

    def test_each_class_has_its_own_matrix(self):
        """Where labels are missing, P(given = 0 | true = 1) is above the other."""
        clean, _, outputs = observed(0.0)
        missing = np.random.default_rng(2).random(clean.shape) < 0.3
        given = clean * (1 - missing)
        given[:, 0] = clean[:, 0]
        found = audit(given, outputs)
        np.testing.assert_allclose(found.matrices.sum(axis=2), 1)
        np.testing.assert_allclose(found.matrices[1:, 1, 0], 0.3, atol=0.06)
        self.assertLess(found.matrices[:, 0, 1].max(), 0.05)
        self.assertLess(found.matrices[0, 1, 0], 0.05)
        np.testing.assert_allclose(found.counts.sum(axis=(1, 2)), COUNT)

    def test_a_rare_class_that_is_never_likely(self):
        """Its outputs stay below a half, and yet they tell who has it."""
        rng = np.random.default_rng(3)
        _, given, outputs = observed()
        outputs[:, 2] = 0.02 + 0.4 * rng.random(COUNT) ** 4
        given[:, 2] = rng.random(COUNT) < outputs[:, 2]
        self.assertLess(outputs[:, 2].max(), 0.5)
        self.assertTrue(audit(given, outputs).told.all())

    @parameterized.named_parameters(
        ("chance", lambda p, y, rng: rng.random(COUNT), None),
        ("constant", lambda p, y, rng: np.full(COUNT, 0.3), None),
        ("the wrong way", lambda p, y, rng: 1 - p, None),
        ("few with it", lambda p, y, rng: p, lambda y, p: np.argsort(p)[-9:]),
        ("none with it", lambda p, y, rng: p, lambda y, p: []),
        ("few without it", lambda p, y, rng: p, lambda y, p: np.argsort(p)[9:]),
    )
    def test_a_class_without_evidence(self, outputs_of, those_with_it):
        _, given, outputs = observed()
        if those_with_it:
            chosen = those_with_it(given[:, 2], outputs[:, 2])
            given[:, 2] = np.isin(np.arange(COUNT), chosen)
        rng = np.random.default_rng(1)
        outputs[:, 2] = outputs_of(outputs[:, 2], given[:, 2], rng)
        found = audit(given, outputs, class_names=list("abcde"))
        np.testing.assert_array_equal(found.classes_without_evidence, [2])
        self.assertEndsWith(found.words, "no evidence about c")
        self.assertTrue(np.isnan(found.label_probability[:, 2]).all())
        self.assertTrue(np.isnan(found.class_rates[0][2]))
        self.assertNotIn(2, found.suspect_labels[:, 1])
        self.assertTrue(np.isfinite(found.score).all())
        rest = np.arange(CLASSES) != 2
        without = audit(given[:, rest], outputs[:, rest])
        for name in ("label_score", "label_probability", "suggested"):
            np.testing.assert_array_equal(
                getattr(found, name)[:, rest], getattr(without, name)
            )
        self.assertAlmostEqual(found.noise_rate, without.noise_rate)

    def test_a_class_all_of_whose_labels_look_wrong(self):
        """There is no right one to compare them with, though they are no chance."""
        _, given, outputs = observed()
        outputs[:, 2] = np.where(np.arange(COUNT) < 100, 0.02, 0.001)
        given[:, 2] = np.arange(COUNT) < 60
        np.testing.assert_array_equal(
            audit(given, outputs).classes_without_evidence, [2]
        )

    def test_chance_is_seldom_evidence(self):
        rng = np.random.default_rng(1)
        given = (rng.random((COUNT, 200)) < rng.random(200)).astype(int)
        found = audit(given, rng.random(given.shape))
        self.assertLessEqual(found.told.sum(), 6)  # p = 0.016 of a binomial

    def test_no_evidence_at_all(self):
        _, given, outputs = observed()
        found = audit(given, np.full_like(outputs, 0.5))
        self.assertTrue(found.no_evidence)
        self.assertStartsWith(found.words, "no evidence: ")
        self.assertTrue(np.isnan(found.noise_rate))
        self.assertTrue(np.isnan(found.probability).all())
        self.assertEmpty(found.suspects)
        self.assertEmpty(found.suspect_labels)
        self.assertTrue(np.isfinite(found.score).all())

    def test_logits_are_the_same(self):
        _, given, outputs = observed()
        found = audit(given, logits=np.log(outputs / (1 - outputs)))
        np.testing.assert_allclose(found.score, audit(given, outputs).score, rtol=1e-6)
        self.assertTrue(np.isfinite(audit(given, logits=given * 9e9 - 1).score).all())

    @parameterized.parameters(
        (
            {"labels": [[0, 2], [1, 0]]},
            r"labels: expected 0 and 1 .*received 2 in row 0",
        ),
        ({"labels": [[0, 0.5], [1, 0]]}, "received 0.5 in row 0"),
        ({"labels": [[0, np.nan], [1, 0]]}, "received nan in row 0"),
        ({"probabilities": [[0.5, 0.5]]}, r"expected the shape \(2, 2\) .*\(1, 2\)"),
        ({"probabilities": [[0.5, 1.5]] * 2}, r"row 0: expected numbers in \[0, 1\]"),
        ({"probabilities": [[0.5, np.nan]] * 2}, "row 0: expected numbers in"),
        ({"probabilities": None}, "either probabilities or logits"),
        ({"logits": [[0.0, 0.0]] * 2}, "either probabilities or logits"),
        (
            {"probabilities": None, "logits": [[0.0, np.inf]] * 2},
            "logits, row 0: expected finite numbers",
        ),
        (
            {"labels": [[0, 1], [1, 0]], "probabilities": [[0.4, 0.6], [0.9, 0.1]]},
            r"expected shape \(n,\), since each example has one label",
        ),
        ({"class_names": ["a"]}, "class_names: expected 2; received 1"),
        ({"class_names": ["a", "a"]}, "class_names: expected different texts"),
        ({"names": ["a"]}, "names: expected 2; received 1"),
        ({"index": [1, 1]}, "index: expected each number once"),
        ({"clean": [[1, 1], [0, 1]]}, "multi-label data takes .*received clean"),
    )
    def test_wrong(self, change, message):
        arguments = {
            "labels": [[1, 1], [0, 1]], "probabilities": [[0.5, 0.9], [0.1, 0.4]],
        } | change  # fmt: skip
        with self.assertRaisesRegex(InputError, message):
            audit(arguments.pop("labels"), arguments.pop("probabilities"), **arguments)

    def test_lists_of_classes_are_none(self):
        with self.assertRaisesRegex(InputError, "labels"):
            audit_multi_label([[0], [0, 1]], [[0.5, 0.9], [0.1, 0.4]])


class FilesTest(parameterized.TestCase):
    def setUp(self):
        super().setUp()
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.clean, _, _ = observed()
        self.clean, given = self.clean[:200], self.clean[:200].copy()
        outputs = np.where(self.clean == 1, 0.95, 0.05)
        given[7, 3] ^= 1
        given[11, 0] ^= 1
        self.given = given
        self.classes = ("=a", "b", "c", "d", "e")
        self.found = audit(
            given, outputs, class_names=self.classes, index=np.arange(200) + 1000
        )

    def joined(self, row):
        said = "; ".join(np.array(self.classes)[row == 1])
        return f"'{said}" if said.startswith("=") else said

    def test_table(self):
        path = self.folder / "labels.csv"
        self.found.to_csv(path, texts=[f"-text {i}" for i in range(200)])
        with open(path, newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        self.assertLen(rows, 200)
        self.assertEqual({row["index"] for row in rows[:2]}, {"1007", "1011"})
        for row in rows:
            i = int(row["index"]) - 1000
            self.assertEqual(row["text"], f"'-text {i}")
            self.assertEqual(row["given"], self.joined(self.given[i]))
            self.assertEqual(row["suggested"], self.joined(self.clean[i]))
            self.assertEqual(int(row["rank"]), self.found.rank[i])
            if i not in (7, 11):
                self.assertEqual(row["missing"] + row["extra"], "")
        by_index = {row["index"]: row for row in rows}
        kind = "missing" if self.clean[7, 3] else "extra"
        self.assertRegex(by_index["1007"][kind], r"^d \([01]\.\d\d\)$")
        self.found.to_csv(path, number=2)
        self.assertLen(path.read_text("utf-8").splitlines(), 3)

    def test_table_without_evidence(self):
        path = self.folder / "labels.csv"
        audit(self.given, np.full(self.given.shape, 0.5)).to_csv(path)
        with open(path, newline="", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                self.assertEqual(row["probability"], "")
                self.assertEqual(row["given"], row["suggested"])

    @parameterized.parameters("images", "texts")
    def test_page(self, kind):
        path = self.folder / "labels.html"
        shown = {
            "images": np.zeros((200, 4, 4, 1), np.uint8),
            "texts": [f"text {i}" for i in range(200)],
        }[kind]
        self.found.to_page(path, title="Pets", number=50, **{kind: shown})
        page = path.read_text("utf-8")
        self.assertIn("Pets", page)
        data = json.loads(
            re.search(r'type="application/json"[^>]*>(.*?)</script>', page, re.S)[1]
        )
        self.assertLen(data["index"], 50)
        first = {(index // 5, index % 5) for index in data["index"][:2]}
        self.assertEqual(first, {(7, 3), (11, 0)})
        for place, index in enumerate(data["index"]):
            i, j = index // 5, index % 5
            said = {True: "with", False: "without"}
            given = data["classes"][data["given"][place]]
            self.assertEqual(given, f"{said[self.given[i, j] == 1]} {self.classes[j]}")
            other = data["classes"][data["suggested"][place]]
            self.assertEqual(other, f"{said[self.clean[i, j] == 1]} {self.classes[j]}")
            self.assertEqual(data["names"][place], f"example {i + 1000}")
            if kind == "texts":
                self.assertEqual(data["texts"][place], f"text {i}")

    @parameterized.parameters(
        ({}, "expected either images or texts"),
        ({"texts": ["a"]}, "texts: expected 200; received 1"),
        (
            {"images": np.zeros((3, 4, 4, 1), np.uint8)},
            "images: expected 200; received 3",
        ),
    )
    def test_page_of_something_else(self, arguments, message):
        with self.assertRaisesRegex(InputError, message):
            self.found.to_page(self.folder / "labels.html", **arguments)

    def test_no_page_without_evidence(self):
        nothing = audit(self.given, np.full(self.given.shape, 0.5))
        with self.assertRaisesRegex(InputError, "nothing to show; no evidence"):
            nothing.to_page(self.folder / "labels.html", texts=[""] * 200)


if __name__ == "__main__":
    absltest.main()
