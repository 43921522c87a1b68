"""The cases of benchmarks/adaptive.py, and what must hold of each."""

import dataclasses
import pathlib
from collections.abc import Callable

import numpy as np
import warped_mnist

import lnl_sr_tf as lnl
from lnl_sr_tf.files import whole_file

# Largest that a run's best epoch may be above its last one, in points.
DROP = 1.0


@dataclasses.dataclass(frozen=True)
class Target:
    """What must hold, beside `DROP`, of the last epoch's test accuracy in percent.

    Args:
        mean: the least mean over seeds.
        each: the least of each seed.
        below_ce: most points below the mean of cross-entropy on the same seeds.
        no_lost: whether every class must be predicted in every run.
    """

    mean: float | None = None
    each: float | None = None
    below_ce: float | None = None
    no_lost: bool = False

    @property
    def words(self):
        """What is to hold, as text."""
        parts = [
            f"mean ≥ {self.mean:g}" if self.mean is not None else "",
            f"each ≥ {self.each:g}" if self.each is not None else "",
            f"mean ≥ CE − {self.below_ce:g}" if self.below_ce is not None else "",
            "no lost class" if self.no_lost else "",
        ]
        return ", ".join(part for part in parts if part)


@dataclasses.dataclass(frozen=True)
class Case:
    """Data, noise and settings.

    Args:
        name: for people, without commas; its first word is the group.
        settings: those of `lnl_sr_tf.config.resolve`, but for loss and seed.
        target: what must hold.
        from_tfds: the set of TFDS that it needs, if any.
        make: writes the file that is its data, from its path and TFDS's folder.
    """

    name: str
    settings: dict
    target: Target = dataclasses.field(default_factory=Target)
    from_tfds: str | None = None
    make: Callable | None = None

    @property
    def group(self):
        """The first word of its name."""
        return self.name.partition(" ")[0]

    @property
    def command(self):
        """Its settings as flags."""
        return " ".join(f"--{name}={value}" for name, value in self.settings.items())

    def prepare(self, data_dir):
        """Make its data, unless it is there."""
        path = pathlib.Path(self.settings["dataset"])
        if self.make and not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            self.make(path, data_dir)


# What `flags/digits.toml` has, for files that hold digits.
_AS_DIGITS = {
    "model": "cnn_digits", "epochs": 60, "lr": 0.05, "weight_decay": 1e-2,
    "flip": "false",
}  # fmt: skip
_AS_MNIST = {"model": "cnn_mnist", "lr": 0.01, "weight_decay": 1e-3, "flip": "false"}
# MNIST's: digits look alike in the same way.
_ASYM = {"noise": "asym", "rate": 0.4, "asym_map": "7>1,2>7,3>8,5>6,6>5"}


def cases(folder):
    """All of them.

    Args:
        folder: where data that is made for them lies.
    """
    folder = pathlib.Path(folder)
    return [
        *_digits(folder),
        *_small(folder / "digits_360.npz"),
        *_warped(folder / "warped_mnist.npz"),
        *_mnist(),
        Case(
            "cifar10 sym 0.6",
            {"dataset": "cifar10", "model": "cnn_cifar", "epochs": 5}
            | {"lambda_schedule": "adaptive"}
            | _noise("sym", 0.6),
            from_tfds="cifar10",
        ),
    ]


def _noise(kind, rate=None):
    return {"noise": kind} | ({"rate": rate} if rate else {})


def _digits(folder):
    kept = {"no_lost": True}
    digits = {"dataset": "digits"}
    long_tail = {"imbalance": "lt", "imbalance_factor": 0.1}
    rows = [
        ("none", _noise("none"), Target(below_ce=0.4, **kept)),
        ("sym 0.2", _noise("sym", 0.2), Target(mean=97.5, **kept)),
        ("sym 0.4", _noise("sym", 0.4), Target(mean=97.5, **kept)),
        ("sym 0.6", _noise("sym", 0.6), Target(mean=96.0, **kept)),
        ("sym 0.8", _noise("sym", 0.8), Target(mean=80.0, each=70.0, **kept)),
        ("pairflip 0.3", _noise("pairflip", 0.3), Target(mean=97.0, **kept)),
        ("pairflip 0.4", _noise("pairflip", 0.4), Target(mean=97.0, **kept)),
        ("instance 0.4", _noise("instance", 0.4), Target(mean=95.0, **kept)),
        ("asym 0.4", _ASYM, Target(**kept)),
        ("lt 0.1", long_tail | _noise("none"), Target(**kept)),
        ("lt 0.1 sym 0.4", long_tail | _noise("sym", 0.4), Target(**kept)),
    ]
    made = [Case(f"digits {name}", digits | more, of) for name, more, of in rows]
    low, high = folder / "digits_0_to_4.npz", folder / "digits_5_to_9.npz"
    foreign = {"open_set": str(high), "open_set_rate": 0.2}
    open_set = {"dataset": str(low)} | _AS_DIGITS | _noise("sym", 0.2) | foreign
    return [*made, Case("digits open set", open_set, Target(**kept), make=halves)]


def _small(path):
    few = {"dataset": str(path)} | _AS_DIGITS
    sym = {"dataset": "digits"} | _noise("sym", 0.6)
    return [
        Case("small 360", few | _noise("none"), make=first_360),
        Case("small 360 sym 0.4", few | _noise("sym", 0.4), make=first_360),
        Case("small 5 epochs", sym | {"epochs": 5}),
        Case("small 100 epochs", sym | {"epochs": 100}),
        Case("small batches of 32", sym | {"batch_size": 32}),
        Case("small batches of 512", sym | {"batch_size": 512}),
    ]


def _warped(path):
    base = {"dataset": str(path)} | _AS_MNIST | {"epochs": 20}
    noises = ("none",), ("sym", 0.6), ("pairflip", 0.4)
    return [
        Case(
            "warped " + " ".join(map(str, noise)), base | _noise(*noise),
            from_tfds="mnist", make=warped_mnist.write,
        )
        for noise in noises
    ]  # fmt: skip


def _mnist():
    base = {"dataset": "mnist", "lambda_schedule": "adaptive"}
    short, sym = base | {"epochs": 10}, _noise("sym", 0.8)
    rows = [
        ("mnist none", short | _noise("none"), Target(below_ce=0.1)),
        ("mnist sym 0.8", short | sym, Target(mean=97.5)),
        ("mnist asym 0.4", short | _noise("asym", 0.4), Target(mean=98.3)),
        ("mnist50 sym 0.8", base | {"epochs": 50} | sym, Target(each=98.06)),
    ]
    return [Case(*row, from_tfds="mnist") for row in rows]


def first_360(path, data_dir):
    """The first 360 training examples of digits, and all for testing."""
    _write(path, _load_digits(), slice(360), slice(None), 0)


def halves(path, data_dir):
    """The digits 0 to 4, and beside them 5 to 9 by labels from 0 on."""
    digits = _load_digits()
    high = digits.clean_labels > 4, digits.test_labels > 4
    _write(path.with_name("digits_5_to_9.npz"), digits, *high, 5)
    _write(path, digits, ~high[0], ~high[1], 0)


def _load_digits():
    return lnl.datasets.load("digits", tell=lambda line: None)


def _write(path, data, train, test, first):
    arrays = {
        "x_train": data.train_images[train],
        "y_train": data.clean_labels[train] - first,
        "x_test": data.test_images[test],
        "y_test": data.test_labels[test] - first,
    }
    with whole_file(path) as file:
        np.savez(file, **arrays)
