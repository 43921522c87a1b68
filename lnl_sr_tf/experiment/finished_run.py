"""A run that was trained before: its settings, its network and its data."""

import functools
import os
from typing import Any

import keras
import numpy as np

from lnl_sr_tf import config as configs
from lnl_sr_tf import layers, losses  # noqa: F401  (for load_model)
from lnl_sr_tf.datasets import Dataset
from lnl_sr_tf.datasets.fingerprint import fingerprint
from lnl_sr_tf.datasets.images.image_files import Images
from lnl_sr_tf.errors import InputError
from lnl_sr_tf.experiment import run_data
from lnl_sr_tf.runs import finished, opening, places
from lnl_sr_tf.runs.folder import RunFolder
from lnl_sr_tf.training.predict import outputs

_FEATURES = "features"


class FinishedRun:
    """What a run folder holds, loaded when it is first asked for.

    Args:
        path: the folder.
        data_dir: where its data is now; by default where it was.

    Attributes:
        folder: its `RunFolder`.
        settings: its config as it was given.
        config: the same, with files and folders by where they are now.

    Raises:
        InputError: if there is no finished run.

    Example:
        FinishedRun("runs/digits-ce-sym0.6-seed1-fa4edc86").test_probabilities
    """

    def __init__(self, path: str | os.PathLike, data_dir: str | None = None):
        self.folder = RunFolder(path)
        finished.check(self.folder)
        self.settings = finished.config_of(self.folder)
        self._places = places.looked_at(
            self.settings, self.folder.config() or {}, data_dir
        )
        self.config = places.located(self.settings, self._places)

    @property
    def name(self) -> str:
        """Dataset, noise, loss and seed, for people."""
        config = self.config
        return (
            f"{config.dataset_name}, {config.noise_words}, {config.loss_words}, "
            f"seed {config.seed}"
        )

    @functools.cached_property
    def summary(self) -> dict[str, Any]:
        """What `summary.json` holds."""
        return self.folder.summary() or {}

    @functools.cached_property
    def rows(self) -> list[dict[str, Any]]:
        """Those of `metrics.csv`."""
        return self.folder.rows()

    @functools.cached_property
    def dataset(self) -> Dataset:
        """The data with the labels that it trained on.

        Raises:
            InputError: if the data is not there.
            RunError: if it is other data than it was.
        """
        places.check_data(self.settings, self._places, self.folder.path)
        opening.check_backbone(self.config, self.folder)
        source = _source(self.config)
        dataset = run_data.load(self.config, source, lambda line: None)
        opening.check_data(self.config, dataset, self.folder)
        return dataset.of_originals() if self.config.finetune else dataset

    @functools.cached_property
    def model(self) -> keras.Model:
        """From uint8 images to logits, sharpened ones under sparse regularization."""
        return keras.models.load_model(self.folder.model, safe_mode=True)

    @functools.cached_property
    def test_probabilities(self) -> np.ndarray:
        """The network's outputs for the test set, float32, shape (m, k)."""
        return self.probabilities(self.dataset.test_images)

    def probabilities(self, images: Images) -> np.ndarray:
        """The network's outputs for images, float32, shape (n, k)."""
        logits = outputs(self.model, images).astype(np.float32)
        return keras.ops.convert_to_numpy(keras.ops.softmax(logits))

    def features(self, images: Images) -> np.ndarray:
        """What the layer before the logits makes of images, float32, shape (n, d).

        Raises:
            InputError: if the network has no such layer.
        """
        names = [layer.name for layer in self.model.layers]
        if _FEATURES not in names:
            raise InputError(
                f"{self.folder.path}: the network {self.config.model} has no layer "
                f"called {_FEATURES!r}, whose output could be drawn"
            )
        output = self.model.get_layer(_FEATURES).output
        found = outputs(keras.Model(self.model.input, output), images)
        return found.reshape(len(found), -1).astype(np.float32)


# Runs that are drawn together are of the same data, which is read once.
_LAST: dict[tuple, Dataset] = {}
_OF_CONTENTS = ("skip_bad_files", "test_share")


def _source(config: configs.Config) -> Dataset:
    """The data before noise."""
    options = (
        "dataset", "data_dir", "image_size", "resize", "skip_bad_files", "test_share",
        "imagenet_dir", "random_resized_crop", "columns", "backbone",
        "weights", "views",
    )  # fmt: skip
    given = {name: getattr(config, name) for name in options}
    now = fingerprint(
        config.dataset,
        config.data_dir or None,
        **{name: given[name] for name in ("imagenet_dir", *_OF_CONTENTS)},
    )
    key = (*given.values(), now)
    if key not in _LAST:
        _LAST.clear()
        _LAST[key] = run_data.read(
            config, config.dataset, config.pixels, lambda line: None
        )
    return _LAST[key]
