# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # A training script to fork
#
# The method in one file, without `fit` and without the trainer of this package: data,
# label noise, network, sharpened output, regularised loss, a loop. It is written to be
# read from top to bottom and changed. The schedule of λ is the paper's, with an end.

# %%
import os
import time

import keras
import numpy as np
import tensorflow as tf

import lnl_sr_tf as lnl

SEED = 1
NOISE_RATE = 0.6
EPOCHS = 2 if "LNL_SR_SHORT" in os.environ else 30
BATCH_SIZE = 64
LEARNING_RATE = 0.05
# λ_t ‖u‖_p^p, with u = softmax(z / (TEMPERATURE · ‖z‖)) and
# λ_t = LAMBDA0 · RHO^⌊t / EVERY⌋, until it is LARGEST.
TEMPERATURE, P, LAMBDA0, RHO, EVERY, LARGEST = 0.5, 0.1, 1.2, 2.0, 2, 40.0

# %% [markdown]
# ## Data
#
# Labels are corrupted once, before training; the clean ones are kept for measuring.

# %%
keras.utils.set_random_seed(SEED)
data = lnl.datasets.load("digits")
matrix = lnl.noise.symmetric_matrix(data.num_classes, NOISE_RATE)
given = lnl.noise.corrupt(data.clean_labels, matrix, seed=SEED)
print(f"{np.mean(given != data.clean_labels):.1%} of {len(given)} labels are wrong")

images = np.asarray(data.train_images)
batches = (
    tf.data.Dataset.from_tensor_slices((images, given))
    .shuffle(len(given), seed=SEED)
    .batch(BATCH_SIZE)
    .prefetch(2)
)

# %% [markdown]
# ## Network and loss

# %%
model = keras.Sequential(
    [
        keras.Input(data.image_shape),
        keras.layers.Rescaling(1 / 255),
        keras.layers.Conv2D(32, 3, padding="same", activation="relu"),
        keras.layers.BatchNormalization(momentum=0.9),
        keras.layers.Conv2D(64, 3, padding="same", activation="relu"),
        keras.layers.BatchNormalization(momentum=0.9),
        keras.layers.Flatten(),
        keras.layers.Dense(data.num_classes),
        lnl.layers.OutputSharpening(TEMPERATURE),
    ]
)
loss_of = lnl.losses.SparseRegularization(
    lnl.losses.ClassPrior(lnl.losses.CrossEntropy(), weight=3.0),
    p=P,
    weight=LAMBDA0,
)
rates = keras.optimizers.schedules.CosineDecay(LEARNING_RATE, EPOCHS * len(batches))
optimizer = keras.optimizers.SGD(rates, momentum=0.9, global_clipnorm=5.0)
optimizer.build(model.trainable_variables)

# %% [markdown]
# ## One step, one measurement


# %%
@tf.function
def step(x, y):
    """Move the weights by one batch; return its loss."""
    with tf.GradientTape() as tape:
        loss = loss_of(y, model(x, training=True))
    gradients = tape.gradient(loss, model.trainable_variables)
    optimizer.apply(gradients, model.trainable_variables)
    return loss


def measure():
    """Accuracy on clean labels, and on those that were made wrong: less is better."""
    right = model.predict(data.test_images, verbose=0).argmax(-1) == data.test_labels
    learned = model.predict(images, verbose=0).argmax(-1) == given
    return right.mean(), learned[given != data.clean_labels].mean()


# %% [markdown]
# ## The loop

# %%
for epoch in range(EPOCHS):
    start = time.perf_counter()
    # λ is a variable: moving it does not trace the step anew.
    weight = lnl.schedules.regularization_weight(epoch, LAMBDA0, RHO, EVERY)
    loss_of.move_weight(min(weight, LARGEST))
    loss = np.mean([step(x, y) for x, y in batches])
    accuracy, memorised = measure()
    print(
        f"epoch {epoch + 1:2}  loss {loss:7.3f}  accuracy {accuracy:6.1%}  "
        f"wrong labels memorised {memorised:6.1%}  {time.perf_counter() - start:4.1f} s"
    )
