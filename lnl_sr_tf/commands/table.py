"""A table of the paper with our results beside it: `lnl-sr table 1`."""

from collections.abc import Callable

from lnl_sr_tf import config
from lnl_sr_tf.commands import grids
from lnl_sr_tf.commands.request import Request
from lnl_sr_tf.config.flag import Flag

USAGE = "table NUMBER [--name=value ...]"
MEANING = (
    "train what is missing of table 1 to 5 of the paper, and print it with the paper's "
    "numbers beside ours"
)
ARGUMENTS = (1, 1)
OPTIONS = (
    Flag(
        "format",
        str,
        "text",
        "how the table is printed: text, markdown, csv, latex; all else goes to "
        "standard error",
        choices=("text", "markdown", "csv", "latex"),
    ),
    Flag(
        "trace",
        bool,
        False,
        "tell of each number, on standard error, from which line of a ledger or which "
        "run folder it is, and the commit and the command of the run",
    ),
    *grids.OPTIONS,
)


def run(request: Request, tell: Callable[[str], None]) -> None:
    """Print a table, after training what is missing."""
    (number,) = request.arguments
    made = config.published.configs("tables", number, request.settings)
    grids.tell_of_loss_args(request.settings, made)
    with grids.trained(made, request.options) as runs:
        if runs is None:
            return
        from lnl_sr_tf.analysis import paper_table, table_formats, trace

        tables = paper_table.collect(number, runs)
        if request.options["format"] == "csv":
            tell(table_formats.as_csv(tables))
        else:
            write = getattr(table_formats, request.options["format"])
            tell("\n\n".join(write(table) for table in tables))
        for line in trace.lines(runs) if request.options["trace"] else ():
            grids.tell(line)
