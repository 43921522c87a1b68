"""Runs without their figures and SavedModel, half of the time of a short one."""

import contextlib
from unittest import mock

from lnl_sr_tf.analysis import run_figures
from lnl_sr_tf.export import serving
from lnl_sr_tf.training import compilation


@contextlib.contextmanager
def bare_results(short=True):
    """Within it runs end without figures, and with an empty SavedModel.

    Both have tests of their own; this is for tests of all else.

    Args:
        short: whether runs have few epochs: TensorFlow is then called for each step,
            since a call for several traces the step twice. The numbers are the same.
    """

    def save_serving(model, path, *_):
        path.mkdir(exist_ok=True)
        (path / "saved_model.pb").touch()

    with contextlib.ExitStack() as stack:
        for name in ("curves", "samples", "per_class"):
            stack.enter_context(mock.patch.object(run_figures, name))
        stack.enter_context(mock.patch.object(serving, "save_serving", save_serving))
        if short:
            stack.enter_context(
                mock.patch.object(compilation, "steps_per_execution", return_value=1)
            )
        yield
