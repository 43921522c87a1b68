# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # In your own Keras model
#
# Sparse regularization is a layer, a loss and a callback. They go with every way of
# writing a Keras model: functional, subclassed, and with a `train_step` of its own.
# The data is handwritten digits, of whose labels 40 % were made wrong.

# %%
import os

import keras
import matplotlib.pyplot as plt

import lnl_sr_tf as lnl

EPOCHS = 2 if "LNL_SR_SHORT" in os.environ else 40

data = lnl.datasets.load("digits")
data = data.with_noise(lnl.noise.symmetric_matrix(10, rate=0.4), seed=1)
data

# %% [markdown]
# ## The three parts
#
# - `OutputSharpening` is the last layer: it divides the logits by their length and by a
#   temperature.
# - `SparseRegularization` goes around any loss. `ClassPrior` keeps the network from
#   giving up a class.
# - `AdaptiveRegularization` lets the weight λ grow once the network has learned what is
#   common to the examples, before it learns the wrong labels by heart.


# %%
def robust(model):
    """Compile a model whose last layer is `OutputSharpening`."""
    loss = lnl.losses.ClassPrior(lnl.losses.CrossEntropy(), weight=3.0)
    loss = lnl.losses.SparseRegularization(loss, p=0.1, weight=1.2)
    sgd = keras.optimizers.SGD(0.05, momentum=0.9, global_clipnorm=5.0)
    model.compile(sgd, loss=loss, metrics=["accuracy"])
    return model


def accuracies(model, *callbacks):
    """Train on the given labels; the accuracy on clean ones after each epoch."""
    history = model.fit(
        data.train_images,
        data.given_labels,
        batch_size=64,
        epochs=EPOCHS,
        validation_data=(data.test_images, data.test_labels),
        callbacks=list(callbacks),
        verbose=0,
    )
    return history.history["val_accuracy"]


# %% [markdown]
# ## Functional


# %%
def functional(*last):
    """Two convolutions and a dense layer, and then what is given."""
    inputs = x = keras.Input(data.image_shape)
    x = keras.layers.Rescaling(1 / 255)(x)
    for filters in (32, 64):
        x = keras.layers.Conv2D(filters, 3, padding="same", activation="relu")(x)
        x = keras.layers.BatchNormalization(momentum=0.9)(x)
    x = keras.layers.Flatten()(x)
    x = keras.layers.Dense(data.num_classes)(x)
    for layer in last:
        x = layer(x)
    return keras.Model(inputs, x)


keras.utils.set_random_seed(1)
plain = functional()
plain.compile(
    keras.optimizers.SGD(0.05, momentum=0.9),
    loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    metrics=["accuracy"],
)
curves = {"cross-entropy alone": accuracies(plain)}

# %%
keras.utils.set_random_seed(1)
model = robust(functional(lnl.layers.OutputSharpening(temperature=0.5)))
curves["functional"] = accuracies(model, lnl.callbacks.AdaptiveRegularization())

# %% [markdown]
# ## Subclassed


# %%
class Classifier(keras.Model):
    """A dense network, which sharpens its own output."""

    def __init__(self, num_classes):
        super().__init__()
        self.hidden = keras.Sequential(
            [
                keras.layers.Rescaling(1 / 255),
                keras.layers.Flatten(),
                keras.layers.Dense(512, activation="relu"),
                keras.layers.Dense(num_classes),
            ]
        )
        self.sharpening = lnl.layers.OutputSharpening(temperature=0.5)

    def call(self, inputs):
        return self.sharpening(self.hidden(inputs))


keras.utils.set_random_seed(1)
model = robust(Classifier(data.num_classes))
curves["subclassed"] = accuracies(model, lnl.callbacks.AdaptiveRegularization())

# %% [markdown]
# ## With its own `train_step`
#
# `compute_loss` gives the loss with its regularization; the step may do with the
# gradient what it likes. Here it adds a little noise to the images.

# %%
import tensorflow as tf


class NoisyInputs(Classifier):
    """Trains on images with noise."""

    def train_step(self, batch):
        x, y = batch
        x = tf.cast(x, tf.float32) + tf.random.normal(tf.shape(x), stddev=16.0)
        with tf.GradientTape() as tape:
            outputs = self(x, training=True)
            loss = self.compute_loss(x, y, outputs, training=True)
        gradients = tape.gradient(loss, self.trainable_variables)
        self.optimizer.apply(gradients, self.trainable_variables)
        return self.compute_metrics(x, y, outputs)


keras.utils.set_random_seed(1)
model = robust(NoisyInputs(data.num_classes))
curves["own train_step"] = accuracies(model, lnl.callbacks.AdaptiveRegularization())

# %%
figure, axes = plt.subplots(figsize=(7, 4), layout="constrained")
for (name, values), line in zip(curves.items(), ("--", "-", "-.", ":"), strict=True):
    axes.plot(range(1, EPOCHS + 1), values, line, label=f"{name}: {values[-1]:.1%}")
axes.set(xlabel="epoch", ylabel="accuracy on clean labels", ylim=(0, 1))
axes.legend(loc="lower right")
plt.show()

# %% [markdown]
# ## Saving
#
# The model comes back with its loss and λ.

# %%
import pathlib
import tempfile

keras.utils.set_random_seed(1)
model = robust(functional(lnl.layers.OutputSharpening(temperature=0.5)))
model.fit(data.train_images[:64], data.given_labels[:64], verbose=0)
with tempfile.TemporaryDirectory() as folder:
    path = pathlib.Path(folder) / "model.keras"
    model.save(path)
    loaded = keras.models.load_model(path)
loaded.loss
