"""Multi-label data beside cleanlab: python benchmarks/multi_label.py (extra benchmark)

scikit-learn's `make_multilabel_classification` makes 2,000 examples of 40 counts, with
3 of 8 labels on average. Of all labels a share is turned, or of those that are there a
share is taken away ("missing"). Logistic regression of each class, on log(1 + x), gives
out-of-fold probabilities, by five folds on the wrong labels. `lnl.audit` and cleanlab
get the same arrays. Means over seeds:

- "labels": AUROC of the (example, class) pairs: is the label wrong? By `label_score`,
  and by cleanlab's score of each class (self-confidence, its default);
- "examples": AUROC of the examples: is any of their labels wrong? By `score`, and by
  cleanlab's score of an example (its default: the exponential moving average);
- F1 of the labels that are called wrong, by `suspect_labels`, by the most suspect ones,
  as many as the noise rate says, and by `find_multilabel_issues_per_class`;
- the noise rate, true, as estimated, and as the share that cleanlab calls wrong.

Without cleanlab its columns are missing.
"""

import argparse
import importlib.util
import pathlib

import numpy as np
from measuring import report
from sklearn.datasets import make_multilabel_classification
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score, roc_auc_score
from sklearn.model_selection import KFold, cross_val_predict
from sklearn.multiclass import OneVsRestClassifier

from lnl_sr_tf.auditing import audit

NOISE = [(kind, rate) for kind in ("turned", "missing") for rate in (0.1, 0.2)]


def made(kind, rate, seed):
    """(true labels, given labels, out-of-fold probabilities)."""
    counts, true = make_multilabel_classification(
        n_samples=2_000, n_features=40, n_classes=8, n_labels=3, random_state=seed
    )
    drawn = np.random.default_rng(seed).random(true.shape) < rate
    given = np.where(drawn, 1 - true if kind == "turned" else 0, true)
    model = OneVsRestClassifier(LogisticRegression(max_iter=500))
    folds = KFold(5, shuffle=True, random_state=seed)
    outputs = cross_val_predict(
        model, np.log1p(counts), given, cv=folds, method="predict_proba"
    )
    return true, given, outputs


def judged(wrong, of_labels, of_examples, called):
    """AUROC of labels and of examples, F1 of labels, share that is called wrong."""
    return (
        roc_auc_score(wrong.ravel(), of_labels.ravel()),
        roc_auc_score(wrong.any(axis=1), of_examples),
        f1_score(wrong.ravel(), called.ravel()),
        called.mean(),
    )


def most_suspect(found):
    """Mask of the most suspect labels, as many as the noise rate says."""
    count = round(found.noise_rate * found.given.size)
    mask = np.zeros(found.given.size, bool)
    mask[np.argsort(-found.label_score, axis=None, kind="stable")[:count]] = True
    return mask.reshape(found.given.shape)


def by_cleanlab(wrong, given, outputs):
    """The same by cleanlab."""
    from cleanlab.multilabel_classification import filter as issues
    from cleanlab.multilabel_classification import rank

    lists = [np.flatnonzero(row).tolist() for row in given]
    each = rank.get_label_quality_scores_per_class(lists, outputs)
    called = issues.find_multilabel_issues_per_class(lists, outputs)
    return judged(
        wrong,
        -each,
        -rank.get_label_quality_scores(lists, outputs),
        np.asarray(called),
    )


def row_of(kind, rate, seeds):
    """The row of one kind of noise."""
    ours, theirs, truth = [], [], []
    for seed in seeds:
        true, given, outputs = made(kind, rate, seed)
        wrong = true != given
        found = audit(given, outputs)
        called = found.suggested != found.given
        ours.append((
            *judged(wrong, found.label_score, found.score, called)[:3],
            found.noise_rate,
            f1_score(wrong.ravel(), most_suspect(found).ravel()),
        ))  # fmt: skip
        truth.append((wrong.mean(), wrong.any(axis=1).mean()))
        if importlib.util.find_spec("cleanlab") is not None:
            theirs.append(by_cleanlab(wrong, given, outputs))
    row = {
        "noise": f"{kind} {rate}",
        "seeds": " ".join(map(str, seeds)),
        "wrong examples": round(float(np.mean(truth, axis=0)[1]), 3),
    }
    for place, name in enumerate(("labels", "examples", "F1", "noise rate")):
        if name == "noise rate":
            row["noise rate, true"] = round(float(np.mean(truth, axis=0)[0]), 3)
        row[name] = _text([one[place] for one in ours])
        if name == "F1":
            row["F1, as many as the rate"] = _text([one[4] for one in ours])
        if theirs:
            row[f"{name}, cleanlab"] = _text([one[place] for one in theirs])
    return row


def _text(values):
    return f"{np.mean(values):.3f} ± {np.std(values, ddof=1):.3f}"


def main():
    """Judge, print and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", nargs="+", type=int, default=[1, 2, 3, 4, 5])
    parser.add_argument("--json", type=pathlib.Path, default="multi_label.json")
    given = parser.parse_args()
    rows = [row_of(kind, rate, given.seeds) for kind, rate in NOISE]
    report(rows, pathlib.Path(given.json))


if __name__ == "__main__":
    main()
