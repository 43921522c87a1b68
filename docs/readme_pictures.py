"""Draws the two pictures of README.md from the runs of its first command.

    python main.py --seed=1,2,3 --output_dir=runs
    lnl-sr audit runs/digits-ce_sr-sym0.6-seed1-1497a89d
    python docs/readme_pictures.py runs

`docs/figures/accuracy_*.svg`: accuracy over the epochs, mean and range of the seeds.
`docs/figures/wrong_labels_*.png`: the labels that the audit of the first seed puts
first. Each is made for a light and for a dark page.
"""

import pathlib
import sys
import typing

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from lnl_sr_tf.analysis import style
from lnl_sr_tf.analysis.epoch_figures import over_seeds
from lnl_sr_tf.auditing.audit_table import read_audit
from lnl_sr_tf.experiment.finished_run import FinishedRun
from lnl_sr_tf.runs.folder import RunFolder

FIGURES = pathlib.Path(__file__).resolve().parent / "figures"
SHOWN = 6  # labels


class Page(typing.NamedTuple):
    """Colours of a page: its ground, its text, and those of losses in reports."""

    ground: str
    text: str
    faint: str
    without: str
    with_sr: str


PAGES = {
    "light": Page("#FFFFFF", "#1F2328", "#767676", style.BLUE, style.VERMILION),
    "dark": Page("#0D1117", "#E6EDF3", "#8B949E", style.SKY, style.ORANGE),
}


@style.fixed
def accuracy(runs, page):
    """Accuracy over the epochs, of CE and of CE+SR.

    Args:
        runs: the rows of each seed, by loss.
        page: a `Page`.
    """
    figure = Figure(figsize=(6.4, 3.2), layout="constrained", facecolor=page.ground)
    axes = figure.subplots()
    axes.set_facecolor(page.ground)
    curves = (
        ("ce_sr", page.with_sr, "-", "with sparse regularization", -0.06, "top"),
        ("ce", page.without, "--", "cross-entropy alone", 0.07, "bottom"),
    )
    for loss, color, line, name, gap, side in curves:
        seeds = runs[loss]
        curve = over_seeds(seeds)
        values = np.array([[row["test_accuracy"] for row in rows] for rows in seeds])
        axes.plot(curve.epochs, curve.mean, line, color=color, linewidth=2.4)
        axes.fill_between(
            curve.epochs, values.min(0), values.max(0), color=color, alpha=0.2, lw=0
        )
        axes.text(
            curve.epochs[-1], curve.mean[-1] + gap,
            f"{name}: {100 * curve.mean[-1]:.1f} %",
            color=color, ha="right", va=side, fontsize=13, weight="bold",
        )  # fmt: skip
    axes.set_ylim(0, 1.02)
    axes.set_xlim(1, curve.epochs[-1])
    axes.yaxis.set_major_formatter(PercentFormatter(1.0))
    axes.set_xlabel("epoch", color=page.text, fontsize=12)
    axes.set_title(
        "Accuracy on clean labels; 60 % of the training labels are wrong",
        color=page.text, loc="left", fontsize=12,
    )  # fmt: skip
    axes.tick_params(colors=page.faint, labelsize=11)
    axes.grid(color=page.faint, alpha=0.25)
    for side in axes.spines.values():
        side.set_visible(False)
    return figure


@style.fixed
def wrong_labels(images, given, suggested, page):
    """Images, with the label that each has and the one that it should have.

    Args:
        images: uint8, shape (n, height, width, 1).
        given: n names.
        suggested: likewise.
        page: a `Page`.
    """
    # Of the same form as the other picture, beside which it stands.
    figure = Figure(figsize=(6.4, 3.2), layout="constrained", facecolor=page.ground)
    figure.suptitle(
        "The labels that were found first", color=page.text, fontsize=12, x=0.02,
        ha="left",
    )  # fmt: skip
    places = figure.subplots(2, len(images) // 2).flat
    for axes, image, wrong, right in zip(places, images, given, suggested, strict=True):
        axes.imshow(image[..., 0], cmap="gray", interpolation="bicubic")
        axes.set_axis_off()
        axes.text(
            0.5, -0.12, f"given {wrong}", fontsize=12,
            color=page.without, ha="center", va="top", transform=axes.transAxes,
        )  # fmt: skip
        axes.text(
            0.5, -0.36, f"likely {right}", fontsize=12, weight="bold",
            color=page.with_sr, ha="center", va="top", transform=axes.transAxes,
        )  # fmt: skip
    return figure


def main(place):
    """Draw both from the runs under `place`."""
    folders = {
        loss: sorted(pathlib.Path(place).glob(f"digits-{loss}-sym0.6-seed*"))
        for loss in ("ce", "ce_sr")
    }
    runs = {
        loss: [RunFolder(path).rows() for path in paths]
        for loss, paths in folders.items()
    }
    run = FinishedRun(folders["ce_sr"][0])
    data = run.dataset
    found = read_audit(folders["ce_sr"][0] / "audit.csv", data.class_names)
    rows = np.searchsorted(data.index, found.index[:SHOWN])
    names = np.array(data.class_names)
    matplotlib.use("agg")
    for name, page in PAGES.items():
        accuracy(runs, page).savefig(
            FIGURES / f"accuracy_{name}.svg", metadata={"Date": None, "Creator": None}
        )
        wrong_labels(
            np.asarray(data.train_images)[rows],
            names[found.given[:SHOWN]],
            names[found.suggested[:SHOWN]],
            page,
        ).savefig(
            FIGURES / f"wrong_labels_{name}.png",
            dpi=200,
            metadata={"Software": None},
        )


if __name__ == "__main__":
    main(*sys.argv[1:])
