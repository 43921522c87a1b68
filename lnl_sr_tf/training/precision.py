"""Which numbers a run computes with."""

import contextlib
import os

import keras

from lnl_sr_tf.devices import backend, hardware
from lnl_sr_tf.errors import InputError

POLICIES = ("float32", "mixed_bfloat16", "mixed_float16")
_CPU_FLAGS = {"avx512_bf16", "amx_bf16"}
_LIMIT = "ONEDNN_MAX_CPU_ISA"


def resolve(name, measured):
    """The Keras dtype policy for a precision.

    A processor's flags do not say what is fast: with bfloat16 products and without
    tiles (AMX), float32 is the faster one for some networks. So there it is measured.

    Args:
        name: `"auto"`, or the name of a policy.
        measured: called without arguments where a processor multiplies bfloat16;
            gives the policy that was found to be faster.

    Returns:
        The name itself; for `"auto"`, `"mixed_bfloat16"` on a GPU that multiplies
        bfloat16, what `measured` says on a processor that does, else `"float32"`.

    Raises:
        InputError: for bfloat16 where oneDNN is held back from it.
    """
    if name != "auto":
        if name == "mixed_bfloat16" and held_back():
            raise InputError(
                f"--precision={name}: ONEDNN_MAX_CPU_ISA={os.environ[_LIMIT]} holds "
                "oneDNN back from it, and TensorFlow would crash; use "
                "--precision=float32, or unset that variable"
            )
        return name
    gpus = backend.gpus()
    if gpus:
        _, capability = gpus[0]
        return "mixed_bfloat16" if capability >= (8, 0) else "float32"
    if _CPU_FLAGS & hardware.processor_flags() and not held_back():
        return measured()
    return "float32"


def held_back():
    """Whether oneDNN may not use what TensorFlow sees the processor has."""
    limit = os.environ.get(_LIMIT, "").upper()
    older = limit.startswith(("SSE", "AVX2")) or limit == "AVX"
    ours = backend.name() == "tensorflow" and not backend.gpus()
    return ours and older and bool(_CPU_FLAGS & hardware.processor_flags())


def not_computable(error):
    """Whether an exception says that this machine has no such operation.

    TensorFlow goes by what the processor can do, and oneDNN may be held back from it,
    as by ONEDNN_MAX_CPU_ISA.
    """
    return "could not create a primitive" in str(error)


@contextlib.contextmanager
def policy(name):
    """Layers made inside compute by this Keras dtype policy; loss stays float32."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(name)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)
