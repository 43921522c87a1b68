"""The runs of CIFAR-10 that benchmarks/on_gpu.py trains."""

import dataclasses
import pathlib
from unittest import mock

import image_parts
from gpu_sizes import DATASET
from time_limit import TimeUp


class Training:
    """Rows of ledger.csv, of runs by the recipe.

    Args:
        given: the command line.
        sizes: `Sizes`.
        tell: called with each line for the person who waits.
    """

    def __init__(self, given, sizes, tell):
        self.given, self.sizes, self.tell = given, sizes, tell
        self.data = None
        self.log = given.out / "log.txt"

    def train(self, part):
        """Train a `gpu_plan.Runs`, print what came of it, and add it to the ledger.

        Returns:
            False where one of the runs had been begun before.
        """
        from lnl_sr_tf import experiment
        from lnl_sr_tf.datasets.sources import tfds
        from lnl_sr_tf.runs import ledger
        from lnl_sr_tf.training.callbacks.within_epoch import Stopped

        together = len(part.seeds) > 1
        configs = [self.config(part.case, seed, together) for seed in part.seeds]
        begun = any(self.begun(config) for config in configs)
        # The data is TFDS's, and the run main.py's, though TFDS is not here.
        read = mock.patch.object(tfds, "load", lambda *given: self.dataset())
        with self.log.open("a", encoding="utf-8") as log, read:

            def tell(line):
                print(line, file=log, flush=True)

            try:
                folders = experiment.run_together(configs, tell)
            except Stopped as stopped:
                raise TimeUp(str(stopped)) from None
        ledger.add(self.given.out / "ledger.csv", folders, self.given.commit)
        for folder, seed in zip(folders, part.seeds, strict=True):
            found = folder.summary()
            last, best, sparse = (
                100 * found[name]
                for name in ("test_accuracy", "best_test_accuracy", "sparse_rate")
            )
            self.tell(
                f"{part.case.words}, seed {seed}: {last:.2f} %, best {best:.2f} % in "
                f"epoch {found['best_epoch']}, sparse rate {sparse:.2f} %, "
                f"{found['seconds']:.0f} s"
            )
        return not begun

    def begun(self, config):
        """Whether a part of a run was done before."""
        from lnl_sr_tf.runs.folder import RunFolder

        return RunFolder(pathlib.Path(config.output_dir) / config.run_name).begun()

    def config(self, case, seed, together=False):
        """The settings of a run."""
        from lnl_sr_tf import config

        own = {
            "dataset": DATASET,
            "seed": seed,
            "parallel_seeds": together,
            "output_dir": str(self.given.runs),
        }
        return config.resolve(case.settings | own | self.sizes.settings)

    def dataset(self):
        """CIFAR-10, or its first examples."""
        if self.data is None:
            self.data = image_parts.read(self.given.data, DATASET)
            few = self.sizes.examples
            if few:
                names = "train_images", "given_labels", "clean_labels"
                names += "test_images", "test_labels"
                parts = {name: getattr(self.data, name)[:few] for name in names}
                self.data = dataclasses.replace(self.data, **parts, index=None)
        return self.data

    def done(self):
        """A function that says whether a run is in a ledger already."""
        from lnl_sr_tf.runs.ledger import Ledger

        paths = (self.given.ledger, self.given.out / "ledger.csv")
        read = [Ledger.read(path) for path in paths if path.exists()]
        return lambda case, seed: any(
            ledger.of(self.config(case, seed)) for ledger in read
        )
