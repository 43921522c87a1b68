"""Which numbers a run computes with."""

import contextlib

import keras

from lnl_sr_tf.training import backend, machine

POLICIES = ("float32", "mixed_bfloat16", "mixed_float16")
_CPU_FLAGS = {"avx512_bf16", "amx_bf16"}


def resolve(name):
    """The Keras dtype policy for a precision.

    Args:
        name: `"auto"`, or the name of a policy.

    Returns:
        `"mixed_bfloat16"` for `"auto"` where the GPU or the processor multiplies
        bfloat16 in hardware, `"float32"` where not; else the name itself.
    """
    if name != "auto":
        return name
    gpus = backend.gpus()
    if gpus:
        _, capability = gpus[0]
        fast = capability >= (8, 0)
    else:
        fast = bool(_CPU_FLAGS & machine.processor_flags())
    return "mixed_bfloat16" if fast else "float32"


@contextlib.contextmanager
def policy(name):
    """Layers made inside compute by this Keras dtype policy; loss stays float32."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(name)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)
