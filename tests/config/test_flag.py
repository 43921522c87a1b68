"""What a flag is follows from the field of its setting, and what it takes from that."""

import dataclasses
from typing import ClassVar

import tensorflow as tf
from absl.testing import parameterized

from lnl_sr_tf import commands, config
from lnl_sr_tf.config.data_settings import DataSettings, NoiseSettings
from lnl_sr_tf.config.flag import Flag, inside, only_for
from lnl_sr_tf.config.method_settings import MethodSettings
from lnl_sr_tf.config.setting import RECIPE, flags_of, setting
from lnl_sr_tf.config.training_settings import RunSettings, TrainingSettings
from lnl_sr_tf.errors import InputError

GROUPS = (
    (DataSettings, "Data"),
    (NoiseSettings, "Label noise"),
    (MethodSettings, "Method"),
    (TrainingSettings, "Training"),
    (RunSettings, "Run"),
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Near:
    """Settings to look at."""

    GROUP: ClassVar[str] = "Near"

    share: float | None = setting(None, "a share (default: none)", interval="(0, 1]")
    parts: dict[str, float] = setting(RECIPE, "parts")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Far(Near):
    """More of them, under another heading."""

    GROUP: ClassVar[str] = "Far"

    on: bool = setting(True, "whether it is on", only=only_for("kind", "a", "b"))


class FieldTest(tf.test.TestCase, parameterized.TestCase):
    def test_kind_and_group_are_those_of_field_and_class(self):
        found = flags_of(Far)
        self.assertEqual(
            [(flag.name, flag.kind, flag.group) for flag in found.values()],
            [("share", float, "Near"), ("parts", dict, "Near"), ("on", bool, "Far")],
        )

    @parameterized.parameters(*GROUPS)
    def test_groups_of_the_help(self, cls, group):
        for field in dataclasses.fields(cls):
            self.assertEqual(config.FIELDS[field.name].group, group)
            self.assertEqual(config.FIELDS[field.name].default, field.default)

    @parameterized.parameters(
        ("share", "a share, in (0, 1] (default: none)"),
        ("parts", "parts (default: the recipe's)"),
        ("on", "whether it is on; for --kind=a or --kind=b (default: true)"),
    )
    def test_help(self, name, expected):
        self.assertEqual(flags_of(Far)[name].help(), expected)

    def test_help_with_another_default(self):
        flag = flags_of(Far)["share"]
        self.assertEqual(flag.help("0.5"), "a share, in (0, 1] (default: 0.5)")

    def test_every_flag_says_its_default(self):
        options = [o for name in commands.NAMES for o in commands.load(name).OPTIONS]
        for flag in (*config.FIELDS.values(), *options):
            self.assertRegex(flag.help(), r" \(default: .+\)", flag.name)
            self.assertNotIn("None", flag.help())
            self.assertNotIn("default: )", flag.help())
        # Only what a recipe has may be said to be its.
        for name in ("task", "devices", "rate_estimate", "weights", "open_set"):
            self.assertNotIn("the recipe's", config.meaning(name))


class ParseTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.parameters(
        (int, "3", 3),
        (int, 3.0, 3),
        (float, "1e-3", 1e-3),
        (bool, "TRUE", True),
        (bool, "0", False),
        (str, "x", "x"),
        (dict, "a=1,b=true,c=0.5", {"a": 1, "b": True, "c": 0.5}),
        (dict, {"a": 1}, {"a": 1}),
    )
    def test_values(self, kind, given, expected):
        found = Flag("x", kind, None, "it").parse(given)
        self.assertEqual(found, expected)
        self.assertIs(type(found), kind)

    @parameterized.parameters(
        (dict(kind=int), "2.5", "--x=2.5: expected a whole number$"),
        (dict(kind=int), True, "--x=True: expected a whole number$"),
        (dict(kind=int, interval="[1, inf)"), "0", "expected a whole number from 1$"),
        (dict(kind=int, interval="[1, 9]"), "0", r"a whole number in \[1, 9\]$"),
        (dict(kind=float, interval="(0, 1]"), 0, r"expected a number in \(0, 1\]$"),
        (dict(kind=float, interval="(0, 1]"), "nan", "expected a number in"),
        (dict(kind=bool), "yes", "expected true or false$"),
        (dict(kind=str), "", "--x=: expected text$"),
        (dict(kind=str), "a\0", "expected text$"),
        (dict(kind=dict), "a", "expected name=value,name=value"),
        (dict(kind=str, choices=("drop",)), "dropp", "one of drop; did you mean drop?"),
        (
            dict(kind=str, choices=("a",), files=(".csv",)),
            "b",
            "one of a, or a file that ends in .csv$",
        ),
    )
    def test_refused(self, rules, given, message):
        with self.assertRaisesRegex(InputError, message):
            Flag("x", default=None, meaning="it", **rules).parse(given)

    def test_text_may_be_empty_where_that_is_the_default(self):
        self.assertEqual(Flag("out", str, "", "a file").parse(""), "")

    @parameterized.parameters(
        ("[0, 0.5)", 0, True),
        ("[0, 0.5)", 0.5, False),
        ("(0, 0.5]", 0, False),
        ("(0, 0.5]", 0.5, True),
        ("[1, inf)", 1e300, True),
        ("[1, inf)", float("nan"), False),
    )
    def test_intervals(self, interval, value, expected):
        self.assertEqual(inside(value, interval), expected)


if __name__ == "__main__":
    tf.test.main()
