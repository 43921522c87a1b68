"""Learning with noisy labels via sparse regularization, for Keras.

    import keras, lnl_sr_tf as lnl

    model = keras.Sequential(
        [..., keras.layers.Dense(10), lnl.layers.OutputSharpening(temperature=0.5)]
    )
    loss = lnl.losses.SparseRegularization(
        lnl.losses.FocalLoss(gamma=0.5), p=0.1, weight=1.2
    )
    model.compile("sgd", loss=loss, metrics=["accuracy", lnl.metrics.SparseRate()])
    model.fit(
        dataset, callbacks=[lnl.callbacks.RegularizationScheduler(rho=1.03, every=1)]
    )

The method is that of Zhou et al., "Learning with Noisy Labels via Sparse
Regularization" (ICCV 2021).
"""

import importlib
import sys

__version__ = "0.1.0"

# What has to be registered before `keras.models.load_model` can bring it back.
_SERIALIZABLE = ("callbacks", "layers", "losses", "metrics", "training")
_SUBMODULES = (
    "analysis",
    "config",
    "datasets",
    "errors",
    "experiment",
    "export",
    "models",
    "noise",
    "schedules",
    *_SERIALIZABLE,
)

__all__ = ["__version__", *sorted(_SUBMODULES)]


def __getattr__(name):
    """Import a submodule when it is first used: Keras takes seconds to import."""
    if name in _SUBMODULES:
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return __all__


# Someone who has Keras already pays nothing for registering at once, and may
# call `keras.models.load_model` without having touched a submodule.
if "keras" in sys.modules:
    for _name in _SERIALIZABLE:
        importlib.import_module(f"{__name__}.{_name}")
