"""What a dataset is."""

import dataclasses
import os

import numpy as np

from lnl_sr_tf import validation
from lnl_sr_tf.datasets.folds import fold_of
from lnl_sr_tf.datasets.held_out import held_out
from lnl_sr_tf.datasets.images.image_files import ImageFiles, take
from lnl_sr_tf.datasets.imbalance import imbalanced_indices
from lnl_sr_tf.datasets.memory import check_memory
from lnl_sr_tf.datasets.open_set import open_set_images
from lnl_sr_tf.datasets.sources.class_names import check_classes
from lnl_sr_tf.errors import InputError
from lnl_sr_tf.noise import corrupt, instance_noise, published_noise

# Statistics are taken over chunks: a float copy of all images would not fit.
_CHUNK = 2**24  # numbers


@dataclasses.dataclass(frozen=True)
class TestSet:
    """Images and labels to measure by.

    Args:
        images: as the test images of a `Dataset`.
        labels: int64, shape (m,).
        paths: the file of each image, or None.
    """

    __test__ = False  # for pytest, which goes by the name

    images: object
    labels: np.ndarray
    paths: tuple = None


@dataclasses.dataclass(frozen=True)
class Fold:
    """The part of the training examples that one of several trainings does without.

    Args:
        images: as the training images of a `Dataset`.
        labels: int64, shape (m,): given labels.
        index: which example of the source each is, int64, shape (m,).
    """

    images: object
    labels: np.ndarray
    index: np.ndarray


@dataclasses.dataclass(frozen=True)
class Dataset:
    """Images for training and testing, with the labels that were given for them.

    Args:
        name: its name.
        train_images: uint8, shape (n, height, width, channels), an array or
            `ImageFiles`, which are read when they are needed.
        given_labels: int64, shape (n,): what training sees.
        clean_labels: int64, shape (n,): true labels, for measuring only; -1 for an
            image of none of the classes. None where they are not known.
        test_images: uint8, shape (m, height, width, channels), likewise.
        test_labels: int64, shape (m,).
        class_names: one name a class.
        mean: of the pixels / 255 over the training images, one a channel.
        std: their standard deviation, one a channel.
        index: which example of the source each training image is, int64, shape (n,);
            by default all, in their order.
        test_labels_are: `"clean"`; `"given"`, those of a test set that came with data
            whose labels may be wrong; or `"held out"`, as noisy as those of training.
        more_tests: dict from the name of a further test set to its `TestSet`.
        human_labels: dict from a name to labels that people gave, int64, shape (n,).
        fingerprint: differs where the data does; None where the name says it all.
        open_set_fingerprint: that of the set that foreign images are from, or None.
        paths: the file of each training image, or None; "" for a foreign one in
            memory, whose file is not known.
        test_paths: the file of each test image, or None.
        foreign: which training images are of none of the classes, boolean, shape (n,),
            or None.
        validation: a `TestSet` of training images with their given labels, which are
            not trained on; None without.
        fold: a `Fold` of training examples that are not trained on; None without.
        bits: of which the values in PNGs of 16 bits are, of image files; None for 16.

    Raises:
        InputError: if labels are no whole numbers of classes, one for each image.

    Example:
        >>> data = lnl.datasets.load("digits")
        >>> noisy = data.with_noise(lnl.noise.symmetric_matrix(10, 0.4), seed=1)
        >>> noisy.noise_rate
        0.4
    """

    name: str
    train_images: object
    given_labels: np.ndarray
    clean_labels: np.ndarray
    test_images: object
    test_labels: np.ndarray
    class_names: tuple
    mean: tuple
    std: tuple
    index: np.ndarray = None
    test_labels_are: str = "clean"
    more_tests: dict = dataclasses.field(default_factory=dict)
    human_labels: dict = dataclasses.field(default_factory=dict)
    fingerprint: str = None
    open_set_fingerprint: str = None
    paths: tuple = None
    test_paths: tuple = None
    foreign: np.ndarray = None
    validation: TestSet = None
    fold: Fold = None
    bits: int = None

    def __post_init__(self):
        for name, values in self._checked_labels().items():
            object.__setattr__(self, name, values)
        if self.index is None:
            object.__setattr__(self, "index", np.arange(len(self.given_labels)))

    def _checked_labels(self):
        """Every field that holds labels, through the one check there is for them."""
        check_classes(f"dataset {self.name}", self.class_names)

        def checked(what, values, images, none_of_them=False):
            made = validation.labels(
                f"dataset {self.name}: {what}",
                values,
                self.num_classes,
                len(images),
                none_of_them,
            )
            same = getattr(values, "shape", None) == made.shape
            return values if same and values.dtype == made.dtype else made

        def of_test(name, test):
            labels = checked(f"labels of {name}", test.labels, test.images)
            same = labels is test.labels
            return test if same else dataclasses.replace(test, labels=labels)

        train, clean, part = self.train_images, self.clean_labels, self.validation
        return {
            "given_labels": checked("given_labels", self.given_labels, train),
            "clean_labels": None
            if clean is None
            else checked("clean_labels", clean, train, none_of_them=True),
            "test_labels": checked("test_labels", self.test_labels, self.test_images),
            "more_tests": {k: of_test(k, test) for k, test in self.more_tests.items()},
            "human_labels": {
                name: checked(f"labels {name} by people", values, train)
                for name, values in self.human_labels.items()
            },
            "validation": part and of_test("the validation part", part),
        }

    @property
    def image_shape(self):
        """(height, width, channels)."""
        return self.train_images.shape[1:]

    @property
    def num_classes(self):
        """How many classes there are."""
        return len(self.class_names)

    @property
    def noise_rate(self):
        """The share of training examples whose given label is not the clean one.

        None where clean labels are not known.
        """
        if self.clean_labels is None:
            return None
        return float(np.mean(self.given_labels != self.clean_labels))

    @property
    def true_labels(self):
        """The clean labels, or where they are not known the given ones."""
        return self.given_labels if self.clean_labels is None else self.clean_labels

    def with_noise(self, matrix, seed, exact=True):
        """The same dataset with labels corrupted by a transition matrix.

        Where clean labels are not known, those that were given count as clean from here
        on.

        Args:
            matrix: T, as for `lnl.noise.corrupt`.
            seed: an integer or a `numpy.random.Generator`.
            exact: whether each class's share of wrong labels is exact.

        Returns:
            A new `Dataset` that shares the images.

        Raises:
            InputError: if the matrix does not fit the labels.
        """
        if len(matrix) != self.num_classes:
            raise InputError(
                f"dataset {self.name} has {self.num_classes} classes; received a "
                f"transition matrix for {len(matrix)}"
            )
        given = corrupt(self.true_labels, matrix, seed, exact)
        return self._labelled(given)

    def with_human_noise(self, name):
        """The same dataset with the labels that people gave.

        Args:
            name: one of `human_labels`.

        Returns:
            A new `Dataset` that shares the images.

        Raises:
            InputError: if there are no such labels.
        """
        if name not in self.human_labels:
            raise InputError(
                f"dataset {self.name} has no labels {name!r} by people; it has "
                f"{', '.join(self.human_labels) or 'none'}"
            )
        return self._labelled(self.human_labels[name])

    def _labelled(self, given):
        # Where the labels that data came with count as clean, those held out do too.
        kind = self.test_labels_are
        return dataclasses.replace(
            self,
            given_labels=given,
            clean_labels=self.true_labels,
            test_labels_are="given" if kind == "held out" else kind,
        )

    def with_published_noise(self, source, kind, rate, seed):
        """The same dataset with labels corrupted as published code does it.

        Args:
            source: `"mnist"`, `"cifar10"` or `"cifar100"`, which of them this is.
            kind: `"sym"`, `"asym"` or `"pairflip"`.
            rate: the noise rate η in [0, 1).
            seed: an integer or a `numpy.random.Generator`.

        Returns:
            A new `Dataset` that shares the images.

        Raises:
            InputError: as `lnl.noise.published_noise`.
        """
        return self._labelled(
            published_noise(self.true_labels, source, kind, rate, seed)
        )

    def with_instance_noise(self, rate, seed, rate_is="mean", published=False):
        """The same dataset with labels corrupted as the images suggest.

        Args:
            rate: η in [0, 1).
            seed: an integer or a `numpy.random.Generator`.
            rate_is: `"mean"` or `"mode"`, as for `lnl.noise.instance_noise`.
            published: whether to draw as the authors' code does.

        Returns:
            A new `Dataset` that shares the images.

        Raises:
            InputError: if the rate is out of range.
        """
        given = instance_noise(
            self.train_images,
            self.true_labels,
            rate,
            seed,
            self.num_classes,
            rate_is=rate_is,
            published=published,
        )
        return self._labelled(given)

    def with_open_set(self, images, rate, seed):
        """The same dataset with a share of the images replaced by foreign ones.

        Labels stay; the clean label of a foreign image, where clean labels are known,
        becomes -1, none of the classes.
        The share is exact in every class, and drawn among the examples whose label is
        right, so that it adds to the noise rate. Foreign images come from as many
        places as there are, each once before any comes twice.

        Args:
            images: uint8, shape (l, height, width, channels), those of another set; of
                the size and kind of these.
            rate: share in [0, 1) of each class.
            seed: an integer or a `numpy.random.Generator`.

        Returns:
            A new `Dataset`.

        Raises:
            InputError: if the rate is out of range, or the images do not fit.
        """
        made, foreign = open_set_images(
            self.train_images,
            self.given_labels,
            self.given_labels == self.true_labels,
            images,
            rate,
            seed,
        )
        clean = self.clean_labels
        if clean is not None:
            clean = np.where(foreign, -1, clean)
        paths = self.paths
        if paths is not None:
            of_files = isinstance(made, ImageFiles)
            others = map(os.fsdecode, made.paths) if of_files else [""] * len(made)
            pairs = zip(paths, others, foreign, strict=True)
            paths = tuple(other if new else path for path, other, new in pairs)
        return dataclasses.replace(
            self,
            train_images=made,
            clean_labels=clean,
            foreign=foreign,
            paths=paths,
        )

    def with_image_size(self, image_size):
        """The same dataset with images resized.

        Args:
            image_size: (height, width).

        Returns:
            A new `Dataset`; images in memory only.

        Raises:
            InputError: if they would not fit into memory.
        """
        from lnl_sr_tf.datasets.images.resize import resized_array

        all_images = [self.train_images, self.test_images]
        all_images += [test.images for test in self.more_tests.values()]
        height, width = image_size
        pixels = height * width * sum(map(len, all_images))
        check_memory(
            pixels * self.image_shape[-1],
            f"images of {self.name} resized to {height}×{width} take",
            "a smaller image_size takes less",
        )

        def made(images):
            return resized_array(images, image_size)

        train = made(self.train_images)
        mean, std = pixel_statistics(train)
        return dataclasses.replace(
            self,
            train_images=train,
            test_images=made(self.test_images),
            mean=mean,
            std=std,
            more_tests={
                name: TestSet(made(test.images), test.labels, test.paths)
                for name, test in self.more_tests.items()
            },
        )

    def with_imbalance(self, kind, factor, seed):
        """The same dataset with fewer training examples of some classes.

        Args:
            kind: `"none"`, `"lt"` or `"step"`.
            factor: f in (0, 1], the share that the rarest class keeps.
            seed: an integer or a `numpy.random.Generator`.

        Returns:
            A new `Dataset`; test images are as they were.

        Raises:
            InputError: if an argument is out of range, or a class would lose all of its
                examples.
        """
        if kind == "none":
            return self
        labels = self.true_labels
        kept = imbalanced_indices(labels, kind, factor, seed, self.num_classes)
        counts = np.bincount(labels[kept], minlength=self.num_classes)
        for label in np.flatnonzero(counts == 0):
            raise InputError(
                f"imbalance {kind} by a factor of {factor:g} leaves no example of "
                f"class {self.class_names[label]!r}; a factor closer to 1 would"
            )
        return self.subset(kept)

    def with_validation(self, share, seed):
        """The same dataset with a part of the training examples kept from training.

        Args:
            share: in (0, 1), of each class as labels are given.
            seed: an integer or a `numpy.random.Generator`.

        Returns:
            A new `Dataset` whose `validation` has that part, with given labels.

        Example:
            >>> data.with_validation(0.1, seed=1).validation.labels.shape
            (143,)
        """
        part = held_out(self.given_labels, share, seed)
        kept, chosen = np.flatnonzero(~part), np.flatnonzero(part)
        part = self.subset(chosen)
        validation = TestSet(part.train_images, part.given_labels, part.paths)
        return dataclasses.replace(self.subset(kept), validation=validation)

    def with_fold(self, part, folds, seed):
        """The same dataset without one of the parts that the training examples are in.

        The parts depend on given labels, `folds` and `seed` alone, so that each example
        is in exactly one of those from 1 to `folds`.

        Args:
            part: which one, from 1.
            folds: how many parts there are, at least 2.
            seed: an integer ≥ 0.

        Returns:
            A new `Dataset` whose `fold` has that part, with given labels.

        Raises:
            InputError: if there is no such part, or there are fewer examples than
                parts.

        Example:
            >>> data.with_fold(2, 5, seed=1).fold.labels.shape
            (287,)
        """
        if folds < 2 or not 1 <= part <= folds:
            raise InputError(
                f"fold {part}/{folds}: expected at least 2 parts and one of them by "
                "its number from 1"
            )
        if len(self.given_labels) < folds:
            raise InputError(
                f"fold {part}/{folds} needs at least {folds} training examples; "
                f"dataset {self.name} has {len(self.given_labels)} to divide"
            )
        chosen = fold_of(self.given_labels, folds, seed) == part
        kept, chosen = np.flatnonzero(~chosen), np.flatnonzero(chosen)
        fold = Fold(
            take(self.train_images, chosen),
            self.given_labels[chosen],
            self.index[chosen],
        )
        return dataclasses.replace(self.subset(kept), fold=fold)

    def subset(self, kept):
        """The same dataset with these of its training examples alone.

        Args:
            kept: their places, integers in [0, n), in the order that is wanted.
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


def pixel_statistics(images):
    """Mean and standard deviation of pixels / 255, one a channel, as tuples.

    Args:
        images: uint8, shape (n, height, width, channels), an array or `ImageFiles`.
    """
    total = np.zeros(images.shape[-1])
    square = np.zeros(images.shape[-1])
    step = max(1, _CHUNK // int(np.prod(images.shape[1:])))
    for start in range(0, len(images), step):
        chunk = images[start : start + step].astype(np.float64) / 255.0
        total += chunk.sum(axis=(0, 1, 2))
        square += np.square(chunk).sum(axis=(0, 1, 2))
    count = images.size / images.shape[-1]
    mean = total / count
    std = np.sqrt(np.maximum(square / count - mean**2, 1e-12))
    return tuple(mean.tolist()), tuple(std.tolist())
