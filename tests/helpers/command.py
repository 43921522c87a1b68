"""The command, called in this process, for the tests that need it."""

import io
import sys
from unittest import mock

from absl.testing import flagsaver

from lnl_sr_tf import cli


def call(*arguments):
    """Exit status, standard output, standard error of the command."""
    out, err = io.StringIO(), io.StringIO()
    with (
        flagsaver.flagsaver(),
        mock.patch.object(sys, "stdout", out),
        mock.patch.object(sys, "stderr", err),
    ):
        status = cli.main(["main.py", *arguments])
    return status, out.getvalue(), err.getvalue()
