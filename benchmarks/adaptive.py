"""By what the adaptive λ was chosen: python benchmarks/adaptive.py

Trains each case of adaptive_cases.py, as main.py would, with each loss and seed, and
cross-entropy where the target is relative to it. A row of the table is a case and a
loss:

- accuracy: on the test set after the last epoch, mean ± standard deviation over seeds;
- worst: that of the worst seed;
- best − last: by how many points a run's best epoch is above its last one, at most;
- lost: classes that are never predicted in the last epoch, of all seeds;
- λ: after 10, 30, 50 and 100 % of the epochs, the median over seeds;
- margin: of what the target asks for, and of best − last, the one that is exceeded
  least or missed most, in points; below 0 it is missed.

Below it is the worst case. --with=NAME=VALUE changes a setting in all cases, so that
one thing can be changed at a time: --with=lambda_schedule=geometric. Runs are kept in
--output_dir and not trained twice; what was cut off goes on. The table is written to
adaptive.json, and each run to --csv.
"""

import argparse
import csv
import math
import os
import pathlib
import statistics
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

from adaptive_cases import DROP, cases
from measuring import report

from lnl_sr_tf import config, quiet, sweep
from lnl_sr_tf.errors import InputError, RunError
from lnl_sr_tf.runs.folder import measured
from lnl_sr_tf.runs.identity import folder_of
from lnl_sr_tf.sweep import forecast

CE = "ce"
SHARES = (10, 30, 50, 100)  # percent of training, at which λ is told


def settle(case, loss, seed, extra, output_dir):
    """The config of a run."""
    if loss == CE:  # which is compared with, and stays what it is
        extra = {name: value for name, value in extra.items() if name != "prior_weight"}
    own = {"loss": loss, "seed": seed, "output_dir": str(output_dir)}
    # What an audit needs takes time.
    return config.resolve(case.settings | {"record_epochs": 0} | extra | own)


def losses_of(case, losses):
    """Those of a case: the given ones, and cross-entropy where the target needs it."""
    if case.target.below_ce is None or CE in losses:
        return losses
    return [*losses, CE]


def plan(chosen, losses, seeds, extra, output_dir):
    """The configs of each case and loss, by (case's name, loss)."""
    return {
        (case.name, loss): [
            settle(case, loss, seed, extra, output_dir) for seed in seeds
        ]
        for case in chosen
        for loss in losses_of(case, losses)
    }


def train(made):
    """Train them, and tell how long it will take; what fails is told at the end."""
    # --with may make the runs of two cases the same.
    made = list({one.run_name: one for one in made}.values())

    def tell(line):
        if line.startswith("Run "):
            print(f"{line}. {forecast.lines(made)[-1]}", file=sys.stderr)

    try:
        sweep.train(made, tell)
    except RunError as error:
        print(error, file=sys.stderr)


def record(case, made):
    """What a finished run came to, in percent; None if it is not finished."""
    folder = folder_of(made)
    if not folder.finished():
        return None
    summary, rows = folder.summary(), folder.rows()
    last = 100 * measured(summary)
    found = {
        "case": case,
        "loss": made.loss,
        "seed": made.seed,
        "accuracy": round(last, 4),
        "best": round(100 * measured(summary, "best_test_accuracy"), 4),
        "lost": len(summary.get("lost_classes") or ()),
        "seconds": round(summary["seconds"], 1),
    }
    for share in SHARES:
        # The row of the epoch in which that share of the training is done.
        row = rows[math.ceil(share * len(rows) / 100) - 1] if rows else {}
        found[f"lambda_{share}"] = row.get("lambda")
    return found | {"folder": folder.path.name}


def margins(target, runs, beside):
    """What must hold, by how many points it does; below 0 it does not.

    Args:
        target: of the case.
        runs: the records of a loss.
        beside: those of cross-entropy.
    """
    accuracies = [run["accuracy"] for run in runs]
    mean = statistics.mean(accuracies)
    found = {f"best − last ≤ {DROP:g}": DROP - drop(runs)}
    if target.mean is not None:
        found[f"mean ≥ {target.mean:g}"] = mean - target.mean
    if target.each is not None:
        found[f"each ≥ {target.each:g}"] = min(accuracies) - target.each
    if target.below_ce is not None:
        seeds = {run["seed"] for run in runs}
        known = [run["accuracy"] for run in beside if run["seed"] in seeds]
        if len(known) == len(runs):
            least = statistics.mean(known) - target.below_ce
            found[f"mean ≥ CE − {target.below_ce:g}"] = mean - least
    return {name: round(points, 2) for name, points in found.items()}


def drop(runs):
    """The largest of best epoch − last epoch."""
    return max(run["best"] - run["accuracy"] for run in runs)


def row(case, loss, runs, beside):
    """A row of the table, of at least one run."""
    accuracies = [run["accuracy"] for run in runs]
    spread = f" ± {statistics.stdev(accuracies):.2f}" if len(runs) > 1 else ""
    lost = sum(run["lost"] for run in runs)
    made = {
        "case": case.name,
        "loss": loss,
        "seeds": len(runs),
        "accuracy": f"{statistics.mean(accuracies):.2f}{spread}",
        "worst": round(min(accuracies), 2),
        "best − last": round(drop(runs), 2),
        "lost": lost,
        "λ at " + "/".join(map(str, SHARES)) + " %": _weights(runs),
        "seconds": round(statistics.mean(run["seconds"] for run in runs), 1),
    }
    if loss == CE:
        return made
    found = margins(case.target, runs, beside)
    broken = lost if case.target.no_lost else 0
    return made | {
        "target": case.target.words,
        "holds": "yes" if min(found.values()) >= 0 and not broken else "NO",
        "margin": min(found.values()),
        "of": min(found, key=found.get),
    }


def _weights(runs):
    found = []
    for share in SHARES:
        known = [run[f"lambda_{share}"] for run in runs]
        known = [weight for weight in known if weight is not None]
        found.append(f"{statistics.median(known):.3g}" if known else "")
    return "/".join(found) if any(found) else ""


def worst(rows):
    """The worst of the whole table, as lines."""
    judged = [one for one in rows if "holds" in one]
    if not judged:
        return []
    least = min(judged, key=lambda one: one["margin"])
    fallen = max(judged, key=lambda one: one["best − last"])
    lost = [f"{one['lost']} in {_named(one)}" for one in judged if one["lost"]]
    held = sum(one["holds"] == "yes" for one in judged)
    return [
        f"targets held: {held} of {len(judged)}",
        f"worst case: {_named(least)}, {least['margin']:+.2f} points ({least['of']})",
        f"largest best − last: {fallen['best − last']:.2f}, {_named(fallen)}",
        "lost classes: " + ("; ".join(lost) or "none"),
    ]


def _named(one):
    return f"{one['case']} with {one['loss']}"


def summarise(chosen, planned):
    """Rows of the table and records of all runs that are finished."""
    records = {
        (name, loss): [found for made in configs if (found := record(name, made))]
        for (name, loss), configs in planned.items()
    }
    by_name = {case.name: case for case in chosen}
    rows = [
        row(by_name[name], loss, runs, records.get((name, CE), []))
        for (name, loss), runs in records.items()
        if runs
    ]
    return rows, [run for runs in records.values() for run in runs]


def write_csv(path, records):
    """A line for each run."""
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(records[0]))
        writer.writeheader()
        writer.writerows(records)


def prepared(case, data_dir):
    """Whether the data can be had without a network; a line says where not."""
    if case.from_tfds is None:
        return True
    import tensorflow_datasets as tfds

    builder = tfds.builder(case.from_tfds, data_dir=data_dir)
    if not builder.is_prepared():
        print(f"{case.name}: skipped, TFDS has no {case.from_tfds}", file=sys.stderr)
    return builder.is_prepared()


def choose(every, names):
    """The cases of the given groups or names.

    Raises:
        InputError: if there is none of a name.
    """
    known = {case.group for case in every} | {case.name for case in every}
    for name in names:
        if name not in known:
            groups = ", ".join(dict.fromkeys(case.group for case in every))
            raise InputError(f"--cases={name}: expected {groups}, or a name of --list")
    return [case for case in every if {case.group, case.name} & set(names)]


def changed(pairs):
    """The settings of --with."""
    if wrong := [pair for pair in pairs if "=" not in pair]:
        raise InputError(f"--with={wrong[0]}: expected NAME=VALUE")
    return dict(pair.split("=", 1) for pair in pairs)


def listed(text):
    """What stands between commas."""
    return text.split(",")


def main():
    """Train, print and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", type=listed, help="groups or names, by commas")
    parser.add_argument("--losses", type=listed, default=["ce_sr", "fl_sr", "gce_sr"])
    parser.add_argument("--seeds", type=listed, default=["1", "2", "3"])
    parser.add_argument("--with", action="append", default=[], dest="extra",
                        metavar="NAME=VALUE", help="a setting of all runs")  # fmt: skip
    parser.add_argument("--data_dir", help="where TFDS keeps its data")
    parser.add_argument("--output_dir", type=pathlib.Path, default="adaptive_runs")
    parser.add_argument("--csv", type=pathlib.Path, help="a line for each run")
    parser.add_argument("--json", type=pathlib.Path, default="adaptive.json")
    parser.add_argument("--list", action="store_true", help="the cases, and no more")
    given = parser.parse_args()
    every = cases(given.output_dir / "data")
    try:
        chosen = choose(every, given.cases or [case.group for case in every])
        extra = changed(given.extra)
        if given.data_dir:
            extra["data_dir"] = given.data_dir
        if given.list:
            for case in chosen:
                print(f"{case.name}: {case.command} ({case.target.words or '–'})")
            return
        quiet.start("tensorflow")
        chosen = [case for case in chosen if prepared(case, given.data_dir)]
        for case in chosen:
            case.prepare(given.data_dir)
        planned = plan(chosen, given.losses, given.seeds, extra, given.output_dir)
        if planned:
            train([made for configs in planned.values() for made in configs])
        rows, records = summarise(chosen, planned)
    except InputError as error:
        parser.error(" ".join(str(error).split()))
    if not rows:
        raise SystemExit("no run is finished")
    report(rows, given.json)
    print(*worst(rows), sep="\n")
    if given.csv:
        write_csv(given.csv, records)


if __name__ == "__main__":
    main()
