"""`python -m lnl_sr_tf` is `lnl-sr`."""

from lnl_sr_tf.cli import run

if __name__ == "__main__":
    run()
