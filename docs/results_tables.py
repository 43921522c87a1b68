"""Writes the tables of docs/results.md that are made from results/ledger.csv.

    python docs/results_tables.py

Each stands between two markers, of which the first names the dataset. A test fails
where page and ledger say different things.
"""

import itertools
import pathlib
import re
import statistics

from lnl_sr_tf.analysis import paper
from lnl_sr_tf.analysis.tables import percent
from lnl_sr_tf.config import FIELDS, Config, as_flags
from lnl_sr_tf.runs.folder import measured
from lnl_sr_tf.runs.ledger import Ledger

DOCS = pathlib.Path(__file__).resolve().parent
PAGE = DOCS / "results.md"
LEDGER = DOCS.parent / "results" / "ledger.csv"
BEGIN = "<!-- table of {}: python docs/results_tables.py -->"
END = "<!-- end of table -->"
_NOISE = {"sym": "symmetric", "asym": "asymmetric"}
_BACKENDS = {"tensorflow": "TensorFlow", "jax": "JAX", "torch": "PyTorch"}


def table(dataset, runs):
    """The lines of a table: a row for runs that differ in the seed alone.

    Args:
        dataset: as it is named in the ledger.
        runs: of a `Ledger`.
    """
    lines = [
        "| loss | noise | seeds | last epoch | paper | difference | best epoch | "
        "sparse rate | trained on | commit | lines |",
        "| --- " * 11 + "|",
    ]
    groups = {}
    for run in runs:
        config = _config(run)
        if config.dataset_name == dataset and run.finished():
            alike = groups.setdefault(_without_seed(run), (config, {}))[1]
            # Of several runs of one seed the last counts, as in `lnl-sr table`.
            alike[config.seed] = run
    for config, by_seed in sorted(groups.values(), key=lambda group: _order(group[0])):
        lines.append(_row(config, dict(sorted(by_seed.items()))))
    return lines


def _config(run):
    return Config(**{k: v for k, v in run.config().items() if k in FIELDS})


def _without_seed(run):
    """What runs of several seeds share: the flags that make them."""
    words = as_flags.command(run.config()) or repr(run.config())
    return re.sub(r" --seed=\d+", "", words)


def _order(config):
    return config.noise != "none", config.noise, config.rate, config.loss


def _row(config: Config, by_seed):
    runs = list(by_seed.values())
    summaries = [run.summary() for run in runs]
    last = [measured(summary) for summary in summaries]
    dataset = paper.dataset_name(config), paper.method_name(config)
    known = paper.numbers("1") | paper.numbers("2")
    theirs = known.get((*dataset, *paper.corruption(config)))
    differing = as_flags.flags(as_flags.differing(runs[0].config()) or {})
    cells = [
        ", ".join(f"`{word}`" for word in (config.loss_words, *differing)),
        _noise(config),
        ", ".join(map(str, by_seed)),
        percent(last),
        f"{theirs[0]:.2f} ± {theirs[1]:.2f}" if theirs else "–",
        _difference(100 * statistics.mean(last), theirs),
        percent([measured(one, "best_test_accuracy") for one in summaries]),
        percent([one["sparse_rate"] for one in summaries]),
        _once(f"{run.machine}, {_backend(run)}" for run in runs),
        _once(run.config()["commit"] or "unknown" for run in runs),
        _ranges(run.line for run in runs),
    ]
    return f"| {' | '.join(cells)} |"


def _noise(config):
    kind = config.noise_words.partition(" ")[0]
    return config.noise_words.replace(kind, _NOISE.get(kind, kind), 1)


def _difference(ours, theirs):
    return f"{ours - theirs[0]:+.2f}".replace("-", "−") if theirs else "–"


def _backend(run):
    name = run.config()["backend"]
    return _BACKENDS.get(name, name)


def _once(words):
    return "; ".join(dict.fromkeys(words))


def _ranges(numbers):
    """Numbers, with `2–4` in place of three or more that follow each other.

    Example:
        >>> _ranges([2, 3, 4, 8])
        '2–4, 8'
    """
    found = []
    for _, members in itertools.groupby(
        enumerate(sorted(numbers)), lambda pair: pair[1] - pair[0]
    ):
        members = [number for _, number in members]
        few = len(members) < 3
        found += members if few else [f"{members[0]}–{members[-1]}"]
    return ", ".join(map(str, found))


def page():
    """docs/results.md with the tables as they should be."""
    text = PAGE.read_text("utf-8")
    runs = Ledger.read(LEDGER).runs
    begin = re.escape(BEGIN).replace(re.escape("{}"), r"(\w+)")
    return re.sub(
        rf"({begin})\n.*?{re.escape(END)}",
        lambda found: "\n".join([found[1], "", *table(found[2], runs), "", END]),
        text,
        flags=re.DOTALL,
    )


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
