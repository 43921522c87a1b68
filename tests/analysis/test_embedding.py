"""Projections repeat; the score is high where classes are apart."""

import numpy as np
from absl.testing import absltest, parameterized
from helpers.drawn import FigureTestCase, legend_texts

from lnl_sr_tf.analysis import embedding
from lnl_sr_tf.analysis.embedding import Panel


def blobs(count, apart, seed=0):
    generator = np.random.default_rng(seed)
    labels = np.arange(count) % 3
    centers = apart * np.eye(3, 8)
    return centers[labels] + generator.normal(size=(count, 8)), labels


class ProjectTest(parameterized.TestCase):
    def test_repeats_and_separates(self):
        features, labels = blobs(120, apart=20.0)
        chosen, points = embedding.project(features, seed=3, max_points=90)
        again = embedding.project(features, seed=3, max_points=90)
        np.testing.assert_array_equal(chosen, again[0])
        np.testing.assert_array_equal(points, again[1])
        self.assertEqual(points.shape, (90, 2))
        self.assertGreater(embedding.silhouette(points, labels[chosen]), 0.6)

    def test_seed_is_that_of_tsne_too(self):
        # So wide that the main directions are found from random ones.
        features = np.random.default_rng(0).normal(size=(100, 512))
        first, again, other = (embedding.project(features, i)[1] for i in (1, 1, 2))
        np.testing.assert_array_equal(first, again)
        self.assertFalse(np.array_equal(first, other))

    def test_chosen(self):
        features, _ = blobs(60, apart=1.0)
        chosen, _ = embedding.project(features, seed=1, max_points=20)
        self.assertLen(set(chosen), 20)
        self.assertEqual(list(chosen), sorted(chosen))
        other, _ = embedding.project(features, seed=2, max_points=20)
        self.assertNotEqual(list(chosen), list(other))
        everything, _ = embedding.project(features[:20], seed=1, max_points=20)
        self.assertEqual(list(everything), list(range(20)))

    @parameterized.parameters(1e-30, 1e30)
    def test_scale_does_not_matter(self, scale):
        features, labels = blobs(60, apart=20.0)
        chosen, points = embedding.project(features * scale, seed=3)
        self.assertGreater(embedding.silhouette(points, labels[chosen]), 0.6)

    def test_one_that_is_unlike_the_rest(self):
        features = np.ones((30, 4))
        features[7, 2] = 1.0 + 1e-12
        _, points = embedding.project(features, seed=1)
        self.assertTrue(np.isfinite(points).all())

    def test_collapsed_network(self):
        _, points = embedding.project(np.ones((30, 4)), seed=1)
        np.testing.assert_array_equal(points, np.zeros((30, 2)))
        self.assertEqual(embedding.silhouette(points, np.arange(30) % 2), 0.0)

    @parameterized.named_parameters(
        ("one number each", np.zeros(5), r"\(n, d\).*received \(5,\)"),
        ("two examples", np.zeros((2, 4)), r"n ≥ 3.*received \(2, 4\)"),
        ("not a number", np.full((4, 2), np.nan), "received 8 that are not"),
    )
    def test_refused(self, features, message):
        with self.assertRaisesRegex(ValueError, message):
            embedding.project(features, seed=1)

    def test_too_few_wanted(self):
        with self.assertRaisesRegex(ValueError, "at least 3; received 2"):
            embedding.project(np.zeros((9, 2)), seed=1, max_points=2)


class SilhouetteTest(parameterized.TestCase):
    def test_by_hand(self):
        # a = 1 for all; b = (9 + √82) / 2 for all.
        values = [[0, 0], [0, 1], [9, 0], [9, 1]]
        expected = 1 - 1 / ((9 + np.sqrt(82)) / 2)
        self.assertAlmostEqual(embedding.silhouette(values, [0, 0, 1, 1]), expected)

    def test_mixed_classes(self):
        values, labels = blobs(300, apart=0.0)
        self.assertAlmostEqual(embedding.silhouette(values, labels), 0.0, delta=0.03)

    @parameterized.parameters(
        ([0, 0, 0], "1 classes of 3 examples"),
        ([0, 1, 2], "3 classes of 3 examples"),
        ([0, 1], r"received \(3, 2\) and \(2,\)"),
    )
    def test_refused(self, labels, message):
        with self.assertRaisesRegex(ValueError, message):
            embedding.silhouette(np.zeros((3, 2)), labels)


class DrawTest(FigureTestCase):
    def panels(self):
        points, labels = blobs(60, apart=9.0)
        panel = Panel("CE", points[:, :2], labels, -0.25)
        return [[panel, None, panel], [Panel("CE+SR"), panel]]

    def test_panels_gaps_and_legend(self):
        names = ["cat", "1", "a $ dog"]
        figure = self.drawn(embedding.draw, self.panels(), "a title", "stem", names)
        self.assertLen(figure.axes, 6)
        self.assertEqual(figure.axes[0].get_title(), "CE\nsilhouette −0.25")
        self.assertEqual(figure.axes[3].get_title(), "CE+SR")
        self.assertEqual(self.texts(figure.axes[0]), ["0", "1", "2"])
        for gap in (1, 3, 5):
            self.assertEqual(self.texts(figure.axes[gap]), ["not trained yet"])
            self.assertEmpty(figure.axes[gap].collections)
        self.assertEqual(
            legend_texts(figure.legends[0]), ["0  cat", "1", "2  a $ dog"]
        )  # fmt: skip

    def test_points_are_the_ones_given(self):
        (panel, *_), _ = self.panels()
        figure = self.drawn(embedding.draw, [[panel]], "a title", "stem", "abc")
        shown = figure.axes[0].collections[0].get_offsets()
        self.assertEqual(shown.shape, (60, 2))
        np.testing.assert_allclose(
            np.corrcoef(shown[:, 0], panel.points[:, 0])[0, 1], 1.0, rtol=1e-6
        )

    def test_numerals_of_mixed_classes_do_not_cover_each_other(self):
        points = np.zeros((20, 2))
        panel = Panel("collapsed", points, np.arange(20) % 10)
        names = list("0123456789")
        figure = self.drawn(embedding.draw, [[panel]], "a title", "stem", names)
        places = np.array([text.get_position() for text in figure.axes[0].texts])
        apart = np.linalg.norm(places[:, None] - places[None], axis=-1)
        self.assertGreater(apart[~np.eye(10, dtype=bool)].min(), 0.05)

    def test_many_classes_have_no_legend(self):
        points, _ = blobs(50, apart=1.0)
        panel = Panel("CE", points[:, :2], np.arange(50) % 25)
        names = [f"class {i}" for i in range(25)]
        figure = self.drawn(embedding.draw, [[panel]], "a title", "stem", names)
        self.assertEmpty(figure.legends)
        self.assertIn("index of the true class", figure.get_supxlabel())

    def test_files(self):
        names = ["cat", "dog", "emu"]

        def draw(stem):
            return embedding.draw(self.panels(), "a title", stem, names)

        self.check_files(draw)

    @parameterized.parameters(
        ([], r"at least one panel; received \[\]"),
        ([[]], "at least one panel"),
        ([[Panel("CE", np.zeros((4, 3)), np.zeros(4))]], r"received \(4, 3\)"),
        (
            [[Panel("CE", np.zeros((4, 2)), np.zeros(5))]],
            "expected 4 labels, .*received 5",
        ),
        ([[Panel("CE", np.zeros((0, 2)), np.zeros(0))]], r"received \(0, 2\)"),
        ([[Panel("CE", np.zeros((2, 2)), [0, 2])]], r"in \[0, 2\); received 2"),
    )
    def test_refused(self, panels, message):
        with self.assertRaisesRegex(ValueError, message):
            embedding.draw(panels, "a title", "stem", ["cat", "dog"])


if __name__ == "__main__":
    absltest.main()
