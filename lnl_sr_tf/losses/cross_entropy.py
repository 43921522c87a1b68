"""Cross-entropy."""

import keras

from lnl_sr_tf.losses.base import RobustLoss


@keras.saving.register_keras_serializable("lnl_sr_tf")
class CrossEntropy(RobustLoss):
    """Cross-entropy, L(u, i) = −log u_i.

    It learns fast and well from clean labels and memorises wrong ones: the sum
    over all labels, Σ_i L(u, i), has no bound, so it is not robust by itself.

    Args:
        **kwargs: arguments of `RobustLoss`: `from_logits`, `epsilon`, `reduction`,
            `name`, `dtype`.

    Example:
        >>> CrossEntropy()([1], [[0.0, 0.0]])  # log 2 = 0.693
    """

    def per_class(self, log_probs):
        """−log u_i."""
        return -log_probs
