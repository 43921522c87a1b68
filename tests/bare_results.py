"""Runs without their figures and SavedModel, a third of the time of a short one."""

import contextlib
from unittest import mock

from lnl_sr_tf import export
from lnl_sr_tf.analysis import figures


@contextlib.contextmanager
def bare_results():
    """Within it runs end without figures, and with an empty SavedModel.

    Both have tests of their own; this is for tests of all else.
    """

    def save_serving(model, path, *_):
        path.mkdir(exist_ok=True)
        (path / "saved_model.pb").touch()

    with contextlib.ExitStack() as stack:
        for name in ("curves", "samples", "per_class"):
            stack.enter_context(mock.patch.object(figures, name))
        stack.enter_context(mock.patch.object(export, "save_serving", save_serving))
        yield
