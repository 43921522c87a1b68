"""What a network said of its examples while it was trained."""

import pathlib
from typing import Any

import keras
import numpy as np

from lnl_sr_tf.datasets import Dataset
from lnl_sr_tf.runs.arrays import OutputSum, read_output_sum, write_output_sum
from lnl_sr_tf.training.predict import outputs

# As float32 this takes a gigabyte; of more, nothing is recorded.
_MOST_NUMBERS = 2**28


class OutputRecord(keras.callbacks.Callback):
    """Keeps the sum, over some epochs, of the probabilities of the training examples.

    Where a fold is kept from training, of the examples of the fold in their place.

    A wrong label is learned late, or never; the mean over epochs tells it from a right
    one where the last epoch alone may not any more. The epochs are the first, the last
    and others at equal distances. After a cut the sum goes on from the file.

    Args:
        dataset: what is trained on.
        path: the .npz to write, an `OutputSum`.
        recorded: how many epochs are recorded.
        epochs: how many the run has.

    Example:
        model.fit(batches, callbacks=[OutputRecord(dataset, path, 10, 50)])
    """

    def __init__(
        self, dataset: Dataset, path: pathlib.Path, recorded: int, epochs: int
    ):
        super().__init__()
        part = dataset.fold
        self.images = part.images if part else dataset.train_images
        self.path = path
        self.wanted = recorded_epochs(recorded, epochs)
        if len(self.images) * dataset.num_classes > _MOST_NUMBERS:
            self.wanted = ()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any]) -> None:
        """Add what the network says after a recorded epoch."""
        number = epoch + 1
        # A loss that is NaN or infinite ends the run.
        if number not in self.wanted or not np.isfinite(logs["loss"]):
            return
        done, total = read_output_sum(self.path) or ((), 0.0)
        if number in done:
            return  # cut between this file and the checkpoint of the epoch
        logits = outputs(self.model, self.images).astype(np.float32)
        total = total + keras.ops.convert_to_numpy(keras.ops.softmax(logits))
        write_output_sum(self.path, OutputSum((*done, number), total))


def recorded_epochs(recorded: int, epochs: int) -> tuple[int, ...]:
    """Which epochs are recorded, from 1: evenly spread, the last one among them.

    Example:
        >>> recorded_epochs(4, 10)
        (1, 4, 7, 10)
    """
    if recorded <= 1:
        return (epochs,) * recorded
    spread = np.linspace(1, epochs, min(recorded, epochs))
    return tuple(int(number) for number in np.rint(spread))
