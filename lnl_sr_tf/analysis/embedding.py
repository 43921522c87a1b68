"""What a network has learned, as points in the plane (Figures 1 and 5 of the paper)."""

import pathlib
import typing
from collections.abc import Sequence

import numpy as np
import sklearn.manifold
import sklearn.metrics
import threadpoolctl
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke
from numpy.typing import ArrayLike

from lnl_sr_tf import validation
from lnl_sr_tf.analysis import style

_NAMED = 20  # classes; a longer legend would be larger than the figure


class Panel(typing.NamedTuple):
    """One embedding among several.

    `points` have the shape (n, 2), or are None before training; `labels`, shape (n,),
    are the true classes; `score` is the silhouette of the points, or None.
    """

    title: str
    points: np.ndarray | None = None
    labels: np.ndarray | None = None
    score: float | None = None


def project(
    features: ArrayLike, seed: int, max_points: int = 2000
) -> tuple[np.ndarray, np.ndarray]:
    """Features in the plane, by t-SNE (van der Maaten and Hinton, JMLR 2008).

    On a busy core it takes 8 s for 2000 points and 25 s for 5000; hence the default.
    The same arguments give the same points, whatever the number of cores; another
    processor or version of scikit-learn may give others.

    Args:
        features: finite numbers, shape (n, d) with n ≥ 3 and d ≥ 2.
        seed: of the choice of examples and of t-SNE.
        max_points: of more examples, this many are chosen at random.

    Returns:
        (indices, points): the chosen examples, in ascending order, shape (m,), and
        their points, float32, shape (m, 2), m = min(n, max_points).

    Raises:
        ValueError: if the features are of another shape or not finite.

    Example:
        chosen, points = project(features, seed=1)
        silhouette(points, labels[chosen])  # 0.61
    """
    features = np.asarray(features)
    if features.ndim != 2 or len(features) < 3 or features.shape[1] < 2:
        raise ValueError(
            f"features must have shape (n, d) with n ≥ 3 and d ≥ 2; received "
            f"{features.shape}"
        )
    if max_points < 3:
        raise ValueError(f"max_points must be at least 3; received {max_points}")
    chosen = np.arange(len(features))
    if len(features) > max_points:
        generator = np.random.default_rng(seed)
        chosen = np.sort(generator.choice(len(features), max_points, replace=False))
    values = features[chosen].astype(np.float64)
    if not np.isfinite(values).all():
        raise ValueError(
            f"features must be finite numbers; received "
            f"{np.count_nonzero(~np.isfinite(values))} that are not"
        )
    # A collapsed network gives all images nearly the same features. t-SNE divides by
    # their deviation, which may be 0 in float32, and crashes on NaN.
    values -= values[0]
    scale = np.abs(values).max()
    if scale == 0:
        return chosen, np.zeros((len(chosen), 2), np.float32)
    values = (values / scale).astype(np.float32)
    tsne = sklearn.manifold.TSNE(
        n_components=2,
        init="pca",
        perplexity=min(30.0, (len(chosen) - 1) / 3),
        random_state=seed,
    )
    # Threads would add in another order each time, and on a busy machine they wait for
    # each other: 42 s instead of 8 s.
    with threadpoolctl.threadpool_limits(1):
        return chosen, tsne.fit_transform(values)


def silhouette(values: ArrayLike, labels: ArrayLike) -> float:
    """Mean silhouette: how much nearer its own class is to an example than the next.

    s = mean of (b − a) / max(a, b), where a is the mean distance to the others of the
    own class and b that to the nearest other class (Rousseeuw, 1987): 1 for tight
    classes far apart, near 0 for mixed ones, negative for examples amid another class.

    A figure states the score of the points that it shows. t-SNE widens gaps between
    classes: to compare networks without that effect, give the features themselves.

    Args:
        values: points or features, shape (n, d).
        labels: classes, shape (n,), at least two different and fewer than n.

    Returns:
        A float in [−1, 1].

    Raises:
        ValueError: if shapes do not fit, or it is undefined for such labels.

    Example:
        >>> round(silhouette([[0, 0], [0, 1], [9, 0], [9, 1]], [0, 0, 1, 1]), 3)
        0.889
    """
    values, labels = np.asarray(values), np.asarray(labels)
    if values.ndim != 2 or labels.shape != (len(values),):
        raise ValueError(
            f"expected values of shape (n, d) and n labels; received {values.shape} "
            f"and {labels.shape}"
        )
    classes = len(np.unique(labels))
    if not 2 <= classes < len(values):
        raise ValueError(
            "a silhouette needs at least 2 classes and fewer than examples; received "
            f"{classes} classes of {len(values)} examples"
        )
    return float(sklearn.metrics.silhouette_score(values, labels))


@style.fixed
def draw(
    panels: Sequence[Sequence[Panel | None]],
    title: str,
    stem: pathlib.Path | str,
    class_names: Sequence[str],
) -> tuple[pathlib.Path, pathlib.Path]:
    """Embeddings side by side, classes by colour and by a numeral where they lie.

    Args:
        panels: the rows of the grid. Where a panel is None or has no points, the figure
            says "not trained yet".
        title: dataset and noise.
        stem: path of the figure, without suffix.
        class_names: one name a class.

    Returns:
        The paths of the PNG and the SVG.

    Raises:
        ValueError: if there are no panels, or points and labels do not fit.

    Example:
        panel = Panel("CE", points, labels, silhouette(points, labels))
        draw([[panel, None]], "MNIST, 80 % symmetric noise", "embedding", names)
    """
    columns = max((len(row) for row in panels), default=0)
    if columns == 0:
        raise ValueError(f"expected at least one panel; received {panels!r}")
    for panel in (panel for row in panels for panel in row):
        _check(panel, len(class_names))
    many = len(class_names) > _NAMED
    size = min(6.5 if many else 3.6, max(2.2, 11.0 / columns))
    letters = 6.5 if many else 10.0
    figure = Figure(
        figsize=(columns * size, len(panels) * (size + 0.35) + 1.0),
        layout="constrained",
    )
    figure.suptitle(title)
    grid = figure.subplots(len(panels), columns, squeeze=False)
    for axes in grid.ravel():
        axes.set(xticks=[], yticks=[], xlim=(-0.08, 1.08), ylim=(-0.05, 1.11))
        axes.set_aspect("equal")
    for row, places in zip(panels, grid, strict=True):
        for i, axes in enumerate(places):
            panel = row[i] if i < len(row) else None
            _draw_panel(axes, panel, letters, letters / 72 / size)
    _legend(figure, class_names, columns * size)
    return style.save(figure, stem)


def _check(panel, num_classes):
    if panel is None or panel.points is None:
        return
    shape = np.shape(panel.points)
    if shape[:1] == (0,) or shape[1:] != (2,):
        raise ValueError(
            f"expected points of shape (n, 2), n ≥ 1, for {panel.title!r}; received "
            f"{shape}"
        )
    validation.labels(f"labels of {panel.title!r}", panel.labels, num_classes, shape[0])


def _draw_panel(axes, panel, letters, height):
    """`height` of a letter, in units of the axes."""
    if panel is not None:
        axes.set_title(panel.title)
    if panel is None or panel.points is None:
        axes.text(0.5, 0.5, "not trained yet", ha="center", color=style.GREY)
        return
    if panel.score is not None:
        score = f"{panel.score:.2f}".replace("-", "−")
        axes.set_title(f"{panel.title}\nsilhouette {score}")
    points, labels = np.asarray(panel.points, float), np.asarray(panel.labels, int)
    points = points - (points.min(0) + points.max(0)) / 2
    points = 0.5 + points / (np.ptp(points, axis=0).max() or 1.0)
    axes.scatter(
        *points.T,
        s=max(2.0, min(12.0, 6000 / len(points))),
        c=[style.class_color(label) for label in labels],
        linewidths=0,
        rasterized=True,  # thousands of shapes would make an SVG slow to show
    )
    present = np.unique(labels)
    places = np.array([_place(points[labels == i], height) for i in present])
    for label, (x, y) in zip(present, _apart(places, 1.6 * height), strict=True):
        axes.text(
            x, y, str(label), ha="center", va="center", fontweight="bold",
            fontsize=letters,
            path_effects=[withStroke(linewidth=0.2 * letters, foreground="white")],
        )  # fmt: skip


def _place(points, height):
    """Where a class's numeral is: at the median of its points, or above tight ones."""
    x, y = np.median(points, axis=0)
    radius = np.median(np.hypot(*(points - (x, y)).T))
    return (x, y + 0.9 * height + radius) if radius < 0.6 * height else (x, y)


def _apart(places, distance):
    """Places of numerals, moved a little so that none covers another."""
    places = places.copy()
    # Numerals at exactly the same place have no direction to move in.
    angles = 2.4 * np.arange(len(places))
    places += 1e-4 * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    for _ in range(200):
        between = places[:, None] - places[None]
        far = np.linalg.norm(between, axis=-1)
        np.fill_diagonal(far, np.inf)
        if (far >= distance).all():
            break
        missing = np.maximum(0.0, distance + 1e-3 - far)
        places += 0.4 * np.sum(between / far[..., None] * missing[..., None], axis=1)
        places = places.clip(-0.02, 1.06)
    return places


def _legend(figure, class_names, width):
    if len(class_names) > _NAMED:
        figure.supxlabel(
            "numerals: index of the true class, at the median of its points",
            fontsize="medium",
        )
        return
    names = [
        str(i) if str(name) == str(i) else f"{i}  {name}"
        for i, name in enumerate(class_names)
    ]
    handles = [
        Line2D([], [], marker="o", linestyle="", color=style.class_color(i))
        for i in range(len(names))
    ]
    # In inches: a marker with its gaps, and about 0.085 for each letter.
    each = 0.45 + 0.085 * max(map(len, names))
    figure.legend(
        handles,
        names,
        loc="outside lower center",
        ncols=max(1, min(len(names), int(width / each))),
        title="true class; its numeral is at the median of its points",
        handletextpad=0.2,
        columnspacing=1.2,
    )
