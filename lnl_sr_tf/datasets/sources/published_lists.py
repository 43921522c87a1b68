"""Lists of files as data sets of the literature are distributed with them."""

from lnl_sr_tf.errors import InputError


def read_pairs(path):
    """Lines `FILE LABEL`, the label a whole number.

    Args:
        path: the list, a `pathlib.Path`.

    Returns:
        List of (file, label, line number).

    Raises:
        InputError: if the list cannot be read, or a line is malformed.
    """
    pairs = []
    for number, line in read_lines(path):
        name, _, label = line.rpartition(" ")
        if not name.strip() or not label.isdecimal():
            raise InputError(
                f"{path}, line {number}: expected FILE LABEL, the label a whole "
                "number; "
                f"received {line[:80]!r}"
            )
        pairs.append((name.strip(), int(label), number))
    return pairs


def read_mapping(path):
    """Dict from a file to its label, of lines as for `read_pairs`.

    Raises:
        InputError: also if a file has two labels.
    """
    found = {}
    for name, label, number in read_pairs(path):
        if found.setdefault(name, label) != label:
            raise InputError(
                f"{path}, line {number}: {name} has the label {label}, and "
                f"{found[name]} in a line before; expected one"
            )
    return found


def read_lines(path):
    """List of (number, text) of the lines that are not empty."""
    try:
        text = path.read_text("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(f"{path} is no text in UTF-8") from None
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from None
    lines = enumerate(text.splitlines(), 1)
    return [(number, line.strip()) for number, line in lines if line.strip()]
