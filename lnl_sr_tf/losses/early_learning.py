"""Early-learning regularization."""

from typing import Any

import keras
from keras import ops

from lnl_sr_tf.losses.base import check_range, finite_logs
from lnl_sr_tf.losses.example_loss import ExampleLoss
from lnl_sr_tf.losses.labels import of_labels
from lnl_sr_tf.types import Tensor


@keras.saving.register_keras_serializable("lnl_sr_tf")
class EarlyLearningRegularization(ExampleLoss):
    """Cross-entropy with ELR, L(u, i) = −log u_i + λ log(1 − Σ_k t_k u_k).

    t is the moving average of the network's earlier outputs for the same example,
    t ← β t + (1 − β) u, so that what was learned early outweighs a wrong label that
    would be memorised late. It needs the index of each example: without `index`, as in
    evaluation, L is cross-entropy, so train with `lnl.training.RobustModel`. Liu et
    al., "Early-Learning Regularization Prevents Memorization of Noisy Labels" (NeurIPS
    2020).

    Args:
        strength: λ ≥ 0.
        momentum: β in [0, 1).
        num_examples: n, the number of training examples.
        num_classes: k. The moving averages, n·k numbers, are in `state`.
        epsilon: ε: u is clipped to [ε, 1 − ε] for the second term; published: 1e-4.
        **kwargs: arguments of `RobustLoss`: `from_logits`, `reduction`, `name`,
            `dtype`.

    Raises:
        ValueError: if a number is out of range, or `index` is given without
            `num_examples` and `num_classes`.

    Example:
        loss = EarlyLearningRegularization(num_examples=50000, num_classes=10)
        model = lnl.training.RobustModel(images, logits)  # passes the index on
        model.compile("sgd", loss=loss)
        model.fit(x, {"label": y, "index": numpy.arange(50000)})
    """

    parameters = ("strength", "momentum", "num_examples", "num_classes")
    kept = "a memory of predictions"

    def __init__(
        self,
        strength: float = 3.0,
        momentum: float = 0.7,
        num_examples: int | None = None,
        num_classes: int | None = None,
        epsilon: float = 1e-4,
        **kwargs: Any,
    ) -> None:
        super().__init__(num_examples, num_classes, epsilon=epsilon, **kwargs)
        self.strength = check_range("strength", strength, 0.0, float("inf"))
        self.momentum = check_range("momentum", momentum, 0.0, 1.0, open_high=True)
        # Outside, [ε, 1 − ε] would be empty, or 1 − ε rounded to 1.
        check_range("epsilon", epsilon, 1e-7, 0.5, open_high=True)

    def initial_state(self) -> dict[str, Tensor]:
        """The moving averages, shape (examples, classes)."""
        return {"predictions": ops.zeros(self.sizes)}

    def per_class(self, log_probs: Tensor) -> Tensor:
        """−log u_i."""
        return -log_probs

    def of_examples(
        self, y_true: Tensor, y_pred: Tensor, index: Tensor, known: Tensor
    ) -> tuple[Tensor, Tensor]:
        """−log u_i + λ log(1 − Σ_k t_k u_k), with t after its update by u."""
        log_probs = finite_logs(self.checked_outputs(y_pred))
        values = of_labels(y_true, self.per_class(log_probs))
        probs = ops.clip(ops.exp(log_probs), self.epsilon, 1.0 - self.epsilon)
        average = self._updated(ops.stop_gradient(probs), index, known)
        agreement = ops.sum(average * probs, axis=-1)
        return values + self.strength * ops.log(1.0 - agreement), known

    def _updated(self, probs, index, known):
        """t of these examples; no gradient goes through it."""
        (averages,) = self.state
        probs = probs / ops.sum(probs, axis=-1, keepdims=True)
        before = self.recall(averages, index, probs.dtype)
        average = self.momentum * before + (1.0 - self.momentum) * probs
        return self.keep(averages, average, index, known)
