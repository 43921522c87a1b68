"""A ledger of finished runs: `lnl-sr ledger add runs/`."""

from collections.abc import Callable

from lnl_sr_tf.commands.request import Request
from lnl_sr_tf.config.flag import Flag
from lnl_sr_tf.errors import InputError

USAGE = "ledger add RUN_OR_FOLDER ... [--ledger=FILE] [--commit=COMMIT]"
MEANING = (
    "add a row for each finished run to a ledger, a CSV that table and figure read in "
    "place of run folders; a run that is there already is not added again"
)
ARGUMENTS = (2, 10_000)
SETTINGS = ()
OPTIONS = (
    Flag(
        "ledger",
        str,
        "results/ledger.csv",
        "the file to add to, made where there is none",
    ),
    Flag(
        "commit",
        str,
        "",
        "the commit of the code that trained the runs, for those that do not tell, as "
        "runs of earlier versions (default: none)",
    ),
)


def run(request: Request, tell: Callable[[str], None]) -> None:
    """Add the rows, and tell which."""
    # Neither Keras nor TensorFlow is needed, so neither is imported.
    from lnl_sr_tf.runs import ledger
    from lnl_sr_tf.runs.folder import RunFolder, folders_in

    action, *paths = request.arguments
    if action != "add":
        raise InputError(f"ledger {action}: expected ledger add RUN_OR_FOLDER ...")
    folders, unfinished = [], []
    for path in paths:
        inside = [] if RunFolder(path).begun() else folders_in(path)
        ended = [one for one in inside if (one.summary() or {}).get("finished")]
        # Of a folder of runs those that are finished; one that is named must be.
        folders += ended if inside else [RunFolder(path)]
        unfinished += [one for one in inside if one not in ended]
    path = request.options["ledger"]
    added = ledger.add(path, folders, request.options["commit"])
    for folder, new in zip(folders, added, strict=True):
        tell(f"{folder.path}: {'added' if new else 'is there already'}")
    for folder in unfinished:
        tell(f"{folder.path}: not finished, left out")
    tell(f"{path}: {sum(added)} of {len(folders)} runs added")
