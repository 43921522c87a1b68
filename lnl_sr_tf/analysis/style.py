"""How figures look: colours, lines, markers, sizes of text, and how they are saved."""

import io
import pathlib
import typing

import matplotlib
import matplotlib.style
from matplotlib.figure import Figure

from lnl_sr_tf.files import whole_file

# Okabe and Ito's colours, which colour-blind people can tell apart; without their
# yellow, which is invisible as a line on white.
BLUE, VERMILION, GREEN = "#0072B2", "#D55E00", "#009E73"
ORANGE, SKY, PURPLE, BLACK = "#E69F00", "#56B4E9", "#CC79A7", "#000000"
GREY, LIGHT_GREY = "#767676", "#CCCCCC"

# Their numbers have no common divisor, so that 7 · 5 pairs of colour and line come
# before one repeats.
_COLORS = (BLUE, VERMILION, GREEN, PURPLE, BLACK, ORANGE, SKY)
_LINES = ("-", "--", ":", "-.", (0, (6, 1.5, 1, 1.5, 1, 1.5)))
_MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">", "*", "h", "d")
# For points of classes, which a numeral names too: more colours, some darker or
# lighter than all others.
_CLASS_COLORS = (
    BLUE, ORANGE, GREEN, PURPLE, BLACK, SKY, VERMILION, "#F0E442", "#882255", "#999999",
)  # fmt: skip

_SETTINGS = {
    "font.family": "DejaVu Sans",  # comes with matplotlib
    "font.size": 10,
    "axes.titlesize": 10,
    "figure.titlesize": 12,
    "legend.fontsize": 9,
    "legend.framealpha": 0.9,
    "lines.linewidth": 1.6,
    "lines.markersize": 4.5,
    "hatch.linewidth": 0.6,
    # A class called "US$" is not a formula.
    "text.parse_math": False,
    # Text as outlines: without this font, a browser would make it too wide.
    "svg.fonttype": "path",
    # Otherwise names inside an SVG are random, and no two files are equal.
    "svg.hashsalt": "lnl_sr_tf",
}

# Around a function that draws: whatever a user's matplotlibrc says, figures are the
# same.
fixed = matplotlib.style.context(["default", _SETTINGS])


class Stroke(typing.NamedTuple):
    """How a curve is drawn: colour, line style and marker."""

    color: str | tuple
    line: str | tuple
    marker: str


def strokes(count: int) -> list[Stroke]:
    """Strokes for curves without an order, such as methods.

    The first 35 differ in colour or line, the first 12 in the marker too.

    Example:
        >>> strokes(2)[1].line
        '--'
    """
    return [
        Stroke(_COLORS[i % 7], _LINES[i % 5], _MARKERS[i % 12]) for i in range(count)
    ]


def ordered_strokes(count: int) -> list[Stroke]:
    """Strokes for ordered values, such as those of λ: dark to light.

    The colours are viridis without its yellow end; colour-blind people see their order,
    and grey keeps it.

    Example:
        >>> len(ordered_strokes(11))
        11
    """
    colors = matplotlib.colormaps["viridis"]
    return [
        Stroke(colors(0.88 * i / max(count - 1, 1)), _LINES[i % 5], _MARKERS[i % 12])
        for i in range(count)
    ]


def class_color(label: int) -> str:
    """The colour of a class's points; ten differ.

    Example:
        >>> class_color(0)
        '#0072B2'
    """
    return _CLASS_COLORS[label % len(_CLASS_COLORS)]


def save(figure: Figure, stem: pathlib.Path | str) -> tuple[pathlib.Path, pathlib.Path]:
    """Write a figure as PNG (150 dpi) and as SVG.

    Each is written whole or not at all, and the same figure gives the same bytes.

    Args:
        figure: made by a function that is `fixed`.
        stem: path without suffix; the folder must exist.

    Returns:
        The two paths, PNG and SVG.

    Raises:
        RunError: if a file cannot be written.

    Example:
        save(figure, "figures/confusion")  # confusion.png and confusion.svg
    """
    return _write(figure, stem, "png"), _write(figure, stem, "svg")


def _write(figure, stem, kind):
    path = pathlib.Path(f"{stem}.{kind}")
    content = io.BytesIO()
    # Versions and dates change, the figure does not.
    unsaid = {"png": {"Software": None}, "svg": {"Date": None, "Creator": None}}
    figure.savefig(content, format=kind, dpi=150, metadata=unsaid[kind])
    with whole_file(path) as file:
        file.write(content.getvalue())
    return path
