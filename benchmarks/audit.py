"""Wrong labels found: python benchmarks/audit.py (pip install -e ".[benchmark]")

For each kind of noise and each seed, the labels of the training examples are ranked by
how likely they are wrong, in up to four ways:

- in sample: `lnl-sr audit` of one CE+SR run, which was trained on the same labels;
- short: the same of a run of two thirds of the epochs;
- folds: the same with --folds, each example judged by a run that did not see it;
- cleanlab: its self-confidence, of CE runs with folds, which is the usual way.

With the true labels: AUROC; precision among as many as are wrong; and, of ours, the
error of the estimated noise rate, the expected calibration error of the probability of
being wrong, and that of the served class probabilities. The time is that of the
trainings by which the examples are judged. Runs are kept in --output_dir and not
trained twice. What was found is written to audit.json.
"""

import argparse
import importlib.util
import os
import pathlib
import statistics

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np
from measuring import report
from scipy.special import softmax
from sklearn.metrics import roc_auc_score
from tqdm import tqdm

from lnl_sr_tf import config, experiment, quiet
from lnl_sr_tf.auditing.against_clean import against_clean
from lnl_sr_tf.auditing.from_run import audit_run

NOISE = ("sym 0.4", "sym 0.6", "pairflip 0.3")


def train(settings, progress):
    """The folder of a finished run."""
    keras.utils.clear_session()  # what Keras keeps of the runs before would add up
    folder = experiment.run(config.resolve(settings), tell=lambda line: None)
    progress.update()
    return folder


def train_folds(settings, folds, progress):
    """The folders of runs that each leave one part of the examples out."""
    parts = (f"{part}/{folds}" for part in range(1, folds + 1))
    return [train(settings | {"fold": part}, progress) for part in parts]


def in_sample(settings, folds, progress):
    """What `lnl-sr audit` finds by one run."""
    run = train(settings | {"loss": "ce_sr"}, progress)
    served = run.summary().get("calibrated_error")
    return judged(audit_run(run.path), [run]) | {"served": served}


def short(settings, folds, progress):
    """The same by a run of two thirds of the epochs."""
    epochs = round(2 * config.resolve(settings).epochs / 3)
    return in_sample(settings | {"epochs": epochs}, folds, progress)


def by_folds(settings, folds, progress):
    """What it finds by runs that have not seen the examples."""
    run = train(settings | {"loss": "ce_sr"}, progress)
    parts = train_folds(settings | {"loss": "ce_sr"}, folds, progress)
    return judged(audit_run(run.path, [part.path for part in parts]), parts)


def judged(audit, runs):
    """An audit against the true labels, and what its runs took."""
    found = against_clean(audit)
    return {
        "auroc": found["auroc"],
        "precision": found["precision"],
        "rate error": audit.noise_rate - found["noise_rate"],
        "calibration": found["calibration_error"],
        "seconds": seconds(runs),
    }


def cleanlabs(settings, folds, progress):
    """What cleanlab makes of CE runs that have not seen the examples."""
    from cleanlab.rank import get_label_quality_scores

    # It wants the last outputs alone: nothing is to be recorded on its time.
    settings = settings | {"loss": "ce", "record_epochs": 0}
    parts = train_folds(settings, folds, progress)
    index, given, logits = (
        np.concatenate([np.load(part.held_out)[name] for part in parts])
        for name in ("index", "given", "logits")
    )
    clean = {}
    for part in parts:
        with np.load(part.labels) as known:
            clean |= dict(zip(known["index"].tolist(), known["clean"], strict=True))
    wrong = given != np.array([clean[number] for number in index.tolist()])
    probabilities = softmax(logits.astype(np.float64), axis=1)
    quality = get_label_quality_scores(given, probabilities, method="self_confidence")
    most_suspect = np.argsort(quality, kind="stable")[: wrong.sum()]
    known = wrong.any()
    return {
        "auroc": float(roc_auc_score(wrong, -quality)) if known else None,
        "precision": float(wrong[most_suspect].mean()) if known else None,
        "seconds": seconds(parts),
    }


def seconds(runs):
    """What training took, evaluation after each epoch included."""
    return sum(run.summary()["seconds"] for run in runs)


WAYS = {
    "in sample": in_sample,
    "short": short,
    "folds": by_folds,
    "cleanlab": cleanlabs,
}


def row(noise, way, seeds):
    """A row of the table: means over seeds, and the worst where a bound is to hold."""

    def values(name):
        return [found[name] for found in seeds if found.get(name) is not None]

    def mean(name):
        each = values(name)
        if not each:
            return None  # without wrong labels there is no rank of theirs
        spread = f" ± {statistics.stdev(each):.4f}" if len(each) > 1 else ""
        return f"{statistics.mean(each):.4f}{spread}"

    def worst(name):
        each = values(name)
        return f"{max(each, key=abs):.3f}" if each else None

    return {
        "noise": noise,
        "way": way,
        "AUROC": mean("auroc"),
        "precision": mean("precision"),
        "rate error, worst": worst("rate error"),
        "calibration, worst": worst("calibration"),
        "served, worst": worst("served"),
        "seconds": round(statistics.mean(values("seconds")), 1),
        "seeds": seeds,
    }


def main():
    """Train, judge, print and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dataset", default="digits")
    parser.add_argument("--data_dir")
    parser.add_argument("--noise", nargs="+", default=NOISE, help='such as "sym 0.4"')
    parser.add_argument("--seeds", nargs="+", type=int, default=[1, 2, 3, 4, 5])
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=list(WAYS))
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--epochs", type=int, help="by default the recipe's")
    parser.add_argument("--output_dir", default="audit_runs")
    parser.add_argument("--json", type=pathlib.Path, default="audit.json")
    given = parser.parse_args()
    settings = {"dataset": given.dataset, "output_dir": given.output_dir}
    settings |= {"data_dir": given.data_dir} if given.data_dir else {}
    settings |= {"epochs": given.epochs} if given.epochs else {}
    if "cleanlab" in given.ways and not importlib.util.find_spec("cleanlab"):
        parser.error('cleanlab is not there; pip install -e ".[benchmark]"')
    quiet.start("tensorflow")
    rows = []
    with tqdm(desc="runs") as progress:
        for noise in given.noise:
            kind, _, rate = noise.partition(" ")
            noisy = settings | {"noise": kind} | ({"rate": rate} if rate else {})
            found = {way: [] for way in given.ways}
            for seed in given.seeds:
                for way in given.ways:
                    of_seed = WAYS[way](noisy | {"seed": seed}, given.folds, progress)
                    found[way].append(of_seed)
            rows += [row(noise, way, seeds) for way, seeds in found.items()]
    report(rows, given.json)


if __name__ == "__main__":
    main()
