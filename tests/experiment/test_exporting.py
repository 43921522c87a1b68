"""A finished run in other formats: what is written, told, compared and refused."""

import pathlib
import tempfile
from unittest import mock

import keras
import numpy as np
import tensorflow as tf
from absl.testing import parameterized
from helpers import extras
from helpers.quick_runs import one_layer_networks

from lnl_sr_tf import config, datasets, experiment
from lnl_sr_tf.analysis import run_figures
from lnl_sr_tf.datasets.features.table_encoder import (
    CategoryColumn,
    NumberColumn,
    TableEncoder,
)
from lnl_sr_tf.errors import InputError, RunError
from lnl_sr_tf.experiment import exporting, served_examples
from lnl_sr_tf.experiment.finished_run import FinishedRun
from lnl_sr_tf.export import to_keras
from lnl_sr_tf.export.formats import FORMATS
from lnl_sr_tf.runs.folder import RunFolder


def trained(root, **settings):
    """A run of one layer with a SavedModel."""
    figures = dict.fromkeys(("curves", "samples", "per_class"), mock.DEFAULT)
    with one_layer_networks(), mock.patch.multiple(run_figures, **figures):
        made = config.resolve(
            {"loss": "ce_sr", "epochs": 1, "output_dir": str(root)} | settings
        )
        return experiment.run(made, lambda line: None).path


class ExportingTest(tf.test.TestCase, parameterized.TestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.root = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        cls.path = trained(cls.root / "images")

    def setUp(self):
        super().setUp()
        # Each has a place of its own, and none writes into the run's folder.
        self.output = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.lines = []

    def export(self, *names, examples=50, path=None):
        return exporting.export(
            FinishedRun(path or self.path),
            names,
            self.output / "out",
            examples,
            self.lines.append,
        )

    def served(self, path):
        """(the probabilities of the run's SavedModel, the test images)."""
        images = datasets.load("digits").test_images
        serve = tf.saved_model.load(str(path / "saved_model"))
        answer = serve.signatures["serving_default"](images=tf.constant(images))
        return answer["probabilities"], images

    def test_saved_model_and_keras(self):
        written = self.export("savedmodel", "keras")
        self.assertEqual(
            written, [self.output / "out/saved_model", self.output / "out/model.keras"]
        )
        expected, images = self.served(self.path)
        again, _ = self.served(self.output / "out")
        self.assertAllEqual(again, expected)
        model = keras.models.load_model(written[1])
        self.assertAllClose(model(images), expected, atol=1e-5)
        self.assertCountEqual(
            [path.name for path in (self.output / "out").iterdir()],
            ["saved_model", "model.keras"],
        )
        (first, where, second, _) = self.lines
        self.assertRegex(
            first,
            r"^SavedModel: accuracy \d+\.\d\d % on 50 test examples \(test set, clean "
            r"labels\), the SavedModel's .* %; 0 labelled otherwise; largest "
            r"difference of a probability 0\.0e\+00$",
        )
        self.assertRegex(second, "^Keras: .* 0 labelled otherwise")
        self.assertEqual(where, str(written[0]))

    def test_default_is_in_the_run(self):
        self.assertEqual(RunFolder(self.path).exports, self.path / "export")
        with mock.patch.object(exporting, "_one") as one:
            exporting.export(FinishedRun(self.path), ["keras"], examples=0)
        self.assertEqual(one.call_args.args[2], self.path / "export")

    def test_takes_the_place_of_what_it_wrote_and_of_nothing_else(self):
        self.export("savedmodel", "keras", examples=0)
        written = [
            self.output / "out" / FORMATS[n].file for n in ("savedmodel", "keras")
        ]
        self.assertEqual(self.lines, [str(path) for path in written])
        before = written[1].read_bytes()
        with self.assertRaisesRegex(InputError, "model.keras is there already; move"):
            self.export("keras", examples=0)
        self.assertEqual(written[1].read_bytes(), before)
        run = FinishedRun(self.path)
        # The run's own network has this name.
        with self.assertRaisesRegex(InputError, "model.keras is there already"):
            exporting.export(run, ["keras"], self.path, 0, print)
        with mock.patch.object(run.folder, "exports", self.output / "out"):
            exporting.export(run, ["keras"], None, 0, self.lines.append)

    def test_what_says_something_else_is_not_kept(self):
        with (
            mock.patch.object(exporting, "_temperature", return_value=7.0),
            self.assertRaisesRegex(
                RunError,
                r"out/model\.keras was not kept: it says something else than the "
                r"SavedModel of .*; probabilities differ by up to 0\.\d+, expected at "
                r"most 0\.002$",
            ),
        ):
            self.export("keras")
        self.assertEmpty(list((self.output / "out").iterdir()))

    def test_what_cannot_be_written(self):
        with (
            mock.patch.object(
                to_keras, "of_own_layers", side_effect=ValueError("a\nb")
            ),
            self.assertRaisesRegex(RunError, "cannot be written as Keras: a b$"),
        ):
            self.export("keras")
        self.assertEmpty(list((self.output / "out").iterdir()))

    @parameterized.parameters(
        ("litert", "ai_edge_litert", "ai-edge-litert"),
        ("onnx", "tf2onnx", "tf2onnx"),
        ("onnx", "onnxruntime", "onnxruntime"),
    )
    def test_missing_packages(self, name, missing, words):
        def find_spec(module):
            return None if module == missing else object()

        with (
            mock.patch("importlib.util.find_spec", find_spec),
            self.assertRaisesRegex(
                InputError,
                f"^--format={name} needs {words}, which is not installed: pip install "
                rf'"lnl-sr-tf\[{name}\]"$',
            ),
        ):
            self.export(name)

    def test_another_backend(self):
        with (
            mock.patch.object(keras.backend, "backend", return_value="jax"),
            self.assertRaisesRegex(
                InputError, "KERAS_BACKEND=jax: expected tensorflow"
            ),
        ):
            self.export("keras")

    def test_written_again_where_the_saved_model_cannot_be_converted(self):
        run = FinishedRun(self.path)
        record = run.folder.config() | {"backend": "jax"}
        with (
            mock.patch.object(run.folder, "config", return_value=record),
            exporting._saved_models(run) as (reference, source),
        ):
            self.assertEqual(reference, run.folder.saved_model)
            again, _ = self.served(source.parent)
        expected, _ = self.served(self.path)
        self.assertNotEqual(source, reference)
        self.assertAllClose(again, expected, atol=1e-5)

    def test_texts_take_features(self):
        path = self.output / "texts.csv"
        rows = [f"{['good', 'bad'][i % 2]} film {i},{'pn'[i % 2]}" for i in range(60)]
        path.write_text("\n".join(["text,label", *rows]) + "\n")
        run = trained(self.output / "runs", dataset=str(path))
        self.export("keras", path=run)
        self.assertEqual(
            self.lines[1],
            "model.keras takes features, as the signature `features` of the "
            "SavedModel does: Keras cannot carry what makes them of texts, which "
            "saved_model/ does",
        )
        self.assertIn("held-out part, given labels", self.lines[0])

    def test_all_formats(self):
        extras.need(self, "ai_edge_litert", "tf2onnx", "onnxruntime")
        written = self.export("litert", "onnx")
        self.assertEqual(
            [path.name for path in written], ["model.tflite", "model.onnx"]
        )
        self.assertRegex(self.lines[0], "^LiteRT: .* 0 labelled otherwise")
        self.assertRegex(self.lines[2], "^ONNX: .* 0 labelled otherwise")


class ServedExamplesTest(parameterized.TestCase):
    @parameterized.parameters((9, 3, [0, 4, 8]), (2, 5, [0, 1]), (1, 1, [0]))
    def test_spread(self, count, most, places):
        self.assertEqual(served_examples.spread(count, most).tolist(), places)

    def test_rows_of_a_table(self):
        columns = (
            CategoryColumn("größe", "groe", ("a",), other=True, missing=False),
            NumberColumn("mean age", "mean_age", 1.0, indicated=True),
        )
        dataset = mock.Mock(
            encoder=TableEncoder(columns),
            columns=("mean age", "größe"),
            test_originals=np.array([["1,5", "a"], ["?", "b"], ["3", " c"]]),
        )
        found = served_examples.raw(dataset, np.array([1, 2]), ["groe", "mean_age"])
        self.assertEqual(found["groe"].tolist(), ["b", " c"])
        np.testing.assert_array_equal(found["mean_age"], np.float32([np.nan, 3]))

    def test_images_that_features_were_made_of(self):
        originals = np.arange(16, dtype=np.uint8).reshape(4, 2, 2, 1)
        dataset = mock.Mock(
            encoder=None, test_originals=originals, test_images=np.zeros((4, 3))
        )
        found = served_examples.raw(dataset, np.array([3, 0]), ["images"])
        np.testing.assert_array_equal(found["images"], originals[[3, 0]])
        found = served_examples.features(dataset, np.array([0]))
        self.assertEqual((found.shape, found.dtype), ((1, 3), np.float32))


if __name__ == "__main__":
    tf.test.main()
