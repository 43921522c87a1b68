"""ProMix's networks: those of DivideMix, with biases towards classes taken out."""

from typing import Any

import keras
from keras import ops

from lnl_sr_tf.training.dividemix import targets, terms
from lnl_sr_tf.training.dividemix.model import DivideMix
from lnl_sr_tf.training.dividemix.parts import halves, probabilities, views
from lnl_sr_tf.types import Tensor


class ProMix(DivideMix):
    """DivideMix's networks and step, with ProMix's selection and its debiased loss.

    Each network learns from the examples that `selection` chose by its own outputs, and
    takes their labels as they are. What each says on the average of the trusted
    examples and of the others is followed, π ← m π + (1 − m) · mean; labels are guessed
    by softmax(z − α log π), and the losses are of softmax(z + α log π), so that a class
    which is said often must be said more surely. There is no prior term.

    Args:
        *args: arguments of `DivideMix`, of which `history` has no effect.
        debias: α ≥ 0; 0 leaves the logits.
        debias_momentum: m in [0, 1).
        **kwargs: as `*args`.

    Attributes:
        clean: by each network whether it trusts each label, 0 or 1, shape (2, n).
        said: π of both networks, of trusted examples and of the others, shape
            (2, 2, k); it begins with 1/k.

    Xiao et al., "ProMix: Combating Label Noise via Maximizing Clean Sample Utility"
    (IJCAI 2023); docs/methods.md says what of it is here.
    """

    def __init__(
        self,
        *args: Any,
        debias: float = 0.8,
        debias_momentum: float = 0.9999,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.debias = debias
        self.debias_momentum = debias_momentum
        classes = self.first.output_shape[-1]
        self.said = keras.Variable(
            ops.full((2, 2, classes), 1.0 / classes),
            dtype="float32",
            trainable=False,
            name="said",
        )

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Tensor:
        """As `DivideMix.compute_loss`; after it π moves."""
        total = super().compute_loss(x, y, y_pred, sample_weight, training)
        if training and isinstance(y, dict):
            parts = ops.reshape(probabilities(y_pred), (2, 2, -1, y_pred.shape[-1]))
            before, moving = self.said.value, self.debias_momentum
            self.said.assign(moving * before + (1 - moving) * ops.mean(parts, axis=2))
        return total

    def _aims(self, number, own, by_other, labels, index):
        """The labels as they are, and guesses that no class has a head start in."""
        of_rest = halves(own)[1]
        own, other = (
            views(probabilities(self._shifted(logits, who, 1, -self.debias)))
            for logits, who in ((of_rest, number), (by_other, 1 - number))
        )
        return labels, targets.guessed(own, other, self.temperature)

    def _loss_of_mixed(self, number, logits, aims):
        (labelled, rest), (of_labelled, of_rest) = halves(logits), halves(aims)
        labelled = self._shifted(labelled, number, 0, self.debias)
        rest = self._shifted(rest, number, 1, self.debias)
        return terms.cross_entropy(
            of_labelled, labelled
        ) + self.unlabelled_weight * terms.squared_error(of_rest, rest)

    def _shifted(self, logits, number, part, strength):
        """z + s log π, of network `number` and of the trusted (0) or others (1)."""
        said = ops.maximum(self.said[number, part], keras.config.epsilon())
        return ops.cast(logits, "float32") + strength * ops.log(said)
