"""Tables of runs, as text."""

import statistics
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from lnl_sr_tf.config import Config
from lnl_sr_tf.runs import lost_classes
from lnl_sr_tf.runs.folder import measured


def comparison(results: Sequence[tuple[Config, Mapping[str, Any]]]) -> list[str]:
    """Runs side by side, as the lines of a table.

    A line is for runs that differ in the seed alone: mean ± standard deviation. Below
    it are the runs that lost classes, if there are any.

    Args:
        results: (config, summary) of finished runs.

    Example:
        print(*comparison([(config, folder.summary())]), sep="\\n")
    """
    named = [
        (f"{', '.join(_shown(config))}, seed {config.seed}", summary)
        for config, summary in results
    ]
    return aligned(cells(results)) + lost_classes.of_runs(named)


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """A header and rows as lines of columns, with a rule below the header.

    Example:
        >>> aligned([("loss", "accuracy"), ("ce", "81 %")])
        ['loss  accuracy', '--------------', 'ce    81 %']
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    header, *body = [
        "  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    return [header, "-" * max(map(len, [header, *body])), *body]


def cells(
    results: Sequence[tuple[Config, Mapping[str, Any]]],
    data: Sequence[str | None] | None = None,
) -> list[tuple[str, ...]]:
    """What `comparison` shows, as a header and rows of text.

    A row is for runs that differ in the seed alone. Where two rows would look the same,
    a last column says how they differ.

    Args:
        results: (config, summary) of finished runs.
        data: the fingerprint of each run's data, or None where its name says which data
            it is; by default all None.
    """
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
    for setting in by_setting([config for config, _ in results], data):
        summaries = [results[place][1] for place in setting.places]
        body.append(
            (
                *setting.shown,
                percent([measured(s) for s in summaries]),
                percent([measured(s, "best_test_accuracy") for s in summaries]),
                percent([s["sparse_rate"] for s in summaries]),
                str(len(summaries)),
                in_words(setting.differs),
            )
        )
    if any(row[-1] for row in body):
        return [(*header, "differs in"), *body]
    return [header, *(row[:-1] for row in body)]


class Setting(NamedTuple):
    """Runs that differ in the seed alone.

    Args:
        shown: dataset, noise and loss, in words.
        places: of its runs among those given, one for each seed.
        differs: what tells it from others that have the same words, by name.
    """

    shown: tuple[str, str, str]
    places: list[int]
    differs: dict[str, Any]


def by_setting(
    configs: Sequence[Config], data: Sequence[str | None] | None = None
) -> list[Setting]:
    """Runs in groups that differ in the seed alone, in the order of their first ones.

    Args:
        configs: settings of each run. Of several runs with the same seed the last
            counts: they are copies.
        data: as for `cells`.

    Example:
        >>> made = [lnl.config.resolve({"loss": "ce", "seed": s}) for s in (1, 2)]
        >>> [setting.places for setting in by_setting(made)]
        [[0, 1]]
    """
    groups: dict[tuple, tuple[dict, dict[int, int]]] = {}
    known = data or [None] * len(configs)
    for place, (config, contents) in enumerate(zip(configs, known, strict=True)):
        settings = _settings(config, contents)
        key = (_shown(config), repr(sorted(settings.items(), key=repr)))
        groups.setdefault(key, (settings, {}))[1][config.seed] = place
    found = []
    for (shown, _), (settings, by_seed) in groups.items():
        alike = [other for (one, _), (other, _) in groups.items() if one == shown]
        differs = _difference(settings, alike)
        found.append(Setting(shown, list(by_seed.values()), differs))
    return found


def in_words(settings: Mapping[str, Any]) -> str:
    """Settings as `name=value, …`.

    Example:
        >>> in_words({"epochs": 5, "tau": 0.5})
        'epochs=5, tau=0.5'
    """
    return ", ".join(f"{name}={value}" for name, value in settings.items())


def _shown(config):
    return config.dataset_name, config.noise_words, config.loss_words


def _settings(config, data):
    """The settings that identify a run, without its seed."""
    settings = config.identity()
    del settings["seed"]
    files = settings.pop("file_contents", {})
    settings |= {f"contents of {name}": value for name, value in files.items()}
    if data is not None:
        # Wherever the data is, or was.
        settings |= {"dataset": config.dataset_name, "data": data}
    return settings


def _difference(settings, others):
    """The settings by which rows differ that otherwise look the same."""
    names = dict.fromkeys(name for other in others for name in other)
    return {
        name: settings.get(name)
        for name in names
        if len({repr(other.get(name)) for other in others}) > 1
    }


def percent(values: Sequence[float]) -> str:
    """Shares in percent: their mean, ± standard deviation if there are several.

    Example:
        >>> percent([0.5, 0.75])
        '62.50 % ± 17.68'
    """
    text = f"{100 * statistics.mean(values):.2f} %"
    if len(values) > 1:
        text += f" ± {100 * statistics.stdev(values):.2f}"
    return text
