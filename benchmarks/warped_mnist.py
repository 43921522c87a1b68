"""A data set that nobody tuned to: MNIST, rotated, scaled, sheared, shifted, noised.

12,000 images to train on and 4,000 to test, always the same. Cross-entropy on clean
labels reaches 89 %.
"""

import numpy as np
from scipy import ndimage

import lnl_sr_tf as lnl
from lnl_sr_tf.files import whole_file

TRAIN, TEST = 12_000, 4_000


def write(path, data_dir):
    """Make it from MNIST in TFDS, as an .npz."""
    mnist = lnl.datasets.load("mnist", data_dir, tell=lambda line: None)
    rng = np.random.default_rng(7)
    arrays = {
        "x_train": warped(mnist.train_images[:TRAIN], rng),
        "y_train": mnist.clean_labels[:TRAIN],
        "x_test": warped(mnist.test_images[:TEST], rng),
        "y_test": mnist.test_labels[:TEST],
    }
    with whole_file(path) as file:
        np.savez_compressed(file, **arrays)


def warped(images, rng):
    """Images, uint8 of shape (n, height, width, 1), each changed by chance.

    Rotated by up to 0.4 radians either way, scaled by 0.77 to 1.18 and in one direction
    by up to a quarter more or less, sheared by up to 0.15, shifted by up to 3 pixels;
    then faded to 0.5 to 1 of their brightness, with normal noise of deviation 45.
    """
    n, height, width, _ = images.shape
    angle = rng.uniform(-0.4, 0.4, n)
    cos, sin = np.cos(angle), np.sin(angle)
    rotation = np.stack([np.stack([cos, -sin], -1), np.stack([sin, cos], -1)], 1)
    # Of the pixels that are read: 1.3 makes what is drawn smaller.
    scale, shear = rng.uniform(0.85, 1.3, n), rng.uniform(-0.15, 0.15, n)
    stretch = scale * rng.uniform(0.8, 1.25, n)
    rows = np.stack([scale, shear], -1), np.stack([0 * scale, stretch], -1)
    matrices = rotation @ np.stack(rows, 1)
    centre = np.array([height - 1, width - 1]) / 2
    offsets = centre - matrices @ centre + rng.uniform(-3.0, 3.0, (n, 2))
    moved = np.stack(
        [
            ndimage.affine_transform(image, matrix, offset, order=1)
            for image, matrix, offset in zip(
                images[..., 0].astype(np.float32), matrices, offsets, strict=True
            )
        ]
    )
    brightness = rng.uniform(0.5, 1.0, (n, 1, 1))
    noisy = moved * brightness + rng.normal(0.0, 45.0, moved.shape)
    return np.clip(noisy, 0, 255).astype(np.uint8)[..., None]
