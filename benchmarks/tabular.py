"""Tables and texts with wrong labels: python benchmarks/tabular.py

Needs pip install -e ".[benchmark]". Breast cancer, wine and digits as a table, from
scikit-learn; and texts: the docstrings of SciPy without their examples, whose class is
the package of SciPy that they are in. 30 % of each class is the test set, with clean
labels; noise is drawn for the rest, by each seed. Accuracy on the test set, in percent,
mean and standard deviation over the seeds, of

- ce, ce_sr: `lnl-sr` with the recipe of the kind of data;
- logistic: scikit-learn's LogisticRegression on the same features, standardised where
  they are of a table;
- boosting: its HistGradientBoostingClassifier, for tables;
- cleanlab: CleanLearning around the same logistic regression, which drops what it takes
  for wrong labels and trains again.

What was found is written to tabular.json. With KERAS_BACKEND=jax the seeds of one row
are trained at once, which takes less time.
"""

import argparse
import csv
import importlib.util
import inspect
import os
import pathlib
import re
import statistics
import tempfile

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np
from measuring import report
from sklearn import datasets as sets
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from tqdm import tqdm

from lnl_sr_tf import config, experiment, quiet
from lnl_sr_tf.experiment.finished_run import FinishedRun

NOISE = ("sym 0.2", "sym 0.4", "pairflip 0.3")
TABLES = {
    "cancer": sets.load_breast_cancer,
    "wine": sets.load_wine,
    "digits": sets.load_digits,
}
TEXTS = "docstrings"
# Those with at least 75 texts.
PACKAGES = (
    "interpolate", "linalg", "ndimage", "optimize", "signal", "sparse", "special",
    "stats",
)  # fmt: skip
_TEST_SHARE = 0.3


def docstrings():
    """Texts and the names of their classes; a text that several have is left out."""
    classes = {}
    for package in PACKAGES:
        module = importlib.import_module(f"scipy.{package}")
        for value in _public(module):
            for member in (value, *(_public(value) if inspect.isclass(value) else ())):
                text = inspect.getdoc(member) if callable(member) else None
                text = re.split(r"\n(Examples|References)\n-+", text or "")[0]
                text = " ".join(text.split())
                if len(text.split()) >= 20:
                    classes.setdefault(text, set()).add(package)
    only = {text: names for text, names in classes.items() if len(names) == 1}
    return list(only), [name for (name,) in only.values()]


def _public(owner):
    names = [name for name in sorted(dir(owner)) if not name.startswith("_")]
    values = [getattr(owner, name, None) for name in names]
    return [value for value in values if not inspect.ismodule(value)]


def write(name, path):
    """The .csv of a data set, with its test set."""
    if name == TEXTS:
        texts, labels = docstrings()
        header, rows = ["text"], [[text] for text in texts]
    else:
        found = TABLES[name]()
        header, labels = [str(n) for n in found.feature_names], found.target.tolist()
        rows = found.data.tolist()
    _, test = train_test_split(
        range(len(rows)), test_size=_TEST_SHARE, random_state=0, stratify=labels
    )
    of_test = set(test)
    with open(path, "w", newline="", encoding="utf-8") as file:
        out = csv.writer(file)
        out.writerow([*header, "label", "split", "clean_label"])
        for place, (row, label) in enumerate(zip(rows, labels, strict=True)):
            rest = ["test", label] if place in of_test else ["train", ""]
            out.writerow([*row, label, *rest])


def ours(path, noise, seeds, loss, output_dir):
    """The folders of finished runs, one a seed, which JAX trains at once."""
    keras.utils.clear_session()
    kind, _, rate = noise.partition(" ")
    settings = {
        "dataset": str(path), "noise": kind, "rate": rate, "seed": seeds, "loss": loss,
        "parallel_seeds": keras.backend.backend() == "jax" and len(seeds) > 1,
        "output_dir": output_dir,
    }  # fmt: skip
    return experiment.run_together(config.grid(settings), tell=lambda line: None)


def others(data, of_text):
    """Accuracy by name of what is trained on the features and labels of a dataset."""
    x, x_test = (part.astype(np.float32) for part in
                 (data.train_images, data.test_images))  # fmt: skip
    y, y_test = data.given_labels, data.test_labels

    def logistic():
        regression = LogisticRegression(max_iter=2000)
        return regression if of_text else make_pipeline(StandardScaler(), regression)

    found = {"logistic": logistic().fit(x, y).score(x_test, y_test)}
    if not of_text:
        boosting = HistGradientBoostingClassifier(random_state=0)
        found["boosting"] = boosting.fit(x, y).score(x_test, y_test)
    from cleanlab.classification import CleanLearning

    learning = CleanLearning(logistic(), seed=0, cv_n_folds=5, verbose=False)
    found["cleanlab"] = float(np.mean(learning.fit(x, y).predict(x_test) == y_test))
    return found


def of_seeds(name, noise, seeds, folder):
    """Accuracy by the name of the way, for each seed, of one data set and noise."""
    path = folder / f"{name}.csv"
    if not path.exists():
        write(name, path)
    runs = {
        loss: ours(path, noise, seeds, loss, str(folder / "runs"))
        for loss in ("ce", "ce_sr")
    }
    found = []
    for place in range(len(seeds)):
        of_seed = {
            loss: of_loss[place].summary()["test_accuracy"]
            for loss, of_loss in runs.items()
        }
        data = FinishedRun(runs["ce"][place].path).dataset
        found.append(of_seed | others(data, name == TEXTS))
    return found


def row(name, noise, found):
    """A row of the table."""
    cells = {"data": name, "noise": noise}
    for way in ("ce", "ce_sr", "logistic", "boosting", "cleanlab"):
        each = [100 * one[way] for one in found if way in one]
        if each:
            spread = f" ± {statistics.stdev(each):.1f}" if len(each) > 1 else ""
            cells[way] = f"{statistics.mean(each):.1f}{spread}"
    return cells | {"seeds": found}


def main():
    """Train, measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", nargs="+", default=[*TABLES, TEXTS])
    parser.add_argument("--noise", nargs="+", default=NOISE, help='such as "sym 0.4"')
    parser.add_argument("--seeds", nargs="+", type=int, default=[1, 2, 3, 4, 5])
    parser.add_argument("--json", type=pathlib.Path, default="tabular.json")
    given = parser.parse_args()
    if not importlib.util.find_spec("cleanlab"):
        parser.error('cleanlab is not there; pip install -e ".[benchmark]"')
    quiet.start("tensorflow")
    rows = []
    total = len(given.data) * len(given.noise)
    with tempfile.TemporaryDirectory() as folder, tqdm(total=total) as progress:
        for name in given.data:
            for noise in given.noise:
                found = of_seeds(name, noise, given.seeds, pathlib.Path(folder))
                rows.append(row(name, noise, found))
                progress.update()
    report(rows, given.json)


if __name__ == "__main__":
    main()
