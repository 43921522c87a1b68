"""What a file of texts or of a table holds, in a few letters."""

import hashlib
import pathlib

from lnl_sr_tf.errors import InputError


def fingerprint(path: pathlib.Path | str) -> str:
    """That of a file, of all its bytes.

    Raises:
        InputError: if it cannot be read.
    """
    try:
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()[:16]
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from None
