"""How long a run will take, told within its first epoch."""

from unittest import mock

import numpy as np
import tensorflow as tf
from absl.testing import parameterized
from helpers.quick_runs import quick_runs

from lnl_sr_tf import config, experiment
from lnl_sr_tf.training.callbacks import foreseen_time
from lnl_sr_tf.training.callbacks.foreseen_time import ForeseenTime

LARGE = (56, 56, 3)


class ForeseenTimeTest(tf.test.TestCase, parameterized.TestCase):
    def told(self, seconds, steps=10, shape=LARGE, first_epoch=0, first=100.0, **more):
        """What is told of steps that take some seconds each, after a slow first."""
        lines, now = [], 0.0
        made = config.resolve({"loss": "ce", "epochs": 60} | more)
        callback = ForeseenTime(made, shape, lines.append, clock=lambda: now)
        callback.set_params({"steps": steps})
        for epoch in range(first_epoch, first_epoch + 2):
            callback.on_epoch_begin(epoch)
            for batch in range(steps):
                now += first if (epoch, batch) == (first_epoch, 0) else seconds
                callback.on_train_batch_end(batch, {"loss": np.float32(1)})
            callback.on_epoch_end(epoch)
        return lines

    def test_the_first_step_which_compiles_does_not_count(self):
        (line,) = self.told(3.0, model="resnet18")
        # After 4 of 600 steps.
        self.assertEqual(line, "judged by 3 steps this run takes about 30 min")
        self.assertEqual(self.told(3.0, model="resnet18", first=1.0), [line])

    def test_what_is_left_of_a_resumed_run(self):
        (line,) = self.told(3.0, first_epoch=30, model="resnet18")
        self.assertStartsWith(line, "judged by 3 steps this run takes about 15 min")

    @parameterized.parameters(0.4, 0.8)
    def test_silent_where_it_is_short(self, seconds):
        """Steps of 0.4 s are over before 8 s; of 0.8 in 20 a run takes 4 minutes."""
        self.assertEmpty(self.told(seconds))
        self.assertEmpty(self.told(seconds, steps=20, epochs=15))

    @parameterized.parameters(
        ({"model": "auto"}, LARGE, True),
        ({"model": "auto"}, (28, 28, 1), False),
        ({"model": "auto"}, (40,), False),
        ({"model": "resnet18"}, LARGE, False),
        ({"model": "auto", "image_size": "56x56"}, LARGE, False),
    )
    def test_advice_where_the_size_of_the_images_chose_the_network(
        self, settings, shape, expected
    ):
        (line,) = self.told(3.0, shape=shape, **settings)
        self.assertEqual("; --image_size=32 takes smaller" in line, expected)

    @parameterized.parameters(({}, 1), ({"method": "dividemix"}, 0))
    def test_in_a_run(self, settings, expected):
        """Once; not where the first epoch is a warm-up, which is much shorter."""
        self.enterContext(quick_runs())
        for name in ("_WATCHED", "_WORTH_TELLING"):
            self.enterContext(mock.patch.object(foreseen_time, name, 0.0))
        settings = {"loss": "ce", "epochs": 2, "warmup_epochs": 1} | settings
        if "method" not in settings:
            del settings["warmup_epochs"]
        lines = []
        experiment.run(
            config.resolve(settings | {"output_dir": self.get_temp_dir()}), lines.append
        )
        told = [line for line in lines if line.startswith("judged by 1 step this run")]
        self.assertLen(told, expected)


if __name__ == "__main__":
    tf.test.main()
