"""What others can do with what a run leaves."""

import json
import pathlib
import subprocess
import sys
from unittest import mock

import keras
import numpy as np
import tensorflow as tf
from absl.testing import parameterized
from helpers.command import call
from helpers.made_data import deep_png
from helpers.sixteen_bits import computable, sixteen_bits
from PIL import Image

from lnl_sr_tf import config, datasets, export
from lnl_sr_tf.analysis import run_figures
from lnl_sr_tf.datasets.features.encoder_from_dict import read_encoder
from lnl_sr_tf.experiment.finished_run import FinishedRun
from lnl_sr_tf.runs import model_card
from lnl_sr_tf.runs.folder import RunFolder
from lnl_sr_tf.training import precision
from lnl_sr_tf.training.build import build_model, served_model
from lnl_sr_tf.training.predict import outputs


class ExportTest(tf.test.TestCase):
    """One run, and what others can do with what it leaves."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        out_dir = pathlib.Path(cls().get_temp_dir()) / "export"
        with (
            mock.patch.object(run_figures, "samples"),
            mock.patch.object(run_figures, "per_class"),
        ):
            status, _, _ = call(
                "--epochs=3", "--loss=ce_sr", "--lambda_every=1", "--noise=none",
                f"--precision={sixteen_bits()}", f"--output_dir={out_dir}",
            )  # fmt: skip
        assert status == 0
        (path,) = out_dir.iterdir()
        cls.run_ = RunFolder(path)
        cls.data = datasets.load("digits")

    def test_keras_model_comes_back_with_its_loss(self):
        model = keras.models.load_model(self.run_.model)
        self.assertEqual(float(model.loss.weight), self.run_.rows()[-1]["lambda"])
        results = model.evaluate(
            self.data.test_images, self.data.test_labels, verbose=0, return_dict=True
        )
        self.assertAllClose(
            results["accuracy"], self.run_.summary()["test_accuracy"], atol=1e-6
        )

    def test_model_card(self):
        card = self.run_.model_card.read_text("utf-8")
        summary = self.run_.summary()
        self.assertIn("](figures/curves.png)", card)
        self.assertIn(f"| {100 * summary['test_accuracy']:.2f} % |", card)
        # What the command makes of the finished run is the same.
        self.assertEqual(model_card.write(self.run_), self.run_.model_card)

    def test_sixteen_bits_are_served_as_trained(self):
        model = keras.Sequential(
            [keras.Input((4, 4, 1), dtype="uint8"), keras.layers.Flatten()]
        )
        values = np.random.default_rng(0).integers(0, 1024, (4, 4))
        path = str(pathlib.Path(self.get_temp_dir()) / "deep")
        export.save_serving(model, path, range(16), "stretch", bits=10)
        serve = tf.saved_model.load(path).signatures
        of_file = serve["files"](encoded=tf.constant([deep_png(values)]))
        images = tf.constant((values >> 2)[None, ..., None], tf.uint8)
        of_array = serve["serving_default"](images=images)
        self.assertAllEqual(of_file["probabilities"], of_array["probabilities"])
        self.assertEqual(of_file["label"][0], values.argmax())

    def test_saved_model_in_a_process_without_this_package(self):
        images = pathlib.Path(self.get_temp_dir()) / "images.npy"
        np.save(images, self.data.test_images)
        files = [images.with_name(f"{i}.png") for i in range(5)]
        for path, image in zip(files, self.data.test_images, strict=False):
            Image.fromarray(image[..., 0]).save(path)
        code = f"""
import sys, json
# As where neither is installed: importing them fails.
sys.modules["lnl_sr_tf"] = sys.modules["keras"] = None
import numpy as np, tensorflow as tf
loaded = tf.saved_model.load({str(self.run_.saved_model)!r})
serve = loaded.signatures["serving_default"]
out = serve(images=tf.constant(np.load({str(images)!r})))
result = {{k: v.numpy().tolist() for k, v in out.items()}}
files = [tf.io.read_file(path) for path in {[str(path) for path in files]!r}]
out = loaded.signatures["files"](encoded=tf.stack(files))
result["of_files"] = out["label"].numpy().tolist()
result["names"] = [name.decode() for name in out["name"].numpy()]
print(json.dumps(result))
"""
        done = subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True, text=True, check=True, cwd=self.get_temp_dir(),
        )  # fmt: skip
        served = json.loads(done.stdout)
        model = keras.models.load_model(self.run_.model)
        before, logits = (
            one.predict(self.data.test_images, verbose=0, batch_size=360)
            for one in (model, export.in_float32(model))
        )
        self.assertAllEqual(served["label"], logits.argmax(axis=-1))
        otherwise = np.sum(before.argmax(axis=-1) != served["label"])
        self.assertEqual(self.run_.summary()["served_otherwise"], otherwise)
        self.assertLess(otherwise, 0.02 * len(logits))
        self.assertEqual(served["of_files"], served["label"][:5])
        self.assertEqual(served["names"], [str(label) for label in served["of_files"]])
        temperature = self.run_.summary()["calibration_temperature"]
        self.assertNotEqual(temperature, 1.0)
        self.assertAllClose(
            served["probabilities"],
            tf.nn.softmax(logits / temperature),
            rtol=1e-4,
            atol=1e-5,
        )

    def test_images_of_another_shape_are_refused(self):
        """A network that pools over all of the image would answer."""
        images = keras.Input((8, 8, 1), dtype="uint8")
        pooled = keras.layers.GlobalAveragePooling2D()(
            keras.layers.Rescaling(1.0)(images)
        )
        network = keras.Model(images, keras.layers.Dense(2)(pooled))
        path = pathlib.Path(self.get_temp_dir()) / "pooled"
        export.save_serving(network, path, ("a", "b"))
        serve = tf.saved_model.load(str(path)).signatures["serving_default"]
        self.assertEqual(
            serve(images=tf.zeros((3, 8, 8, 1), tf.uint8))["label"].shape, 3
        )
        for shape in ((3, 16, 16, 1), (3, 8, 8, 3), (2, 3, 8, 8, 1)):
            with self.assertRaisesRegex(tf.errors.InvalidArgumentError, "8,8,1"):
                serve(images=tf.zeros(shape, tf.uint8))

    def test_converted_to_tensorflow_lite(self):
        check_tensorflow_lite(self, self.run_.saved_model, self.data.test_images)


class PrecisionTest(tf.test.TestCase, parameterized.TestCase):
    def made(self, policy):
        data = datasets.load("digits")
        settings = {"loss": "ce_sr", "precision": policy, "batch_size": 64}
        with precision.policy(policy):
            model = build_model(config.resolve(settings), data)
        model.fit(data.train_images[:128], data.clean_labels[:128], verbose=0)
        return served_model(model), data.test_images

    @parameterized.parameters(*computable())
    def test_in_float32(self, policy):
        model, images = self.made(policy)
        kept = model.get_weights()
        served = export.in_float32(model)
        self.assertEqual(served is model, policy == "float32")
        self.assertEqual({layer.compute_dtype for layer in served.layers[1:]},
                         {"float32"})  # fmt: skip
        self.assertAllEqual(served.get_weights()[0], kept[0])
        # The network that is kept is what it was.
        self.assertEqual(model.layers[2].dtype_policy.name, policy)
        before, after = (
            tf.cast(one(images, training=False), tf.float32).numpy()
            for one in (model, served)
        )
        self.assertLess(np.abs(before - after).mean(), 0.02 * np.abs(after).mean())
        if policy != sixteen_bits():  # of which a run is converted
            path = pathlib.Path(self.get_temp_dir()) / policy
            export.save_serving(model, path, "0123456789")
            check_tensorflow_lite(self, path, images)

    def test_networks_within_networks(self):
        with precision.policy(sixteen_bits()):
            inner = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
            images = keras.Input((4,))
            outer = keras.layers.TimeDistributed(keras.layers.Dense(2))
            rows = keras.layers.Reshape((3, 1))(inner(images))
            model = keras.Model(images, outer(rows))
        served = export.in_float32(model)
        self.assertEqual(
            {layer.compute_dtype for layer in served._flatten_layers()}, {"float32"}
        )
        self.assertAllClose(
            served(np.ones((2, 4))), tf.cast(model(np.ones((2, 4))), tf.float32),
            atol=0.05,
        )  # fmt: skip


class RawInputsTest(tf.test.TestCase, parameterized.TestCase):
    """A run on texts, or on a table, whose SavedModel takes what was in the file."""

    def made(self, kind):
        root = pathlib.Path(self.get_temp_dir())
        rng = np.random.default_rng(1)
        words = ("the good fine film", "the bad, poor film")
        rows = []
        for i in range(60):
            if kind == "text":
                some = rng.choice(words[i % 2].split(), 4)
                rows.append(f'"{" ".join(some)}",{"np"[i % 2]}')
            else:
                age = "?" if i % 9 == 4 else f"{30 + 9 * (i % 2) + rng.normal():.2f}"
                rows.append(f"{age},{'abc'[rng.integers(3)]},{'np'[i % 2]}")
        header = {"text": "text,label", "table": "mean age,größe,label"}[kind]
        path = root / f"{kind}.csv"
        path.write_text("\n".join([header, *rows]) + "\n", "utf-8")
        with mock.patch.multiple(
            run_figures, curves=mock.DEFAULT, per_class=mock.DEFAULT
        ):
            status, _, _ = call(
                f"--dataset={path}",
                "--loss=ce_sr",
                "--epochs=2",
                f"--output_dir={root / 'runs'}",
            )
        self.assertEqual(status, 0)
        (folder,) = (root / "runs").iterdir()
        return FinishedRun(folder)

    @parameterized.parameters("text", "table")
    def test_in_a_process_without_this_package(self, kind):
        run = self.made(kind)
        data, folder = run.dataset, run.folder
        if kind == "text":
            raw = {"texts": data.test_originals.tolist()}
        else:
            age, size = data.test_originals.T.tolist()
            raw = {"mean_age": [float(a.replace("?", "nan")) for a in age],
                   "groe": size}  # fmt: skip
        code = f"""
import sys, json
sys.modules["lnl_sr_tf"] = sys.modules["keras"] = None
import numpy as np, tensorflow as tf
serve = tf.saved_model.load({str(folder.saved_model)!r}).signatures
raw, features = json.load(sys.stdin)
answers = (
    serve["serving_default"](**{{k: tf.constant(v) for k, v in raw.items()}}),
    serve["features"](features=tf.constant(features)),
)
print(json.dumps([[answer["probabilities"].numpy().tolist(),
                   answer["label"].numpy().tolist(),
                   [name.decode() for name in answer["name"].numpy()]]
                  for answer in answers]))
"""
        features = data.test_images.astype(float).tolist()
        done = subprocess.run(
            [sys.executable, "-c", code], input=json.dumps([raw, features]),
            capture_output=True, text=True, check=True, cwd=self.get_temp_dir(),
        )  # fmt: skip
        of_raw, of_features = json.loads(done.stdout)
        temperature = run.summary["calibration_temperature"]
        logits = outputs(run.model, data.test_images)
        for probabilities, label, name in (of_raw, of_features):
            self.assertAllClose(
                probabilities, tf.nn.softmax(logits / temperature), atol=2e-3
            )
            self.assertAllEqual(label, logits.argmax(axis=-1))
            self.assertEqual(name, [data.class_names[i] for i in label])
            accuracy = np.mean(np.array(label) == data.test_labels)
            self.assertAllClose(accuracy, run.summary["given_test_accuracy"])
        again = read_encoder(folder.encoder)
        self.assertEqual(again, data.encoder)


def check_tensorflow_lite(test, path, images):
    """A SavedModel converted is of builtin operations, and answers the same."""
    converter = tf.lite.TFLiteConverter.from_saved_model(
        str(path), signature_keys=["serving_default"]
    )
    interpreter = tf.lite.Interpreter(model_content=converter.convert())
    answer = interpreter.get_signature_runner("serving_default")(images=images)
    served = tf.saved_model.load(str(path)).signatures["serving_default"]
    expected = served(images=tf.constant(images))
    test.assertAllEqual(answer["label"], expected["label"])
    test.assertAllClose(answer["probabilities"], expected["probabilities"], atol=1e-4)


if __name__ == "__main__":
    tf.test.main()
