"""Data sets and matrices that nobody meant, and all kinds of cases by name."""

import io
import zipfile

import numpy as np
from helpers.fuzz_run import ROWS, Case
from helpers.fuzz_text import (
    ANY,
    TEXT,
    command_lines,
    encoded,
    flagfiles,
    spoilt,
    whole_or_spoilt,
)
from hypothesis import strategies as st

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
        TEXT,
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
    content = draw(encoded(text).flatmap(whole_or_spoilt))
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
        return draw(spoilt(draw(st.sampled_from(variants))))
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
        content = draw(st.one_of(spoilt(content), st.binary(max_size=99)))
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
        row[draw(st.integers(0, 9))] = draw(ANY)
    if draw(st.integers(0, 9)) == 0:
        rows = rows[: draw(st.integers(0, 9))]
    text = "\n".join(",".join(row) for row in rows)
    content = draw(encoded(text).flatmap(whole_or_spoilt))
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
