"""A finished run's network in other formats, each checked by what it says."""

import contextlib
import pathlib
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence

import keras
import numpy as np

from lnl_sr_tf import quiet
from lnl_sr_tf.backbones.backbone import Backbone
from lnl_sr_tf.config.settings import HUB
from lnl_sr_tf.datasets.features.table_encoder import TableEncoder
from lnl_sr_tf.errors import InputError, RunError
from lnl_sr_tf.experiment import served_examples
from lnl_sr_tf.experiment.finished_run import FinishedRun
from lnl_sr_tf.export import serving, to_keras, to_litert, to_onnx
from lnl_sr_tf.export.comparison import TOLERANCE, Comparison, compare
from lnl_sr_tf.export.formats import FORMATS, check_installed
from lnl_sr_tf.export.served import Inputs, Served
from lnl_sr_tf.files import make_folder
from lnl_sr_tf.runs import label_kinds

Tell = Callable[[str], None]


def export(
    run: FinishedRun,
    names: Sequence[str],
    output: pathlib.Path | None = None,
    examples: int = 1000,
    tell: Tell = print,
) -> list[pathlib.Path]:
    """Write a run's network in some formats, and compare each with its SavedModel.

    All take what the SavedModel takes, images as uint8, and give calibrated
    probabilities; where a format has no operations on texts, it takes features, and a
    line says so. What differs from the SavedModel by more than rounding is not kept.

    Args:
        run: a finished one.
        names: of `lnl_sr_tf.export.formats.FORMATS`.
        output: the folder to write to; by default `export/` in the run's.
        examples: how many test examples are compared at most; with 0 none.
        tell: called with each line for the person who waits.

    Returns:
        What was written, one path a format.

    Raises:
        InputError: if a package is missing, Keras runs on another backend than
            TensorFlow, or the data is not there.
        RunError: if a format cannot carry the network, or what was written says
            something else than the SavedModel.

    Example:
        export(FinishedRun("runs/digits-ce_sr-sym0.6-seed1-0a1b2c3d"), ["onnx"])
    """
    if keras.backend.backend() != "tensorflow":
        raise InputError(
            f"KERAS_BACKEND={keras.backend.backend()}: expected tensorflow, which "
            "writes these formats, whatever the run was trained on"
        )
    check_installed(names)
    _check_free(run, names, output)
    output = output or run.folder.exports
    with _saved_models(run) as (reference, source):
        with quiet.notices():
            before = _before(run, reference, examples)
        make_folder(output)
        return [_one(run, name, output, source, before, tell) for name in names]


def _check_free(
    run: FinishedRun, names: Sequence[str], output: pathlib.Path | None
) -> None:
    """Raise InputError where something would be lost that this did not write.

    In `RUN/export` it writes over what it wrote.
    """
    if output is None or output.resolve() == run.folder.exports.resolve():
        return
    for name in names:
        path = output / FORMATS[name].file
        if path.exists():
            raise InputError(
                f"{path} is there already; move it away, or name another folder by "
                "--output"
            )


class _Before:
    """What the SavedModel says of test examples.

    Args:
        run: a finished one.
        served: its SavedModel.
        examples: how many test examples at most.
    """

    def __init__(self, run: FinishedRun, served: Served, examples: int):
        self.dataset = run.dataset
        count = len(self.dataset.test_labels)
        self.chosen = served_examples.spread(count, examples)
        self.labels = self.dataset.test_labels[self.chosen]
        self.raw = served_examples.raw(self.dataset, self.chosen, served.inputs)
        self.probabilities = served.probabilities(self.raw)

    def inputs(self, whole: bool) -> Inputs:
        """The examples, raw, or as features where a format takes those."""
        if whole:
            return self.raw
        return {"features": served_examples.features(self.dataset, self.chosen)}


def _before(run, reference, examples):
    if not examples:
        return None
    try:
        return _Before(run, Served(reference), examples)
    except InputError as error:
        raise InputError(f"{error}; --examples=0 exports without comparing") from error


@contextlib.contextmanager
def _saved_models(run: FinishedRun) -> Iterator[tuple[pathlib.Path, pathlib.Path]]:
    """(the run's SavedModel, one that can be converted).

    What JAX wrote holds operations that others cannot convert, and where TensorFlow was
    not installed there is none; then it is written again, by TensorFlow.
    """
    kept = run.folder.saved_model
    there = (kept / "saved_model.pb").is_file()
    on_jax = (run.folder.config() or {}).get("backend") == "jax"
    if there and not on_jax:
        yield kept, kept
        return
    with tempfile.TemporaryDirectory() as place:
        again = pathlib.Path(place) / kept.name
        dataset = run.dataset
        network, encoder = run.model, dataset.encoder
        if isinstance(encoder, Backbone):
            network, encoder = encoder.with_head(network), None
        serving.save_serving(
            network,
            again,
            dataset.class_names,
            run.config.resize,
            _temperature(run),
            dataset.bits,
            encoder,
        )
        yield (kept if there else again), again


def _one(
    run: FinishedRun,
    name: str,
    output: pathlib.Path,
    source: pathlib.Path,
    before: _Before | None,
    tell: Tell,
) -> pathlib.Path:
    """Write one format under another name, compare, and then give it its own."""
    made = FORMATS[name]
    path = output / made.file
    unfinished = output / f"unfinished.{made.file}"
    try:
        with quiet.notices():
            whole = _write(run, name, source, unfinished)
            compared = _compared(name, unfinished, before, whole) if before else None
        if before and compared:
            tell(_words(name, compared, before.dataset.test_labels_are))
            _check(compared, path, run)
        _replace(unfinished, path)
    finally:
        _remove(unfinished)
    if not whole:
        tell(
            f"{path.name} takes features, as the signature `features` of the "
            f"SavedModel does: {made.words} cannot carry what makes them of "
            f"{_of_what(run)}, which saved_model/ does"
        )
    elif name == "keras" and str(run.config.backbone).startswith(HUB):
        tell(f"{path.name} loads where KerasHub is installed, whose layers it has")
    tell(str(path))
    return path


def _write(
    run: FinishedRun, name: str, source: pathlib.Path, path: pathlib.Path
) -> bool:
    """Write one format; returns whether it takes what the SavedModel takes."""
    try:
        if name == "savedmodel":
            shutil.copytree(source, path)
            return True
        if name == "keras":
            return _write_keras(run, path)
        served = Served(source)
        part = served.part(FORMATS[name].strings)
        if name == "litert":
            to_litert.write(served, part, path)
        else:
            names = (run.folder.config() or {}).get("class_names", ())
            to_onnx.write(part, path, names)
        return part.whole
    except (InputError, RunError):
        raise
    except Exception as error:  # converters have no errors of their own
        reason = " ".join(str(error).split()) or type(error).__name__
        raise RunError(
            f"{run.folder.path} cannot be written as {FORMATS[name].words}: "
            f"{reason:.300}"
        ) from error


def _write_keras(run: FinishedRun, path: pathlib.Path) -> bool:
    network, kind = to_keras.of_own_layers(run.model), run.folder.encoder_kind()
    encoder = run.dataset.encoder if kind == "backbone" else None
    if isinstance(encoder, Backbone):
        network = encoder.with_head(network)
    to_keras.with_probabilities(network, _temperature(run)).save(path)
    return kind in (None, "backbone")


def _compared(
    name: str, path: pathlib.Path, before: _Before, whole: bool
) -> Comparison:
    ask = {
        "savedmodel": lambda path, inputs: Served(path).probabilities(inputs),
        "keras": to_keras.probabilities,
        "litert": to_litert.probabilities,
        "onnx": to_onnx.probabilities,
    }[name]
    found = np.asarray(ask(path, before.inputs(whole)))
    return compare(found, before.probabilities, before.labels)


def _words(name: str, compared: Comparison, labels_are: str) -> str:
    labels = label_kinds.WORDS[labels_are].labels
    return (
        f"{FORMATS[name].words}: accuracy {100 * compared.accuracy:.2f} % on "
        f"{compared.examples} test examples ({labels}), the SavedModel's "
        f"{100 * compared.before:.2f} %; {compared.otherwise} labelled otherwise; "
        f"largest difference of a probability {compared.largest:.1e}"
    )


def _check(compared: Comparison, path: pathlib.Path, run: FinishedRun) -> None:
    if not compared.same:
        raise RunError(
            f"{path} was not kept: it says something else than the SavedModel of "
            f"{run.folder.path}; probabilities differ by up to "
            f"{compared.largest:.2g}, expected at most {TOLERANCE:g}"
        )


def _temperature(run: FinishedRun) -> float:
    return float(run.summary.get("calibration_temperature", 1.0))


def _of_what(run: FinishedRun) -> str:
    table = run.folder.encoder_kind() == TableEncoder.kind
    return "the columns of a table" if table else "texts"


def _replace(made: pathlib.Path, path: pathlib.Path) -> None:
    try:
        _remove(path)
        made.rename(path)
    except OSError as error:
        raise RunError(f"cannot write {path}: {error.strerror or error}") from error


def _remove(path: pathlib.Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
