"""The two networks of DivideMix, and one training step of both."""

import functools
from typing import Any

import keras
from keras import ops

from lnl_sr_tf.datasets.batches.mixup import mixup
from lnl_sr_tf.training.dividemix import targets, terms
from lnl_sr_tf.training.dividemix.parts import halves, probabilities, views
from lnl_sr_tf.types import Tensor


class DivideMix(keras.Model):
    """Two networks that divide the examples for each other, and guess labels together.

    It takes the batches of `lnl_sr_tf.training.dividemix.plans`: images of the first
    network, followed by as many of the second. Targets that are labels are those of the
    warm-up: both networks minimise the loss, with `confidence_penalty` plus the
    negative entropy of what they say. Targets of the form `{"label", "index",
    "mixing"}` are those of a divided epoch: of each network's images the first half is
    of trusted labels, and both halves hold each example twice, by two views. Labels
    are refined and guessed by what the networks say of the images as they are; images
    and labels are mixed; and each network minimises, of the mixed ones,

        cross-entropy of the first half + λ_u · squared error of the second + prior.

    Both networks take their step at once, the guesses being those before it. They share
    no variable, so one optimiser is the same as two, but for a `global_clipnorm`.

    In evaluation it gives the mean of both networks' logits. Its largest is that of
    their sum, which the authors test.

    Args:
        first: from inputs to logits.
        second: another, with other initial weights.
        num_examples: n, how many examples there are.
        temperature: T > 0, of sharpening.
        confidence_penalty: whether the warm-up has it.
        history: ≥ 1, of how many epochs losses are remembered.

    Attributes:
        clean: by each network how probably each label is right, shape (2, n).
        past_losses: of both networks, the newest first, shape (2, history, n).
        unlabelled_weight: λ_u as it is in this epoch.
        kept: a plain model of the same inputs and the same evaluation.

    Li et al., "DivideMix" (ICLR 2020), Algorithm 1.
    """

    def __init__(
        self,
        first: keras.Model,
        second: keras.Model,
        num_examples: int,
        temperature: float = 0.5,
        confidence_penalty: bool = False,
        history: int = 1,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.first = first
        self.second = second
        self.temperature = temperature
        self.confidence_penalty = confidence_penalty
        # Weights, so that checkpoints have them: within an epoch they cannot be found
        # again.
        self.clean = _zeros("clean", 2, num_examples)
        self.past_losses = _zeros("past_losses", 2, history, num_examples)
        self.unlabelled_weight = _zeros("unlabelled_weight")
        self.built = True

    @functools.cached_property
    def kept(self) -> keras.Model:
        """The mean of both networks' logits; its named layers are the first's."""
        inputs = self.first.input
        mean = keras.layers.Average(dtype="float32", name="mean_of_both")(
            [self.first.output, self.second(inputs)]
        )
        return keras.Model(inputs, mean, name=self.first.name)

    def call(self, inputs: Tensor, training: bool | None = None) -> Tensor:
        """In training each network's logits of its own images, one after the other."""
        if not training:
            said = [self.first(inputs), self.second(inputs)]
            return ops.mean(ops.stack([ops.cast(one, "float32") for one in said]), 0)
        said = [
            network(images, training=True)
            for network, images in zip(
                (self.first, self.second), halves(inputs), strict=True
            )
        ]
        return ops.concatenate(said, axis=0)

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Tensor:
        """In training the sum of both networks' losses."""
        if not training:
            # Keras on JAX builds a model so, by the first batch that it trains on.
            labels = y["label"] if isinstance(y, dict) else y
            return super().compute_loss(x, labels, y_pred, sample_weight, training)
        if isinstance(y, dict):
            parts = {name: halves(values) for name, values in y.items()}
            total = sum(
                self._divided_loss(
                    number, images, said, *(parts[name][number] for name in _PARTS)
                )
                for number, (images, said) in enumerate(
                    zip(halves(x), halves(y_pred), strict=True)
                )
            )
        else:
            total = self.loss(y, y_pred)
            if self.confidence_penalty:
                total = total + terms.negative_entropy(ops.cast(y_pred, "float32"))
            total = 2.0 * total  # the mean over both, as a sum of two means
        # Penalties of the networks' layers are added, as in every Keras model.
        return total + sum(self.losses)

    def _divided_loss(self, number, images, own, labels, index, mixing):
        """The loss of one network, of images of which it said `own`."""
        network, other = (
            (self.first, self.second) if number == 0 else (self.second, self.first)
        )
        classes = own.shape[-1]
        by_other = other(halves(images)[1], training=False)
        # Both views of an example have the same label and index.
        labels, index = (halves(halves(values)[0])[0] for values in (labels, index))
        labels = ops.one_hot(labels, classes)
        refined, guessed = self._aims(number, own, by_other, labels, index)
        aims = ops.concatenate([refined, refined, guessed, guessed], axis=0)
        mixed, aims = mixup(images, ops.stop_gradient(aims), classes, mixing)
        logits = ops.cast(network(mixed, training=True), "float32")
        return self._loss_of_mixed(number, logits, aims)

    def _aims(self, number, own, by_other, labels, index):
        """What network `number` is to say: of trusted examples, and of the others."""
        of_trusted, of_rest = map(views, halves(probabilities(own)))
        trust = ops.take(self.clean[1 - number], index)
        refined = targets.refined(labels, trust, of_trusted, self.temperature)
        by_other = views(probabilities(by_other))
        return refined, targets.guessed(of_rest, by_other, self.temperature)

    def _loss_of_mixed(self, number, logits, aims):
        """What network `number` minimises, of mixed images and aims."""
        (labelled, rest), (of_labelled, of_rest) = halves(logits), halves(aims)
        return (
            terms.cross_entropy(of_labelled, labelled)
            + self.unlabelled_weight * terms.squared_error(of_rest, rest)
            + terms.uniform_prior(logits)
        )

    def compute_metrics(
        self, x: Any, y: Any, y_pred: Any, sample_weight: Any = None
    ) -> dict[str, Any]:
        """The metrics, by given labels, of the images as they are."""
        labels = y["label"] if isinstance(y, dict) else y
        return super().compute_metrics(x, labels, y_pred)


_PARTS = ("label", "index", "mixing")


def _zeros(name, *shape):
    return keras.Variable(ops.zeros(shape), dtype="float32", trainable=False, name=name)
