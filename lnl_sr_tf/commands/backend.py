"""The backend of Keras, chosen before Keras is imported."""

import difflib
import importlib.util
import os

from lnl_sr_tf import quiet
from lnl_sr_tf.errors import InputError

_BACKENDS = ("tensorflow", "jax", "torch")


def choose() -> str:
    """The backend's name: TensorFlow unless KERAS_BACKEND names another.

    What keras.json says does not count.

    Raises:
        InputError: if it does not exist or is not installed.
    """
    backend = os.environ.setdefault("KERAS_BACKEND", _BACKENDS[0])
    if backend not in _BACKENDS:
        close = difflib.get_close_matches(backend, _BACKENDS, n=1)
        hint = f"; did you mean {close[0]}?" if close else ""
        raise InputError(
            f"KERAS_BACKEND={backend}: expected one of {', '.join(_BACKENDS)}{hint}"
        )
    if importlib.util.find_spec(backend) is None:
        raise InputError(
            f"KERAS_BACKEND={backend}: it is not installed; pip install {backend}"
        )
    return backend


def start(sweep_on: str = "here") -> None:
    """Get ready for training, without notices.

    Args:
        sweep_on: where runs are trained; unless `here`, not in this process.
    """
    backend = choose()
    if sweep_on == "here":
        quiet.start(backend)


def start_tensorflow() -> None:
    """Get ready for what TensorFlow alone does, whatever KERAS_BACKEND says.

    Raises:
        InputError: if it is not installed.
    """
    os.environ["KERAS_BACKEND"] = _BACKENDS[0]
    start()
