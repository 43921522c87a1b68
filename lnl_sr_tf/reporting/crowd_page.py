"""The page about several annotators' votes."""

import math
import pathlib

import numpy as np

from lnl_sr_tf.reporting import html_page as page
from lnl_sr_tf.votes import Crowd

_MOST_EXAMPLES = 200  # in a table
_MOST_ANNOTATORS = 1000
_MOST_MAPS = 60  # confusion matrices
_MOST_CLASSES = 40  # of one of them
_OPEN_MAPS = 8  # that are not folded away
_CORNER = "true ↓, says →"


def write_page(found: Crowd, path: pathlib.Path, title: str) -> None:
    """Write the page: summary, annotators, confusion matrices, examples.

    Args:
        found: what the votes say.
        path: the HTML file; its folder must exist.
        title: its heading.

    Raises:
        RunError: if it cannot be written.
    """
    sections = [
        page.Section("Summary", _summary(found)),
        page.Section("Annotators", _annotators(found)),
        page.Section("Who takes what for what", _maps(found)),
        page.Section("Examples that need another vote", _needed(found)),
        page.Section("Consensus against majority", _differing(found)),
    ]
    page.write(path, title, sections)


def alpha_text(alpha: float) -> str:
    """Krippendorff's α for people."""
    return "unknown" if math.isnan(alpha) else f"{alpha:.3f}"


def _summary(found):
    count = len(found.consensus)
    facts = {
        "examples": count,
        "annotators": len(found.annotators),
        "votes": f"{len(found.votes)}, {len(found.votes) / count:.3g} an example",
        "classes": len(found.class_names),
        "Krippendorff's α": alpha_text(found.alpha),
        "consensus differs from majority": f"for {found.differ.sum()} of {count}",
        "iterations of the fit": found.iterations,
    }
    notes = [page.Text(note[0].upper() + note[1:] + ".", True) for note in found.notes]
    return [
        page.Facts(facts),
        *notes,
        page.Text(
            "The consensus is by the model of Dawid and Skene (1979), which learns "
            "from the votes alone what each annotator takes for what. α is 1 where all "
            "agree and 0 where they agree as often as by chance."
        ),
    ]


def _annotators(found):
    judged = found.annotators
    rows = []
    for i in judged.order[:_MOST_ANNOTATORS].tolist():
        known = not math.isnan(judged.accuracy[i])
        low, high = judged.interval[i]
        rows.append((
            judged.names[i],
            judged.votes[i],
            judged.judged[i],
            f"{judged.accuracy[i]:.3f}" if known else "n/a",
            f"{low:.3f}" if known else "n/a",
            f"{high:.3f}" if known else "n/a",
        ))  # fmt: skip
    return [
        page.Table(
            ("annotator", "votes", "judged", "accuracy", "from", "to"),
            rows,
            "How often each annotator is right, the best first"
            + f": {len(rows)} of {len(judged)}" * (len(rows) < len(judged)),
            note="Accuracy with an interval of 95 %, by what the others say of the "
            "same examples; the annotator's own vote does not count. Judged are the "
            "votes for examples that another one voted for, too.",
        )
    ]


def _maps(found):
    if len(found.class_names) > _MOST_CLASSES:
        return [
            page.Text(
                f"Matrices of {len(found.class_names)} classes are too large for a "
                "page; crowd.json and lnl.crowd have them."
            )
        ]
    order = found.annotators.order.tolist()
    maps = [
        page.HeatMap(
            found.class_names,
            found.annotators.confusion(i),
            f"{found.annotators.names[i]}: {found.annotators.votes[i]} votes",
            _CORNER,
        )
        for i in order[:_MOST_MAPS]
    ]
    typical = page.HeatMap(
        found.class_names, found.typical_confusion, "All together", _CORNER
    )
    blocks = [
        page.Text(
            "Of the examples of the class of a row, the share that an annotator gives "
            "the class of each column, as the model estimates it. Empty cells are "
            "below 0.005."
        ),
        typical,
        *maps[:_OPEN_MAPS],
    ]
    if maps[_OPEN_MAPS:]:
        blocks.append(
            page.Fold(f"{len(maps) - _OPEN_MAPS} more annotators", maps[_OPEN_MAPS:])
        )
    if order[_MOST_MAPS:]:
        blocks.append(page.Text(f"{len(order) - _MOST_MAPS} others are in crowd.json."))
    return blocks


def _needed(found):
    rows = [
        (*row, f"{found.information[i]:.3f}")
        for i, row in _rows(found, found.order[:_MOST_EXAMPLES])
    ]
    return [
        page.Table(
            (*_HEADER, "bits"),
            rows,
            f"The first {len(rows)} of {len(found.order)}; crowd.csv has all",
            note="By what one more vote of a typical annotator is expected to tell "
            "about the true class, in bits.",
        )
    ]


def _differing(found):
    places = np.flatnonzero(found.differ)
    if not len(places):
        return [page.Text("They are the same for every example.")]
    shown = places[:_MOST_EXAMPLES]
    return [
        page.Table(
            _HEADER,
            [row for _, row in _rows(found, shown)],
            f"The first {len(shown)} of {len(places)}; crowd.csv has all",
        )
    ]


_HEADER = ("example", "votes", "majority", "consensus", "probability")


def _rows(found, places):
    """(example, its row) of some examples."""
    said = {i: [] for i in places.tolist()}
    for vote in np.flatnonzero(np.isin(found.votes.example, places)).tolist():
        said[int(found.votes.example[vote])].append(int(found.votes.label[vote]))
    names = found.class_names
    for i, labels in said.items():
        often = sorted(set(labels), key=lambda label: (-labels.count(label), label))
        words = ", ".join(f"{names[label]} × {labels.count(label)}" for label in often)
        yield (
            i,
            (
                found.votes.examples[i],
                words or "none",
                names[found.majority[i]],
                names[found.consensus[i]],
                f"{found.probabilities[i, found.consensus[i]]:.3f}",
            ),
        )
