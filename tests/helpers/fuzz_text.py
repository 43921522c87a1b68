"""Command lines and flagfiles that nobody meant, of text as odd as can be."""

import contextlib
import os

from helpers.fuzz_run import Case
from hypothesis import strategies as st

from lnl_sr_tf import config
from lnl_sr_tf.config.parse import parse
from lnl_sr_tf.errors import InputError

ODD = st.sampled_from(
    ["", " ", ",", ",,", "=", "-", "--", "0", "-0", "-1", "1e400", "nan", "inf",
     "1_0",
     "１", "٣", "²", "0x10", "1e-320", "9" * 30, "9" * 5000, "\0", "a\0.csv", "\n",
     "\r", "\u2028", "\x85", "\u202e", "\ud800", "\udcff", "é", "e\u0301", "ﬁ",
     "İ", "ß",
     "🙂", "'", '"', "%s", "{0}", "{", "\\", "$(id)", "`", "../x", "~", "~x",
     "~x/y.csv", "/",
     "/dev/null", "/dev/zero", "true", "no", "None", "known", "estimated", "x" * 5000,
     "x" * 5000 + ".csv",
     "nowhere.csv", "nowhere.npy", "nowhere.npz", "nowhere.keras", "images", ".npz",
     ".csv", "images/0.png", "tfds:", "tfds:x", "keras:x", "keras:__doc__", "keras:",
     "gamma=1", "gamma=nan", "q=1,q=2", "0>1", "0>1,1>0", "1>1", "negative=1"]
)  # fmt: skip
# Surrogates are what bytes of a command line become that are no UTF-8.
TEXT = st.text(st.characters(), max_size=12)
ANY = st.one_of(ODD, TEXT)
_USUAL = {
    "dataset": ["digits", "digits", "digits", "mnist", "images", "tfds:mnist"],
    "loss": [
        "ce",
        "ce_sr",
        "gce",
        "gce_sr",
        "forward",
        "backward",
        "nlnl",
        "elr",
        "fl",
    ],
    "noise": ["none", "sym", "asym", "pairflip", "instance", "worse", "nowhere.csv"],
    "transition_matrix": ["known", "estimated", "nowhere.npy"],
    "loss_args": ["gamma=2", "q=0.5", "alpha=1,beta=2", ""],
    "asym_map": ["0>1", "3>8,8>3", "cat>dog"],
    "model": ["auto", "cnn_mnist", "resnet18", "keras:ResNet50", "keras:nothing"],
    "stages": ["negative=2,selective_negative=1", "negative=0"],
    "image_size": ["8", "9x7", "0", "4097", "4096"],
    "open_set": ["digits", "mnist", "images"],
    "color_jitter": ["brightness=0.4", "hue=0.6", "hue=true"],
}


def _leads_out(value):
    """Whether a data set would be a folder of the machine, which may be large."""
    with contextlib.suppress(ValueError):
        path = os.path.realpath(os.path.expanduser(value))
        return os.path.isdir(path) and not path.startswith(os.getcwd())
    return False


def _is_taken(name, value):
    try:
        parse(name, value)
    except InputError:
        return False
    return True


def _usual(name):
    """Values of a setting that are right, or nearly."""
    flag = config.FIELDS[name]
    if name in _USUAL:
        return st.sampled_from(_USUAL[name])
    if flag.choices:
        return st.sampled_from(flag.choices)
    if flag.interval:
        ends = [float(end) for end in flag.interval[1:-1].split(",")]
        near = [0, 1, 2, 10, 0.5, *ends, *(end - 1 for end in ends)]
        near = [f"{value:.12g}" for value in near]
        right = [value for value in near if _is_taken(name, value)]
        return st.sampled_from([*right * 4, *near])
    if flag.kind is bool:
        return st.sampled_from(["true", "false", "1", "0", "yes", "TRUE"])
    return ANY


@st.composite
def _setting(draw):
    """(name, value), more often of a setting than not."""
    name = draw(st.sampled_from(list(config.FIELDS)))
    value = draw(st.one_of(*[_usual(name)] * 5, ANY))
    if draw(st.integers(0, 9)) == 0:
        value = ",".join(draw(st.lists(st.one_of(_usual(name), ANY), max_size=3)))
    if draw(st.integers(0, 19)) == 0:
        name = draw(
            st.one_of(
                ANY,
                st.sampled_from(["no" + name, name[:-1], name.upper(), name + "s"]),
                st.sampled_from(["flagfile", "undefok", "help", "v", "helpxml",
                                 "fromenv",
                                 "tryfromenv", "stderrthreshold", "log_dir",
                                 "logger_levels",
                                 "verbosity", "vmodule", "only_check_args",
                                 "helpshort"]),
            )
        )  # fmt: skip
    if name in ("dataset", "open_set") and _leads_out(value):
        value = "digits"
    return name, value


@st.composite
def _arguments(draw):
    """One argument, or two that belong together."""
    name, value = draw(_setting())
    form = draw(st.integers(0, 39))
    return {
        0: [f"--{name}"],
        1: [f"--no{name}"],
        2: [f"-{name}={value}"],
        3: [f"--{name}", value],
        4: [f"{name}={value}"],
        5: [value],
        6: [f"---{name}={value}"],
        7: [f"--{name} = {value}"],
        8: [f"--no{name}={value}"],
    }.get(form, [f"--{name}={value}"])


@st.composite
def command_lines(draw):
    """Settings of all kinds, right and wrong."""
    made = [one for some in draw(st.lists(_arguments(), max_size=4)) for one in some]
    if made and draw(st.integers(0, 4)) == 0:
        made.append(draw(st.sampled_from(made)))
    return Case(tuple(made))


# Bytes

JUNK = st.one_of(
    st.binary(max_size=12),
    st.sampled_from(
        [b"\xef\xbb\xbf", b"\xff\xfe", b"\0", b"\r", b"\r\n", b"\n", b'"', b'""',
         b",",
         b";", b"=1+1", b"@SUM(1)", b"=cmd|' /C calc'!A0", b"#", b"//", b"\x1a",
         b"nan",
         b"-1", b"1e999", b"\xe2\x80\xa8", b"x" * 200_000, b"9" * 5000, b"-",
         b"../" * 99,
         b"("  * 9000]
    ),
)  # fmt: skip


@st.composite
def spoilt(draw, content):
    """Bytes of which some are cut off, turned, repeated or put in."""
    content = bytearray(content)
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(content)))
        to = min(len(content), at + draw(st.integers(1, 40)))
        way = draw(st.integers(0, 5))
        if way == 0:
            del content[at:]
        elif way == 1 and at < to:
            content[at] ^= 1 << draw(st.integers(0, 7))
        elif way == 2:
            content[at:to] = draw(JUNK)
        elif way == 3:
            content[at:at] = draw(JUNK)
        elif way == 4:
            content[at:at] = content[at:to]
        else:
            del content[at:to]
    return bytes(content)


def whole_or_spoilt(content):
    return st.one_of(st.just(content), spoilt(content))


def encoded(text):
    """In UTF-8 and in others."""
    kinds = [
        *["utf-8"] * 20,
        "utf-8-sig",
        "utf-8-sig",
        "utf-16",
        "utf-32",
        "cp037",
        "latin-1",
    ]
    return st.sampled_from(kinds).map(lambda kind: text.encode(kind, "replace"))


# Flagfiles

_FLAGFILES = ("a.flags", "b.flags", "c.flags")


@st.composite
def _line(draw):
    name, value = draw(_setting())
    return draw(
        st.sampled_from(
            [
                *[f"--{name}={value}".encode("utf-8", "replace")] * 6,
                b"",
                b"# note",
                b"// note",
                *[f"--flagfile={file}".encode() for file in _FLAGFILES],
                b"--flagfile=gone.flags",
                b"--flagfile=folder.flags",
                b"--flagfile=.",
                b"--flagfile=/dev/zero",
                b"--flagfile",
                f"--no{name}".encode("utf-8", "replace"),
                f"--{name}".encode("utf-8", "replace"),
                draw(JUNK),
                b"--loss=ce\\",
                b"--seed=" + b"1," * 10 + b"1",
            ]
        )
    )


@st.composite
def flagfiles(draw):
    """Files that name each other, with lines of all kinds."""
    files = {"folder.flags": None}
    for name in _FLAGFILES:
        lines = draw(st.lists(_line(), max_size=4))
        end = draw(st.sampled_from([b"\n", b"\n", b"\r\n", b"\r", b"\x0b", b""]))
        files[name] = draw(
            st.one_of(
                st.just(end.join(lines)),
                st.just(end.join(lines)),
                spoilt(end.join(lines)),
                st.binary(max_size=60),
            )
        )
    named = st.sampled_from([*_FLAGFILES, *_FLAGFILES, *files, "gone", "", ".", "\0"])
    made = [
        f"--flagfile={name}" for name in draw(st.lists(named, min_size=1, max_size=2))
    ]
    before, after = draw(_arguments()), draw(_arguments())
    both = draw(st.sampled_from([[], before, [*before, *after]]))
    return Case((*both[:1], *made, *both[1:]), files)
