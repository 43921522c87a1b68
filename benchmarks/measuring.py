"""What the benchmarks share: taking turns, medians, tables, files."""

import json
import statistics
import time

from lnl_sr_tf.devices import hardware
from lnl_sr_tf.files import whole_file


def in_turns(runs, rounds):
    """Seconds of each of several functions, which take turns so that noise hits all.

    Args:
        runs: dict from a name to a function.
        rounds: how often each is called, beside a first call that is not counted.

    Returns:
        Dict from the name to a list of seconds, one a round.
    """
    for run in runs.values():
        run()
    seconds = {name: [] for name in runs}
    for _ in range(rounds):
        for name, run in runs.items():
            start = time.perf_counter()
            run()
            seconds[name].append(time.perf_counter() - start)
    return seconds


def ratio(others, values):
    """The median over the rounds of other / value; None without another."""
    if others is None:
        return None
    each = [other / value for other, value in zip(others, values, strict=True)]
    return round(statistics.median(each), 3)


def report(rows, path):
    """Print rows as a table, and write them with the machine's description.

    Lists are written alone.
    """
    columns = list(
        dict.fromkeys(
            name
            for row in rows
            for name, value in row.items()
            if not isinstance(value, list)
        )
    )
    lines = [columns, *([_text(row.get(name)) for name in columns] for row in rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(columns))]
    for line in lines:
        cells = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        print("  ".join(cells).rstrip())
    write(rows, path)


def write(rows, path):
    """Write rows with the machine's description."""
    content = {"machine": hardware.describe(), "rows": rows}
    with whole_file(path) as file:
        file.write((json.dumps(content, indent=2) + "\n").encode())


def _text(value):
    return "" if value is None else str(value)
