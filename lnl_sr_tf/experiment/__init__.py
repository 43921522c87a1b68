"""One run, end to end: from a config to a run folder."""

from lnl_sr_tf.experiment.experiment import check, run, run_together

__all__ = ["check", "run", "run_together"]
