"""The files of a run, those of earlier versions too."""

import pathlib

import tensorflow as tf

from lnl_sr_tf.runs.folder import COLUMNS, RunFolder

# As a run of version 0.8 wrote it, before what `loss` consists of had columns.
EARLIER = COLUMNS[: COLUMNS.index("fit_loss")]
LATEST = ("fit_loss", "norm", "test_fit_loss", "test_norm", "lost_classes")


class MetricsTest(tf.test.TestCase):
    def test_rows_of_earlier_versions(self):
        folder = RunFolder(pathlib.Path(self.get_temp_dir()) / "run")
        folder.make()
        values = {"epoch": "1", "loss": "0.5", "stage": "negative"}
        line = ",".join(values.get(name, "") for name in EARLIER)
        folder.metrics.write_text(f"{','.join(EARLIER)}\n{line}\n", "utf-8")
        (row,) = folder.rows()
        self.assertEqual(row["loss"], 0.5)
        for name in LATEST:
            self.assertIsNone(row[name])
        folder.write_rows([row])
        self.assertEqual(folder.rows(), [row])

    def test_a_column_that_is_there_where_a_run_has_it(self):
        folder = RunFolder(pathlib.Path(self.get_temp_dir()) / "prior")
        folder.make()
        sometimes = ("class_prior", "trusted_share", "trusted_precision")
        for there in ((), *((name,) for name in sometimes), sometimes):
            row = dict.fromkeys((*COLUMNS, *sometimes))
            row |= {"epoch": 1, "loss": 0.5} | dict.fromkeys(there, 0.25)
            folder.write_rows([row])
            first = folder.metrics.read_text("utf-8").partition("\n")[0]
            self.assertEqual(first, ",".join((*COLUMNS, *there)))
            self.assertEqual(folder.rows(), [row])

    def test_new_columns_are_at_the_end(self):
        self.assertEqual(COLUMNS[-len(LATEST) :], LATEST)


if __name__ == "__main__":
    tf.test.main()
