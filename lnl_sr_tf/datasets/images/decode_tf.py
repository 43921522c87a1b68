"""Encoded images (JPEG, PNG, BMP, GIF) to uint8 arrays of one size, as a graph.

The header is read first, so that a file that would unfold to gigabytes is refused
before it is decoded. Pillow reads headers too, but cannot take the place of this graph:

- the SavedModel's signature `files` has to decode, and to refuse such a file, where
  neither Pillow nor this package is installed;
- what is served must be what was trained on, to the last bit, and so TensorFlow decodes
  for training too;
- it decodes every file once beforehand, since Pillow passes files that TensorFlow then
  refuses (a PNG without its end, a BMP of 1 bit a pixel), and refuses one that
  TensorFlow passes (a PNG with a wrong checksum beside the pixels);
- files of the network's own size are read faster: of 224×224 JPEGs Pillow took 1.4 to
  1.9 times the processor time, of PNGs 1.3 times (two busy cores, in turns).
"""

from collections.abc import Callable

import tensorflow as tf

from lnl_sr_tf.datasets.images.image_rules import CENTRE, GREY, LARGEST_PIXELS, RATIOS

_UNKNOWN, _JPEG, _PNG, _BMP, _GIF = range(5)
_MAGIC = {_JPEG: b"\xff\xd8\xff", _PNG: b"\x89PNG\r\n", _BMP: b"BM", _GIF: b"GIF8"}
_POWERS = [2**bit for bit in range(16)]


def measure(contents: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """What the header of an encoded image says.

    Args:
        contents: scalar string tensor.

    Returns:
        Scalar int32 tensors: height, width, and channels, 1 for grey and 3 for colour.

    Raises:
        tf.errors.InvalidArgumentError: if it is not a JPEG, PNG, BMP or GIF.
    """
    shape = _shape(contents, _kind(contents))
    return shape[0], shape[1], shape[2]


def bits_used(contents: tf.Tensor) -> tf.Tensor:
    """How many bits the largest value of a 16-bit PNG has; 0 for any other image.

    Args:
        contents: scalar string tensor.

    Returns:
        Scalar int32 tensor in [0, 16].
    """

    def of_sixteen():
        high = tf.reduce_max(tf.io.decode_png(contents, channels=3, dtype=tf.uint16))
        return tf.reduce_sum(tf.cast(tf.cast(high, tf.int32) >= _POWERS, tf.int32))

    return tf.cond(_is_deep(contents), of_sixteen, lambda: tf.constant(0))


def decode(contents: tf.Tensor) -> tf.Tensor:
    """The whole image in colour.

    Grey becomes three equal channels, transparency is dropped, and the first picture of
    an animation is taken.

    Args:
        contents: scalar string tensor.

    Returns:
        uint8 tensor of shape (height, width, 3).

    Raises:
        tf.errors.InvalidArgumentError: if it cannot be decoded, or is larger than
            `LARGEST_PIXELS`.
    """
    kind = _kind(contents)
    shape = _checked(_shape(contents, kind))
    return _decode(contents, kind, shape)


def read(
    contents: tf.Tensor,
    image_size: tuple[int, int],
    channels: int,
    resize: str = "stretch",
    part: Callable[[tf.Tensor, tf.Tensor], tf.Tensor] | None = None,
    bits: int | None = None,
) -> tf.Tensor:
    """An encoded image, or a part of it, at the size that a network takes.

    An image that has the size already keeps its pixels as they are; others are resized
    bilinearly, averaged where they shrink to less than half.

    Args:
        contents: scalar string tensor.
        image_size: (height, width).
        channels: 1 or 3.
        resize: `"stretch"` to the size, or `"crop"`, the centre undistorted (7/8 of
            what fits), where no part is given.
        part: from height and width of the image, scalars, to the part to take, (top,
            left, height, width) in shares of the image; None for all of it.
        bits: the bit depth of the values in 16-bit PNGs, 8 to 16, of which the upper
            eight bits are taken; None for 16.

    Returns:
        uint8 tensor of shape (height, width, channels).

    Raises:
        tf.errors.InvalidArgumentError: as for `decode`.
    """
    kind = _kind(contents)
    shape = _checked(_shape(contents, kind))
    full = shape[:2]
    if part is not None:
        start, extent = _pixels(part(full[0], full[1]), full)
    elif resize == "crop":
        start, extent = _centre(full, image_size)
    else:
        start, extent = tf.zeros_like(full), full
    image = tf.cond(
        kind == _JPEG,
        lambda: _decode_jpeg(contents, start, extent, full, image_size),
        lambda: _part(_decode(contents, kind, shape, bits), start, extent),
    )
    image = _in_channels(image, channels)
    return _resized(image, image_size, channels)


def has_palette(contents: tf.Tensor) -> tf.Tensor:
    """Whether it is a BMP with a palette, which `read_known` would get wrong."""
    return (_kind(contents) == _BMP) & (_number(contents, 28, tf.uint16) == 8)


def read_known(
    contents: tf.Tensor, image_size: tuple[int, int], channels: int
) -> tf.Tensor:
    """An image that was inspected before: not damaged, of this size, without a palette.

    Args:
        contents: scalar string tensor.
        image_size: (height, width), which the image has.
        channels: 1 or 3.

    Returns:
        uint8 tensor of shape (height, width, channels), as by `read` in half the time.
    """
    image = tf.io.decode_image(contents, channels=3, expand_animations=False)
    return _in_channels(tf.ensure_shape(image, [*image_size, 3]), channels)


def resized(images: tf.Tensor, image_size: tuple[int, int]) -> tf.Tensor:
    """A batch of uint8 images at another size, as by `read`.

    Args:
        images: uint8 tensor of shape (batch, height, width, channels).
        image_size: (height, width).

    Returns:
        uint8 tensor.
    """
    return _to_uint8(tf.image.resize(images, image_size, antialias=True))


def _kind(contents):
    kind = tf.constant(_UNKNOWN)
    padded = tf.strings.join([contents, "\0" * 8])  # substr wants that many
    for code, magic in _MAGIC.items():
        start = tf.strings.substr(padded, 0, len(magic))
        kind = tf.where(start == magic, code, kind)
    with tf.control_dependencies([tf.debugging.Assert(kind > _UNKNOWN, [kind])]):
        return tf.identity(kind)


def _shape(contents, kind):
    """Height, width, channels by the header; nothing is decoded."""
    shape = tf.switch_case(
        kind - 1,
        [
            lambda: tf.image.extract_jpeg_shape(contents),
            lambda: _png_shape(contents),
            lambda: _bmp_shape(contents),
            lambda: _gif_shape(contents),
        ],
    )
    return tf.stack([shape[0], shape[1], tf.where(shape[2] == 1, 1, 3)])


def _checked(shape):
    pixels = tf.reduce_prod(tf.cast(shape[:2], tf.int64))
    sane = tf.reduce_all(shape > 0) & (pixels <= LARGEST_PIXELS)
    with tf.control_dependencies([tf.debugging.Assert(sane, [shape])]):
        return tf.identity(shape)


def _number(contents, start, kind, big_endian=False):
    """An unsigned number in a header; 0 where the file ends before it."""
    length = tf.dtypes.as_dtype(kind).size
    padded = tf.strings.join([contents, "\0" * (start + length)])
    bits = tf.strings.substr(padded, start, length)
    return tf.cast(
        tf.io.decode_raw(bits, kind, little_endian=not big_endian)[0], tf.int32
    )


def _png_shape(contents):
    width = _number(contents, 16, tf.int32, big_endian=True)
    height = _number(contents, 20, tf.int32, big_endian=True)
    grey = tf.equal(_number(contents, 25, tf.uint8) & 2, 0)  # its bit for colour
    return tf.stack([height, width, tf.where(grey, 1, 3)])


def _bmp_shape(contents):
    width, height = (_number(contents, start, tf.int32) for start in (18, 22))
    palette = _bmp_palette(contents)
    grey = tf.reduce_all(palette == palette[:, :1]) & (tf.shape(palette)[0] > 0)
    # Negative where its rows run from top to bottom.
    return tf.stack([tf.abs(height), width, tf.where(grey, 1, 3)])


def _gif_shape(contents):
    width, height = (_number(contents, start, tf.uint16) for start in (6, 8))
    return tf.stack([height, width, 3])


def _is_deep(contents):
    """Whether it is a 16-bit PNG."""
    png = tf.strings.substr(tf.strings.join([contents, "\0" * 8]), 0, 6) == _MAGIC[_PNG]
    return png & tf.equal(_number(contents, 24, tf.uint8), 16)


def _decode(contents, kind, shape, bits=None):
    """The whole image; it depends on the shape, and so on its having been checked."""
    if bits is not None:
        return tf.cond(
            _is_deep(contents),
            lambda: _decode_deep(contents, shape, bits),
            lambda: _decode(contents, kind, shape),
        )
    with tf.control_dependencies([shape]):
        image = tf.io.decode_image(contents, channels=3, expand_animations=False)
    image.set_shape([None, None, 3])
    return tf.cond(
        (kind == _BMP) & (_number(contents, 28, tf.uint16) == 8),
        lambda: _through_palette(image, contents),
        lambda: image,
    )


def _decode_deep(contents, shape, bits):
    with tf.control_dependencies([shape]):
        image = tf.io.decode_png(contents, channels=3, dtype=tf.uint16)
    image.set_shape([None, None, 3])
    return tf.saturate_cast(tf.bitwise.right_shift(image, bits - 8), tf.uint8)


def _bmp_palette(contents):
    """Colours of a BMP of 8 bits a pixel, shape (n, 3); of another kind none."""
    eight = _number(contents, 28, tf.uint16) == 8
    start = 14 + _number(contents, 14, tf.int32)
    end = _number(contents, 10, tf.int32)  # where the pixels begin
    length = tf.minimum(end, tf.strings.length(contents)) - start
    length = tf.where(eight & (start > 0) & (length > 0), length // 4 * 4, 0)
    bits = tf.strings.substr(contents, tf.where(length > 0, start, 0), length)
    return tf.reverse(tf.reshape(tf.io.decode_raw(bits, tf.uint8), [-1, 4])[:, :3], [1])


def _through_palette(image, contents):
    """TensorFlow takes the indices of a BMP's palette for shades of grey."""
    palette = tf.pad(_bmp_palette(contents), [[0, 256], [0, 0]])
    return tf.gather(palette, tf.cast(image[..., 0], tf.int32))


def _pixels(box, full):
    """Top left corner and extent in pixels, at least one, within the image."""
    scaled = box * tf.cast(tf.concat([full, full], 0), tf.float32)
    start = tf.minimum(tf.cast(tf.round(scaled[:2]), tf.int32), full - 1)
    extent = tf.maximum(tf.cast(tf.round(scaled[2:]), tf.int32), 1)
    return start, tf.minimum(extent, full - start)


def _centre(full, image_size):
    scale = tf.cast(full, tf.float32) / tf.constant(image_size, tf.float32)
    extent = CENTRE * tf.reduce_min(scale) * tf.constant(image_size, tf.float32)
    extent = tf.maximum(tf.cast(tf.round(extent), tf.int32), 1)
    return (full - extent) // 2, extent


def _part(image, start, extent):
    return image[start[0] : start[0] + extent[0], start[1] : start[1] + extent[1]]


def _decode_jpeg(contents, start, extent, full, image_size):
    """Only the part that is wanted, and no larger than is of use."""
    fits = tf.reduce_min(extent // tf.constant(image_size))
    choice = sum(tf.cast(fits >= ratio, tf.int32) for ratio in RATIOS[1:])

    def at_full_size():
        return tf.cond(
            tf.reduce_all(extent == full),
            lambda: tf.io.decode_jpeg(contents, channels=3),
            lambda: tf.image.decode_and_crop_jpeg(
                contents, tf.concat([start, extent], 0), channels=3
            ),
        )

    def shrunk(ratio):
        image = tf.io.decode_jpeg(contents, channels=3, ratio=ratio)
        return _part(image, start // ratio, tf.maximum(extent // ratio, 1))

    branches = [at_full_size]
    branches += [lambda ratio=ratio: shrunk(ratio) for ratio in RATIOS[1:]]
    return tf.switch_case(choice, branches)


def _resized(image, image_size, channels):
    image.set_shape([None, None, channels])
    same = tf.reduce_all(tf.shape(image)[:2] == tf.constant(image_size))
    # Averaging takes ten times as long, and there is little to average up to a half.
    shrinks = tf.reduce_any(tf.shape(image)[:2] > 2 * tf.constant(image_size))

    def scaled():
        return tf.cond(
            shrinks,
            lambda: tf.image.resize(image, image_size, antialias=True),
            lambda: tf.image.resize(image, image_size),
        )

    image = tf.cond(same, lambda: image, lambda: _to_uint8(scaled()))
    return tf.ensure_shape(image, [*image_size, channels])


def _in_channels(image, channels):
    """As colour or as grey; a grey image keeps its values."""
    if channels == 3:
        return image
    weighted = tf.cast(image, tf.float32) * tf.constant(GREY)
    return _to_uint8(tf.reduce_sum(weighted, axis=-1, keepdims=True))


def _to_uint8(images):
    return tf.saturate_cast(tf.round(images), tf.uint8)
