"""Settings of the loss and of the method."""

import dataclasses
from typing import ClassVar

from lnl_sr_tf.config.flag import Only, only_for
from lnl_sr_tf.config.setting import RECIPE, setting
from lnl_sr_tf.loss_names import LOSSES, REGULARIZED

WITH_SR = Only(
    "loss", lambda loss: loss.endswith(REGULARIZED), f"losses that end in {REGULARIZED}"
)
GEOMETRIC = only_for("lambda_schedule", "geometric")
# Methods that divide the examples anew before each epoch.
DIVIDING = ("dividemix", "promix")
IN_PARTS = only_for("method", *DIVIDING)
DIVIDEMIX = only_for("method", "dividemix")
PROMIX = only_for("method", "promix")
WITH_MATRIX = Only(
    "loss",
    lambda loss: loss.removesuffix(REGULARIZED) in ("forward", "backward"),
    "--loss=forward and --loss=backward",
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class MethodSettings:
    """What is minimised, and how."""

    GROUP: ClassVar[str] = "Method"

    loss: str = setting(
        "ce_sr",
        f"{', '.join(LOSSES)}; any name + {REGULARIZED} adds sparse regularization",
    )
    method: str = setting(
        "standard",
        "how to train: standard, co_teaching (two networks that choose examples for "
        "each other), dividemix (two networks that guess anew, for each other, the "
        "labels that a mixture of losses finds wrong, for --loss=ce), promix (the same "
        "with labels trusted in each class by small losses, and where a network is "
        "sure of them), nlnl (negative learning in stages, for --loss=nlnl)",
        choices=("standard", "co_teaching", "dividemix", "promix", "nlnl"),
    )
    loss_args: dict[str, float] = setting(
        RECIPE,
        "parameters of the loss, for instance gamma=2.0 for fl or q=0.7 for gce; of "
        "several losses each takes those that it has",
    )
    tau: float = setting(
        RECIPE, "temperature τ of output sharpening", interval="(0, 1000]", only=WITH_SR
    )
    normalize_logits: bool = setting(
        RECIPE, "divide logits by their L2 norm before sharpening", only=WITH_SR
    )
    p: float = setting(
        RECIPE,
        "exponent of the norm of sparse regularization",
        interval="(0, 1]",
        only=WITH_SR,
    )
    lambda0: float = setting(
        RECIPE,
        "weight λ of sparse regularization in the first epoch",
        interval="[0, inf)",
        only=WITH_SR,
    )
    lambda_schedule: str = setting(
        RECIPE,
        "how λ grows: geometric (by ρ every few epochs, as in the paper; so it is "
        "where rho or lambda_every is given), or adaptive (as training shows, from "
        "lambda0; the default of data without a published recipe)",
        choices=("geometric", "adaptive"),
        only=WITH_SR,
        before="geometric",
    )
    rho: float = setting(
        RECIPE,
        "factor ρ by which λ grows",
        interval="(0, inf)",
        only=GEOMETRIC,
    )
    lambda_every: int = setting(
        RECIPE,
        "epochs between two steps of λ",
        interval="[1, 1000000]",
        only=GEOMETRIC,
    )
    tau_decay: float = setting(
        RECIPE,
        "factor by which τ falls each epoch; 1 keeps it fixed",
        interval="(0, 1]",
        only=WITH_SR,
    )
    tau_min: float = setting(
        RECIPE, "τ does not fall below this", interval="[0, inf)", only=WITH_SR
    )
    forget_rate: float | None = setting(
        RECIPE,
        "share of each batch that co_teaching leaves out in the end (default: the "
        "noise rate, where it is known)",
        interval="[0, 1)",
        only=only_for("method", "co_teaching"),
    )
    forget_epochs: int = setting(
        RECIPE,
        "epochs over which the share left out rises from 0",
        interval="[1, 1000000]",
        only=only_for("method", "co_teaching"),
    )
    warmup_epochs: int = setting(
        RECIPE,
        "epochs on all labels, before the examples are divided",
        interval="[1, 1000000]",
        only=IN_PARTS,
    )
    clean_threshold: float = setting(
        RECIPE,
        "probability above which dividemix trusts a label",
        interval="(0, 1)",
        only=DIVIDEMIX,
    )
    lambda_u: float = setting(
        RECIPE,
        "weight of the part whose labels are guessed, which is reached 16 epochs after "
        "the warm-up",
        interval="[0, 1e12]",
        only=IN_PARTS,
    )
    guess_temperature: float = setting(
        RECIPE,
        "temperature T by which labels that are guessed are sharpened; 1 for not at "
        "all",
        interval="[0.01, 1]",
        only=IN_PARTS,
    )
    mix_alpha: float = setting(
        RECIPE,
        "α of the mixup of both parts, with shares from Beta(α, α)",
        interval="[0.001, 1000]",
        only=IN_PARTS,
    )
    loss_history: int = setting(
        RECIPE,
        "epochs over which dividemix averages the losses that it divides by",
        interval="[1, 1000]",
        only=DIVIDEMIX,
    )
    confidence_penalty: bool = setting(
        RECIPE,
        "add the negative entropy of the outputs in the warm-up",
        only=IN_PARTS,
    )
    clean_share: float = setting(
        RECIPE,
        "share ρ of n / k examples of each of k classes, those of smallest loss, whose "
        "labels promix trusts",
        interval="(0, 1]",
        only=PROMIX,
    )
    clean_confidence: float = setting(
        RECIPE,
        "probability τ of its label above which promix trusts any example",
        interval="(0, 1)",
        only=PROMIX,
    )
    debias: float = setting(
        RECIPE,
        "strength α by which promix takes out what is said of each class on the "
        "average; 0 for not at all",
        interval="[0, 100]",
        only=PROMIX,
    )
    debias_momentum: float = setting(
        RECIPE,
        "momentum of that average",
        interval="[0, 1)",
        only=PROMIX,
    )
    stages: dict[str, float] = setting(
        RECIPE,
        "how the epochs are shared out among the stages of nlnl",
        only=only_for("method", "nlnl"),
    )
    transition_matrix: str = setting(
        RECIPE,
        "what forward and backward correct by: estimated (from a short run of ce), "
        "known (the one that made the noise), or a file, .csv, .npy or audit.json, "
        "of rows P(given | true)",
        only=WITH_MATRIX,
    )
    estimation_epochs: int = setting(
        RECIPE,
        "epochs of the run of ce that the matrix is estimated from (default: a tenth "
        "of the epochs, at least 1)",
        interval="[1, 1000000]",
        only=only_for("transition_matrix", "estimated"),
    )
    rate_estimate: str | None = setting(
        None,
        "the folder of a run that lnl-sr audit was given, or its audit.json: the noise "
        "rate for co_teaching, and the transition matrix for forward and backward "
        "(default: none)",
        identifies=False,
    )
    balance: str = setting(
        RECIPE,
        "how rare classes are balanced: none, class_balanced (weights by the effective "
        "number of examples), logit_adjustment (logits plus the logarithm of the "
        "shares)",
        choices=("none", "class_balanced", "logit_adjustment"),
    )
    prior_weight: float | None = setting(
        None,
        "weight μ of the class prior, which holds the mean output of a batch close to "
        "the shares of the given labels, so that no class is given up; 0 for none "
        "(default: with --lambda_schedule=adaptive 3 where classes are given about "
        "equally often, else 1; 0 without)",
        interval="[0, 1e12]",
    )
    mixup: float = setting(
        RECIPE,
        "α of mixup, which trains on mixtures of images and labels with shares from "
        "Beta(α, α); 0 for none",
        interval="[0, 1000]",
    )
