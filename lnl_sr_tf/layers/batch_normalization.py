"""Batch normalisation in one operation, where the backend has one."""

import keras

from lnl_sr_tf.types import Tensor

# oneDNN normalises this many channels at a time.
_BLOCK = 16


@keras.saving.register_keras_serializable("lnl_sr_tf")
class FusedBatchNormalization(keras.layers.BatchNormalization):
    """`keras.layers.BatchNormalization`, on TensorFlow by its fused operation.

    y = γ (x − μ) / √(σ² + ε) + β, with mean μ and variance σ² of the batch in training
    and their running averages otherwise. The result is that of Keras. Images of shape
    (batch, height, width, channels) take one operation instead of a dozen, which keeps
    bfloat16 in between and makes most of the speed-up of a convolutional network on a
    CPU. Where the CPU's operation is slow, because the number of channels is not a
    multiple of 16, XLA compiles another. Statistics are in float32. Other inputs, other
    backends, and `synchronized` layers in training, which take mean and variance over
    all replicas of a strategy, go through Keras. Ioffe and Szegedy, "Batch
    Normalization" (ICML 2015).

    Example:
        >>> images = np.ones((1, 8, 8, 3))
        >>> tuple(FusedBatchNormalization(momentum=0.9, epsilon=1e-5)(images).shape)
        (1, 8, 8, 3)
    """

    def call(
        self,
        inputs: Tensor,
        training: bool | None = None,
        mask: Tensor | None = None,
    ) -> Tensor:
        """Normalised inputs, in the layer's compute dtype."""
        fused = (
            keras.backend.backend() == "tensorflow"
            and len(inputs.shape) == 4
            and self.axis in (-1, 3)
            and self.scale
            and self.center
            and mask is None
        )
        training = bool(training) and self.trainable
        if not fused or (training and self.synchronized):
            return super().call(inputs, training=training, mask=mask)
        return self._fused(inputs, training)

    def _moments(self, inputs, mask):
        """Mean and variance; if `synchronized`, over the batches of all replicas.

        Keras computes the variance as E[x²] − E[x]², whose rounding would make a run on
        several devices differ from one on a single device.
        """
        if not self.synchronized or mask is not None:
            return super()._moments(inputs, mask)
        import tensorflow as tf

        context = tf.distribute.get_replica_context()
        if context is None:  # not within a step: only shapes are computed
            return super()._moments(inputs, mask)
        axes = self._reduction_axes
        count = tf.cast(tf.size(inputs) // inputs.shape[self.axis], inputs.dtype)
        total, count = context.all_reduce(
            tf.distribute.ReduceOp.SUM, [tf.reduce_sum(inputs, axes), count]
        )
        mean = total / count
        shape = [1] * len(inputs.shape)
        shape[self.axis] = -1
        deviation = tf.square(inputs - tf.reshape(mean, shape))
        squares = context.all_reduce(
            tf.distribute.ReduceOp.SUM, tf.reduce_sum(deviation, axes)
        )
        return mean, squares / count

    def _fused(self, inputs, training):
        import tensorflow as tf

        # As in Keras, float16 and bfloat16 are kept between layers.
        inputs = tf.cast(inputs, self.compute_dtype)
        on_processor = not tf.config.list_physical_devices("GPU")
        odd = inputs.shape[-1] % _BLOCK and inputs.shape[2] is not None
        if training and on_processor and odd:
            from lnl_sr_tf.layers.xla_normalization import normalize

            outputs, mean, variance = normalize(
                inputs, self.gamma.value, self.beta.value, self.epsilon
            )
            self._move(self.moving_mean, mean)
            self._move(self.moving_variance, variance)
            return outputs
        statistics = {}
        if not training:
            statistics = {
                "mean": self.moving_mean.value,
                "variance": self.moving_variance.value,
            }
        outputs, mean, variance = tf.compat.v1.nn.fused_batch_norm(
            inputs,
            self.gamma.value,
            self.beta.value,
            epsilon=self.epsilon,
            is_training=training,
            **statistics,
        )
        if training:
            # The operation returns the unbiased variance; Keras keeps the biased one.
            count = tf.cast(tf.size(inputs) // tf.shape(inputs)[-1], tf.float32)
            self._move(self.moving_mean, mean)
            self._move(self.moving_variance, variance * (count - 1.0) / count)
        return outputs

    def _move(self, average, value):
        average.assign(average * self.momentum + value * (1.0 - self.momentum))
