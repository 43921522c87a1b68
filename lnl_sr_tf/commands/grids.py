"""The runs of a table or a figure: trained where they are missing, or only listed."""

import contextlib
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from lnl_sr_tf import quiet
from lnl_sr_tf.commands import backend
from lnl_sr_tf.config import Config, loss_args
from lnl_sr_tf.config.flag import Flag
from lnl_sr_tf.errors import RunError

if TYPE_CHECKING:
    from lnl_sr_tf.runs.folder import RunFolder
    from lnl_sr_tf.runs.ledger_row import LedgerRun

OPTIONS = (
    Flag(
        "train",
        bool,
        None,
        "train what is missing; otherwise leave gaps (default: true; false with "
        "--ledger)",
    ),
    Flag(
        "ledger",
        str,
        "",
        "a ledger, whose rows count as finished runs beside those in --output_dir "
        "(default: none)",
    ),
    Flag("dry_run", bool, False, "show which runs would be trained, and train none"),
)


@contextlib.contextmanager
def trained(
    grids: Sequence[Sequence[Config]],
    options: Mapping[str, Any],
    with_curves: bool = False,
) -> Iterator[list[tuple[Config, "RunFolder | LedgerRun"]] | None]:
    """Train what is missing, unless the options say otherwise.

    Args:
        grids: the settings of runs, perhaps in several grids.
        options: `train`, `ledger` and `dry_run`.
        with_curves: whether only those rows of a ledger count that have a curve.

    Yields:
        (config, folder) of all runs, each once; in place of a folder the row of a
        ledger where that has the run; None after a dry run. If some runs failed,
        RunError is raised after the block.
    """
    configs = list({c.run_name: c for grid in grids for c in grid}.values())
    known: dict[tuple, Any] = {}
    rows = _in_ledger(options["ledger"], configs, known, with_curves)
    others = [c for c in configs if c.run_name not in rows]
    if options["dry_run"]:
        if rows:
            print(f"{len(rows)} runs are in {options['ledger']}", flush=True)
        for line in foreseen(others) if others else ():
            print(line, flush=True)
        yield None
        return
    from lnl_sr_tf.runs.identity import folder_of

    with looking():
        folders = {c.run_name: folder_of(c, known) for c in others}
    runs = [(c, rows.get(c.run_name) or folders[c.run_name]) for c in configs]
    problem = None
    train = options["train"]
    if train is None:
        train = not options["ledger"]
    if train and not all(folder.finished() for folder in folders.values()):
        backend.start(configs[0].sweep_on)
        with quiet.notices():
            from lnl_sr_tf import sweep
        try:
            sweep.train(others, tell)
        except RunError as error:
            problem = error
    yield runs
    if problem:
        raise problem


def _in_ledger(
    path: str, configs: Sequence[Config], known: dict[tuple, Any], with_curves: bool
) -> dict[str, "LedgerRun"]:
    """The rows of a ledger for runs, by the runs' names; of several the last."""
    if not path:
        return {}
    from lnl_sr_tf.runs.ledger import Ledger

    ledger = Ledger.read(path)
    found = {}
    without = 0
    with looking():
        for config in configs:
            rows = ledger.of(config, known)
            curves = [row for row in rows if row.rows()]
            without += bool(rows and not curves)
            if chosen := curves if with_curves else rows:
                found[config.run_name] = chosen[-1]
            if len(chosen) > 1:
                lines = ", ".join(str(row.line) for row in chosen)
                tell(
                    f"{ledger.path}: lines {lines} are of the same settings and seed; "
                    "the last counts"
                )
    if with_curves and without:
        tell(
            f"{ledger.path}: {without} of these runs are there without a curve, from "
            "before ledgers kept them; of those a figure needs the run's folder"
        )
    return found


def check_data(configs: Sequence[Config]) -> None:
    """Raise InputError if a dataset is unknown or not there, before Keras is imported.

    Args:
        configs: the settings of runs.
    """
    from lnl_sr_tf import datasets

    named = {c.dataset for c in configs} | {c.open_set for c in configs if c.open_set}
    for name in sorted(named):
        datasets.check(name)


def foreseen(configs: Sequence[Config]) -> list[str]:
    """The lines of `lnl_sr_tf.sweep.forecast` about runs."""
    from lnl_sr_tf.sweep import forecast

    with looking():
        return forecast.lines(configs)


@contextlib.contextmanager
def looking() -> Iterator[None]:
    """Hold back notices: finding run folders may read data, with TensorFlow."""
    backend.choose()
    with quiet.notices():
        yield


def tell_of_loss_args(
    settings: dict[str, Any], grids: Sequence[Sequence[Config]]
) -> None:
    """Tell which losses `--loss_args` is for, unless it is for all."""
    for line in loss_args.told(settings, [c for grid in grids for c in grid]):
        tell(line)


def tell(line: str) -> None:
    """Print to standard error; standard output is for the result."""
    print(line, file=sys.stderr, flush=True)
