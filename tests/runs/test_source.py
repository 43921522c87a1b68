"""Which commit the code is of."""

import pathlib
import subprocess
import tempfile
from unittest import mock

from absl.testing import absltest, parameterized

from lnl_sr_tf.runs import source


class CommitTest(parameterized.TestCase):
    def setUp(self):
        super().setUp()
        self.root = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.enterContext(mock.patch.object(source, "_ROOT", self.root))
        self.run = self.enterContext(mock.patch.object(subprocess, "run"))
        self.run.return_value.stdout = "98cf3c0-dirty\n"
        source.commit.cache_clear()
        self.addCleanup(source.commit.cache_clear)

    def test_of_a_checkout(self):
        (self.root / ".git").write_text("gitdir: elsewhere")  # as in a worktree
        self.assertEqual(source.commit(), "98cf3c0-dirty")
        self.run.return_value.stdout = "0a1b2c3\n"
        self.assertEqual(source.commit(), "98cf3c0-dirty")
        self.assertEqual(self.run.call_args.kwargs["cwd"], self.root)

    def test_of_an_installed_package(self):
        """The folder above may be a checkout, but of another project."""
        self.assertIsNone(source.commit())
        self.run.assert_not_called()

    @parameterized.parameters(
        FileNotFoundError(), subprocess.CalledProcessError(128, "git"),
        subprocess.TimeoutExpired("git", 10),
    )  # fmt: skip
    def test_where_git_cannot_tell(self, error):
        (self.root / ".git").mkdir()
        self.run.side_effect = error
        self.assertIsNone(source.commit())


if __name__ == "__main__":
    absltest.main()
