"""How long it takes to corrupt a million labels: python benchmarks/noise.py."""

import time

import numpy as np

from lnl_sr_tf import noise

LABELS = 1_000_000


def main():
    """Print seconds for each kind of noise; the median of five."""
    for classes in (10, 1000):
        labels = np.random.default_rng(0).integers(0, classes, LABELS)
        for kind in ("sym", "pairflip"):
            for exact in (True, False):
                matrix = noise.noise_matrix(kind, "", classes, 0.4)
                seconds = []
                for seed in range(5):
                    start = time.perf_counter()
                    noise.corrupt(labels, matrix, seed, exact)
                    seconds.append(time.perf_counter() - start)
                draw = "exact" if exact else "random"
                print(
                    f"{LABELS:,} labels, {classes:4d} classes, {kind:8s} {draw:6s}: "
                    f"{np.median(seconds):.3f} s"
                )


if __name__ == "__main__":
    main()
