"""What the page about votes shows."""

import pathlib
import re
import tempfile

import numpy as np
from absl.testing import absltest

import lnl_sr_tf as lnl
from lnl_sr_tf.reporting import crowd_page
from lnl_sr_tf.votes import Votes


class CrowdPageTest(absltest.TestCase):
    def page(self, table, **names):
        votes = Votes.from_table(table, **names)
        folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        path = folder / "crowd.html"
        found = lnl.crowd(votes)
        crowd_page.write_page(found, path, "Votes of <x>")
        return found, path.read_text("utf-8")

    def test_sections(self):
        table = [[0, 0, 0], [1, 1, 0]] * 15 + [[0, 1, -1], [-1, -1, -1]]
        found, text = self.page(
            table, class_names=["cat", "a<b"], annotators=["Ann", "Bob", "<Cem>"]
        )
        self.assertIn("<h1>Votes of &lt;x&gt;</h1>", text)
        self.assertNotIn("<Cem>", text)
        self.assertEqual(
            re.findall("<h2.*>(.*)</h2>", text),
            ["Summary", "Annotators", "Who takes what for what",
             "Examples that need another vote", "Consensus against majority"],
        )  # fmt: skip
        self.assertIn(
            '<p class="warning">Examples without a vote: 1; their probabilities are '
            "the shares of the classes.</p>",
            text,
        )
        self.assertIn(f"{found.alpha:.3f}", text)
        self.assertIn("cat × 1, a&lt;b × 1", text)
        # One of all, and one of each.
        self.assertEqual(text.count('<div class="table heat">'), 4)
        best = found.annotators.names[found.annotators.order[0]]
        first = re.search('<th scope="row">(Ann|Bob|&lt;Cem&gt;)</th>', text)
        self.assertEqual(first[1], best)
        self.assertNotIn("<script", text)

    def test_examples_are_in_order(self):
        found, text = self.page([[0, 0, 0], [1, 1, 0]] * 5 + [[0, 1, -1], [-1, 0, 1]])
        table = text.partition("The first 12 of 12")[2].partition("</table>")[0]
        listed = re.findall('<th scope="row".*>([0-9]+)</th>', table)
        self.assertEqual(listed, [str(i) for i in found.order])

    def test_many(self):
        """Of many classes no matrix, of many annotators not all."""
        rng = np.random.default_rng(0)
        _, text = self.page(rng.integers(50, size=(80, 3)), class_names=range(50))
        self.assertIn("Matrices of 50 classes are too large for a page", text)
        _, text = self.page(rng.integers(2, size=(300, 70)))
        self.assertEqual(text.count('<div class="table heat">'), 61)
        self.assertIn("<summary>52 more annotators</summary>", text)
        self.assertIn("10 others are in crowd.json.", text)
        self.assertIn("The first 200 of 300; crowd.csv has all", text)


if __name__ == "__main__":
    absltest.main()
