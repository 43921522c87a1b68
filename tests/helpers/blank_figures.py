"""Figures that are laid out and not drawn, for tests of what becomes of their files."""

import contextlib
import io
import pathlib
from unittest import mock

from matplotlib.figure import Figure
from PIL import Image


@contextlib.contextmanager
def blank_figures():
    """Within it every file of a figure is a blank one; tests of figures draw them."""
    png = io.BytesIO()
    Image.new("RGB", (4, 3), "white").save(png, "PNG")
    contents = {
        "png": png.getvalue(),
        "svg": b'<svg xmlns="http://www.w3.org/2000/svg" width="4" height="3"/>',
    }

    def savefig(figure, file, format=None, **_):
        if isinstance(file, (str, pathlib.Path)):
            path = pathlib.Path(file)
            path.write_bytes(contents[format or path.suffix[1:]])
        else:
            file.write(contents[format])

    with mock.patch.object(Figure, "savefig", savefig):
        yield
