"""--rate_estimate: an audit's noise rate and matrix for methods that need them."""

import json
import tempfile

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from lnl_sr_tf import config as configs
from lnl_sr_tf import noise
from lnl_sr_tf.errors import InputError
from lnl_sr_tf.experiment import correction_matrix

_MATRIX = [[0.7, 0.3], [0.1, 0.9]]


class RateEstimateTest(parameterized.TestCase, tf.test.TestCase):
    def _audit(self, **changes):
        """A run's folder with an audit.json, in which some entries are other ones."""
        folder = self.enterContext(tempfile.TemporaryDirectory())
        found = {
            "noise_rate": 0.2,
            "transition_matrix": _MATRIX,
            "class_names": ["cat", "dog"],
        } | changes
        path = f"{folder}/audit.json"
        with open(path, "w", encoding="utf-8") as file:
            json.dump(found, file)
        return folder, path

    def test_co_teaching_forgets_as_much_as_is_wrong(self):
        folder, path = self._audit()
        for source in (folder, path):
            config = configs.resolve(
                {"method": "co_teaching", "loss": "ce", "rate_estimate": source}
            )
            self.assertEqual(config.forget_rate, 0.2)
            self.assertIsNone(config.transition_matrix)

    @parameterized.parameters("forward", "backward", "forward_sr")
    def test_corrections_take_the_matrix(self, loss):
        folder, path = self._audit()
        config = configs.resolve({"loss": loss, "rate_estimate": folder})
        self.assertEqual(config.transition_matrix, path)
        self.assertIsNone(config.estimation_epochs)
        correction_matrix.check_source(config)
        self.assertAllClose(noise.read_matrix(path, 2, ("cat", "dog")), _MATRIX)

    def test_both_at_once(self):
        folder, path = self._audit()
        config = configs.resolve(
            {"method": "co_teaching", "loss": "forward", "rate_estimate": folder}
        )
        self.assertEqual((config.forget_rate, config.transition_matrix), (0.2, path))

    def test_another_estimate_is_another_run(self):
        names = [
            configs.resolve(
                {
                    "loss": loss,
                    "method": method,
                    "rate_estimate": self._audit(**more)[0],
                }
            ).run_name
            for loss, method, more in (
                ("forward", "standard", {"transition_matrix": [[0.5, 0.5], [0, 1]]}),
                ("ce", "co_teaching", {"noise_rate": 0.3}),
                ("ce", "co_teaching", {"noise_rate": 0.4}),
            )
        ]
        self.assertLen(set(names), 3)

    def test_beside_other_values_it_may_count_for_nothing(self):
        folder, path = self._audit()
        plain, forward = configs.grid(
            {"loss": ["ce", "forward"], "rate_estimate": folder}
        )
        self.assertIsNone(plain.transition_matrix)
        self.assertEqual(forward.transition_matrix, path)
        with self.assertRaisesRegex(
            InputError, "no effect with --loss=ce,gce --method=standard; it belongs to"
        ):
            configs.grid({"loss": ["ce", "gce"], "rate_estimate": folder})

    @parameterized.parameters(
        ({"loss": "ce"}, "has no effect with --loss=ce --method=standard"),
        (
            {"method": "co_teaching", "loss": "ce", "forget_rate": 0.3},
            "contradicts --forget_rate=0.3; leave out one",
        ),
        (
            {"loss": "forward", "transition_matrix": "known"},
            "contradicts --transition_matrix=known; leave out one",
        ),
    )
    def test_refused(self, settings, message):
        folder, _ = self._audit()
        with self.assertRaisesRegex(InputError, message):
            configs.resolve(settings | {"rate_estimate": folder})

    @parameterized.parameters(
        ("nowhere",), ("nowhere.json",), ("setup.cfg",), ("tests",)
    )
    def test_no_audit_there(self, source):
        with self.assertRaisesRegex(InputError, f"{source}: expected the folder of a"):
            configs.resolve({"loss": "forward", "rate_estimate": source})

    @parameterized.parameters(
        (b"{", "it has no noise_rate"),
        (b"\xff\xfe", "it has no noise_rate"),
        (b"[1, 2]", "it has no noise_rate"),
        (b'{"noise_rate": "much"}', "it has no noise_rate"),
        (b'{"noise_rate": true}', "it has no noise_rate"),
        (b'{"noise_rate": NaN}', r"expected a noise_rate in \[0, 1\)"),
        (b'{"noise_rate": 1.0}', r"expected a noise_rate in \[0, 1\)"),
        (b"[" * 100_000, "it has no noise_rate"),
    )
    def test_damaged(self, content, message):
        folder, path = self._audit()
        with open(path, "wb") as file:
            file.write(content)
        with self.assertRaisesRegex(InputError, message):
            configs.resolve(
                {"method": "co_teaching", "loss": "ce", "rate_estimate": folder}
            )

    @parameterized.parameters(
        ({"transition_matrix": "none"}, "expected a transition_matrix of numbers"),
        ({"transition_matrix": None}, "received the shape"),
        ({"transition_matrix": [[1, 0], [1]]}, "expected a transition_matrix of"),
        ({"transition_matrix": [[1.0, 0.0], [0.5, 0.6]]}, "row 2: expected probab"),
        ({"transition_matrix": np.eye(3).tolist()}, "a matrix of 2 rows"),
        ({"class_names": ["dog", "cat"]}, "is of the classes dog, cat; expected cat,"),
        ({"class_names": 3}, "and class_names"),
    )
    def test_matrices_that_do_not_fit(self, changes, message):
        _, path = self._audit(**changes)
        with self.assertRaisesRegex(InputError, message):
            noise.read_matrix(path, 2, ("cat", "dog"))


if __name__ == "__main__":
    tf.test.main()
