"""The model that a run trains, from raw images to logits, compiled."""

import os
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from numpy.typing import ArrayLike

from lnl_sr_tf import loss_names, losses, models
from lnl_sr_tf.config import Config
from lnl_sr_tf.datasets.batches import pipeline
from lnl_sr_tf.datasets.dataset import Dataset
from lnl_sr_tf.devices import replicas
from lnl_sr_tf.layers import OutputSharpening
from lnl_sr_tf.loss_names import LOSSES, REGULARIZED
from lnl_sr_tf.losses.class_prior import usual_prior_weight
from lnl_sr_tf.losses.example_loss import ExampleLoss
from lnl_sr_tf.losses.nested import losses_of_kind, with_parts, without_terms
from lnl_sr_tf.metrics import LostClasses, SparseRate
from lnl_sr_tf.training import compilation
from lnl_sr_tf.training.co_teaching import CoTeaching
from lnl_sr_tf.training.dividemix.model import DivideMix
from lnl_sr_tf.training.dividemix.promix import ProMix
from lnl_sr_tf.training.optimizer import CoupledAdam, CoupledSGD
from lnl_sr_tf.training.robust_model import RobustModel

_NOT_OF_THE_FORMULA = {
    "p", "weight", "from_logits", "reduction", "name", "dtype", "matrix",
    "num_examples", "num_classes",
}  # fmt: skip
_SETTINGS = {"p": "p", "weight": "lambda0", "matrix": "transition_matrix"}
# Added to the seed of a second network, beyond every seed of a first one.
_SECOND_SEED = 2**31


def build_model(
    config: Config,
    dataset: Dataset,
    matrix: ArrayLike | None = None,
    network: Callable[[type[RobustModel]], RobustModel] | None = None,
) -> RobustModel | CoTeaching | DivideMix:
    """A compiled model from uint8 images, or features, to (sharpened) logits.

    Args:
        config: the settings of the run.
        dataset: gives the shape of the examples, the classes, mean and deviation.
        matrix: the transition matrix, for a loss that is corrected by one.
        network: makes the network, of the class that it is called with; by default it
            is made as the config says.

    Returns:
        A `CoTeaching`, `DivideMix` or `ProMix` if that is the method, else a
        `RobustModel`.
        Normalisation is part of it.

    Raises:
        InputError: if the network is unknown or does not fit the images.
        ValueError: if the loss is unknown or does not take its parameters.
    """
    if config.method == "co_teaching":
        model = CoTeaching(
            _network(config, dataset, config.seed),
            _network(config, dataset, config.seed + _SECOND_SEED),
            name="co_teaching",
        )
    elif config.divides:
        model = _dividing(config, dataset)
    elif network is not None:
        model = network(RobustModel)
    else:
        model = _network(config, dataset, config.seed, RobustModel)
    loss = build_loss(config, dataset, matrix)
    if replicas.count() > 1:
        _synchronize(model)
    if isinstance(model, RobustModel) and not getattr(without_terms(loss), "state", []):
        model.xla_loss = compilation.loss_alone(config.batch_size, dataset.num_classes)
    steps = pipeline.steps_per_epoch(len(dataset.given_labels), config.batch_size)
    steps = compilation.steps_per_execution(
        model, config.batch_size, steps, config.epochs
    )
    _compile(model, _optimizer(config), loss, steps)
    return model


def _dividing(config, dataset):
    shared = (
        _network(config, dataset, config.seed),
        _network(config, dataset, config.seed + _SECOND_SEED),
        len(dataset.given_labels),
        config.guess_temperature,
        config.confidence_penalty,
    )
    if config.method == "promix":
        model = ProMix(
            *shared,
            debias=config.debias,
            debias_momentum=config.debias_momentum,
            name="promix",
        )
    else:
        model = DivideMix(*shared, history=config.loss_history, name="dividemix")
    for network in (model.first, model.second, model.kept):
        # These are asked before and after each epoch.
        network.jit_compile = compilation.whole_step()
    return model


def _compile(model, optimizer, loss, steps_per_execution=1):
    network = getattr(model, "kept", model)
    model.compile(
        optimizer,
        loss=loss,
        metrics=["accuracy", SparseRate(), LostClasses(network.output_shape[-1])],
        jit_compile=compilation.whole_step(),
        steps_per_execution=steps_per_execution,
    )


def _synchronize(model):
    """Take batch statistics over the whole batch, not over each replica's part."""
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.synchronized = True
        elif hasattr(layer, "layers"):
            _synchronize(layer)


def build_variables(model: keras.Model, images: Any, labels: Any) -> None:
    """Make all variables of a model, including those of its optimiser and metrics.

    Args:
        model: a compiled model.
        images: a few of its training images.
        labels: their labels, in the form that it trains on.
    """
    model.optimizer.build(model.trainable_variables)
    if replicas.count() > 1:
        # With several replicas, metrics work within a step only; this needs no step.
        model._symbolic_build(data_batch=(images, labels))
        return
    model.compute_metrics(images, labels, model(images, training=False))
    model.reset_metrics()


def served_model(model: keras.Model) -> keras.Model:
    """The model that is saved: of two networks what is kept of them, else the whole."""
    if isinstance(model, (CoTeaching, DivideMix)):
        # The optimiser of training has the variables of both networks.
        plain, optimizer = model.kept, "sgd"
    else:
        plain = keras.Model(model.input, model.output, name=model.name)
        optimizer = model.optimizer
    # With the same loss, but without its memory of examples, which is for training.
    _compile(plain, optimizer, _without_memory(model.loss))
    return plain


def used_parameters(loss: keras.losses.Loss) -> dict[str, bool | int | float]:
    """The parameters of a loss and of the losses it is made of, defaults included."""
    found: dict[str, bool | int | float] = {}
    for one in with_parts(loss):
        for name in getattr(one, "parameters", ()):
            value = getattr(one, name)
            if isinstance(value, keras.Variable):
                value = float(keras.ops.convert_to_numpy(value))
            if isinstance(value, (bool, int, float)):
                found[name] = value
    return found


def _without_memory(loss):
    """An equal loss without a memory of examples."""
    if not losses_of_kind(loss, ExampleLoss):
        return loss
    config = loss.get_config()
    for part in loss.parts:
        config[part] = _without_memory(getattr(loss, part))
    if isinstance(loss, ExampleLoss):
        config.update(dict.fromkeys(loss.given_sizes()))
    return type(loss).from_config(config)


def needs_index(config: Config) -> bool:
    """Whether the loss needs the index of each example."""
    return config.method == "nlnl" or loss_names.needs_index(config.loss)


def build_loss(
    config: Config, dataset: Dataset | None = None, matrix: ArrayLike | None = None
) -> keras.losses.Loss:
    """The loss of a run, on logits.

    Args:
        config: the settings of the run.
        dataset: for a loss that remembers examples or counts those of a class.
        matrix: the transition matrix, for a loss that is corrected by one.

    Raises:
        ValueError: if the loss is unknown or does not take its parameters, or
            `loss_args` holds one that cannot be set there.
    """
    params: dict[str, Any] = dict(config.loss_args)
    for name in _NOT_OF_THE_FORMULA & params.keys():
        setting = _SETTINGS.get(name)
        raise ValueError(
            f"{name} cannot be set by loss_args; "
            + (f"--{setting} does that" if setting else "it follows from the run")
        )
    base = config.loss.removesuffix(REGULARIZED)
    if LOSSES.get(base) == "NegativeLearning":
        params.setdefault("seed", config.seed)
    if matrix is not None:
        params["matrix"] = np.asarray(matrix).tolist()
    accepted = loss_names.parameters(config.loss)
    if loss_names.needs_index(config.loss) and dataset is not None:
        sizes = {
            "num_examples": len(dataset.given_labels),
            "num_classes": dataset.num_classes,
        }
        params.update({n: sizes[n] for n in sizes if n in accepted})
    regularization: dict[str, Any] = {}
    if config.regularized:
        regularization = {"p": config.p, "weight": config.lambda0}
    losses.get(config.loss, **params, **regularization)  # for its checks
    shared = {"epsilon": params["epsilon"]} if "epsilon" in params else {}
    loss = losses.get(base, **params)
    if config.method == "nlnl":
        loss = _in_stages(params, dataset)
    if config.balance != "none" and dataset is not None:
        loss = _balanced(config.balance, loss, dataset)
    if config.has_class_prior and dataset is not None:
        counts, weight = _counts(dataset), config.prior_weight
        weight = usual_prior_weight(counts) if weight is None else weight
        loss = losses.ClassPrior(loss, weight, counts)
    if not regularization:
        return loss
    regularized = losses.SparseRegularization(loss, **regularization, **shared)
    if config.lambda_schedule == "adaptive":
        regularized.adapt()
    return regularized


def _in_stages(params, dataset):
    """Negative learning with the memory and the weights of its authors' code."""
    if dataset is None:
        return losses.SelectiveNegativePositiveLearning(**params)
    counts = np.array(_counts(dataset))
    # A class that is never given has no example to weigh.
    weight = counts.max() / np.maximum(counts, 1)
    return losses.SelectiveNegativePositiveLearning(
        **params, num_examples=int(counts.sum()), class_weight=weight.tolist()
    )


def _counts(dataset):
    """How often each class is given."""
    return np.bincount(dataset.given_labels, minlength=dataset.num_classes).tolist()


def _balanced(kind, loss, dataset):
    counts = _counts(dataset)
    if kind == "class_balanced":
        return losses.ClassBalanced(loss, counts)
    return losses.LogitAdjusted(loss, counts)


def _network(config, dataset, seed, kind=keras.Model):
    """From uint8 images, or features, to (sharpened) logits, not compiled."""
    images = _inputs(dataset)
    name = models.choose(config.model, dataset.image_shape)
    # With a backbone they are its, and it is no part of this network.
    given = None if config.backbone else config.weights
    weights = given and os.path.expanduser(given)
    as_distributed = models.takes_pixels(name) and not str(weights).endswith(".keras")
    if models.takes_pixels(name):
        pixels = keras.layers.Rescaling(1.0, dtype="float32", name="pixels")(images)
        logits = models.build(
            name, pixels, dataset.num_classes, seed, as_distributed and weights
        )
    else:
        largest = 255 if dataset.of_images else 1
        normalized = keras.layers.Normalization(
            mean=largest * np.asarray(dataset.mean),
            variance=np.square(largest * np.asarray(dataset.std)),
            dtype="float32",
            name="normalization",
        )(images)
        logits = models.build(name, normalized, dataset.num_classes, seed)
    outputs = logits
    if config.regularized:
        outputs = OutputSharpening(
            config.tau, config.normalize_logits, name="sharpening"
        )(logits)
    model = kind(images, outputs, name=name.replace(":", "_"))
    if weights and not as_distributed:
        models.load_weights(model, weights)
    return model


def _inputs(dataset):
    if dataset.of_images:
        return keras.Input(dataset.image_shape, dtype="uint8", name="images")
    return keras.Input(dataset.image_shape, dtype="float32", name="vectors")


def _optimizer(config):
    shared = {
        "learning_rate": config.lr,
        "coupled_weight_decay": config.weight_decay,
        "l1": config.l1,
        "global_clipnorm": config.clip_norm or None,
    }
    if config.optimizer == "adam":
        return CoupledAdam(beta_1=config.momentum, **shared)
    return CoupledSGD(momentum=config.momentum, nesterov=config.nesterov, **shared)
