"""Curves over epochs, drawn for the page: where each line, number and mark stands.

The SVG itself is in `templates/chart.html`. It has no size of its own: places are in
percent of its area, so that letters stay as large as the page's on a phone, and colours
are the page's, light or dark.
"""

import dataclasses
import math
from collections.abc import Sequence
from typing import NamedTuple

_LEAST = 0.002  # from the lowest to the highest share of an axis
_SIDE = 1000  # of the square in which lines are drawn before it is stretched
_MARKED = 7  # places on a line
_TALL = 7  # curves in the legend, from which on the chart is taller
# Percent of the height between two numbers beside each other, in a tall chart or not.
_APART = {True: 3.8, False: 5.0}
_LONG = 20  # letters of a name, from which on the legend has wider columns
_STEPS = (1, 2, 5, 10)


class Stroke(NamedTuple):
    """How a line looks: the numbers of its colour, dashes and mark in `chart.css`.

    The first 35 differ in colour or dashes, and the first 40 without their colour.
    """

    hue: int
    dash: int
    mark: int


def stroke(number: int) -> Stroke:
    """The stroke of a number from 0.

    Example:
        >>> stroke(7)
        Stroke(hue=0, dash=2, mark=7)
    """
    return Stroke(number % 7, number % 5, number % 8)


@dataclasses.dataclass(frozen=True)
class Curve:
    """One line of a chart.

    Args:
        name: what it is of.
        epochs: rising.
        mean: a share in [0, 1] for each epoch.
        deviation: of the mean, for each epoch; None where nothing is known of it.
        last: the number behind its name.
        stroke: how it looks; None for a thin line without a place in the legend.
    """

    name: str
    epochs: Sequence[int]
    mean: Sequence[float]
    deviation: Sequence[float] | None = None
    last: str = ""
    stroke: Stroke | None = None

    @property
    def reach(self) -> tuple[float, float]:
        """The lowest and the highest share that is drawn."""
        if self.deviation is None or self.stroke is None:
            return min(self.mean), max(self.mean)
        return min(self._edge(-1)), max(self._edge(1))

    def _edge(self, side: int) -> list[float]:
        """The mean and a deviation below or above it, within [0, 1]."""
        some = self.deviation or [0.0] * len(self.mean)
        pairs = zip(self.mean, some, strict=True)
        return [min(1.0, max(0.0, mean + side * value)) for mean, value in pairs]


class Drawn(NamedTuple):
    """A curve as it stands in its chart; places in percent from left and top."""

    curve: Curve
    line: str
    band: str
    marks: list[tuple[float, float]]
    end: tuple[float, float]
    number_at: float
    number: int


@dataclasses.dataclass(frozen=True)
class Chart:
    """Curves over epochs, with a legend.

    Args:
        title: what all curves have in common.
        caption: what is measured, and how.
        curves: in the order of the legend.
        reach: the lowest and the highest share that the axis must have; by default
            those of the curves. Charts that are compared have the same.

    Example:
        Chart("mnist, sym 0.8", "Test accuracy", [Curve("ce", [1, 2], [0.9, 0.8])])
    """

    title: str
    caption: str
    curves: Sequence[Curve]
    reach: tuple[float, float] | None = None

    @property
    def named(self) -> list[Drawn]:
        """The curves that are in the legend."""
        return self._drawn([curve for curve in self.curves if curve.stroke])

    @property
    def thin(self) -> list[Drawn]:
        """The others."""
        return self._drawn([curve for curve in self.curves if not curve.stroke])

    @property
    def tall(self) -> bool:
        """Whether there are so many numbers at the right that they need room."""
        return sum(curve.stroke is not None for curve in self.curves) >= _TALL

    @property
    def wordy(self) -> bool:
        """Whether some names in the legend are long."""
        return any(len(curve.name) >= _LONG for curve in self.curves if curve.stroke)

    @property
    def across(self) -> list[tuple[float, str]]:
        """(place, words) of the epochs at the axis."""
        first, last = self._epochs
        step = max(1, round(_step(last - first, 6)))
        ticks = [e for e in range(first, last + 1) if e % step == 0 or first == last]
        return [(self._x(epoch), str(epoch)) for epoch in ticks]

    @property
    def up(self) -> list[tuple[float, str]]:
        """(place, words) of the shares at the axis."""
        low, high, step = self._shares
        count = round((high - low) / step)
        digits = max(0, -math.floor(math.log10(100 * step) + 1e-9))
        shares = [low + i * step for i in range(count + 1)]
        return [(self._y(share), f"{100 * share:.{digits}f} %") for share in shares]

    @property
    def _epochs(self):
        found = [epoch for curve in self.curves for epoch in curve.epochs]
        return min(found), max(found)

    @property
    def _shares(self):
        """(lowest, highest share of the axis, step between its lines)."""
        reaches = [curve.reach for curve in self.curves]
        low, high = self.reach or (
            min(r[0] for r in reaches),
            max(r[1] for r in reaches),
        )
        if high - low < _LEAST:
            low = max(0.0, min((low + high - _LEAST) / 2, 1 - _LEAST))
            high = low + _LEAST
        step = _step(high - low, 5)
        low = math.floor(low / step + 1e-9) * step
        high = math.ceil(high / step - 1e-9) * step
        return low, high, step

    def _x(self, epoch):
        first, last = self._epochs
        return (
            50.0 if first == last else round(100 * (epoch - first) / (last - first), 2)
        )

    def _y(self, share):
        low, high, _ = self._shares
        return round(100 * (high - share) / (high - low), 2)

    def _drawn(self, curves):
        across, shares = self._epochs, self._shares
        ends = [(self._x(c.epochs[-1]), self._y(c.mean[-1])) for c in curves]
        beside = _apart(ends, _APART[self.tall])
        return [
            Drawn(
                curve,
                *_paths(curve, across, shares),
                [
                    (self._x(curve.epochs[at]), self._y(curve.mean[at]))
                    for at in _marked(len(curve.epochs), place, len(curves))
                ],
                ends[place],
                beside[place],
                place + 1,
            )
            for place, curve in enumerate(curves)
        ]


def reach_of(curves: Sequence[Curve]) -> tuple[float, float]:
    """The lowest and the highest share of several curves."""
    lows, highs = zip(*(curve.reach for curve in curves), strict=True)
    return min(lows), max(highs)


def _paths(curve, across, shares):
    """The line and the band of a curve, as the data of SVG paths."""
    (first, last), (low, high, _) = across, shares

    def points(values):
        return [
            (
                _SIDE / 2
                if first == last
                else _SIDE * (epoch - first) / (last - first),
                _SIDE * (high - value) / (high - low),
            )
            for epoch, value in zip(curve.epochs, values, strict=True)
        ]

    line = points(curve.mean)
    if len(line) == 1:
        line *= 2  # a point of its own is not drawn
    if curve.deviation is None:
        return _path(line), ""
    above, below = points(curve._edge(1)), points(curve._edge(-1))
    return _path(line), _path([*above, *below[::-1]]) + "Z"


def _path(points):
    return "M" + "L".join(f"{x:.1f},{y:.1f}" for x, y in points)


def _marked(count, place, of):
    """Which points of a line have a mark: others than those of the next line."""
    step = max(1, count // _MARKED)
    return range(place * step // of, count, step)


def _step(span, most):
    """A round step that divides a span into a few parts."""
    if span <= 0:
        return 1
    power = 10.0 ** math.floor(math.log10(span / most))
    return next(s * power for s in _STEPS if span / (s * power) <= most + 1e-9)


def _apart(ends, gap):
    """Where the numbers at the ends of lines stand, so that none covers another.

    Args:
        ends: (x, y) of each line's end, in percent.
        gap: between two numbers, in percent.

    Returns:
        Their y: where there is room those of the lines, else as near as can be.
    """
    beside = [y for _, y in ends]
    for x in {x for x, _ in ends}:
        places = sorted((p for p in range(len(ends)) if ends[p][0] == x),
                        key=lambda p: (ends[p][1], p))  # fmt: skip
        # Groups of numbers that touch, each about the middle of its lines' ends.
        groups = []
        for place in places:
            groups.append([place])
            while len(groups) > 1:
                above, below = (_first(group, ends, gap) for group in groups[-2:])
                if above + gap * len(groups[-2]) <= below:
                    break
                groups[-2:] = [groups[-2] + groups[-1]]
        for group in groups:
            top = _first(group, ends, gap)
            for number, place in enumerate(group):
                beside[place] = round(top + gap * number, 2)
    return beside


def _first(group, ends, gap):
    """Where the first number of a group stands, so that none leaves the chart."""
    middle = sum(ends[place][1] for place in group) / len(group)
    length = gap * (len(group) - 1)
    return max(0.0, min(middle - length / 2, 100 - length))
