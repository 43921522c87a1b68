"""Figures as objects, and as files that are the same each time."""

import pathlib
import tempfile
from unittest import mock
from xml.etree import ElementTree

from absl.testing import parameterized
from matplotlib.figure import Figure

from lnl_sr_tf.analysis import style


class FigureTestCase(parameterized.TestCase):
    def drawn(self, draw, *arguments):
        """The figure that would be saved; it is not rendered."""
        with mock.patch.object(style, "save", lambda figure, stem: figure):
            figure = draw(*arguments)
        self.assertIsInstance(figure, Figure)
        return figure

    def check_files(self, draw, *arguments):
        """Whole files, the same when drawn again; the last argument is the stem."""
        contents = []
        for _ in range(2):
            with tempfile.TemporaryDirectory() as folder:
                png, svg = draw(*arguments, pathlib.Path(folder) / "a.name")
                self.assertCountEqual(
                    [p.name for p in pathlib.Path(folder).iterdir()],
                    ["a.name.png", "a.name.svg"],
                )
                contents.append((png.read_bytes(), svg.read_bytes()))
        self.assertEqual(contents[0], contents[1])
        png, svg = contents[0]
        self.assertEqual(png[:8], b"\x89PNG\r\n\x1a\n")
        self.assertEqual(
            ElementTree.fromstring(svg).tag, "{http://www.w3.org/2000/svg}svg"
        )
        self.assertGreater(min(len(png), len(svg)), 10_000)

    def texts(self, axes):
        return [text.get_text() for text in axes.texts]


def legend_texts(legend):
    return [text.get_text() for text in legend.get_texts()]
