"""The review page of an audited run, with its images, texts or rows."""

import pathlib
from collections.abc import Callable

import numpy as np

from lnl_sr_tf.auditing import review_page
from lnl_sr_tf.auditing.findings import Audit, few
from lnl_sr_tf.auditing.shown_texts import shown_texts
from lnl_sr_tf.errors import InputError, RunError
from lnl_sr_tf.experiment.finished_run import FinishedRun


def write_page(
    audit: Audit,
    run: pathlib.Path | str,
    path: pathlib.Path | str,
    data_dir: str | None = None,
    tell: Callable[[str], None] = lambda line: None,
) -> None:
    """Write the page on which a person reviews the labels of a run.

    Args:
        audit: what was found about the run.
        run: its folder.
        path: the HTML file.
        data_dir: where the run's data is now; by default where it was.
        tell: called with a line now and then, if there are many examples.

    Raises:
        InputError: if the data is not where it was.
        RunError: if the data has changed, or the page cannot be written.

    Example:
        write_page(lnl.audit(run), run, "audit.html")
    """
    finished = FinishedRun(run, data_dir)
    try:
        dataset = finished.dataset
    except (InputError, RunError) as error:
        raise type(error)(
            f"audit.html shows the examples of {finished.folder.path}, which cannot be "
            f"read (--nopage leaves the page out): {error}"
        ) from error
    rate = "no evidence: the outputs say nothing about the labels"
    if not audit.no_evidence:
        low, high = audit.noise_rate_interval
        rate = f"{audit.noise_rate:.3f} ({low:.3f} to {high:.3f})"
        if audit.lower_bound:
            rate += ", a lower bound: labels were learned by heart"
    facts = [
        ("Run", finished.name),
        ("Outputs", audit.evidence),
        ("Labels", f"{len(audit.given)}"),
        ("More likely wrong than right", f"{len(audit.suspects)}"),
        ("Estimated noise rate", rate),
    ]
    if finished.summary.get("test_labels") == "held out":
        held_out = len(dataset.test_labels)
        facts.append(("Held out and not judged", f"{held_out}"))
    without = [audit.class_names[i] for i in audit.classes_without_evidence]
    if without and not audit.no_evidence:
        facts.append(("No evidence about", few(without)))
    if audit.features is not None:
        told = audit.features
        facts += [
            ("Near copies", f"{told.pairs}, {len(told.conflicts)} with other labels"),
            ("Perhaps of no class", f"{int(told.outliers.told.sum())}"),
        ]
    items = review_page.Items(
        images=dataset.pictures,
        index=np.asarray(audit.index),
        names=audit.names,
        given=audit.given,
        suggested=audit.suggested,
        probability=audit.probability,
        score=audit.score,
        clean=audit.clean,
        class_names=audit.class_names,
        texts=shown_texts(dataset) if dataset.pictures is None else None,
        notes=_notes(audit),
    )
    title = f"Labels of {finished.config.dataset_name}"
    curve = None if audit.no_evidence else audit.yield_curve
    review_page.write(
        pathlib.Path(path), title, items, audit.estimate.counts, facts, curve, tell
    )


def _notes(audit):
    """A note for each near copy and each example that may be of no class."""
    if audit.features is None:
        return None
    copies, outliers = audit.features.copies, audit.features.outliers
    notes = []
    for of, told in zip(copies.of.tolist(), outliers.told.tolist(), strict=True):
        parts = []
        if of >= 0:
            name = audit.names[of] if audit.names else f"#{audit.index[of]}"
            parts.append(f"copy of {name} ({audit.class_names[audit.given[of]]})")
        if told:
            parts.append("of no class?")
        notes.append("; ".join(parts))
    return tuple(notes)
