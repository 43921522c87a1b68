"""The audit of arrays at scale: python benchmarks/audit_scale.py

It wants cleanlab: pip install -e ".[benchmark]"

For each number of examples and classes, made outputs of a network that says the true
class of 91 % of the examples, more or less surely, and labels of which 20 % are wrong:

- audit: `lnl.audit(labels, probabilities)`, its suspects and its noise rate;
- cleanlab: its `get_label_quality_scores` and `find_label_issues`.

Each call runs in a process of its own, in turns. Seconds are those of the call, and of
importing what it takes, medians over the rounds; `times` is the median ratio of both
calls, cleanlab's to ours. The peak is of the memory of the process that is not a file
(workers that cleanlab starts are not counted, nor is a memory map), sampled every
5 ms, in megabytes. Outputs are float32 in memory, but of 200,000 examples of 5,000
classes float16 in a memory map of 2 GB. What was found is written to audit_scale.json.
"""

import argparse
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parent.parent
SIZES = ("50000x10", "50000x1000", "1000000x100", "200000x5000")
MAPPED = 10**9  # outputs, from which on they are a memory map of float16
BLOCK = 2**22
WAYS = ("audit", "cleanlab")


def make(folder, size):
    """Write outputs and labels, unless they are there; the path of the outputs."""
    path = folder / f"{size}.npy"
    labels = folder / f"{size}-labels.npy"
    if path.exists() and labels.exists():
        return path
    count, classes = map(int, size.split("x"))
    rng = np.random.default_rng(0)
    clean = rng.integers(0, classes, count)
    wrong = rng.random(count) < 0.2
    given = np.where(wrong, (clean + rng.integers(1, classes, count)) % classes, clean)
    right = rng.random(count) < 0.9
    said = np.where(right, clean, rng.integers(0, classes, count))
    kind = np.float16 if count * classes >= MAPPED else np.float32
    outputs = np.lib.format.open_memmap(path, "w+", kind, (count, classes))
    rows = BLOCK // classes
    for first in range(0, count, rows):
        of_rows = said[first : first + rows]
        logits = rng.standard_normal((len(of_rows), classes), np.float32)
        margin = np.log(classes) + rng.normal(3.0, 1.5, len(of_rows))
        logits[np.arange(len(of_rows)), of_rows] += margin.astype(np.float32)
        powers = np.exp(logits)
        outputs[first : first + rows] = powers / powers.sum(axis=1, keepdims=True)
    outputs.flush()
    np.save(labels, given)
    return path


def call(way, path):
    """Print the seconds of importing and of the call, and how many are suspect."""
    start = time.perf_counter()
    if way == "audit":
        sys.path.insert(0, str(ROOT))
        import lnl_sr_tf as lnl

        audit = lnl.audit
    else:
        from cleanlab.filter import find_label_issues
        from cleanlab.rank import get_label_quality_scores
    imported = time.perf_counter() - start
    count, classes = map(int, path.stem.split("x"))
    outputs = np.load(path, mmap_mode="r" if count * classes >= MAPPED else None)
    labels = np.load(path.with_name(f"{path.stem}-labels.npy"))
    start = time.perf_counter()
    if way == "audit":
        found = audit(labels, outputs)
        suspects = len(found.suspects)
        assert 0 < found.noise_rate < 1
    else:
        get_label_quality_scores(labels, outputs)
        suspects = int(find_label_issues(labels, outputs).sum())
    seconds = time.perf_counter() - start
    print(json.dumps([imported, seconds, suspects]))


def measure(way, path):
    """(seconds of importing, of the call, suspects, peak in megabytes) of a process."""
    process = subprocess.Popen(
        [sys.executable, __file__, "--call", way, str(path)],
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    status = pathlib.Path(f"/proc/{process.pid}/status")
    peak = 0
    while process.poll() is None:
        for line in status.read_text().splitlines():
            if line.startswith("RssAnon"):
                peak = max(peak, int(line.split()[1]))
        time.sleep(0.005)
    if process.returncode:
        sys.exit(f"audit_scale.py: {way} of {path.stem} ended with an error")
    return *json.loads(process.stdout.read()), peak / 1024


def rows_of(size, ways, path, rounds):
    """A row of the table for each way."""
    from measuring import ratio

    found = {way: [] for way in ways}
    for _ in range(rounds):
        for way in ways:
            found[way].append(measure(way, path))
    other = [each[1] for each in found["cleanlab"]] if "cleanlab" in found else None
    for way in ways:
        imported, seconds, suspects, peak = zip(*found[way], strict=True)
        yield {
            "size": size,
            "way": way,
            "seconds": round(statistics.median(seconds), 3),
            "importing": round(statistics.median(imported), 2),
            "times": ratio(other, seconds) if way == "audit" else None,
            "peak_megabytes": round(max(peak)),
            "suspects": suspects[0],
            "each": [round(value, 3) for value in seconds],
        }


def main():
    """Make, measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", nargs="+", choices=SIZES, default=SIZES)
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=WAYS)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--data_dir", type=pathlib.Path, help="where data is kept")
    parser.add_argument("--json", type=pathlib.Path, default="audit_scale.json")
    parser.add_argument("--call", nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.call:
        call(given.call[0], pathlib.Path(given.call[1]))
        return
    # It imports Keras, which is not to be counted as what a call takes.
    from measuring import report

    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for size in given.sizes:
            path = make(given.data_dir or pathlib.Path(folder), size)
            rows += rows_of(size, given.ways, path, given.rounds)
    report(rows, given.json)


if __name__ == "__main__":
    main()
