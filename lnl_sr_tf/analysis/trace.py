"""Where each number of a table comes from."""

from collections.abc import Sequence

from lnl_sr_tf.analysis import paper
from lnl_sr_tf.analysis.table_formats import column_name
from lnl_sr_tf.config import Config, as_flags
from lnl_sr_tf.runs.folder import RunFolder, measured
from lnl_sr_tf.runs.ledger_row import LedgerRun


def lines(runs: Sequence[tuple[Config, RunFolder | LedgerRun]]) -> list[str]:
    """A line for each finished run: its number, where it stands, commit and command.

    Args:
        runs: settings of each, and its folder or its row of a ledger.

    Example:
        print(*lines(runs), sep="\\n")
    """
    return [_line(config, run) for config, run in runs if run.finished()]


def _line(config, run):
    record = run.config() or {}
    commit = record.get("commit")
    return (
        f"{paper.dataset_name(config)}, {paper.method_name(config)}, "
        f"{column_name(paper.corruption(config))}, seed {config.seed}: "
        f"{100 * measured(run.summary()):.2f} in {run.source}, "
        f"{f'commit {commit}' if commit else 'commit unknown'}: "
        f"{as_flags.command(config.as_dict())}"
    )
