"""What `lnl.train` gives: a trained network, how it came about, and what it finds."""

import functools
import os
import pathlib
from typing import Any

import keras
import numpy as np

from lnl_sr_tf import export, quiet
from lnl_sr_tf.analysis import calibration
from lnl_sr_tf.auditing.findings import Audit
from lnl_sr_tf.auditing.from_run import audit_outputs
from lnl_sr_tf.config import Config
from lnl_sr_tf.datasets import Dataset
from lnl_sr_tf.errors import InputError
from lnl_sr_tf.experiment import run_data
from lnl_sr_tf.experiment.experiment import Trained
from lnl_sr_tf.experiment.given import Given
from lnl_sr_tf.python.new_examples import as_network_takes
from lnl_sr_tf.python.own_data import OwnData
from lnl_sr_tf.runs import arrays
from lnl_sr_tf.runs.folder import RunFolder, history_of
from lnl_sr_tf.runs.label_kinds import WORDS
from lnl_sr_tf.shown import Shown, share
from lnl_sr_tf.training.predict import outputs


class TrainedRun(Shown):
    """A trained network, how it came about, and what it finds. Made by `lnl.train`.

    Args:
        model: from images, uint8 pixels, or features to logits, sharpened ones under
            sparse regularization; a Keras model.
        config: the settings.
        dataset: what it was trained on, with the labels that it saw.
        rows: of the epochs, as in `metrics.csv`.
        summary: as in `summary.json`.
        recorded: what the network said of its examples in training, or None.
        numbered: whether labels are numbers.
        folder: the run's folder; None where nothing was left.
        unit: whether images came as floats in [0, 1].

    Attributes:
        model: see above.
        config: see above.
        dataset: see above.
        summary: see above.
        folder: see above.

    Example::

        run = lnl.train(x, y, epochs=20)
        run.history["loss"], run.predict_proba(x_new), run.audit.noise_rate
    """

    def __init__(
        self,
        model: keras.Model,
        config: Config,
        dataset: Dataset,
        rows: list[dict[str, Any]],
        summary: dict[str, Any],
        recorded: arrays.OutputSum | None,
        numbered: bool,
        folder: RunFolder | None,
        unit: bool = False,
    ) -> None:
        self.model = model
        self.config = config
        self.dataset = dataset
        self.summary = summary
        self.folder = None if folder is None else folder.path
        self._rows = rows
        self._recorded = recorded
        self._numbered = numbered
        self._unit = unit

    @property
    def history(self) -> dict[str, list]:
        """By name a number an epoch, as `metrics.csv` has them."""
        return history_of(self._rows)

    @property
    def classes(self) -> np.ndarray:
        """The k classes: numbers where labels were numbers, else names."""
        names = self.dataset.class_names
        return np.arange(len(names)) if self._numbered else np.array(names)

    @functools.cached_property
    def audit(self) -> Audit:
        """Which of the given labels are wrong, as `lnl.audit` finds it.

        It judges the examples that were trained on, not those that were held out to
        measure accuracy: its arrays are in their order, and `audit.index` says which of
        the examples that were given each one is. `suspects` has those numbers.

        Raises:
            InputError: of a run without a part of the examples.
        """
        data = self.dataset
        if data.fold is not None:
            raise InputError("a run with fold does not judge its own labels")
        if self._recorded is None:
            logits = self._logits(data.train_images)
            said, epochs = calibration.probabilities(logits, 1.0), None
        else:
            said, epochs = self._recorded.total, self._recorded.epochs
        return audit_outputs(
            said,
            epochs,
            {
                "given": data.given_labels,
                "index": data.index,
                "clean": data.clean_labels,
                "path": data.paths,
            },
            data.class_names,
            self._rows,
        )

    @property
    def suspects(self) -> np.ndarray:
        """Which of the given examples have labels more likely wrong than right.

        Positions in `x` as it was given, the most suspect first; held-out examples are
        not judged (`test_share` says how many there are).
        """
        return self.audit.index[self.audit.suspects]

    def predict(self, x: Any) -> np.ndarray:
        """The most probable class of each example, shape (n,), as labels were given.

        Args:
            x: as in training; of images also a list of paths of their files.

        Raises:
            InputError: if they are other examples than those that were trained on.
        """
        return self.classes[self._of_new(x).argmax(axis=1)]

    def predict_proba(self, x: Any) -> np.ndarray:
        """Calibrated probabilities of the classes, float64, shape (n, k).

        They are softmax(z/t) of the logits z; the temperature t is
        `summary["calibration_temperature"]`.

        Args:
            x: as for `predict`.
        """
        temperature = self.summary["calibration_temperature"]
        return calibration.probabilities(self._of_new(x), temperature)

    def save(self, path: str | os.PathLike) -> None:
        """Write the network as a file of Keras, `NAME.keras`.

        Args:
            path: the file.
        """
        self._network.save(path)

    def export(self, path: str | os.PathLike) -> None:
        """Write a SavedModel, from raw examples to probabilities and labels.

        It loads where neither Keras nor this package is installed:
        `lnl_sr_tf.export.save_serving`.

        Args:
            path: the folder.

        Raises:
            InputError: on another backend than TensorFlow or JAX; there `output_dir`
                keeps one.
        """
        if keras.backend.backend() not in ("tensorflow", "jax"):
            raise InputError(
                f"export: not on {keras.backend.backend()}; lnl.train(output_dir=...) "
                "writes one into the run's folder"
            )
        model = self._network
        encoder: Any = self.dataset.encoder
        if hasattr(encoder, "with_head"):
            model, encoder = encoder.with_head(model), None
        export.save_serving(
            *(model, pathlib.Path(path), self.dataset.class_names, self.config.resize),
            *(self.summary["calibration_temperature"], self.dataset.bits, encoder),
        )

    def _of_new(self, x: Any) -> np.ndarray:
        rows = as_network_takes(x, self.dataset, self.config.resize, self._unit)
        return self._logits(rows)

    def _logits(self, examples: Any) -> np.ndarray:
        with quiet.tracing():
            return outputs(self.model, examples).astype(np.float64)

    @property
    def _network(self) -> keras.Model:
        return getattr(self.model, "kept", self.model)

    def _title(self) -> str:
        return f"TrainedRun: {self.dataset.name}, {self.config.loss_words}"

    def _facts(self) -> dict[str, object]:
        data, summary, epochs = self.dataset, self.summary, len(self._rows)
        labels = summary["test_labels"]
        name = "test_accuracy" if labels != "held out" else "given_test_accuracy"
        return {
            "data": f"{len(data.given_labels)} to train, {len(data.test_labels)} to "
            f"test, {data.num_classes} classes",
            "labels wrong": (
                None if data.noise_rate is None else share(data.noise_rate)
            ),
            "network": f"{self._network.name}, {self._network.count_params()} weights",
            "training": f"{epochs} epoch{'s' * (epochs != 1)}, "
            f"{summary['seconds']:.1f} s, seed {self.config.seed}",
            "accuracy": f"{share(summary[name])}, by {WORDS[labels].labels}",
            "folder": self.folder or "none (output_dir keeps one)",
            "holds": "model, history, suspects, audit, predict, predict_proba, save, "
            "export",
        }


def trained_run(
    config: Config, given: Given, done: Trained, data: OwnData, left: bool
) -> TrainedRun:
    """What `lnl.train` gives, from a finished run.

    Args:
        config: the settings.
        given: what came from Python.
        done: the run.
        data: what it was trained on.
        left: whether its folder stays.
    """
    folder = done.folder
    model, dataset = done.model, done.dataset
    if model is None:
        model = keras.models.load_model(folder.model, safe_mode=True)
    if dataset is None:
        source = run_data.read(
            config, config.dataset, config.pixels, lambda line: None, given.source
        )
        dataset = run_data.load(config, source, lambda line: None)
        if config.finetune:
            dataset = dataset.of_originals()
    return TrainedRun(
        model,
        config,
        dataset,
        list(done.rows),
        folder.summary() or {},
        arrays.read_output_sum(folder.outputs),
        data.numbered,
        folder if left else None,
        data.unit,
    )
