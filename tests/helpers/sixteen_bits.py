"""A 16-bit policy for tests, which go well on each processor."""

from lnl_sr_tf.training import precision


def sixteen_bits():
    """bfloat16 where it can be computed, else float16."""
    return "mixed_float16" if precision.held_back() else "mixed_bfloat16"


def computable():
    """The policies that can be computed here; of 16 bits at least one."""
    left_out = {"mixed_bfloat16"} if precision.held_back() else set()
    return [name for name in precision.POLICIES if name not in left_out]
