"""Command lines and files that nobody meant, and what has to hold of all of them.

The command is called as a whole, but nothing is trained: what comes before, from the
command line to the corrupted labels and the matrix of the loss, runs as it is.
"""

import contextlib
import dataclasses
import io
import os
import pathlib
import signal
import tempfile
import traceback
import warnings
import zipfile
from unittest import mock

import numpy as np
from command import call
from hypothesis import strategies as st
from made_data import picture

from lnl_sr_tf import config
from lnl_sr_tf.config.parse import parse
from lnl_sr_tf.errors import InputError

SECONDS = 20  # more than any case takes
ROWS = 8  # of a data set


@dataclasses.dataclass(frozen=True)
class Case:
    """A command line, and the files that it finds by their names."""

    arguments: tuple
    files: dict = dataclasses.field(default_factory=dict)


class TookTooLong(BaseException):
    """Nothing that the command could catch."""


def problem(case):
    """(exit status, None), or (status or None, what is wrong) of a case.

    To be called within `place`.
    """
    with _files(case.files), _limit(), warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        try:
            status, _, err = call(*case.arguments)
        except (Exception, SystemExit, TookTooLong):
            return None, traceback.format_exc(limit=-4)
    if status not in (0, 2):
        return status, f"exit status {status}: {err}"
    # They stand beside the one line.
    warned = [w for w in warned if issubclass(w.category, RuntimeWarning)]
    if warned:
        one = warned[0]
        return status, f"{one.filename}, {one.lineno}: {one.message}"
    one_line = (
        err.startswith("lnl-sr: ") and err.endswith("\n") and err.count("\n") == 1
    )
    if status == 2 and not one_line:
        return status, f"not one line: {err!r}"
    return status, None


@contextlib.contextmanager
def place():
    """A folder with images to be in, where nothing is trained or fetched."""
    from lnl_sr_tf.sweep import here, on_ray, processes
    from lnl_sr_tf.training.distribution import Devices

    with contextlib.ExitStack() as stack:
        folder = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory()))
        # Deep, so that a few .. lead to nothing that is large.
        folder = folder.joinpath(*"abcdef")
        (folder / "images").mkdir(parents=True)
        for i in range(ROWS):
            picture(i, 8, 8).save(folder / "images" / f"{i}.png")
        stack.enter_context(contextlib.chdir(folder))
        new = {"XDG_CACHE_HOME": str(folder / "cache"), "HOME": str(folder / "home")}
        stack.enter_context(mock.patch.dict(os.environ, new))
        for name, value in (
            ("lnl_sr_tf.experiment.run_together", _load),
            ("lnl_sr_tf.datasets.from_tfds.load", _not_fetched),
            # No port is opened, no process started.
            ("lnl_sr_tf.training.distribution.start", lambda *a, **k: Devices()),
        ):
            stack.enter_context(mock.patch(name, value))
        for module in (processes, on_ray):
            stack.enter_context(mock.patch.object(module, "train", here.train))
        # It would collect garbage for most of the time.
        stack.enter_context(mock.patch("keras.utils.clear_session"))
        yield folder


class _Trains(Exception):
    """A matrix was to be estimated from a training."""


def _load(configs, tell):
    from lnl_sr_tf import experiment
    from lnl_sr_tf.run_folder import UnwrittenFolder
    from lnl_sr_tf.training import run_data, transition

    def train(config):
        raise _Trains

    for one in configs:
        experiment.check(one)
        folder = UnwrittenFolder("nowhere")
        source = run_data.read(one, one.dataset, one.pixels, tell)
        data = run_data.load(one, folder, source, tell)
        with contextlib.suppress(_Trains):
            transition.correction_matrix(
                one, data, folder.transition_matrix, train, tell
            )
    return [folder for _ in configs]


def _not_fetched(name, *_):
    raise InputError(f"dataset {name!r}: not looked for")


@contextlib.contextmanager
def _files(files):
    """Bytes become files, None a folder, and all of them are gone afterwards."""
    try:
        for name, content in files.items():
            if content is None:
                os.mkdir(name)
            else:
                pathlib.Path(name).write_bytes(content)
        yield
    finally:
        for name, content in files.items():
            os.rmdir(name) if content is None else os.remove(name)


@contextlib.contextmanager
def _limit():
    def stop(*_):
        raise TookTooLong

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


# Texts

_ODD = st.sampled_from(
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
_TEXT = st.text(st.characters(), max_size=12)
_ANY = st.one_of(_ODD, _TEXT)
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
    limits = config.FIELDS[name].metadata
    if name in _USUAL:
        return st.sampled_from(_USUAL[name])
    if limits["choices"]:
        return st.sampled_from(limits["choices"])
    if limits["interval"]:
        ends = [float(end) for end in limits["interval"][1:-1].split(",")]
        near = [0, 1, 2, 10, 0.5, *ends, *(end - 1 for end in ends)]
        near = [f"{value:.12g}" for value in near]
        right = [value for value in near if _is_taken(name, value)]
        return st.sampled_from([*right * 4, *near])
    if limits["kind"] is bool:
        return st.sampled_from(["true", "false", "1", "0", "yes", "TRUE"])
    return _ANY


@st.composite
def _setting(draw):
    """(name, value), more often of a setting than not."""
    name = draw(st.sampled_from(list(config.FIELDS)))
    value = draw(st.one_of(*[_usual(name)] * 5, _ANY))
    if draw(st.integers(0, 9)) == 0:
        value = ",".join(draw(st.lists(st.one_of(_usual(name), _ANY), max_size=3)))
    if draw(st.integers(0, 19)) == 0:
        name = draw(
            st.one_of(
                _ANY,
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

_JUNK = st.one_of(
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
def _spoilt(draw, content):
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
            content[at:to] = draw(_JUNK)
        elif way == 3:
            content[at:at] = draw(_JUNK)
        elif way == 4:
            content[at:at] = content[at:to]
        else:
            del content[at:to]
    return bytes(content)


def _whole_or_spoilt(content):
    return st.one_of(st.just(content), _spoilt(content))


def _encoded(text):
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
                draw(_JUNK),
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
                _spoilt(end.join(lines)),
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


# Data sets

_QUICK = ("--loss=ce",)


@st.composite
def csv_sets(draw):
    """Tables of file,label."""
    cell = st.one_of(
        st.sampled_from([f"images/{i}.png" for i in range(ROWS)]),
        st.sampled_from(
            ["a", "b", "1", "2", "train", "test", "=1+1", "+1", "@x", "", " a "]
        ),
        st.sampled_from(
            ['"a,b"', '"a\nb"', '"', "images", ".", "..", "/dev/null", "é", "0²"]
        ),
        _TEXT,
    )
    head = draw(
        st.sampled_from(
            ["file,label\n", "file,label\n", "", "label,file\n", "file,label,split\n",
             "file,label,split,clean_label\n", "file,label,file\n", "label,label\n",
             "FILE,Label,x\n", "file\n", "file;label\n", "\n\n",
             "file,file,label,label\n"]
        )
    )  # fmt: skip
    text = head
    count = draw(st.integers(0, ROWS))
    for i in range(count):
        columns = max(2, head.count(",") + 1)
        cells = [f"images/{i}.png", "ab"[i % 2], "train", "ab"[i % 2]][:columns]
        if draw(st.integers(0, 7)) == 0:
            cells[draw(st.integers(0, len(cells) - 1))] = draw(cell)
        text += ",".join(cells) + "\n"
    content = draw(_encoded(text).flatmap(_whole_or_spoilt))
    content = draw(st.sampled_from([content] * 9 + [draw(st.binary(max_size=99))]))
    more = draw(
        st.sampled_from(
            [[], ["--skip_bad_files"], ["--image_size=4"], ["--test_share=0.9"],
             ["--noise=asym", "--asym_map=a>b"], ["--imbalance=lt"],
              ["--noise=instance"],
             ["--noise=sym", "--rate=0.4"], ["--random_resized_crop=0.5"]]
        )
    )  # fmt: skip
    return Case(("--dataset=data.csv", *_QUICK, *more), {"data.csv": content})


def _npy(array):
    file = io.BytesIO()
    np.save(file, array, allow_pickle=True)
    return file.getvalue()


def _claims(head):
    """A .npy whose header is this text."""
    head = head.encode()
    return b"\x93NUMPY\x01\x00" + len(head).to_bytes(2, "little") + head + bytes(64)


_HEAD = "{{'descr': {}, 'fortran_order': False, 'shape': {}, }}\n"
_CLAIMS = [
    _claims(_HEAD.format(kind, shape))
    for kind in ("'<f8'", "'|u1'", "'|O'", "'|S0'", "'<U9'", "'|V8'", "1",
                 "[('a', '<f8')]")
    for shape in ("(2, 2)", f"({10**12},)", f"({2**62}, {2**62})", f"({10**40},)",
                  "(-1,)", "(-1, -1)", "(2, True)", "(0, 0)", "()", "2", "(1.5,)",
                  f"({2**31}, {2**31}, 3)", "(" + "1, " * 70 + ")")
] + [
    _claims("(" * 9000),
    _claims("-" * 9000 + "1"),
    _claims("{" * 90),
    _claims("[" + "[" * 60 + "]" * 60 + "]"),
    _claims("1"),
    _claims("{}"),
    _claims("'" + "x" * 30000 + "'"),
    _claims(_HEAD.format("{'a': 1}", "(2,)")),
    _claims(_HEAD.format("'" + "9" * 5000 + "f8'", "(2,)")),
    _claims(_HEAD.format("'<M8[s]'", "(2, 2)")),
    _claims(_HEAD.format("('<f8', (2, 2))", "(2,)")),
    _claims("{[]: 1}"),
]  # fmt: skip


def _variants(array):
    """An array as it should be, and as it should not."""
    array = np.asarray(array)
    numbers = array if array.dtype.kind in "iuf" else np.arange(array.size)
    numbers = numbers.astype(np.float64).reshape(array.shape)

    def with_one(value):
        changed = numbers.copy()
        changed.flat[:1] = value
        return changed

    return [
        *[array] * 30,
        numbers,
        *(with_one(value) for value in (np.nan, np.inf, -np.inf, -1, 1e300, 0.5,
        300)),
        *(numbers.astype(kind) for kind in ("c16", "?", "f2", "i1", ">u2", "u8",
        "O", "g")),
        numbers.astype("U"), numbers.astype("S"), numbers.astype("M8[s]"),
        numbers.astype("m8[s]"), np.full(array.shape, 2**64 - 1, np.uint64),
        np.full(array.shape, 2**53, float), np.full(array.shape, "\ud800"),
        np.full(array.shape, "x\n²"), numbers.astype([("a", "f4"), ("b", "O")]),
        array[:0], array[..., :0], array[1:], array[:1], array[None],
        array.reshape(-1),
        array.T, np.asfortranarray(array), array[..., None], np.float64(1),
        np.zeros(0),
        np.zeros((0, 0)), np.zeros((2, 0, 2)), np.array({}, object), np.zeros(3,
        "V0"),
    ]  # fmt: skip


@st.composite
def _member(draw, variants):
    way = draw(st.integers(0, 29))
    if way == 0:
        return draw(st.sampled_from(_CLAIMS))
    if way == 1:
        return draw(_spoilt(draw(st.sampled_from(variants))))
    if way == 2:
        return draw(st.binary(max_size=150))
    return draw(st.sampled_from(variants))


_IMAGES = np.arange(8 * 4 * 4, dtype=np.uint8).reshape(8, 4, 4) * 2
_ARRAYS = {
    "x": _IMAGES,
    "y": np.arange(8) % 2,
    "x_test": _IMAGES[:2] + 1,
    "y_test": np.arange(2),
    "y_clean": np.arange(8) % 2,
    "class_names": np.array(["a", "b"]),
}
_MEMBERS = {k: [_npy(v) for v in _variants(array)] for k, array in _ARRAYS.items()}


@st.composite
def npz_sets(draw):
    """Archives of arrays."""
    some = draw(st.sampled_from([2, 2, 4, 4, 5, 6]))
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name in list(_ARRAYS)[:some]:
            stored = draw(
                st.sampled_from(
                    [name] * 30 + ["/" + name, "../" + name, "X" + name, name * 9]
                )
            )
            ending = draw(st.sampled_from([".npy"] * 30 + ["", ".txt"]))
            archive.writestr(stored + ending, draw(_member(_MEMBERS[name])))
    content = file.getvalue()
    if draw(st.integers(0, 3)) == 0:
        content = draw(st.one_of(_spoilt(content), st.binary(max_size=99)))
    more = draw(
        st.sampled_from(
            [[], [], ["--image_size=5"], ["--noise=asym", "--asym_map=0>1"],
             ["--noise=instance"], ["--imbalance=step"], ["--noise=sym",
              "--rate=0.4"]]
        )
    )  # fmt: skip
    return Case(("--dataset=data.npz", *_QUICK, *more), {"data.npz": content})


# Transition matrices

_MATRIX = np.eye(10) * 0.8 + 0.02
_MATRICES = [_npy(v) for v in _variants(_MATRIX)]


def _used(name):
    return st.sampled_from(
        [
            (f"--noise={name}", "--loss=ce"),
            (f"--noise={name}", "--loss=forward", "--transition_matrix=known"),
            (f"--transition_matrix={name}", "--loss=forward"),
            (f"--transition_matrix={name}", "--loss=backward"),
        ]
    )


@st.composite
def npy_matrices(draw):
    """Transition matrices as .npy."""
    content = draw(
        st.one_of(
            _member(_MATRICES), st.sampled_from(_MATRICES), st.sampled_from(_CLAIMS)
        )
    )
    return Case(draw(_used("m.npy")), {"m.npy": content})


@st.composite
def csv_matrices(draw):
    """Transition matrices as .csv."""
    rows = [[f"{v:.4g}" for v in row] for row in _MATRIX]
    for _ in range(draw(st.sampled_from([0, 0, 1, 2]))):
        row = draw(st.sampled_from(rows))
        row[draw(st.integers(0, 9))] = draw(_ANY)
    if draw(st.integers(0, 9)) == 0:
        rows = rows[: draw(st.integers(0, 9))]
    text = "\n".join(",".join(row) for row in rows)
    content = draw(_encoded(text).flatmap(_whole_or_spoilt))
    content = draw(st.sampled_from([content] * 9 + [draw(st.binary(max_size=99))]))
    return Case(draw(_used("m.csv")), {"m.csv": content})


TARGETS = {
    "command line": command_lines(),
    "flagfile": flagfiles(),
    "csv data set": csv_sets(),
    "npz data set": npz_sets(),
    "npy matrix": npy_matrices(),
    "csv matrix": csv_matrices(),
}
