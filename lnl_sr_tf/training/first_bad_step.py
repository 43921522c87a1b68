"""The step at which loss or weights became NaN or infinite, found by repeating it."""

import math

import keras
import numpy as np

from lnl_sr_tf.errors import NotFinite
from lnl_sr_tf.training.checkpoint import restore, what_stands
from lnl_sr_tf.training.training import Training

_SHOWN = 5


def explained(training: Training, problem: NotFinite) -> NotFinite:
    """An error that says at which step, on which examples, and what may help.

    The run is repeated from its last checkpoint, step by step; the steps are the same.

    Args:
        training: the run whose loss or weights became NaN or infinite.
        problem: the error as it was found.
    """
    folder = training.folder
    place = restore(training.model, folder.checkpoints, lambda line: None).place
    training.set_epoch(place.epochs)
    found = _search(training, place)
    where = f"in epoch {place.epochs + 1}"
    if found:
        step, loss, examples = found
        shown = ", ".join(map(str, examples[:_SHOWN]))
        more = len(examples) - _SHOWN
        where += f" at step {step}, on the training examples {shown}"
        if more > 0:
            where += f" and {more} more (all in {folder.not_finite})"
        content = {
            "epoch": place.epochs + 1,
            "step": step,
            "loss": str(loss),
            "examples": examples,
        }
        folder.write_not_finite(content)
    return NotFinite(f"{advised(problem, where)}{what_stands(place)}")


def advised(problem: NotFinite, where: str = "") -> NotFinite:
    """The error with what may help.

    Args:
        problem: the error as it was found.
        where: in words.
    """
    return NotFinite(
        f"{problem} {where}".rstrip()
        + "; a smaller lr or lambda0, or float32 as precision, may help"
    )


def _search(training, place):
    """(step from 1, loss, indices of its examples); None if no step shows it."""
    training.prepare(place)
    plan = training.plan(place.epochs)
    size = plan.rows or training.config.batch_size
    order, _ = plan.of(place.epochs)
    batches = training.batches(place, place.epochs + 1)
    for step, batch in enumerate(batches, place.step):
        training.model.reset_metrics()
        loss = training.model.train_on_batch(*batch, return_dict=True)["loss"]
        if not (math.isfinite(loss) and _finite(training.model)):
            chosen = order[step * size : (step + 1) * size]
            return step + 1, loss, training.dataset.index[chosen].tolist()
    return None


def _finite(model):
    return all(
        np.all(np.isfinite(keras.ops.convert_to_numpy(weight)))
        for weight in model.weights
    )
