"""What a report says of Theorem 3 of Zhou et al. (ICCV 2021), from a run's outputs."""

from collections.abc import Sequence

from lnl_sr_tf.analysis import robustness
from lnl_sr_tf.experiment.finished_run import FinishedRun
from lnl_sr_tf.losses.nested import without_terms
from lnl_sr_tf.reporting import html_page
from lnl_sr_tf.training.build import build_loss

_HEADER = (
    "run", "mean ε", "largest ε", "spread of Σ L", "δ", "bound 2cδ",
    "measured difference",
)  # fmt: skip


def section(runs: Sequence[FinishedRun]) -> html_page.Section | None:
    """How close outputs and losses are to the conditions of Theorem 3.

    Args:
        runs: with their data.

    Returns:
        None where the theorem applies to none of them.
    """
    rows = []
    for run in runs:
        row = row_of(run, runs)
        if row:
            rows.append(row)
    if not rows:
        return None
    words = (
        "For readers of the paper; the runs are judged without it. On the test set, ε "
        "is the distance of an output to the nearest one-hot vector. The spread of "
        "Σᵢ L(u, i) says how far the loss is from symmetric, and δ how far that sum is "
        "from its value for a one-hot output. By Theorem 3 of Zhou et al. (ICCV 2021), "
        "symmetric noise of rate η raises the risk by at most 2cδ, "
        "c = η / ((1 − η) k − 1). The last column is the risk on the clean test "
        "labels, minus that of a run with the same loss and seed on clean labels, if "
        "this report has one."
    )
    table = html_page.Table(_HEADER, rows, "Theorem 3, computed from the outputs")
    return html_page.Section(
        "Theorem 3 of the paper", [html_page.Text(words), table], "theory"
    )


def row_of(run: FinishedRun, runs: Sequence[FinishedRun]) -> list[str] | None:
    """The row of one run in the table of Theorem 3.

    Args:
        run: with its data.
        runs: others, perhaps with one on clean labels.

    Returns:
        Its cells; None where the theorem does not apply: noise that is not symmetric,
        no clean test labels, or a loss without a value for each class.
    """
    config, dataset = run.config, run.dataset
    suits = config.noise == "sym" and dataset.test_labels_are == "clean"
    if not suits or config.rate >= 1 - 1 / dataset.num_classes:
        return None
    labels, outputs = dataset.test_labels, run.test_probabilities
    try:
        loss = build_loss(config, dataset)
        # The added terms are constraints, not the loss whose risk is bounded.
        loss = without_terms(loss)
        found = robustness.check(loss, outputs, labels, config.rate)
    except ValueError:
        return None
    difference = ""
    for other in runs:
        same = other.config.loss == config.loss and other.config.seed == config.seed
        alike = same and _data_of(other) == _data_of(run)
        if alike and other.config.noise == "none":
            clean = robustness.risk(loss, other.test_probabilities, labels)
            difference = f"{found['clean_risk'] - clean:.4f}"
    return [
        run.name,
        f"{found['mean_distance']:.4f}",
        f"{found['max_distance']:.4f}",
        f"{found['symmetry_spread']:.4g}",
        f"{found['delta']:.4g}",
        f"{found['bound']:.4g}",
        difference,
    ]


def _data_of(run):
    """The identity of a run's data: its fingerprint, or its name."""
    known = run.folder.config().get("data_fingerprint")
    return known or run.config.dataset
