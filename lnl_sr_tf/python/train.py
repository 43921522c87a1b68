"""A run of the command, from Python: `lnl.train`."""

import os
import tempfile
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from lnl_sr_tf import quiet
from lnl_sr_tf.errors import InputError
from lnl_sr_tf.python.keywords import as_keywords

if TYPE_CHECKING:
    from lnl_sr_tf.python.trained_run import TrainedRun

Tell = Callable[[str], None]


@as_keywords()
def train(
    x: Any,
    y: Any = None,
    *,
    clean: Any = None,
    test: Sequence[Any] | None = None,
    test_clean: Any = None,
    sample_weight: Any = None,
    class_names: Sequence[str] | None = None,
    name: str | None = None,
    model: Any = None,
    callbacks: Sequence[Any] = (),
    output_dir: str | os.PathLike | None = None,
    tell: Tell | None = print,
    **settings: Any,
) -> "TrainedRun":
    """Train a classifier on labels that are partly wrong.

    It goes as `lnl-sr` goes on data of one's own: cross-entropy with sparse
    regularization, whose weight follows training, so that there is nothing to choose.

    Args:
        x: what to train on: images, uint8 or floats in [0, 1], shape (n, height, width)
            or (n, height, width, 1 or 3); features, numbers of shape (n, width); a list
            of texts; a data frame or dict of columns; a `Dataset` of `lnl.datasets`; or
            the name or path of data, as `--dataset` takes it.
        y: the given labels, whole numbers from 0 or texts, shape (n,); None for a
            `Dataset`, a name or a path.
        clean: true labels of `x` where they are known, for measuring only.
        test: (x, y) of a test set; by default a fifth of each class is held out.
        test_clean: its true labels, where they are known; else wrong ones count as
            wrong.
        sample_weight: what the loss of each example counts for, at least 0, shape (n,).
        class_names: names for labels that are numbers.
        name: of the data, for messages and folders; `"arrays"` by default.
        model: the name of a network, a Keras model, which is copied, or a function that
            makes one, of nothing or of the shape of an example and the number of
            classes. It takes images as they are given, as floats, or features, and
            gives logits; sharpening comes by itself. By default a network by the size
            of the examples.
        callbacks: of Keras, given to `fit`; with `dividemix` and `promix` once for
            each epoch, so that `EarlyStopping` counts anew.
        output_dir: where the run's folder is made, with all that the command leaves
            there; None leaves nothing behind. A run with a network or callbacks of
            your own gets a new folder each time, which ends in `-own`.
        tell: called with each line about data and progress; None for silence.
        **settings: those of the command by their names, such as `loss="gce_sr"`,
            `epochs=20`, `seed=2` (`lnl-sr --help`).

    Returns:
        A `TrainedRun`: model, history, audit, predictions.

    Raises:
        InputError: if data, network or a setting is wrong.
        RunError: if the run cannot go on.
        KeyboardInterrupt: if it is interrupted; with `output_dir`, and no network or
            callbacks of your own, the same call goes on from there.

    Example::

        run = lnl.train(x, y)
        run.predict(x_new)
        run.suspects[:10]  # positions in x of the labels most likely wrong
    """
    quiet.start_first()
    from lnl_sr_tf.config import resolve
    from lnl_sr_tf.datasets import Dataset
    from lnl_sr_tf.experiment.experiment import run_given
    from lnl_sr_tf.experiment.given import Given, Keeps
    from lnl_sr_tf.python import own_data
    from lnl_sr_tf.python.networks import maker
    from lnl_sr_tf.python.trained_run import trained_run
    from lnl_sr_tf.training.callbacks.within_epoch import Stopped

    say = tell or _silence
    if "dataset" in settings:
        raise InputError("dataset: give the name or path of the data in place of x")
    of_arrays = {
        "y": y, "clean": clean, "test": test, "test_clean": test_clean,
        "sample_weight": sample_weight, "class_names": class_names, "name": name,
    }  # fmt: skip
    if isinstance(x, (str, os.PathLike)):
        data = own_data.of_name(x, settings, **of_arrays)
    elif isinstance(x, Dataset):
        data = own_data.of_dataset(x, settings, **of_arrays)
    else:
        of_arrays |= {"name": name or "arrays"}
        data = own_data.of_arrays(x, settings=settings, tell=say, **of_arrays)
    settings |= data.settings
    make = maker(model, data.unit)
    if isinstance(model, str):
        settings["model"] = model
    elif make:
        # Nothing tells one network from another by which a run could be found again,
        # and what is measured for the precision is measured by other ones.
        settings = {"resume": False, "precision": "float32"} | settings
    given = Given(
        data.source,
        make,
        tuple(callbacks),
        Keeps.NUMBERS if output_dir is None else Keeps.ALL,
    )
    with tempfile.TemporaryDirectory(prefix="lnl-sr-") as place:
        settings["output_dir"] = place if output_dir is None else os.fspath(output_dir)
        config = resolve(settings)
        lines = _of_place(say, place) if output_dir is None else say
        try:
            with quiet.tracing():
                done = run_given(config, given, lines)
        except Stopped as stopped:
            kept = "interrupted; nothing is kept" if output_dir is None else stopped
            raise KeyboardInterrupt(str(kept)) from None
        return trained_run(config, given, done, data, output_dir is not None)


def _of_place(tell: Tell, place: str) -> Tell:
    """Lines without the folder that is gone when a person reads them."""

    def without(line: str) -> None:
        before, found, _ = line.partition(f"; {place}")
        tell(before if found else line)

    return without


def _silence(line: str) -> None:
    pass
