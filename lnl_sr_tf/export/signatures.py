"""The signatures of a SavedModel: what it takes, and what it answers."""

from collections.abc import Callable, Sequence
from typing import Any

from lnl_sr_tf.datasets.encoder import Encoder

# From a batch of a network's inputs to `probabilities` and `label`.
Answer = Callable[[Any], dict[str, Any]]


def of_images(
    answer: Answer,
    shape: Sequence[int],
    class_names: Sequence[str],
    resize: str | None,
    bits: int | None,
) -> dict[str, Any]:
    """For images as they come from the dataset, and for the bytes of their files.

    Args:
        answer: of the network.
        shape: (height, width, channels).
        class_names: one name a class.
        resize: as for `save_serving`.
        bits: likewise.

    Returns:
        Functions of TensorFlow by the name of the signature.
    """
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


def of_features(
    answer: Answer,
    shape: Sequence[int],
    class_names: Sequence[str],
    encoder: Encoder | None,
) -> dict[str, Any]:
    """For features, and for what an encoder made them of.

    Args:
        answer: of the network.
        shape: (width,).
        class_names: one name a class.
        encoder: as for `save_serving`.

    Returns:
        Functions of TensorFlow by the name of the signature.
    """
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
