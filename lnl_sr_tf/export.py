"""A trained model as files that others can use."""

import tensorflow as tf


def save(model, folder):
    """Write `model.keras` and the SavedModel.

    Args:
        model: a `keras.Model` from uint8 images to logits.
        folder: a `lnl_sr_tf.run_folder.RunFolder`.
    """
    model.save(folder.model)
    save_serving(model, folder.saved_model)


def save_serving(model, path):
    """Write a SavedModel that needs neither Keras nor this package to load.

    Its signature `serving_default` takes `images`, uint8 of shape
    (batch, height, width, channels) as they come from the dataset, and gives
    `probabilities`, float32 of shape (batch, classes), and `label`, int64 of shape
    (batch,), the most probable class.

    Args:
        model: a `keras.Model` from uint8 images to logits.
        path: the folder to write.

    Example:
        >>> serve = tf.saved_model.load(path).signatures["serving_default"]
        >>> serve(images=tf.constant(images))["label"]
    """

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

    module = tf.Module()
    module.variables_ = [variable.value for variable in model.variables]
    module.serve = serve
    tf.saved_model.save(module, str(path), signatures={"serving_default": serve})
