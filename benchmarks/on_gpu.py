"""CIFAR-10 on a GPU in ten minutes: python benchmarks/on_gpu.py --data=FOLDER

First images a second of whole epochs of CIFAR-10's network with CE+SR, as
device_epochs.py measures them, beside PyTorch, eager and by torch.compile; then runs of
CIFAR-10 by its recipe, 120 epochs: CE+SR and the adaptive λ at symmetric 0.6 and 0.8,
and CE. Seeds are trained at once where that was measured to be faster. Each part is
printed and written when it ends, so that a cut loses one; one that would not end within
--minutes, by what parts before it took, is not begun. gpu_plan.py has the order.

--out gets speed.json, ledger.csv with a row for each run that has ended, to be appended
to results/ledger.csv, and log.txt. Runs that --ledger has are not trained again. Run
folders are in --runs; there, what was cut goes on after its last epoch.

The machine needs JAX and PyTorch with CUDA, neither TensorFlow nor a network. Beside
those two and absl-py, filelock, h5py, matplotlib, ml_dtypes, packaging, pillow, rich,
scikit-learn, scipy, tensorboard and tqdm it needs three wheels, 3 MB, of which optree's
is for its version of Python:

    pip download --no-deps --only-binary=:all: --python-version 3.12 \\
      --platform manylinux_2_28_x86_64 -d runs/wheels \\
      keras==3.15.1 namex==0.1.0 optree==0.20.0
    python benchmarks/on_gpu.py --pack --data=runs/parts   # where TFDS has CIFAR-10

and there, with the checkout of that commit, runs/wheels and runs/parts brought along:

    pip install --no-index --no-deps --target runs/site runs/wheels/*.whl
    PYTHONPATH=runs/site:. python benchmarks/on_gpu.py --data=runs/parts \\
      --commit=1a2b3c4

--rehearse does every kind of part on JAX's processor, with a small network and few
images, from --data where that is given: in two minutes it is known whether the first
real use will work.
"""

import argparse
import contextlib
import dataclasses
import gc
import os
import pathlib
import signal
import statistics
import sys
import tempfile
import threading
import time
from unittest import mock

# TFDS brings TensorFlow, and packing needs no other backend.
os.environ.setdefault("KERAS_BACKEND", "tensorflow" if "--pack" in sys.argv else "jax")
if "--rehearse" in sys.argv:
    os.environ["JAX_PLATFORMS"] = "cpu"

import gpu_plan
import image_parts
import numpy as np

from lnl_sr_tf.errors import InputError

START = time.monotonic()
DATASET = "cifar10"


@dataclasses.dataclass(frozen=True)
class Sizes:
    """How large everything is.

    Args:
        network: by the dataset whose network's speed is measured.
        images: of an epoch of it.
        matrix: rows of the one that is multiplied by itself.
        rounds: of which speed is the median.
        examples: of CIFAR-10 in each split; None for all.
        epochs: of a run.
        settings: of runs, beside the recipe's.
        cases: of runs.
        at_once: seeds.
        worth: as for `gpu_plan.Estimates`.
    """

    network: str = DATASET
    images: int = 50_048
    matrix: int = 4096
    rounds: int = 3
    examples: int | None = None
    epochs: int = 120
    settings: dict = dataclasses.field(default_factory=dict)
    cases: tuple = gpu_plan.CASES
    at_once: int = 3
    worth: float = gpu_plan.WORTH


REHEARSED = Sizes(
    network="mnist",
    images=128,
    matrix=256,
    rounds=1,
    examples=256,
    epochs=2,
    # A processor takes minutes for convolutions in whole epochs.
    settings={"model": "mlp", "epochs": 2, "batch_size": 64, "precision": "float32"}
    | {"whole_epochs": "yes"},
    cases=(
        gpu_plan.Case("ce_sr", 0.6),
        gpu_plan.Case("ce_sr", 0.8, "adaptive"),
        gpu_plan.Case("ce", 0.6),
    ),
    at_once=2,
    worth=0,  # whether it is faster or not
)


class TimeUp(BaseException):
    """The minutes are over, or a signal said so."""


class Session:
    """What is done on the machine.

    Args:
        given: the command line.
        sizes: `Sizes`.
        estimates: learns how fast training is.
        tell: called with each line for the person who waits.
    """

    def __init__(self, given, sizes, estimates, tell):
        self.given, self.sizes = given, sizes
        self.estimates, self.tell = estimates, tell
        self.rows, self.peaks, self.eager = [], {}, {}
        self.work = self.data = None
        given.out.mkdir(parents=True, exist_ok=True)
        self.log = given.out / "log.txt"

    def do(self, part):
        """Do a part, print what came of it, and write it.

        Returns:
            False where runs had been begun before.
        """
        import keras

        # What Keras and JAX keep of the parts before would add up.
        keras.utils.clear_session()
        gc.collect()
        if isinstance(part, gpu_plan.Runs):
            return self.train(part)
        return self.measure(part)

    def measure(self, part):
        """A row of speed.json."""
        import device_epochs
        from measuring import in_turns, write

        sizes, batch, kind = self.sizes, device_epochs.BATCH, part.precision
        rng = np.random.default_rng(0)
        shape = (sizes.images, *device_epochs.SHAPES[sizes.network])
        data = rng.integers(0, 256, shape, np.uint8), rng.integers(0, 10, sizes.images)
        if kind not in self.peaks:
            product = {kind: device_epochs.product_rate(kind, sizes.matrix)}
            seconds = statistics.median(in_turns(product, 5)[kind])
            self.peaks[kind] = 2 * sizes.matrix**3 / seconds
        number = part.at_once * sizes.images
        if part.library == "ours":
            run, work = device_epochs.ours(sizes.network, *data, kind, part.at_once)
            self.work = work / batch
        else:
            compiled = part.library == "torch.compile"
            run = device_epochs.theirs(
                sizes.network, *data, kind, compiled, part.channels_last
            )
        values = [s / number for s in in_turns({part: run}, sizes.rounds)[part]]
        if part.library == "torch":
            self.eager[kind] = values
        row = device_epochs.row(
            part.short_words, kind, values, self.work, self.peaks[kind]
        )
        self.rows.append(row)
        # Of parts before PyTorch's, it is known only now.
        if kind in self.eager:
            eager = 1 / statistics.median(self.eager[kind])
            for one in (one for one in self.rows if one["precision"] == kind):
                one["to_torch"] = round(one["images_per_second"] / eager, 3)
        write(self.rows, self.given.out / "speed.json")
        self.estimates.found(part, row["images_per_second"])
        told = [f"{row['images_per_second']:,.0f} images a second"]
        if row["to_torch"]:
            told.append(f"{row['to_torch']} of eager PyTorch's")
        if row["share_of_product_rate"]:
            told.append(f"{row['share_of_product_rate']} of the product rate")
        self.tell(f"{part.short_words}, {kind}: {', '.join(told)} ({row['device']})")

    def train(self, part):
        """Rows of ledger.csv; False where one of the runs had been begun."""
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


def synthetic(folder):
    """Parts of images of noise, for who rehearses without CIFAR-10."""
    import io

    from PIL import Image

    from lnl_sr_tf.datasets.dataset import Dataset

    rng = np.random.default_rng(0)
    splits, count = {}, REHEARSED.examples
    labels = rng.permutation(np.arange(count) % 10)
    images = rng.integers(0, 256, (count, 32, 32, 3), np.uint8)
    files = []
    for image in images:
        file = io.BytesIO()
        Image.fromarray(image).save(file, "PNG")
        files.append(file.getvalue())
    splits = dict.fromkeys(image_parts.SPLITS, (files, labels))
    names = tuple(f"class {i}" for i in range(10))
    made = Dataset(
        DATASET, images, labels, labels, images, labels, names,
        (0.5,) * 3, (0.25,) * 3,
    )  # fmt: skip
    image_parts.write(folder, made, splits, count=2)


@contextlib.contextmanager
def until(seconds):
    """Inside, raise `TimeUp` after so many seconds, or when a signal asks to end.

    A run that trains saves its epoch first.
    """

    def stop(number, frame):
        raise TimeUp(f"stopped by {signal.Signals(number).name}")

    before = signal.signal(signal.SIGTERM, stop)
    timer = threading.Timer(seconds, os.kill, (os.getpid(), signal.SIGTERM))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        signal.signal(signal.SIGTERM, before)


def arguments():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    path = pathlib.Path
    parser.add_argument("--data", type=path, help="folder of the parts of CIFAR-10")
    parser.add_argument("--minutes", type=float, default=9.5)
    parser.add_argument("--out", type=path, default=path("runs/on_gpu"))
    parser.add_argument("--runs", type=path, default=path("runs"))
    parser.add_argument("--ledger", type=path, default=path("results/ledger.csv"))
    parser.add_argument("--commit", default="", help="of the code, where git is not")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--runs_only", action="store_true", help="measure no speed")
    parser.add_argument("--rehearse", action="store_true")
    parser.add_argument("--pack", action="store_true", help="write --data, from TFDS")
    parser.add_argument("--data_dir", help="with --pack: where TFDS has CIFAR-10")
    parser.add_argument("--count", type=int, default=2, help="with --pack: of parts")
    given = parser.parse_args()
    if given.count < 1:
        parser.error(f"--count={given.count}: expected at least 1")
    if given.data is None and not given.rehearse:
        parser.error("--data=FOLDER names the parts of CIFAR-10; --pack writes them")
    return given


def main():
    """Pack, rehearse, or do it."""
    given = arguments()
    if given.pack:
        image_parts.pack(DATASET, given.data_dir, given.data, given.count)
        return

    def tell(line):
        minutes, seconds = divmod(int(time.monotonic() - START), 60)
        print(f"{minutes}:{seconds:02} {line}", flush=True)

    with contextlib.ExitStack() as stack:
        if given.rehearse:
            held = stack.enter_context(tempfile.TemporaryDirectory())
            given.runs = pathlib.Path(held, "runs")
            given.out = pathlib.Path(held, "out")
            if given.data is None:
                given.data = pathlib.Path(held, "parts")
                synthetic(given.data)
        try:
            with until(60 * given.minutes - (time.monotonic() - START)):
                missed = session(given, tell)
        except TimeUp as stopped:
            tell(" ".join(str(stopped).split()))
            missed = ["what was cut"]
    sys.exit(1 if missed else 0)


def session(given, tell):
    """Do one part after the other.

    Returns:
        What failed; of a rehearsal also what was not begun.
    """
    import jax

    from lnl_sr_tf.devices import backend

    if not given.rehearse and not backend.gpus():
        raise InputError(
            f"expected a GPU that JAX sees; it sees {jax.devices()[0].device_kind} "
            "alone, for which --rehearse is"
        )
    # A second seed is compiled as the first one was.
    jax.config.update("jax_compilation_cache_dir", str(given.runs / "compiled"))
    sizes = REHEARSED if given.rehearse else Sizes()
    estimates = gpu_plan.Estimates(sizes.examples or 50_000, sizes.epochs, sizes.worth)
    doing = Session(given, sizes, estimates, tell)
    tell(f"{jax.devices()[0].device_kind}, {given.minutes:g} minutes")
    doing.dataset()  # what is wrong with it is told before anything is measured
    planned = gpu_plan.parts(
        sizes.cases, given.seeds, sizes.at_once, estimates, doing.done()
    )
    if given.runs_only:
        planned = (part for part in planned if isinstance(part, gpu_plan.Runs))
    came = gpu_plan.work_through(
        planned,
        estimates,
        lambda: 60 * given.minutes - (time.monotonic() - START),
        doing.do,
        tell,
    )
    tell(
        f"{len(came.done)} parts done, {len(came.failed)} failed, "
        f"{len(came.not_begun)} not begun"
        + ("; nothing is kept of a rehearsal" if given.rehearse else f": {given.out}")
    )
    return came.failed + (came.not_begun if given.rehearse else [])


if __name__ == "__main__":
    try:
        main()
    except InputError as problem:
        print(problem, file=sys.stderr)
        sys.exit(2)
