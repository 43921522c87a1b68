"""λ follows training."""

import contextlib
from typing import Any

import keras

from lnl_sr_tf.callbacks.recompile import constants
from lnl_sr_tf.losses import SparseRegularization
from lnl_sr_tf.losses.base import check_range
from lnl_sr_tf.losses.nested import losses_of_kind


class AdaptiveRegularization(keras.callbacks.Callback):
    """Lets the weight of sparse regularization find its own pace, step by step.

    λ rises while outputs are less sparse than they are to be by now, and falls while
    they are more so:

        d log λ / d f = clip(300 (c(f) − s), −12, 12),  c(f) = 1 − exp(−f / a) / 2

    with f the share of the training that is done, s the share of outputs with a largest
    probability above 0.99 in the last 1/200 of the training, and λ p in [0.01, 10]. It
    is dual ascent on the constraint of Zhou et al., "Learning with Noisy Labels via
    Sparse Regularization" (ICCV 2021), Eq. 8. No labels are looked at, and no examples
    are held out. Use it with `lnl.layers.OutputSharpening(0.1, normalize=False)`, since
    normalised logits may not reach 0.99, with `lnl.losses.ClassPrior`, with gradients
    that are clipped and with weight decay. A network that has learned nothing yet is
    not sparse either, and is then held where it is by chance: docs/adaptive.md.

    The state, λ, s and f, is in the loss: in its `state`, which runs of this library
    keep in their checkpoints. A `fit` from epoch 0 begins anew; one from a later
    `initial_epoch` goes on, from the present λ.

    Args:
        pace: a > 0, the share of the training in which outputs become sparse.
        initial: λ0 ≥ 0, held within the range above; by default the `initial_weight`
            of each loss. 0.3 / p is usual.
        steps: of the whole training, if `fit` is called for a part of it; then the
            state goes on from where it is. By default steps per epoch times epochs.

    Raises:
        ValueError: if a number is out of range; when training begins, if the model was
            not compiled with `lnl.losses.SparseRegularization`, if `fit` does not know
            how many steps an epoch has, or if it is a plain `keras.Model` on JAX, whose
            steps take the variables of a loss as constants.

    Example:
        loss = lnl.losses.ClassPrior(lnl.losses.CrossEntropy(), weight=5.0)
        loss = lnl.losses.SparseRegularization(loss, p=0.1, weight=3.0)
        sgd = lnl.training.CoupledSGD(
            0.05, momentum=0.9, coupled_weight_decay=1e-2, global_clipnorm=5.0
        )
        model.compile(sgd, loss=loss, metrics=[lnl.metrics.SparseRate()])
        model.fit(x, y, epochs=60, callbacks=[AdaptiveRegularization()])
    """

    def __init__(
        self,
        pace: float = 0.12,
        initial: float | None = None,
        steps: int | None = None,
    ) -> None:
        super().__init__()
        self.pace = check_range("pace", pace, 0.0, float("inf"), open_low=True)
        if initial is not None:
            check_range("initial", initial, 0.0, float("inf"))
        if steps is not None and (int(steps) != steps or steps < 1):
            raise ValueError(
                f"`steps` must be a whole number of at least 1. Received: {steps!r}"
            )
        self.initial = initial
        self.steps = steps
        # Of each `SparseRegularization` there is an `adaptive` once training begins.
        self._losses: list[Any] = []
        self._first_epoch = True

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Find the losses."""
        self._losses = losses_of_kind(self.model.loss, SparseRegularization)
        if not self._losses:
            raise ValueError(
                "AdaptiveRegularization needs a model compiled with "
                "`lnl.losses.SparseRegularization`. Received: "
                f"loss={self.model.loss!r}"
            )
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
                before = epoch * ((self.params or {}).get("steps") or 0)
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

    def _adapt(self, loss):
        strategy = getattr(self.model, "distribute_strategy", None)
        with contextlib.nullcontext() if strategy is None else strategy.scope():
            loss.adapt(self.pace)
        # A step that was compiled before lets λ stay as it is.
        self.model.make_train_function(force=True)

    def _move(self):
        steps = self.steps
        if steps is None:
            if self.params.get("steps") is None:
                raise ValueError(
                    "AdaptiveRegularization must know how many steps an epoch has. "
                    "Give `steps_per_epoch` to `fit`, or `steps` to this callback. "
                    "Received: steps_per_epoch=None"
                )
            steps = self.params["steps"] * self.params["epochs"]
        for loss in self._losses:
            loss.adaptive.go_on(steps * self._calls(loss))

    def _calls(self, loss):
        """How often a step calls a loss to train."""
        outputs = keras.tree.flatten(self.model.loss)
        # A loss inside another one is called as often as that.
        uses = max(1, sum(one is loss for one in outputs))
        return uses * getattr(self.model, "losses_per_step", 1)
