# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # Segmentation with noisy masks
#
# Losses, sharpening and sparse regularization take predictions of any number of
# dimensions, classes last: here `(batch, height, width, classes)`. Each pixel is an
# example. The pictures are made: a disc and a square on a noisy ground. In the masks
# that are trained on, a part of the objects has the other class: somebody took a disc
# for a square.

# %%
import os

import keras
import matplotlib.pyplot as plt
import numpy as np

import lnl_sr_tf as lnl

SHORT = "LNL_SR_SHORT" in os.environ
PICTURES, EPOCHS = (80, 1) if SHORT else (600, 30)
SIZE, SWAPPED = 32, 0.3
CLASSES = ("ground", "disc", "square")

# %% [markdown]
# ## Pictures and masks


# %%
def picture(rng):
    """An image of a disc and a square, and its mask."""
    rows, columns = np.mgrid[:SIZE, :SIZE]
    mask = np.zeros((SIZE, SIZE), np.int64)
    for kind, left in zip(rng.permutation([1, 2]), (0, SIZE // 2), strict=True):
        radius = rng.uniform(4, 7)
        y = rng.uniform(radius, SIZE - radius)
        x = left + rng.uniform(radius, SIZE // 2 - radius)
        across = np.abs(rows - y), np.abs(columns - x)
        far = np.hypot(*across) if kind == 1 else np.maximum(*across) * 1.13
        mask[far < radius] = kind
    image = np.where(mask > 0, 0.75, 0.35) + rng.normal(0, 0.1, mask.shape)
    return image[..., None].astype(np.float32), mask


def pictures(count, rng):
    """Images and masks, each as one array."""
    made = [picture(rng) for _ in range(count)]
    return tuple(np.stack(part) for part in zip(*made, strict=True))


def with_wrong_objects(masks, rng):
    """The masks, with a share of the objects as what they are not."""
    swapped = rng.random((len(masks), 3)) < SWAPPED
    other = np.array([0, 2, 1])
    wrong = np.take_along_axis(swapped, masks.reshape(len(masks), -1), 1)
    return np.where(wrong.reshape(masks.shape), other[masks], masks)


rng = np.random.default_rng(1)
images, masks = pictures(PICTURES, rng)
test_images, test_masks = pictures(200, rng)
given = with_wrong_objects(masks, rng)
share = np.mean((given != masks)[masks > 0])
print(f"{share:.1%} of the objects' pixels are wrong")

# %% [markdown]
# ## A small network


# %%
def network(*last):
    """Down twice and up again, with what is on the way kept."""
    inputs = x = keras.Input((SIZE, SIZE, 1))
    kept = []
    for filters in (16, 32):
        x = keras.layers.Conv2D(filters, 3, padding="same", activation="relu")(x)
        x = keras.layers.BatchNormalization(momentum=0.9)(x)
        kept.append(x)
        x = keras.layers.MaxPooling2D()(x)
    x = keras.layers.Conv2D(64, 3, padding="same", activation="relu")(x)
    for filters, before in zip((32, 16), reversed(kept), strict=True):
        x = keras.layers.UpSampling2D()(x)
        x = keras.layers.Concatenate()([x, before])
        x = keras.layers.Conv2D(filters, 3, padding="same", activation="relu")(x)
        x = keras.layers.BatchNormalization(momentum=0.9)(x)
    x = keras.layers.Conv2D(len(CLASSES), 1)(x)
    for layer in last:
        x = layer(x)
    return keras.Model(inputs, x)


def trained(model, loss, *callbacks):
    """Train on the given masks; the mean IoU with clean ones after each epoch."""
    overlap = keras.metrics.MeanIoU(len(CLASSES), sparse_y_pred=False, name="iou")
    rates = keras.optimizers.schedules.CosineDecay(0.05, EPOCHS * -(-PICTURES // 16))
    sgd = keras.optimizers.SGD(rates, momentum=0.9, global_clipnorm=5.0)
    model.compile(sgd, loss=loss, metrics=[overlap])
    history = model.fit(
        images, given, batch_size=16, epochs=EPOCHS,
        validation_data=(test_images, test_masks),
        callbacks=list(callbacks), verbose=0,
    )  # fmt: skip
    return history.history["val_iou"]


# %%
keras.utils.set_random_seed(1)
plain = network()
curves = {"cross-entropy alone": trained(plain, lnl.losses.CrossEntropy())}

keras.utils.set_random_seed(1)
robust = network(lnl.layers.OutputSharpening(temperature=0.5))
loss = lnl.losses.ClassPrior(lnl.losses.CrossEntropy(), weight=1.0)
loss = lnl.losses.SparseRegularization(loss, p=0.1, weight=1.2)
curves["with sparse regularization"] = trained(
    robust, loss, lnl.callbacks.AdaptiveRegularization()
)
for name, values in curves.items():
    print(f"{name}: mean IoU {values[-1]:.3f} at the end, {max(values):.3f} at best")

# %% [markdown]
# Two training pictures whose masks are wrong, and what both networks say:

# %%
rows = np.flatnonzero((given != masks).any((1, 2)))[:2]
columns = {
    "image": images[rows, ..., 0] * 2,
    "true": masks[rows],
    "given": given[rows],
    "cross-entropy": plain.predict(images[rows], verbose=0).argmax(-1),
    "regularised": robust.predict(images[rows], verbose=0).argmax(-1),
}
figure, grid = plt.subplots(2, 5, figsize=(8, 3.4), layout="constrained")
for column, (title, shown) in zip(grid.T, columns.items(), strict=True):
    column[0].set_title(title)
    for axes, one in zip(column, shown, strict=True):
        axes.imshow(one, cmap="gray" if title == "image" else "cividis", vmin=0, vmax=2)
        axes.set_axis_off()
plt.show()
