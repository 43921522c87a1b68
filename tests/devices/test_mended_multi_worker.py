"""The mends of Keras are there where it has the faults, and else they are not."""

import contextlib
from unittest import mock

import keras
import tensorflow as tf
from keras.src.backend.tensorflow import trainer

from lnl_sr_tf.devices import mended_multi_worker


def mended_build(self, iterator=None, data_batch=None):
    """As Keras may do it one day."""
    for _, _, steps in iterator:
        batch = keras.tree.map_structure(
            lambda part: self.distribute_strategy.experimental_local_results(part)[0],
            next(steps),
        )
        break
    with self.distribute_strategy.scope():
        self._symbolic_build(data_batch=batch)


class MendsTest(tf.test.TestCase):
    def setUp(self):
        super().setUp()
        self.strategy = tf.distribute.MirroredStrategy(["CPU:0"])

    def test_mended_where_the_fault_is(self):
        """It is mended where it averages batches, and only within."""
        before = trainer.TensorFlowTrainer._maybe_symbolic_build
        with mended_multi_worker.mended(self.strategy):
            during = trainer.TensorFlowTrainer._maybe_symbolic_build
        self.assertIs(trainer.TensorFlowTrainer._maybe_symbolic_build, before)
        self.assertEqual(
            during is not before, mended_multi_worker.averages_batches(self.strategy)
        )

    def test_steps_aside(self):
        with mock.patch.object(
            trainer.TensorFlowTrainer, "_maybe_symbolic_build", mended_build
        ):
            self.assertFalse(mended_multi_worker.averages_batches(self.strategy))
            with mended_multi_worker.mended(self.strategy):
                self.assertIs(
                    trainer.TensorFlowTrainer._maybe_symbolic_build, mended_build
                )

    def test_figures_of_one_machine_need_no_mend(self):
        self.assertFalse(mended_multi_worker.averages_an_axis(self.strategy))
        before = trainer.reduce_per_replica
        with mended_multi_worker.mended(self.strategy):
            self.assertIs(trainer.reduce_per_replica, before)

    def test_figures_over_an_axis_are_seen(self):
        def of_many(values, strategy, reduction):
            raise ValueError("`axis` 0 of a scalar")

        with (
            mock.patch.object(mended_multi_worker, "_reduce", of_many),
            contextlib.ExitStack() as stack,
        ):
            stack.enter_context(mended_multi_worker.mended(self.strategy))
            found = trainer.reduce_per_replica(
                {"loss": tf.constant(3.0)}, self.strategy, "auto"
            )
        self.assertAllEqual(found["loss"], 3.0)


if __name__ == "__main__":
    tf.test.main()
