"""Every script of this folder runs, in short form, and comes to what it should.

pip install -e ".[test,examples]"
python -m pytest examples
"""

import os
import pathlib
import runpy
import sys
import tempfile
from unittest import mock

import jupytext
import matplotlib
import numpy as np
from absl.testing import absltest, parameterized
from matplotlib import pyplot

HERE = pathlib.Path(__file__).resolve().parent
SCRIPTS = sorted(p.stem for p in HERE.glob("*.py") if not p.stem.startswith("test_"))


class ExamplesTest(parameterized.TestCase):
    def setUp(self):
        super().setUp()
        place = self.enterContext(tempfile.TemporaryDirectory())
        self.addCleanup(os.chdir, os.getcwd())
        os.chdir(place)
        # In child processes too, from any folder.
        paths = [str(HERE.parent), *filter(None, [os.environ.get("PYTHONPATH")])]
        short = {"LNL_SR_SHORT": "1", "PYTHONPATH": os.pathsep.join(paths)}
        self.enterContext(mock.patch.dict(os.environ, short))
        matplotlib.use("agg")

    def result(self, name):
        """The names of a script after its end."""
        self.addCleanup(pyplot.close, "all")
        return runpy.run_path(str(HERE / f"{name}.py"))

    def test_keras_models(self):
        made = self.result("keras_models")
        self.assertLen(made["curves"], 4)
        self.assertIsInstance(
            made["loaded"].loss, made["lnl"].losses.SparseRegularization
        )

    def test_training_script(self):
        made = self.result("training_script")
        self.assertTrue(np.isfinite(made["loss"]))
        accuracy, memorised = made["measure"]()
        self.assertGreater(accuracy, memorised)

    def test_segmentation(self):
        made = self.result("segmentation")
        for values in made["curves"].values():
            self.assertTrue(np.all(np.isfinite(values)))
        shown = made["robust"].predict(made["test_images"][:2], verbose=0)
        self.assertEqual(shown.shape, (2, 32, 32, 3))

    def test_audit_beside_cleanlab(self):
        made = self.result("audit_beside_cleanlab")
        low, high = made["found"].noise_rate_interval
        self.assertBetween(made["wrong"].mean(), low, high)
        score, _ = made["results"]["lnl.audit"]
        self.assertGreater(made["roc_auc_score"](made["wrong"], score), 0.95)

    def test_photographs(self):
        made = self.result("photographs")
        self.assertLen(made["accuracy"], 3)
        self.assertTrue((made["run"] / "audit.html").is_file())

    def test_embeddings_and_text(self):
        made = self.result("embeddings_and_text")
        self.assertIn(str(made["run"].predict(["A text."])[0]), made["MODULES"])

    def test_each_has_a_test(self):
        for name in SCRIPTS:
            self.assertTrue(hasattr(self, f"test_{name}"), name)

    @parameterized.parameters(*SCRIPTS)
    def test_is_a_notebook_with_a_title(self, name):
        cells = jupytext.read(HERE / f"{name}.py").cells
        self.assertEqual(cells[0].cell_type, "markdown")
        self.assertStartsWith(cells[0].source, "# ")


if __name__ == "__main__":
    sys.exit(absltest.main())
