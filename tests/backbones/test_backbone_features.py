"""From a dataset of images to one of features, once."""

import dataclasses
import os
import pathlib
import shutil
import tempfile
from unittest import mock

import numpy as np
import tensorflow as tf
from absl.testing import parameterized
from helpers import made_data, small_backbone

from lnl_sr_tf import datasets
from lnl_sr_tf.backbones import backbone_features as features
from lnl_sr_tf.backbones import computation, feature_cache
from lnl_sr_tf.backbones.backbone import Backbone
from lnl_sr_tf.datasets.features.mapped_rows import MappedRows
from lnl_sr_tf.datasets.fields import TestSet
from lnl_sr_tf.datasets.images.image_files import ImageFiles
from lnl_sr_tf.errors import InputError

SHAPE = (small_backbone.SIDE, small_backbone.SIDE, 3)
WEIGHTS = small_backbone.weights()
# Images of 20 to train on and 6 to test, in batches.
BATCHES = 2 * computation.BATCH


class FeaturesTest(tf.test.TestCase, parameterized.TestCase):
    def setUp(self):
        super().setUp()
        self.folder = pathlib.Path(tempfile.mkdtemp(dir=self.get_temp_dir()))
        cache = str(self.folder / "cache")
        self.enter_context(mock.patch.dict(os.environ, XDG_CACHE_HOME=cache))
        # A quick one, which counts its images.
        self.seen = 0
        self.enter_context(mock.patch.object(Backbone, "features", self.mean_colours))
        self.told = []

    def mean_colours(self, images):
        self.seen += len(images)
        return images.mean(axis=(1, 2)).astype(np.float16)

    def arrays(self, **changed):
        path = made_data.make_npz(self.folder / "arrays.npz", **changed)
        return datasets.load(str(path), tell=lambda line: None)

    def photos(self, name="photos", **options):
        path = self.folder / name
        if not path.exists():
            made_data.make_folder(path / "train", count=20, ending=".jpg")
            made_data.make_folder(path / "test", count=3, start=60, ending=".jpg")
            made_data.make_folder(path / "val", count=2, start=80, ending=".jpg")
        options = {"image_size": SHAPE[:2], "in_memory": False} | options
        return datasets.load(str(path), tell=lambda line: None, **options)

    def made(self, data, weights=WEIGHTS):
        return features.with_features(
            data, small_backbone.NAME, weights, self.told.append
        )

    @parameterized.parameters(True, False)
    def test_every_part_of_a_dataset(self, in_memory):
        self.enter_context(mock.patch.object(features, "_PIECE", 15))
        data = self.photos(in_memory=in_memory)
        made = self.made(data)
        self.assertFalse(made.of_images)
        more, images = made.more_tests["validation"], data.more_tests["validation"]
        for rows, pictures in (
            (made.train_images, data.train_images),
            (made.test_images, data.test_images),
            (more.images, images.images),
        ):
            self.assertEqual(rows.dtype, np.float32)
            expected = pictures[:].mean(axis=(1, 2)).astype(np.float16)
            self.assertAllEqual(rows[:], expected)
        self.assertIs(made.originals, data.train_images)
        self.assertIs(made.test_originals, data.test_images)
        self.assertIs(more.originals, images.images)
        self.assertIsInstance(made.encoder, Backbone)
        self.assertAllClose(made.mean, made.train_images[:].mean(axis=0), rtol=1e-4)
        self.assertEqual(made.fingerprint, data.fingerprint)
        self.assertEmpty(self.told)

    def test_files_are_decoded_once_whatever_their_labels_and_place(self):
        first = self.made(self.photos())
        seen = self.seen
        self.assertEqual(seen, BATCHES)  # 50 images of all parts together
        shutil.copytree(self.folder / "photos", self.folder / "moved")
        moved = self.photos("moved", statistics=False)
        moved = dataclasses.replace(moved, given_labels=1 - moved.given_labels)
        with mock.patch.object(ImageFiles, "decoded", side_effect=AssertionError):
            again = self.made(moved)
        self.assertEqual(self.seen, seen)
        self.assertAllEqual(again.train_images, first.train_images)
        made_data.picture(999).save(self.folder / "moved/test/cat/60.jpg")
        other = self.made(self.photos("moved", statistics=False))
        self.assertEqual(self.seen, seen + computation.BATCH)  # the test set alone
        self.assertNotAllEqual(other.test_images, first.test_images)

    @parameterized.parameters(
        {"image_size": (33, 32)}, {"resize": "crop"}, {"bits": 12}
    )
    def test_files_in_another_form_are_others(self, **changed):
        files, identity = self.photos().test_images, {"backbone": "a"}
        image_size = changed.pop("image_size", files.image_size)
        other = ImageFiles(files.paths, image_size, 3, **changed)
        identities = [
            Backbone("keras:A", WEIGHTS, images.shape[1:]).identity() | identity
            for images in (files, other)
        ]
        self.assertNotEqual(
            features._key(files, 0, identities[0]),
            features._key(other, 0, identities[1]),
        )
        same = ImageFiles(files.paths, files.image_size, 3)
        self.assertEqual(
            features._key(files, 0, identity), features._key(same, 0, identity)
        )

    def test_arrays_are_known_by_their_content(self):
        first = self.made(self.arrays())
        self.assertEqual(self.seen, BATCHES)
        again = self.made(self.arrays(y_test=np.arange(6) % 3))
        self.assertEqual(self.seen, BATCHES)
        self.assertAllEqual(again.test_images, first.test_images)
        other = np.zeros((6, 8, 8, 3), np.uint8)
        self.made(self.arrays(x_test=other))
        self.assertEqual(self.seen, BATCHES + computation.BATCH)  # the test set alone

    def test_other_weights(self):
        self.made(self.arrays())
        other = self.folder / "other.h5"
        other.write_bytes(b"other weights")
        self.made(self.arrays(), str(other))
        self.assertEqual(self.seen, 2 * BATCHES)

    def test_another_version_of_the_cache_is_not_read(self):
        self.made(self.arrays())
        with mock.patch.object(features, "_VERSION", features._VERSION + 1):
            self.made(self.arrays())
        self.assertEqual(self.seen, 2 * BATCHES)

    def test_damaged_files_are_computed_again(self):
        first = self.made(self.arrays())
        for path in feature_cache.folder().iterdir():
            path.write_bytes(path.read_bytes()[:-30])
        again = self.made(self.arrays())
        self.assertEqual(self.seen, 2 * BATCHES)
        self.assertLen(self.told, 2)
        self.assertAllEqual(again.train_images, first.train_images)
        self.made(self.arrays())
        (line,) = self.told[2:]
        self.assertEqual(line, "the features of 26 images are there from before")

    def test_full_disk_while_they_are_kept(self):
        full = OSError(28, "No space left on device")
        with mock.patch.object(np, "save", side_effect=full):
            made = self.made(self.arrays())
        self.assertLen(self.told, 1)
        self.assertRegex(self.told[0], "stay in memory: .*No space left")
        self.assertEqual(made.train_images.shape, (20, 3))

    def test_goes_on_where_it_was_cut_off(self):
        data = self.arrays(
            x_train=np.random.default_rng(3)
            .integers(0, 256, (20, 8, 8, 3))
            .astype(np.uint8)
        )
        expected = self.made(data).train_images
        shutil.rmtree(feature_cache.folder())
        self.enter_context(mock.patch.object(features, "_PIECE", 8))
        self.enter_context(mock.patch.object(computation, "BATCH", 5))
        self.seen, few = 0, []

        def cut(images):
            few.append(len(images))
            if len(few) == 5:
                raise KeyboardInterrupt
            return self.mean_colours(images)

        with (
            mock.patch.object(Backbone, "features", side_effect=cut),
            self.assertRaises(KeyboardInterrupt),
        ):
            self.made(data)
        self.seen = 0
        made = self.made(data)
        self.assertAllEqual(made.train_images, expected)
        # Two pieces of 8 were kept; 4 images are left, and the test set of 6.
        self.assertEqual(self.seen, 5 + 10)
        self.assertLen(list(feature_cache.folder().iterdir()), 2)
        self.assertEmpty(self.told)

    def test_large_ones_stay_in_their_file(self):
        with mock.patch.object(features, "_IN_MEMORY", 100):
            made = self.made(self.arrays())
        self.assertIsInstance(made.train_images, MappedRows)
        self.assertIsInstance(made.train_images.source, np.memmap)

    def test_one_set_twice(self):
        data = self.arrays()
        again = {"again": TestSet(data.test_images, data.test_labels)}
        made = self.made(dataclasses.replace(data, more_tests=again))
        self.assertAllEqual(made.more_tests["again"].images, made.test_images)

    def test_views(self):
        x = np.zeros((20, 8, 8, 3), np.uint8)
        x[:, :, :4] = np.arange(20, dtype=np.uint8)[:, None, None, None] + 100
        data = self.arrays(x_train=x)

        def made():
            self.seen = 0
            weights = small_backbone.weights()
            return features.with_features(
                data, small_backbone.NAME, weights, self.told.append, views=3
            )

        def rows_of(data):
            size = len(data.given_labels)
            return [
                data.train_images.drawn(
                    np.arange(size), np.full(size, (view + 0.5) / 3)
                )
                for view in range(3)
            ]

        first = made()
        self.assertEqual(self.seen, 4 * computation.BATCH)
        plain, *others = rows_of(first)
        self.assertAllEqual(plain, x.mean(axis=(1, 2)).astype(np.float16))
        self.assertAllEqual(first.train_images[:], plain)
        # A row or column of black at one side, or none: moved by a pixel, or flipped.
        for view in others:
            ratio = view[:, 0] / plain[:, 0]
            self.assertGreater(len(np.unique(ratio.round(2))), 2)
            self.assertAllInRange(ratio, 0.6, 1.3)
        self.assertNotAllEqual(*others)
        self.assertAllEqual(rows_of(made()), [plain, *others])
        self.assertEqual(self.seen, 0)
        part = first.subset(np.array([7, 3]))
        self.assertAllEqual(rows_of(part)[1], others[0][[7, 3]])

    def test_weights_that_say_nothing(self):
        def nothing(images):
            return np.ones((len(images), 4), np.float16)

        with mock.patch.object(Backbone, "features", side_effect=nothing):
            self.made(self.arrays())
        self.assertLen(self.told, 1)
        self.assertRegex(self.told[0], "the same features of all images")

    def test_refuses_what_is_not_of_images(self):
        x, y = np.random.default_rng(1).normal(size=(20, 4)), np.arange(20) % 2
        rows = datasets.from_arrays(x, y, tell=lambda line: None)
        with self.assertRaisesRegex(InputError, "keras:MobileNet takes images"):
            self.made(rows)


if __name__ == "__main__":
    tf.test.main()
