# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # From a folder of pictures with wrong labels to a better model
#
# A folder for each class, and somebody put a third of the pictures into the wrong one.
# We train, ask which labels are wrong, write the data without them, and train again.
# All of it is the command line; `lnl.train` does the same from Python.

# %%
import csv
import json
import os
import pathlib
import shlex
import subprocess
import sys
import tempfile

import matplotlib.pyplot as plt
import numpy as np
from PIL import Image
from sklearn.datasets import load_digits

SHORT = "LNL_SR_SHORT" in os.environ
EPOCHS = "--epochs=12" if SHORT else ""
PICTURES = 450 if SHORT else 1797
WRONG = 0.3


def shell(command, last=0):
    """Do a command, as in a terminal; print what it says, or its last lines."""
    print("$", command)
    words = shlex.split(command.replace("lnl-sr", f"{sys.executable} -m lnl_sr_tf", 1))
    done = subprocess.run(
        words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    print(*done.stdout.splitlines()[-last:], sep="\n")
    done.check_returncode()


# %% [markdown]
# ## A folder of pictures
#
# They are scikit-learn's digits, as PNG files. Yours takes their place: `train/` and
# `test/` with a folder for each class, or only the folders of the classes.

# %%
work = tempfile.TemporaryDirectory()
os.chdir(work.name)
digits = load_digits()
rng = np.random.default_rng(1)
true = {}
for i in range(PICTURES):
    label = digits.target[i]
    part = "test" if i % 5 == 0 else "train"
    if part == "train" and rng.random() < WRONG:
        label = (label + rng.integers(1, 10)) % 10
    folder = pathlib.Path("photos", part, str(label))
    folder.mkdir(parents=True, exist_ok=True)
    pixels = (digits.images[i] * 15.9).astype(np.uint8)
    Image.fromarray(pixels).resize((16, 16)).save(folder / f"{i:04}.png")
    true[f"{i:04}.png"] = str(digits.target[i])
print(*sorted(pathlib.Path("photos/train/3").iterdir())[:3], "...", sep="\n")

# %% [markdown]
# ## Train
#
# Cross-entropy beside cross-entropy with sparse regularization. There is nothing to
# choose: size of the images, network and strength of the regularization follow the
# data.

# %%
shell(f"lnl-sr --dataset=photos --loss=ce,ce_sr {EPOCHS}", last=7)

# %% [markdown]
# ## Which labels are wrong?

# %%
(run,) = pathlib.Path("runs").glob("photos-ce_sr-*")
shell(f"lnl-sr audit {run}")

# %% [markdown]
# `audit.html` in the run's folder is a page on which a person works through them. The
# twelve most suspect, and what is in truth in the picture:

# %%
with open(run / "audit.csv", newline="", encoding="utf-8") as file:
    suspects = list(csv.DictReader(file))
figure, grid = plt.subplots(2, 6, figsize=(8, 3.6), layout="constrained")
for axes, row in zip(grid.flat, suspects, strict=False):
    path = pathlib.Path(row["file"])
    axes.imshow(np.asarray(Image.open(path)), cmap="gray_r")
    title = f"given {row['given']}, likely {row['suggested']}\nis {true[path.name]}"
    axes.set_title(title, fontsize=9)
    axes.set_axis_off()
plt.show()

# %% [markdown]
# ## Data without the wrong labels, and what it gains
#
# `--do=relabel` gives them the suggested label. The old data stays as it is.

# %%
shell(f"lnl-sr clean {run} --do=relabel")

# %%
changed = (run / "cleaned.changes.csv").read_text().splitlines()
print(*changed[:4], "...", sep="\n")

# %%
shell(f"lnl-sr --flagfile={run}/cleaned.flags --loss=ce --output_dir=again", last=7)

# %%
accuracy = {
    path.parent.name: json.loads(path.read_text("utf-8"))["test_accuracy"]
    for path in pathlib.Path().glob("*/*/summary.json")
}
for name, share in sorted(accuracy.items(), key=lambda item: item[1]):
    print(f"{share:6.1%}  {name}")
