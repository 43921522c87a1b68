"""One array from an .npy file that is not trusted."""

import math
from typing import IO

import numpy as np

_HEADERS = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}


def read_npy(file: IO[bytes], size: int) -> np.ndarray:
    """The array of a .npy; never one that would have to be unpickled.

    Its header is checked first: it may claim more than any memory holds, and NumPy
    allocates that memory before it reads.

    Args:
        file: a binary file that can seek, at its beginning.
        size: how many bytes it holds.

    Returns:
        An array of numbers, text or anything else but objects.

    Raises:
        ValueError: if it is not an .npy, or is truncated, or holds objects.

    Example:
        with open("matrix.npy", "rb") as file:
            matrix = read_npy(file, os.path.getsize("matrix.npy"))
    """
    check_header(file, size)
    file.seek(0)
    return np.load(file, allow_pickle=False)


def check_header(file: IO[bytes], size: int) -> None:
    """Raise ValueError unless a .npy begins with what `read_npy` reads.

    Args:
        file: a binary file, at its beginning.
        size: how many bytes it holds.
    """
    version = np.lib.format.read_magic(file)
    if version not in _HEADERS:
        raise ValueError(f"a .npy of version {version} holds no plain numbers")
    try:
        shape, _, kind = _HEADERS[version](file)
    except (ValueError, EOFError):
        raise
    except Exception as error:  # from Python's parser, of many kinds
        raise ValueError(f"its header is damaged: {type(error).__name__}") from None
    if any(isinstance(side, bool) or side < 0 for side in shape):
        raise ValueError(f"its header claims the shape {shape}")
    if kind.hasobject:
        raise ValueError("it holds objects, which would have to be unpickled")
    if math.prod(shape) * max(1, kind.itemsize) > size:
        raise ValueError("its header claims more than is there")
