"""Which parts of a training step XLA compiles, by backend, device and size."""

from collections.abc import Iterator

import keras

from lnl_sr_tf.devices import backend, replicas

# Steps of a whole run up to which to run each as it is takes less time than tracing.
FEW_EAGER_STEPS = 12
# Those up to which to call each takes less time than to trace it twice, as a call for
# several does.
_FEW_STEPS = 300
# Batch size times classes above which XLA halves the time of a loss.
_XLA_LOSS_FROM = 100_000
# Floating-point operations in one call of TensorFlow: about a quarter of a second on
# two cores. Longer calls gain nothing, and a run cannot be stopped within a call.
_OPERATIONS_A_CALL = 5e10


def whole_step() -> bool:
    """Whether XLA compiles the whole step.

    It does with JAX and on a GPU. On a CPU TensorFlow's oneDNN convolutions are faster
    than XLA's, and XLA cannot compile a step that several replicas share.
    """
    if backend.name() == "tensorflow":
        return bool(backend.gpus()) and replicas.count() == 1
    return backend.name() == "jax"


def loss_alone(batch_size: int, num_classes: int) -> bool:
    """Whether XLA compiles the loss within a step that it does not compile."""
    large = batch_size * num_classes >= _XLA_LOSS_FROM
    return backend.name() == "tensorflow" and not whole_step() and large


def steps_per_execution(
    model: keras.Model, batch_size: int, steps_per_epoch: int, epochs: int | None = None
) -> int:
    """The number of steps in one call of TensorFlow; more save time in Python.

    Args:
        model: a built model.
        batch_size: examples per step.
        steps_per_epoch: ⌈n / batch_size⌉.
        epochs: of the run; None for many.

    Returns:
        The largest divisor of `steps_per_epoch` that keeps a call short. 1 on other
        backends, which call each step by itself, and if several replicas share a step,
        which TensorFlow cannot run in a loop; and in a run of few steps.
    """
    if epochs is not None and steps_per_epoch * epochs <= _FEW_STEPS:
        return 1
    if backend.name() != "tensorflow" or replicas.count() > 1:
        return 1
    most = _OPERATIONS_A_CALL / max(operations_of_step(model, batch_size), 1)
    divisors = [n for n in range(1, steps_per_epoch + 1) if steps_per_epoch % n == 0]
    return max(n for n in divisors if n <= max(most, 1))


def operations_of_step(model: keras.Model, batch_size: int) -> int:
    """Floating-point operations of a training step, from the products of its layers.

    Each layer has one product in the forward pass and two of the same size in the
    backward pass; the first layer has one there, since its input needs no gradient.

    Args:
        model: a built model.
        batch_size: examples per step.
    """
    products = list(_products(model))
    return batch_size * (3 * sum(products) - sum(products[:1]))


def _products(model: keras.Model) -> Iterator[int]:
    """Operations of each layer's product for one example."""
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            yield from _products(layer)
        elif hasattr(layer, "kernel"):
            size = 2
            for side in (*layer.output.shape[1:-1], *layer.kernel.shape):
                size *= side or 1
            yield size
