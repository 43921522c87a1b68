"""Images decoded by Pillow: as TensorFlow decodes them, but for rounding."""

import pathlib
from unittest import mock

import keras
import numpy as np
import tensorflow as tf
from absl.testing import parameterized
from helpers.made_data import deep_png, encoded, picture
from test_decode_tf import BAD, DEEP, GREY, IMAGE, KINDS

from lnl_sr_tf.datasets.images import (
    decode_pillow,
    decode_tf,
    inspection,
    resize,
)
from lnl_sr_tf.datasets.images.image_files import ImageFiles

BACKENDS = ("tensorflow", "jax")


def by_tensorflow(data, *arguments, **options):
    return decode_tf.read(tf.constant(data), *arguments, **options).numpy().astype(int)


class DecodePillowTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.named_parameters((name, *row) for name, row in KINDS.items())
    def test_as_tensorflow(self, data, channels, tolerance):
        self.assertEqual(decode_pillow.measure(data), (40, 60, channels))
        for wanted in (1, 3):
            found = decode_pillow.read(data, (40, 60), wanted)
            self.assertEqual(found.dtype, np.uint8)
            expected = by_tensorflow(data, (40, 60), wanted)
            # Grey is rounded by each in its own way.
            self.assertAllLessEqual(abs(found - expected), max(tolerance, 1))
        self.assertAllEqual(
            decode_pillow.decode(data), decode_pillow.read(data, (40, 60), 3)
        )
        has_palette = bool(decode_tf.has_palette(tf.constant(data)))
        self.assertEqual(decode_pillow.has_palette(data), has_palette)

    def test_sixteen_bits_keep_the_upper_eight(self):
        found = decode_pillow.read(encoded(DEEP, "PNG"), (40, 60), 1)
        self.assertAllEqual(found[..., 0], np.asarray(DEEP) // 256)

    @parameterized.product(channels=(1, 2, 3, 4), bits=(8, 10, 12, 16))
    def test_sixteen_bits_of_which_few_are_used(self, channels, bits):
        """Of b bits the upper eight are taken, whoever decodes."""
        shape = (40, 60) if channels == 1 else (40, 60, channels)
        values = np.random.default_rng(bits).integers(0, 2**bits, shape)
        values[0, 0] = 2**bits - 1
        data = deep_png(values)
        self.assertEqual(decode_pillow.bits_used(data), bits)
        self.assertEqual(int(decode_tf.bits_used(tf.constant(data))), bits)
        expected = (values >> (bits - 8)).reshape(40, 60, -1)
        expected = expected[..., :1] if channels < 3 else expected[..., :3]
        wanted = 1 if channels < 3 else 3
        self.assertEqual(decode_pillow.measure(data), (40, 60, wanted))
        for found in (
            decode_pillow.read(data, (40, 60), wanted, bits=bits),
            by_tensorflow(data, (40, 60), wanted, bits=bits),
        ):
            self.assertAllEqual(found, expected)

    def test_bits_of_other_images_do_not_count(self):
        for data, channels, _ in KINDS.values():
            if data[24:25] == b"\x10":
                continue
            self.assertEqual(decode_pillow.bits_used(data), 0)
            self.assertEqual(int(decode_tf.bits_used(tf.constant(data))), 0)
            for read in (decode_pillow.read, by_tensorflow):
                self.assertAllEqual(
                    read(data, (40, 60), channels, bits=10),
                    read(data, (40, 60), channels),
                )

    @parameterized.named_parameters(BAD.items())
    def test_refused(self, data):
        for function in (
            decode_pillow.decode,
            lambda data: decode_pillow.read(data, (8, 8), 3),
        ):
            with self.assertRaises(decode_pillow.BAD_IMAGE):
                function(data)

    @parameterized.product(
        size=((20, 30), (10, 15), (7, 9), (80, 120), (50, 100), (120, 200)),
        how=("stretch", "crop"),
        kind=("JPEG", "PNG"),
    )
    def test_resized_as_by_tensorflow(self, size, how, kind):
        data = encoded(picture(3, 160, 240), kind, **{"quality": 95})
        found = decode_pillow.read(data, size, 3, how)
        expected = by_tensorflow(data, size, 3, how)
        difference = abs(found - expected)
        self.assertLess(difference.mean(), 0.6 if kind == "PNG" else 1.5)

    def test_part(self):
        box = np.array([0.25, 0.5, 0.5, 0.25], np.float32)
        data = encoded(picture(5, 40, 60), "PNG")
        for size in ((20, 15), (11, 12), (40, 40)):
            found = decode_pillow.read(data, size, 3, box=box)
            expected = by_tensorflow(data, size, 3, part=lambda h, w: tf.constant(box))
            self.assertAllLessEqual(abs(found - expected), 1)

    def test_parts_at_the_edge_stay_inside(self):
        data = encoded(picture(6, 9, 7), "PNG")
        for box in ([0.99, 0.99, 0.5, 0.5], [0.0, 0.0, 0.001, 0.001], [1, 1, 1, 1]):
            self.assertEqual(
                decode_pillow.read(data, (4, 4), 3, box=box).shape, (4, 4, 3)
            )


class FilesTest(tf.test.TestCase):
    """What is known of files is the same whoever looks into them."""

    def setUp(self):
        super().setUp()
        root = pathlib.Path(self.get_temp_dir()) / self.id().rpartition(".")[2]
        root.mkdir(exist_ok=True)
        self.paths = []
        for name, data in {**BAD, **{k: v[0] for k, v in KINDS.items()}}.items():
            if data:
                self.paths.append(str(root / name))
                pathlib.Path(self.paths[-1]).write_bytes(data)

    def test_the_same_index(self):
        found = {}
        for backend in BACKENDS:
            with mock.patch.object(keras.backend, "backend", lambda b=backend: b):
                index = inspection.inspect_files(self.paths, "anywhere")
                found[backend] = index
                bad = [inspection.why_bad(self.paths[i]) for i in index.bad]
                found[backend, "reasons"] = bad
        for field in ("height", "width", "channels", "palette", "content", "bits"):
            one, other = (getattr(found[b], field) for b in BACKENDS)
            self.assertAllEqual(one, other, field)
        self.assertLen(found["jax"].bad, len(BAD) - 1)
        bomb = next(i for i, p in enumerate(self.paths) if p.endswith("/bomb"))
        place = found["jax"].bad.tolist().index(bomb)
        for backend in BACKENDS:
            self.assertIn("header says", found[backend, "reasons"][place])

    def test_files_as_an_array(self):
        whole = [name for name in KINDS if name.startswith("png_")]
        paths = [p for p in self.paths if pathlib.Path(p).name in whole]
        files = ImageFiles(paths, (40, 60), 3)
        expected = files.decoded()
        counted = []
        with mock.patch.object(keras.backend, "backend", lambda: "jax"):
            self.assertAllEqual(files.decoded(counted.append), expected)
            self.assertAllEqual(files[1], expected[1])
        self.assertEqual(sum(counted), len(paths))


class ResizeTest(tf.test.TestCase):
    def test_arrays_as_by_tensorflow(self):
        images = np.stack([np.asarray(IMAGE), np.asarray(IMAGE)[::-1]])
        grey = np.asarray(GREY)[None, ..., None]
        for kind in (images, grey):
            for size in ((20, 30), (13, 80)):
                found = resize.resized_array(kind, size)
                expected = decode_tf.resized(kind, size)
                self.assertAllEqual(found, expected)


if __name__ == "__main__":
    tf.test.main()
