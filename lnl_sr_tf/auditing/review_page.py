"""The page on which a person reviews labels: one HTML file.

It opens from disk and loads nothing from the network. Its looks and its script are in
`templates/`; here is the data that it is given: examples, and sheets of thumbnails, or
texts.
"""

import dataclasses
import hashlib
import json
import math
import pathlib
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike

from lnl_sr_tf.auditing import thumbnails
from lnl_sr_tf.auditing.audit_files import utf8_safe
from lnl_sr_tf.auditing.shown_texts import ShownTexts
from lnl_sr_tf.auditing.yield_curve import YieldCurve
from lnl_sr_tf.datasets.images.image_files import ImageFiles
from lnl_sr_tf.files import whole_file
from lnl_sr_tf.reporting.template import template

_DIGITS = 6  # of a probability, after the point
_WHOLE = 100  # classes, whose matrix is on the page with all its zeros
_MOST = 100_000  # examples; browsers would not show a longer list whole
# In a script element the first could end it, or begin another; the last two end lines.
_ESCAPED = {ord(char): f"\\u{ord(char):04x}" for char in "<>&\u2028\u2029"}


@dataclasses.dataclass(frozen=True)
class Items:
    """Examples whose labels a person reviews, in any order.

    Args:
        images: uint8, shape (n, height, width, 1 or 3); files are read in parts. None
            where there are texts.
        index: int64, shape (n,): the number of each example in its source, once each.
        names: n names, such as paths of files, or None.
        given: int64, shape (n,): the labels that were given.
        suggested: int64, shape (n,): those that may be right instead.
        probability: shape (n,): that the given label is wrong; NaN where unknown.
        score: shape (n,): orders examples of the same probability, largest first.
        clean: int64, shape (n,): the true labels, -1 for none of the classes; None
            where unknown.
        class_names: one name a class.
        texts: what is shown instead of images; None where there are images.
        notes: n texts beside the examples, empty for none; None without.

    Raises:
        ValueError: if their lengths differ, or there are neither images nor texts.

    Example:
        Items(images, np.arange(3), None, given, suggested, probability, score,
              None, ("cat", "dog"))
    """

    images: np.ndarray | ImageFiles | None
    index: np.ndarray
    names: tuple[str, ...] | None
    given: np.ndarray
    suggested: np.ndarray
    probability: np.ndarray
    score: np.ndarray
    clean: np.ndarray | None
    class_names: tuple[str, ...]
    texts: ShownTexts | None = None
    notes: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        if (self.images is None) == (self.texts is None):
            raise ValueError("`Items` must have either `images` or `texts`.")
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if field.name == "class_names" or value is None:
                continue
            if len(value) != len(self.index):
                raise ValueError(
                    f"`{field.name}` must have {len(self.index)} entries, one an "
                    f"example. Received: {len(value)}"
                )


def write(
    path: pathlib.Path | str,
    title: str,
    items: Items,
    matrix: ArrayLike,
    facts: Sequence[tuple[str, str]] = (),
    curve: YieldCurve | None = None,
    tell: Callable[[str], None] = lambda line: None,
) -> None:
    """Write a page; the same arguments give the same bytes.

    The examples are sorted by the probability that their label is wrong, largest
    first; of more than 100,000, the most suspect are shown. At `path` is always the old
    page or the new one, never a part.

    Args:
        path: the file; its folder must exist.
        title: its heading.
        items: the examples.
        matrix: shape (k, k): the estimated number of examples by true class (row) and
            given label (column); NaN where unknown.
        facts: names and values for the top of the page.
        curve: how many labels to look at; None leaves its chart out.
        tell: called with a line now and then, if there are many examples.

    Raises:
        RunError: if the page cannot be written, or an image file cannot be read.

    Example:
        write("audit.html", "Digits", items, matrix, [("Noise rate", "0.41")])
    """
    # The last key counts most; NaN sorts last.
    order = np.lexsort((-np.asarray(items.score), -np.asarray(items.probability)))
    if len(order) > _MOST:
        order = order[:_MOST]
        facts = [*facts, ("On this page", f"the {_MOST:,} most suspect")]
    pictures = None
    if items.images is not None:
        pictures = thumbnails.Thumbnails(items.images, order)
    parts = template("lnl_sr_tf.auditing", "audit.html").generate(
        title=title,
        facts=facts,
        data=_for_script(
            _data(items, order, matrix, pictures) | {"curve": _curve(curve)}
        ),
        sheets=[] if pictures is None else pictures.sheets(tell),
    )
    with whole_file(path) as file:
        file.writelines(part.encode("utf-8", "replace") for part in parts)


def _data(items, order, matrix, pictures):
    """What the page's script reads, except the sheets."""

    def ordered(values):
        return None if values is None else np.asarray(values)[order].tolist()

    examples = {
        "index": ordered(items.index),
        "names": items.names and [utf8_safe(items.names[place]) for place in order],
        "given": ordered(items.given),
        "suggested": ordered(items.suggested),
        "probability": [
            None if math.isnan(value) else round(value, _DIGITS)
            for value in ordered(items.probability)
        ],
        "clean": ordered(items.clean),
        "classes": [utf8_safe(name) for name in items.class_names],
    }
    texts = items.texts
    return examples | {
        "fingerprint": _fingerprint(items),
        "whole": len(order) == len(items.index),
        "matrix": _matrix(matrix),
        "texts": texts and texts.of(order),
        "notes": items.notes and [utf8_safe(items.notes[place]) for place in order],
        "columns": texts and texts.columns,
        "thumbnails": pictures and _measures(pictures),
    }


def _matrix(matrix):
    """The matrix row by row; of many classes, most of which are never confused, the
    cells that are not 0, and the rows and columns most of which are unknown.
    """
    matrix = np.round(np.asarray(matrix, np.float64), 2)
    if len(matrix) <= _WHOLE:
        return [_numbers(row) for row in matrix]
    unknown = np.isnan(matrix)
    rows = np.flatnonzero(unknown.mean(axis=1) > 0.5)
    columns = np.flatnonzero(unknown.mean(axis=0) > 0.5)
    expected = np.zeros_like(unknown)
    expected[rows] = expected[:, columns] = True
    other = np.where(unknown | expected, unknown != expected, matrix != 0)
    places = np.flatnonzero(other)
    return {
        "places": places.tolist(),
        "values": _numbers(matrix.ravel()[places]),
        "unknownRows": rows.tolist(),
        "unknownColumns": columns.tolist(),
    }


def _numbers(values):
    """Numbers as JSON has them: None for NaN."""
    return [None if math.isnan(value) else value for value in values.tolist()]


def _curve(curve):
    """The curve as the page's script draws it; None without points."""
    if curve is None or not len(curve.looked_at):
        return None
    values = {
        name: np.round(getattr(curve, name), 2) for name in ("wrong", "low", "high")
    }
    return {
        "m": curve.looked_at.tolist(),
        "worth": curve.worth_it,
    } | {name: value.tolist() for name, value in values.items()}


def _measures(pictures):
    """How the page's script finds a thumbnail on a sheet."""
    height, width = pictures.cell
    return {
        "start": f"data:{pictures.kind};base64,",
        "exact": pictures.exact,
        "width": pictures.width,
        "height": pictures.height,
        "cellWidth": width,
        "cellHeight": height,
        "columns": thumbnails.COLUMNS,
        "perSheet": thumbnails.PER_SHEET,
    }


def _fingerprint(items):
    """The key under which a browser saves the marks of these labels.

    Another audit of the same labels, with other probabilities, has the same, also where
    other examples of them are on the page.
    """
    order = np.argsort(items.index, kind="stable")
    names = items.names
    known = [
        [index, given, names and utf8_safe(names[place])]
        for place, index, given in zip(
            order.tolist(),
            np.asarray(items.index)[order].tolist(),
            np.asarray(items.given)[order].tolist(),
            strict=True,
        )
    ]
    text = _json([known, [utf8_safe(name) for name in items.class_names]])
    return hashlib.sha256(text.encode()).hexdigest()[:20]


def _json(value, **options):
    return json.dumps(value, separators=(",", ":"), allow_nan=False, **options)


def _for_script(value):
    """JSON that cannot end its script element, whatever names and texts are in it."""
    # As they are: escaped, most letters of the world would take twice the room.
    return _json(value, ensure_ascii=False).translate(_ESCAPED)
