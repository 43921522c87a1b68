"""Files of settings: their lines, their order, and what is refused."""

import os
import pathlib
import tempfile

from absl.testing import absltest, parameterized
from helpers.command import call

from lnl_sr_tf import config
from lnl_sr_tf.errors import InputError


class FlagfilesTest(parameterized.TestCase):
    def setUp(self):
        super().setUp()
        self.root = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))

    def file(self, name, content):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def test_lines(self):
        path = self.file(
            "x.flags",
            "\ufeff# first\n\n--loss=ce\n  --noise=none \r\n// last\n--resume\n"
            "--noflip\n--nesterov=false\n--loss_args=a=1,b=2\n--data_dir=",
        )
        self.assertEqual(
            config.expand([f"--flagfile={path}"]),
            ["--loss=ce", "--noise=none", "--resume=true", "--flip=false",
             "--nesterov=false", "--loss_args=a=1,b=2", "--data_dir="],
        )  # fmt: skip

    @parameterized.parameters(
        (
            ["--seed=1", "--flagfile=F", "--rate=0"],
            ["--seed=1", "--seed=2", "--rate=0"],
        ),
        (["-flagfile=F"], ["--seed=2"]),
        (["--flagfile", "F", "--seed", "3"], ["--seed=2", "--seed", "3"]),
        (["--", "--flagfile=F"], ["--", "--flagfile=F"]),
        (["--flagfiles=F"], ["--flagfiles=F"]),
    )
    def test_stands_where_it_is_named(self, arguments, expected):
        path = str(self.file("x.flags", "--seed=2"))
        arguments, expected = (
            [text.replace("F", path) for text in texts]
            for texts in (arguments, expected)
        )
        self.assertEqual(config.expand(arguments), expected)

    def test_nested_files_are_relative_to_the_one_that_names_them(self):
        path = self.file("x.flags", "--seed=1\n--flagfile=sub/y.flags\n--rate=0.1")
        self.file("sub/y.flags", "--flagfile=../z.flags\n--seed=2")
        self.file("z.flags", "--rate=0.3")
        expected = ["--seed=1", "--rate=0.3", "--seed=2", "--rate=0.1"]
        self.assertEqual(config.expand([f"--flagfile={path}"]), expected)
        self.assertEqual(config.expand([f"--flagfile={path}"] * 2), expected * 2)

    @parameterized.parameters(
        ("loss=ce", "x.flags, line 2: expected --name=value; received 'loss=ce'"),
        ("-loss=ce", "line 2: expected --name=value; received '-loss=ce'"),
        ("--loss", "line 2: expected --name=value; received '--loss'"),
        ("--flagfile", "line 2: expected --name=value; received '--flagfile'"),
        ("--", "line 2: expected --name=value; received '--'"),
        ("--=1", "line 2: expected --name=value; received '--=1'"),
        ("import os", "line 2: expected --name=value; received 'import os'"),
        ("--los=ce", "line 2: unknown setting --los; did you mean --loss?"),
        ("--nolos", "line 2: unknown setting --nolos; did you mean --loss?"),
        ("--noloss", "line 2: unknown setting --noloss; did you mean --loss?"),
        ("--noresume=1", "line 2: unknown setting --noresume; did you mean --resume?"),
        ("--undefok=los", "line 2: unknown setting --undefok"),
        ("--help", "line 2: unknown setting --help"),
        ("--flagfile=", "x.flags: '': expected the name of a file"),
        ("--flagfile=gone", "x.flags: '.*gone': there is no such file"),
        ("--flagfile=.", "x.flags: '.*' cannot be read: Is a directory"),
        ("--flagfile=a\0b", "x.flags: .*: no file can have this name"),
        ("--flagfile=x.flags", "in a circle: .*x.flags > .*x.flags; remove"),
        ("--flagfile=y.flags", "in a circle: .*x.flags > .*y.flags > .*link.flags"),
        ("--flagfile=./y.flags", "in a circle: .*x.flags > .*/./y.flags > "),
        ("--flagfile=deep0.flags", "at most 20 that name one another in turn"),
        ("--flagfile=twice0.flags", "at most 1000000 bytes of flagfiles"),
        (b"--data_dir=\xff", "x.flags is not UTF-8 text"),
        ("#" * 10**6, "at most 1000000 bytes of flagfiles"),
    )  # fmt: skip
    def test_refused(self, line, message):
        line = line if isinstance(line, bytes) else line.encode()
        path = self.file("x.flags", b"--seed=1\n" + line + b"\n")
        self.file("y.flags", "--flagfile=link.flags")
        os.symlink("x.flags", self.root / "link.flags")
        for i in range(30):
            self.file(f"deep{i}.flags", f"--flagfile=deep{i + 1}.flags\n")
        # Read each of two times by the one before: 2^18 times in the end.
        for i in range(18):
            self.file(f"twice{i}.flags", f"--flagfile=twice{i + 1}.flags\n" * 2)
        self.file("twice18.flags", "#")
        with self.assertRaisesRegex(InputError, message) as caught:
            config.expand([f"--flagfile={path}"])
        self.assertNotIn("\n", str(caught.exception))

    @parameterized.parameters(
        (["--flagfile"], "--flagfile=: expected the name of a file"),
        (["--flagfile="], "--flagfile=: expected the name of a file"),
        (["--flagfile=gone.flags"], "--flagfile=gone.flags: there is no such file"),
        (["--flagfile=/"], "--flagfile=/ cannot be read: Is a directory"),
        (["--flagfile=/dev/zero"], "at most 1000000 bytes of flagfiles"),
        (["--flagfile=a\ud800"], "no file can have this name"),
    )
    def test_refused_on_the_command_line(self, arguments, message):
        with self.assertRaisesRegex(InputError, message):
            config.expand(arguments)

    def test_the_command_says_it_in_one_line(self):
        path = self.file("x.flags", "--loss=ce\n--epoch=3\n")
        status, _, err = call(f"--flagfile={path}")
        self.assertEqual(status, 2)
        self.assertEqual(
            err,
            f"lnl-sr: {path}, line 2: unknown setting --epoch; did you mean "
            "--epochs?\n",
        )

    def test_later_wins(self):
        path = self.file("x.flags", "--rate=2\n")
        self.assertIn("--rate=3", call(f"--flagfile={path}", "--rate=3")[2])
        self.assertIn("--rate=2", call("--rate=3", f"--flagfile={path}")[2])


if __name__ == "__main__":
    absltest.main()
