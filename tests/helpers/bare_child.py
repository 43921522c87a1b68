"""`lnl_sr_tf.sweep.child`, whose runs end without figures, with an empty SavedModel."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from lnl_sr_tf import quiet
from lnl_sr_tf.sweep import child

if __name__ == "__main__":
    quiet.start("tensorflow")
    with quiet.notices():
        from helpers.bare_results import bare_results
    with bare_results():
        child.main()
