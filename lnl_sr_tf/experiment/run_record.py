"""What a run writes down before it is trained: its settings, labels and matrix."""

import platform
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

import lnl_sr_tf
from lnl_sr_tf.config import Config
from lnl_sr_tf.datasets import Dataset
from lnl_sr_tf.devices import backend, hardware
from lnl_sr_tf.devices.strategies import Devices
from lnl_sr_tf.experiment.run_model import RunModel
from lnl_sr_tf.runs import arrays, source
from lnl_sr_tf.runs.folder import RunFolder
from lnl_sr_tf.training.build import used_parameters
from lnl_sr_tf.training.schedulers import forget_rate


def write(
    config: Config,
    dataset: Dataset,
    matrix: np.ndarray | None,
    made: RunModel,
    devices: Devices,
    folder: RunFolder,
    given: Sequence[str] = (),
) -> None:
    """Write `config.json`, `labels.npz` and `transition_matrix.csv`.

    Of a run that has begun before, only where its data lies now is written.

    Args:
        config: the settings of the run.
        dataset: what it trains on.
        matrix: the transition matrix by which its loss is corrected, or None.
        made: its model.
        devices: what it trains on.
        folder: where it is written.
        given: what a Python program gave that no setting tells: network, callbacks.

    Raises:
        RunError: if it cannot be written.
    """
    if not folder.kept:
        return
    before = folder.config()
    if before is None:
        content = _content(config, dataset, made, devices)
        folder.write_config(content | ({"given_by_python": [*given]} if given else {}))
    elif before.get("places") != config.places:
        folder.write_config(before | {"places": config.places})
    arrays.write_labels(dataset, folder)
    if matrix is not None:
        arrays.write_transition_matrix(matrix, folder)


def _content(
    config: Config, dataset: Dataset, made: RunModel, devices: Devices
) -> dict[str, Any]:
    return (
        config.as_dict()
        | config.identity()
        | {
            "precision_used": made.policy,
            "step_seconds": made.step_seconds,
            "backend": backend.name(),
            "loss_parameters_used": used_parameters(made.model.loss),
            "forget_rate_used": forget_rate(config, dataset.noise_rate),
            "model_used": made.network,
            "image_shape": list(dataset.image_shape),
            "data_kind": dataset.kind,
            "class_names": list(dataset.class_names),
            "data_fingerprint": dataset.fingerprint,
            "open_set_fingerprint": dataset.open_set_fingerprint,
            "places": config.places,
            "versions": {
                "python": platform.python_version(),
                "keras": keras.__version__,
                backend.name(): backend.version(),
                "lnl_sr_tf": lnl_sr_tf.__version__,
            },
            "commit": source.commit(),
            "machine": hardware.describe(),
            "devices_used": {
                "distribute": devices.kind,
                "replicas": devices.replicas,
                "workers": devices.workers,
            },
        }
    )
