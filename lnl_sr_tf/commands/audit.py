"""Find wrong labels: `lnl-sr audit RUN`."""

import math
import pathlib
import shlex
from collections.abc import Callable
from typing import Any

from lnl_sr_tf import quiet
from lnl_sr_tf.commands import backend, grids
from lnl_sr_tf.commands.request import Request
from lnl_sr_tf.config.flag import Flag
from lnl_sr_tf.errors import InputError, RunError

USAGE = "audit RUN [--folds=K] [--to=TOOL] [--compare=RUN] [--nocopies]"
MEANING = (
    "find the training labels of a finished run that are probably wrong; write "
    "audit.csv with each label, audit.json with the noise rate and the transition "
    "matrix, and audit.html, a page to review the labels"
)
ARGUMENTS = (1, 1)
SETTINGS = ("data_dir", "sweep_on", "cpus_per_run", "gpus_per_run")
OPTIONS = (
    Flag(
        "folds",
        int,
        0,
        "cross-validate: train this many networks, at least 2, each without one part "
        "of the examples, and judge each label by the network that was trained without "
        "it; 0 for the outputs of the run itself",
        interval="[0, inf)",
    ),
    Flag("out", str, "", "the folder to write to (default: that of the run)"),
    Flag(
        "compare",
        str,
        "",
        "the folder of a second run, on the data that lnl-sr clean wrote, to compare "
        "the accuracy with (default: none)",
    ),
    Flag(
        "copies",
        bool,
        True,
        "whether to look for near copies and for examples of no class, by the features "
        "of the network's penultimate layer, or those in the data; needs the data",
    ),
    Flag("page", bool, True, "whether to write audit.html, which needs the data"),
    Flag(
        "to",
        str,
        "",
        "files for labelling tools: label_studio, which writes label_studio.json, "
        "tasks to import, and label_studio.xml, their interface; csv, which writes "
        "review.csv, a plain table to fill in; or both, with a comma (default: none)",
    ),
    Flag(
        "number",
        int,
        0,
        "how many of the most suspect labels the files of --to have; 0 for all",
        interval="[0, inf)",
    ),
)


def run(request: Request, tell: Callable[[str], None]) -> None:
    """Audit a run, and tell what was found and where it is written."""
    (path,) = request.arguments
    folds = request.options["folds"]
    if folds == 1:
        raise InputError("--folds=1: expected 0 or a whole number from 2")
    out = pathlib.Path(request.options["out"] or path).expanduser()
    if out.exists() and not out.is_dir():
        raise InputError(f"--out={out}: expected a folder; this is a file")
    backend.start()
    with quiet.notices():
        from lnl_sr_tf.auditing import (
            audit_files,
            compare_runs,
            features_of_run,
            from_run,
            review_page_of_run,
            tool_files_of_run,
        )
        from lnl_sr_tf.files import make_folder
        from lnl_sr_tf.runs.folder import RunFolder
    kinds = tool_files_of_run.kinds_of(request.options["to"])
    number = request.options["number"]
    if number and not kinds:
        raise InputError(f"--number={number}: expected --to beside it")
    data_dir = request.settings.get("data_dir")
    more: dict[str, Any] = {"data_fingerprint": from_run.data_fingerprint(path)}
    if request.options["compare"]:
        more["compare"] = compare_runs.compare(path, request.options["compare"])
    trained = _trained(path, folds, request.settings) if folds else []
    found = from_run.audit_run(path, trained, data_dir)
    if request.options["copies"]:
        try:
            found = features_of_run.with_features(found, path, data_dir, grids.tell)
        except (InputError, RunError) as error:
            # The page, which is written last, says so too, and cannot do without.
            if not request.options["page"]:
                grids.tell(f"near copies are not looked for: {error}")
    make_folder(out)
    written = [*audit_files.write(found, out, more)]
    if request.options["page"]:
        review_page_of_run.write_page(
            found, path, out / "audit.html", data_dir, grids.tell
        )
        written.append(out / "audit.html")
    if kinds:
        written += tool_files_of_run.write(found, path, out, kinds, number, data_dir)
    for line in _lines(found, path):
        tell(line)
    if (RunFolder(path).summary() or {}).get("test_labels") == "held out":
        tell(
            "The held-out labels, which measure accuracy, are not judged; "
            "--test_share=0.05 in training holds out fewer"
        )
    for line in compare_runs.lines(more["compare"]) if "compare" in more else ():
        tell(line)
    for name in written:
        tell(str(name))


def _trained(path, folds, settings):
    """The folders of the cross-validation runs, trained where they are missing."""
    from lnl_sr_tf import sweep
    from lnl_sr_tf.auditing import from_run

    runs = sweep.train(from_run.fold_configs(path, folds, settings), grids.tell)
    return [folder.path for _, folder in runs]


def _worth_it(curve):
    """How many labels to look at, in one line."""
    place = curve.looked_at.tolist().index(curve.worth_it)
    return (
        f"Of the {curve.worth_it} most suspect labels about "
        f"{curve.wrong[place]:.0f} are wrong ({curve.low[place]:.0f} to "
        f"{curve.high[place]:.0f}), of those after them fewer than one in two"
    )


def _lines(found, path):
    """What was found, for a terminal."""
    yield found.words[0].upper() + found.words[1:]
    yield f"Outputs: {found.evidence}"
    if found.information is not None and not found.no_evidence:
        yield (
            f"The predicted classes tell {found.information.total:.0%} of what the "
            "labels say"
        )
    if found.lower_bound:
        words = found.memorisation.words
        yield words[0].upper() + words[1:]
        yield (
            f"lnl-sr audit {shlex.quote(path)} --folds=5 judges each label by a "
            "network that was not trained on it"
        )
    if len(found.suspects):
        yield _worth_it(found.yield_curve)
    if not found.no_evidence:
        yield from _of_classes(found)
    if found.features is not None:
        yield from _of_features(found)
    if found.clean is not None:
        yield _against_clean(found)


def _of_classes(found):
    """The share of wrong labels of each class, in a table."""
    shares, low, high = found.class_rates
    width = max(len("class"), *map(len, found.class_names))
    yield f"{'class':{width}}  share wrong among this given label"
    given = set(found.given.tolist())
    rows = zip(found.class_names, shares, low, high, strict=True)
    for label, (name, share, least, most) in enumerate(rows):
        said = f"{share:6.1%}  ({least:.1%} to {most:.1%})"
        if math.isnan(share):
            said = "no evidence" if label in given else "no label"
        yield f"{name:{width}}  {said}"


def _against_clean(found):
    """How good the audit is, where clean labels are known."""
    from lnl_sr_tf.auditing.against_clean import against_clean

    known = against_clean(found)
    ranked = ""
    if known["auroc"] is not None:
        ranked = (
            f", AUROC {known['auroc']:.4f}, precision at that rate "
            f"{known['precision']:.4f}"
        )
    error = known["calibration_error"]
    if error is not None:
        ranked += f", calibration error {error:.3f}"
    return f"Against clean labels: noise rate {known['noise_rate']:.3f}{ranked}"


def _of_features(found):
    """What the features told, where they told something."""
    told = found.features
    if told.pairs:
        line = f"Near copies: {_counted(told.pairs, 'pair')}"
        if len(told.conflicts):
            line += f", {len(told.conflicts)} with differing labels, such as "
            line += " and ".join(
                f"#{found.index[i]} ({found.class_names[found.given[i]]})"
                for i in told.conflicts[0]
            )
        yield line
    if told.outliers.told.any():
        several = _counted(int(told.outliers.told.sum()), "example")
        yield f"Perhaps of no class: {several}"


def _counted(number, what):
    return f"{number} {what}" + "s" * (number != 1)
