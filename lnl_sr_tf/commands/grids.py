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

OPTIONS = (
    Flag("train", bool, True, "train what is missing; otherwise leave gaps"),
    Flag("dry_run", bool, False, "show which runs would be trained, and train none"),
)


@contextlib.contextmanager
def trained(
    grids: Sequence[Sequence[Config]], options: Mapping[str, Any]
) -> Iterator[list[tuple[Config, "RunFolder"]] | None]:
    """Train what is missing, unless the options say otherwise.

    Args:
        grids: the settings of runs, perhaps in several grids.
        options: `train` and `dry_run`.

    Yields:
        (config, folder) of all runs, each once; None after a dry run. If some runs
        failed, RunError is raised after the block.
    """
    configs = list({c.run_name: c for grid in grids for c in grid}.values())
    if options["dry_run"]:
        for line in foreseen(configs):
            print(line, flush=True)
        yield None
        return
    from lnl_sr_tf.runs.identity import folder_of

    known: dict[tuple, Any] = {}
    with looking():
        runs = [(config, folder_of(config, known)) for config in configs]
    problem = None
    if options["train"] and not all(folder.finished() for _, folder in runs):
        backend.start(configs[0].sweep_on)
        with quiet.notices():
            from lnl_sr_tf import sweep
        try:
            sweep.train(configs, tell)
        except RunError as error:
            problem = error
    yield runs
    if problem:
        raise problem


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
