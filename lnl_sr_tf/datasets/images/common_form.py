"""The one form that images of differing size, colour and bit depth are read in."""

from collections.abc import Callable, Collection

import numpy as np

from lnl_sr_tf.datasets.images.image_rules import bit_depth
from lnl_sr_tf.datasets.images.inspection import Inspection

LARGEST_SIDE = 224  # pixels, unless image_size says otherwise


def common_channels(
    inspections: Collection[Inspection], tell: Callable[[str], None]
) -> int:
    """1 where all images are grey, else 3.

    Args:
        inspections: of all splits.
        tell: called with a line where grey images are taken as colour.
    """
    channels = np.concatenate([found.channels for found in inspections])
    grey = int((channels == 1).sum())
    if grey == len(channels):
        return 1
    if grey:
        tell(
            f"{grey} of {len(channels)} images are grey: taken as colour like the rest"
        )
    return 3


def common_bits(
    inspections: Collection[Inspection], tell: Callable[[str], None]
) -> int | None:
    """The bit depth of the values in 16-bit PNGs, the same for all; None for 16.

    Args:
        inspections: of all splits.
        tell: called with a line where it is below 16.
    """
    used = np.concatenate([found.bits for found in inspections])
    deep = int((used > 0).sum())
    bits = bit_depth(int(used.max()))
    if not deep or bits == 16:
        return None
    tell(
        f"{deep} of {len(used)} images are 16-bit PNGs whose values use {bits} bits: "
        f"all are taken as {bits}-bit images"
    )
    return bits


def common_size(
    inspections: Collection[Inspection], tell: Callable[[str], None]
) -> tuple[int, int]:
    """(height, width) of all images, or one to resize them to.

    That of the images where all have one; else a square with the median of their
    shorter sides. No side is longer than 224.

    Args:
        inspections: of all splits.
        tell: called with a line where images are resized.
    """
    sizes = np.concatenate(
        [np.stack([found.height, found.width], 1) for found in inspections]
    )
    height, width = (int(v) for v in np.median(sizes, axis=0))
    differ = (sizes != sizes[0]).any()
    if differ:
        side = min(int(np.median(sizes.min(axis=1))), LARGEST_SIDE)
        chosen = (side, side)
        what = f"of differing sizes (median {height}×{width})"
    else:
        shrink = min(1.0, LARGEST_SIDE / max(height, width))
        chosen = (max(1, round(height * shrink)), max(1, round(width * shrink)))
        what = f"of {height}×{width} pixels"
    if differ or chosen != (height, width):
        tell(
            f"images are {what}, resized to {chosen[0]}×{chosen[1]}; image_size sets "
            "another size"
        )
    return chosen
