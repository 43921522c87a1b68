"""Arrays that hold images, checked and as uint8."""

import pathlib
from collections.abc import Callable

import numpy as np

from lnl_sr_tf.errors import InputError

_CHUNK = 4096  # images at a time: a float copy of all of them would not fit
# The largest value of images that were scaled to [0, 1] is above this.
_DARK = 4 / 255


def checked_images(
    path: pathlib.Path | str,
    arrays: dict[str, np.ndarray],
    name: str,
    tell: Callable[[str], None],
) -> np.ndarray:
    """The images of one array, as uint8 of shape (n, height, width, channels).

    Args:
        path: of the file, for messages.
        arrays: those of the file; this one is taken out of the dict, to save memory.
        name: of the array.
        tell: called with a line where numbers of another type are converted.

    Raises:
        InputError: if its shape is not that of images, or numbers are out of range.
    """
    images = arrays.pop(name)
    where = f"{path}: {name}"
    if images.ndim == 3:
        images = images[..., None]
    if images.ndim != 4 or not images.size:
        raise InputError(
            f"{where}: expected images of shape (n, height, width, channels); received "
            f"{images.shape}; numpy.reshape makes images of flat rows"
        )
    if images.shape[-1] not in (1, 3):
        turned = images.shape[1] in (1, 3)
        raise InputError(
            f"{where}: expected 1 or 3 channels, last; received the shape "
            f"{images.shape}"
            + (f"; numpy.moveaxis({name}, 1, -1) turns it" if turned else "")
        )
    if images.dtype == np.uint8:
        return images
    if images.dtype.kind not in "iufb":
        raise InputError(f"{where}: expected numbers; received {images.dtype}")
    if images.dtype == bool:
        return images.astype(np.uint8) * np.uint8(255)
    return _as_uint8(where, images, tell)


def _as_uint8(
    where: str, images: np.ndarray, tell: Callable[[str], None]
) -> np.ndarray:
    """Floats in [0, 1], or whole numbers in [0, 255], in chunks to save memory."""
    low, high = images.min(), images.max()  # NaN, where there is one
    if not np.isfinite([low, high]).all():
        count = sum(
            int((~np.isfinite(images[i : i + _CHUNK])).sum())
            for i in range(0, len(images), _CHUNK)
        )
        raise InputError(f"{where}: {count} numbers are NaN or infinite; remove them")
    scale = 1
    if images.dtype.kind == "f" and high <= 1:
        scale = 255
    whole = images.dtype.kind != "f" or scale == 255 or _whole_numbers(images)
    if low < 0 or high > 255 or not whole:
        raise InputError(
            f"{where}: expected uint8, or floats in [0, 1]; received {images.dtype} "
            f"from {low:.6g} to {high:.6g}"
        )
    if images.dtype.kind == "f" and 0 < high < _DARK and low < high:
        raise InputError(
            f"{where}: floats from {low:.3g} to {high:.3g}, almost black; expected "
            "uint8, or floats in [0, 1]: were they divided by 255 twice?"
        )
    made = np.empty(images.shape, np.uint8)
    for start in range(0, len(images), _CHUNK):
        part = slice(start, start + _CHUNK)
        made[part] = np.rint(images[part] * scale)
    what = "floats in [0, 1], times 255" if scale == 255 else f"{images.dtype} numbers"
    tell(f"{where}: {what}, converted to uint8")
    return made


def _whole_numbers(images: np.ndarray) -> bool:
    return all(
        (images[i : i + _CHUNK] == np.rint(images[i : i + _CHUNK])).all()
        for i in range(0, len(images), _CHUNK)
    )
