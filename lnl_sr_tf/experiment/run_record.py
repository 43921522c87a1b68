"""What a run writes down of its settings, and holds itself to when it is resumed."""

import platform

import keras

import lnl_sr_tf
from lnl_sr_tf import models
from lnl_sr_tf.devices import backend, hardware
from lnl_sr_tf.errors import RunError
from lnl_sr_tf.runs import identity
from lnl_sr_tf.training import fastest_precision, precision
from lnl_sr_tf.training.build import used_parameters
from lnl_sr_tf.training.schedulers import forget_rate


def policy(config, folder, make, tell):
    """The Keras dtype policy; a run that has begun keeps the one it began with.

    Args:
        config: a `lnl_sr_tf.config.Config`.
        folder: a `lnl_sr_tf.runs.folder.RunFolder`.
        make: from the name of a policy to the compiled model of the run.
        tell: called with each line for the person who waits.

    Returns:
        Its name, and what `fastest_precision.measure` found if it was asked, else None.
    """
    before = folder.config()
    if config.precision == "auto" and before:
        return before.get("precision_used", "float32"), before.get("step_seconds")
    found = None

    def measured():
        nonlocal found
        found = fastest_precision.measure(make, config, tell)
        return fastest_precision.faster(found)

    return precision.resolve(config.precision, measured), found


def check_same(config, folder):
    """The folder must be this run's: its `config.json` may have been changed."""
    before = folder.config()
    if before is None:
        return
    for name in identity.differing(before, config):
        value = config.identity().get(name)
        raise RunError(
            f"{folder.path} holds a run with {name}={before.get(name)}, and this one "
            f"has {name}={value}; move that folder away, or choose another output_dir"
        )


def write(config, policy_used, measured, model, dataset, folder, devices):
    """Write `config.json`; where the run has begun before, where its data is now."""
    before = folder.config()
    if before is not None:
        if before.get("places") != config.places:
            folder.write_config(before | {"places": config.places})
        return
    folder.write_config(
        config.as_dict()
        | config.identity()
        | {
            "precision_used": policy_used,
            "step_seconds": measured,
            "backend": backend.name(),
            "loss_parameters_used": used_parameters(model.loss),
            "forget_rate_used": forget_rate(config, dataset.noise_rate),
            "model_used": models.choose(config.model, dataset.image_shape),
            "image_shape": list(dataset.image_shape),
            "class_names": list(dataset.class_names),
            "data_fingerprint": dataset.fingerprint,
            "open_set_fingerprint": dataset.open_set_fingerprint,
            "places": config.places,
            "versions": {
                "python": platform.python_version(),
                "keras": keras.__version__,
                backend.name(): backend.version(),
                "lnl_sr_tf": lnl_sr_tf.__version__,
            },
            "machine": hardware.describe(),
            "devices_used": {
                "distribute": devices.kind,
                "replicas": devices.replicas,
                "workers": devices.workers,
            },
        }
    )
