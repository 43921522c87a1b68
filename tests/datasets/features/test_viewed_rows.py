"""Features of several views of each example."""

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from lnl_sr_tf.datasets.batches import numpy_batches, pipeline, tf_data
from lnl_sr_tf.datasets.batches.augment import Augmentation
from lnl_sr_tf.datasets.batches.epoch_plan import EpochPlan
from lnl_sr_tf.datasets.batches.stream_spec import StreamSpec
from lnl_sr_tf.datasets.features.viewed_rows import ViewedRows

# Number i of view v is 100 v + i.
VIEWS = [
    np.stack([100.0 * v + np.arange(30), np.full(30, v)], 1).astype(np.float16)
    for v in range(4)
]
ROWS = ViewedRows(VIEWS)
VARIED = Augmentation(views=4)


def spec(epochs, first_epoch=0, first_step=0, mixup=0.0):
    plan = EpochPlan(30, 5, VARIED.columns, mixup)
    labels = np.arange(30, dtype=np.int32)
    return StreamSpec(
        ROWS, labels, 8, plan, epochs, first_epoch, first_step, VARIED, 30, False, None
    )


class ViewedRowsTest(tf.test.TestCase, parameterized.TestCase):
    def test_as_an_array_it_is_the_first_view(self):
        self.assertAllEqual(ROWS[:], VIEWS[0])
        self.assertEqual(ROWS.shape, (30, 2))

    def test_draws_views_of_a_selection(self):
        part = ROWS.take(np.array([9, 4, 2]))
        drawn = part.drawn(np.array([2, 0, 0]), np.array([0.99999999, 0.0, 0.5]))
        self.assertAllEqual(drawn, [[302, 3], [9, 0], [209, 2]])
        self.assertEqual(drawn.dtype, np.float32)

    def test_an_epoch_has_each_example_once_by_some_view(self):
        batches = pipeline.training_batches(
            ROWS, np.arange(30), 8, seed=5, epochs=2, augmentation=VARIED
        )
        found = [(x.numpy(), y.numpy()) for x, y in batches]
        epochs = [
            [np.concatenate(parts) for parts in zip(*found[at : at + 4], strict=True)]
            for at in (0, 4)
        ]
        for rows, labels in epochs:
            self.assertAllEqual(np.sort(labels), np.arange(30))
            self.assertAllEqual(rows[:, 0], 100 * rows[:, 1] + labels)
            self.assertLen(set(rows[:, 1]), 4)
        views = [rows[np.argsort(labels), 1] for rows, labels in epochs]
        self.assertNotAllEqual(*views)

    @parameterized.parameters(0.0, 1.0)
    def test_backends_and_streams_that_start_later_agree(self, mixup):
        def batches(module, **places):
            stream = module.training_batches(spec(2, mixup=mixup, **places))
            return [[np.asarray(part) for part in batch] for batch in stream]

        whole = batches(tf_data)
        for module in (tf_data, numpy_batches):
            rest = batches(module, first_epoch=1, first_step=2)
            self.assertLen(rest, 2)
            for ours, theirs in zip(rest, whole[-2:], strict=True):
                self.assertAllClose(ours[0], theirs[0], rtol=1e-6)
                self.assertAllClose(ours[1], theirs[1], rtol=1e-6)

    def test_measured_on_the_examples_as_they_are(self):
        stream = pipeline.evaluation_batches(ROWS, np.arange(30), 30)
        ((rows, _),) = list(stream)
        self.assertAllEqual(rows, VIEWS[0])


if __name__ == "__main__":
    tf.test.main()
