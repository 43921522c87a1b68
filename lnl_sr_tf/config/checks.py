"""Settings that contradict each other, or do not go together."""

from lnl_sr_tf.config import data_checks, method_checks
from lnl_sr_tf.config.settings import Config
from lnl_sr_tf.errors import InputError


def check(config: Config) -> None:
    """Raise InputError if some of the settings do not go together."""
    data_checks.check(config)
    _check_place(config)
    _check_resume(config)
    method_checks.check(config)


def _check_place(config: Config) -> None:
    """A run of several machines is none that Ray or a process could be given."""
    if config.sweep_on != "here" and (
        config.distribute == "multi_worker" or config.cluster
    ):
        raise InputError(
            f"--sweep_on={config.sweep_on} does not go with several machines for one "
            "run; leave it out, or --cluster and --distribute=multi_worker"
        )


def _check_resume(config: Config) -> None:
    """Runs elsewhere may be started more than once, and go on in the same folder."""
    if config.sweep_on != "here" and not config.resume:
        raise InputError(
            f"--sweep_on={config.sweep_on} does not go with --resume=false; choose "
            "another --output_dir to start anew"
        )
