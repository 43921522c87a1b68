"""Training on from a head on features, through backbone and head together."""

import dataclasses
import warnings
from collections.abc import Callable

import keras

from lnl_sr_tf import config as configs
from lnl_sr_tf.backbones.backbone import Backbone
from lnl_sr_tf.config import Config
from lnl_sr_tf.datasets import Dataset
from lnl_sr_tf.runs.folder import RunFolder


def on_features(config: Config) -> Config | None:
    """The settings of the run that trains the head first; None without finetuning.

    Args:
        config: the settings of a run.
    """
    if not config.finetune:
        return None
    return configs.without_idle_settings(dataclasses.replace(config, finetune=0))


def of_training(config: Config) -> Config:
    """The settings by which a run trains: with its own epochs and learning rate.

    Loss, λ, τ and the schedule of the learning rate go through these epochs as they go
    through those of any run.

    Args:
        config: the settings of a run.
    """
    if not config.finetune:
        return config
    return dataclasses.replace(
        config, epochs=config.finetune, lr=config.finetune_lr, views=1
    )


def network(
    config: Config, dataset: Dataset, head: RunFolder
) -> Callable[[type[keras.Model]], keras.Model]:
    """What makes the network: the backbone, and the head of another run.

    Batch normalisation of the backbone stays as it was trained, since statistics of a
    few images would spoil it.

    Args:
        config: the settings of the run.
        dataset: of images.
        head: the finished run on features.

    Returns:
        A function of the class of the model, such as `keras.Model`.
    """

    def made(kind: type[keras.Model]) -> keras.Model:
        weights = config.weights
        backbone = Backbone(str(config.backbone), weights, dataset.image_shape)
        _prepare(backbone.unrounded, config.seed)
        # A preset may hold weights that are of no use here.
        warnings.filterwarnings("ignore", "Gradients do not exist")
        images = keras.Input(dataset.image_shape, dtype="uint8", name="images")
        outputs = backbone.unrounded(images)
        on_top = keras.models.load_model(head.model, compile=False, safe_mode=True)
        for layer in on_top.layers[1:]:
            outputs = layer(outputs)
        return kind(images, outputs, name=on_top.name)

    return made


def _prepare(backbone: keras.Model, seed: int) -> None:
    for number, layer in enumerate(backbone._flatten_layers()):
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.trainable = False
        state = getattr(getattr(layer, "seed_generator", None), "state", None)
        if state is not None:  # of dropout, which would differ from run to run
            state.assign([seed, number])
