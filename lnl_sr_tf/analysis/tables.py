"""Tables of runs, as text."""

import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from lnl_sr_tf.config import Config
from lnl_sr_tf.runs.folder import measured


def comparison(results: Sequence[tuple[Config, Mapping[str, Any]]]) -> list[str]:
    """Runs side by side: a line for all that differ in their seeds alone, mean ±
    deviation over seeds.

    Args:
        results: list of (config, summary) of finished runs.

    Returns:
        The lines of the table.

    Example:
        >>> print("\\n".join(comparison([(config, folder.summary())])))
    """
    body = cells(results)
    widths = [max(len(row[i]) for row in body) for i in range(len(body[0]))]
    lines = [
        "  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip()
        for row in body
    ]
    return [lines[0], "-" * sum([*widths, 2 * (len(widths) - 1)]), *lines[1:]]


def cells(
    results: Sequence[tuple[Config, Mapping[str, Any]]],
    data: Sequence[str | None] | None = None,
) -> list[tuple[str, ...]]:
    """What `comparison` shows, as a header and rows of text.

    A row is of runs that differ in their seeds alone. Where two rows would read the
    same, a last column says what they differ in.

    Args:
        results: list of (config, summary) of finished runs.
        data: what each of them was trained on, in a few letters that differ where the
            data does, or None where its name says it; by default all None.
    """
    groups: dict[tuple, tuple[dict, dict]] = {}
    for (config, summary), known in zip(
        results, data or [None] * len(results), strict=True
    ):
        settings = _settings(config, known)
        key = (_shown(config), repr(sorted(settings.items(), key=repr)))
        # By seed: a copy of a run is no other one.
        groups.setdefault(key, (settings, {}))[1][config.seed] = summary
    header = (
        "dataset",
        "noise",
        "loss",
        "last epoch",
        "best epoch",
        "sparse rate",
        "seeds",
    )
    body = []
    for (shown, _), (settings, by_seed) in groups.items():
        summaries = list(by_seed.values())
        alike = [other for (one, _), (other, _) in groups.items() if one == shown]
        body.append(
            (
                *shown,
                percent([measured(s) for s in summaries]),
                percent([measured(s, "best_test_accuracy") for s in summaries]),
                percent([s["sparse_rate"] for s in summaries]),
                str(len(summaries)),
                _difference(settings, alike),
            )
        )
    if any(row[-1] for row in body):
        return [(*header, "differs in"), *body]
    return [header, *(row[:-1] for row in body)]


def _shown(config):
    how = config.loss
    if config.method != "standard":
        how += f" ({config.method})"
    return config.dataset_name, config.noise_words, how


def _settings(config, data):
    """What makes a run another one, by name; not its seed."""
    settings = config.identity()
    del settings["seed"]
    files = settings.pop("file_contents", {})
    settings |= {f"contents of {name}": value for name, value in files.items()}
    if data is not None:
        # Wherever it lies, or lay.
        settings |= {"dataset": config.dataset_name, "data": data}
    return settings


def _difference(settings, others):
    """By which settings some differ from others that a table shows alike."""
    names = dict.fromkeys(name for other in others for name in other)
    return ", ".join(
        f"{name}={settings.get(name)}"
        for name in names
        if len({repr(other.get(name)) for other in others}) > 1
    )


def percent(values: Sequence[float]) -> str:
    """Shares as percent: mean, and ± standard deviation where there are several."""
    text = f"{100 * statistics.mean(values):.2f} %"
    if len(values) > 1:
        text += f" ± {100 * statistics.stdev(values):.2f}"
    return text
