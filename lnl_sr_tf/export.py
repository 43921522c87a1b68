"""A trained model as files: Keras's own, and a SavedModel for serving."""

import contextlib
import json
import logging
import os
import pathlib
import subprocess
import sys
import tempfile
from collections.abc import Sequence

import keras

from lnl_sr_tf.backbones.backbone import Backbone
from lnl_sr_tf.backbones.text_backbone import TextBackbone
from lnl_sr_tf.datasets import tensorflow_import
from lnl_sr_tf.datasets.encoder import Encoder
from lnl_sr_tf.datasets.features.encoder_from_dict import encoder_from_dict
from lnl_sr_tf.errors import RunError
from lnl_sr_tf.runs.folder import RunFolder


def save(
    model: keras.Model,
    folder: RunFolder,
    class_names: Sequence[str],
    resize: str | None = None,
    temperature: float = 1.0,
    bits: int | None = None,
    encoder: Encoder | None = None,
) -> bool:
    """Write `model.keras`, and the SavedModel where TensorFlow is installed.

    Where features were made of something else, `encoder.json` says how.

    Args:
        model: from uint8 images, or features, to logits.
        folder: of the run.
        class_names: one name a class.
        resize: as for `save_serving`.
        temperature: likewise.
        bits: likewise.
        encoder: likewise; with a `Backbone` the SavedModel holds both networks.

    Returns:
        Whether there is a SavedModel.
    """
    exported = tensorflow_import.import_tensorflow_if_installed()
    model.save(folder.model)
    if encoder is not None:
        folder.write_encoder(encoder.as_dict())
    if not exported:
        return False
    served, on_tensorflow = model, keras.backend.backend() == "tensorflow"
    if isinstance(encoder, Backbone):
        # One network, which takes images as any other does.
        served, encoder = encoder.with_head(model), None
    try:
        # The network that makes features of texts does so by TensorFlow.
        foreign = isinstance(encoder, TextBackbone) and not on_tensorflow
        if keras.backend.backend() == "torch" or foreign:
            with _saved(served, model, folder) as source:
                _by_another_process(
                    *(source, folder.saved_model, class_names),
                    *(resize, temperature, bits, encoder and folder.encoder),
                )
        else:
            save_serving(
                served,
                folder.saved_model,
                class_names,
                resize,
                temperature,
                bits,
                encoder,
            )
    except _tensorflow_errors() as error:
        raise RunError(f"cannot write {folder.saved_model}: {error}") from error
    return True


@contextlib.contextmanager
def _saved(served, model, folder):
    """A file that holds the model to serve, for as long as it is needed."""
    if served is model:
        yield folder.model
        return
    with tempfile.TemporaryDirectory() as place:
        source = pathlib.Path(place) / "model.keras"
        served.save(source)
        yield source


def in_float32(model: keras.Model) -> keras.Model:
    """The same network, computing in float32 throughout.

    Args:
        model: a functional one, perhaps of mixed precision.

    Returns:
        A new model with copies of the weights, which are float32 anyway, so outputs
        differ by rounding alone; the model itself where it is in float32 already.

    Example:
        in_float32(model)(images).dtype  # "float32"
    """
    before = model.get_config()
    config = _float32_config(before)
    if config == before:
        return model
    made = type(model).from_config(config)
    made.set_weights(model.get_weights())
    return made


def _float32_config(config):
    """A layer's config, with float32 in place of mixed precision, nested too."""
    if isinstance(config, dict):
        return {name: _float32_config(value) for name, value in config.items()}
    if isinstance(config, (list, tuple)):
        return type(config)(map(_float32_config, config))
    mixed = isinstance(config, str) and config in ("mixed_bfloat16", "mixed_float16")
    return "float32" if mixed else config


def _tensorflow_errors():
    from tensorflow import errors

    return errors.ResourceExhaustedError, errors.PermissionDeniedError


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
    make = _image_signatures if of_images else _feature_signatures
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
    signatures = make(answer, model.input_shape[1:], class_names, *options)
    module.serve = signatures["serving_default"]
    module.serve_files = signatures.get("files")
    module.serve_features = signatures.get("features")
    # Gradients are not needed to serve, and those of JAX's functions cannot be saved.
    saving = tf.saved_model.SaveOptions(experimental_custom_gradients=False)
    tf.saved_model.save(module, str(path), signatures, saving)


def _image_signatures(answer, shape, class_names, resize, bits):
    """For images as they come from the dataset, and for the bytes of their files."""
    import tensorflow as tf

    from lnl_sr_tf.datasets.images import decode_tf

    height, width, channels = shape

    # autograph would take most of the time here, and nothing needs it.
    @tf.function(
        input_signature=[tf.TensorSpec([None, *shape], tf.uint8, name="images")],
        autograph=False,
    )
    def serve(images):
        return answer(images)

    @tf.function(
        input_signature=[tf.TensorSpec([None], tf.string, name="encoded")],
        autograph=False,
    )
    def serve_files(encoded):
        images = tf.map_fn(
            lambda one: decode_tf.read(
                one, (height, width), channels, resize, bits=bits
            ),
            encoded,
            fn_output_signature=tf.TensorSpec([height, width, channels], tf.uint8),
        )
        return _named(serve(images), class_names)

    return {"serving_default": serve, "files": serve_files}


def _feature_signatures(answer, shape, class_names, encoder):
    """For features, and for what an encoder made them of."""
    import tensorflow as tf

    @tf.function(
        input_signature=[tf.TensorSpec([None, *shape], tf.float32, name="features")],
        autograph=False,
    )
    def serve(features):
        return _named(answer(features), class_names)

    if encoder is None:
        return {"serving_default": serve}

    def serve_raw(**raw):
        return serve(encoder.encoded(**raw))

    raw = tf.function(serve_raw, autograph=False)
    return {
        "serving_default": raw.get_concrete_function(**encoder.signature()),
        "features": serve,
    }


def _named(answer, class_names):
    """An answer with the name of each class."""
    import tensorflow as tf

    names = tf.constant([str(name) for name in class_names])
    return answer | {"name": tf.gather(names, answer["label"])}


def _as_tensorflow(model):
    """(function from images to logits that TensorFlow can trace, what it needs)."""
    if keras.backend.backend() == "tensorflow":
        return lambda images: model(images, training=False), [
            variable.value for variable in model.variables
        ]
    import tensorflow as tf

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
    logger = logging.getLogger("absl")
    logger.addFilter(_matters)
    try:
        with tempfile.TemporaryDirectory() as folder:
            archive.write_out(folder, verbose=False)
            loaded = tf.saved_model.load(folder)
    finally:
        logger.removeFilter(_matters)
    return loaded.logits, loaded


def _matters(record):
    """Filter out the notice that there are no gradients: serving needs none."""
    return not record.getMessage().startswith("Importing a function")


def _by_another_process(source, path, class_names, resize, temperature, bits, encoder):
    """`save_serving` of a saved model, by a process that runs on TensorFlow."""
    package = pathlib.Path(__file__).resolve().parent.parent
    settings = {
        "KERAS_BACKEND": "tensorflow",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "CUDA_VISIBLE_DEVICES": "-1",  # the GPU is PyTorch's
        # The package need not be installed for `python main.py`.
        "PYTHONPATH": os.pathsep.join(
            filter(None, [str(package), os.environ.get("PYTHONPATH")])
        ),
    }
    done = subprocess.run(
        [
            *[sys.executable, "-m", "lnl_sr_tf.export", str(source), str(path)],
            *[resize or "", repr(temperature), str(bits or ""), str(encoder or "")],
            *map(str, class_names),
        ],
        env=os.environ | settings,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        lines = done.stderr.strip().splitlines() or ["no reason given"]
        reason = next((line for line in lines[::-1] if "Error" in line), lines[-1])
        raise RunError(f"{source} could not be written as a SavedModel: {reason}")


def _main(source, path, resize, temperature, bits, encoder, *class_names):
    # Registers the classes that a model may contain.
    from lnl_sr_tf import losses  # noqa: F401

    model = keras.models.load_model(source, safe_mode=True)
    bits = int(bits) if bits else None
    save_serving(
        *(model, path, class_names, resize or None, float(temperature), bits),
        _read_encoder(encoder) if encoder else None,
    )


def _read_encoder(path):
    content = json.loads(pathlib.Path(path).read_text("utf-8"))
    if content["kind"] == TextBackbone.kind:
        return TextBackbone(content["backbone"], content["weights"])
    return encoder_from_dict(content)


if __name__ == "__main__":
    _main(*sys.argv[1:])
