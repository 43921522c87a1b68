"""A figure of the paper, or of a run: `lnl-sr figure 3`."""

import pathlib
from collections.abc import Callable

from lnl_sr_tf import config, quiet
from lnl_sr_tf.commands import backend, grids
from lnl_sr_tf.commands.option import Option, Request
from lnl_sr_tf.errors import InputError, RunError

_OF_RUN = ("confusion", "memorisation", "reliability", "transition")

USAGE = "figure NUMBER|NAME [RUN ...] [--name=value ...]"
MEANING = (
    "draw figure 1 to 5 of the paper, after training what is missing; or of the "
    f"folders of finished runs the figures {', '.join(_OF_RUN)}; as PNG and SVG"
)
ARGUMENTS = (1, 10_000)
OPTIONS = (
    Option("train", bool, True, "train what is missing; else leave gaps"),
    Option("dry_run", bool, False, "show which runs would be trained, and train none"),
)


def run(request: Request, tell: Callable[[str], None]) -> None:
    """Draw, and tell where.

    Args:
        request: a `lnl_sr_tf.commands.option.Request`.
        tell: called with each line of the result.
    """
    what, *paths = request.arguments
    known = config.published.numbers("figures")
    if what in _OF_RUN:
        _of_runs(what, paths, request.settings, tell)
        return
    if what not in known:
        raise InputError(
            f"figure {what}: expected one of {', '.join((*known, *_OF_RUN))}"
        )
    if paths:
        raise InputError(
            f"unexpected argument {paths[0]!r}: figure {what} finds its runs by itself"
        )
    made = config.published.configs("figures", what, request.settings)
    grids.tell_of_loss_args(request.settings, made)
    with grids.trained(made, request.options) as runs:
        if runs is None:
            return
        folders = {c.run_name: folder for c, folder in runs}
        backend.start()
        with quiet.notices():
            from lnl_sr_tf.reporting import figures_from_runs
        for dataset in dict.fromkeys(c.dataset for c, _ in runs):
            of_it = [
                [(c, folders[c.run_name]) for c in grid if c.dataset == dataset]
                for grid in made
            ]
            first = of_it[0][0][0]
            place = pathlib.Path(first.output_dir).expanduser() / "figures"
            make_folder(place)
            stem = place / f"figure_{what}-{first.dataset_name}"
            for path in figures_from_runs.of_paper(what, of_it, stem, grids.tell):
                tell(str(path))


def _of_runs(what, paths, settings, tell):
    if not paths:
        raise InputError(f"figure {what}: of which run? lnl-sr figure {what} RUN ...")
    for name in settings.keys() - {"data_dir"}:
        raise InputError(
            f"--{name} has no effect on figure {what}, which is of runs as they are; "
            "--data_dir says where their data is now"
        )
    data_dir = settings.get("data_dir")
    backend.start()
    with quiet.notices():
        from lnl_sr_tf.reporting import figures_from_runs
    for run in [figures_from_runs.FinishedRun(path, data_dir) for path in paths]:
        make_folder(run.folder.figures)
        drawn = figures_from_runs.OF_RUN[what](run, run.folder.figures / what)
        if drawn is None:
            tell(f"{run.folder.path}: no label is known to be wrong, so no {what}")
        for path in drawn or ():
            tell(str(path))


def make_folder(path: pathlib.Path) -> None:
    """Make a folder, unless it is there.

    Raises:
        RunError: if it cannot be made.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RunError(f"cannot make {path}: {error.strerror or error}") from error
