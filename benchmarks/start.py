"""Start-up and export: python benchmarks/start.py

Seconds of `main.py --help`, of `import lnl_sr_tf`, and of `main.py` on digits: to its
first epoch (an upper bound of the first step), of its end after the last epoch
(figures, Keras and SavedModel files), and whole, which is two runs. Medians. What was
found is written to start.json.
"""

import argparse
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

from measuring import report

ROOT = pathlib.Path(__file__).resolve().parent.parent


def seconds_of(*arguments):
    """Of a process of Python."""
    start = time.perf_counter()
    subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, check=True, stdout=subprocess.DEVNULL
    )
    return time.perf_counter() - start


def digits():
    """Seconds to the first epoch, of the end of the last run, and of all."""
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-u", "main.py", f"--output_dir={folder}"],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        first = last = None
        for line in process.stdout:
            if line.startswith("epoch"):
                last = time.perf_counter()
                first = first or last
        process.wait()
        end = time.perf_counter()
    return first - start, end - last, end - start


def main():
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=pathlib.Path, default="start.json")
    given = parser.parse_args()
    found = {
        "main.py --help": [],
        "import lnl_sr_tf": [],
        "main.py: to the end of its first epoch": [],
        "main.py: from its last epoch to its end": [],
        "main.py: both runs, whole": [],
    }
    for _ in range(given.rounds):
        measured = (
            seconds_of("main.py", "--help"),
            seconds_of("-c", "import lnl_sr_tf"),
            *digits(),
        )
        for values, seconds in zip(found.values(), measured, strict=True):
            values.append(seconds)
    rows = [
        {"what": name, "seconds": round(statistics.median(values), 2)}
        for name, values in found.items()
    ]
    report(rows, given.json)


if __name__ == "__main__":
    main()
