"""λ follows training."""

import contextlib
import warnings
from typing import Any

import keras

from lnl_sr_tf.callbacks.needed_losses import needed_losses
from lnl_sr_tf.callbacks.recompile import constants
from lnl_sr_tf.losses import SparseRegularization
from lnl_sr_tf.losses.base import check_range

_ACCURACIES = (
    "accuracy", "acc", "sparse_categorical_accuracy", "categorical_accuracy",
)  # fmt: skip
# Above this multiple of 1/k a network has learned something of its labels.
_CHANCE = 1.1


class AdaptiveRegularization(keras.callbacks.Callback):
    """Lets the weight of sparse regularization grow when the network is ready for it.

    λ stays at λ0 while outputs get surer from epoch to epoch, that is while the network
    learns what is common to the examples. From the first epoch after one with

        |r_e − r_{e−1}| < pace · r_{e−1},

    r_e the mean of max_k u_k − 1/k over the outputs of epoch e, it grows
    geometrically: in 4 epochs to 2/p and until the end of training to 4/p. It never
    falls. No labels are looked at, no examples are held out. Use it with
    `lnl.layers.OutputSharpening(0.5)` and `lnl.losses.ClassPrior`, without which a
    large λ holds outputs at any class: docs/adaptive.md.

    The state is in the loss: in its `state`, which runs of this library keep in their
    checkpoints. A `fit` from epoch 0 begins anew; one from a later `initial_epoch` goes
    on, from the present λ.

    Zhou et al., "Learning with Noisy Labels via Sparse Regularization" (ICCV 2021), let
    λ grow by given factors from the first epoch on.

    Args:
        pace: in (0, 1), the relative change below which outputs stay as sure.
        initial: λ0 ≥ 0, at least 0.01/p in training; by default the `initial_weight`
            of each loss. 0.12/p is usual.
        steps: of the whole training, if `fit` is called for a part of it; then the
            state goes on from where it is. By default steps per epoch times epochs.
        steps_per_epoch: of an epoch, if `fit` is called for a part of one; by default
            what `fit` takes for an epoch.

    Raises:
        ValueError: if a number is out of range; when training begins, if the model was
            not compiled with `lnl.losses.SparseRegularization`, if `fit` does not know
            how many steps an epoch has, or if it is a plain `keras.Model` on JAX, whose
            steps take the variables of a loss as constants.

    Warns:
        UserWarning: at the end of a whole training, if the accuracy on the labels that
            `fit` was given is that of chance: then λ grew on a network that had learned
            nothing, which a loss that grows in any case does not show. It needs
            `metrics=["accuracy"]`.

    Example:
        loss = lnl.losses.ClassPrior(lnl.losses.CrossEntropy(), weight=1.0)
        loss = lnl.losses.SparseRegularization(loss, p=0.1, weight=1.2)
        sgd = keras.optimizers.SGD(0.05, momentum=0.9, global_clipnorm=5.0)
        model.compile(sgd, loss=loss, metrics=["accuracy"])
        model.fit(x, y, epochs=60, callbacks=[AdaptiveRegularization()])
    """

    def __init__(
        self,
        pace: float = 0.1,
        initial: float | None = None,
        steps: int | None = None,
        steps_per_epoch: int | None = None,
    ) -> None:
        super().__init__()
        self.pace = check_range("pace", pace, 0.0, 1.0, True, True)
        if initial is not None:
            check_range("initial", initial, 0.0, float("inf"))
        for name, number in (("steps", steps), ("steps_per_epoch", steps_per_epoch)):
            if number is not None and (int(number) != number or number < 1):
                raise ValueError(
                    f"`{name}` must be a whole number of at least 1. "
                    f"Received: {number!r}"
                )
        self.initial = initial
        self.steps = steps
        self.steps_per_epoch = steps_per_epoch
        # Of each `SparseRegularization` there is an `adaptive` once training begins.
        self._losses: list[Any] = []
        self._first_epoch = True

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Find the losses."""
        self._losses = needed_losses(self, SparseRegularization)
        for loss in self._losses:
            if loss.adaptive is None or loss.adaptive.pace != self.pace:
                self._adapt(loss)
            if constants(self.model, loss.variables):
                raise ValueError(
                    "AdaptiveRegularization on JAX needs a "
                    "`lnl.training.RobustModel`. Received: "
                    f"{type(self.model).__name__}"
                )
        self._first_epoch = True
        self._move()

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Begin anew in the first epoch."""
        if not self._first_epoch:
            return
        self._first_epoch = False
        for loss in self._losses:
            begun = loss.adaptive.begun
            if self.steps is not None and begun:
                continue
            if epoch == 0:
                start = loss.initial_weight if self.initial is None else self.initial
                loss.move_weight(start)
            if epoch == 0 or not begun:
                before = epoch * (self._per_epoch or 0)
                loss.adaptive.begin(before * self._calls(loss))

    def on_test_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Let λ stay in evaluation, of which a loss does not know in every model."""
        if not hasattr(self.model, "loss_knows_training"):
            for loss in self._losses:
                loss.adaptive.go_on(0)

    def on_test_end(self, logs: dict[str, Any] | None = None) -> None:
        """Let λ move again."""
        if not hasattr(self.model, "loss_knows_training"):
            self._move()

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        """Let λ stay as it is."""
        for loss in self._losses:
            loss.adaptive.go_on(0)
        # A part of a training says little of its end.
        if self.steps is None:
            self._warn_of_chance(logs or {})

    def _warn_of_chance(self, logs):
        shapes = [one.shape for one in getattr(self.model, "outputs", None) or []]
        reached = next((logs[name] for name in _ACCURACIES if name in logs), None)
        if len(shapes) != 1 or reached is None:
            return
        grown = any(
            float(keras.ops.convert_to_numpy(loss.weight)) > loss.initial_weight
            for loss in self._losses
        )
        classes = shapes[0][-1]
        if grown and reached <= _CHANCE / classes:
            warnings.warn(
                f"AdaptiveRegularization: {reached:.3f} of the given labels were "
                f"predicted in the last epoch, which is chance for {classes} classes: "
                "λ grew on a network that had learned nothing. See that "
                "cross-entropy alone is above chance in its first epochs: by a smaller "
                "learning rate, `global_clipnorm`, or another network",
                stacklevel=2,
            )

    def _adapt(self, loss):
        strategy = getattr(self.model, "distribute_strategy", None)
        with contextlib.nullcontext() if strategy is None else strategy.scope():
            loss.adapt(self.pace)
        # A step that was compiled before lets λ stay as it is.
        self.model.make_train_function(force=True)

    @property
    def _per_epoch(self):
        return self.steps_per_epoch or (self.params or {}).get("steps")

    def _move(self):
        per_epoch = self._per_epoch
        if per_epoch is None:
            raise ValueError(
                "AdaptiveRegularization must know how many steps an epoch has. "
                "Give `steps_per_epoch` to `fit` or to this. Received: "
                "steps_per_epoch=None"
            )
        steps = self.steps or per_epoch * self.params["epochs"]
        for loss in self._losses:
            calls = self._calls(loss)
            loss.adaptive.go_on(steps * calls, per_epoch * calls)

    def _calls(self, loss):
        """How often a step calls a loss to train."""
        outputs = keras.tree.flatten(self.model.loss)
        # A loss inside another one is called as often as that.
        uses = max(1, sum(one is loss for one in outputs))
        return uses * getattr(self.model, "losses_per_step", 1)
