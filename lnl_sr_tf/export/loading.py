"""A SavedModel that is loaded to be asked, never trained."""

import logging
import pathlib
from typing import Any


def load(path: pathlib.Path | str) -> Any:
    """`tf.saved_model.load`, without the notice that there are no gradients.

    Args:
        path: the folder.

    Example:
        load("runs/.../saved_model").signatures["serving_default"]
    """
    import tensorflow as tf

    logger = logging.getLogger("absl")
    logger.addFilter(_matters)
    try:
        return tf.saved_model.load(str(path))
    finally:
        logger.removeFilter(_matters)


def _matters(record: logging.LogRecord) -> bool:
    return not record.getMessage().startswith("Importing a function")
