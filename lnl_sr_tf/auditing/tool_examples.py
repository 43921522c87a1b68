"""What a labelling tool is given to show of each example: an image, a text or a row."""

import base64
import io
import os
import pathlib
import urllib.parse
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from PIL import Image

from lnl_sr_tf.auditing.audit_files import utf8_safe
from lnl_sr_tf.datasets import Dataset
from lnl_sr_tf.datasets.images.image_files import take
from lnl_sr_tf.errors import InputError

IMAGE, TEXT, ROW = "image", "text", "row"
# Of images in memory, which have no file that a tool could open: pixels on the longer
# side up to which they stay as they are, and what larger ones are shrunk to.
_EXACT, _LONGEST = 64, 256
_PIECE = 256  # examples that are read at once
# Label Studio serves a file below its document root by this address.
_LOCAL = "/data/local-files/?d="


class ToolExamples(NamedTuple):
    """n examples as a labelling tool shows them.

    Args:
        kind: `"image"`, `"text"` or `"row"`.
        of: from positions, int64 of shape (m,), to m of them in that order: the address
            of an image, a text, or a row's cells by the names of their columns.
    """

    kind: str
    of: Callable[[np.ndarray], Iterator[Any]]


def given_examples(
    count: int,
    names: Sequence[str] | None,
    images: Sequence[str] | None = None,
    texts: Sequence[str] | None = None,
    rows: Sequence[Mapping[str, Any]] | None = None,
) -> ToolExamples:
    """Examples that a caller has, one of three kinds.

    Args:
        count: n.
        names: n paths of image files, taken where none of the others is given.
        images: n addresses of images, as a browser opens them.
        texts: n texts.
        rows: n rows, each a mapping from columns to cells.

    Raises:
        InputError: if there are none, several kinds, or other than n.
    """
    known: dict[str, Any] = {"images": images, "texts": texts, "rows": rows}
    kinds = [name for name, values in known.items() if values is not None]
    if len(kinds) > 1 or (not kinds and names is None):
        raise InputError(
            "expected one of images, texts and rows, or an audit with the names of "
            f"image files; received {' and '.join(kinds) or 'none'}"
        )
    if names is not None and not kinds:
        return ToolExamples(IMAGE, lambda at: (file_address(names[i]) for i in at))
    (kind,) = kinds
    values = known[kind]
    if isinstance(values, (str, bytes, Mapping)) or not hasattr(values, "__len__"):
        raise InputError(
            f"{kind}: expected {count} in their order; received {values!r:.80}"
        )
    if len(values) != count:
        raise InputError(f"{kind}: expected {count}; received {len(values)}")
    if kind != "rows":
        made = {"images": IMAGE, "texts": TEXT}[kind]
        return ToolExamples(made, lambda at: (utf8_safe(values[i]) for i in at))
    _check_rows(values)
    return ToolExamples(ROW, lambda at: (_row(values[i].items()) for i in at))


def _check_rows(values):
    for i, row in enumerate(values):
        if not isinstance(row, Mapping):
            raise InputError(
                f"rows: expected a mapping from columns to cells at place {i}; "
                f"received {row!r:.80}"
            )
        if row.keys() != values[0].keys():
            raise InputError(
                f"rows: expected the columns {', '.join(map(str, values[0]))[:80]} at "
                f"place {i}, as at place 0; received {', '.join(map(str, row))[:80]}"
            )


def of_dataset(dataset: Dataset) -> ToolExamples:
    """The training examples of a dataset.

    An image in a file is named by it, one in memory is embedded, shrunk to 256 pixels
    on its longer side. Of features there are their numbers, by the names of their
    columns or 0, 1, …
    """
    if (pictures := dataset.pictures) is not None:
        return ToolExamples(IMAGE, lambda at: _images(pictures, dataset.paths, at))
    cells, columns = dataset.originals, dataset.columns
    if cells is None:
        cells, columns = dataset.train_images, None
    if len(cells.shape) == 1:
        return ToolExamples(TEXT, lambda at: map(utf8_safe, _read(cells, at)))
    if columns is None:
        columns = tuple(map(str, range(cells.shape[1])))

    def rows(at):
        for row in _read(cells, at):
            values = row if row.dtype.kind not in "f" else map("{:.6g}".format, row)
            yield _row(zip(columns, values, strict=True))

    return ToolExamples(ROW, rows)


def file_address(path: str) -> str:
    """The address by which Label Studio serves a file, where its root is `/`.

    Example:
        >>> file_address("/photos/a b.png")
        '/data/local-files/?d=photos/a%20b.png'
    """
    whole = pathlib.Path(path).expanduser().absolute().as_posix()
    # As bytes: a name need not be UTF-8.
    return _LOCAL + urllib.parse.quote(os.fsencode(whole.lstrip("/")))


def _row(items):
    return {utf8_safe(name): utf8_safe(value) for name, value in items}


def _read(values, at):
    for start in range(0, len(at), _PIECE):
        yield from np.asarray(take(values, at[start : start + _PIECE]))


def _images(pictures, paths, at):
    for start in range(0, len(at), _PIECE):
        some = at[start : start + _PIECE]
        named = [paths[i] if paths else "" for i in some]
        # A foreign image among files may be in memory alone.
        bare = np.array([i for i, path in zip(some, named, strict=True) if not path])
        embedded = map(_embedded, np.asarray(take(pictures, bare))) if len(bare) else ()
        rest = iter(embedded)
        for path in named:
            yield file_address(path) if path else next(rest)


def _embedded(pixels):
    """A data URI of an image of shape (height, width, 1 or 3)."""
    image = Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels)
    file, kind = io.BytesIO(), "png"
    if max(image.size) <= _EXACT:
        image.save(file, "PNG")
    else:
        kind = "jpeg"
        image.thumbnail((_LONGEST, _LONGEST))
        image.save(file, "JPEG", quality=90)
    return f"data:image/{kind};base64,{base64.b64encode(file.getvalue()).decode()}"
