"""Files of several annotators' votes."""

import os
import pathlib
from collections.abc import Callable

from lnl_sr_tf.datasets.sources.votes_csv import votes_from_csv
from lnl_sr_tf.datasets.sources.votes_npz import votes_from_npz
from lnl_sr_tf.errors import InputError
from lnl_sr_tf.votes import Votes

_READERS = {".csv": votes_from_csv, ".npz": votes_from_npz}


def read_votes(path: os.PathLike | str, tell: Callable[[str], None] = print) -> Votes:
    """The votes of a .csv, as by `votes_from_csv`, or an .npz, as by `votes_from_npz`.

    Args:
        path: the file.
        tell: called with each line about what was found.

    Raises:
        InputError: if there is no such file, or it does not hold votes.

    Example::

        found = lnl.crowd(lnl.datasets.read_votes("votes.csv"))
    """
    path = pathlib.Path(os.path.expanduser(path))
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise InputError(
            f"{path}: expected a file of votes, .csv or .npz"
            + ("; this is a folder" if path.is_dir() else "")
        )
    if not path.is_file():
        raise InputError(f"{path}: there is no such file")
    return reader(path, tell)
