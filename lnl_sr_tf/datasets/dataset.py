"""What a dataset is."""

import dataclasses

from lnl_sr_tf.datasets import (
    folds,
    held_out,
    imbalance,
    noisy_labels,
    of_originals,
    open_set,
)
from lnl_sr_tf.datasets.fields import DatasetFields
from lnl_sr_tf.datasets.images import resize


@dataclasses.dataclass(frozen=True, repr=False)
class Dataset(DatasetFields):
    """Examples for training and testing, with the labels that were given for them.

    They are images, or features: a row of numbers each, whatever was in the data.

    Args:
        name: for messages, tables and run folders.
        train_images: uint8, shape (n, height, width, channels); `ImageFiles` are read
            when they are needed. Features are floats, shape (n, width), in an array or
            in `MappedRows`.
        given_labels: int64, shape (n,): what training sees.
        clean_labels: int64, shape (n,): true labels, for measuring only; -1 for an
            image of none of the classes. None where they are not known.
        test_images: the same for m examples.
        test_labels: int64, shape (m,).
        class_names: one name a class.
        mean: of the pixels / 255 over the training images, one a channel; of features
            as they are, one a column.
        std: their standard deviation, likewise.
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
        originals: what the features of the training examples were made of, for people
            to look at: texts, shape (n,); rows of a table as texts, shape
            (n, columns); or images. None where there is nothing else to see.
        test_originals: the same for the test set.
        columns: the names of the columns of a table; None without one.
        encoder: how they became features; None where they came as they are.
        label_shares: how likely each class is by the votes of several annotators,
            float32, shape (n, k), trained on in place of the given labels, or None.
        weights: what the loss of each training example is multiplied by, float32, shape
            (n,), or None.

    Raises:
        InputError: unless labels are whole numbers of classes, one for each image.

    Example:
        >>> import lnl_sr_tf as lnl
        >>> data = lnl.datasets.load("digits", tell=lambda line: None)
        >>> noisy = data.with_noise(lnl.noise.symmetric_matrix(10, 0.4), seed=1)
        >>> round(noisy.noise_rate, 2)
        0.4
    """

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
    of_originals = of_originals.of_originals
