"""From a folder of photographs to the audit page: python benchmarks/backbone.py

Makes 2,000 JPEGs of 224×224 pixels, shapes that are drawn in three classes, of which a
fifth have a wrong label, and a weights file of EfficientNetV2B0. The weights are
random, with statistics of a few of the images: it measures seconds, which trained ones
take as well. Then the command and `lnl-sr audit` are run twice, with another seed the
second time. Prints seconds of each, by the clock and of the processor, and what was
found about the labels; all of it is written to backbone.json.
"""

import argparse
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
from measuring import report
from PIL import Image, ImageDraw

ROOT = pathlib.Path(__file__).resolve().parent.parent
NETWORK = "EfficientNetV2B0"
SIDE = 224
KINDS = ("disc", "square", "triangle")
WRONG = 0.2


def draw(kind, rng):
    """One shape on a ground of noise."""
    ground = rng.integers(0, 256, (14, 14, 3)).astype(np.uint8)
    image = Image.fromarray(ground).resize((SIDE, SIDE), Image.Resampling.BICUBIC)
    colour = tuple(int(value) for value in rng.integers(0, 256, 3))
    x, y = rng.integers(60, SIDE - 60, 2)
    radius = int(rng.integers(25, 60))
    box = [x - radius, y - radius, x + radius, y + radius]
    pen = ImageDraw.Draw(image)
    if kind == "disc":
        pen.ellipse(box, fill=colour)
    elif kind == "square":
        pen.rectangle(box, fill=colour)
    else:
        pen.regular_polygon((int(x), int(y), radius), 3, fill=colour)
    return image


def make_photographs(folder, count):
    """A folder a class; returns some of the images."""
    rng = np.random.default_rng(1)
    some = []
    for i in range(count):
        kind = i % len(KINDS)
        image = draw(KINDS[kind], rng)
        if rng.random() < WRONG:
            kind = (kind + 1 + int(rng.integers(len(KINDS) - 1))) % len(KINDS)
        path = folder / KINDS[kind] / f"{i}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        image.save(path, quality=90)
        if len(some) < 32:
            some.append(np.asarray(image))
    return np.stack(some)


def make_weights(path, images):
    """Random weights by which features differ from image to image."""
    keras.utils.set_random_seed(1)
    network = getattr(keras.applications, NETWORK)(
        weights=None, include_top=False, input_shape=(SIDE, SIDE, 3)
    )
    normalizations = [x for x in network.layers if hasattr(x, "moving_mean")]
    for layer in normalizations:
        layer.momentum = 0.0
    network(images.astype(np.float32), training=True)
    network.save_weights(path)


def command(environment, *arguments):
    """Seconds of a command, those of the processor, and what it printed."""
    start, before = time.perf_counter(), sum(os.times()[2:4])
    done = subprocess.run(
        [sys.executable, "main.py", *map(str, arguments)],
        cwd=ROOT,
        env=os.environ | environment,
        check=True,
        text=True,
        stdout=subprocess.PIPE,
    )
    seconds = time.perf_counter() - start, sum(os.times()[2:4]) - before
    return *(round(value, 1) for value in seconds), done.stdout


def measured(folder, seed):
    """Seconds of a run and of its audit."""
    environment = {"XDG_CACHE_HOME": str(folder / "cache")}
    runs = folder / f"runs{seed}"
    training, of_training, out = command(
        environment,
        f"--dataset={folder / 'photographs'}",
        f"--backbone=keras:{NETWORK}",
        f"--weights={folder / 'b0.weights.h5'}",
        f"--output_dir={runs}",
        "--loss=ce_sr",
        f"--seed={seed}",
    )
    (run,) = runs.iterdir()
    audit, of_audit, words = command(environment, "audit", run)
    told = re.search(r"Noise rate [\d.]+", words)
    return {
        "seed": seed,
        "training_s": training,
        "processor_s": of_training,
        "audit_s": audit,
        "audit_processor_s": of_audit,
        "both_s": round(training + audit, 1),
        "estimate": told and told.group(),
        "told": out.splitlines(),
    }


def main():
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=int, default=2000)
    count = parser.parse_args().images
    with tempfile.TemporaryDirectory() as place:
        folder = pathlib.Path(place)
        images = make_photographs(folder / "photographs", count)
        make_weights(folder / "b0.weights.h5", images)
        rows = [measured(folder, seed) for seed in (1, 2)]
    report(rows, pathlib.Path("backbone.json"))


if __name__ == "__main__":
    main()
