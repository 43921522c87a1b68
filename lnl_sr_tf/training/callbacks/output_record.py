"""What a network said of its examples while it was trained."""

import zipfile

import keras
import numpy as np

from lnl_sr_tf.errors import RunError
from lnl_sr_tf.files import whole_file
from lnl_sr_tf.training.evaluate import outputs

# As float32 this takes a gigabyte; of more, nothing is recorded.
_MOST_NUMBERS = 2**28


class OutputRecord(keras.callbacks.Callback):
    """Keeps the sum, over some epochs, of the probabilities of the training examples.

    Where a fold is kept from training, of the examples of the fold in their place.

    A wrong label is learned late, or never; the mean over epochs tells it from a right
    one where the last epoch alone may not any more. The epochs are the first, the last
    and others at equal distances. After a cut the sum goes on from the file.

    Args:
        dataset: a `lnl_sr_tf.datasets.Dataset`.
        path: the .npz to write: `epochs`, numbered from 1, and `total`, float32, shape
            (n, k), the sum of the outputs after each of them.
        recorded: how many epochs are recorded.
        epochs: how many the run has.

    Example:
        >>> model.fit(batches, callbacks=[OutputRecord(dataset, path, 10, 50)])
    """

    def __init__(self, dataset, path, recorded, epochs):
        super().__init__()
        part = dataset.fold
        self.images = part.images if part else dataset.train_images
        self.path = path
        self.wanted = recorded_epochs(recorded, epochs)
        if len(self.images) * dataset.num_classes > _MOST_NUMBERS:
            self.wanted = ()

    def on_epoch_end(self, epoch, logs=None):
        """Add what the network says after a recorded epoch."""
        number = epoch + 1
        # A loss that is no number ends the run; what it says is none either.
        if number not in self.wanted or not np.isfinite(logs["loss"]):
            return
        done, total = read_record(self.path) or ((), 0.0)
        if number in done:
            return  # cut between this file and the checkpoint of the epoch
        # Of Co-teaching, the network that is kept.
        model = getattr(self.model, "first", self.model)
        logits = outputs(model, self.images).astype(np.float32)
        total = total + keras.ops.convert_to_numpy(keras.ops.softmax(logits))
        _write(self.path, (*done, number), total)


def recorded_epochs(recorded, epochs):
    """Which epochs are recorded, from 1: evenly spread, the last one among them.

    Example:
        >>> recorded_epochs(4, 10)
        (1, 4, 7, 10)
    """
    if recorded <= 1:
        return (epochs,) * recorded
    spread = np.linspace(1, epochs, min(recorded, epochs))
    return tuple(int(number) for number in np.rint(spread))


def read_record(path):
    """(epochs, sum of the probabilities); None where there is no file.

    Raises:
        RunError: if it cannot be read.
    """
    if not path.is_file():
        return None
    try:
        with np.load(path, allow_pickle=False) as stored:
            return tuple(stored["epochs"].tolist()), stored["total"]
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise RunError(
            f"{path} cannot be read ({error}); move {path.parent} away to start anew"
        ) from error


def _write(path, epochs, total):
    with whole_file(path) as file:
        np.savez(file, epochs=np.array(epochs), total=total)
