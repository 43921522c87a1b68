"""What others can do with what a run leaves."""

import json
import pathlib
import subprocess
import sys

import keras
import numpy as np
import tensorflow as tf
from command import call
from made_data import deep_png
from PIL import Image

from lnl_sr_tf import datasets, export
from lnl_sr_tf.run_folder import RunFolder


class ExportTest(tf.test.TestCase):
    """One run, and what others can do with what it leaves."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        out_dir = pathlib.Path(cls().get_temp_dir()) / "export"
        status, _, _ = call(
            "--epochs=3", "--loss=ce_sr", "--lambda_every=1", "--noise=none",
            f"--output_dir={out_dir}",
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
        logits = model.predict(self.data.test_images, verbose=0, batch_size=360)
        self.assertAllEqual(served["label"], logits.argmax(axis=-1))
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


if __name__ == "__main__":
    tf.test.main()
