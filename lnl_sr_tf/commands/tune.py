"""Choose loss, λ0, p and τ on your own data: `lnl-sr tune --dataset=photos/`."""

from collections.abc import Callable

from lnl_sr_tf import quiet, tuning
from lnl_sr_tf.commands import backend, grids
from lnl_sr_tf.commands.request import Request
from lnl_sr_tf.config.flag import Flag
from lnl_sr_tf.tuning.space import LOSSES, Space

USAGE = "tune [--trials=N] [--name=value ...]"
MEANING = (
    "choose loss, λ0, p and τ by accuracy on held-out examples with their given, noisy "
    "labels; the same command goes on with a search that was cut off, and several at "
    "a time share it; needs Optuna"
)
ARGUMENTS = (0, 0)
OPTIONS = (
    Flag(
        "trials",
        int,
        30,
        "the total number of trials, earlier ones included; the recipes come first",
        interval="[1, inf)",
    ),
)
DEFAULTS = {"loss": LOSSES}


def run(request: Request, tell: Callable[[str], None]) -> None:
    """Search, and tell what was found."""
    tuning.check_installed()
    # Settled once before Keras is imported: a mistake is answered at once.
    space = Space(request.settings)
    grids.check_data(list(space.recipes.values()))
    backend.start()
    with quiet.notices():
        from lnl_sr_tf.tuning import search
    search.run(space, request.options["trials"], tell, grids.tell)
