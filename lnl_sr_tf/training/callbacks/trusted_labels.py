"""How many labels an epoch trusted, and how many of those are right."""

from typing import Any

import keras
import numpy as np

from lnl_sr_tf.config import Config
from lnl_sr_tf.datasets import Dataset
from lnl_sr_tf.losses.example_loss import ExampleLoss
from lnl_sr_tf.losses.nested import losses_of_kind
from lnl_sr_tf.training.callbacks.parts_accuracy import with_known_labels
from lnl_sr_tf.training.dividemix.model import DivideMix
from lnl_sr_tf.training.dividemix.plans import divided, threshold


class TrustedLabels(keras.callbacks.Callback):
    """Adds figures to the logs of each epoch that trusts some labels and not others.

    `trusted_share` is the share of the examples whose label is trusted, and
    `trusted_precision`, where some labels are known to be wrong, the share of right
    ones among those; of two networks the mean. There are none while all are trusted,
    as in a warm-up. It takes a model that divides the examples, or an `ExampleLoss`.

    Args:
        dataset: what is trained on.
        config: the settings of the run.

    Example:
        model.fit(batches, callbacks=[TrustedLabels(dataset, config)])
    """

    def __init__(self, dataset: Dataset, config: Config) -> None:
        super().__init__()
        self.dataset = dataset
        self.config = config
        self._found: dict[str, float] = {}

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Measure, before what is trusted is chosen anew."""
        self._found = precision(self._trusted(epoch), self.dataset)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any]) -> None:
        """Tell."""
        logs.update(self._found)

    def _trusted(self, epoch):
        """Whether each label is trusted, by one network or more; none if all are."""
        if isinstance(self.model, DivideMix):
            if epoch < self.config.warmup_epochs:
                return []
            clean = keras.ops.convert_to_numpy(self.model.clean)
            limit = threshold(self.config)
            return [_mask(divided(one, limit)[0], len(one)) for one in clean]
        chosen = (one.trusted for one in losses_of_kind(self.model.loss, ExampleLoss))
        return [one for one in chosen if one is not None and not one.all()]


def precision(trusted: list[np.ndarray], dataset: Dataset) -> dict[str, float]:
    """The share that is trusted, and the share of right labels in it.

    Args:
        trusted: whether each label is, bool of shape (n,), by each that trusts.
        dataset: with given labels, and clean ones where they are known.

    Returns:
        A dict of `trusted_share` and `trusted_precision`, without the latter where it
        is not known, and empty where nothing is trusted.
    """
    if not trusted:
        return {}
    found = {"trusted_share": float(np.mean(trusted))}
    there = with_known_labels(dataset)
    if len(there) and dataset.clean_labels is not None:
        right = (dataset.given_labels == dataset.clean_labels)[there]
        shares = [right[one[there]].mean() for one in trusted if one[there].any()]
        if shares:
            found["trusted_precision"] = float(np.mean(shares))
    return found


def _mask(chosen, size):
    found = np.zeros(size, bool)
    found[chosen] = True
    return found
