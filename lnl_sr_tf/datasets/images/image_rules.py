"""Limits and constants of decoding images, and which library decodes them."""

# As many as the largest cameras take; a file that claims more is not a photograph.
LARGEST_PIXELS = 100_000_000
GREY = (0.299, 0.587, 0.114)  # weights of red, green and blue in brightness
# Share of the image that a centre crop takes: 224 of 256 pixels in published recipes.
CENTRE = 0.875
RATIOS = (1, 2, 4, 8)  # by which libjpeg can shrink while it decodes


def bit_depth(bits_used: int) -> int:
    """The bit depth that images are taken to have: 8, 10, 12, 14 or 16.

    Cameras and scanners give 10, 12 or 14 bits and store them in 16.

    Args:
        bits_used: how many bits the largest value of all images has, 0 to 16.

    Example:
        >>> bit_depth(9), bit_depth(12)
        (10, 12)
    """
    return next(depth for depth in (8, 10, 12, 14, 16) if bits_used <= depth)


def decoded_by_tensorflow() -> bool:
    """Whether TensorFlow decodes images; Pillow does on Keras's other backends."""
    # Keras takes seconds to import, and data can be had without it.
    import keras

    return keras.backend.backend() == "tensorflow"
