"""What benchmarks/on_gpu.py does, in which order, and what it leaves for want of time.

Nothing here trains or needs Keras.
"""

from typing import NamedTuple

# Until something of the kind was measured here: seconds, of which most is compiling.
# From one NVIDIA H200; where it is far off, what is cut loses one part.
GUESSES = {
    "ours": 45.0,
    "ours at once": 60.0,
    "torch": 20.0,
    "torch.compile": 60.0,
}
BEFORE_EPOCHS = 45.0  # of a run: building, compiling, figures, files
IMAGES_PER_SECOND = 90_000.0
# An epoch tests on 10,000 images more, draws what is random, and saves a checkpoint.
EPOCH_MORE = 1.2
MARGIN = 1.05
# By how much several seeds at once must be faster than one after the other: a cut then
# loses all of them, and a first seed of every case is worth more than many of one.
WORTH = 1.25


class Case(NamedTuple):
    """Settings of runs that differ in their seeds alone.

    Args:
        loss: its name.
        rate: of symmetric noise.
        schedule: of λ; None for that of the recipe.
    """

    loss: str
    rate: float
    schedule: str | None = None

    @property
    def settings(self):
        """For `config.resolve`."""
        made = {"loss": self.loss, "noise": "sym", "rate": self.rate}
        return made | ({"lambda_schedule": self.schedule} if self.schedule else {})

    @property
    def words(self):
        """For people."""
        schedule = f", {self.schedule} λ" if self.schedule else ""
        return f"{self.loss}, symmetric {self.rate:g}{schedule}"


CASES = (
    Case("ce_sr", 0.6),
    Case("ce_sr", 0.8),
    Case("ce_sr", 0.6, "adaptive"),
    Case("ce_sr", 0.8, "adaptive"),
    Case("ce", 0.6),
    Case("ce", 0.8),
)


class Speed(NamedTuple):
    """Images a second of whole epochs, or of steps of PyTorch.

    Args:
        framework: `"ours"`, `"torch"` or `"torch.compile"`.
        precision: `"bfloat16"` or `"float32"`.
        at_once: how many seeds.
        channels_last: whether PyTorch's images lie in that order in memory.
    """

    framework: str
    precision: str
    at_once: int = 1
    channels_last: bool = False

    @property
    def kind(self):
        """What takes about as long."""
        return self.framework + (" at once" if self.at_once > 1 else "")

    @property
    def short_words(self):
        """For people, without the precision."""
        seeds = f", {self.at_once} seeds at once" if self.at_once > 1 else ""
        order = ", channels last" if self.channels_last else ""
        return f"{self.framework}{seeds}{order}"

    @property
    def words(self):
        """For people."""
        return f"speed, {self.short_words}, {self.precision}"


class Runs(NamedTuple):
    """Runs of a case, trained at once.

    Args:
        case: a `Case`.
        seeds: at least one.
    """

    case: Case
    seeds: tuple

    @property
    def kind(self):
        """What takes about as long."""
        return f"{len(self.seeds)} runs"

    @property
    def words(self):
        """For people."""
        many = "seeds" if len(self.seeds) > 1 else "seed"
        return f"{self.case.words}, {many} {', '.join(map(str, self.seeds))}"


def parts(cases, seeds, at_once, estimates, is_done=lambda case, seed: False):
    """All parts, the most valuable first.

    Those of bfloat16, in which runs train; a first seed of every case before a second
    one; then what is shorter than a run, for the minutes that are left.

    Args:
        cases: of runs.
        seeds: of each.
        at_once: how many of them are tried together; whether they are is settled by
            `Estimates.at_once` when their turn comes.
        estimates: `Estimates`, which knows more when runs begin.
        is_done: whether a run is there already, by case and seed.

    Yields:
        `Speed` and `Runs`.
    """
    yield Speed("ours", "bfloat16")
    yield Speed("torch", "bfloat16")
    yield Speed("torch.compile", "bfloat16")
    if at_once > 1:
        yield Speed("ours", "bfloat16", at_once)
    together = estimates.at_once(at_once)
    for start in range(0, len(seeds), together):
        for case in cases:
            left = [s for s in seeds[start : start + together] if not is_done(case, s)]
            if left:
                yield Runs(case, tuple(left))
    yield Speed("torch.compile", "bfloat16", channels_last=True)
    yield Speed("ours", "float32")
    yield Speed("torch", "float32")
    yield Speed("torch.compile", "float32")


class Estimates:
    """How long parts take, by those that have ended.

    Args:
        images: of an epoch of a run.
        epochs: of a run.
        worth: by how much several seeds at once must be faster than one.

    Example:
        >>> estimates = Estimates(images=50_000, epochs=120)
        >>> round(estimates.of(Runs(CASES[0], (1,))))
        131
        >>> estimates.ended(Runs(CASES[0], (1,)), seconds=100)
        >>> round(estimates.of(Runs(CASES[1], (2,))))
        105
    """

    def __init__(self, images, epochs, worth=WORTH):
        self.images, self.epochs, self.worth = images, epochs, worth
        self._seconds = {}  # of parts that have ended, by kind
        self._rates = {}  # images a second of ours, in bfloat16, by seeds at once

    def of(self, part):
        """Seconds that a part will take."""
        if part.kind in self._seconds:
            return MARGIN * self._seconds[part.kind]
        if isinstance(part, Speed):
            return MARGIN * GUESSES[part.kind]
        count = len(part.seeds)
        one = self._rates.get(1, IMAGES_PER_SECOND)
        rate = self._rates.get(count, one)
        work = EPOCH_MORE * count * self.epochs * self.images / rate
        return MARGIN * (BEFORE_EPOCHS + work)

    def ended(self, part, seconds):
        """Learn how long a part took; of several of a kind the longest counts."""
        self._seconds[part.kind] = max(seconds, self._seconds.get(part.kind, 0.0))

    def found(self, part, images_per_second):
        """Learn how fast training is, from a `Speed`."""
        if part.framework == "ours" and part.precision == "bfloat16":
            self._rates[part.at_once] = images_per_second

    def at_once(self, most):
        """How many seeds are trained at once: that many where it was measured to pay.

        Args:
            most: that number, at least 1.
        """
        one, many = self._rates.get(1), self._rates.get(most)
        return most if one and many and many >= self.worth * one else 1


def fitting(part, estimates, left):
    """The part, or as many of its runs as end in time.

    Args:
        part: `Speed` or `Runs`.
        estimates: `Estimates`.
        left: seconds.

    Returns:
        A part; None where none ends in time.
    """
    if isinstance(part, Speed):
        return part if estimates.of(part) <= left else None
    for count in range(len(part.seeds), 0, -1):
        fewer = part._replace(seeds=part.seeds[:count])
        if estimates.of(fewer) <= left:
            return fewer
    return None


class Outcome(NamedTuple):
    """What came of parts: those that were done, failed, or were not begun."""

    done: list
    failed: list
    not_begun: list


def work_through(planned, estimates, left, do, tell):
    """Do parts, each if it will end in time; what is not begun is told.

    A part that fails is told, too, and the next one is begun.

    Args:
        planned: parts in order, as from `parts`.
        estimates: `Estimates`.
        left: a function that returns how many seconds are left.
        do: called with each part that is begun; it returns False where a part of it
            had been done before, so that its time says nothing of others.
        tell: called with each line.

    Returns:
        An `Outcome`.
    """
    came = Outcome([], [], [])
    for part in planned:
        before = left()
        chosen = fitting(part, estimates, before)
        if chosen is None:
            tell(
                f"not begun: {part.words}; it takes about {estimates.of(part):.0f} s, "
                f"and {max(before, 0):.0f} s are left"
            )
            came.not_begun.append(part)
            continue
        if chosen != part:
            rest = part._replace(seeds=part.seeds[len(chosen.seeds) :])
            tell(f"not begun: {rest.words}; too long for the {before:.0f} s left")
            came.not_begun.append(rest)
        tell(f"begun: {chosen.words}; about {estimates.of(chosen):.0f} s")
        try:
            whole = do(chosen)
        except Exception as error:
            reason = " ".join(str(error).split()) or "no reason given"
            tell(f"failed: {chosen.words}: {type(error).__name__}: {reason:.300}")
            came.failed.append(chosen)
            continue
        if whole is not False:
            estimates.ended(chosen, before - left())
        came.done.append(chosen)
    return came
