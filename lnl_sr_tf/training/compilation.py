"""What of a training step is compiled by whom, chosen by backend, device and size."""

import keras

from lnl_sr_tf.devices import backend, replicas

# Examples of a batch times classes, from which on XLA halves the time of a loss.
_XLA_LOSS_FROM = 100_000
# Floating-point operations in one call of TensorFlow: about a quarter of a second on
# two cores. Longer calls gain nothing, and nobody could stop a run within them.
_OPERATIONS_A_CALL = 5e10


def whole_step():
    """Whether XLA compiles the whole step.

    On JAX and on a GPU it does; on a processor TensorFlow's convolutions by oneDNN are
    faster than XLA's, and a step that several replicas share it cannot compile.
    """
    if backend.name() == "tensorflow":
        return bool(backend.gpus()) and replicas.count() == 1
    return backend.name() == "jax"


def loss_alone(batch_size, num_classes):
    """Whether XLA compiles the loss within a step that it does not compile."""
    large = batch_size * num_classes >= _XLA_LOSS_FROM
    return backend.name() == "tensorflow" and not whole_step() and large


def steps_per_execution(model, batch_size, steps_per_epoch):
    """Steps in one call of TensorFlow, which saves what Python takes between them.

    Args:
        model: a built `keras.Model`.
        batch_size: examples a step.
        steps_per_epoch: ⌈n / batch_size⌉.

    Returns:
        The largest divisor of `steps_per_epoch` that keeps a call short; 1 on other
        backends, whose steps are called one by one all the same, and where several
        replicas share a step, whose loop TensorFlow cannot run.
    """
    if backend.name() != "tensorflow" or replicas.count() > 1:
        return 1
    most = _OPERATIONS_A_CALL / max(operations_of_step(model, batch_size), 1)
    divisors = [n for n in range(1, steps_per_epoch + 1) if steps_per_epoch % n == 0]
    return max(n for n in divisors if n <= max(most, 1))


def operations_of_step(model, batch_size):
    """Floating-point operations of a training step, counting the products of layers.

    A step is the forward pass and two products of the same size in the backward one,
    but for the first layer, which has no gradient of its input to compute.

    Args:
        model: a built `keras.Model`.
        batch_size: examples a step.
    """
    products = list(_products(model))
    return batch_size * (3 * sum(products) - sum(products[:1]))


def _products(model):
    """Operations of each layer for one example."""
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            yield from _products(layer)
        elif hasattr(layer, "kernel"):
            size = 2
            for side in (*layer.output.shape[1:-1], *layer.kernel.shape):
                size *= side or 1
            yield size
