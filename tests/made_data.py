"""Small data sets on disk, made for the tests."""

import io
import pathlib
import struct
import zlib

import numpy as np
from PIL import Image


def picture(seed, height=20, width=30, channels=3):
    """A smooth random image, uint8."""
    rng = np.random.default_rng(seed)
    shape = (4, 6, channels) if channels == 3 else (4, 6)
    small = Image.fromarray(rng.integers(0, 256, shape).astype(np.uint8))
    return small.resize((width, height), Image.Resampling.BILINEAR)


def encoded(image, kind, **options):
    """The bytes of an image file."""
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def png_that_claims(height, width):
    """A small PNG whose header says that it is large."""

    def chunk(name, data):
        check = struct.pack(">I", zlib.crc32(name + data))
        return struct.pack(">I", len(data)) + name + data + check

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = chunk(b"IDAT", zlib.compress(b"\0" * 1000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + pixels + chunk(b"IEND", b"")


def make_folder(root, classes=("cat", "dog"), count=6, start=0, ending=".png", **size):
    """A folder of one folder per class, files numbered through all of them."""
    root = pathlib.Path(root)
    number = start
    for name in classes:
        (root / name).mkdir(parents=True)
    for _ in range(count):
        for name in classes:
            picture(number, **size).save(root / name / f"{number}{ending}")
            number += 1
    return root


def make_csv(root, count=8, name="labels.csv", header="file,label"):
    """A .csv beside a folder of images; labels a and b in turn."""
    root = pathlib.Path(root)
    (root / "images").mkdir(parents=True)
    lines = [header] if header else []
    for i in range(count):
        picture(i).save(root / "images" / f"{i}.png")
        lines.append(f"images/{i}.png,{'ab'[i % 2]}")
    path = root / name
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def make_npz(path, **changed):
    """An .npz of 20 images to train on and 6 to test, with some arrays changed."""
    rng = np.random.default_rng(0)
    arrays = {
        "x_train": rng.integers(0, 256, (20, 8, 8, 3)).astype(np.uint8),
        "y_train": np.arange(20) % 4,
        "x_test": rng.integers(0, 256, (6, 8, 8, 3)).astype(np.uint8),
        "y_test": np.arange(6) % 4,
    } | changed
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(path, **{k: v for k, v in arrays.items() if v is not None})
    return path
