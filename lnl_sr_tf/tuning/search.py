"""Train the trials of a search, one after the other."""

import contextlib
import hashlib
import json
import pathlib
import signal
import threading
import time
from collections.abc import Callable

import keras

from lnl_sr_tf import experiment
from lnl_sr_tf.config import loss_args
from lnl_sr_tf.devices import choice
from lnl_sr_tf.devices.strategies import Devices
from lnl_sr_tf.duration import duration
from lnl_sr_tf.errors import InputError, NotFinite, RunError
from lnl_sr_tf.experiment import run_data
from lnl_sr_tf.files import make_folder
from lnl_sr_tf.tuning import criterion, result
from lnl_sr_tf.tuning.space import Space, words
from lnl_sr_tf.tuning.study import FILE, Study
from lnl_sr_tf.tuning.trial import Tried

_NAMES = {"strength": "λ0·p", "p": "p", "tau": "τ"}


def run(
    space: Space,
    wanted: int,
    tell: Callable[[str], None] = print,
    say: Callable[[str], None] = lambda line: None,
) -> list[Tried]:
    """Start or resume a search, and tell what was found.

    Args:
        space: what is searched.
        wanted: the total number of trials, earlier ones included.
        tell: called with each line about the search.
        say: called with each line about the run of a trial.

    Returns:
        All trials.

    Raises:
        InputError: if a setting or the data is wrong.
        RunError: if the search cannot go on; what was done is kept.

    Example:
        run(Space({"dataset": "digits", "epochs": 10}), wanted=20)
    """
    folder = pathlib.Path(space.output_dir).expanduser() / space.name
    first = next(iter(space.recipes.values()))
    devices = choice.start(first)
    if devices.workers > 1:
        raise InputError("tune trains a trial on one machine; unset TF_CONFIG")
    for config in space.recipes.values():
        experiment.check(config, devices)
    for line in loss_args.told(space.given, space.recipes.values()):
        tell(line)
    # Read before anything is written: the data may be wrong.
    dataset = _dataset(first, say)
    examples = len(dataset.validation.labels)
    study = _study(folder, space, dataset, tell)
    search = _Search(study, space.count(wanted), examples, devices, tell, say)
    with _terminable():
        trials = search.train_all()
    ceiling = None
    if first.noise == "sym" and not first.open_set:
        ceiling = criterion.expected(1.0, first.rate, dataset.num_classes)
    for line in _result(study, trials, examples, ceiling):
        tell(line)
    return trials


class _Search:
    """Trains trials until there are enough.

    Args:
        study: where trials are stored.
        wanted: their total number.
        examples: the number that the criterion is measured on.
        devices: what each is trained on.
        tell: called with each line about the search.
        say: called with each line about the run of a trial.
    """

    def __init__(
        self,
        study: Study,
        wanted: int,
        examples: int,
        devices: Devices,
        tell: Callable[[str], None],
        say: Callable[[str], None],
    ) -> None:
        self.study = study
        self.wanted = wanted
        self.examples = examples
        self.devices = devices
        self.tell = tell
        self.say = say

    def train_all(self) -> list[Tried]:
        """Train what is missing, and return all trials."""
        space, there = self.study.space, self.study.tried()
        self._before = {one.number for one in there if one.state != "running"}
        self._start = time.monotonic()
        self.tell(
            f"{self.study.folder / FILE}: {len(self._before)} trials are done, of "
            f"{self.wanted} wanted"
        )
        if space.ranges and not there:
            listed = ", ".join(
                f"{_NAMES[name]} from {least:g} to {most:g}"
                for name, (least, most) in space.ranges.items()
            )
            self.tell(
                f"First the recipes of {', '.join(space.recipes)}; then of "
                f"{', '.join(space.searched)} with {listed}"
            )
        while True:
            with self.study.claim(self.wanted) as claim:
                if claim is None:
                    return self._write()
                self._train(claim)

    def _train(self, claim):
        space, folder = self.study.space, self.study.folder
        method = space.method_of(claim.parameters)
        name = f"trial {claim.number} of {max(self.wanted, claim.number)}: "
        self.tell(
            name
            + words(method)
            + (" (recipe)" if claim.recipe else "")
            + (", which was cut off" if claim.again else "")
        )
        try:
            config = space.config_of(method, folder)
        except InputError as error:  # for instance, λ would grow without bound
            self._fail(claim, error, name)
            return
        # Otherwise what Keras keeps of earlier trials adds up.
        keras.utils.clear_session()
        try:
            done = experiment.run(config, self.say, self.devices)
        except NotFinite as error:
            self._fail(claim, error, name)
            return
        summary = done.summary()
        value = summary["validation_accuracy"]
        facts = {
            "run": done.path.name,
            "test_accuracy": summary["test_accuracy"],
            "test_labels": summary["test_labels"],
            "sparse_rate": summary["sparse_rate"],
            "seconds": summary["seconds"],
        }
        self.study.complete(claim, value, facts)
        deviation = criterion.standard_error(value, self.examples)
        best, left = self._so_far()
        self.tell(
            f"{name}validation {100 * value:.2f} % ± {100 * deviation:.2f}; "
            f"best so far {100 * best.accuracy:.2f} % (trial {best.number}){left}"
        )

    def _fail(self, claim, error, name):
        reason = " ".join(str(error).split())
        self.study.fail(claim, reason)
        _, left = self._so_far()
        self.tell(f"{name}failed: {reason}{left}")

    def _write(self):
        """Write the files about all trials, and return these."""
        study = self.study
        with study.alone():  # otherwise older files could replace newer ones
            trials = study.tried()
            result.write_files(study.folder, study.space, trials, self.examples)
        return trials

    def _so_far(self):
        """The best trial, and how long the others will take, as text."""
        trials = self._write()
        ended = {one.number for one in trials if one.state != "running"}
        left = self.wanted - len(ended)
        pace = (time.monotonic() - self._start) / len(ended - self._before)
        about = f"; about {duration(pace * left)} left" if left > 0 else ""
        return criterion.best(trials), about


def _result(study, trials, examples, ceiling):
    """The lines that are told at the end."""
    space, folder = study.space, study.folder
    running = sum(one.state == "running" for one in trials)
    reasons = [one.facts["reason"] for one in trials if one.state == "failed"]
    if not criterion.best(trials):
        raise RunError(
            f"none of {len(reasons)} trials could be trained; the first: {reasons[0]}"
            if reasons
            else "no trial is done yet; other processes are training them"
        )
    told = [""]
    if running:
        told.append(
            f"left out, since other processes are still training them: {running}; the "
            "same command will show them later"
        )
    if not space.searched:
        told.append("There is nothing to search besides these recipes.")
    if reasons:
        told.append(f"{len(reasons)} failed: {folder / result.TABLE}")
    return told + result.lines(folder, space, trials, examples, ceiling)


def _study(folder, space, dataset, tell):
    """The `Study` of these settings and this data, new where there is none."""
    now = {
        "data": dataset.fingerprint,
        "open_set": dataset.open_set_fingerprint,
        "classes": list(dataset.class_names),
    }
    make_folder(folder)
    study = Study(folder, space)
    # `all` stops at a difference: nothing is noted in a study of other data.
    if all(study.first(name, value) == value for name, value in now.items()):
        return study
    letters = hashlib.sha256(json.dumps(now).encode()).hexdigest()[:8]
    other = folder.with_name(f"{folder.name}-{letters}")
    tell(
        f"{folder} is of other data than there is now ({space.dataset}), and stays as "
        f"it is; this search is {other}"
    )
    make_folder(other)
    return Study(other, space)


def _dataset(config, say):
    """The data of all trials; the criterion is measured on its `validation`."""
    source = run_data.read(config, config.dataset, config.pixels, say)
    return run_data.load(config, source, say)


@contextlib.contextmanager
def _terminable():
    """SIGTERM works as Ctrl-C does; while a run trains, it handles both itself."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(number, frame):
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
