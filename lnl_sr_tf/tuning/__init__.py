"""Choosing loss, λ0, p and τ on one's own data, by labels of which some are wrong.

`space` says what is searched, `criterion` by what trials are compared, `study` keeps
them, `search` trains them, and `report` says what was found.
"""

import importlib.util

from lnl_sr_tf.errors import InputError


def check_installed() -> None:
    """Raise InputError where Optuna, which proposes the trials, is not installed."""
    if importlib.util.find_spec("optuna") is None:
        raise InputError(
            'tune needs Optuna, which is not installed: pip install "lnl-sr-tf[tune]"'
        )
