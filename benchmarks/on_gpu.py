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
import gc
import os
import pathlib
import sys
import tempfile
import time

# TFDS brings TensorFlow, and packing needs no other backend.
os.environ.setdefault("KERAS_BACKEND", "tensorflow" if "--pack" in sys.argv else "jax")
if "--rehearse" in sys.argv:
    os.environ["JAX_PLATFORMS"] = "cpu"

import gpu_plan
import image_parts
from gpu_rehearsal import REHEARSED, synthetic
from gpu_runs import Training
from gpu_sizes import DATASET, Sizes
from gpu_speeds import Speeds
from time_limit import TimeUp, until

from lnl_sr_tf.errors import InputError

START = time.monotonic()


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
    import keras

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
    given.out.mkdir(parents=True, exist_ok=True)
    speeds = Speeds(given.out, sizes, estimates, tell)
    training = Training(given, sizes, tell)
    tell(f"{jax.devices()[0].device_kind}, {given.minutes:g} minutes")
    training.dataset()  # what is wrong with it is told before anything is measured
    planned = gpu_plan.parts(
        sizes.cases, given.seeds, sizes.at_once, estimates, training.done()
    )
    if given.runs_only:
        planned = (part for part in planned if isinstance(part, gpu_plan.Runs))

    def do(part):
        # What Keras and JAX keep of the parts before would add up.
        keras.utils.clear_session()
        gc.collect()
        if isinstance(part, gpu_plan.Runs):
            return training.train(part)
        return speeds.measure(part)

    came = gpu_plan.work_through(
        planned,
        estimates,
        lambda: 60 * given.minutes - (time.monotonic() - START),
        do,
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
