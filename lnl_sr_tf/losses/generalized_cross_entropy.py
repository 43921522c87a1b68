"""Generalized cross-entropy."""

import keras
from keras import ops

from lnl_sr_tf.losses.base import RobustLoss, check_range, log_clip


@keras.saving.register_keras_serializable("lnl_sr_tf")
class GeneralizedCrossEntropy(RobustLoss):
    """Generalized cross-entropy, L(u, i) = (1 − max(u_i, ε)^q) / q.

    Between cross-entropy (q → 0) and mean absolute error (q = 1): the larger q,
    the more robust and the slower to fit. Zhang and Sabuncu, "Generalized Cross
    Entropy Loss for Training Deep Neural Networks with Noisy Labels"
    (NeurIPS 2018), Eq. 6.

    Args:
        q: in (0, 1]; 0.7 is that paper's. Under sparse regularization 0.01 (MNIST,
            CIFAR-10) or 0.001 (CIFAR-100).
        from_logits: whether the network gives logits or probabilities.
        epsilon: ε, the probability below which the loss is constant.
        reduction: as for every `keras.losses.Loss`.
        name: optional name of the instance.
        dtype: dtype of the computation.

    Raises:
        ValueError: if q is not in (0, 1].

    Example:
        >>> GeneralizedCrossEntropy(q=1.0)([1], [[0.0, 0.0]])  # 0.5
    """

    def __init__(
        self,
        q=0.7,
        from_logits=True,
        epsilon=1e-7,
        reduction="sum_over_batch_size",
        name=None,
        dtype=None,
    ):
        super().__init__(from_logits, epsilon, reduction, name, dtype)
        self.q = check_range("q", q, 0.0, 1.0, open_low=True)

    def per_class(self, log_probs):
        """(1 − u_i^q) / q as −expm1(q log u_i) / q, exact for small q too."""
        return -ops.expm1(self.q * log_clip(log_probs, self.epsilon)) / self.q

    def get_config(self):
        """The arguments that make an equal loss."""
        config = super().get_config()
        config.update(q=self.q)
        return config
