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
from typing import Any

__version__ = "0.2.0"

# They hold the classes that `keras.models.load_model` must find registered.
_SERIALIZABLE = ("layers", "losses", "metrics", "training")
_WITH_KERAS = (
    "analysis",
    "callbacks",
    "devices",
    "experiment",
    "export",
    "models",
    "reporting",
    "sweep",
    *_SERIALIZABLE,
)
_WITHOUT_KERAS = (
    "auditing",
    "config",
    "datasets",
    "errors",
    "noise",
    "runs",
    "schedules",
    "votes",
)

__all__ = ["__version__", "audit", "crowd", *sorted(_WITH_KERAS + _WITHOUT_KERAS)]


def __getattr__(name: str) -> Any:
    """Import a module at its first use: Keras takes seconds to import."""
    if name == "audit":
        return importlib.import_module(f"{__name__}.auditing").audit
    if name == "crowd":
        return importlib.import_module(f"{__name__}.votes").crowd
    if name in _WITH_KERAS:
        _register()
    elif name not in _WITHOUT_KERAS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return importlib.import_module(f"{__name__}.{name}")


def __dir__() -> list[str]:
    return __all__


def _register():
    for name in _SERIALIZABLE:
        importlib.import_module(f"{__name__}.{name}")


# If Keras is imported already, registering at once costs nothing, and
# `keras.models.load_model` works before any module of this package is used.
if "keras" in sys.modules:
    _register()
