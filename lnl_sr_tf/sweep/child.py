"""One group of runs in a process of its own: python -m lnl_sr_tf.sweep.child RESULT

It reads the settings of its runs as JSON from standard input, tells on standard output,
and writes what came of it to the file RESULT, as JSON.
"""

import json
import os
import pathlib
import sys
from collections.abc import Callable
from typing import Any

from lnl_sr_tf import config as configs
from lnl_sr_tf import quiet
from lnl_sr_tf.errors import FolderInUse, InputError, RunError
from lnl_sr_tf.sweep.job import Result


def train(settings: list[dict[str, Any]], tell: Callable[[str], None]) -> Result:
    """Train the runs of a `lnl_sr_tf.sweep.job.Job` in this process.

    Args:
        settings: those that it gave.
        tell: called with each line.
    """
    group = [configs.Config(**one) for one in settings]
    try:
        quiet.start(os.environ.get("KERAS_BACKEND", "tensorflow"))
        with quiet.notices():
            from lnl_sr_tf.sweep import here
        (folders,) = here.train([group], tell)
    except (InputError, RunError) as error:
        line = " ".join(str(error).split())
        wrong_input, in_use = (
            isinstance(error, kind) for kind in (InputError, FolderInUse)
        )
        return Result(line, wrong_input, [], in_use)
    return Result.trained(folders)


def main() -> None:
    """Entry of the process."""
    result = train(json.load(sys.stdin), lambda line: print(line, flush=True))
    pathlib.Path(sys.argv[1]).write_text(json.dumps(result), "utf-8")


if __name__ == "__main__":
    main()
