"""Arrays of images at another size."""

import dataclasses

import numpy as np

from lnl_sr_tf.datasets.fields import AnyDataset
from lnl_sr_tf.datasets.images.image_files import Images
from lnl_sr_tf.datasets.images.pixel_statistics import pixel_statistics
from lnl_sr_tf.datasets.memory import check_memory

_CHUNK = 2**26  # numbers that are resized at once


def resized_array(images: Images, image_size: tuple[int, int]) -> np.ndarray:
    """Images at another size, bilinear, averaged where they shrink.

    Args:
        images: uint8, shape (n, height, width, channels).
        image_size: (height, width).

    Returns:
        uint8, shape (n, *image_size, channels), made a chunk at a time.
    """
    from keras import ops  # takes seconds to import, and few data are resized

    made = np.empty((len(images), *image_size, images.shape[-1]), np.uint8)
    largest = max(np.prod(images.shape[1:]), np.prod(made.shape[1:]), 1)
    step = max(1, _CHUNK // int(largest))
    for start in range(0, len(images), step):
        chunk = slice(start, start + step)
        floats = ops.cast(images[chunk], "float32")
        resized = ops.image.resize(floats, image_size, antialias=True)
        made[chunk] = np.rint(ops.convert_to_numpy(resized)).clip(0, 255)
    return made


def with_image_size(dataset: AnyDataset, image_size: tuple[int, int]) -> AnyDataset:
    """The same dataset with images resized, in memory.

    Args:
        dataset: any.
        image_size: (height, width).

    Raises:
        InputError: if they would not fit into memory.
    """
    all_images = [dataset.train_images, dataset.test_images]
    all_images += [test.images for test in dataset.more_tests.values()]
    height, width = image_size
    pixels = height * width * sum(map(len, all_images))
    check_memory(
        pixels * dataset.image_shape[-1],
        f"images of {dataset.name} resized to {height}×{width} take",
        "use a smaller image_size",
    )
    train = resized_array(dataset.train_images, image_size)
    mean, std = pixel_statistics(train)
    return dataclasses.replace(
        dataset,
        train_images=train,
        test_images=resized_array(dataset.test_images, image_size),
        mean=mean,
        std=std,
        more_tests={
            name: dataclasses.replace(
                test, images=resized_array(test.images, image_size)
            )
            for name, test in dataset.more_tests.items()
        },
    )
