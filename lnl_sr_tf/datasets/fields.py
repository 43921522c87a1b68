"""What a dataset holds."""

import dataclasses
from collections.abc import Sized
from typing import Self, TypeVar

import numpy as np

from lnl_sr_tf import validation
from lnl_sr_tf.config.file_kind import FEATURES, IMAGES, TABLE, TEXT
from lnl_sr_tf.datasets.describe import counted_classes
from lnl_sr_tf.datasets.encoder import Encoder
from lnl_sr_tf.datasets.features.mapped_rows import MappedRows
from lnl_sr_tf.datasets.images.image_files import ImageFiles, Images, take
from lnl_sr_tf.datasets.sources.class_names import check_classes
from lnl_sr_tf.errors import InputError
from lnl_sr_tf.shown import Shown, share


@dataclasses.dataclass(frozen=True)
class TestSet:
    """Images and labels to measure by.

    Args:
        images: uint8, shape (m, height, width, channels).
        labels: int64, shape (m,).
        paths: the file of each image, or None.
        originals: what features were made of, as those of a `Dataset`; None without.
    """

    __test__ = False  # pytest would collect it by its name

    images: Images
    labels: np.ndarray
    paths: tuple[str, ...] | None = None
    originals: Images | None = None


@dataclasses.dataclass(frozen=True)
class Fold:
    """The training examples that one run of a cross-validation does without.

    Args:
        images: uint8, shape (m, height, width, channels).
        labels: given labels, int64, shape (m,).
        index: which example of the source each is, int64, shape (m,).
        originals: what features were made of, as those of a `Dataset`; None without.
    """

    images: Images
    labels: np.ndarray
    index: np.ndarray
    originals: Images | None = None


@dataclasses.dataclass(frozen=True, repr=False)
class DatasetFields(Shown):
    """What a `Dataset` holds, checked; that says what each field is."""

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
    originals: Images | None = None
    test_originals: Images | None = None
    columns: tuple[str, ...] | None = None
    encoder: Encoder | None = None
    label_shares: np.ndarray | None = None
    weights: np.ndarray | None = None

    def __post_init__(self) -> None:
        check_classes(f"dataset {self.name}", self.class_names)
        for name, values in self._checked_labels().items():
            object.__setattr__(self, name, values)
        if self.weights is not None:
            self._check_weights(self.weights)
        if self.index is None:
            object.__setattr__(self, "index", np.arange(len(self.given_labels)))

    def _check_weights(self, weights: np.ndarray) -> None:
        right = np.shape(weights) == (len(self.train_images),)
        if not right or not (np.isfinite(weights) & (np.asarray(weights) >= 0)).all():
            raise InputError(
                f"dataset {self.name}: weights: expected {len(self.train_images)} "
                "finite numbers of at least 0, one for each example; received the "
                f"shape {np.shape(weights)}, or others"
            )

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
    def image_shape(self) -> tuple[int, ...]:
        """(height, width, channels); of features (width,)."""
        return self.train_images.shape[1:]

    @property
    def of_images(self) -> bool:
        """Whether examples are images; else they are features, a row of floats each."""
        return len(self.image_shape) == 3

    @property
    def targets(self) -> np.ndarray:
        """What is trained on: label shares where there are any, else given labels."""
        return self.given_labels if self.label_shares is None else self.label_shares

    @property
    def kind(self) -> str:
        """What was read: `"images"`, `"features"`, `"text"` or `"table"`.

        A backbone or an encoder may have made features of them since.
        """
        if self.pictures is not None:
            return IMAGES
        if self.originals is None:
            return FEATURES
        return TEXT if len(self.originals.shape) == 1 else TABLE

    @property
    def pictures(self) -> np.ndarray | ImageFiles | None:
        """The training images, also those that features were made of; None without."""
        seen = self.train_images if self.of_images else self.originals
        if seen is None or isinstance(seen, MappedRows) or len(seen.shape) != 4:
            return None
        return seen

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

    def subset(self, kept: np.ndarray) -> Self:
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
            originals=None if self.originals is None else take(self.originals, kept),
            label_shares=(
                None if self.label_shares is None else self.label_shares[kept]
            ),
            weights=None if self.weights is None else self.weights[kept],
        )

    def _title(self) -> str:
        return f"Dataset: {self.name}"

    def _facts(self) -> dict[str, object]:
        shape = " × ".join(map(str, self.image_shape))
        what = {IMAGES: "images", TEXT: "texts", TABLE: "rows of a table"}
        seen = what.get(self.kind, "examples")
        rate, counts = self.noise_rate, np.bincount(self.given_labels)
        same = counts.min() == counts.max()
        return {
            "examples": f"{seen} as {'images' if self.of_images else 'features'} of "
            f"{shape}",
            "to train": f"{len(self.given_labels)}, "
            f"{counts.min() if same else f'{counts.min()} to {counts.max()}'} a class",
            "to test": f"{len(self.test_labels)}, labels {self.test_labels_are}",
            "kept from training": " and ".join(
                f"{len(part.labels)} as {name}"
                for name, part in (("validation", self.validation), ("fold", self.fold))
                if part is not None
            )
            or None,
            "classes": counted_classes(self.class_names),
            "labels wrong": "unknown" if rate is None else share(rate),
        }


# A `Dataset`, whose methods take one and give one.
AnyDataset = TypeVar("AnyDataset", bound=DatasetFields)
