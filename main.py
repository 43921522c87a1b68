"""Train on noisy labels from the command line: `python main.py --help`."""

from lnl_sr_tf import cli

if __name__ == "__main__":
    cli.run()
