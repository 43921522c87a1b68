"""The settings of one run, together: `Config`."""

import dataclasses
import functools
import hashlib
import json
import os
import pathlib
import re
from typing import Any

from lnl_sr_tf.config.data_kinds import (
    HUMAN_NOISE,
    NPY,
    comes_noisy,
    ends_in,
    is_path,
    plain_name,
)
from lnl_sr_tf.config.data_settings import DataSettings, NoiseSettings
from lnl_sr_tf.config.method_settings import DIVIDING, MethodSettings
from lnl_sr_tf.config.setting import flags_of
from lnl_sr_tf.config.training_settings import RunSettings, TrainingSettings
from lnl_sr_tf.loss_names import LOSSES, REGULARIZED, prior_conflict

# What is given of them, by name.
Settings = dict[str, Any]

# Weights that Keras fetches: those that it distributes, and those of a network on the
# hub of Hugging Face, hf://USER/NAME.
IMAGENET, HF = "imagenet", "hf://"
# What the name of a backbone of KerasHub begins with.
HUB = "hub:"
# Settings that end so are files, whose content counts.
_FILES = (".csv", ".npy", ".json", ".keras", ".h5")


# Fields of the last base come first.
@dataclasses.dataclass(frozen=True, kw_only=True)
class Config(
    RunSettings, TrainingSettings, MethodSettings, NoiseSettings, DataSettings
):
    """One run, settled. Make it by `resolve`, which fills in the recipe.

    Every field is a setting of the command line by the same name; `meaning(name)`
    says what it is. Settings that have no effect (τ, p, λ and so on without `_sr`) are
    None.
    """

    @property
    def divides(self) -> bool:
        """Whether the method divides the examples anew before each epoch."""
        return self.method in DIVIDING

    @property
    def regularized(self) -> bool:
        """Whether the loss is under sparse regularization."""
        return self.loss.endswith(REGULARIZED)

    @property
    def loss_words(self) -> str:
        """The loss, and the method where it is not the standard one, for people."""
        return self.loss + ("" if self.method == "standard" else f" by {self.method}")

    @property
    def noise_file(self) -> bool:
        """Whether the noise is that of a matrix in a file."""
        return ends_in(self.noise, *FIELDS["noise"].files)

    @property
    def noise_has_rate(self) -> bool:
        """Whether the noise is made at a rate that a person chooses."""
        return self.noise not in ("none", *HUMAN_NOISE) and not self.noise_file

    @property
    def noise_words(self) -> str:
        """Label noise and imbalance for people, for instance sym 0.6, lt 0.01."""
        words = self.noise
        if self.noise_file:
            words = pathlib.PurePath(self.noise).name
        elif self.noise_has_rate:
            words += f" {self.rate:g}"
        elif self.noise == "none" and comes_noisy(self.dataset):
            words = "as given"
        if self.open_set:
            words += f", open set {plain_name(self.open_set)} {self.open_set_rate:g}"
        if self.imbalance != "none":
            words += f", {self.imbalance} {self.imbalance_factor:g}"
        return words

    @property
    def has_class_prior(self) -> bool:
        """Whether the mean output is held close to the shares of the given labels."""
        if self.prior_weight is not None:
            return self.prior_weight > 0
        base = self.loss.removesuffix(REGULARIZED)
        return (
            self.regularized
            and self.lambda_schedule == "adaptive"
            and self.balance != "logit_adjustment"
            and not (base in LOSSES and prior_conflict(base))
        )

    @property
    def run_name(self) -> str:
        """Name of the run's folder: readable, and different for different settings."""
        text = json.dumps(self.identity(), sort_keys=True)
        digest = hashlib.sha256(text.encode()).hexdigest()[:8]
        dataset = re.sub(r"[^\w.-]", "_", self.dataset_name)
        noise = self.noise
        if self.noise_file:
            noise = pathlib.PurePath(self.noise).stem
        elif self.noise_has_rate:
            noise += f"{self.rate:g}"
        if self.open_set:
            noise += f"-open{self.open_set_rate:g}"
        if self.imbalance != "none":
            noise += f"-{self.imbalance}{self.imbalance_factor:g}"
        method = "" if self.method == "standard" else f"-{self.method}"
        return f"{dataset}-{self.loss}{method}-{noise}-seed{self.seed}-{digest}"

    @property
    def dataset_name(self) -> str:
        """The dataset without `tfds:` and without a version, or the last of a path."""
        return plain_name(self.dataset)

    @property
    def own_data(self) -> bool:
        """Whether the dataset is a folder or file of one's own."""
        return is_path(self.dataset)

    @property
    def own_epochs(self) -> int:
        """How many epochs there are in its folder: of finetuning, if there is any."""
        return self.finetune or self.epochs

    @property
    def preset_folder(self) -> str | None:
        """The folder of a backbone's preset, as it was given; None for another."""
        preset = (self.backbone or "").removeprefix(HUB)
        return preset if preset != self.backbone and is_folder(preset) else None

    @property
    def pixels(self) -> tuple[int, int] | None:
        """`image_size` as (height, width), or None."""
        if self.image_size is None:
            return None
        height, _, width = self.image_size.partition("x")
        return int(height), int(width)

    @property
    def part_of_parts(self) -> tuple[int, int] | None:
        """`fold` as (part, parts), or None."""
        if self.fold is None:
            return None
        part, _, parts = self.fold.partition("/")
        return int(part), int(parts)

    def identity(self) -> dict[str, Any]:
        """The settings that make this run another than one that differs in them.

        Those without effect are left out, so that a new one changes no old name. What
        a file holds counts, besides its name.
        """
        settings = identifying(self.as_dict())
        files = {
            name: _digest(value)
            for name, value in settings.items()
            if name in ("weights", "votes_file")
            or (isinstance(value, str) and value.lower().endswith(_FILES))
            # Gigabytes, of which a run has a fingerprint.
            if not (name == "dataset" and ends_in(value, NPY))
        }
        if self.preset_folder:
            files["backbone"] = folder_digest(self.preset_folder)
        return settings | ({"file_contents": files} if files else {})

    @property
    def places(self) -> dict[str, str]:
        """Where the files and folders are that the settings name, absolute, by name."""
        named = {
            "dataset": self.own_data,
            "data_dir": bool(self.data_dir),
            "imagenet_dir": bool(self.imagenet_dir),
            "noise": self.noise_file,
            "open_set": self.open_set is not None and is_path(self.open_set),
            "transition_matrix": str(self.transition_matrix).lower().endswith(_FILES),
            "votes_file": self.votes_file is not None,
            "weights": bool(self.weights) and not fetched(self.weights),
        }
        found = {name: getattr(self, name) for name, is_it in named.items() if is_it}
        if self.preset_folder:
            found["backbone"] = self.preset_folder
        return {
            name: os.path.abspath(os.path.expanduser(place))
            for name, place in found.items()
        }

    def as_dict(self) -> dict[str, Any]:
        """All settings by name, ready for JSON."""
        return dataclasses.asdict(self)


def identifying(settings: Settings) -> Settings:
    """Those of a run's settings that have an effect and make it another run.

    Args:
        settings: of a `Config`, or of a run's `config.json`.
    """
    return {
        name: settings[name]
        for name, field in FIELDS.items()
        if field.identifies and settings.get(name) not in (None, field.before)
    }


def _digest(path: str) -> str:
    """What a file holds, in a few letters; nothing where it cannot be read."""
    path = os.path.expanduser(path)
    if not os.path.isfile(path):  # a pipe or a device may never end
        return ""
    try:
        state = os.stat(path)
        return _digest_of(path, state.st_size, state.st_mtime_ns)
    except OSError:
        return ""


def fetched(weights: str | None) -> bool:
    """Whether Keras fetches some weights; others are in a file.

    Example:
        >>> fetched("imagenet"), fetched("hf://keras/mobilenet"), fetched("a.h5")
        (True, True, False)
    """
    return weights == IMAGENET or str(weights).startswith(HF)


def is_folder(preset: str) -> bool:
    """Whether a preset of KerasHub is a folder, by its name or since it is there.

    Example:
        >>> is_folder("./vit"), is_folder("bert_tiny_en_uncased"), is_folder("hf://a/b")
        (True, False, False)
    """
    if "://" in preset:
        return False
    return preset.startswith(("~", ".")) or os.sep in preset or os.path.isdir(preset)


def folder_digest(folder: str) -> str:
    """What the files of a folder hold, in a few letters; nothing without a folder."""
    root = pathlib.Path(folder).expanduser()
    files = sorted(path for path in root.rglob("*") if path.is_file())
    named = [(str(path.relative_to(root)), _digest(str(path))) for path in files]
    return hashlib.sha256(json.dumps(named).encode()).hexdigest()[:16] if named else ""


@functools.cache
def _digest_of(path: str, size: int, changed: int) -> str:
    """The same; a sweep asks for it of each of its runs."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:16]


# The flag of each setting, by name.
FIELDS = flags_of(Config)


def meaning(name: str) -> str:
    """What a setting is, with its unit, its range and its default."""
    return FIELDS[name].help()
