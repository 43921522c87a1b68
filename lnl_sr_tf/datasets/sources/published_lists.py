"""Lists of files with which published datasets are distributed."""

import os
import pathlib

from lnl_sr_tf.errors import InputError


def check_data_dir(name: str, data_dir: str | None) -> str:
    """The folder of a dataset that is distributed with lists.

    Raises:
        InputError: if none was given.
    """
    if not data_dir:
        raise InputError(
            f"dataset {name}: pass data_dir=FOLDER, the folder that holds it"
        )
    return data_dir


def check_file(path: pathlib.Path | str, where: str) -> str:
    """The path of a file that a list names.

    Args:
        path: of the file.
        where: the line of the list, for the message.

    Raises:
        InputError: if there is no such file.
    """
    if not os.path.isfile(path):
        raise InputError(f"{where}: there is no file {path}")
    return str(path)


def read_pairs(path: pathlib.Path) -> list[tuple[str, int, int]]:
    """(file, label, line number) of the lines `FILE LABEL`.

    Args:
        path: the list.

    Raises:
        InputError: if it cannot be read, or a label is not a whole number.
    """
    pairs = []
    for number, line in read_lines(path):
        name, _, label = line.rpartition(" ")
        if not name.strip() or not label.isdecimal():
            raise InputError(
                f"{path}, line {number}: expected FILE LABEL, the label a whole "
                f"number; received {line[:80]!r}"
            )
        pairs.append((name.strip(), int(label), number))
    return pairs


def read_mapping(path: pathlib.Path) -> dict[str, int]:
    """The label of each file, from lines as for `read_pairs`.

    Raises:
        InputError: also if a file has two labels.
    """
    found: dict[str, int] = {}
    for name, label, number in read_pairs(path):
        if found.setdefault(name, label) != label:
            raise InputError(
                f"{path}, line {number}: {name} has the label {label}, and "
                f"{found[name]} in an earlier line; expected one"
            )
    return found


def read_lines(path: pathlib.Path) -> list[tuple[int, str]]:
    """(line number, text) of the lines that are not empty.

    Raises:
        InputError: if it cannot be read.
    """
    try:
        text = path.read_text("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(f"{path} is not UTF-8 text") from None
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from None
    lines = enumerate(text.splitlines(), 1)
    return [(number, line.strip()) for number, line in lines if line.strip()]
