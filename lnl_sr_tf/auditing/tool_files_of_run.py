"""The files of an audited run for labelling tools, with its images, texts or rows."""

import pathlib
from collections.abc import Sequence

from lnl_sr_tf.auditing import label_studio, review_table, tool_examples
from lnl_sr_tf.auditing.findings import Audit
from lnl_sr_tf.errors import InputError, RunError
from lnl_sr_tf.experiment.finished_run import FinishedRun

LABEL_STUDIO, TABLE = "label_studio", "csv"
KINDS = (LABEL_STUDIO, TABLE)


def kinds_of(text: str) -> tuple[str, ...]:
    """The kinds of files in `--to`, separated by commas; "" is none.

    Raises:
        InputError: if one is not known.

    Example:
        >>> kinds_of("label_studio, csv")
        ('label_studio', 'csv')
    """
    kinds = (
        tuple(dict.fromkeys(part.strip() for part in text.split(","))) if text else ()
    )
    for kind in kinds:
        if kind not in KINDS:
            raise InputError(
                f"--to={text}: expected {' or '.join(KINDS)}, or both with a comma; "
                f"received {kind!r}"
            )
    return kinds


def write(
    audit: Audit,
    run: pathlib.Path | str,
    folder: pathlib.Path,
    kinds: Sequence[str],
    number: int = 0,
    data_dir: str | None = None,
) -> list[pathlib.Path]:
    """Write `label_studio.json` and `label_studio.xml`, `review.csv`, or all of them.

    Args:
        audit: what was found about the run.
        run: its folder.
        folder: where to write; it must exist.
        kinds: of `KINDS`.
        number: how many of the most suspect labels; 0 for all.
        data_dir: where the run's data is now; by default where it was.

    Returns:
        The paths of the files.

    Raises:
        InputError: if the data is not where it was.
        RunError: if the data has changed, or a file cannot be written.

    Example:
        write(lnl.audit(run), run, pathlib.Path(run), ("label_studio",), number=200)
    """
    finished = FinishedRun(run, data_dir)
    try:
        examples = tool_examples.of_dataset(finished.dataset)
    except (InputError, RunError) as error:
        raise type(error)(
            f"--to={','.join(kinds)} shows the examples of {finished.folder.path}, "
            f"which cannot be read: {error}"
        ) from error
    written: list[pathlib.Path] = []
    if LABEL_STUDIO in kinds:
        path = folder / "label_studio.json"
        written += label_studio.write(audit, path, examples, number)
    if TABLE in kinds:
        path = folder / "review.csv"
        written.append(review_table.write(audit, path, examples, number))
    return written
