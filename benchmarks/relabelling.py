"""Which labels to send back first: python benchmarks/relabelling.py

On scikit-learn's digits with wrong labels, logistic regression (or with
--network=forest a random forest) is trained on the given labels, after those of the
first m examples of an order were put right. The orders:

- random;
- audit: that of `lnl.audit` (`found.order`) by outputs of five folds;
- cleanlab: its self-confidence by the same outputs (pip install -e ".[benchmark]");
- unsure: the probability of being wrong closest to one half first;
- gain: the probability of being wrong times the Euclidean norm of the difference that
  the suggested label makes to the gradient of the loss, which is the norm of the
  example's features times √2: large examples first;
- drawn: `found.budget_order()`, one after the other at random, with chances in
  proportion to the probability of being wrong.

Accuracy is on the clean test set (a fifth), means over seeds; beside each the mean
difference from the audit's order and its standard error over seeds. What was found is
written to relabelling.json.
"""

import argparse
import pathlib

import numpy as np
from audit_evidence import corrupted, outputs
from measuring import report
from sklearn.datasets import load_digits
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from tqdm import tqdm

from lnl_sr_tf.auditing import audit_arrays

SHARES = (0.0, 0.05, 0.1, 0.2, 0.4)
NOISE = (("symmetric", 0.4), ("pairflip", 0.3), ("asymmetric", 0.4), ("instance", 0.3))


def network(name):
    """The classifier, new."""
    if name == "forest":
        return RandomForestClassifier(100, random_state=0)
    return make_pipeline(StandardScaler(), LogisticRegression(max_iter=200))


def orders(examples, given, said, seed):
    """Dict from the name of an order to positions."""
    from cleanlab.rank import get_label_quality_scores

    found = audit_arrays(given, said)
    wrong = np.nan_to_num(found.probability)
    size = np.linalg.norm(StandardScaler().fit_transform(examples), axis=1)
    rng = np.random.default_rng([seed, 1])  # another one than of the noise
    return {
        "random": rng.permutation(len(given)),
        "audit": found.order,
        "cleanlab": np.argsort(get_label_quality_scores(given, said), kind="stable"),
        "unsure": np.argsort(np.abs(wrong - 0.5), kind="stable"),
        "gain": np.argsort(-wrong * size, kind="stable"),
        "drawn": found.budget_order(seed + 1000),
    }


def gained(kind, rate, seed, name_of_network):
    """Dict from (order, share relabelled) to (accuracy, wrong labels put right)."""
    images, labels = load_digits(return_X_y=True)
    examples, tests, clean, true = train_test_split(
        images, labels, test_size=0.2, random_state=seed, stratify=labels
    )
    given, wrong = corrupted(kind, examples, clean, rate, seed)
    said = outputs(network(name_of_network), examples, given, seed)
    found = {}
    for name, order in orders(examples, given, said, seed).items():
        for share in SHARES:
            first = order[: round(share * len(order))]
            better = given.copy()
            better[first] = clean[first]
            right = network(name_of_network).fit(examples, better).score(tests, true)
            found[name, share] = right, int(wrong[first].sum())
    return found


def main():
    """Relabel, train, print and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", nargs="+", type=int, default=[1, 2, 3, 4, 5])
    parser.add_argument(
        "--network", choices=("regression", "forest"), default="regression"
    )
    parser.add_argument(
        "--json", type=pathlib.Path, default=pathlib.Path("relabelling.json")
    )
    given = parser.parse_args()
    rows = []
    for kind, rate in tqdm(NOISE):
        seeds = [gained(kind, rate, seed, given.network) for seed in given.seeds]
        for name in dict.fromkeys(order for order, _ in seeds[0]):
            row = {"noise": f"{kind} {rate}", "order": name}
            for share in SHARES:
                own = np.array([one[name, share][0] for one in seeds])
                audits = np.array([one["audit", share][0] for one in seeds])
                more = 100 * (own - audits)
                spread = more.std(ddof=1) / np.sqrt(len(more)) if len(more) > 1 else 0
                row[f"{share:.0%}"] = (
                    f"{100 * own.mean():.2f} ({more.mean():+.2f} ± {spread:.2f})"
                )
            rows.append(row)
    report(rows, given.json)


if __name__ == "__main__":
    main()
