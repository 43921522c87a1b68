"""The optimiser, checkpoints and precision."""

import os
import pathlib
from unittest import mock

import keras
import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from lnl_sr_tf.devices import backend, hardware
from lnl_sr_tf.errors import InputError, RunError
from lnl_sr_tf.training import CoupledAdam, CoupledSGD, checkpoint, precision


def by_hand(weights, gradients, rate, momentum, decay, clip, nesterov):
    """What PyTorch's SGD does after clip_grad_norm_, in NumPy."""
    buffers = [np.zeros_like(w) for w in weights]
    weights = [w.copy() for w in weights]
    for step in gradients:
        norm = np.sqrt(sum(np.sum(g**2) for g in step))
        for w, buffer, g in zip(weights, buffers, step, strict=True):
            g = g * min(1, clip / norm) + decay * w
            buffer[...] = momentum * buffer + g
            w -= rate * (g + momentum * buffer if nesterov else buffer)
    return weights


class CoupledSGDTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.product(nesterov=(False, True), decay=(0.0, 0.1))
    def test_follows_the_recipe(self, nesterov, decay):
        rng = np.random.default_rng(0)
        start = [rng.normal(size=(3, 2)), rng.normal(size=2)]
        gradients = [[rng.normal(size=w.shape) * 5 for w in start] for _ in range(5)]
        variables = [keras.Variable(w, dtype="float32") for w in start]
        optimizer = CoupledSGD(
            0.1, 0.9, nesterov, coupled_weight_decay=decay, global_clipnorm=5.0
        )
        for step in gradients:
            grads = [tf.constant(g, tf.float32) for g in step]
            optimizer.apply(grads, variables)
        expected = by_hand(start, gradients, 0.1, 0.9, decay, 5.0, nesterov)
        for variable, weight in zip(variables, expected, strict=True):
            self.assertAllClose(variable, weight, rtol=1e-5, atol=1e-6)

    def test_every_trainable_variable_decays(self):
        model = keras.Sequential(
            [
                keras.Input((3,)),
                keras.layers.Dense(2),
                keras.layers.BatchNormalization(),
            ]
        )
        optimizer = CoupledSGD(1.0, coupled_weight_decay=0.5)
        for variable in model.trainable_variables:
            variable.assign(tf.ones(variable.shape))
        optimizer.apply(
            [tf.zeros(v.shape) for v in model.trainable_variables],
            model.trainable_variables,
        )
        self.assertLen(model.trainable_variables, 4)
        for variable in model.trainable_variables:
            self.assertAllClose(variable, tf.fill(variable.shape, 0.5))

    def test_round_trip(self):
        optimizer = CoupledSGD(0.1, 0.9, True, 1e-3, global_clipnorm=5.0)
        twin = keras.optimizers.deserialize(keras.optimizers.serialize(optimizer))
        self.assertEqual(twin.get_config(), optimizer.get_config())

    @parameterized.parameters(CoupledSGD, CoupledAdam)
    def test_errors(self, optimizer):
        for name in ("coupled_weight_decay", "l1"):
            with self.assertRaisesRegex(ValueError, f"{name}=-1"):
                optimizer(**{name: -1})

    def test_l1_is_the_gradient_of_the_absolute_sum(self):
        variable = keras.Variable([2.0, -3.0, 0.0])
        optimizer = CoupledSGD(1.0, l1=0.1)
        optimizer.apply([tf.constant([0.0, 0.0, 0.5])], [variable])
        self.assertAllClose(variable, [1.9, -2.9, -0.5])


class CoupledAdamTest(tf.test.TestCase):
    def moved(self, optimizer, change=None):
        variable = keras.Variable([1.0, -2.0])
        optimizer.build([variable])
        step = tf.function(lambda g: optimizer.apply([g], [variable]))
        for number in range(4):
            if change and number == 2:
                change(optimizer)
            step(tf.constant([0.3, -0.1]) * (number - 1.0))
        return variable.numpy()

    def test_is_adam(self):
        plain = self.moved(keras.optimizers.Adam(0.1))
        self.assertAllClose(self.moved(CoupledAdam(0.1)), plain)

    def test_beta_1_moves_in_a_traced_step(self):
        late = self.moved(CoupledAdam(0.1), lambda o: o.beta_1.assign(0.1))
        self.assertNotAllClose(late, self.moved(CoupledAdam(0.1)), 1e-3)

    def test_decay_is_coupled(self):
        """As a gradient, which Adam scales: not as Keras's own decay."""
        variable = keras.Variable([4.0])
        CoupledAdam(0.1, coupled_weight_decay=0.5).apply([tf.zeros(1)], [variable])
        self.assertAllClose(variable, [3.9])

    def test_round_trip(self):
        optimizer = CoupledAdam(0.1, 0.8, 1e-3, 1e-4)
        twin = keras.optimizers.deserialize(keras.optimizers.serialize(optimizer))
        self.assertEqual(twin.get_config(), optimizer.get_config())


class CheckpointTest(tf.test.TestCase, parameterized.TestCase):
    def setUp(self):
        super().setUp()
        self.folder = pathlib.Path(self.get_temp_dir()) / self.id() / "checkpoints"
        self.folder.parent.mkdir(parents=True)

    def make(self, seed):
        initializer = keras.initializers.GlorotUniform(seed=seed)
        model = keras.Sequential(
            [keras.Input((4,)), keras.layers.Dense(3, kernel_initializer=initializer)]
        )
        model.compile(CoupledSGD(0.1, 0.9), "mse")
        return model

    def fit(self, model, epochs, **kwargs):
        rng = np.random.default_rng(0)
        x, y = rng.normal(size=(16, 4)), rng.normal(size=(16, 3))
        model.fit(x, y, epochs=epochs, shuffle=False, verbose=0, **kwargs)

    def test_goes_on_as_if_never_cut(self):
        whole, cut, resumed = self.make(1), self.make(1), self.make(2)
        self.fit(whole, 5)
        self.fit(cut, 3, callbacks=[checkpoint.Checkpoint(self.folder)])
        restored = checkpoint.restore(resumed, self.folder)
        self.assertEqual(restored.place, (3, 0))
        self.fit(resumed, 5, initial_epoch=3)
        for a, b in zip(whole.get_weights(), resumed.get_weights(), strict=True):
            self.assertAllEqual(a, b)

    def test_loss_scale_goes_on_too(self):
        def make():
            keras.config.set_dtype_policy("mixed_float16")
            try:
                return self.make(1)
            finally:
                keras.config.set_dtype_policy("float32")

        first, resumed = make(), make()
        self.fit(first, 2, callbacks=[checkpoint.Checkpoint(self.folder)])
        self.assertIsInstance(first.optimizer, keras.optimizers.LossScaleOptimizer)
        checkpoint.restore(resumed, self.folder)
        names = [v.path for v in first.optimizer.variables]
        self.assertTrue(any("momentum" in name for name in names))
        self.assertTrue(any("dynamic_scale" in name for name in names))
        for a, b in zip(
            first.optimizer.variables, resumed.optimizer.variables, strict=True
        ):
            self.assertAllEqual(a, b)

    def test_disk_full(self):
        self.fit(self.make(1), 1, callbacks=[checkpoint.Checkpoint(self.folder)])
        full = OSError(28, "No space left on device")
        with (
            mock.patch.object(checkpoint.np, "savez", side_effect=full),
            self.assertRaisesRegex(
                RunError, "No space.*checkpoint of epoch 1 is intact"
            ),
        ):
            self.fit(
                self.make(1),
                2,
                initial_epoch=1,
                callbacks=[checkpoint.Checkpoint(self.folder)],
            )
        self.assertEqual(checkpoint.restore(self.make(2), self.folder).place, (1, 0))

    def test_keeps_two(self):
        self.fit(self.make(1), 4, callbacks=[checkpoint.Checkpoint(self.folder)])
        self.assertEqual(checkpoint.saved_places(self.folder), [(3, 0), (4, 0)])
        self.assertLen(list(self.folder.iterdir()), 2)

    def test_unfinished_is_not_taken(self):
        self.fit(self.make(1), 1, callbacks=[checkpoint.Checkpoint(self.folder)])
        (self.folder / "unfinished_00002").mkdir()
        self.assertEqual(checkpoint.saved_places(self.folder), [(1, 0)])

    def test_nothing_there(self):
        self.assertEqual(
            checkpoint.restore(self.make(1), self.folder), checkpoint.Restored()
        )

    @parameterized.named_parameters(
        ("truncated", lambda content: content[:100]),
        ("emptied", lambda content: b""),
        ("flipped", lambda content: content[:300] + b"?" * 40 + content[340:]),
        ("no archive", lambda content: b"x" * len(content)),
    )
    def test_damaged(self, damage):
        saved = self.make(1)
        self.fit(saved, 1, callbacks=[checkpoint.Checkpoint(self.folder)])
        weights = saved.get_weights()
        self.fit(
            saved, 2, initial_epoch=1, callbacks=[checkpoint.Checkpoint(self.folder)]
        )
        path = self.folder / "epoch_00002" / "state.npz"
        path.write_bytes(damage(path.read_bytes()))
        model, lines = self.make(2), []
        restored = checkpoint.restore(model, self.folder, lines.append)
        self.assertEqual(restored.place, (1, 0))
        for one, other in zip(weights, model.get_weights(), strict=True):
            self.assertAllEqual(one, other)
        (line,) = lines
        self.assertRegex(line, "epoch_00002.*cannot be read.*one before it is used")
        path = self.folder / "epoch_00001" / "state.npz"
        path.write_bytes(damage(path.read_bytes()))
        with self.assertRaisesRegex(RunError, "no other; remove .* to start anew"):
            checkpoint.restore(self.make(1), self.folder, lines.append)

    def test_of_another_kind(self):
        path = self.folder / "epoch_00001" / "state.npz"
        for change, words in (
            (lambda content: content.pop("format"), "its format is 0"),
            (lambda content: content.update(format=99), "its format is 99"),
            (lambda content: content.pop("variable_0"), "of .* variables"),
            (lambda content: content.update(variable_0=np.ones(7)), "shape"),
        ):
            self.fit(self.make(1), 1, callbacks=[checkpoint.Checkpoint(self.folder)])
            with np.load(path) as stored:
                content = dict(stored)
            change(content)
            np.savez(path, **content)
            with self.assertRaisesRegex(RunError, words):
                checkpoint.restore(self.make(1), self.folder)

    def test_index_is_missing(self):
        self.fit(self.make(1), 2, callbacks=[checkpoint.Checkpoint(self.folder)])
        (self.folder / "epoch_00002" / "state.npz").unlink()
        lines = []
        restored = checkpoint.restore(self.make(2), self.folder, lines.append)
        self.assertEqual(restored.place, (1, 0))
        self.assertLen(lines, 1)

    def test_clock_set_back(self):
        """What is newest goes by its name, not by its time."""
        self.fit(self.make(1), 2, callbacks=[checkpoint.Checkpoint(self.folder)])
        os.utime(self.folder / "epoch_00002", (0, 0))
        self.assertEqual(checkpoint.restore(self.make(2), self.folder).place, (2, 0))

    def test_folder_cannot_be_written(self):
        self.folder.write_text("a file where a folder should be")
        with self.assertRaisesRegex(RunError, "cannot write a checkpoint"):
            self.fit(self.make(1), 1, callbacks=[checkpoint.Checkpoint(self.folder)])


class PrecisionTest(tf.test.TestCase, parameterized.TestCase):
    def setUp(self):
        super().setUp()
        # Whatever it is held back to while this test runs.
        self.enterContext(mock.patch.dict(os.environ, {"ONEDNN_MAX_CPU_ISA": ""}))

    @parameterized.parameters("float32", "mixed_bfloat16", "mixed_float16")
    def test_by_name(self, name):
        self.assertEqual(precision.resolve(name, self.fail), name)

    @parameterized.parameters(
        ({"avx2"}, [], "float32"),
        ({"avx2", "avx512_bf16"}, [], "as measured"),
        ({"amx_bf16"}, [], "as measured"),
        ({"amx_bf16"}, [("a GPU", (7, 5))], "float32"),
        ({"avx2"}, [("a GPU", (9, 0))], "mixed_bfloat16"),
    )
    def test_auto(self, flags, gpus, expected):
        with (
            mock.patch.object(hardware, "processor_flags", return_value=flags),
            mock.patch.object(backend, "gpus", return_value=gpus),
        ):
            found = precision.resolve("auto", lambda: "as measured")
        self.assertEqual(found, expected)

    @parameterized.parameters(
        ("AVX2", {"avx512_bf16"}, True),
        ("avx2_vnni", {"amx_bf16"}, True),
        ("AVX2", {"avx2"}, False),  # TensorFlow knows that it is not there
        ("AVX512_CORE", {"avx512_bf16"}, False),
        ("AVX512_CORE_BF16", {"avx512_bf16"}, False),
        ("DEFAULT", {"avx512_bf16"}, False),
        ("", {"avx512_bf16"}, False),
    )
    def test_held_back(self, limit, flags, expected):
        with (
            mock.patch.dict(os.environ, {"ONEDNN_MAX_CPU_ISA": limit}),
            mock.patch.object(hardware, "processor_flags", return_value=flags),
            mock.patch.object(backend, "gpus", return_value=[]),
        ):
            self.assertEqual(precision.held_back(), expected)
            if expected:
                self.assertEqual(precision.resolve("auto", self.fail), "float32")
                with self.assertRaisesRegex(InputError, "use --precision=float32"):
                    precision.resolve("mixed_bfloat16", self.fail)
            else:
                precision.resolve("mixed_bfloat16", self.fail)

    def test_policy_is_put_back(self):
        with precision.policy("mixed_bfloat16"):
            self.assertEqual(keras.layers.Dense(1).compute_dtype, "bfloat16")
        self.assertEqual(keras.layers.Dense(1).compute_dtype, "float32")


if __name__ == "__main__":
    tf.test.main()
