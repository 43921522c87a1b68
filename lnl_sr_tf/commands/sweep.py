"""Train every combination of the settings that have several values."""

from collections.abc import Callable

from lnl_sr_tf import config, quiet
from lnl_sr_tf.commands import backend, grids
from lnl_sr_tf.commands.request import Request
from lnl_sr_tf.config.flag import Flag

USAGE = "[sweep] [--name=value ...]"
MEANING = (
    "train every combination of the settings that have several values, and print the "
    "results side by side; this is what happens without a command"
)
ARGUMENTS = (0, 0)
OPTIONS = (
    Flag(
        "dry_run",
        bool,
        False,
        "show which runs would be trained, and how long that would take, judged by "
        "those that are done; train none",
    ),
)
# A newcomer sees both at once; everything else has its default in `config`.
DEFAULTS = {"loss": ["ce", "ce_sr"]}


def run(request: Request, tell: Callable[[str], None]) -> None:
    """Train the grid of the settings, or only show it."""
    settings = DEFAULTS | request.settings
    # Settled once before Keras is imported: a mistake is answered at once.
    made = config.grid(settings)
    grids.check_data(made)
    if request.options["dry_run"]:
        for line in (*config.loss_args.told(settings, made), *grids.foreseen(made)):
            tell(line)
        return
    backend.start(made[0].sweep_on)
    with quiet.notices():
        from lnl_sr_tf import sweep
    sweep.run(settings, tell)
