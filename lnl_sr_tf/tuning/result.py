"""What a search found: files, and lines for people."""

import csv
import io
import json
import pathlib
import shlex
from collections.abc import Sequence

from scipy import stats

from lnl_sr_tf.analysis.tables import aligned
from lnl_sr_tf.files import whole_file
from lnl_sr_tf.runs.label_kinds import WORDS
from lnl_sr_tf.tuning import criterion
from lnl_sr_tf.tuning.space import Space, words
from lnl_sr_tf.tuning.trial import Tried

TABLE = "trials.csv"
FLAGS = "best.flags"
_SHOWN = 10
_COLUMNS = (
    "trial", "state", "recipe", "loss", "lambda0", "p", "tau", "validation_accuracy",
    "standard_error", "test_accuracy", "sparse_rate", "seconds", "run", "reason",
)  # fmt: skip


def write_files(
    folder: pathlib.Path, space: Space, trials: Sequence[Tried], examples: int
) -> None:
    """Write `trials.csv`, and `best.flags` once there is a best trial.

    Args:
        folder: where they go.
        space: what was searched.
        trials: all of them, complete or not.
        examples: the number that the criterion is measured on.

    Raises:
        RunError: if they cannot be written.
    """
    text = io.StringIO()
    table = csv.DictWriter(text, _COLUMNS, lineterminator="\n", extrasaction="ignore")
    table.writeheader()
    for one in trials:
        row = one.facts | space.method_of(one.parameters)
        row |= {"trial": one.number, "state": one.state, "recipe": int(one.recipe)}
        if one.state == "complete":
            row["validation_accuracy"] = one.accuracy
            row["standard_error"] = criterion.standard_error(one.accuracy, examples)
        table.writerow(row)
    with whole_file(folder / TABLE) as file:
        file.write(text.getvalue().encode())
    chosen = criterion.best(trials)
    if chosen:
        settings = space.settings_of(space.method_of(chosen.parameters))
        lines = [
            f"# Trial {chosen.number} of lnl-sr tune, "
            f"{_percent(chosen.accuracy, examples)} by given labels.",
            *_flags(settings),
        ]
        with whole_file(folder / FLAGS) as file:
            file.write(("\n".join(lines) + "\n").encode())


def lines(
    folder: pathlib.Path,
    space: Space,
    trials: Sequence[Tried],
    examples: int,
    ceiling: float | None = None,
) -> list[str]:
    """The result, as lines of text.

    Args:
        folder: where the files are.
        space: what was searched.
        trials: of which one is complete.
        examples: the number that the criterion is measured on.
        ceiling: the expected accuracy of a classifier that is always right, where that
            is known.
    """
    chosen = criterion.chosen(trials)
    ranked = sorted(
        (one for one in trials if one.state == "complete"),
        key=lambda one: (-one.accuracy, one.number),
    )
    told = [
        f"Accuracy on the {examples} examples kept from training, by their given "
        "labels, ± its standard error"
    ]
    if ceiling is not None:
        told[0] += f" (the true classes: {100 * ceiling:.1f} %)"
    told[0] += ":"
    told += _table(space, ranked[:_SHOWN], examples)
    if len(ranked) > _SHOWN:
        told.append(f"and {len(ranked) - _SHOWN} more in {folder / TABLE}")
    told.append("")
    told.append(
        f"Chosen: trial {chosen.number}, {words(space.method_of(chosen.parameters))}, "
        f"{_percent(chosen.accuracy, examples)}"
    )
    others = criterion.indistinguishable(trials, examples)
    if others:
        told.append(
            f"{len(others)} other{'s are' if len(others) > 1 else ' is'} within one "
            f"standard error of it (trial{'s' if len(others) > 1 else ''} "
            f"{', '.join(str(one.number) for one in others[:_SHOWN])}"
            f"{', …' if len(others) > _SHOWN else ''}): more examples "
            "(--validation_share) would tell them apart better, more trials would not"
        )
    told += _in_hindsight(ranked, chosen)
    settings = space.settings_of(space.method_of(chosen.parameters))
    command = " ".join(shlex.quote(flag) for flag in _flags(settings))
    told += [
        "",
        f"To train with it on all of the data (settings in {folder / FLAGS}):",
        f"    lnl-sr {command}",
    ]
    return told


def regret(trials: Sequence[Tried]) -> float:
    """How much better than the chosen trial the best one is on the test set.

    Args:
        trials: complete ones, each with a `test_accuracy`.

    Returns:
        A difference of accuracies, in [0, 1].
    """
    best = max(one.facts["test_accuracy"] for one in trials)
    return best - criterion.chosen(trials).facts["test_accuracy"]


def rank_correlation(trials: Sequence[Tried]) -> float | None:
    """Spearman's rank correlation of criterion and test accuracy.

    Args:
        trials: as for `regret`.

    Returns:
        In [-1, 1]; None for fewer than 3 trials, or where one of the two is constant.
    """
    values = [one.accuracy for one in trials]
    tested = [one.facts["test_accuracy"] for one in trials]
    if len(trials) < 3 or len(set(values)) == 1 or len(set(tested)) == 1:
        return None
    return float(stats.spearmanr(values, tested).statistic)


def _in_hindsight(ranked, chosen):
    """How good the choice was by labels that it did not use."""
    if any(one.facts.get("test_accuracy") is None for one in ranked):
        return ["No clean test labels are known, so the regret is not known."]
    top = max(ranked, key=lambda one: (one.facts["test_accuracy"], -one.number))
    measured = WORDS[chosen.facts["test_labels"]].accuracy
    told = [
        f"In hindsight, by {measured}, which the choice did not look at: "
        f"{_percent(chosen.facts['test_accuracy'])}, and "
        f"{_percent(top.facts['test_accuracy'])} for the best of all, trial "
        f"{top.number}: a regret of {100 * regret(ranked):.2f} points"
    ]
    correlation = rank_correlation(ranked)
    if correlation is not None:
        told.append(
            f"Rank correlation (Spearman) of the criterion with it over {len(ranked)} "
            f"trials: {correlation:.2f}"
        )
    return told


def _table(space, ranked, examples):
    rows = [("trial", "loss", "λ0", "p", "τ", "validation", "test (not looked at)", "")]
    for one in ranked:
        method = space.method_of(one.parameters)
        numbers = [method[name] for name in ("lambda0", "p", "tau")]
        tested = one.facts.get("test_accuracy")
        rows.append(
            (
                str(one.number),
                method["loss"],
                *("" if number is None else f"{number:g}" for number in numbers),
                _percent(one.accuracy, examples),
                "" if tested is None else _percent(tested),
                "recipe" if one.recipe else "",
            )
        )
    return aligned(rows)


def _percent(share, examples=None):
    text = f"{100 * share:.2f} %"
    if examples is not None:
        text += f" ± {100 * criterion.standard_error(share, examples):.2f}"
    return text


def _flags(settings):
    """Settings as flags, `--name=value` each."""
    return [f"--{name}={_text(value)}" for name, value in settings.items()]


def _text(value):
    if isinstance(value, dict):
        return ",".join(f"{name}={_text(one)}" for name, one in value.items())
    return json.dumps(value) if isinstance(value, bool) else str(value)
