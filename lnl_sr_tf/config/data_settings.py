"""Settings of what is trained on, and with which labels."""

import dataclasses

from lnl_sr_tf.config.setting import RECIPE, only_for, setting


@dataclasses.dataclass(frozen=True, kw_only=True)
class DataSettings:
    """What to train on."""

    dataset: str = setting(
        "digits",
        str,
        "Data",
        "what to train on: digits, mnist, fashion_mnist, cifar10, cifar100, or "
        "tfds:NAME for any image classification set of TensorFlow Datasets",
    )
    data_dir: str = setting(
        "",
        str,
        "Data",
        "folder where TFDS keeps prepared data (default: TFDS's own)",
        identifies=False,
    )
    imbalance: str = setting(
        "none",
        str,
        "Data",
        "make classes rare, before label noise: none, lt (long-tailed), step (half of "
        "the classes)",
        choices=("none", "lt", "step"),
    )
    imbalance_factor: float = setting(
        RECIPE,
        float,
        "Data",
        "share of its examples that the rarest class keeps",
        interval="(0, 1]",
        only=only_for("imbalance", "lt", "step"),
    )


@dataclasses.dataclass(frozen=True, kw_only=True)
class NoiseSettings:
    """Which of its labels are made wrong."""

    noise: str = setting(
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
    rate: float = setting(
        0.6, float, "Label noise", "noise rate, a share", interval="[0, 1)"
    )
    asym_map: str = setting(
        None,
        str,
        "Label noise",
        "which class asym takes for which, by name or index, for instance "
        "cat>dog,3>5 (default: the dataset's own)",
        only=only_for("noise", "asym"),
    )
    noise_draw: str = setting(
        "exact",
        str,
        "Label noise",
        "exact (the same share of every class) or random (each label by itself)",
        choices=("exact", "random"),
    )
