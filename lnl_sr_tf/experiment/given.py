"""What a Python program gives a run beside its settings."""

import dataclasses
import enum
from collections.abc import Callable, Sequence
from typing import Any

import keras

from lnl_sr_tf.datasets import Dataset


class Keeps(enum.Enum):
    """What a run leaves in its folder."""

    ALL = "all"  # as the command does
    NUMBERS = "numbers"  # no figures, logs, checkpoints and networks
    NOTHING = "nothing"  # no folder either, and no test set is measured


@dataclasses.dataclass(frozen=True, eq=False)
class Given:
    """What a Python program gives a run beside its settings.

    Args:
        source: the data, in place of that which the settings name; before noise.
        network: makes a network from the shape of an example and the number of classes,
            in place of that which the settings name; as `own_network.built` takes it.
        callbacks: of Keras, which go along with training.
        keeps: what is left in the folder.

    Example:
        Given(source=lnl.datasets.from_arrays(x, y), keeps=Keeps.NUMBERS)
    """

    source: Dataset | None = None
    network: Callable[[tuple[int, ...], int], Any] | None = None
    callbacks: Sequence[keras.callbacks.Callback] = ()
    keeps: Keeps = Keeps.ALL

    @property
    def untold(self) -> list[str]:
        """What no setting tells, so that the run cannot be found again by its own."""
        there = {"network": self.network, "callbacks": self.callbacks}
        return [name for name, value in there.items() if value]

    def before(self) -> "Given":
        """The same for a run that has to be trained before, and is read again."""
        return dataclasses.replace(self, callbacks=(), keeps=Keeps.ALL)
