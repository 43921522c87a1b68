"""The stages of a run: each is called once, and what it needs is handed to it."""

import pathlib
from unittest import mock

import tensorflow as tf
from absl.testing import parameterized
from helpers.bare_results import bare_results

from lnl_sr_tf import config
from lnl_sr_tf.devices import choice
from lnl_sr_tf.experiment import correction_matrix, run_data
from lnl_sr_tf.runs import opening
from lnl_sr_tf.runs.folder import RunFolder
from lnl_sr_tf.sweep import here
from lnl_sr_tf.training import predict, training


class StagesTest(tf.test.TestCase, parameterized.TestCase):
    def settled(self, **settings):
        folder = pathlib.Path(self.get_temp_dir()) / self.id().rpartition(".")[2]
        base = {"epochs": 1, "output_dir": str(folder), "precision": "float32"}
        return config.resolve(base | settings)

    def counted(self, module, name):
        return self.enterContext(
            mock.patch.object(module, name, wraps=getattr(module, name))
        )

    def test_once_a_process_and_once_a_run(self):
        self.enterContext(bare_results())
        start, check = self.counted(choice, "start"), self.counted(choice, "check")
        read, load = self.counted(run_data, "read"), self.counted(run_data, "load")
        compared = self.counted(opening, "check_data")
        runs = [self.settled(loss=loss) for loss in ("ce", "ce_sr")]
        here.train([[one] for one in runs], lambda line: None)
        self.assertEqual(start.call_count, 1)
        for stage in (check, read, load, compared):
            self.assertEqual(stage.call_count, 2, stage)

    def test_the_test_set_goes_through_the_final_network_once(self):
        self.enterContext(bare_results())
        asked = self.counted(predict, "outputs")
        # In `fit` Keras measures on it, after each epoch.
        self.enterContext(mock.patch.object(training, "OutputRecord", mock.MagicMock()))
        here.train([[self.settled(loss="ce")]], lambda line: None)
        sizes = [len(call.args[1]) for call in asked.call_args_list]
        self.assertEqual(sizes, [360])

    @parameterized.parameters(("known", False), ("estimated", True))
    def test_a_run_to_be_trained_first(self, source, wanted):
        made = self.settled(
            loss="forward", transition_matrix=source, epochs=20, prior_weight=10
        )
        folder = RunFolder(self.get_temp_dir())
        lines = []
        first = correction_matrix.warm_up(made, folder, lines.append)
        self.assertEqual((first is not None, len(lines)), (wanted, int(wanted)))
        if wanted:
            self.assertEqual((first.loss, first.epochs), ("ce", 2))
            self.assertIsNone(first.transition_matrix)
            self.assertFalse(first.has_class_prior)

    def test_none_where_the_run_has_its_matrix(self):
        made = self.settled(loss="forward", transition_matrix="estimated", epochs=20)
        folder = RunFolder(made.output_dir)
        folder.make()
        folder.transition_matrix.write_text("1")
        self.assertIsNone(correction_matrix.warm_up(made, folder, self.fail))


if __name__ == "__main__":
    tf.test.main()
