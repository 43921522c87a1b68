"""`lnl-sr export`: what it refuses, and the model card."""

import pathlib
import shutil
import tempfile

from absl.testing import absltest, parameterized
from helpers.command import call

from lnl_sr_tf.commands import export
from lnl_sr_tf.errors import InputError
from lnl_sr_tf.export.formats import FORMATS

KEPT = pathlib.Path(__file__).resolve().parents[1] / "data" / "kept_runs"
FINISHED = "digits-ce_sr-sym0.6-seed1-4354164d"
CUT = "digits-ce_sr-sym0.6-seed4-dd26954e"


class ExportCommandTest(parameterized.TestCase):
    def setUp(self):
        super().setUp()
        self.root = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        shutil.copytree(KEPT, self.root / "runs")

    def test_formats(self):
        self.assertEqual(export._FORMATS, (*FORMATS, "card"))
        self.assertEqual(export._names("onnx, card,onnx"), ["onnx", "card"])

    @parameterized.parameters(
        ("", "export takes --format=NAME, one or several of savedmodel, keras, "),
        (",", "export takes --format=NAME"),
        ("onxx", "--format=onxx: expected one or several of .*; did you mean onnx?"),
        ("onnx,pt", "--format=pt: expected one or several of savedmodel, .*, card$"),
    )
    def test_unknown_formats(self, given, words):
        with self.assertRaisesRegex(InputError, words):
            export._names(given)

    @parameterized.parameters("model.onnx", "a/b.tflite", "README.md")
    def test_output_is_a_folder(self, given):
        with self.assertRaisesRegex(InputError, f"--output={given}: expected a folder"):
            export._output(given)

    def test_output_that_is_a_file(self):
        path = self.root / "file"
        path.touch()
        with self.assertRaisesRegex(InputError, "expected a folder"):
            export._output(str(path))

    @parameterized.parameters(
        (CUT, "card", r"is not finished \(4 of 9 epochs"),
        (CUT, "keras", r"is not finished \(4 of 9 epochs"),
        ("nothing", "card", "there is no run"),
    )
    def test_runs_that_cannot_be_exported(self, name, made, words):
        path = self.root / "runs" / name
        status, out, err = call("export", str(path), f"--format={made}")
        self.assertEqual((status, out), (2, ""))
        self.assertRegex(err, words)
        self.assertEqual(err.count("\n"), 1)

    def test_card_of_a_run_of_an_earlier_version(self):
        path = self.root / "runs" / FINISHED
        card = path / "README.md"
        self.assertEqual(
            call("export", str(path), "--format=card"), (0, f"{card}\n", "")
        )
        written = card.read_text("utf-8")
        self.assertIn("# digits, ce\\_sr, noise sym 0.6", written)
        # Again, the same; but not over what somebody wrote.
        self.assertEqual(call("export", str(path), "--format=card")[0], 0)
        card.write_text("license: mit\n")
        status, _, err = call("export", str(path), "--format=card")
        self.assertEqual(status, 2)
        self.assertIn("README.md is there and says something else", err)
        self.assertEqual(card.read_text(), "license: mit\n")
        output = self.root / "elsewhere" / "hub"
        (path / "figures").mkdir()
        (path / "figures" / "curves.png").write_bytes(b"a picture")
        (path / "figures" / "samples.png").write_bytes(b"somebody's pictures")
        status, out, _ = call(
            "export", str(path), "--format=card", f"--output={output}"
        )
        self.assertEqual((status, out), (0, f"{output / 'README.md'}\n"))
        self.assertIn("](figures/curves.png)", (output / "README.md").read_text())
        self.assertEqual(
            [one.name for one in (output / "figures").iterdir()], ["curves.png"]
        )


if __name__ == "__main__":
    absltest.main()
