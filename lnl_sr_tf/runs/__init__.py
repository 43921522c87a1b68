"""The folders of runs: which is whose, what is in them, and who may write them."""

from lnl_sr_tf.runs.folder import RunFolder
from lnl_sr_tf.runs.lock import RunLock

__all__ = ["RunFolder", "RunLock"]
