"""Square tables of classes as colours, with numbers where they are readable."""

from collections.abc import Sequence

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Normalize, PowerNorm
from matplotlib.image import AxesImage
from matplotlib.ticker import FuncFormatter

from lnl_sr_tf.analysis import style

NUMBERED = 20  # classes; more numbers would be too small to read

_NAME = 0.105  # inches that a name takes at the smallest readable size
_SHARES = (0, 0.01, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1)


def side(num_classes: int) -> float:
    """The side of a table of so many classes, in inches.

    Example:
        >>> side(10)
        4.2
    """
    each = 0.42 if num_classes <= NUMBERED else 0.125
    return min(12.5, max(3.6, each * num_classes))


def size(
    values: np.ndarray,
    class_names: Sequence[str],
    inches: float,
    columns: int = 1,
    bars: int = 1,
) -> tuple[float, float]:
    """(width, height) in inches of a figure of tables beside each other.

    Args:
        values: of one table, shape (k, k); rows of NaN have longer names.
        class_names: k names.
        inches: side of a table.
        columns: number of tables.
        bars: number of colour bars.

    Example:
        figure = Figure(figsize=size(counts, names, side(10)))
    """
    # A letter of 9 points is 0.075 inches wide, and less where there are many names.
    letter = 0.075 if len(values) <= 2 * NUMBERED else 0.06
    left = letter * max(map(len, _row_names(values, class_names)))
    beneath = letter * max(len(str(name)) for name in class_names)
    width = columns * (inches + 0.2) + 0.9 * bars + left + 0.4
    return width, inches + beneath + 1.2


def draw_shares(
    axes: Axes, shares: np.ndarray, class_names: Sequence[str], inches: float
) -> AxesImage:
    """Shares of rows, as percent in the cells.

    Colours follow the square root, from white to blue, and keep their order in grey.

    Args:
        axes: where to draw.
        shares: shape (k, k), in [0, 1]; rows of NaN are hatched.
        class_names: k names.
        inches: height of the table, which decides how many names fit.

    Returns:
        The image, for `bar_of_shares`.

    Example:
        image = draw_shares(axes, np.eye(3), ["a", "b", "c"], side(3))
        bar_of_shares(image, axes)
    """
    norm = PowerNorm(0.5, 0.0, 1.0)
    return _draw(axes, shares, class_names, norm, "Blues", _percent, inches)


def bar_of_shares(image: AxesImage, axes: Axes) -> None:
    """The colour bar of `draw_shares`, beside the axes."""
    bar = axes.figure.colorbar(image, ax=axes, shrink=0.8, pad=0.02, aspect=25)
    bar.set_ticks(_SHARES, labels=[f"{100 * share:g}" for share in _SHARES])
    bar.set_label("% of the true class")


def draw_difference(
    axes: Axes, difference: np.ndarray, class_names: Sequence[str], inches: float
) -> None:
    """Differences of shares, in percentage points in the cells, and their colour bar.

    Args:
        axes: where to draw.
        difference: shape (k, k); rows of NaN are hatched.
        class_names: k names.
        inches: height of the table.

    Example:
        draw_difference(axes, drawn - intended, names, side(10))
    """
    # Rounding errors do not get the full scale; without values there is a scale too.
    reach = max([1e-3, *np.abs(difference[~np.isnan(difference)])])
    norm = Normalize(-reach, reach)
    image = _draw(axes, difference, class_names, norm, "PuOr", _points, inches)
    bar = axes.figure.colorbar(image, ax=axes, shrink=0.8, pad=0.02, aspect=25)
    bar.ax.yaxis.set_major_formatter(
        FuncFormatter(lambda share, _: _minus(f"{100 * share:g}"))
    )
    bar.set_label("percentage points")


def _draw(axes, values, class_names, norm, colors, text, inches):
    count = len(values)
    # Missing values are hatched, so that they look like no value.
    axes.patch.set(hatch="////", facecolor="white", edgecolor=style.GREY)
    colormap = matplotlib.colormaps[colors].with_extremes(bad=(0, 0, 0, 0))
    image = axes.imshow(values, cmap=colormap, norm=norm, interpolation="nearest")
    step = -(-count // max(1, int(inches * 0.85 / _NAME)))
    size = float(np.clip(60 * inches * 0.85 / count * step, 6.5, 9.0))
    places = range(0, count, step)
    names = [str(class_names[i]) for i in places]
    flat = max(map(len, names)) <= 2 and step * inches / count > 0.2
    axes.set_xticks(places, names, rotation=0 if flat else 90, fontsize=size)
    rows = _row_names(values, class_names)
    axes.set_yticks(places, [rows[i] for i in places], fontsize=size)
    if count <= NUMBERED:
        size = float(np.clip(60 * inches * 0.85 / count / 2.1, 5.5, 9.0))
        for (i, j), value in np.ndenumerate(values):
            if not np.isnan(value):
                red, green, blue, _ = colormap(norm(value))
                dark = 0.3 * red + 0.59 * green + 0.11 * blue < 0.5
                axes.text(
                    j, i, text(value), ha="center", va="center", fontsize=size,
                    color="white" if dark else "black",
                )  # fmt: skip
    return image


def _row_names(values, class_names):
    empty = np.isnan(values).all(axis=1)
    return [
        f"{name} (no examples)" if none else str(name)
        for name, none in zip(class_names, empty, strict=True)
    ]


def _percent(share):
    percent = 100 * share
    if percent == 0:
        return ""
    return "<1" if percent < 0.5 else f"{percent:.0f}"


def _points(difference):
    if difference == 0:
        return ""
    return _minus(f"{100 * difference:+.1f}") if abs(difference) >= 5e-4 else "0"


def _minus(text):
    return text.replace("-", "−")
