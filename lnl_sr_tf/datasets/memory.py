"""What fits into the memory of this machine."""

import os

from lnl_sr_tf.errors import InputError


def check_memory(size, what, advice):
    """Raise InputError if something is larger than all memory.

    Args:
        size: its bytes.
        what: it, with its verb, for the message.
        advice: what would do instead.

    Example:
        >>> check_memory(2**50, "data.npz unfolds to", "leave some of it out")
    """
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    if size > memory:
        raise InputError(
            f"{what} {size / 2**30:.1f} GiB, more than the memory of "
            f"{memory / 2**30:.1f} GiB; {advice}"
        )
