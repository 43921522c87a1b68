"""What a Python program trains by: `lnl.train`, and a classifier for scikit-learn."""

import importlib
from typing import TYPE_CHECKING, Any

from lnl_sr_tf import quiet
from lnl_sr_tf.python.train import train

if TYPE_CHECKING:
    from lnl_sr_tf.python.classifier import NoisyLabelClassifier

__all__ = ["NoisyLabelClassifier", "train"]


def __getattr__(name: str) -> Any:
    """Import the classifier at its first use: it takes Keras."""
    if name != "NoisyLabelClassifier":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    quiet.start_first()
    return importlib.import_module(f"{__name__}.classifier").NoisyLabelClassifier
