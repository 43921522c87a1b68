"""A page of texts, settings, tables and pictures: one self-contained HTML file.

It opens from disk, and its Content-Security-Policy forbids the network, and scripts but
the one of tables that sort. Its looks are in `templates/report.html`.
"""

import base64
import dataclasses
import os
import pathlib
import re
import struct
import typing
import urllib.parse
from collections.abc import Collection, Iterator, Mapping, Sequence

from lnl_sr_tf.errors import RunError
from lnl_sr_tf.files import whole_file
from lnl_sr_tf.reporting.chart import Chart
from lnl_sr_tf.reporting.template import template

_NO_VALUE = {"", "n/a", "nan"}
_PNG_START, _PNG_END = b"\x89PNG\r\n\x1a\n", b"IEND\xaeB`\x82"


@dataclasses.dataclass(frozen=True)
class Text:
    """Paragraphs.

    Args:
        text: the words; an empty line begins a new paragraph.
        warning: whether nobody should miss them.

    Example:
        Text("Means over three seeds.")
    """

    kind = "text"
    text: str
    warning: bool = False


@dataclasses.dataclass(frozen=True)
class Link:
    """Words that lead elsewhere: within the page, or to a file beside it.

    Args:
        text: the words.
        target: `#` and an anchor, or a relative path, quoted; never a host or a script.

    Raises:
        ValueError: if the target leads elsewhere.

    Example:
        Link("audit", "mnist-ce-sym0.8-seed1-0a1b2c3d/audit.html")
    """

    text: str
    target: str

    def __post_init__(self) -> None:
        if not re.fullmatch(r"#[\w-]+|(?!/)[\w.~%/-]+", self.target):
            raise ValueError(
                "`target` must be an anchor or a relative path, quoted. Received: "
                f"target={self.target!r}"
            )

    @classmethod
    def to_file(
        cls, text: str, path: str | os.PathLike, page: str | os.PathLike
    ) -> "Link":
        """A link from a page to a file, by how they lie to each other."""
        way = os.path.relpath(
            os.path.abspath(path), os.path.dirname(os.path.abspath(page))
        )
        return cls(text, urllib.parse.quote(os.fsencode(way)))

    def __str__(self) -> str:
        return self.text


@dataclasses.dataclass(frozen=True)
class Facts:
    """Names and values, such as settings.

    Args:
        values: by name; a value may be a `Link`, or a tuple of them.

    Example:
        Facts({"dataset": "mnist", "epochs": 50})
    """

    kind = "facts"
    values: Mapping[str, typing.Any]


@dataclasses.dataclass(frozen=True)
class Table:
    """A table; the first cell of each row names the row. A cell may hold `Link`s.

    A column with digits and without letters is numeric and aligned to the right; empty
    cells, `n/a` and `nan` do not count.

    Args:
        header: the names of the columns.
        rows: the rows, each as long as the header.
        caption: what is in the table.
        strong: (row, column) of the cells in bold, from 0, without the header.
        note: a remark below it.
        sorts: whether it can be sorted by each of its columns.

    Raises:
        ValueError: if a row is shorter or longer than the header.

    Example:
        >>> Table(("loss", "0.2"), [("ce", "75.4"), ("gce", "98.6")]).numeric
        [False, True]
    """

    kind = "table"
    header: Sequence[str]
    rows: Sequence[Sequence[typing.Any]]
    caption: str = ""
    strong: Collection[tuple[int, int]] = ()
    note: str = ""
    sorts: bool = False

    def __post_init__(self) -> None:
        for row in self.rows:
            if len(row) != len(self.header):
                raise ValueError(
                    f"`rows` must have {len(self.header)} cells each, as the header. "
                    f"Received: a row of {len(row)}"
                )

    @property
    def numeric(self) -> list[bool]:
        """Whether each column is numeric."""
        columns = zip(self.header, *self.rows, strict=True)
        return [_are_numbers(cells) for _, *cells in columns]


@dataclasses.dataclass(frozen=True)
class Picture:
    """A PNG, embedded in the page.

    Args:
        path: the file.
        alt: what it shows, for those who cannot see it.
        caption: a line below it.

    Example:
        Picture("figures/curves.png", "Accuracy over the epochs", "Seed 1")
    """

    kind = "picture"
    path: str | os.PathLike
    alt: str
    caption: str = ""


@dataclasses.dataclass(frozen=True)
class Fold:
    """Blocks that are folded away until somebody opens them; in print they are open.

    Args:
        title: what is in it.
        blocks: the blocks.

    Example:
        Fold("All settings", [Facts({"tau": 0.5, "p": 0.1})])
    """

    kind = "fold"
    title: str
    blocks: Sequence["Block"]


@dataclasses.dataclass(frozen=True)
class HeatMap:
    """A square table of shares, darker where they are larger.

    Args:
        names: of the rows, and of the columns.
        values: k rows of k shares, in [0, 1].
        caption: what is in it.
        corner: what rows and columns are.

    Example:
        HeatMap(("cat", "dog"), [[0.9, 0.1], [0.2, 0.8]], "Anna", "true ↓, says →")
    """

    kind = "heat"
    names: Sequence[str]
    values: Sequence[Sequence[float]]
    caption: str = ""
    corner: str = ""

    @property
    def cells(self) -> list[tuple[str, list[tuple[int, str]]]]:
        """(name, (shade from 0 to 10, text) of each cell) of the rows."""
        return [
            (name, [(round(10 * float(value)), _share(value)) for value in row])
            for name, row in zip(self.names, self.values, strict=True)
        ]


@dataclasses.dataclass(frozen=True)
class Charts:
    """Charts beside each other, where there is room.

    Args:
        charts: of curves over epochs.
    """

    kind = "charts"
    charts: Sequence[Chart]


Block = Text | Facts | Table | Picture | Fold | HeatMap | Charts


@dataclasses.dataclass(frozen=True)
class Section:
    """A part of the page, with a line in the table of contents.

    Args:
        title: its heading.
        blocks: what is in it.
        anchor: its name in links, after `#`; by default made from the title. A second
            section of the same name gets a number.

    Example:
        Section("Results", [Text("None yet.")])
    """

    title: str
    blocks: Sequence[Block]
    anchor: str | None = None


def write(
    path: pathlib.Path | str, title: str, sections: Sequence[Section], made: str = ""
) -> None:
    """Write a page; the same arguments give the same bytes.

    At `path` is always the old page or the new one, never a part.

    Args:
        path: the file; its folder must exist.
        title: its heading.
        sections: its parts.
        made: a line on what made it and when.

    Raises:
        RunError: if the page cannot be written, or a picture cannot be read.

    Example:
        write("report.html", "MNIST", [Section("Results", [Text("None yet.")])])
    """
    page = template(
        "lnl_sr_tf.reporting", "report.html", embedded=_embedded, links=_links
    )
    wanted = [section.anchor or section.title.lower() for section in sections]
    blocks = [block for section in sections for block in _all(section.blocks)]
    text = page.render(
        title=title,
        sections=list(zip(anchors(wanted), sections, strict=True)),
        made=made,
        sorts=any(isinstance(block, Table) and block.sorts for block in blocks),
        draws=any(isinstance(block, Charts) for block in blocks),
    )
    # File names may hold bytes that are not UTF-8.
    with whole_file(path) as file:
        file.write(text.encode("utf-8", "replace"))


def _share(value):
    """A share with two digits; empty where they are 0, so that the rest stands out."""
    text = f"{float(value):.2f}"
    return "" if text == "0.00" else text


def anchors(wanted: Sequence[str]) -> list[str]:
    """Names of sections as anchors, each once: what links to them comes after `#`.

    Example:
        >>> anchors(["mnist, sym 0.8", "mnist, sym 0.8"])
        ['mnist-sym-0-8', 'mnist-sym-0-8-2']
    """
    used: list[str] = []
    for name in wanted:
        plain = re.sub(r"\W+", "-", name).strip("-") or "section"
        anchor, count = plain, 1
        while anchor in used:
            count += 1
            anchor = f"{plain}-{count}"
        used.append(anchor)
    return used


def _all(blocks: Sequence[Block]) -> Iterator[Block]:
    """Blocks, and those that are folded away."""
    for block in blocks:
        yield block
        if isinstance(block, Fold):
            yield from _all(block.blocks)


def _links(value):
    """The links that a cell holds; empty where it holds something else."""
    found = value if isinstance(value, tuple) else (value,)
    return found if all(isinstance(one, Link) for one in found) else ()


def _are_numbers(cells):
    texts = [str(cell) for cell in cells]
    values = [text for text in texts if text.strip().lower() not in _NO_VALUE]
    letters = any(char.isalpha() for text in values for char in text)
    digits = any(char.isdigit() for text in values for char in text)
    return digits and not letters


class _Embedded(typing.NamedTuple):
    source: str
    width: int
    height: int


def _embedded(picture):
    try:
        content = pathlib.Path(picture.path).read_bytes()
    except OSError as error:
        raise RunError(
            f"cannot read {picture.path}: {error.strerror or error}"
        ) from error
    # A file whose writing was cut off has a start but no end.
    if not (content.startswith(_PNG_START) and content.endswith(_PNG_END)):
        raise RunError(f"{picture.path} is not a complete PNG")
    width, height = struct.unpack(">II", content[16:24])
    source = "data:image/png;base64," + base64.b64encode(content).decode()
    return _Embedded(source, width, height)
