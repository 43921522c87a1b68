"""What fits into the memory of this machine."""

import os

from lnl_sr_tf.errors import InputError


def check_memory(size: int, what: str, advice: str) -> None:
    """Raise InputError if something is larger than all memory.

    Args:
        size: in bytes.
        what: what has that size, with its verb, for the message.
        advice: what to do instead, for the message.

    Example:
        >>> check_memory(1000, "images of x.npz take", "use a smaller image_size")
    """
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    if size > memory:
        raise InputError(
            f"{what} {size / 2**30:.1f} GiB, more than the memory of "
            f"{memory / 2**30:.1f} GiB; {advice}"
        )
