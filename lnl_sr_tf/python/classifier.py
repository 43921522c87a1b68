"""A classifier for scikit-learn, trained as `lnl.train` trains."""

import dataclasses
import numbers
import tempfile
from collections.abc import Mapping, Sequence
from typing import Any, Self

import keras
import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import (
    assert_all_finite,
    check_consistent_length,
    check_random_state,
)
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import (
    _check_sample_weight,
    check_is_fitted,
    column_or_1d,
    validate_data,
)

from lnl_sr_tf import quiet
from lnl_sr_tf.analysis import calibration
from lnl_sr_tf.config import resolve
from lnl_sr_tf.config.data_kinds import name_in_memory
from lnl_sr_tf.datasets import Dataset, from_arrays
from lnl_sr_tf.datasets.features.column_statistics import column_statistics
from lnl_sr_tf.datasets.sources.raw_arrays import are_texts, is_table
from lnl_sr_tf.experiment import serving_temperature
from lnl_sr_tf.experiment.experiment import Trained, run_given
from lnl_sr_tf.experiment.given import Given, Keeps
from lnl_sr_tf.python.keywords import as_keywords
from lnl_sr_tf.python.networks import maker
from lnl_sr_tf.python.new_examples import as_network_takes
from lnl_sr_tf.python.own_data import in_unit
from lnl_sr_tf.runs.folder import history_of
from lnl_sr_tf.training.callbacks.within_epoch import Stopped
from lnl_sr_tf.training.predict import Predictions, outputs

_SEEDS = 2**31 - 1
# Batches up to which the network is called as it is: to compile it takes longer.
_FEW_BATCHES = 8
_BATCH = 512
_NO_LABELS = object()
_EXAMPLE = 1  # that stands for the test set, which nothing looks at


class NoisyLabelClassifier(ClassifierMixin, BaseEstimator):
    """A classifier for labels that are partly wrong, in scikit-learn's form.

    It trains as the command does on data of one's own, by default cross-entropy with
    sparse regularization whose weight follows training, on all examples: none is held
    out. It works wherever scikit-learn's classifiers do, such as in `Pipeline`,
    `GridSearchCV` and `cross_val_predict`, and in cleanlab's `CleanLearning`.

    Args:
        loss: the name of a loss, as of `--loss`.
        model: None for a network by the examples; its name, such as `"linear"` or
            `"mlp"`; a Keras model, which is copied; or a function that makes one, as
            for `lnl.train`.
        epochs: passes over the data; None for those of the recipe, 60.
        batch_size: examples a step; None for that of the recipe, 128.
        lr: learning rate in the first epoch; None for that of the recipe, 0.05.
        settings: dict of further settings of the command by their names, such as
            `{"tau": 0.3}`. With `{"validation_share": 0.1}` that share is kept from
            training, and probabilities are calibrated on it.
        callbacks: of Keras, given to `fit`.
        random_state: an int, which is the seed of `lnl.train`; a `RandomState`, or
            None, from which it is drawn.
        verbose: 1 to print a line an epoch.

    Attributes:
        classes_: the classes, shape (k,), sorted.
        n_features_in_: how many columns `X` had.
        feature_names_in_: their names, of a data frame.
        model_: the trained Keras model, from examples to logits.
        history_: by name a number an epoch.
        temperature_: t of the probabilities softmax(z/t); 1 unless calibrated.
        n_iter_: how many epochs it was trained.

    Example:
        >>> from sklearn.datasets import load_wine
        >>> x, y = load_wine(return_X_y=True)
        >>> fitted = NoisyLabelClassifier(epochs=20, random_state=1).fit(x, y)
        >>> fitted.predict(x[:2])
        array([0, 0])
    """

    def __init__(
        self,
        loss: str = "ce_sr",
        model: Any = None,
        *,
        epochs: int | None = None,
        batch_size: int | None = None,
        lr: float | None = None,
        settings: Mapping[str, Any] | None = None,
        callbacks: Sequence[Any] | None = None,
        random_state: Any = None,
        verbose: int = 0,
    ) -> None:
        self.loss = loss
        self.model = model
        self.epochs = epochs
        self.batch_size = batch_size
        self.lr = lr
        self.settings = settings
        self.callbacks = callbacks
        self.random_state = random_state
        self.verbose = verbose

    @as_keywords()
    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Train on examples and the labels that were given for them.

        Args:
            X: features, shape (n, width), an array or a data frame; a data frame with
                texts among its columns, which become categories; a list of texts; or
                images, uint8 or floats in [0, 1], shape (n, height, width) or
                (n, height, width, 1 or 3).
            y: labels, shape (n,).
            sample_weight: what the loss of each example counts for, at least 0.

        Returns:
            The classifier itself.

        Raises:
            InputError: a ValueError, if data, network or a setting is wrong.
        """
        rows, labels = self._checked(X, y)
        check_classification_targets(labels)
        weights = None
        if sample_weight is not None:
            weights = _check_sample_weight(
                sample_weight, labels, ensure_non_negative=True
            )
            chosen = np.flatnonzero(weights)
            rows, labels, weights = (
                _taken(rows, chosen),
                labels[chosen],
                weights[chosen],
            )
        self.classes_, numbers_of = np.unique(labels, return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError(
                "expected labels of at least 2 classes; received "
                f"{len(self.classes_)} class"
            )
        source = _dataset(rows, numbers_of, weights)
        self._unit = source.of_images and in_unit(rows)
        done = self._trained(source, self._unit)
        self._keep(done)
        return self

    def predict(self, X: Any) -> np.ndarray:
        """The most probable class of each example, shape (n,).

        Args:
            X: as for `fit`.
        """
        likeliest = self._logits(X).argmax(axis=1)
        return self.classes_[likeliest]

    def predict_proba(self, X: Any) -> np.ndarray:
        """Probabilities of `classes_`, float64, shape (n, k).

        Args:
            X: as for `fit`.
        """
        logits = self._logits(X)
        return calibration.probabilities(logits, self.temperature_)

    def _trained(self, source: Dataset, unit: bool) -> Trained:
        named = {"epochs": self.epochs, "batch_size": self.batch_size, "lr": self.lr}
        settings = {"loss": self.loss, "seed": self._seed()}
        settings |= {name: value for name, value in named.items() if value is not None}
        make = maker(self.model, unit)
        if self.model is not None:
            # What is measured for the precision is measured by other networks.
            settings |= {"precision": "float32"} if make else {"model": self.model}
        settings |= self.settings or {}
        with tempfile.TemporaryDirectory(prefix="lnl-sr-") as place, quiet.tracing():
            config = resolve(
                settings
                | {
                    "dataset": name_in_memory(source.kind, "", source.name),
                    # Of a run that has to be trained before.
                    "output_dir": place,
                }
            )
            callbacks = tuple(self.callbacks or ())
            given = Given(source, make, callbacks, Keeps.NOTHING)
            try:
                return run_given(config, given, print if self.verbose else _silence)
            except Stopped:
                # As an error, a search would take it for a fit that failed, and go on.
                raise KeyboardInterrupt("interrupted; nothing is kept") from None

    def _keep(self, done: Trained) -> None:
        """Keep what predictions need, and forget what training needs besides."""
        assert done.model is not None and done.dataset is not None
        # As the network takes them: of another size, or features of a backbone.
        self._example = done.dataset.subset(np.arange(_EXAMPLE))
        network = getattr(done.model, "kept", done.model)
        self.model_ = keras.Model(network.input, network.output, name=network.name)
        self.history_ = history_of(done.rows)
        self.n_iter_ = len(done.rows)
        self.temperature_ = 1.0
        if done.dataset.validation is not None:
            said = outputs(self.model_, done.dataset.validation.images)
            found = serving_temperature.calibrated(
                Predictions(said, {}, said), done.dataset, done.folder
            )
            self.temperature_ = found["calibration_temperature"]

    def _logits(self, X: Any) -> np.ndarray:
        check_is_fitted(self)
        rows, _ = self._checked(X)
        if not isinstance(rows, np.ndarray) or rows.ndim != 2:
            rows = as_network_takes(rows, self._example, unit=self._unit)
        if len(rows) > _FEW_BATCHES * _BATCH:
            with quiet.tracing():
                return outputs(self.model_, rows).astype(np.float64)
        found = [
            self.model_(np.asarray(rows[start : start + _BATCH]), training=False)
            for start in range(0, len(rows), _BATCH)
        ]
        return np.concatenate(
            [keras.ops.convert_to_numpy(one).astype(np.float64) for one in found]
        )

    def _checked(self, X: Any, y: Any = _NO_LABELS) -> tuple[Any, Any]:
        """(examples, labels), checked; the form of examples is new where labels are.

        Features are then float32; texts, images and data frames with texts stay.
        """
        to_fit = y is not _NO_LABELS
        options: dict[str, Any] = {"y": y} if to_fit else {"reset": False}
        if _is_raw(X):
            validate_data(self, X, skip_check_array=True, **options)
            if not to_fit:
                return X, None
            labels = column_or_1d(y, warn=True)
            assert_all_finite(labels, input_name="y")
            check_consistent_length(X, labels)
            return X, labels
        checked = validate_data(self, X, dtype="numeric", allow_nd=True, **options)
        rows, labels = checked if to_fit else (checked, None)
        if rows.ndim != 2:
            return rows, labels
        with np.errstate(over="ignore"):
            small = rows.astype(np.float32)
        if not np.isfinite(small).all():
            raise ValueError("X: some numbers are too large for float32")
        return small, labels

    def _seed(self) -> int:
        if isinstance(self.random_state, numbers.Integral):
            return int(self.random_state)
        return int(check_random_state(self.random_state).randint(_SEEDS))


def _is_raw(X: Any) -> bool:
    """Whether examples are texts, or a data frame with texts among its columns."""
    if is_table(X):
        kinds = getattr(X, "dtypes", ())
        return any(getattr(kind, "kind", None) == "O" for kind in kinds)
    if isinstance(X, (list, tuple)):
        return len(X) > 0 and all(isinstance(one, str) for one in X)
    return getattr(X, "ndim", 0) == 1 and len(X) > 0 and are_texts(X)


def _dataset(rows: Any, labels: np.ndarray, weights: np.ndarray | None) -> Dataset:
    """All of it to train on; one example stands for the test set.

    Classes go by their numbers, since labels may be anything.
    """
    scaled = None if weights is None else (weights / weights.mean()).astype(np.float32)
    one = _taken(rows, np.arange(_EXAMPLE))
    if isinstance(rows, np.ndarray) and rows.ndim == 2 and rows.dtype == np.float32:
        mean, std = column_statistics(rows)
        return Dataset(
            name="X",
            train_images=rows,
            given_labels=labels,
            clean_labels=None,
            test_images=one,
            test_labels=labels[:_EXAMPLE],
            class_names=tuple(map(str, range(labels.max() + 1))),
            mean=mean,
            std=std,
            test_labels_are="held out",
            weights=scaled,
        )
    made = from_arrays(rows, labels, one, labels[:_EXAMPLE], name="X", tell=_silence)
    return dataclasses.replace(made, test_labels_are="held out", weights=scaled)


def _taken(rows: Any, chosen: np.ndarray) -> Any:
    if hasattr(rows, "iloc"):
        return rows.iloc[chosen]
    if isinstance(rows, np.ndarray):
        return rows[chosen]
    return [rows[place] for place in chosen]


def _silence(line: str) -> None:
    pass
