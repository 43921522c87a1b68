"""The network of a run as one more annotator."""

import json
import pathlib
import tempfile

import numpy as np
from absl.testing import absltest, parameterized

from lnl_sr_tf.errors import InputError
from lnl_sr_tf.reporting.network_votes import with_network
from lnl_sr_tf.votes import Votes


class NetworkVotesTest(parameterized.TestCase):
    def run_folder(self, total, index, names=("cat", "dog"), path=None, **config):
        folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        record = {"class_names": [*names]} | config
        (folder / "config.json").write_text(json.dumps(record))
        summary = {"finished": True, "test_accuracy": 1.0, "saved_model": False}
        (folder / "summary.json").write_text(json.dumps(summary))
        (folder / "model.keras").write_bytes(b"")
        np.savez(folder / "outputs.npz", epochs=[1], total=np.array(total, np.float32))
        known = {} if path is None else {"path": np.array(path)}
        index = np.array(index)
        np.savez(folder / "labels.npz", index=index, given=index * 0, **known)
        return folder

    def test_by_number_and_class(self):
        """Of examples 0 to 3, number 3 and then number 1 were trained on."""
        run = self.run_folder([[0.9, 0.1], [0.2, 0.8]], [3, 1])
        votes = Votes.from_table(
            [[0, 1], [1, -1], [1, 1], [0, 0]], class_names=("dog", "cat")
        )
        found = with_network(votes, run)
        self.assertEqual(found.annotators, ("0", "1", "network"))
        added = slice(len(votes), None)
        self.assertEqual(found.example[added].tolist(), [1, 3])
        self.assertEqual(found.label[added].tolist(), [0, 1])
        self.assertEqual(found.annotator[added].tolist(), [2, 2])

    def test_by_path_and_numbers_of_classes(self):
        run = self.run_folder(
            [[0.9, 0.1], [0.2, 0.8]], [0, 1], path=["p/a/1.png", "p/b/1.png"]
        )
        votes = Votes.from_table([[0], [1]], examples=("b/1.png", "1.png"))
        found = with_network(votes, run)
        self.assertEqual(found.example.tolist(), [0, 1, 0])
        self.assertEqual(found.label.tolist(), [0, 1, 1])

    @parameterized.parameters(
        ({"fold": "1/5"}, "without --fold and --votes=each"),
        ({"votes": "each"}, "without --fold and --votes=each"),
        ({}, "trained on none of the examples of the votes, such as '0'"),
    )
    def test_refuses(self, config, message):
        run = self.run_folder([[0.9, 0.1]], [7], **config)
        with self.assertRaisesRegex(InputError, message):
            with_network(Votes.from_table([[0], [1]]), run)

    def test_no_run(self):
        with self.assertRaisesRegex(InputError, "folder of a finished run"):
            with_network(Votes.from_table([[0], [1]]), "nowhere")


if __name__ == "__main__":
    absltest.main()
