"""Near copies and examples of no class: python benchmarks/copies_and_outliers.py

To the 1,437 training examples of digits, whose labels are wrong by symmetric noise of
0.2, come 5 % copies and 5 % letters. A copy is changed, by --change: `noise`, normal
with a standard deviation of 8 of 255 on every pixel; `brighter`, all pixels times 0.85
to 0.95; `exact`; or `shift`, by one of eight pixels, up, down, left or right. It gets
another label than the one that it is a copy of. Letters are drawn by Pillow's own font,
in sizes, places and angles that differ, and shrunk to 8x8 (without I, J, O, Q and S,
which are digits to the eye); their labels are random digits.

Both are looked for in the pixels and in what the penultimate layer of a CE+SR run,
which was trained on all of these labels, makes of them: AUROC; the share that is told
of, and how many others are told of with them. Beside it `near_duplicate` and `outlier`
of cleanlab's Datalab (pip install "cleanlab[datalab]"), where it is there, by the same
features; and the audit's ranking of wrong labels as it is, and with pairs of differing
labels moved to the front. Last the same on digits as they are, where there is nothing
to find. Runs are kept in --output_dir and not trained twice. What was found is written
to copies_and_outliers.json.
"""

import argparse
import importlib.util
import os
import pathlib
import statistics

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np
from measuring import report
from PIL import Image, ImageDraw, ImageFont
from sklearn.datasets import load_digits
from sklearn.metrics import roc_auc_score
from tqdm import tqdm

from lnl_sr_tf import config, experiment, quiet
from lnl_sr_tf.auditing.from_features import examine
from lnl_sr_tf.auditing.from_run import audit_run
from lnl_sr_tf.experiment.finished_run import FinishedRun

SHARE, NOISE, TRAIN = 0.05, 0.2, 1437
LETTERS = "ABCDEFGHKLMNPRTUVWXYZ"
CHANGES = ("noise", "brighter", "exact", "shift")


def letter(rng):
    """A letter as 8x8 pixels in [0, 255]."""
    picture = Image.new("L", (64, 64))
    font = ImageFont.load_default(size=int(rng.integers(52, 66)))
    place = 32 + int(rng.integers(-3, 4)), 32 + int(rng.integers(-3, 4))
    width = int(rng.integers(1, 4))
    text = str(rng.choice(list(LETTERS)))
    draw = ImageDraw.Draw(picture)
    draw.text(place, text, 255, font, "mm", stroke_width=width, stroke_fill=255)
    turned = picture.rotate(float(rng.uniform(-12, 12)))
    return np.asarray(turned.resize((8, 8), Image.Resampling.BOX), float)


def changed(images, how, rng):
    """Images, slightly changed."""
    if how == "noise":
        return images + rng.normal(0, 8, images.shape)
    if how == "brighter":
        return images * rng.uniform(0.85, 0.95, (len(images), 1, 1))
    if how == "shift":
        steps = rng.choice([-1, 1], len(images)), rng.integers(0, 2, len(images))
        pairs = zip(images, *steps, strict=True)
        return np.stack([np.roll(image, step, axis) for image, step, axis in pairs])
    return images


def another(labels, rng):
    """Another label for each."""
    return (labels + rng.integers(1, 10, len(labels))) % 10


def mixture(seed, how):
    """Digits, copies and letters: images, given labels, true ones, copies.

    The true label of a letter is -1; `twin` is the place of the other of two copies, or
    -1.
    """
    rng = np.random.default_rng(seed)
    digits = load_digits()
    order = rng.permutation(len(digits.target))
    images, true = digits.images[order] / 16 * 255, digits.target[order]
    test = images[TRAIN:], true[TRAIN:]
    images, true = images[:TRAIN], true[:TRAIN]
    count = round(SHARE * TRAIN)
    given = np.where(rng.random(TRAIN) < NOISE, another(true, rng), true)
    copied = rng.choice(TRAIN, count, replace=False)
    letters = np.stack([letter(rng) for _ in range(count)])
    all_images = [images, changed(images[copied], how, rng), letters]
    all_given = [given, another(given[copied], rng), rng.integers(0, 10, count)]
    all_true = [true, true[copied], np.full(count, -1)]
    twin = np.full(TRAIN + 2 * count, -1)
    twin[copied] = TRAIN + np.arange(count)
    twin[TRAIN : TRAIN + count] = copied
    mixed = rng.permutation(len(twin))
    place = np.argsort(mixed)
    return {
        "images": as_bytes(np.concatenate(all_images))[mixed],
        "given": np.concatenate(all_given)[mixed],
        "true": np.concatenate(all_true)[mixed],
        "twin": np.where(twin >= 0, place[twin], -1)[mixed],
        "test_images": as_bytes(test[0]),
        "test_labels": test[1],
    }


def as_bytes(images):
    """uint8, shape (n, 8, 8, 1)."""
    return images.round().clip(0, 255).astype(np.uint8)[..., None]


def train(data, seed, how, folder):
    """The finished run on all of the labels."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"mixed_{how}_{seed}.npz"
    np.savez(
        path,
        x_train=data["images"],
        y_train=data["given"],
        x_test=data["test_images"],
        y_test=data["test_labels"],
    )
    keras.utils.clear_session()
    settings = {"dataset": str(path), "loss": "ce_sr", "seed": seed}
    made = config.resolve(settings | {"output_dir": str(folder)})
    return FinishedRun(experiment.run(made, tell=lambda line: None).path)


def ours(features, data, score):
    """(score of copies, which are told of, score of outliers, which are told of)."""
    found = examine(features, data["given"], score)
    copies, outliers = found.copies, found.outliers
    return copies.score, copies.of >= 0, outliers.score, outliers.told


def cleanlabs(features, data, score):
    """The same by cleanlab."""
    from cleanlab import Datalab

    lab = Datalab({"label": data["given"]}, label_name="label", verbosity=0)
    lab.find_issues(
        features=features, issue_types={"near_duplicate": {}, "outlier": {}}
    )
    copies, outliers = lab.get_issues("near_duplicate"), lab.get_issues("outlier")
    return (
        -copies["near_duplicate_score"].to_numpy(),
        copies["is_near_duplicate_issue"].to_numpy(),
        -outliers["outlier_score"].to_numpy(),
        outliers["is_outlier_issue"].to_numpy(),
    )


def judged(found, data):
    """Each of what was found against what is known."""
    copy_score, copies, outlier_score, outliers = found
    copied, foreign = data["twin"] >= 0, data["true"] < 0
    errors = foreign | (data["given"] != data["true"])
    return {
        "copies AUROC": roc_auc_score(copied, copy_score),
        "copies told": np.mean(copies[copied]),
        "others told as copies": int(copies[~copied].sum()),
        "letters AUROC": roc_auc_score(foreign, outlier_score),
        "letters among wrong labels AUROC": roc_auc_score(
            foreign[errors], outlier_score[errors]
        ),
        "letters told": np.mean(outliers[foreign]),
        "others told as letters": int(outliers[~foreign].sum()),
    }


def ranking(audit, data, features):
    """AUROC of the ranking of wrong labels, and with conflicts at its front."""
    wrong = data["given"] != data["true"]
    first = examine(features, audit.given, audit.score).conflicts[:, 0]
    moved = audit.score.copy()
    moved[first] += audit.score.max()
    return {
        "ranking AUROC": roc_auc_score(wrong, audit.score),
        "conflicts first": roc_auc_score(wrong, moved),
        "first of a conflict wrong": np.mean(wrong[first]) if len(first) else np.nan,
    }


def nothing_to_find(looks):
    """Rows for the digits as they are."""
    digits = load_digits()
    data = {"given": digits.target}
    for way, look in looks.items():
        _, copies, _, outliers = look(digits.data, data, np.zeros(len(digits.target)))
        yield {
            "change": "clean digits alone",
            "features": "pixels",
            "way": way,
            "others told as copies": int(copies.sum()),
            "others told as letters": int(outliers.sum()),
        }


def mean(values):
    """Mean ± standard deviation of those that are known, as text; None without."""
    values = [float(value) for value in values if not np.isnan(value)]
    if not values:
        return None
    spread = f" ± {statistics.stdev(values):.3f}" if len(values) > 1 else ""
    return f"{statistics.mean(values):.3f}{spread}"


def main():
    """Train, look, print and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--change", nargs="+", choices=CHANGES, default=["noise"])
    parser.add_argument("--seeds", nargs="+", type=int, default=[1, 2, 3])
    parser.add_argument("--output_dir", type=pathlib.Path, default="copies_runs")
    parser.add_argument(
        "--json", type=pathlib.Path, default=pathlib.Path("copies_and_outliers.json")
    )
    given = parser.parse_args()
    looks = {"ours": ours}
    if importlib.util.find_spec("cleanlab") and importlib.util.find_spec("datasets"):
        looks["cleanlab"] = cleanlabs
    quiet.start("tensorflow")
    found = {}  # from (change, features, way) to what each seed gave
    with tqdm(desc="runs") as progress:
        for how in given.change:
            for seed in given.seeds:
                data = mixture(seed, how)
                run = train(data, seed, how, given.output_dir)
                audit = audit_run(run.folder.path)
                spaces = {
                    "penultimate": run.features(data["images"]),
                    "pixels": data["images"].reshape(len(data["images"]), -1),
                }
                for space, features in spaces.items():
                    for way, look in looks.items():
                        told = judged(look(features, data, audit.score), data)
                        if way == "ours":
                            told |= ranking(audit, data, features)
                        found.setdefault((how, space, way), []).append(told)
                progress.update()
    rows = [
        {"change": how, "features": space, "way": way}
        | {name: mean([told[name] for told in each]) for name in each[0]}
        for (how, space, way), each in found.items()
    ]
    report([*rows, *nothing_to_find(looks)], given.json)


if __name__ == "__main__":
    main()
