"""Whatever is typed or lies in a file: done, or one line and status 2.

`python benchmarks/fuzz.py` tries thousands of the same cases.
"""

import tensorflow as tf
from absl.testing import parameterized
from helpers import fuzz_cases, fuzz_run
from hypothesis import HealthCheck, given, settings

CASES = 60  # of each kind


class FuzzTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.named_parameters(
        (name.replace(" ", "_"), cases) for name, cases in fuzz_cases.TARGETS.items()
    )
    def test_done_or_one_line(self, cases):
        @settings(
            max_examples=CASES,
            derandomize=True,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        )
        @given(cases)
        def holds(case):
            status, wrong = fuzz_run.problem(case)
            statuses.add(status)
            self.assertIsNone(wrong)

        statuses = set()
        with fuzz_run.place():
            holds()
        self.assertEqual(statuses, {0, 2}, "cases of one kind alone show little")


if __name__ == "__main__":
    tf.test.main()
