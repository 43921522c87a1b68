"""Callbacks that move a loss say so where the model has none of its kind."""

import keras
import numpy as np
import tensorflow as tf
from absl.testing import parameterized

import lnl_sr_tf as lnl


class NeededLossesTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.parameters(
        ("AdaptiveRegularization", {}, "SparseRegularization"),
        ("ClippingScheduler", {}, "OptimizedGradientClipping"),
        ("ExampleSelection", {}, "MarginalDistributionAdjustment"),
        ("RegularizationScheduler", {"rho": 2.0}, "SparseRegularization"),
        ("Reweighing", {}, "RockafellianRelaxation"),
        (
            "StageScheduler",
            {"epochs": 2, "shares": {"negative": 1}},
            "SelectiveNegativePositiveLearning",
        ),
    )
    def test_none_is_there(self, name, arguments, kind):
        model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3)])
        model.compile("sgd", loss=lnl.losses.CrossEntropy())
        callback = getattr(lnl.callbacks, name)(**arguments)
        with self.assertRaisesRegex(
            ValueError,
            rf"^{name} needs a model compiled with `lnl.losses.{kind}`. Received: "
            r"loss=<.*CrossEntropy",
        ):
            model.fit(np.zeros((4, 2)), np.zeros(4), verbose=0, callbacks=[callback])


if __name__ == "__main__":
    tf.test.main()
