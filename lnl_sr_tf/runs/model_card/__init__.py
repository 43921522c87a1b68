"""The model card of a run: `README.md`, made of `config.json` and `summary.json`.

It is what the Hugging Face hub shows of a model: metadata in YAML, then a page.
"""

import pathlib
import shutil
from collections.abc import Mapping, Sequence
from typing import Any

from lnl_sr_tf.errors import InputError, RunError
from lnl_sr_tf.files import make_folder, whole_file
from lnl_sr_tf.runs import finished
from lnl_sr_tf.runs.folder import RunFolder
from lnl_sr_tf.runs.model_card import metadata, page
from lnl_sr_tf.runs.model_card.facts import Facts


def text(
    folder: RunFolder, summary: Mapping[str, Any], figures: Sequence[str] = ()
) -> str:
    """The model card of a run that has ended.

    Args:
        folder: the run's, of which `config.json` is read.
        summary: what `summary.json` holds, or will.
        figures: the names of those that the run has drawn.
    """
    config = finished.config_of(folder)
    facts = Facts(config, folder.config() or {}, summary, figures)
    return metadata.text(facts) + "\n" + page.text(facts)


def write_at_end(folder: RunFolder, summary: Mapping[str, Any]) -> None:
    """Write the card of a run whose figures are drawn, before `summary.json`.

    One that is there stays: a person may have changed it.

    Raises:
        RunError: if it cannot be written.
    """
    if folder.kept and not folder.model_card.exists():
        made = text(folder, summary, _figures(folder))
        folder.write_model_card(made.encode(errors="replace").decode())


def write(folder: RunFolder, output: pathlib.Path | None = None) -> pathlib.Path:
    """Write the card of a finished run, of any version.

    Args:
        folder: the run's.
        output: the folder to write to, with the figures; by default the run's.

    Returns:
        The file.

    Raises:
        InputError: if the run is not finished, or another text stands there, which a
            person may have written.
        RunError: if it cannot be written.

    Example:
        write(RunFolder("runs/digits-ce_sr-sym0.6-seed1-0a1b2c3d"))
    """
    finished.check(folder)
    figures = _figures(folder)
    made = text(folder, folder.summary() or {}, figures).encode(errors="replace")
    path = folder.model_card if output is None else output / folder.model_card.name
    try:
        there = path.read_bytes() if path.is_file() else made
    except OSError as error:
        raise RunError(f"{path} cannot be read: {error.strerror or error}") from error
    if there != made:
        raise InputError(
            f"{path} is there and says something else, as one does that a person has "
            "changed; move it away, or name another folder by --output"
        )
    if output is not None:
        make_folder(output)
        _copy(folder, figures, output)
    with whole_file(path) as file:
        file.write(made)
    return path


def _figures(folder: RunFolder) -> list[str]:
    return [name for name in page.FIGURES if (folder.figures / name).is_file()]


def _copy(folder: RunFolder, figures: list[str], output: pathlib.Path) -> None:
    place = output / folder.figures.name
    try:
        for name in figures:
            place.mkdir(exist_ok=True)
            source, target = folder.figures / name, place / name
            if target.exists() and target.read_bytes() != source.read_bytes():
                raise InputError(
                    f"{target} is there and is another figure; move it away, or name "
                    "another folder by --output"
                )
            shutil.copyfile(source, target)
    except OSError as error:
        raise RunError(f"cannot write {place}: {error.strerror or error}") from error
