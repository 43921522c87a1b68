"""Settings of what is trained on, and with which labels."""

import dataclasses
from typing import ClassVar

from lnl_sr_tf.config.data_kinds import (
    CSV,
    HUMAN_NOISE,
    ends_in,
    in_memory,
    is_path,
    kind,
    of_files,
)
from lnl_sr_tf.config.file_kind import TABLE
from lnl_sr_tf.config.flag import Only, only_for
from lnl_sr_tf.config.setting import RECIPE, setting

_OF_FILES = Only(
    "dataset", of_files, "folders, .csv files, webvision_mini and clothing1m"
)
_OWN = Only(
    "dataset",
    lambda data: is_path(data) or in_memory(data),
    "a folder, an .npz or a .csv as --dataset",
)
_VOTED = Only("votes_file", lambda value: value is not None, "a given --votes_file")
# By its name: what is in it cannot be seen once it has moved.
_TABLE = Only(
    "dataset",
    lambda data: kind(data) == TABLE if in_memory(data) else ends_in(data, CSV),
    "a table, a .csv",
)
_WITH_BACKBONE = Only("backbone", lambda value: value is not None, "a given --backbone")
_OPEN_SET = Only("open_set", lambda value: value is not None, "a given --open_set")


@dataclasses.dataclass(frozen=True, kw_only=True)
class DataSettings:
    """What to train on."""

    GROUP: ClassVar[str] = "Data"

    dataset: str = setting(
        "digits",
        "what to train on: digits, mnist, fashion_mnist, cifar10, cifar100, cifar10_n, "
        "cifar100_n, webvision_mini, clothing1m, tfds:NAME for any image "
        "classification set of TensorFlow Datasets, or a path: a folder of one folder "
        "per class, an .npz or .npy, a .csv of file,label, of text,label or of any "
        "columns and a label, or a .jsonl of text and label",
    )
    data_dir: str = setting(
        "",
        "folder where TFDS keeps prepared data (default: TFDS's own); for "
        "webvision_mini and clothing1m the folder of the set",
        identifies=False,
    )
    image_size: str | None = setting(
        None,
        "pixels to which images are resized, HEIGHTxWIDTH or one number for both "
        "(default: as they are; for files of differing sizes a square, the median of "
        "their shorter sides, at most 224)",
    )
    backbone: str | None = setting(
        None,
        "network trained before that makes features of the images or texts, once, on "
        "which --model is then trained: keras:NAME for one of keras.applications, "
        "--weights are its; or hub:PRESET for one of KerasHub, by its name or folder "
        "(default: none, the network is trained on the images)",
    )
    views: int = setting(
        1,
        "how many views of each training image the backbone makes features of, the "
        "image as it is and others, flipped at random and moved by up to an eighth; "
        "each epoch draws one of them",
        interval="[1, 100]",
        only=_WITH_BACKBONE,
        before=1,
    )
    resize: str = setting(
        RECIPE,
        "how files are resized: stretch (all of the image), crop (its centre, "
        "undistorted)",
        choices=("stretch", "crop"),
        only=_OF_FILES,
    )
    skip_bad_files: bool = setting(
        False, "skip images that cannot be read", only=_OF_FILES
    )
    test_share: float = setting(
        RECIPE,
        "share of each class that is held out for testing where there is no test set",
        interval="(0, 1)",
        only=_OWN,
    )
    columns: str | None = setting(
        None,
        "what columns of a table are, NAME:KIND,NAME:KIND with the kinds number, "
        "category and skip, for instance zip:category,id:skip (default: by their "
        "values)",
        only=_TABLE,
    )
    validation_share: float | None = setting(
        None,
        "share of each class, as labels are given, that is kept from training and "
        "measured by its given labels after each epoch (default: none)",
        interval="(0, 1)",
    )
    fold: str | None = setting(
        None,
        "part of the training examples that is kept from training and given to the "
        "trained network, PART/PARTS: 2/5 is the second of five, which --seed draws "
        "(default: none)",
    )
    votes_file: str | None = setting(
        None,
        "file with the labels that several annotators gave, in place of those of the "
        "data: a .csv or .npz as for lnl-sr crowd, whose examples go by their numbers "
        "from 0 or by the paths of their files (default: none)",
    )
    votes: str = setting(
        "consensus",
        "what is trained on of --votes_file: consensus (the most probable class by "
        "Dawid and Skene's model), majority, soft (the probabilities), each (an "
        "example for each vote)",
        choices=("consensus", "majority", "soft", "each"),
        only=_VOTED,
    )
    imagenet_dir: str | None = setting(
        None,
        "folder with the validation images of ILSVRC 2012, a folder per synset, as a "
        "second test set "
        "(default: none)",
        only=only_for("dataset", "webvision_mini"),
        identifies=False,
    )
    imbalance: str = setting(
        "none",
        "make classes rare, before label noise: none, lt (long-tailed), step (half of "
        "the classes)",
        choices=("none", "lt", "step"),
    )
    imbalance_factor: float = setting(
        RECIPE,
        "share of its examples that the rarest class keeps",
        interval="(0, 1]",
        only=only_for("imbalance", "lt", "step"),
    )


@dataclasses.dataclass(frozen=True, kw_only=True)
class NoiseSettings:
    """Which labels are made wrong."""

    GROUP: ClassVar[str] = "Label noise"

    noise: str = setting(
        "sym",
        "kind: none, sym (to any other class), asym (to a similar class: mnist, "
        "cifar10, cifar100, or as asym_map says), pairflip (to the next class), "
        "instance (depends on the image), human labels (cifar10_n: aggre, rand1, "
        "rand2, rand3, worse; cifar100_n: noisy_fine), or a .csv or .npy file with a "
        "transition matrix of rows P(given | true) (default: sym; none where labels "
        "are noisy as they come, worse for cifar10_n, noisy_fine for cifar100_n)",
        choices=("none", "sym", "asym", "pairflip", "instance", *HUMAN_NOISE),
        files=(".csv", ".npy"),
    )
    rate: float = setting(0.6, "noise rate, a share", interval="[0, 1)")
    asym_map: str | None = setting(
        None,
        "which class asym takes for which, by name or index, for instance "
        "cat>dog,3>5 (default: the dataset's own)",
        only=only_for("noise", "asym"),
    )
    noise_draw: str = setting(
        "exact",
        "exact (the same share of every class), random (each label by itself) or "
        "published (as the code behind published numbers, of mnist, cifar10 and "
        "cifar100, and of instance)",
        choices=("exact", "random", "published"),
    )
    instance_rate: str | None = setting(
        None,
        "whether rate is the mean or the mode of the noise rates of single images, "
        "which differ only below 0.3 and above 0.7 (default: mean; published draws "
        "take the mode)",
        choices=("mean", "mode"),
        only=only_for("noise", "instance"),
    )
    open_set: str | None = setting(
        None,
        "dataset, by name or path, whose images replace a share of the training "
        "images, while the labels stay (default: none)",
    )
    open_set_rate: float = setting(
        RECIPE,
        "share of every class that --open_set replaces",
        interval="[0, 1)",
        only=_OPEN_SET,
    )
