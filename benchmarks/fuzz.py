"""Thousands of command lines and files that nobody meant: python benchmarks/fuzz.py

Each case calls the command, which must end with status 0, or with status 2 and one
line; nothing is trained. What counts as a case is in tests/helpers/fuzz_cases.py and
tests/helpers/fuzz_text.py. A row of the table is a kind of case, and failures are
printed before it, those at the same place once. Exits with 1 if there are any.
"""

import argparse
import collections
import pathlib
import sys
import time

import hypothesis
from measuring import report

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

import fuzz_cases  # noqa: E402
import fuzz_run  # noqa: E402


def fuzz(name, cases, count, seed):
    """The row of one kind of case."""
    found = collections.Counter()
    slowest, shown = 0.0, set()

    # Failures are counted, not raised: one must not hide the others.
    @hypothesis.seed(seed)
    @hypothesis.settings(
        max_examples=count,
        deadline=None,
        database=None,
        phases=[hypothesis.Phase.generate],
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @hypothesis.given(cases)
    def try_one(case):
        nonlocal slowest
        start = time.perf_counter()
        status, wrong = fuzz_run.problem(case)
        slowest = max(slowest, time.perf_counter() - start)
        found["failures" if wrong else f"exit {status}"] += 1
        found["cases"] += 1
        where = tuple((wrong or "").splitlines()[-4:])
        if wrong and where not in shown:
            shown.add(where)
            print(f"{name}: {repr(case)[:2000]}\n{wrong}", file=sys.stderr)

    try_one()
    counted = {key: found[key] for key in ("cases", "exit 0", "exit 2", "failures")}
    return {"target": name, **counted, "slowest, s": round(slowest, 2)}


def main():
    """Try all kinds, report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", type=int, default=6000, help="of all kinds together")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", choices=fuzz_cases.TARGETS)
    parser.add_argument("--json", type=pathlib.Path, default="fuzz.json")
    given = parser.parse_args()
    targets = {
        name: cases
        for name, cases in fuzz_cases.TARGETS.items()
        if given.only in (None, name)
    }
    count = -(-given.cases // len(targets))
    with fuzz_run.place():
        rows = [fuzz(*target, count, given.seed) for target in targets.items()]
    report(rows, given.json)
    sys.exit(1 if any(row["failures"] for row in rows) else 0)


if __name__ == "__main__":
    main()
