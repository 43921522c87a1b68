"""One group of runs in a process of its own: python -m lnl_sr_tf.sweep.child RESULT

It reads the settings of its runs as JSON from standard input, tells on standard output,
and writes what came of it to the file RESULT, as JSON.
"""

import dataclasses
import json
import os
import pathlib
import sys
from typing import NamedTuple

from lnl_sr_tf import config as configs
from lnl_sr_tf import quiet
from lnl_sr_tf.errors import FolderInUse, InputError, RunError
from lnl_sr_tf.runs.folder import RunFolder
from lnl_sr_tf.runs.identity import folder_of


class Result(NamedTuple):
    """What came of a group of runs.

    Args:
        problem: why it could not go on, one line; empty where it could.
        wrong_input: whether a person can mend that in settings or data.
        paths: the folder of each run.
        in_use: whether another process has a folder of theirs.
    """

    problem: str
    wrong_input: bool
    paths: list
    in_use: bool = False

    @property
    def folders(self):
        """The `RunFolder` of each run."""
        return [RunFolder(path) for path in self.paths]


class Job(NamedTuple):
    """A group of runs to be trained in another process.

    Args:
        group: a list of `lnl_sr_tf.config.Config`.
        label: what its lines begin with.
    """

    group: list
    label: str

    def settings(self):
        """Those of each run, for another process to train it there and then."""
        alone = {"sweep_on": "here", "cpus_per_run": None, "gpus_per_run": None}
        if self.group[0].distribute == "auto":
            # TF_CONFIG, where it is set, is not about one of many runs.
            alone["distribute"] = "none"
        return [dataclasses.asdict(config) | alone for config in self.group]

    def finished(self, known=None):
        """The `Result`, where all of it was finished before; else None.

        Args:
            known: as for `lnl_sr_tf.runs.identity.folder_of`.
        """
        if not all(config.resume for config in self.group):
            return None
        folders = [folder_of(config, known) for config in self.group]
        if not all(folder.finished() for folder in folders):
            return None
        return Result("", False, [str(folder.path) for folder in folders])


def environment_of(cpus, gpus=None):
    """The environment variables of a run that does not have the machine for itself.

    Args:
        cpus: how many processors it has.
        gpus: numbers of its GPUs, by commas, or -1 for none; None where another says.
    """
    made = {
        "TF_NUM_INTRAOP_THREADS": str(cpus),
        "OMP_NUM_THREADS": str(cpus),
        # Several in one GPU's memory take what they need, not all of it.
        "TF_FORCE_GPU_ALLOW_GROWTH": "true",
        "XLA_PYTHON_CLIENT_PREALLOCATE": "false",
    }
    return made if gpus is None else made | {"CUDA_VISIBLE_DEVICES": gpus}


def jobs(groups):
    """A `Job` for each group of configs."""
    made = []
    for number, group in enumerate(groups, 1):
        first = group[0]
        seeds = ", ".join(str(config.seed) for config in group)
        name = f"{first.loss}, {first.noise_words}, seed {seeds}"
        made.append(Job(group, f"{number}/{len(groups)} {name}: "))
    return made


def train(settings, tell):
    """Train the runs of a `Job` in this process.

    Args:
        settings: those that it gave.
        tell: called with each line.

    Returns:
        A `Result`.
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
    return Result("", False, [str(folder.path) for folder in folders])


def main():
    """Entry of the process."""
    result = train(json.load(sys.stdin), lambda line: print(line, flush=True))
    pathlib.Path(sys.argv[1]).write_text(json.dumps(result), "utf-8")


if __name__ == "__main__":
    main()
