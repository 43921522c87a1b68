"""benchmarks/on_gpu.py: what is begun with which minutes left; its data in parts."""

import io
import os
import pathlib
import signal
import sys
import tempfile
import time
from unittest import mock

import numpy as np
import tensorflow as tf
from absl.testing import parameterized
from PIL import Image

from lnl_sr_tf.datasets import Dataset
from lnl_sr_tf.errors import InputError

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.append(str(ROOT / "benchmarks"))

import gpu_plan  # noqa: E402
import image_parts  # noqa: E402
from gpu_plan import CASES, Case, Runs, Speed  # noqa: E402

with mock.patch.dict(os.environ):  # it settles Keras's backend
    import on_gpu

ONE = Speed("ours", "bfloat16")
THREE = Speed("ours", "bfloat16", 3)


def estimates():
    return gpu_plan.Estimates(images=50_000, epochs=120)


class OrderTest(tf.test.TestCase):
    def order(self, found=(), seeds=(1, 2, 3), is_done=lambda case, seed: False):
        """Parts as they come, where speeds are found on the way."""
        known, made = estimates(), []
        for part in gpu_plan.parts(CASES, seeds, 3, known, is_done):
            made.append(part)
            if part in dict(found):
                known.found(part, dict(found)[part])
        return made

    def test_speeds_in_the_precision_of_runs_come_first_the_others_last(self):
        made = self.order()
        self.assertEqual([isinstance(p, Speed) for p in made[:4]], [True] * 4)
        self.assertEqual({p.precision for p in made[:4]}, {"bfloat16"})
        self.assertEqual(
            [p.framework for p in made[:4]], ["ours", "torch", "torch.compile", "ours"]
        )
        self.assertEqual(
            [p.words for p in made[-4:]],
            [
                "speed, torch.compile, channels last, bfloat16",
                "speed, ours, float32",
                "speed, torch, float32",
                "speed, torch.compile, float32",
            ],
        )

    def test_first_seed_of_every_case_before_a_second_one(self):
        runs = [p for p in self.order({ONE: 9e4, THREE: 1e5}) if isinstance(p, Runs)]
        self.assertEqual(
            [(p.case, p.seeds) for p in runs],
            [(case, (seed,)) for seed in (1, 2, 3) for case in CASES],
        )
        self.assertEqual(
            [case.words for case in CASES],
            [
                "ce_sr, symmetric 0.6",
                "ce_sr, symmetric 0.8",
                "ce_sr, symmetric 0.6, adaptive λ",
                "ce_sr, symmetric 0.8, adaptive λ",
                "ce, symmetric 0.6",
                "ce, symmetric 0.8",
            ],
        )

    def test_seeds_at_once_where_that_was_measured_to_pay(self):
        runs = [p for p in self.order({ONE: 9e4, THREE: 2e5}) if isinstance(p, Runs)]
        self.assertEqual([p.seeds for p in runs], [(1, 2, 3)] * len(CASES))

    def test_runs_of_the_ledger_are_not_planned(self):
        first = CASES[0]
        runs = [
            p
            for p in self.order(
                {ONE: 9e4, THREE: 2e5}, is_done=lambda c, s: c == first or s == 2
            )
            if isinstance(p, Runs)
        ]
        self.assertEqual(runs, [Runs(case, (1, 3)) for case in CASES[1:]])


class MinutesTest(tf.test.TestCase, parameterized.TestCase):
    def work(self, planned, seconds, takes, known=None, fails=()):
        """What was done, and what was told, by a clock that runs as `takes` says."""
        left, done, told = [seconds], [], []

        def do(part):
            done.append(part)
            left[0] -= takes(part)
            if part in fails:
                raise ValueError("no\nmemory")

        came = gpu_plan.work_through(
            planned, known or estimates(), lambda: left[0], do, told.append
        )
        return done, told, came

    def test_part_that_does_not_end_in_time_is_told_and_a_shorter_one_begun(self):
        run, speed = Runs(CASES[0], (1,)), Speed("torch", "float32")
        done, told, came = self.work([run, speed], 60, lambda part: 5)
        self.assertEqual(done, [speed])
        self.assertEqual(
            told,
            [
                "not begun: ce_sr, symmetric 0.6, seed 1; it takes about 131 s, and "
                "60 s are left",
                "begun: speed, torch, float32; about 21 s",
            ],
        )
        self.assertEqual((came.done, came.not_begun), ([speed], [run]))

    def test_what_parts_took_says_what_is_begun(self):
        planned = [Runs(CASES[0], (seed,)) for seed in (1, 2, 3)]
        done, told, _ = self.work(planned, 420, lambda part: 200)
        self.assertEqual(done, planned[:2])  # 200 and 20 are left, 210 needed
        self.assertIn("210 s, and 20 s are left", told[-1])
        done, _, _ = self.work(planned, 250, lambda part: 60)
        self.assertEqual(done, planned)

    def test_what_had_been_begun_says_nothing_of_others(self):
        run = Runs(CASES[0], (1,))
        known = estimates()
        before = known.of(run)
        gpu_plan.work_through([run], known, lambda: 500, lambda p: False, [].append)
        self.assertEqual(known.of(run), before)

    def test_longest_of_a_kind_counts(self):
        known = estimates()
        run = Runs(CASES[0], (1,))
        for seconds in (100, 70):
            known.ended(run, seconds)
        self.assertNear(known.of(run), 105, 1e-6)
        self.assertGreater(known.of(Runs(CASES[0], (1, 2))), 200)

    def test_measured_speed_says_how_long_runs_take(self):
        known = estimates()
        known.found(ONE, 60_000)
        # Twice what 120 epochs take at 120,000 images a second, beside what is fixed.
        slow = known.of(Runs(CASES[0], (1,)))
        known.found(ONE, 120_000)
        quick = known.of(Runs(CASES[0], (1,)))
        fixed = gpu_plan.MARGIN * gpu_plan.BEFORE_EPOCHS
        self.assertNear(slow - fixed, 2 * (quick - fixed), 1e-6)
        known.found(Speed("ours", "float32"), 1.0)
        known.found(Speed("torch", "bfloat16"), 1.0)
        self.assertEqual(known.of(Runs(CASES[0], (1,))), quick)

    def test_as_many_seeds_as_end_in_time(self):
        known = estimates()
        known.found(ONE, 100_000)
        known.found(THREE, 300_000)
        three = Runs(CASES[0], (1, 2, 3))
        two = known.of(Runs(CASES[0], (1, 2)))  # as one after the other
        self.assertGreater(two, known.of(three))
        known.ended(three, 500)
        done, told, came = self.work([three], 300, lambda part: 1, known)
        self.assertEqual(done, [Runs(CASES[0], (1, 2))])
        self.assertIn("not begun: ce_sr, symmetric 0.6, seed 3; too long", told[0])
        self.assertEqual(came.not_begun, [Runs(CASES[0], (3,))])

    @parameterized.parameters(0, -30)
    def test_nothing_is_begun_when_the_minutes_are_over(self, left):
        planned = list(gpu_plan.parts(CASES, (1,), 3, estimates()))
        done, told, came = self.work(planned, left, lambda part: 1)
        self.assertEqual((done, came.not_begun), ([], planned))
        self.assertIn("and 0 s are left", told[0])

    def test_part_that_fails_leaves_the_others(self):
        planned = [Speed("torch", "bfloat16"), Speed("torch", "float32")]
        done, told, came = self.work(planned, 100, lambda part: 2, fails=planned[:1])
        self.assertEqual(done, planned)
        self.assertEqual(came.failed, planned[:1])
        self.assertIn("failed: speed, torch, bfloat16: ValueError: no memory", told)
        # How long it took says nothing.
        self.assertEqual(told[-1], "begun: speed, torch, float32; about 21 s")

    def test_part_in_work_is_stopped_when_the_minutes_are_over(self):
        begun = []

        def do(part):
            begun.append(part)
            while True:
                time.sleep(0.01)

        before = signal.getsignal(signal.SIGTERM)
        planned = [ONE, Speed("torch", "bfloat16")]
        with self.assertRaises(on_gpu.TimeUp), on_gpu.until(0.1):
            gpu_plan.work_through(planned, estimates(), lambda: 100, do, print)
        self.assertEqual(begun, [ONE])
        self.assertEqual(signal.getsignal(signal.SIGTERM), before)


class PartsTest(tf.test.TestCase):
    def setUp(self):
        super().setUp()
        held = self.enterContext(tempfile.TemporaryDirectory())
        self.folder = pathlib.Path(held, "parts")

    def write(self, count, size=7):
        rng = np.random.default_rng(0)
        images = rng.integers(0, 256, (size, 5, 4, 3), np.uint8)
        labels = np.arange(size) % 2
        dataset = Dataset(
            "cifar10", images, labels, labels, images[:3], labels[:3],
            ("cat", "dog"), (0.1, 0.2, 0.3), (0.4, 0.5, 0.6),
        )  # fmt: skip
        files = [self.png(image) for image in images]
        splits = {"train": (files, labels), "test": (files[:3], labels[:3])}
        return dataset, image_parts.write(self.folder, dataset, splits, count)

    def png(self, image):
        file = io.BytesIO()
        Image.fromarray(image).save(file, "PNG")
        return file.getvalue()

    def test_parts_make_the_dataset_again(self):
        for count in (1, 3):
            with self.subTest(count):
                dataset, paths = self.write(count)
                found = image_parts.read(self.folder, "cifar10")
                for name in (
                    "train_images", "given_labels", "clean_labels", "test_images",
                    "test_labels",
                ):  # fmt: skip
                    self.assertAllEqual(getattr(found, name), getattr(dataset, name))
                for name in ("name", "class_names", "mean", "std", "fingerprint"):
                    self.assertEqual(getattr(found, name), getattr(dataset, name))
                for path in paths:
                    path.unlink()

    def test_what_is_missing_is_told(self):
        with self.assertRaisesRegex(InputError, "expected parts of cifar10, such as"):
            image_parts.read(self.folder, "cifar10")
        _, paths = self.write(3)
        paths[1].unlink()
        with self.assertRaisesRegex(InputError, "there is no cifar10-2-of-3.npz"):
            image_parts.read(self.folder, "cifar10")
        self.write(2)
        with self.assertRaisesRegex(InputError, "of one --pack alone"):
            image_parts.read(self.folder, "cifar10")

    def test_gray_images_have_one_channel(self):
        image = np.arange(12, dtype=np.uint8).reshape(4, 3)
        self.assertAllEqual(image_parts.decoded(self.png(image)), image[..., None])


class SettingsTest(tf.test.TestCase):
    def test_runs_are_those_of_the_recipe(self):
        from lnl_sr_tf import config

        for case in CASES:
            made = config.resolve(case.settings | {"dataset": "cifar10"})
            self.assertEqual((made.epochs, made.rate), (120, case.rate))
            adaptive = case.schedule == "adaptive"
            self.assertEqual(made.lambda_schedule == "adaptive", adaptive)
        self.assertEqual(
            Case("ce", 0.6).settings, {"loss": "ce", "noise": "sym", "rate": 0.6}
        )


if __name__ == "__main__":
    tf.test.main()
