"""Values, gradients and compiled functions on whichever backend Keras runs."""

import keras
import numpy as np


def value_and_gradient(function, x):
    """function(x) and the gradient of its sum, as NumPy arrays; x becomes float32."""
    x = keras.ops.convert_to_tensor(np.asarray(x, np.float32))
    if keras.backend.backend() == "jax":
        import jax

        def total(x):
            # Variables that change are no business of the gradient's trace.
            with keras.StatelessScope():
                value = function(x)
            return keras.ops.sum(value), value

        gradient, value = jax.grad(total, has_aux=True)(x)
    elif keras.backend.backend() == "torch":
        import torch

        value = function(x.requires_grad_())
        (gradient,) = torch.autograd.grad(value.sum(), x)
        value, gradient = value.detach(), gradient.detach()
    else:
        import tensorflow as tf

        with tf.GradientTape() as tape:
            tape.watch(x)
            value = function(x)
        gradient = tape.gradient(value, x)
    return np.asarray(value), np.asarray(gradient)


def compiled(function):
    """The function under XLA."""
    if keras.backend.backend() == "jax":
        import jax

        def pure(*args):
            with keras.StatelessScope():
                return function(*args)

        return jax.jit(pure)
    import tensorflow as tf

    return tf.function(function, jit_compile=True)
