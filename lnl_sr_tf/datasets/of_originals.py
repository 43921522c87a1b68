"""From features back to the images that they were made of, with the same labels."""

import dataclasses
from typing import Any

from lnl_sr_tf.datasets.fields import AnyDataset
from lnl_sr_tf.datasets.images.image_files import ImageFiles, Images

_IN_MEMORY = 2**30  # bytes of all images


def of_originals(dataset: AnyDataset) -> AnyDataset:
    """The same dataset whose examples are the images that its features were made of.

    Labels, noise and the parts that are kept from training stay as they are. Images in
    files are decoded if all together take no more than 1 GiB.

    Args:
        dataset: of features of images.

    Returns:
        A new `Dataset` without originals and encoder.

    Example:
        with_features(data, "keras:EfficientNetV2B0", "b0.h5").of_originals().of_images
    """
    shown: tuple[Any, ...] = (
        *(dataset.validation, dataset.fold),
        *dataset.more_tests.values(),
    )
    every = [dataset.originals, dataset.test_originals]
    every += [part.originals for part in shown if part]
    in_memory = sum(images.size for images in every if images is not None) <= _IN_MEMORY

    def images_of(images: Images | None) -> Any:
        if in_memory and isinstance(images, ImageFiles):
            return images.decoded()
        return images

    def back(part: Any) -> Any:
        if not part:
            return part
        images = images_of(part.originals)
        return dataclasses.replace(part, images=images, originals=None)

    assert dataset.originals is not None
    channels = dataset.originals.shape[-1]
    return dataclasses.replace(
        dataset,
        train_images=images_of(dataset.originals),
        test_images=images_of(dataset.test_originals),
        mean=(0.0,) * channels,  # the backbone prepares them
        std=(1.0,) * channels,
        more_tests={name: back(test) for name, test in dataset.more_tests.items()},
        validation=back(dataset.validation),
        fold=back(dataset.fold),
        originals=None,
        test_originals=None,
        encoder=None,
    )
