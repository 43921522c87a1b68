"""Choose loss, λ0, p and τ on your own data, although some of its labels are wrong.

`space` defines what is searched, `criterion` how trials are compared, `trial` is one of
them, `study` stores them, `search` trains them, and `result` tells what was found.
"""

import importlib.util

from lnl_sr_tf.errors import InputError


def check_installed() -> None:
    """Raise InputError where Optuna, which proposes the trials, is not installed."""
    if importlib.util.find_spec("optuna") is None:
        raise InputError(
            'tune needs Optuna, which is not installed: pip install "lnl-sr-tf[tune]"'
        )
