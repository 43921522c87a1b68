"""A trained model as files that others can use."""

import tensorflow as tf

from lnl_sr_tf.datasets import decode


def save(model, folder, class_names, resize=None):
    """Write `model.keras` and the SavedModel.

    Args:
        model: a `keras.Model` from uint8 images to logits.
        folder: a `lnl_sr_tf.run_folder.RunFolder`.
        class_names: one name a class.
        resize: as for `save_serving`.
    """
    model.save(folder.model)
    save_serving(model, folder.saved_model, class_names, resize)


def save_serving(model, path, class_names, resize=None):
    """Write a SavedModel that needs neither Keras nor this package to load.

    Its signature `serving_default` takes `images`, uint8 of shape
    (batch, height, width, channels) as they come from the dataset, and gives
    `probabilities`, float32 of shape (batch, classes), and `label`, int64 of shape
    (batch,), the most probable class. Its signature `files` takes `encoded`, the bytes
    of JPEG, PNG, BMP or GIF files of any sizes, shape (batch,), resizes them as in
    training, and gives the name of the class beside, `name`.

    Args:
        model: a `keras.Model` from uint8 images to logits.
        path: the folder to write.
        class_names: one name a class.
        resize: how files are resized, `"stretch"` or `"crop"`.

    Example:
        >>> signatures = tf.saved_model.load(path).signatures
        >>> signatures["serving_default"](images=tf.constant(images))["label"]
        >>> signatures["files"](encoded=[tf.io.read_file("cat.jpg")])["name"]
    """
    _, height, width, channels = model.input_shape

    @tf.function(
        input_signature=[
            tf.TensorSpec([None, *model.input_shape[1:]], tf.uint8, name="images")
        ]
    )
    def serve(images):
        logits = tf.cast(model(images, training=False), tf.float32)
        return {
            "probabilities": tf.nn.softmax(logits),
            "label": tf.argmax(logits, axis=-1),
        }

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="encoded")])
    def serve_files(encoded):
        images = tf.map_fn(
            lambda one: decode.read(one, (height, width), channels, resize),
            encoded,
            fn_output_signature=tf.TensorSpec([height, width, channels], tf.uint8),
        )
        answer = serve(images)
        names = tf.constant([str(name) for name in class_names])
        return answer | {"name": tf.gather(names, answer["label"])}

    module = tf.Module()
    module.variables_ = [variable.value for variable in model.variables]
    module.serve, module.serve_files = serve, serve_files
    signatures = {"serving_default": serve, "files": serve_files}
    tf.saved_model.save(module, str(path), signatures=signatures)
