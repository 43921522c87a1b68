"""The trials of a search, in a file that processes share and that outlives them."""

import contextlib
import pathlib
import sqlite3
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import filelock
import optuna
import sqlalchemy.exc
from optuna.trial import TrialState

from lnl_sr_tf.errors import RunError
from lnl_sr_tf.tuning.sampler import Repeatable
from lnl_sr_tf.tuning.space import Space
from lnl_sr_tf.tuning.trial import Tried

FILE = "study.db"
_NAME = "tune"
_RECIPE = "recipe"
_PATIENCE = 60.0  # seconds to wait for a file that another process writes
_DAMAGED = ("not a database", "malformed", "no such table", "no such column")


class Claim(NamedTuple):
    """A trial that this process alone trains, for as long as it holds it.

    Args:
        number: as in `Tried`.
        parameters: likewise.
        recipe: likewise.
        again: whether another process had begun it.
        trial: Optuna's own.
    """

    number: int
    parameters: dict[str, Any]
    recipe: bool
    again: bool
    trial: optuna.Trial


class Study:
    """The trials in a folder's `study.db`.

    A trial is held by a file lock of the operating system, which is released however
    the process ends. So an unfinished trial that is not held was cut off: that is known
    at once, without a heartbeat.

    Args:
        folder: of the file; it must exist.
        space: what is searched.

    Raises:
        RunError: if the file cannot be used.

    Example:
        study = Study(pathlib.Path("runs/tune-digits-sym0.4-seed1-0a1b2c3d"), space)
        with study.claim(wanted=30) as claim:
            study.complete(claim, value=0.58, facts={})
    """

    def __init__(self, folder: pathlib.Path, space: Space) -> None:
        self.folder = folder
        self.space = space
        # Optuna logs every trial by itself.
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        self._lock = filelock.FileLock(folder / ".study.lock")
        with self.alone():
            try:
                storage = optuna.storages.RDBStorage(
                    f"sqlite:///{FILE}", engine_kwargs={"creator": self._connect}
                )
                self._study = optuna.create_study(
                    storage=storage,
                    sampler=Repeatable(space.seed),
                    study_name=_NAME,
                    direction="maximize",
                    load_if_exists=True,
                )
            except RuntimeError as error:  # of another version of Optuna
                raise self._unusable(error) from error
            self._add_recipes()

    @contextlib.contextmanager
    def claim(self, wanted: int) -> Iterator[Claim | None]:
        """A trial to train: one that was cut off, otherwise a new one.

        Args:
            wanted: the total number of trials.

        Yields:
            The claim, held until the end of the block; None where none is left.
        """
        with contextlib.ExitStack() as held:
            with self.alone():
                claim = self._unfinished(held) or self._new(wanted, held)
            yield claim

    def complete(self, claim: Claim, value: float, facts: Mapping[str, Any]) -> None:
        """Record that a trial was trained.

        Args:
            claim: which trial.
            value: the criterion.
            facts: other values to keep, as JSON can hold them.
        """
        with self.alone():
            for name, fact in facts.items():
                claim.trial.set_user_attr(name, fact)
            self._study.tell(claim.trial, value)

    def fail(self, claim: Claim, reason: str) -> None:
        """Record that a trial cannot be trained, and why."""
        with self.alone():
            claim.trial.set_user_attr("reason", reason)
            self._study.tell(claim.trial, state=TrialState.FAIL)

    def tried(self) -> list[Tried]:
        """All trials that were begun, by number."""
        with self.alone():
            return [self._as_tried(one) for one in self._begun()]

    def first(self, name: str, value: Any) -> Any:
        """The value that the first process recorded under a name, perhaps this one."""
        with self.alone():
            if name not in self._study.user_attrs:
                self._study.set_user_attr(name, value)
            return self._study.user_attrs[name]

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Keep other processes from the study, and from the files that depend on it.

        Raises:
            RunError: if the study cannot be used.
        """
        try:
            with self._lock:
                yield
        except (
            optuna.exceptions.StorageInternalError,
            sqlalchemy.exc.SQLAlchemyError,
        ) as error:
            raise self._unusable(error) from error
        except OSError as error:
            raise RunError(
                f"cannot write to {self.folder}: {error.strerror or error}"
            ) from error

    def _connect(self):
        # By path: in a URL some characters would have another meaning.
        return sqlite3.connect(
            self.folder / FILE, timeout=_PATIENCE, check_same_thread=False
        )

    def _begun(self):
        return [one for one in self._study.trials if one.state != TrialState.WAITING]

    def _as_tried(self, one):
        names = {TrialState.COMPLETE: "complete", TrialState.RUNNING: "running"}
        facts = dict(one.user_attrs)
        recipe = facts.pop(_RECIPE, None)
        parameters = {"loss": recipe} if recipe else dict(one.params)
        return Tried(
            one.number + 1,
            parameters,
            names.get(one.state, "failed"),
            one.value if one.state == TrialState.COMPLETE else None,
            recipe is not None,
            facts,
        )

    def _add_recipes(self):
        there = {one.user_attrs.get(_RECIPE) for one in self._study.trials}
        for loss in self.space.recipes:
            if loss not in there:
                self._study.enqueue_trial(
                    self.space.parameters_of_recipe(loss), user_attrs={_RECIPE: loss}
                )

    def _unfinished(self, held):
        """A trial whose process ended too early."""
        for one in self._study.get_trials(states=(TrialState.RUNNING,)):
            if self._hold(one.number, held):
                # It keeps the values drawn so far; its number determines the rest.
                return self._claimed(optuna.Trial(self._study, one._trial_id), True)
        return None

    def _new(self, wanted, held):
        if len(self._begun()) >= self.space.count(wanted):
            return None
        trial = self._study.ask()
        self._hold(trial.number, held)
        return self._claimed(trial, False)

    def _claimed(self, trial, again):
        recipe = trial.user_attrs.get(_RECIPE)
        if recipe is None or recipe in self.space.searched:
            parameters = self.space.suggest(trial)
        if recipe is not None:
            parameters = {"loss": recipe}
        return Claim(trial.number + 1, parameters, recipe is not None, again, trial)

    def _hold(self, number, held):
        lock = filelock.FileLock(self.folder / f".trial-{number + 1}.lock")
        try:
            held.enter_context(lock.acquire(timeout=0))
        except filelock.Timeout:
            return False
        return True

    def _unusable(self, error):
        path = self.folder / FILE
        reason = " ".join(str(_origin(error)).split())
        if "locked" in reason:
            advice = "end the program that holds it, and give the same command again"
        elif isinstance(error, RuntimeError) or any(w in reason for w in _DAMAGED):
            advice = (
                "move that file away; the same command then builds it from the runs "
                f"in {self.folder}, which are not trained again"
            )
        else:
            advice = "when that is fixed, the same command goes on"
        return RunError(f"{path} cannot be used ({reason}); {advice}")


def _origin(error):
    """SQLite's error beneath those of other libraries."""
    while not isinstance(error, sqlite3.Error):
        beneath = getattr(error, "orig", None) or error.__cause__
        if beneath is None:
            break
        error = beneath
    return error
