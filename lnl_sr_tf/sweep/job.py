"""Groups of runs to be trained somewhere, and what came of them."""

import dataclasses
from typing import Any, NamedTuple, Self

from lnl_sr_tf.config import Config
from lnl_sr_tf.runs.folder import RunFolder
from lnl_sr_tf.runs.identity import Known, folder_of


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
    paths: list[str]
    in_use: bool = False

    @classmethod
    def trained(cls, folders: list[RunFolder]) -> Self:
        """That of runs which are finished."""
        return cls("", False, [str(folder.path) for folder in folders])

    @property
    def folders(self) -> list[RunFolder]:
        """The `RunFolder` of each run."""
        return [RunFolder(path) for path in self.paths]


class Job(NamedTuple):
    """A group of runs to be trained in one process.

    Args:
        group: their settings.
        label: what its lines begin with.
    """

    group: list[Config]
    label: str

    def settings(self) -> list[dict[str, Any]]:
        """Those of each run, for another process to train it there and then."""
        alone = {"sweep_on": "here", "cpus_per_run": None, "gpus_per_run": None}
        if self.group[0].distribute == "auto":
            # TF_CONFIG, where it is set, is not about one of many runs.
            alone["distribute"] = "none"
        return [dataclasses.asdict(config) | alone for config in self.group]

    def finished(self, known: Known | None = None) -> Result | None:
        """The `Result`, where all of it was finished before; else None.

        Args:
            known: as for `lnl_sr_tf.runs.identity.folder_of`.
        """
        if not all(config.resume for config in self.group):
            return None
        folders = [folder_of(config, known) for config in self.group]
        if not all(folder.finished() for folder in folders):
            return None
        return Result.trained(folders)


def jobs(groups: list[list[Config]]) -> list[Job]:
    """A `Job` for each group of configs."""
    made = []
    for number, group in enumerate(groups, 1):
        first = group[0]
        seeds = ", ".join(str(config.seed) for config in group)
        name = f"{first.loss}, {first.noise_words}, seed {seeds}"
        made.append(Job(group, f"{number}/{len(groups)} {name}: "))
    return made


def environment_of(cpus: int, gpus: str | None = None) -> dict[str, str]:
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
