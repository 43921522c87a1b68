"""The audit of other networks' outputs: python benchmarks/audit_evidence.py

Two tables (pip install -e ".[benchmark]"):

- cleanlab: of scikit-learn's digits, wine and breast cancer, and of 10,000 images of
  MNIST as pixels (with --data_dir), logistic regression by five-fold cross-validation,
  whose outputs audit and cleanlab get. For each kind of noise, means over seeds: the
  noise rate, AUROC (cleanlab's is by `get_label_quality_scores`) and F1 of the suspects
  (cleanlab's are by `find_label_issues`), of both without the seeds where the audit
  says "no evidence", whose share is the last column;
- coverage: on 200 made data sets (`make_classification`: 2 to 10 classes, near and far,
  1,000 to 5,000 examples) with symmetric, pairflip, asymmetric (half of the classes)
  and instance noise at 0 to 0.6, judged by networks that err (logistic regression,
  naive Bayes or a small network, by folds): how often the interval of the noise rate
  has the true one, and its median width.

What was found is written to audit_evidence.json.
"""

import argparse
import importlib.util
import pathlib
import statistics
import warnings

import numpy as np
from measuring import report
from sklearn import datasets
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score, roc_auc_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.naive_bayes import GaussianNB
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from tqdm import tqdm

from lnl_sr_tf import noise
from lnl_sr_tf.auditing import audit_arrays

REAL = {
    "digits": datasets.load_digits,
    "wine": datasets.load_wine,
    "breast cancer": datasets.load_breast_cancer,
}
KINDS = ("symmetric", "pairflip", "asymmetric", "instance")
RATES = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6)
FIRST_SEED = 10_000  # of the made sets; others were used to choose constants
IMAGES = 10_000


def corrupted(kind, examples, labels, rate, seed):
    """Given labels, and whether each is wrong."""
    classes = int(labels.max()) + 1
    if kind == "instance":
        scaled = StandardScaler().fit_transform(examples).astype(np.float32)
        given = noise.instance_noise(scaled, labels, rate, seed, classes)
    else:
        sources = np.random.default_rng(seed).permutation(classes)
        pairs = {int(i): int(i + 1) % classes for i in sources[: max(1, classes // 2)]}
        matrix = {
            "symmetric": lambda: noise.symmetric_matrix(classes, rate),
            "pairflip": lambda: noise.pairflip_matrix(classes, rate),
            "asymmetric": lambda: noise.map_matrix(classes, rate, pairs),
        }[kind]()
        given = noise.corrupt(labels, matrix, seed)
    return given, given != labels


def outputs(model, examples, given, seed):
    """Probabilities of each example by a model that was trained without it."""
    parts = StratifiedKFold(5, shuffle=True, random_state=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of training that was cut short, as is meant
        return cross_val_predict(
            model, examples, given, cv=parts, method="predict_proba"
        )


def both(given, wrong, probabilities):
    """What the audit and cleanlab make of the same arrays."""
    from cleanlab.count import num_label_issues
    from cleanlab.filter import find_label_issues
    from cleanlab.rank import get_label_quality_scores

    found = audit_arrays(given, probabilities)
    suspect = np.zeros(len(given), bool)
    suspect[found.suspects] = True
    quality = get_label_quality_scores(given, probabilities)
    issues = find_label_issues(given, probabilities, n_jobs=1)
    low, high = found.noise_rate_interval
    told = not found.no_evidence
    return {
        "true rate": wrong.mean(),
        "rate": found.noise_rate,
        "cleanlab's rate": num_label_issues(given, probabilities) / len(given),
        "in the interval": float(low <= wrong.mean() <= high) if told else np.nan,
        "width": high - low,
        "AUROC": roc_auc_score(wrong, -found.rank),
        "cleanlab's AUROC": roc_auc_score(wrong, -quality),
        "F1": f1_score(wrong, suspect) if told else np.nan,
        "cleanlab's F1": f1_score(wrong, issues) if told else np.nan,
        "no evidence": float(not told),
    }


def compared(data, seeds, data_dir):
    """Rows of the first table."""
    for name in tqdm(data, desc="data sets"):
        if name == "mnist":
            from lnl_sr_tf.datasets import load

            whole = load("mnist", data_dir=data_dir)
            pixels = np.asarray(whole.train_images).reshape(60_000, -1) / 255
        # Of two classes pairflip is symmetric.
        for kind in KINDS[: 3 : 2 if name == "breast cancer" else 1]:
            for rate in (0.3,) if name == "mnist" else (0.2, 0.4):
                found = []
                for seed in seeds:
                    if name == "mnist":
                        rng = np.random.default_rng(seed)
                        some = rng.choice(60_000, IMAGES, replace=False)
                        examples = pixels[some].astype(np.float32)
                        labels = whole.clean_labels[some]
                        model = LogisticRegression(max_iter=40, C=0.1)
                    else:
                        examples, labels = REAL[name](return_X_y=True)
                        model = make_pipeline(
                            StandardScaler(), LogisticRegression(max_iter=200)
                        )
                    given, wrong = corrupted(kind, examples, labels, rate, seed)
                    said = outputs(model, examples, given, seed)
                    found.append(both(given, wrong, said))
                yield {"data": name, "noise": f"{kind} {rate}"} | {
                    key: f"{np.nanmean([one[key] for one in found]):.3f}"
                    for key in found[0]
                }


def made(number):
    """(kind, rate, whether evidence, whether covered, width) of one made data set."""
    kind, rate = KINDS[number % 4], RATES[number // 4 % 7]
    seed = FIRST_SEED + number
    rng = np.random.default_rng(seed)
    classes = int(rng.choice([2, 3, 4, 6, 10]))
    examples, labels = datasets.make_classification(
        int(rng.choice([1000, 2000, 5000])), 20, n_informative=10, n_redundant=2,
        n_classes=classes, n_clusters_per_class=1, flip_y=0,
        class_sep=float(rng.choice([0.7, 1.0, 1.5, 2.5])), random_state=seed,
    )  # fmt: skip
    model = (
        LogisticRegression(max_iter=200),
        LogisticRegression(max_iter=200),
        GaussianNB(),
        MLPClassifier((32,), max_iter=60, early_stopping=True, random_state=0),
    )[rng.integers(4)]
    given, wrong = corrupted(kind, examples, labels, rate, seed)
    said = outputs(make_pipeline(StandardScaler(), model), examples, given, seed)
    found = audit_arrays(given, said)
    known = ~np.isnan(found.probability)
    low, high = found.noise_rate_interval
    true = wrong[known].mean() if known.any() else np.nan
    return {
        "kind": kind,
        "rate": rate,
        "told": not found.no_evidence,
        "covered": bool(low <= true <= high),
        "width": high - low,
        "error": abs(found.noise_rate - true),
        "network errs": float(np.mean(said.argmax(axis=1) != labels)),
    }


def covered(count):
    """Rows of the second table."""
    found = [made(number) for number in tqdm(range(count), desc="made data sets")]
    groups = [(kind, kind, 0.0, 0.4) for kind in KINDS]
    groups += [(kind, kind, 0.5, 0.6) for kind in KINDS]
    groups += [("all", None, 0.0, 0.4), ("all", None, 0.0, 0.6)]
    for name, kind, least, most in groups:
        some = [
            one
            for one in found
            if kind in (None, one["kind"]) and least <= one["rate"] <= most
        ]
        told = [one for one in some if one["told"]]
        if told:
            yield {
                "noise": f"{name} {least} to {most}",
                "sets": len(some),
                "no evidence": len(some) - len(told),
                "covered": f"{np.mean([one['covered'] for one in told]):.3f}",
                "median width": f"{statistics.median(o['width'] for o in told):.3f}",
                "mean error of the rate": f"{np.mean([o['error'] for o in told]):.3f}",
                "network errs": f"{np.mean([o['network errs'] for o in told]):.3f}",
            }


def main():
    """Judge, print and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tables", nargs="+", default=["cleanlab", "coverage"])
    parser.add_argument("--data", nargs="+", default=list(REAL))
    parser.add_argument("--data_dir", help="of MNIST, which is then among the data")
    parser.add_argument("--seeds", nargs="+", type=int, default=[1, 2, 3, 4, 5])
    parser.add_argument("--sets", type=int, default=200)
    parser.add_argument(
        "--json", type=pathlib.Path, default=pathlib.Path("audit_evidence.json")
    )
    given = parser.parse_args()
    if "cleanlab" in given.tables and not importlib.util.find_spec("cleanlab"):
        parser.error('cleanlab is not there; pip install -e ".[benchmark]"')
    rows = []
    if "cleanlab" in given.tables:
        data = given.data + (["mnist"] if given.data_dir else [])
        rows += compared(data, given.seeds, given.data_dir)
    if "coverage" in given.tables:
        rows += covered(given.sets)
    report(rows, given.json)


if __name__ == "__main__":
    main()
