"""Draw a figure of the paper, or of a run: `lnl-sr figure 3`."""

import pathlib
from collections.abc import Callable

from lnl_sr_tf import config, quiet
from lnl_sr_tf.commands import backend, grids
from lnl_sr_tf.commands.request import Request
from lnl_sr_tf.errors import InputError

_OF_RUN = ("confusion", "memorisation", "reliability", "transition")
# Those of the paper that need networks and data, not numbers alone.
_OF_FEATURES = ("1", "5")

USAGE = "figure NUMBER|NAME [RUN ...] [--name=value ...]"
MEANING = (
    "draw figure 1 to 5 of the paper, after training what is missing; or, for the "
    f"folders of finished runs, the figure {', '.join(_OF_RUN)}; as PNG and SVG"
)
ARGUMENTS = (1, 10_000)
OPTIONS = grids.OPTIONS


def run(request: Request, tell: Callable[[str], None]) -> None:
    """Draw, and tell the files."""
    what, *paths = request.arguments
    known = config.published.numbers("figures")
    if request.options["ledger"] and what in (*_OF_RUN, *_OF_FEATURES):
        raise InputError(
            f"--ledger has no effect on figure {what}, which needs the networks of "
            "runs; a ledger has the numbers of figures "
            f"{', '.join(name for name in known if name not in _OF_FEATURES)}"
        )
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
    with grids.trained(made, request.options, with_curves=True) as runs:
        if runs is None:
            return
        folders = {c.run_name: folder for c, folder in runs}
        backend.start()
        with quiet.notices():
            from lnl_sr_tf.files import make_folder
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
        raise InputError(f"missing argument; usage: lnl-sr figure {what} RUN ...")
    for name in settings.keys() - {"data_dir"}:
        raise InputError(
            f"--{name} has no effect on figure {what}, which shows finished runs; "
            "--data_dir says where their data is now"
        )
    data_dir = settings.get("data_dir")
    backend.start()
    with quiet.notices():
        from lnl_sr_tf.files import make_folder
        from lnl_sr_tf.reporting import figures_from_runs
    for run in [figures_from_runs.FinishedRun(path, data_dir) for path in paths]:
        make_folder(run.folder.figures)
        drawn = figures_from_runs.OF_RUN[what].draw(run, run.folder.figures / what)
        if drawn is None:
            tell(
                f"{run.folder.path}: no label is known to be wrong, so there is no "
                "figure"
            )
        for path in drawn or ():
            tell(str(path))
