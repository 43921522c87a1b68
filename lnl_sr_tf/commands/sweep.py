"""Train every combination of the settings that have several values."""

from collections.abc import Callable

from lnl_sr_tf import config, quiet
from lnl_sr_tf.commands import backend, grids
from lnl_sr_tf.commands.option import Option, Request

USAGE = "[sweep] [--name=value ...]"
MEANING = (
    "train every combination of the settings that have several values, and put the "
    "results side by side; without a command, too"
)
ARGUMENTS = (0, 0)
OPTIONS = (
    Option(
        "dry_run",
        bool,
        False,
        "show which runs would be trained, and how long they would take by those that "
        "are done, and train none",
    ),
)
# A newcomer sees both at once; everything else has its default in `config`.
DEFAULTS = {"loss": ["ce", "ce_sr"]}


def run(request: Request, tell: Callable[[str], None]) -> None:
    """Train, or show, the grid of the settings.

    Args:
        request: a `lnl_sr_tf.commands.option.Request`.
        tell: called with each line for the person who waits.
    """
    settings = DEFAULTS | request.settings
    # Settled once before Keras is imported: a typo is answered at once.
    made = config.grid(settings)
    if request.options["dry_run"]:
        for line in (*config.loss_args.told(settings, made), *grids.foreseen(made)):
            tell(line)
        return
    backend.start(made[0].sweep_on)
    with quiet.notices():
        from lnl_sr_tf import sweep
    sweep.run(settings, tell)
