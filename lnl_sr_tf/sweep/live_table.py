"""A table of a sweep that a terminal shows while its runs are trained."""

import contextlib
import sys
import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from lnl_sr_tf import quiet
from lnl_sr_tf.analysis.tables import percent
from lnl_sr_tf.config import Config
from lnl_sr_tf.duration import duration
from lnl_sr_tf.errors import InputError, RunError
from lnl_sr_tf.runs.folder import measured
from lnl_sr_tf.runs.identity import folder_of

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

_LOOK_EVERY = 2.0  # seconds
_OTHER_LINES = 8  # of the terminal, for messages above the table


@contextlib.contextmanager
def shown(
    configs: Sequence[Config], console: "Console | None" = None
) -> Iterator[None]:
    """On a terminal, show the table of several runs below the messages.

    Args:
        configs: of the runs.
        console: by default that of standard output.
    """
    if console is None and (len(configs) == 1 or not sys.stdout.isatty()):
        yield
        return
    # Imported here: a sweep without a terminal does not need it.
    from rich.console import Console
    from rich.live import Live

    console = console or Console()
    board = Board(configs)

    def render():
        return table(board.look(), console.height - _OTHER_LINES)

    with Live(
        get_renderable=render, console=console, refresh_per_second=1 / _LOOK_EVERY
    ):
        yield


class Board:
    """How far the runs of a sweep are, read from their folders.

    Args:
        configs: of the runs.

    Example:
        Board(lnl.config.grid({"loss": ["ce", "ce_sr"]})).look()["left"]
    """

    def __init__(self, configs: Sequence[Config]) -> None:
        self.configs = configs
        self._finished: dict[str, dict] = {}
        self._folders = _folders(configs)
        self._before: int | None = None
        self._start = time.monotonic()

    def look(self) -> dict[str, Any]:
        """How far they are now.

        Returns:
            `rows`, for each setting its `name`, how many runs are `done` and `wanted`,
            what is `running`, and the `accuracy` of those that are done; and `left`,
            about how many seconds, or None.
        """
        rows: dict[tuple, dict[str, Any]] = {}
        epochs = 0
        for config in self.configs:
            name = (config.dataset_name, config.noise_words, config.loss_words)
            row = rows.setdefault(
                name, {"name": name, "done": 0, "wanted": 0, "running": [], "found": []}
            )
            row["wanted"] += 1
            summary = self._summary(config)
            epochs += summary.get("epochs", 0)
            if summary.get("finished"):
                row["done"] += 1
                row["found"].append(measured(summary))
            elif summary:
                row["running"].append(
                    f"seed {config.seed}: {summary['epochs']}/{config.own_epochs}, "
                    f"{percent([measured(summary)])}"
                )
        for row in rows.values():
            row["accuracy"] = percent(row["found"]) if row["found"] else ""
        return {"rows": list(rows.values()), "left": self._left(epochs)}

    def _summary(self, config):
        if config.run_name in self._finished:
            return self._finished[config.run_name]
        folder = self._folders.get(config.run_name)
        try:
            summary = (folder and folder.summary()) or {}
        except RunError:
            return {}  # the run itself will report it
        if summary.get("finished"):
            self._finished[config.run_name] = summary
        return summary

    def _left(self, epochs):
        if self._before is None:
            self._before = epochs
        done = epochs - self._before
        if not done:
            return None
        left = sum(config.own_epochs for config in self.configs) - epochs
        return (time.monotonic() - self._start) / done * left


def _folders(configs):
    """The folders of runs by name, of those whose data can be read."""
    found, known = {}, {}
    with quiet.notices():
        for config in configs:
            # The run itself will report it.
            with contextlib.suppress(InputError, RunError):
                found[config.run_name] = folder_of(config, known)
    return found


def table(state: dict[str, Any], height: int) -> "Table":
    """The result of `Board.look` as a table of at most `height` lines."""
    from rich.table import Table

    left = "" if state["left"] is None else f", about {duration(state['left'])} left"
    rows = state["rows"]
    done, wanted = (sum(row[key] for row in rows) for key in ("done", "wanted"))
    made = Table(title=f"{done} of {wanted} runs done{left}")
    for name in ("dataset", "noise", "loss", "done", "running", "accuracy"):
        made.add_column(name)
    # Running ones first, then finished ones, then those that wait.
    rows = sorted(rows, key=lambda row: (not row["running"], not row["done"]))
    most = max(height - 5, 1)
    for row in rows[:most]:
        made.add_row(
            *row["name"],
            f"{row['done']} of {row['wanted']}",
            "; ".join(row["running"]),
            row["accuracy"],
        )
    if len(rows) > most:
        made.caption = f"and {len(rows) - most} more lines"
    return made
