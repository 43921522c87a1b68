"""An import goes down a floor, or sideways inside one package; see BUILD.md."""

import ast
import pathlib

from absl.testing import absltest, parameterized

PACKAGE = pathlib.Path(__file__).resolve().parent.parent / "lnl_sr_tf"
FLOORS = {
    "__main__": 6,
    "cli": 6,
    "commands": 6,
    "python": 6,
    "reporting": 5,
    "auditing": 5,
    "sweep": 5,
    "tuning": 5,
    "experiment": 4,
    "training": 3,
    "analysis": 3,
    "export": 3,
    "backbones": 3,
    "runs": 2,
    "devices": 2,
    "datasets": 2,
    "models": 2,
    "callbacks": 2,
    "losses": 1,
    "layers": 1,
    "metrics": 1,
    "noise": 1,
    "votes": 1,
    "config": 1,
    "duration": 0,
    "interruption": 0,
    "schedules": 0,
    "shown": 0,
    "errors": 0,
    "files": 0,
    "loss_names": 0,
    "predictions": 0,
    "quiet": 0,
    "types": 0,
    "validation": 0,
}
# One may use the other, on the same floor: the command line is made of commands, and a
# file that cannot be written is an error.
SIDEWAYS = {
    ("auditing", "reporting"),
    ("tuning", "reporting"),
    ("__main__", "cli"),
    ("cli", "commands"),
    ("runs", "datasets"),
    ("export", "backbones"),
    ("devices", "datasets"),
    ("validation", "errors"),
    ("files", "errors"),
    ("predictions", "types"),
}
# What a room may import from outside, where that is limited.
ALLOWED = {
    "losses": {"keras", "numpy"},  # numpy for constants
    "layers": {"keras", "tensorflow"},  # where the backend is TensorFlow
    "metrics": {"keras"},
    "models": {"keras", "numpy"},
    "callbacks": {"keras", "tensorboard"},
    "noise": {"numpy"},
    "votes": {"numpy", "scipy"},
    "config": set(),
    "schedules": set(),
    "errors": set(),
    "shown": set(),
    "loss_names": set(),
    "predictions": {"keras"},
    "duration": set(),
    "interruption": set(),
    "quiet": {"tensorflow"},  # inside a function, for a quiet start
    "types": set(),
    "validation": {"numpy"},
    "cli": {"absl"},
    "commands": set(),
}
STANDARD = {
    "ast", "collections", "concurrent", "contextlib", "csv", "dataclasses", "datetime",
    "difflib",
    "enum", "functools", "hashlib", "html",
    "importlib", "inspect", "itertools", "json", "logging", "math", "numbers", "os",
    "pathlib", "platform", "queue", "random", "re", "shlex", "shutil", "signal",
    "socket", "statistics", "subprocess", "sys", "tempfile", "textwrap", "threading",
    "time", "tomllib", "types", "typing", "warnings", "zipfile", "zlib",
}  # fmt: skip
FILES = sorted(
    str(path.relative_to(PACKAGE))
    for path in PACKAGE.rglob("*.py")
    if path != PACKAGE / "__init__.py"
)

COMMANDS = [file for file in FILES if file.startswith("commands/")]


def room_of(relative):
    return relative.split("/")[0].removesuffix(".py")


def imports(relative, top_level_only=False):
    """(rooms of this package, outside packages) that a file imports."""
    tree = ast.parse((PACKAGE / relative).read_text("utf-8"))
    nodes = tree.body if top_level_only else list(ast.walk(tree))
    rooms, outside = set(), set()
    for node in nodes:
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{relative}: relative import"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        for name in names:
            parts = name.split(".")
            if parts[0] == "lnl_sr_tf" and len(parts) > 1 and parts[1] in FLOORS:
                rooms.add(parts[1])
            elif parts[0] != "lnl_sr_tf":
                outside.add(parts[0])
    return rooms, outside


class LayeringTest(parameterized.TestCase):
    def test_every_room_has_a_floor(self):
        self.assertEqual({room_of(file) for file in FILES}, set(FLOORS))

    @parameterized.parameters(*FILES)
    def test_imports_go_down(self, file):
        room = room_of(file)
        for other in imports(file)[0] - {room}:
            if (room, other) not in SIDEWAYS:
                self.assertLess(FLOORS[other], FLOORS[room], f"{file} imports {other}")

    @parameterized.parameters(*[f for f in FILES if room_of(f) in ALLOWED])
    def test_outside_packages(self, file):
        unexpected = imports(file)[1] - STANDARD - ALLOWED[room_of(file)]
        self.assertEmpty(unexpected, f"{file} imports {unexpected}")

    def test_command_line_imports_tensorflow_late(self):
        for file in ("cli.py", "__init__.py", *COMMANDS):
            self.assertEmpty(
                imports(file, top_level_only=True)[1] & {"tensorflow", "keras"}
            )

    def test_tfds_only_in_datasets(self):
        for file in FILES:
            if "tensorflow_datasets" in imports(file)[1]:
                self.assertEqual(room_of(file), "datasets")


if __name__ == "__main__":
    absltest.main()
