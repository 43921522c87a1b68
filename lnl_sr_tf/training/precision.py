"""The precision that a run computes with."""

import contextlib
import os
from collections.abc import Callable, Iterator

import keras

from lnl_sr_tf.devices import backend, hardware
from lnl_sr_tf.errors import InputError

POLICIES = ("float32", "mixed_bfloat16", "mixed_float16")
_CPU_FLAGS = {"avx512_bf16", "amx_bf16"}
_LIMIT = "ONEDNN_MAX_CPU_ISA"


def resolve(name: str, measured: Callable[[], str]) -> str:
    """The Keras dtype policy for a precision.

    A CPU's flags do not tell which precision is faster: with bfloat16 products but
    without tiles (AMX), it is float32 for some networks. So it is measured there.

    Args:
        name: `"auto"`, or the name of a policy.
        measured: measures which policy is faster; called on a CPU that multiplies
            bfloat16.

    Returns:
        The name itself; for `"auto"`, `"mixed_bfloat16"` on a GPU that multiplies
        bfloat16, that of `measured` on a CPU that does, else `"float32"`.

    Raises:
        InputError: for bfloat16 if oneDNN is restricted not to use it.
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


def held_back() -> bool:
    """Whether oneDNN is restricted not to use bfloat16, which the CPU has."""
    limit = os.environ.get(_LIMIT, "").upper()
    older = limit.startswith(("SSE", "AVX2")) or limit == "AVX"
    ours = backend.name() == "tensorflow" and not backend.gpus()
    return ours and older and bool(_CPU_FLAGS & hardware.processor_flags())


def not_computable(error: BaseException) -> bool:
    """Whether an exception says that oneDNN cannot compute an operation.

    TensorFlow goes by the instructions of the CPU, but oneDNN may be restricted to
    fewer, for instance by ONEDNN_MAX_CPU_ISA.
    """
    return "could not create a primitive" in str(error)


@contextlib.contextmanager
def policy(name: str) -> Iterator[None]:
    """Inside, layers are made with this Keras dtype policy; losses stay float32."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(name)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)
