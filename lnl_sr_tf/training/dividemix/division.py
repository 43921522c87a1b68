"""Before an epoch, the examples are divided into those that are trusted and others."""

import numpy as np

from lnl_sr_tf import schedules
from lnl_sr_tf.config import Config
from lnl_sr_tf.datasets import Dataset
from lnl_sr_tf.errors import NotFinite
from lnl_sr_tf.training.dividemix.mixture import clean_probability, scaled
from lnl_sr_tf.training.dividemix.model import DivideMix
from lnl_sr_tf.training.dividemix.selection import small_losses, sure_of
from lnl_sr_tf.training.predict import outputs


def divide(model: DivideMix, dataset: Dataset, config: Config, epoch: int) -> None:
    """Set what a model takes from an epoch: whom to trust, and the weight λ_u.

    It depends on the weights of the networks, on the losses that the model remembers,
    and on the epoch. In the warm-up nothing happens.

    Args:
        model: whose `clean`, `past_losses` and `unlabelled_weight` are set.
        dataset: with given labels; images are taken as they are.
        config: the settings of the run.
        epoch: from 0.

    Raises:
        NotFinite: if a loss became NaN or infinite.
    """
    done = epoch - config.warmup_epochs
    if done < 0:
        return
    losses = []
    for network in (model.first, model.second):
        logits = outputs(network, dataset.train_images)
        losses.append(_cross_entropy(logits, dataset.given_labels))
        if not np.isfinite(losses[-1]).all():
            raise NotFinite("the loss of an example became NaN or infinite")
    if config.method == "promix":
        model.clean.assign(np.stack([_selected(ls, dataset, config) for ls in losses]))
    else:
        _by_mixture(model, losses, done, config.seed)
    model.unlabelled_weight.assign(
        schedules.unlabelled_weight(epoch, config.lambda_u, config.warmup_epochs)
    )


def _selected(losses, dataset, config):
    """1 for the labels that ProMix trusts, by the losses of one network; else 0."""
    small = small_losses(
        losses, dataset.given_labels, dataset.num_classes, config.clean_share
    )
    return np.float32(small | sure_of(losses, config.clean_confidence))


def _by_mixture(model, losses, done, seed):
    """How probably labels are right, by the mean of the last losses."""
    past = np.roll(np.array(model.past_losses), 1, axis=1)
    past[:, 0] = [scaled(each) for each in losses]
    there = min(done + 1, past.shape[1])
    means = past[:, :there].mean(axis=1)
    model.past_losses.assign(past)
    model.clean.assign(np.stack([clean_probability(m, seed) for m in means]))


def _cross_entropy(logits, labels):
    """−log u_y of each example, by given labels, in float64."""
    logits = logits.astype(np.float64)
    logits = logits - logits.max(axis=1, keepdims=True)
    own = np.take_along_axis(logits, np.asarray(labels)[:, None], axis=1)[:, 0]
    return np.log(np.exp(logits).sum(axis=1)) - own
