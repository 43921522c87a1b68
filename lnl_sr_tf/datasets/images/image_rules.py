"""What holds for images whoever decodes them, and who does."""

# As many as the largest cameras take; a file that claims more is no photograph.
LARGEST_PIXELS = 100_000_000
GREY = (0.299, 0.587, 0.114)  # what red, green and blue weigh in brightness
# Of a centred crop, as 224 of 256 pixels in published recipes.
CENTRE = 0.875
RATIOS = (1, 2, 4, 8)  # by which libjpeg can shrink while it decodes


def range_of(bits):
    """The bits of which images with the most used bits are thought to be, 8 to 16.

    Cameras and scanners give 10, 12 or 14 bits and store them in 16.

    Args:
        bits: how many the largest value has, 0 to 16.

    Example:
        >>> range_of(9), range_of(12)
        (10, 12)
    """
    return next(size for size in (8, 10, 12, 14, 16) if bits <= size)


def by_tensorflow():
    """Whether TensorFlow decodes images; Pillow does where Keras runs on another."""
    # Keras takes seconds to import, and data can be had without it.
    import keras

    return keras.backend.backend() == "tensorflow"
