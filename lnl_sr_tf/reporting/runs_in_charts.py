"""Runs as curves: one for each setting, in a chart for each dataset and noise."""

from collections.abc import Sequence
from typing import NamedTuple

from lnl_sr_tf.analysis import tables
from lnl_sr_tf.analysis.epoch_figures import over_seeds
from lnl_sr_tf.experiment.finished_run import FinishedRun
from lnl_sr_tf.reporting.chart import Chart, Curve, reach_of, stroke
from lnl_sr_tf.runs import label_kinds
from lnl_sr_tf.runs.folder import measured

_MOST_NAMED = 12  # curves of a chart; of more nobody tells which is which


class _Of(NamedTuple):
    """What the curves of a chart have in common."""

    dataset: str
    contents: str | None  # of the dataset; others may have its name
    noise: str
    kind: str  # of test labels


def charts(runs: Sequence[FinishedRun]) -> list[Chart]:
    """Accuracy over the epochs: mean and deviation over the seeds of each setting.

    What does not compare is never in one chart: other data, other noise, accuracy by
    other labels. Of the same data and labels the axes are the same. Charts that compare
    several settings come first.

    Args:
        runs: finished ones. Of runs without rows in their `metrics.csv` there is no
            curve.
    """
    groups: dict[_Of, list[tuple[Curve, int, float]]] = {}
    for setting in _settings(runs):
        found = [runs[place] for place in setting.places]
        for kind in label_kinds.WORDS:
            alike = [run for run in found if label_kinds.kind(run.summary) == kind]
            with_rows = [run for run in alike if run.rows]
            curve = _curve(_name(setting), with_rows, alike)
            if curve:
                dataset, noise, _ = setting.shown
                of = _Of(dataset, fingerprint(with_rows[0]), noise, kind)
                groups.setdefault(of, []).append(curve)
    known = _known_strokes(groups)
    drawn = {of: _with_strokes(curves, known) for of, curves in groups.items()}
    titles = [(of.dataset, of.noise, of.kind) for of in groups]
    found = []
    for of, curves in groups.items():
        beside = [curve for other in drawn if _axis(other) == _axis(of)
                  for curve in drawn[other]]  # fmt: skip
        found.append(
            Chart(
                _title(of, titles.count((of.dataset, of.noise, of.kind)) > 1),
                _caption(of.kind, [seeds for _, seeds, _ in curves]),
                drawn[of],
                reach_of(beside),
            )
        )
    return sorted(found, key=lambda chart: len(chart.curves) < 2)


def names(runs: Sequence[FinishedRun]) -> list[str]:
    """A name for each run that no other has, but for copies."""
    differs = [""] * len(runs)
    for setting in _settings(runs):
        for place in setting.places:
            differs[place] = tables.in_words(setting.differs)
    return [
        f"{run.name}, {more}" if more else run.name
        for run, more in zip(runs, differs, strict=True)
    ]


def fingerprint(run: FinishedRun) -> str | None:
    """That of its data; None where the dataset's name says which it is."""
    return (run.folder.config() or {}).get("data_fingerprint")


def _settings(runs):
    return tables.by_setting(
        [run.config for run in runs], [fingerprint(run) for run in runs]
    )


def _name(setting):
    """The loss, and what else tells the curve from others of its chart."""
    differs = {k: v for k, v in setting.differs.items() if k != "data"}
    return ", ".join(filter(None, [setting.shown[2], tables.in_words(differs)]))


def _curve(name, runs, all_runs):
    """(curve, number of seeds, accuracy in the last epoch); None without an epoch."""
    last = [measured(run.summary) for run in all_runs]
    try:
        over = over_seeds([run.rows for run in runs])
    except ValueError:
        return None
    curve = Curve(
        name,
        over.epochs.tolist(),
        over.mean.tolist(),
        over.deviation.tolist() if len(runs) > 1 else None,
        tables.percent(last),
    )
    return curve, len(runs), sum(last) / len(last)


def _axis(of):
    """What charts with the same axis have in common."""
    return of.dataset, of.contents, of.kind


def _known_strokes(groups):
    """Strokes by name, the same in all charts; empty where there are too many names."""
    found = dict.fromkeys(
        curve.name for curves in groups.values() for curve, *_ in curves
    )
    if len(found) > _MOST_NAMED:
        return {}
    return {name: stroke(number) for number, name in enumerate(found)}


def _with_strokes(curves, known):
    """The curves, the highest in the last epoch first; a few of very many named."""
    ordered = sorted(curves, key=lambda one: -one[2])
    found = []
    for number, (curve, *_) in enumerate(ordered):
        look = stroke(number) if number < _MOST_NAMED else None
        look = known.get(curve.name, look)
        found.append(Curve(**(vars(curve) | {"stroke": look})))
    return found


def _title(of, again):
    data = f", data {of.contents[:8]}" if again and of.contents else ""
    return f"{of.dataset}{data}, {of.noise}"


def _caption(kind, seeds):
    accuracy = label_kinds.WORDS[kind].accuracy
    low, high = min(seeds), max(seeds)
    over = "one seed each" if len(seeds) > 1 else "one seed"
    if high > 1:
        number = str(high) if low == high else f"{low} to {high}"
        over = f"mean of {number} seeds, shaded ± standard deviation"
    return f"{accuracy[0].upper()}{accuracy[1:]} over the epochs: {over}."
