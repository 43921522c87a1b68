"""The model card of a run: metadata that the hub reads, and what the page says."""

import json
import pathlib
import tempfile

import yaml
from absl.testing import absltest, parameterized

from lnl_sr_tf import config
from lnl_sr_tf.runs import model_card
from lnl_sr_tf.runs.folder import RunFolder

DONE = {
    "test_accuracy": 0.9125,
    "best_test_accuracy": 0.925,
    "best_epoch": 2,
    "noise_rate": 0.5998,
    "epochs": 3,
    "finished": True,
    "test_labels": "clean",
    "class_accuracy": {"a": 0.5, "b": None},
    "calibration_temperature": 0.25,
    "calibrated_on": "test set",
    "calibration_error": 0.5,
    "calibrated_error": 0.0125,
    "saved_model": True,
}
OWN = DONE | {
    "test_accuracy": None,
    "best_test_accuracy": None,
    "given_test_accuracy": 0.75,
    "best_given_test_accuracy": 0.75,
    "noise_rate": None,
    "test_labels": "held out",
    "calibration_error": None,
    "calibrated_error": None,
    "lost_classes": ["b"],
}
MORE = {
    "class_names": ["a", "b"],
    "image_shape": [8, 8, 1],
    "data_kind": "images",
    "versions": {"python": "3.11", "lnl_sr_tf": "0.1.0"},
}


class ModelCardTest(parameterized.TestCase):
    def card(self, settings, summary, record=None, figures=()):
        """(metadata, page) of a run's card."""
        folder = RunFolder(self.enterContext(tempfile.TemporaryDirectory()))
        made = config.resolve({"loss": "ce_sr"} | settings)
        folder.write_config(made.as_dict() | MORE | (record or {}))
        written = model_card.text(folder, summary, figures)
        empty, head, page = written.split("---\n", 2)
        self.assertEqual(empty, "")
        self.assertIn("# The licence is yours to choose", head)
        return yaml.safe_load(head), page

    def test_of_published_data(self):
        head, page = self.card({"dataset": "mnist", "epochs": 3}, DONE)
        self.assertEqual(head["datasets"], ["mnist"])
        self.assertEqual(head["library_name"], "keras")
        self.assertEqual(head["pipeline_tag"], "image-classification")
        self.assertEqual(head["metrics"], ["accuracy"])
        self.assertIn("sparse-regularization", head["tags"])
        self.assertNotIn("license", head)
        (model,) = head["model-index"]
        (result,) = model["results"]
        self.assertEqual(result["task"], {"type": "image-classification"})
        self.assertEqual(result["dataset"], {"name": "mnist", "type": "mnist"})
        self.assertEqual(
            result["metrics"],
            [
                {"type": "accuracy", "name": "accuracy on the clean test set",
                 "value": 0.9125},
                {"type": "expected_calibration_error", "value": 0.0125,
                 "name": "expected calibration error of the calibrated probabilities"},
            ],
        )  # fmt: skip
        for words in (
            "# mnist, ce\\_sr, noise sym 0.6\n",
            "59.98 % of the training labels are wrong, as drawn, made by the noise sym",
            "| epochs | 3 |\n\n",
            "Accuracy on the clean test set:\n",
            "| last epoch (3), which is what is saved | 91.25 % |",
            "| best epoch (2), chosen by this measure | 92.50 % |",
            "| a | 50.00 % |",
            "softmax(z / 0.25)",
            "0.5000 before, 0.0125 after",
            "uint8 from 0 to 255, shape (batch, 8, 8, 1)",
            "- Accuracy was measured on one test set.",
        ):
            self.assertIn(words, page)

    def test_by_the_recipe_alone(self):
        _, page = self.card({"dataset": "mnist"}, DONE)
        self.assertIn("All other settings are those of the recipe", page)

    def test_of_own_data(self):
        root = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        place = root / "my-secret-folder"
        path = place / "reviews.csv"
        place.mkdir()
        path.write_text("text,label\ngood,a\nbad,b\n")
        record = {
            "places": {"dataset": str(path)},
            "image_shape": [34],
            "data_kind": "text",
        }
        head, page = self.card({"dataset": str(path), "epochs": 7}, OWN, record)
        self.assertNotIn("datasets", head)
        self.assertEqual(head["pipeline_tag"], "text-classification")
        (metric,) = head["model-index"][0]["results"][0]["metrics"]
        self.assertEqual(
            metric["name"], "accuracy by the given labels of the held-out part"
        )
        self.assertEqual(metric["value"], 0.75)
        for words in (
            "| dataset | reviews (a file or folder of its owner) |",
            "Which of them are wrong is not known",
            "cannot be measured; this is by the given labels",
            "1 class never predicted: b",
            "| epochs | 7 |\n\n",
            "fitted on the held-out part, whose labels are as noisy",
            "for want of clean labels",
            "serve(texts=tf.constant(texts))",
            "labels that are as wrong as those of training",
        ):
            self.assertIn(words, page)
        # Where a file lies is nothing to those who get the model.
        self.assertNotIn("my-secret-folder", json.dumps(head) + page)

    @parameterized.named_parameters(
        ("images", {}, {}, "image-classification", "images=tf.constant(images)"),
        ("backbone", {"backbone": "keras:MobileNet", "weights": "imagenet"},
         {"image_shape": [1024], "data_kind": None}, "image-classification",
         "uint8 from 0 to 255, shape (batch, height, width, channels)"),
        ("table", {}, {"image_shape": [4], "data_kind": "table"},
         "tabular-classification", "serve(**columns)"),
        ("features", {}, {"image_shape": [4], "data_kind": "features"},
         "tabular-classification", "features, float32, shape (batch, 4)"),
        ("without_a_kind", {}, {"data_kind": None}, "image-classification",
         "shape (batch, 8, 8, 1)"),
    )  # fmt: skip
    def test_what_it_takes(self, settings, record, task, words):
        head, page = self.card(settings, DONE, record)
        self.assertEqual(head["pipeline_tag"], task)
        self.assertIn(words, page)

    @parameterized.parameters(
        ({"noise_rate": 0.0}, "None: the training labels are the clean ones"),
        ({"calibrated_on": None}, "not calibrated"),
        ({"calibrated_on": "validation"}, "part that was kept for validation"),
        ({"more_test_accuracy": {"second": 0.5}}, "test set second | 50.00 %"),
        ({"validation_accuracy": 0.4}, "kept for validation | 40.00 %"),
        ({"test_labels": "given"}, "by labels that nobody has checked"),
    )
    def test_what_a_summary_tells(self, more, words):
        _, page = self.card({}, DONE | more)
        self.assertIn(words, page)

    def test_without_a_saved_model(self):
        _, page = self.card({}, DONE | {"saved_model": False})
        self.assertNotIn("tf.saved_model", page)

    def test_names_from_strangers(self):
        names = ["a|b", "<b>", "x\ny", "`rm`", "[l](u)", "\x85 ---", "* c"]
        record = {"class_names": names}
        accuracy = dict.fromkeys(names, 0.5)
        head, page = self.card({}, DONE | {"class_accuracy": accuracy}, record)
        self.assertEqual(head["metrics"], ["accuracy"])
        self.assertIn("| a\\|b | 50.00 % |", page)
        self.assertIn("| &lt;b&gt; | 50.00 % |", page)
        self.assertIn("| x y | 50.00 % |", page)
        self.assertIn("\\`rm\\`", page)
        self.assertIn("\\[l\\](u)", page)

    def test_yaml_of_any_text(self):
        texts = ["a: b", "- x", "\x00\x7f\x85\u2028", "🙂 ä", "#", "'\"\\", "null", ""]
        content = {"k": [{"v": text, "w": [text]} for text in texts], "n": 1.5}
        lines = "\n".join(model_card.metadata._yaml(content))
        self.assertEqual(yaml.safe_load(lines), content)

    def test_many_classes(self):
        names = [f"c{i}" for i in range(30)]
        accuracy = {name: i / 30 for i, name in enumerate(names)}
        record = {"class_names": names}
        _, page = self.card({}, DONE | {"class_accuracy": accuracy}, record)
        self.assertIn("The 5 classes of 30 with the lowest accuracy", page)
        self.assertIn("| c4 | 13.33 % |\n\n", page)
        self.assertIn("c19 and 10 more, all in config.json", page)

    def test_figures(self):
        _, page = self.card({}, DONE, figures=["samples.png", "curves.png"])
        self.assertIn("![Loss and accuracy over the epochs](figures/curves.png)", page)
        self.assertNotIn("samples.png", page)
        self.assertNotIn("## Figures", self.card({}, DONE)[1])


if __name__ == "__main__":
    absltest.main()
