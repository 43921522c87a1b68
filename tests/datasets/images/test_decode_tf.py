"""Encoded images to arrays: against Pillow, and what is refused."""

import io
from unittest import mock

import numpy as np
import tensorflow as tf
from absl.testing import parameterized
from helpers.made_data import encoded, picture, png_that_claims
from PIL import Image

from lnl_sr_tf.datasets.images import decode_tf

IMAGE = picture(1, 40, 60)
GREY = picture(2, 40, 60, channels=1)
DEEP = Image.fromarray((np.arange(2400).reshape(40, 60) * 27).astype(np.uint16))
# Bytes, channels by the header, and how far TensorFlow may be from Pillow.
KINDS = {
    "jpeg": (encoded(IMAGE, "JPEG"), 3, 4),
    "jpeg_grey": (encoded(GREY, "JPEG"), 1, 2),
    "jpeg_cmyk": (encoded(IMAGE.convert("CMYK"), "JPEG"), 3, 4),
    "jpeg_progressive": (encoded(IMAGE, "JPEG", progressive=True), 3, 4),
    "png": (encoded(IMAGE, "PNG"), 3, 0),
    "png_grey": (encoded(GREY, "PNG"), 1, 0),
    "png_palette": (encoded(IMAGE.convert("P"), "PNG"), 3, 0),
    "png_alpha": (encoded(IMAGE.convert("RGBA"), "PNG"), 3, 0),
    "png_grey_alpha": (encoded(GREY.convert("LA"), "PNG"), 1, 0),
    "png_bits": (encoded(GREY.convert("1"), "PNG"), 1, 0),
    "bmp": (encoded(IMAGE, "BMP"), 3, 0),
    "bmp_grey": (encoded(GREY, "BMP"), 1, 0),
    "bmp_palette": (encoded(IMAGE.convert("P"), "BMP"), 3, 0),
    "gif": (encoded(IMAGE, "GIF"), 3, 0),
    "gif_moving": (
        encoded(IMAGE, "GIF", save_all=True, append_images=[IMAGE.rotate(90)]), 3, 0,
    ),
}  # fmt: skip
CUT = {name: KINDS[name][0] for name in ("jpeg", "png", "bmp", "gif")}
BAD = {
    "empty": b"",
    "text": b"file,label\n",
    "tiff": encoded(IMAGE, "TIFF"),
    "bomb": png_that_claims(30000, 30000),
    "no_pixels": png_that_claims(0, 10),
    **{f"{name}_cut": data[: len(data) // 2] for name, data in CUT.items()},
    **{f"{name}_head": data[:12] for name, data in CUT.items()},
}
_measure = tf.function(decode_tf.measure)
_decode = tf.function(decode_tf.decode)


def read(data, size, channels=3, **options):
    return decode_tf.read(tf.constant(data), size, channels, **options).numpy()


class DecodeTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.named_parameters((name, *row) for name, row in KINDS.items())
    def test_against_pillow(self, data, channels, tolerance):
        self.assertAllEqual(_measure(tf.constant(data)), (40, 60, channels))
        expected = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"), int)
        found = _decode(tf.constant(data)).numpy()
        self.assertEqual(found.dtype, np.uint8)
        self.assertAllLessEqual(abs(found.astype(int) - expected), tolerance)
        # At its own size an image keeps its pixels.
        self.assertAllEqual(read(data, (40, 60)), found)
        grey = read(data, (40, 60), 1)[..., 0]
        # Sums in float32 may fall on the other side of a half.
        weighted = found @ np.array([0.299, 0.587, 0.114])
        self.assertAllLessEqual(abs(grey - weighted), 0.5 + 1e-4)
        if channels == 1:
            self.assertAllEqual(grey, found[..., 0])
        known = decode_tf.read_known(tf.constant(data), (40, 60), 1)
        if not decode_tf.has_palette(tf.constant(data)):
            self.assertAllEqual(known[..., 0], grey)

    def test_sixteen_bits_keep_the_upper_eight(self):
        found = read(encoded(DEEP, "PNG"), (40, 60), 1)
        self.assertAllEqual(found[..., 0], np.asarray(DEEP) // 256)

    @parameterized.named_parameters(BAD.items())
    def test_refused(self, data):
        for function in (_decode, lambda data: read(data.numpy(), (8, 8))):
            with self.assertRaises(tf.errors.OpError):
                function(tf.constant(data))

    def test_the_header_alone_is_enough_to_refuse(self):
        """An image that could be decoded, but for its size."""
        data = tf.constant(encoded(IMAGE, "PNG"))
        for most, refused in ((2399, True), (2400, False)):
            with mock.patch.object(decode_tf, "LARGEST_PIXELS", most):
                if refused:
                    with self.assertRaisesRegex(tf.errors.OpError, "40, 60, 3"):
                        decode_tf.decode(data)
                else:
                    self.assertEqual(decode_tf.decode(data).shape, (40, 60, 3))

    @parameterized.parameters((20, 30), (10, 15), (7, 9), (80, 120), (5, 50))
    def test_resizing_against_pillow(self, height, width):
        for kind in ("JPEG", "PNG"):
            data = encoded(picture(3, 160, 240), kind, **{"quality": 95})
            found = read(data, (height, width)).astype(float)
            image = Image.open(io.BytesIO(data))
            small = image.resize((width, height), Image.Resampling.BILINEAR)
            self.assertLess(abs(found - np.asarray(small, float)).mean(), 3.0)

    def test_centre(self):
        """Of 64 × 100 pixels to a square: the 56 × 56 in the middle, 7/8 of 64."""
        image = picture(4, 64, 100)
        found = read(encoded(image, "PNG"), (56, 56), resize="crop")
        self.assertAllEqual(found, np.asarray(image)[4:60, 22:78])

    def test_part(self):
        image = picture(5, 40, 60)

        def part(height, width):
            return tf.constant([0.25, 0.5, 0.5, 0.25])

        for kind, tolerance in (("PNG", 0), ("JPEG", 40)):
            data = encoded(image, kind)
            found = read(data, (20, 15), part=part).astype(int)
            whole = _decode(tf.constant(data)).numpy()[10:30, 30:45]
            self.assertAllLessEqual(abs(found - whole), tolerance)
            self.assertLess(abs(found - whole).mean(), 1.0)

    def test_parts_at_the_edge_stay_inside(self):
        data = encoded(picture(6, 9, 7), "PNG")
        for box in ([0.99, 0.99, 0.5, 0.5], [0.0, 0.0, 0.001, 0.001], [1, 1, 1, 1]):

            def part(height, width, box=box):
                return tf.constant(box, tf.float32)

            self.assertEqual(read(data, (4, 4), part=part).shape, (4, 4, 3))


if __name__ == "__main__":
    tf.test.main()
