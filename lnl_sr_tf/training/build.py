"""The model that a run trains, from raw images to logits, compiled."""

import keras
import numpy as np

from lnl_sr_tf import losses, models
from lnl_sr_tf.layers import OutputSharpening
from lnl_sr_tf.metrics import SparseRate
from lnl_sr_tf.training.optimizer import CoupledSGD

_NOT_OF_THE_FORMULA = {"p", "weight", "from_logits", "reduction", "name", "dtype"}


def build_model(config, dataset):
    """A compiled model from uint8 images to (sharpened) logits.

    Args:
        config: a `lnl_sr_tf.config.Config`.
        dataset: a `lnl_sr_tf.datasets.Dataset`; gives shape, classes, statistics.

    Returns:
        A `keras.Model`; normalisation is inside.

    Raises:
        InputError: if the network is unknown or does not fit the images.
        ValueError: if the loss is unknown or does not take its parameters.
    """
    images = keras.Input(dataset.image_shape, dtype="uint8", name="images")
    normalized = keras.layers.Normalization(
        mean=255 * np.asarray(dataset.mean),
        variance=np.square(255 * np.asarray(dataset.std)),
        dtype="float32",
        name="normalization",
    )(images)
    outputs = models.build(config.model, normalized, dataset.num_classes, config.seed)
    if config.regularized:
        outputs = OutputSharpening(
            config.tau, config.normalize_logits, name="sharpening"
        )(outputs)
    model = keras.Model(images, outputs, name=config.model)
    model.compile(
        optimizer=CoupledSGD(
            learning_rate=config.lr,
            momentum=config.momentum,
            nesterov=config.nesterov,
            coupled_weight_decay=config.weight_decay,
            global_clipnorm=config.clip_norm or None,
        ),
        loss=build_loss(config),
        metrics=["accuracy", SparseRate()],
        # Whole-step XLA is slower than oneDNN for convolutions on a CPU.
        jit_compile=False,
    )
    return model


def build_loss(config):
    """The loss of a run.

    Args:
        config: a `lnl_sr_tf.config.Config`.

    Returns:
        A `keras.losses.Loss` on logits.

    Raises:
        ValueError: if the loss is unknown or does not take its parameters, or
            `loss_args` holds what it may not.
    """
    params = dict(config.loss_args)
    for name in _NOT_OF_THE_FORMULA & params.keys():
        raise ValueError(
            f"{name} cannot be set by loss_args; p and λ have settings of their own, "
            "and the rest follows from the model"
        )
    if config.regularized:
        params.update(p=config.p, weight=config.lambda0)
    return losses.get(config.loss, **params)
