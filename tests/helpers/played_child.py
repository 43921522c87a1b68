"""`lnl_sr_tf.sweep.child` without TensorFlow: a process that ends as a test says.

python played_child.py PART RESULT, where PART is one of

- finished: the runs are there, as after training;
- in use: another process has the folder;
- wrong input, problem: what it is told is `as played`;
- mistake: it raises;
- killed: by SIGKILL;
- waits: until SIGTERM, upon which it leaves a file `saved` in the run's folder.
"""

import json
import os
import pathlib
import signal
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

_START = subprocess.Popen
PARTS = {
    "wrong input": ["as played", True, [], False],
    "problem": ["as played", False, [], False],
    "in use": ["as played", False, [], True],
}


class Cast:
    """In place of `subprocess.Popen`: each process that is started plays a part.

    Args:
        *parts: of the processes, in the order in which they are started; the last one
            is that of all that follow.
    """

    def __init__(self, *parts):
        self.parts = parts
        self.started = []

    def __call__(self, command, **kwargs):
        part = self.parts[min(len(self.started), len(self.parts) - 1)]
        self.started.append(part)
        return _START([command[0], __file__, part, command[-1]], **kwargs)


def _waits(folders):
    def stop(*_):
        for folder in folders:
            (folder / "saved").touch()
        sys.exit(1)

    signal.signal(signal.SIGTERM, stop)
    for folder in folders:
        folder.mkdir(parents=True)
    print("waits", flush=True)
    time.sleep(60)


def main(part, result):
    """Read the settings of the runs as the child does, and play."""
    from helpers import finished_runs

    from lnl_sr_tf import config
    from lnl_sr_tf.runs.identity import folder_of

    configs = [config.Config(**one) for one in json.load(sys.stdin)]
    if part == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    if part == "mistake":
        raise SystemError(7)
    if part == "waits":
        _waits([folder_of(made).path for made in configs])
    told = PARTS.get(part)
    if part == "finished":
        made = [finished_runs.make_of(one, 0.5) for one in configs]
        told = ["", False, [str(folder.path) for folder in made], False]
    pathlib.Path(result).write_text(json.dumps(told), "utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
