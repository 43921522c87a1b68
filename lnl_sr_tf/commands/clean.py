"""A data set without its suspect labels: `lnl-sr clean RUN`."""

import pathlib
from collections.abc import Callable

from lnl_sr_tf import quiet
from lnl_sr_tf.commands import backend
from lnl_sr_tf.commands.request import Request
from lnl_sr_tf.config.flag import Flag
from lnl_sr_tf.errors import InputError

USAGE = "clean RUN [--do=drop|relabel] [--decisions=FILE]"
MEANING = (
    "write a new .npz or .csv with the labels that an audit found wrong left out or "
    "changed, and a log of every change; --dataset= takes it, and the old data stays "
    "as it is"
)
ARGUMENTS = (1, 1)
SETTINGS = ("data_dir",)
OPTIONS = (
    Flag(
        "do",
        str,
        "drop",
        "drop, which leaves suspect examples out, or relabel, which gives them the "
        "suggested label",
        choices=("drop", "relabel"),
    ),
    Flag(
        "threshold",
        float,
        0.5,
        "the probability of being wrong from which on a label is suspect",
        interval="(0, 1]",
    ),
    Flag(
        "number",
        int,
        0,
        "take this many of the most suspect labels instead (default: none)",
        interval="[0, inf)",
    ),
    Flag(
        "decisions",
        str,
        "",
        "take the labels that people called wrong instead: in a decisions.csv, "
        "exported by audit.html, in a review.csv that was filled in, or in an export "
        "of Label Studio, JSON, JSON-MIN, CSV or TSV (default: none)",
    ),
    Flag(
        "audit",
        str,
        "",
        "the folder of audit.csv (default: that of the run)",
    ),
    Flag(
        "out",
        str,
        "",
        "the file to write, .npz or .csv (default: cleaned.npz or cleaned.csv in the "
        "run's folder)",
    ),
)


def run(request: Request, tell: Callable[[str], None]) -> None:
    """Write the data set, and tell what was changed."""
    (path,) = request.arguments
    options = request.options
    if options["number"] and options["decisions"]:
        raise InputError("--number contradicts --decisions; leave out one of them")
    backend.start()
    with quiet.notices():
        from lnl_sr_tf.auditing import (
            audit_table,
            cleaned_dataset,
            from_run,
            label_changes,
        )
        from lnl_sr_tf.datasets.sources.to_file import left_out
        from lnl_sr_tf.experiment.finished_run import FinishedRun
    finished = FinishedRun(path, request.settings.get("data_dir"))
    names = from_run.class_names(finished)
    table = pathlib.Path(options["audit"] or path).expanduser() / "audit.csv"
    judged = audit_table.read_audit(table, names)
    do = options["do"]
    if options["decisions"]:
        changes = label_changes.by_decisions(
            judged, options["decisions"], names, do, tell
        )
    elif options["number"]:
        changes = label_changes.by_number(judged, options["number"], do)
    else:
        changes = label_changes.by_probability(judged, options["threshold"], do)
    dataset = finished.dataset
    audit_table.check_of(judged, dataset, table)
    out = options["out"] or pathlib.Path(path) / cleaned_dataset.default_name(dataset)
    out = pathlib.Path(out).expanduser()
    if out.exists():
        raise InputError(f"{out} is there already; --out=FILE gives another name")
    (log, flags), gone, changed = cleaned_dataset.write_clean(
        dataset, finished.config, changes, out
    )
    total = len(dataset.given_labels)
    tell(f"{gone} of {total} examples left out, {changed} labels changed")
    for missing in left_out(dataset):
        tell(f"not in the file: {missing}")
    for one in (out, log, flags):
        tell(str(one))
    tell(
        "to train on it as the run did, with any loss: "
        f"python main.py --flagfile={flags} --loss=ce"
    )
