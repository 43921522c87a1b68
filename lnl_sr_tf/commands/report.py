"""A page about runs: `lnl-sr report runs/`."""

import pathlib
from collections.abc import Callable

from lnl_sr_tf import quiet
from lnl_sr_tf.commands import backend, grids
from lnl_sr_tf.commands.request import Request
from lnl_sr_tf.config.flag import Flag

USAGE = "report RUN_OR_FOLDER ... [--out=FILE] [--data_dir=FOLDER]"
MEANING = (
    "write one self-contained HTML file about finished runs: settings, what they "
    "differ in, curves, tables and figures"
)
ARGUMENTS = (1, 10_000)
SETTINGS = ("data_dir",)
OPTIONS = (
    Flag(
        "out",
        str,
        "",
        "the file to write (default: report.html in the first folder)",
    ),
)


def run(request: Request, tell: Callable[[str], None]) -> None:
    """Write the report, and tell its file."""
    backend.start()
    with quiet.notices():
        from lnl_sr_tf.reporting import report
    path = request.options["out"] or report.default_path(request.arguments)
    path = pathlib.Path(path).expanduser()
    data_dir = request.settings.get("data_dir")
    report.write(path, request.arguments, data_dir, grids.tell)
    tell(str(path))
