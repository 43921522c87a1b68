"""By which score wrong labels are found best: python benchmarks/audit_scores.py RUN ...

For each finished run, such as benchmarks/audit.py leaves in audit_runs/, the labels
that it was trained on are ranked by several scores, all in sample (runs of folds are
passed over):

- last epoch: −log of the output for the given label, of the network that is kept;
- margin: the largest logit of another class less that of the given one;
- mean of epochs: −log of the output for the given label, averaged over the recorded
  epochs, which is the score of `lnl-sr audit`;
- views: as of the last epoch, averaged over the image and four moved by a pixel;
- neighbours: the share of other labels among the ten nearest in the features (cosine).

With the true labels: AUROC, and precision among as many as are wrong. What was found is
written to audit_scores.json.
"""

import argparse
import os
import pathlib
import statistics

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np
from measuring import report
from sklearn.metrics import roc_auc_score
from sklearn.neighbors import NearestNeighbors
from tqdm import tqdm

from lnl_sr_tf import quiet
from lnl_sr_tf.auditing.from_run import audit_run
from lnl_sr_tf.experiment.finished_run import FinishedRun
from lnl_sr_tf.training.predict import outputs

NEIGHBOURS = 10
MOVES = ((0, 0), (1, 0), (-1, 0), (0, 1), (0, -1))


def moved(images, down, right):
    """Images moved by pixels; what comes in repeats the edge."""
    padded = np.pad(images, ((0, 0), (1, 1), (1, 1), (0, 0)), mode="edge")
    height, width = images.shape[1:3]
    return padded[:, 1 - down : 1 - down + height, 1 - right : 1 - right + width]


def surprise(probabilities, given):
    """−log of the probability of the given label."""
    return -np.log(np.maximum(probabilities[np.arange(len(given)), given], 1e-300))


def margin(logits, given):
    """The largest logit of another class less that of the given one."""
    rows = np.arange(len(given))
    others = logits.copy()
    others[rows, given] = -np.inf
    return others.max(axis=1) - logits[rows, given]


def disagreement(features, given):
    """The share of other labels among the nearest neighbours."""
    size = np.maximum(np.linalg.norm(features, axis=1, keepdims=True), 1e-12)
    search = NearestNeighbors(n_neighbors=NEIGHBOURS).fit(features / size)
    nearest = search.kneighbors(return_distance=False)
    return (given[nearest] != given[:, None]).mean(axis=1)


def scores(path):
    """(which labels are wrong, dict of scores) of a run."""
    run, audit = FinishedRun(path), audit_run(path)
    images, given = run.dataset.train_images[:], audit.given
    views = np.mean([run.probabilities(moved(images, *by)) for by in MOVES], axis=0)
    logits = outputs(run.model, images).astype(np.float64)
    return audit.given != audit.clean, {
        "last epoch": surprise(run.probabilities(images), given),
        "margin": margin(logits, given),
        "mean of epochs": audit.score,
        "views": surprise(views, given),
        "neighbours": disagreement(run.features(images), given),
    }


def main():
    """Rank, judge, print and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("runs", nargs="+", type=pathlib.Path)
    parser.add_argument("--json", type=pathlib.Path, default="audit_scores.json")
    given = parser.parse_args()
    quiet.start("tensorflow")
    found = {}  # from a dataset's noise and a score to (AUROC, precision) of each run
    for path in tqdm(given.runs):
        run = FinishedRun(path)
        if run.config.fold:
            continue
        wrong, each = scores(path)
        for name, score in each.items():
            order = np.argsort(-score, kind="stable")
            judged = roc_auc_score(wrong, score), wrong[order[: wrong.sum()]].mean()
            of = run.config
            key = f"{of.dataset_name} {of.noise_words}, {of.epochs} epochs", name
            found.setdefault(key, []).append(judged)
    rows = []
    for (noise, name), judged in found.items():
        auroc, precision = (
            statistics.mean(values) for values in zip(*judged, strict=True)
        )
        rows.append(
            {
                "noise": noise,
                "score": name,
                "AUROC": f"{auroc:.4f}",
                "precision": f"{precision:.4f}",
                "runs": len(judged),
            }
        )
    report(rows, given.json)


if __name__ == "__main__":
    main()
