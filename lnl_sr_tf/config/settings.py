"""The settings of one run: their names, meanings and ranges."""

import dataclasses
import hashlib
import json
import os
import pathlib
from collections.abc import Callable
from typing import NamedTuple

from lnl_sr_tf.loss_names import LOSSES, REGULARIZED

RECIPE = None  # the default of a setting that the recipe fills in


class Only(NamedTuple):
    """When a setting has an effect: where another one, `setting`, passes `test`."""

    setting: str
    test: Callable
    words: str


def _only(setting, *values):
    words = " or ".join(f"--{setting}={value}" for value in values)
    return Only(setting, lambda value: value in values, words)


_WITH_SR = Only(
    "loss", lambda loss: loss.endswith(REGULARIZED), f"losses that end in {REGULARIZED}"
)
_WITH_MATRIX = Only(
    "loss",
    lambda loss: loss.removesuffix(REGULARIZED) in ("forward", "backward"),
    "--loss=forward and --loss=backward",
)


def _setting(
    default,
    kind,
    group,
    meaning,
    *,
    choices=None,
    interval=None,
    only=None,
    files=(),
    identifies=True,
):
    """A field of `Config`.

    Args:
        default: its value where neither a person nor a recipe gives one.
        kind: its type.
        group: its heading in the help.
        meaning: what it is, with its unit.
        choices: the texts it may be.
        interval: the numbers it may be, as `"[0, 1)"`.
        files: endings of files whose paths it may be beside the choices.
        only: an `Only`, where it has an effect beside some settings alone.
        identifies: whether runs that differ in it are different runs.
    """
    return dataclasses.field(
        default=default,
        metadata={
            "kind": kind,
            "group": group,
            "meaning": meaning,
            "choices": choices,
            "interval": interval,
            "only": only,
            "files": files,
            "identifies": identifies,
        },
    )


@dataclasses.dataclass(frozen=True, kw_only=True)
class Config:
    """One run, settled. Make it by `resolve`, which fills in the recipe.

    Every field is a setting of the command line by the same name; `meaning(name)`
    says what it is. Settings that have no effect (τ, p, λ and so on without `_sr`) are
    None.
    """

    dataset: str = _setting(
        "digits",
        str,
        "Data",
        "what to train on: digits, mnist, fashion_mnist, cifar10, cifar100, or "
        "tfds:NAME for any image classification set of TensorFlow Datasets",
    )
    data_dir: str = _setting(
        "",
        str,
        "Data",
        "folder where TFDS keeps prepared data (default: TFDS's own)",
        identifies=False,
    )
    noise: str = _setting(
        "sym",
        str,
        "Label noise",
        "kind: none, sym (to any other class), asym (to a similar class: mnist, "
        "cifar10, cifar100, or as asym_map says), pairflip (to the next class), "
        "instance (depends on the image), or a .csv or .npy file with a transition "
        "matrix of rows P(given | true)",
        choices=("none", "sym", "asym", "pairflip", "instance"),
        files=(".csv", ".npy"),
    )
    rate: float = _setting(
        0.6, float, "Label noise", "noise rate, a share", interval="[0, 1)"
    )
    asym_map: str = _setting(
        None,
        str,
        "Label noise",
        "which class asym takes for which, by name or index, for instance "
        "cat>dog,3>5 (default: the dataset's own)",
        only=_only("noise", "asym"),
    )
    noise_draw: str = _setting(
        "exact",
        str,
        "Label noise",
        "exact (the same share of every class) or random (each label by itself)",
        choices=("exact", "random"),
    )
    imbalance: str = _setting(
        "none",
        str,
        "Data",
        "make classes rare, before label noise: none, lt (long-tailed), step (half of "
        "the classes)",
        choices=("none", "lt", "step"),
    )
    imbalance_factor: float = _setting(
        RECIPE,
        float,
        "Data",
        "share of its examples that the rarest class keeps",
        interval="(0, 1]",
        only=_only("imbalance", "lt", "step"),
    )
    loss: str = _setting(
        "ce_sr",
        str,
        "Method",
        f"{', '.join(LOSSES)}; any name + {REGULARIZED} adds sparse regularization",
    )
    method: str = _setting(
        "standard",
        str,
        "Method",
        "how to train: standard, co_teaching (two networks that choose examples for "
        "each other), nlnl (negative learning in stages, for --loss=nlnl)",
        choices=("standard", "co_teaching", "nlnl"),
    )
    loss_args: dict = _setting(
        RECIPE,
        dict,
        "Method",
        "parameters of the loss, for instance gamma=2.0 for fl or q=0.7 for gce",
    )
    tau: float = _setting(
        RECIPE,
        float,
        "Method",
        "temperature τ of output sharpening",
        interval="(0, 1000]",
        only=_WITH_SR,
    )
    normalize_logits: bool = _setting(
        RECIPE,
        bool,
        "Method",
        "divide logits by their L2 norm before sharpening",
        only=_WITH_SR,
    )
    p: float = _setting(
        RECIPE,
        float,
        "Method",
        "exponent of the norm of sparse regularization",
        interval="(0, 1]",
        only=_WITH_SR,
    )
    lambda0: float = _setting(
        RECIPE,
        float,
        "Method",
        "weight λ of sparse regularization in the first epoch",
        interval="[0, inf)",
        only=_WITH_SR,
    )
    rho: float = _setting(
        RECIPE,
        float,
        "Method",
        "factor ρ by which λ grows",
        interval="(0, inf)",
        only=_WITH_SR,
    )
    lambda_every: int = _setting(
        RECIPE,
        int,
        "Method",
        "epochs between two steps of λ",
        interval="[1, 1000000]",
        only=_WITH_SR,
    )
    tau_decay: float = _setting(
        RECIPE,
        float,
        "Method",
        "factor by which τ falls each epoch; 1 keeps it fixed",
        interval="(0, 1]",
        only=_WITH_SR,
    )
    tau_min: float = _setting(
        RECIPE,
        float,
        "Method",
        "τ does not fall below this",
        interval="[0, inf)",
        only=_WITH_SR,
    )
    forget_rate: float = _setting(
        RECIPE,
        float,
        "Method",
        "share of each batch that co_teaching leaves out in the end (default: the "
        "noise rate, where it is known)",
        interval="[0, 1)",
        only=_only("method", "co_teaching"),
    )
    forget_epochs: int = _setting(
        RECIPE,
        int,
        "Method",
        "epochs over which that share rises from 0",
        interval="[1, 1000000]",
        only=_only("method", "co_teaching"),
    )
    stages: dict = _setting(
        RECIPE,
        dict,
        "Method",
        "how the epochs are shared out among the stages of nlnl",
        only=_only("method", "nlnl"),
    )
    transition_matrix: str = _setting(
        RECIPE,
        str,
        "Method",
        "what forward and backward correct by: estimated (from a short run of ce), "
        "known (the one that made the noise), or a file, .csv or .npy, of rows "
        "P(given | true)",
        only=_WITH_MATRIX,
    )
    estimation_epochs: int = _setting(
        RECIPE,
        int,
        "Method",
        "epochs of the run of ce that the matrix is estimated from (default: a tenth "
        "of the epochs, at least 1)",
        interval="[1, 1000000]",
        only=_only("transition_matrix", "estimated"),
    )
    balance: str = _setting(
        RECIPE,
        str,
        "Method",
        "against rare classes: none, class_balanced (weights by the effective number "
        "of examples), logit_adjustment (logits plus the logarithm of the shares)",
        choices=("none", "class_balanced", "logit_adjustment"),
    )
    mixup: float = _setting(
        RECIPE,
        float,
        "Method",
        "α of mixup, which trains on mixtures of images and labels with shares from "
        "Beta(α, α); 0 for none",
        interval="[0, 1000]",
    )
    model: str = _setting(
        RECIPE,
        str,
        "Training",
        "network: cnn_digits, cnn_mnist, cnn_cifar, resnet18, resnet34, resnet50",
    )
    epochs: int = _setting(
        RECIPE, int, "Training", "passes over the data", interval="[1, 1000000]"
    )
    batch_size: int = _setting(
        RECIPE, int, "Training", "examples a step", interval="[1, 1000000]"
    )
    optimizer: str = _setting(
        RECIPE, str, "Training", "sgd or adam", choices=("sgd", "adam")
    )
    lr: float = _setting(
        RECIPE,
        float,
        "Training",
        "learning rate in the first epoch",
        interval="(0, inf)",
    )
    lr_schedule: str = _setting(
        RECIPE,
        str,
        "Training",
        "learning rate over epochs: cosine or linear (to 0), exponential, constant",
        choices=("cosine", "exponential", "linear", "constant"),
    )
    lr_decay: float = _setting(
        RECIPE,
        float,
        "Training",
        "factor an epoch of the exponential schedule",
        interval="(0, 1]",
        only=_only("lr_schedule", "exponential"),
    )
    lr_hold: float = _setting(
        RECIPE,
        float,
        "Training",
        "share of the epochs before the linear schedule begins to fall",
        interval="[0, 1)",
        only=_only("lr_schedule", "linear"),
    )
    momentum: float = _setting(
        RECIPE, float, "Training", "momentum of sgd, β1 of adam", interval="[0, 1)"
    )
    late_momentum: float = _setting(
        RECIPE,
        float,
        "Training",
        "β1 of adam once the learning rate begins to fall (default: the same)",
        interval="[0, 1)",
        only=_only("optimizer", "adam"),
    )
    nesterov: bool = _setting(
        RECIPE,
        bool,
        "Training",
        "Nesterov's momentum",
        only=_only("optimizer", "sgd"),
    )
    weight_decay: float = _setting(
        RECIPE,
        float,
        "Training",
        "L2 weight decay, added to the gradient",
        interval="[0, inf)",
    )
    l1: float = _setting(
        RECIPE,
        float,
        "Training",
        "L1 penalty on all weights, as its gradient l1·sign(w)",
        interval="[0, inf)",
    )
    clip_norm: float = _setting(
        RECIPE,
        float,
        "Training",
        "global norm to which gradients are clipped; 0 leaves them",
        interval="[0, inf)",
    )
    crop_padding: int = _setting(
        RECIPE,
        int,
        "Training",
        "pixels of padding before a random crop; 0 for none",
        interval="[0, 64]",
    )
    flip: bool = _setting(RECIPE, bool, "Training", "flip images left-right at random")
    rotation: float = _setting(
        RECIPE,
        float,
        "Training",
        "degrees by which images are turned at random, either way",
        interval="[0, 180]",
    )
    seed: int = _setting(
        1,
        int,
        "Run",
        "gives model, noise, order and augmentation",
        interval="[0, 2147483647]",
    )
    precision: str = _setting(
        "auto",
        str,
        "Run",
        "auto (mixed_bfloat16 where the hardware multiplies it, else float32), "
        "float32, mixed_bfloat16, mixed_float16",
        choices=("auto", "float32", "mixed_bfloat16", "mixed_float16"),
    )
    distribute: str = _setting(
        "auto",
        str,
        "Run",
        "devices: auto or none (both: one device)",
        choices=("auto", "none"),
    )
    output_dir: str = _setting(
        "runs",
        str,
        "Run",
        "folder beneath which each run gets a folder of its own",
        identifies=False,
    )
    resume: bool = _setting(
        True,
        bool,
        "Run",
        "go on with a run that was cut off, and do not repeat one that is finished",
        identifies=False,
    )

    @property
    def regularized(self):
        """Whether the loss is under sparse regularization."""
        return self.loss.endswith(REGULARIZED)

    @property
    def noise_file(self):
        """Whether the noise is that of a matrix in a file."""
        return self.noise.endswith(FIELDS["noise"].metadata["files"])

    @property
    def noise_words(self):
        """Label noise and imbalance for people, for instance sym 0.6, lt 0.01."""
        words = self.noise
        if self.noise_file:
            words = pathlib.PurePath(self.noise).name
        elif self.noise != "none":
            words += f" {self.rate:g}"
        if self.imbalance != "none":
            words += f", {self.imbalance} {self.imbalance_factor:g}"
        return words

    @property
    def run_name(self):
        """Name of the run's folder: readable, and different for different settings."""
        text = json.dumps(self.identity(), sort_keys=True)
        digest = hashlib.sha256(text.encode()).hexdigest()[:8]
        dataset = self.dataset_name.replace("/", "_")
        noise = self.noise
        if self.noise_file:
            noise = pathlib.PurePath(self.noise).stem
        elif self.noise != "none":
            noise += f"{self.rate:g}"
        if self.imbalance != "none":
            noise += f"-{self.imbalance}{self.imbalance_factor:g}"
        method = "" if self.method == "standard" else f"-{self.method}"
        return f"{dataset}-{self.loss}{method}-{noise}-seed{self.seed}-{digest}"

    @property
    def dataset_name(self):
        """The dataset without `tfds:` and without a version."""
        return self.dataset.removeprefix("tfds:").partition(":")[0]

    def identity(self):
        """The settings that make this run another than one that differs in them.

        Those without effect are left out, so that a new one changes no old name. What
        a file holds counts, beside its name.
        """
        settings = {
            name: value
            for name, value in self.as_dict().items()
            if FIELDS[name].metadata["identifies"] and value is not None
        }
        files = {
            name: _digest(value)
            for name, value in settings.items()
            if isinstance(value, str) and value.endswith((".csv", ".npy"))
        }
        return settings | ({"file_contents": files} if files else {})

    def as_dict(self):
        """All settings by name, ready for JSON."""
        return dataclasses.asdict(self)


def _digest(path):
    """What a file holds, in a few letters; nothing where it cannot be read."""
    try:
        content = pathlib.Path(os.path.expanduser(path)).read_bytes()
    except OSError:
        return ""
    return hashlib.sha256(content).hexdigest()[:16]


FIELDS = {field.name: field for field in dataclasses.fields(Config)}


def meaning(name):
    """What a setting is, with its unit, its range and its default."""
    field = FIELDS[name]
    default = "the recipe's" if field.default is RECIPE else field.default
    text = field.metadata["meaning"]
    if field.metadata["interval"]:
        text += f", in {field.metadata['interval']}"
    if field.metadata["only"]:
        text += f"; for {field.metadata['only'].words}"
    return text if "default" in text else f"{text} (default: {default})"
