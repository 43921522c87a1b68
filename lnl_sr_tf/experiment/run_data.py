"""The data that a run trains on."""

import os
from collections.abc import Callable
from typing import Any

from lnl_sr_tf import datasets
from lnl_sr_tf.backbones.backbone_features import with_features
from lnl_sr_tf.config import Config, rate_estimate
from lnl_sr_tf.datasets import Dataset
from lnl_sr_tf.datasets.describe import in_a_line
from lnl_sr_tf.experiment import label_noise, labels_from_votes, problems


def read(
    config: Config,
    name: str,
    image_size: tuple[int, int] | None,
    tell: Callable[[str], None],
    source: Dataset | None = None,
) -> Dataset:
    """A dataset as the settings want it, before noise; features with a backbone.

    Args:
        config: the settings of a run.
        name: of the dataset: `config.dataset`, or another whose images are foreign.
        image_size: (height, width) in pixels; None for that of the dataset.
        tell: called with each line for the person who waits.
        source: the data itself, where the settings name what is in no file.

    Raises:
        InputError: if there is no such data, or it cannot be read; or if the backbone
            does not fit it.
        RunError: if an image is lost meanwhile.
    """
    options: dict[str, Any] = {}
    backbone = config.backbone if name == config.dataset else None
    if name == config.dataset:
        options = {
            "resize": config.resize,
            "skip_bad_files": config.skip_bad_files,
            "test_share": config.test_share,
            "imagenet_dir": config.imagenet_dir,
            "columns": config.columns,
            # Random parts are taken of the whole image, which only its file has.
            "in_memory": False if config.random_resized_crop else None,
        }
    if backbone:
        # Where its features are known, no image is decoded.
        options |= {"in_memory": False, "statistics": False}
    if source is None:
        data = datasets.load(
            name,
            os.path.expanduser(config.data_dir) or None,
            image_size=image_size,
            tell=tell,
            **options,
        )
    else:
        data = source if image_size is None else source.with_image_size(image_size)
        tell(in_a_line(data))
    if not backbone:
        return data
    with problems.of_images(data):
        return with_features(data, backbone, config.weights, tell, config.views or 1)


def load(config: Config, source: Dataset, tell: Callable[[str], None]) -> Dataset:
    """The dataset with its given labels, and without the parts that are kept from it.

    Args:
        config: the settings of the run.
        source: the data as `read` gives it.
        tell: called with each line for the person who waits.

    Raises:
        InputError: if the noise does not fit the data, or there are too few examples
            for the fold.
    """
    dataset = labels_from_votes.with_votes(source, config, tell).with_imbalance(
        config.imbalance, config.imbalance_factor, config.seed
    )
    if config.imbalance != "none":
        tell(in_a_line(dataset))
    dataset = label_noise.corrupted(dataset, config)
    dataset = label_noise.with_foreign_images(
        dataset, config, lambda name, size: read(config, name, size, tell)
    )
    if config.validation_share is not None:
        dataset = dataset.with_validation(config.validation_share, config.seed)
    if (fold := config.part_of_parts) is not None:
        dataset = dataset.with_fold(*fold, config.seed)
    return dataset


def warn_of_estimate(
    config: Config, dataset: Dataset, tell: Callable[[str], None]
) -> None:
    """Tell where an estimate of the noise was made on other data than this."""
    source = config.rate_estimate
    if source is None and str(config.transition_matrix).endswith(".json"):
        source = config.transition_matrix
    before = source and rate_estimate.data_of(source)
    if before and before != dataset.fingerprint:
        tell(
            f"warning: {source} is an audit of other data than {config.dataset_shown} "
            "holds now, or of another part of it"
        )
