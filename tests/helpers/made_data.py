"""Small data sets on disk, made for the tests."""

import io
import pathlib
import struct
import zlib

import numpy as np
from PIL import Image

CLASSES = 50  # of WebVision-mini


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


def deep_png(values):
    """A PNG of 16 bits: grey (height, width), or with 2, 3 or 4 channels."""
    values = np.asarray(values, ">u2")
    channels = 1 if values.ndim == 2 else values.shape[2]
    kind = {1: 0, 2: 4, 3: 2, 4: 6}[channels]

    def chunk(name, data):
        check = struct.pack(">I", zlib.crc32(name + data))
        return struct.pack(">I", len(data)) + name + data + check

    height, width = values.shape[:2]
    header = struct.pack(">IIBBBBB", width, height, 16, kind, 0, 0, 0)
    pixels = zlib.compress(b"".join(b"\0" + row.tobytes() for row in values))
    start = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header)
    return start + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


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


def save(path, number, size=(40, 56)):
    """A JPEG of a picture by its number."""
    path.parent.mkdir(parents=True, exist_ok=True)
    picture(number, *size).save(path, "JPEG")


def make_webvision(root, train="google/", validation="val_images_256"):
    """Two images of each class to train on, one to test; and some of class 50."""
    (root / "info").mkdir(parents=True)
    lines, number = [], 0
    for label in range(CLASSES + 1):
        for _ in range(2):
            name = f"q{label:04d}/{number}.jpg"
            save(root / "google" / name, number)
            lines.append(f"{train}{name} {label}")
            number += 1
    (root / "info/train_filelist_google.txt").write_text("\n".join(lines) + "\n")
    lines = []
    for label in range(CLASSES, -1, -1):
        name = f"val{label:06d}.jpg"
        save(root / validation / name, 1000 + label)
        lines.append(f"{name} {label}")
    (root / "info/val_filelist.txt").write_text("\n".join(lines) + "\n")
    words = ["crane" if label in (3, 7) else f"thing {label}" for label in range(1000)]
    (root / "info/synsets.txt").write_text(
        "".join(f"n{label:08d} {word}, other\n" for label, word in enumerate(words))
    )
    return root


def make_clothing(root, lists="."):
    """Four images of each class, two to train on, one to validate, one to test."""
    (root / lists).mkdir(parents=True, exist_ok=True)
    names = [f"Class {i}" for i in range(14)]
    (root / lists / "category_names_eng.txt").write_text("\n".join(names) + "\n")
    keys, noisy, clean = {"noisy_train": [], "clean_val": [], "clean_test": []}, [], []
    for i in range(14 * 4):
        key = f"images/{i % 10}/{i % 7:02d}/{i},{i}.jpg"
        save(root / key, i)
        split = ("noisy_train", "noisy_train", "clean_val", "clean_test")[i // 14]
        keys[split].append(key)
        (noisy if split == "noisy_train" else clean).append(f"{key} {i % 14}")
    # In both files with different labels, as many are: the clean one is for testing.
    noisy.append(f"{keys['clean_test'][0]} 13")
    for split, listed in keys.items():
        path = root / lists / f"{split}_key_list.txt"
        path.write_text("\n".join(listed) + "\n")
    (root / lists / "clean_train_key_list.txt").write_text("")
    (root / lists / "noisy_label_kv.txt").write_text("\n".join(noisy) + "\n")
    (root / lists / "clean_label_kv.txt").write_text("\n".join(clean) + "\n")
    return root
