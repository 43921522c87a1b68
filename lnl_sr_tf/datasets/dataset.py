"""What a dataset is."""

import dataclasses
from collections.abc import Sized

import numpy as np

from lnl_sr_tf import validation
from lnl_sr_tf.datasets import (
    folds,
    held_out,
    imbalance,
    noisy_labels,
    open_set,
)
from lnl_sr_tf.datasets.folds import Fold
from lnl_sr_tf.datasets.held_out import TestSet
from lnl_sr_tf.datasets.images import resize
from lnl_sr_tf.datasets.images.image_files import Images, take
from lnl_sr_tf.datasets.sources.class_names import check_classes


@dataclasses.dataclass(frozen=True)
class Dataset:
    """Images for training and testing, with the labels that were given for them.

    Args:
        name: for messages, tables and run folders.
        train_images: uint8, shape (n, height, width, channels); `ImageFiles` are read
            when they are needed.
        given_labels: int64, shape (n,): what training sees.
        clean_labels: int64, shape (n,): true labels, for measuring only; -1 for an
            image of none of the classes. None where they are not known.
        test_images: uint8, shape (m, height, width, channels).
        test_labels: int64, shape (m,).
        class_names: one name a class.
        mean: of the pixels / 255 over the training images, one a channel.
        std: their standard deviation, one a channel.
        index: which example of the source each training image is, int64, shape (n,);
            by default 0 to n − 1.
        test_labels_are: `"clean"`; `"given"`, those of a test set that came with data
            whose labels may be wrong; or `"held out"`, as noisy as those of training.
        more_tests: further test sets by name.
        human_labels: labels by human annotators, by name, int64, shape (n,).
        fingerprint: differs where the data does; None where the name says it all.
        open_set_fingerprint: that of the dataset that foreign images are from, or None.
        paths: the file of each training image, or None; "" for a foreign one in
            memory, whose file is not known.
        test_paths: the file of each test image, or None.
        foreign: which training images are of none of the classes, boolean, shape (n,),
            or None.
        validation: training images that are not trained on, with their given labels;
            None without.
        fold: training examples that are not trained on in cross-validation; None
            without.
        bits: the bit depth of the values in 16-bit PNGs; None for 16, or where images
            are not in files.

    Raises:
        InputError: unless labels are whole numbers of classes, one for each image.

    Example:
        >>> import lnl_sr_tf as lnl
        >>> data = lnl.datasets.load("digits", tell=lambda line: None)
        >>> noisy = data.with_noise(lnl.noise.symmetric_matrix(10, 0.4), seed=1)
        >>> round(noisy.noise_rate, 2)
        0.4
    """

    name: str
    train_images: Images
    given_labels: np.ndarray
    clean_labels: np.ndarray | None
    test_images: Images
    test_labels: np.ndarray
    class_names: tuple[str, ...]
    mean: tuple[float, ...]
    std: tuple[float, ...]
    index: np.ndarray = None  # type: ignore[assignment]  # filled in below
    test_labels_are: str = "clean"
    more_tests: dict[str, TestSet] = dataclasses.field(default_factory=dict)
    human_labels: dict[str, np.ndarray] = dataclasses.field(default_factory=dict)
    fingerprint: str | None = None
    open_set_fingerprint: str | None = None
    paths: tuple[str, ...] | None = None
    test_paths: tuple[str, ...] | None = None
    foreign: np.ndarray | None = None
    validation: TestSet | None = None
    fold: Fold | None = None
    bits: int | None = None

    # Each makes a new dataset of this one, and is a function in the file of that name.
    with_noise = noisy_labels.with_noise
    with_human_noise = noisy_labels.with_human_noise
    with_published_noise = noisy_labels.with_published_noise
    with_instance_noise = noisy_labels.with_instance_noise
    with_open_set = open_set.with_open_set
    with_image_size = resize.with_image_size
    with_imbalance = imbalance.with_imbalance
    with_validation = held_out.with_validation
    with_fold = folds.with_fold

    def __post_init__(self) -> None:
        check_classes(f"dataset {self.name}", self.class_names)
        for name, values in self._checked_labels().items():
            object.__setattr__(self, name, values)
        if self.index is None:
            object.__setattr__(self, "index", np.arange(len(self.given_labels)))

    def _checked_labels(self) -> dict:
        """Every field that holds labels, checked and as int64."""
        train, clean, part = self.train_images, self.clean_labels, self.validation
        return {
            "given_labels": self._checked("given_labels", self.given_labels, train),
            "clean_labels": None
            if clean is None
            else self._checked("clean_labels", clean, train, none_of_them=True),
            "test_labels": self._checked(
                "test_labels", self.test_labels, self.test_images
            ),
            "more_tests": {
                name: self._checked_test(name, test)
                for name, test in self.more_tests.items()
            },
            "human_labels": {
                name: self._checked(f"human labels {name}", values, train)
                for name, values in self.human_labels.items()
            },
            "validation": part and self._checked_test("the validation part", part),
        }

    def _checked(
        self, what: str, values: np.ndarray, images: Sized, none_of_them: bool = False
    ) -> np.ndarray:
        made = validation.labels(
            f"dataset {self.name}: {what}",
            values,
            self.num_classes,
            len(images),
            none_of_them,
        )
        same = getattr(values, "shape", None) == made.shape
        return values if same and values.dtype == made.dtype else made

    def _checked_test(self, name: str, test: TestSet) -> TestSet:
        labels = self._checked(f"labels of {name}", test.labels, test.images)
        same = labels is test.labels
        return test if same else dataclasses.replace(test, labels=labels)

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """(height, width, channels)."""
        return self.train_images.shape[1:]

    @property
    def num_classes(self) -> int:
        """How many classes there are."""
        return len(self.class_names)

    @property
    def noise_rate(self) -> float | None:
        """The share of training examples whose given label is not the clean one.

        None where clean labels are not known.
        """
        if self.clean_labels is None:
            return None
        return float(np.mean(self.given_labels != self.clean_labels))

    @property
    def true_labels(self) -> np.ndarray:
        """The clean labels; where they are not known, the given ones."""
        return self.given_labels if self.clean_labels is None else self.clean_labels

    def subset(self, kept: np.ndarray) -> "Dataset":
        """The same dataset with these of its training examples alone.

        Args:
            kept: their positions, integers in [0, n), in the order that is wanted.
        """
        return dataclasses.replace(
            self,
            train_images=take(self.train_images, kept),
            given_labels=self.given_labels[kept],
            clean_labels=None if self.clean_labels is None else self.clean_labels[kept],
            index=self.index[kept],
            human_labels={k: v[kept] for k, v in self.human_labels.items()},
            paths=self.paths and tuple(self.paths[i] for i in kept),
            foreign=None if self.foreign is None else self.foreign[kept],
        )
