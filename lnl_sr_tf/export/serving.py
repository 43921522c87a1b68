"""A network as a SavedModel, which needs neither Keras nor this package."""

import pathlib
import tempfile
from collections.abc import Sequence

import keras

from lnl_sr_tf.datasets.encoder import Encoder
from lnl_sr_tf.export import signatures
from lnl_sr_tf.export.float32 import in_float32
from lnl_sr_tf.export.loading import load


def save_serving(
    model: keras.Model,
    path: pathlib.Path | str,
    class_names: Sequence[str],
    resize: str | None = None,
    temperature: float = 1.0,
    bits: int | None = None,
    encoder: Encoder | None = None,
) -> None:
    """Write a SavedModel that needs neither Keras nor this package to load.

    It computes in float32, whatever the network was trained in, so that others can
    convert it, for instance to LiteRT.

    Its signature `serving_default` takes `images`, uint8 of shape
    (batch, height, width, channels) as they come from the dataset, and gives
    `probabilities`, float32 of shape (batch, classes), softmax(z/t) of the logits z,
    and `label`, int64 of shape (batch,), the most probable class. Its signature `files`
    takes `encoded`, the bytes of JPEG, PNG, BMP or GIF files of any sizes, shape
    (batch,), resizes them as in training, and also gives `name`, that of the class.
    For a network of features it takes `features` alone, float32 of shape
    (batch, width), and gives all three. Where those were made of texts or of the rows
    of a table, that is its signature `features`, and `serving_default` takes what they
    were made of: `texts`, strings of shape (batch,); or a tensor of shape (batch,) a
    column, float32 with NaN for a missing number, or strings.

    Args:
        model: from uint8 images, or features, to logits, on TensorFlow or JAX.
        path: the folder to write.
        class_names: one name a class.
        resize: how files are resized, `"stretch"` or `"crop"`.
        temperature: t > 0, which calibrates the probabilities.
        bits: the bits in use of 16-bit PNGs, as in training; None for 16.
        encoder: what features are made by; None where they are given.

    Example:
        signatures = tf.saved_model.load(path).signatures
        signatures["serving_default"](images=tf.constant(images))["label"]
        signatures["files"](encoded=[tf.io.read_file("cat.jpg")])["name"]
    """
    import tensorflow as tf

    model = in_float32(model)
    logits_of, kept = _as_tensorflow(model)
    of_images = len(model.input_shape) == 4
    make = signatures.of_images if of_images else signatures.of_features
    options = (resize, bits) if of_images else (encoder,)

    def answer(inputs):
        # A loaded signature takes any shape, and a network with global pooling would
        # answer.
        inputs = tf.ensure_shape(inputs, [None, *model.input_shape[1:]])
        logits = tf.cast(logits_of(inputs), tf.float32)
        return {
            "probabilities": tf.nn.softmax(logits / temperature),
            "label": tf.argmax(logits, axis=-1),
        }

    module = tf.Module()
    module.kept = kept
    module.tracked = [] if encoder is None else list(encoder.tracked())
    made = make(answer, model.input_shape[1:], class_names, *options)
    module.serve = made["serving_default"]
    module.serve_files = made.get("files")
    module.serve_features = made.get("features")
    # Gradients are not needed to serve, and those of JAX's functions cannot be saved.
    saving = tf.saved_model.SaveOptions(experimental_custom_gradients=False)
    tf.saved_model.save(module, str(path), made, saving)


def _as_tensorflow(model):
    """(function from images to logits that TensorFlow can trace, what it needs)."""
    if keras.backend.backend() == "tensorflow":
        return lambda images: model(images, training=False), [
            variable.value for variable in model.variables
        ]
    archive = keras.export.ExportArchive()
    archive.track(model)
    archive.add_endpoint(
        "logits",
        lambda images: model(images, training=False),
        [
            keras.InputSpec(
                model.input.dtype, (None, *model.input_shape[1:]), name="inputs"
            )
        ],
        # To serve on either, whatever it was trained on.
        jax2tf_kwargs={"native_serialization_platforms": ("cpu", "cuda")},
    )
    with tempfile.TemporaryDirectory() as folder:
        archive.write_out(folder, verbose=False)
        loaded = load(folder)
    return loaded.logits, loaded
