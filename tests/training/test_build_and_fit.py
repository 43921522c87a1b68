"""Every setting reaches what it is about: each of these fails if its wire is cut."""

import dataclasses
import pathlib
from unittest import mock

import keras
import numpy as np
import tensorflow as tf
from absl.testing import parameterized
from helpers.bare_results import bare_results
from helpers.quick_runs import quick_runs
from helpers.sixteen_bits import sixteen_bits

from lnl_sr_tf import config, datasets, experiment, losses, noise, schedules
from lnl_sr_tf.datasets.batches.augment import Augmentation
from lnl_sr_tf.datasets.batches.epoch_plan import EpochPlan
from lnl_sr_tf.experiment import run_data
from lnl_sr_tf.layers import OutputSharpening
from lnl_sr_tf.losses.nested import losses_of_kind, without_terms
from lnl_sr_tf.runs.folder import RunFolder
from lnl_sr_tf.training import CoupledAdam, RobustModel, schedulers
from lnl_sr_tf.training import fit as fitting
from lnl_sr_tf.training.build import (
    build_loss,
    build_model,
    needs_index,
    served_model,
)


def settled(**settings):
    return config.resolve({"loss": "ce_sr", "model": "cnn_digits"} | settings)


class BuildTest(tf.test.TestCase, parameterized.TestCase):
    def setUp(self):
        super().setUp()
        self.data = datasets.load("digits")

    def build(self, **settings):
        return build_model(settled(**settings), self.data)

    def test_optimizer(self):
        optimizer = self.build(
            lr=0.3, momentum=0.7, nesterov=True, weight_decay=0.02, clip_norm=3
        ).optimizer
        self.assertAllClose(optimizer.learning_rate, 0.3)
        self.assertEqual(optimizer.momentum, 0.7)
        self.assertTrue(optimizer.nesterov)
        self.assertEqual(optimizer.coupled_weight_decay, 0.02)
        self.assertEqual(optimizer.global_clipnorm, 3)
        self.assertIsNone(self.build(clip_norm=0).optimizer.global_clipnorm)

    @parameterized.parameters(True, False)
    def test_sharpening(self, normalize):
        layer = self.build(tau=0.3, normalize_logits=normalize).layers[-1]
        self.assertIsInstance(layer, OutputSharpening)
        self.assertAllClose(layer.temperature, 0.3)
        self.assertEqual(layer.normalize, normalize)

    def test_adam_and_l1(self):
        optimizer = self.build(optimizer="adam", momentum=0.8, l1=1e-4).optimizer
        self.assertIsInstance(optimizer, CoupledAdam)
        self.assertAllClose(optimizer.beta_1, 0.8)
        self.assertEqual(optimizer.l1, 1e-4)

    def test_network_of_keras_takes_pixels(self):
        data = self.data.with_image_size((32, 32))
        model = build_model(settled(model="keras:MobileNetV3Small"), data)
        self.assertNotIn("normalization", [layer.name for layer in model.layers])
        self.assertIsInstance(model.layers[-1], OutputSharpening)
        logits = model(data.test_images[:4])
        self.assertEqual(keras.backend.standardize_dtype(logits.dtype), "float32")
        self.assertEqual(logits.shape, (4, 10))
        other = build_model(settled(model="keras:MobileNetV3Small", seed=2), data)
        self.assertNotAllClose(model.get_weights()[0], other.get_weights()[0])

    def test_two_networks_begin_apart(self):
        model = self.build(method="co_teaching", loss="ce")
        first, second = (
            network.get_layer("logits").kernel
            for network in (model.first, model.second)
        )
        self.assertNotAllClose(first, second)
        plain = self.build(loss="ce").get_layer("logits").kernel
        self.assertAllEqual(first, plain)

    def test_memory_is_of_the_size_of_the_data(self):
        model = self.build(loss="elr_sr")
        self.assertIsInstance(model, RobustModel)
        self.assertEqual(model.loss.state[0].shape, (1437, 10))

    def test_seed_gives_the_complementary_labels(self):
        self.assertEqual(build_loss(settled(loss="nlnl_sr", seed=5)).loss.seed, 5)
        staged = build_loss(settled(loss="nlnl", method="nlnl", seed=6))
        self.assertIsInstance(staged, losses.SelectiveNegativePositiveLearning)
        self.assertEqual(staged.seed, 6)

    def test_stages_have_the_memory_and_weights_of_their_authors(self):
        """w_i = n_max / n_i; the memory is for training alone, and is not served."""
        data = datasets.load("digits")
        given = np.where(np.arange(1437) % 2, data.given_labels, 3)
        data = dataclasses.replace(data, given_labels=given)
        made = settled(loss="nlnl_sr", method="nlnl")
        self.assertTrue(needs_index(made))
        kind = losses.SelectiveNegativePositiveLearning
        (loss,) = losses_of_kind(build_loss(made, data), kind)
        self.assertEqual((loss.num_examples, loss.history), (1437, 10))
        counts = np.bincount(given)
        self.assertAllClose(loss.class_weight, counts[3] / counts)
        self.assertEqual(loss.class_weight[3], 1.0)
        (served,) = losses_of_kind(served_model(build_model(made, data)).loss, kind)
        self.assertIsNone(served.num_examples)

    def test_matrix_reaches_the_loss(self):
        matrix = noise.symmetric_matrix(10, 0.5)
        for name in ("forward", "backward"):
            loss = build_loss(settled(loss=name), self.data, matrix)
            self.assertAllClose(loss.matrix, matrix)

    def test_no_sharpening_without_regularization(self):
        self.assertEqual(self.build(loss="ce").layers[-1].name, "logits")

    def test_loss(self):
        loss = build_loss(
            settled(loss="gce_sr", p=0.3, lambda0=2, loss_args={"q": 0.6})
        )
        self.assertEqual((loss.p, float(loss.weight), loss.loss.q), (0.3, 2.0, 0.6))

    @parameterized.parameters("gce", "gce_sr")
    def test_class_prior_is_of_the_given_labels(self, name):
        data = self.data.subset(np.flatnonzero(self.data.given_labels > 0)[:500])
        loss = build_loss(settled(loss=name, prior_weight=3), data)
        inner = loss.loss if name == "gce_sr" else loss
        self.assertIsInstance(inner, losses.ClassPrior)
        self.assertEqual(float(inner.weight), 3.0)
        self.assertAllEqual(inner.prior, np.bincount(data.given_labels))
        plain = build_loss(settled(loss=name, prior_weight=0), data)
        self.assertEmpty(losses_of_kind(plain, losses.ClassPrior))
        usual = build_loss(settled(loss=name), data)
        self.assertLen(losses_of_kind(usual, losses.ClassPrior), name == "gce_sr")

    @parameterized.parameters("ce_sr", "gce_sr", "fl_sr")
    def test_adaptive_weight(self, name):
        loss = build_loss(settled(loss=name), self.data)
        self.assertIsNotNone(loss.adaptive)
        self.assertEqual(float(loss.loss.weight), 3.0)
        uneven = self.data.subset(np.flatnonzero(self.data.given_labels < 9))
        loss = build_loss(settled(loss=name), uneven)
        self.assertEqual(float(loss.loss.weight), 1.0)
        geometric = build_loss(settled(loss=name, lambda_schedule="geometric"))
        self.assertIsNone(geometric.adaptive)

    def test_seed_gives_the_initial_weights(self):
        first, again, other = (
            self.build(seed=seed).get_layer("logits").kernel.numpy()
            for seed in (1, 1, 2)
        )
        self.assertAllEqual(first, again)
        self.assertNotAllEqual(first, other)

    def test_raw_images_are_normalised_inside(self):
        model = self.build(loss="ce")
        layer = model.get_layer("normalization")
        pixels = layer(self.data.train_images).numpy()
        self.assertAllClose(pixels.mean(), 0.0, atol=1e-4)
        self.assertAllClose(pixels.std(), 1.0, atol=1e-4)


class Stop(Exception):
    """Raised in place of training, once all that matters is known."""


class FitTest(tf.test.TestCase, parameterized.TestCase):
    def test_stream(self):
        """Seed, batch, epochs and augmentation go to the stream of batches."""
        made = settled(
            seed=7, batch_size=33, epochs=9, crop_padding=2, flip=True, rotation=5
        )
        data = datasets.load("digits")
        with (
            mock.patch.object(fitting, "_begin_fast"),
            mock.patch.object(
                fitting.pipeline, "training_batches", side_effect=Stop
            ) as stream,
            self.assertRaises(Stop),
        ):
            folder = RunFolder(pathlib.Path(self.get_temp_dir()) / "stream")
            model = build_model(made, data)
            training = fitting.Training(made, model, data, folder, print)
            training.begin()
            fitting.fit([training])
        images, labels, batch_size, seed, epochs = stream.call_args.args
        self.assertIs(images, data.train_images)
        self.assertIs(labels, data.given_labels)
        self.assertEqual((batch_size, seed, epochs), (33, 7, 9))
        self.assertEqual(
            stream.call_args.kwargs,
            {
                "first_epoch": 0,
                "first_step": 0,
                "augmentation": Augmentation(2, True, 5.0),
                "mixup_alpha": 0.0,
                "parts": None,
                "num_classes": 10,
                "with_index": False,
                "plan": EpochPlan(1437, 7, 4),
                "weights": None,
            },
        )

    @parameterized.parameters("cosine", "exponential", "linear", "step", "constant")
    def test_learning_rate(self, schedule):
        more = {
            "exponential": {"lr_decay": 0.9},
            "linear": {"lr_hold": 0.5},
            "step": {"lr_hold": 0.5},
        }
        made = settled(
            lr=0.2, lr_schedule=schedule, epochs=10, **more.get(schedule, {})
        )
        rates = [schedulers.learning_rate_schedule(made)(t) for t in range(10)]
        expected = {
            "cosine": [schedules.cosine_learning_rate(t, 0.2, 10) for t in range(10)],
            "exponential": [0.2 * 0.9**t for t in range(10)],
            "linear": [0.2] * 6 + [0.16, 0.12, 0.08, 0.04],
            "step": [0.2] * 5 + [0.02] * 5,
            "constant": [0.2] * 10,
        }
        self.assertAllClose(rates, expected[schedule])

    def test_learning_rate_starts_anew_in_each_stage(self):
        made = settled(
            loss="nlnl", method="nlnl", lr=0.2, epochs=6,
            stages="negative=2,selective_positive=1",
        )  # fmt: skip
        rates = [schedulers.learning_rate_schedule(made)(t) for t in range(6)]
        first = [schedules.cosine_learning_rate(t, 0.2, 4) for t in range(4)]
        self.assertAllClose(rates, [*first, 0.2, 0.1])

    def scheduled(self, noise_rate=0.3, **settings):
        """What each callback of a run sets, an epoch each, on a model made for it."""
        made = settled(**settings)
        model = build_model(made, datasets.load("digits"))
        for epoch in range(made.epochs):
            for callback in schedulers.schedulers(made, noise_rate, 10):
                callback.set_model(model)
                callback.on_train_begin()
                callback.on_epoch_begin(epoch)
            yield model

    def test_forget_rate(self):
        common = {"method": "co_teaching", "loss": "ce", "epochs": 4}
        found = [
            float(model.forget_rate)
            for model in self.scheduled(forget_epochs=2, **common)
        ]
        self.assertAllClose(found, [0, 0.15, 0.3, 0.3])
        found = [
            float(model.forget_rate)
            for model in self.scheduled(forget_epochs=1, forget_rate=0.5, **common)
        ]
        self.assertAllClose(found, [0, 0.5, 0.5, 0.5])

    def test_late_momentum(self):
        found = [
            float(model.optimizer.beta_1)
            for model in self.scheduled(
                loss="ce", optimizer="adam", lr_schedule="linear", lr_hold=0.5,
                momentum=0.8, late_momentum=0.2, epochs=4,
            )
        ]  # fmt: skip
        self.assertAllClose(found, [0.8, 0.8, 0.2, 0.2])
        found = [
            float(model.optimizer.beta_1)
            for model in self.scheduled(
                loss="ce", optimizer="adam", momentum=0.5, epochs=2
            )
        ]
        self.assertAllClose(found, [0.5, 0.5])

    def test_stages(self):
        found = [
            without_terms(model.loss).stage
            for model in self.scheduled(loss="nlnl_sr", method="nlnl", epochs=3)
        ]
        self.assertEqual(
            found, ["negative", "selective_negative", "selective_positive"]
        )

    def test_columns_follow_the_schedules(self):
        made = settled(
            epochs=4, lr=0.02, lambda0=3, rho=1.5, lambda_every=2, tau=0.4,
            tau_decay=0.5, tau_min=0.15,
            output_dir=str(pathlib.Path(self.get_temp_dir()) / "columns"),
        )  # fmt: skip
        with quick_runs():
            rows = experiment.run(made, tell=lambda line: None).rows()
        self.assertAllClose([r["lambda"] for r in rows], [3, 3, 4.5, 4.5])
        self.assertAllClose([r["temperature"] for r in rows], [0.4, 0.2, 0.15, 0.15])
        for part in ("", "test_"):
            self.assertAllClose(
                [r[part + "loss"] for r in rows],
                [r[part + "fit_loss"] + r["lambda"] * r[part + "norm"] for r in rows],
                rtol=1e-5,
            )
        self.assertAllClose(
            [r["learning_rate"] for r in rows],
            [schedules.cosine_learning_rate(t, 0.02, 4) for t in range(4)],
        )

    def test_seed_and_draw_give_the_noise(self):
        def given(**settings):
            made = settled(**settings)
            return run_data.load(made, datasets.load("digits"), print).given_labels

        self.assertAllEqual(given(seed=1), given(seed=1))
        self.assertNotAllEqual(given(seed=1), given(seed=2))
        self.assertNotAllEqual(given(seed=1), given(seed=1, noise_draw="random"))
        clean = datasets.load("digits").clean_labels
        self.assertAllEqual(
            np.unique((given(noise="pairflip", rate=0.3) - clean) % 10), [0, 1]
        )

    def test_policy_reaches_the_layers(self):
        out_dir = str(pathlib.Path(self.get_temp_dir()) / "policy")
        policy = sixteen_bits()
        with bare_results():
            run = experiment.run(
                settled(epochs=1, precision=policy, output_dir=out_dir),
                tell=lambda line: None,
            )
        model = keras.models.load_model(run.model)
        self.assertEqual(f"mixed_{model.get_layer('features').compute_dtype}", policy)
        self.assertEqual(model.layers[-1].compute_dtype, "float32")


if __name__ == "__main__":
    tf.test.main()
