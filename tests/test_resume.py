"""Whatever a method remembers, a run that was cut ends as one that was not."""

import pathlib
import shutil

import numpy as np
import tensorflow as tf
from absl.testing import parameterized
from helpers.quick_runs import quick_runs

from lnl_sr_tf import config, experiment

EPOCHS = 4


def state(run):
    """Every array of the last checkpoint."""
    with np.load(run.checkpoints / f"epoch_{EPOCHS:05d}" / "state.npz") as stored:
        return [stored[name] for name in stored.files]


def make_rows(path):
    """Features in a file that is mapped, and their labels beside it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    labels = np.arange(300) % 3
    rows = np.random.default_rng(1).normal(labels[:, None], 1.0, (300, 8))
    np.save(path, rows.astype(np.float16))
    lines = ["label", *map(str, labels)]
    path.with_suffix(".csv").write_text("\n".join(lines))
    return str(path)


class ResumeTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.named_parameters(
        (
            "co_teaching",
            {
                "loss": "ce_sr",
                "method": "co_teaching",
                "lr_hold": 0.25,
                "prior_weight": 10,
            },
        ),
        (
            "dividemix",
            {
                "loss": "ce",
                "method": "dividemix",
                "warmup_epochs": 1,
                "loss_history": 2,
            },
        ),
        ("promix", {"loss": "ce", "method": "promix", "warmup_epochs": 1}),
        ("nlnl", {"loss": "nlnl_sr", "method": "nlnl", "stages": "negative=3"}),
        ("geometric", {"loss": "ce_sr", "lambda_every": 1}),
        # Outputs stay as sure, so that λ grows from the third epoch on.
        ("adaptive", {"loss": "fl_sr", "lr": 1e-6}),
        ("elr", {"loss": "elr", "prior_weight": 10}),
        ("ogc", {"loss": "ogc_ce", "loss_args": "queue=64,every=2"}),
        ("rrm", {"loss": "rrm_ce", "loss_args": "every=1,cost=0.1"}),
        ("mda", {"loss": "mda_ce", "loss_args": "warmup=1"}),
        ("sop", {"loss": "sop", "loss_args": "lr_u=9"}),
        ("forward", {"loss": "forward", "estimation_epochs": 1}),
        ("features", {"loss": "ce_sr", "lambda_every": 1, "dataset": "rows.npy"}),
    )
    def test_cut_and_resumed(self, settings):
        self.enterContext(quick_runs())
        folder = pathlib.Path(self.get_temp_dir()) / self.id().rpartition(".")[2]

        given = settings | {"epochs": EPOCHS}
        if "dataset" in given:
            given["dataset"] = make_rows(folder / given["dataset"])

        def start(name, tell):
            made = config.resolve(given | {"output_dir": str(folder / name)})
            return experiment.run(made, tell)

        def power_cut(line):
            """What lies on the disk in epoch 3, of the run that goes on all the same.

            The short run that estimates a matrix has no such epoch.
            """
            if line.startswith("epoch 3"):
                shutil.copytree(folder / "whole", folder / "cut")

        whole = start("whole", power_cut)
        lines = []
        cut = start("cut", lines.append)
        self.assertIn("going on after epoch 2", lines)
        for ours, theirs in zip(state(cut), state(whole), strict=True):
            self.assertTrue(np.array_equal(ours, theirs))

        def without_time(run):
            return [row | {"seconds": None} for row in run.rows()]

        self.assertEqual(without_time(cut), without_time(whole))
        told = [row["class_prior"] is not None for row in cut.rows()]
        adaptive = settings["loss"].endswith("_sr") and "lambda_every" not in settings
        self.assertEqual(told, [adaptive or "prior_weight" in settings] * EPOCHS)
        weights = {row["lambda"] for row in cut.rows()}
        if "lr" in settings:
            self.assertLen(weights, EPOCHS - 1)
        self.assertTrue(cut.finished())


if __name__ == "__main__":
    tf.test.main()
