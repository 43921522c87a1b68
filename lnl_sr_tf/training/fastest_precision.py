"""Which precision trains a network faster on this machine, by measuring."""

import hashlib
import json
import math
import os
import pathlib
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping

import keras
import numpy as np

from lnl_sr_tf.config import Config
from lnl_sr_tf.devices import backend, hardware
from lnl_sr_tf.training import compilation, precision

POLICIES = ("float32", "mixed_bfloat16")
# In steps with fewer operations, calls take most of the time, whatever the precision.
_SMALL = 1e9
_SECONDS, _ROUNDS = 1.0, 3  # at least
_TURN = 0.05  # seconds for which one precision is measured at a time
# bfloat16 must be faster by this factor; times on a busy machine vary by less.
_MARGIN = 1.1


def measure(
    make: Callable[[str], keras.Model],
    config: Config,
    tell: Callable[[str], object],
) -> dict[str, float | None] | None:
    """Seconds per training step in float32 and in mixed_bfloat16.

    The network of a run is trained with SGD and cross-entropy on a batch of random
    images, in both precisions in turn. The result is kept with the user's other caches,
    by machine, versions, network and batch size, and read from there the next time.

    Args:
        make: makes the compiled model of the run, for the name of a Keras dtype policy.
        config: the settings of the run; only the batch size counts.
        tell: called with a line that tells the result.

    Returns:
        The seconds for each of `POLICIES`, None if this machine cannot compute in it.
        None for a network whose steps are so small that precision makes no difference.

    Example:
        measure(make, config, print)
        # {'float32': 0.0334, 'mixed_bfloat16': 0.0143}
    """
    networks = {"float32": _network(make, "float32")}
    first = networks["float32"]
    if compilation.operations_of_step(first, config.batch_size) < _SMALL:
        return None
    place = _place(_described(first, config))
    found = _kept(place)
    if found is None:
        tell(f"precision: trying which is faster for {first.name}, once for a machine")
        networks["mixed_bfloat16"] = _network(make, "mixed_bfloat16")
        found = _keep(place, _in_turns(networks, config.batch_size), tell)
        tell(f"precision: a step of {first.name} takes {_words(found)} on this machine")
    return found


def faster(found: Mapping[str, float | None] | None) -> str:
    """The policy to train with, from the result of `measure`."""
    if found is None:
        return "float32"
    float32, bfloat16 = (found[policy] for policy in POLICIES)
    if float32 and bfloat16 and float32 > _MARGIN * bfloat16:
        return "mixed_bfloat16"
    return "float32"


def _words(found):
    float32, bfloat16 = (found[policy] for policy in POLICIES)
    words = f"float32 {_time(float32)} and mixed_bfloat16 "
    return words + (_time(bfloat16) if bfloat16 else "cannot be computed")


def _time(seconds):
    return f"{seconds:.3g} s" if seconds >= 1 else f"{1000 * seconds:.3g} ms"


def _network(make, policy):
    """The network of a run, compiled with cross-entropy."""
    model = make(policy)
    model = getattr(model, "first", model)  # of Co-teaching
    network = keras.Model(model.inputs, model.outputs, name=model.name)
    network.compile(
        "sgd",
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        jit_compile=compilation.whole_step(),
    )
    return network


def _in_turns(networks, batch_size):
    """Median seconds per step of each network; None if it cannot be computed."""
    network = next(iter(networks.values()))
    rng = np.random.default_rng(0)
    # As pixels are, and as features may be.
    images = rng.integers(0, 256, (batch_size, *network.input_shape[1:]))
    images = images.astype(network.inputs[0].dtype)
    labels = rng.integers(0, 2, batch_size)

    def step(policy):
        networks[policy].train_on_batch(images, labels)

    seconds = {}
    for policy in networks:
        try:
            for _ in range(2):  # the first one compiles
                step(policy)
            seconds[policy] = []
        except Exception as error:
            if policy == "float32" or not precision.not_computable(error):
                raise
    start = time.perf_counter()
    while (
        time.perf_counter() - start < _SECONDS
        or min(map(len, seconds.values())) < _ROUNDS
    ):
        for policy, found in seconds.items():
            begun, steps = time.perf_counter(), 0
            while not steps or time.perf_counter() - begun < _TURN:
                step(policy)
                steps += 1
            found.append((time.perf_counter() - begun) / steps)
    return {
        policy: statistics.median(seconds[policy]) if policy in seconds else None
        for policy in networks
    }


def _described(network, config):
    """Everything that the time of a step depends on."""
    # Sharpening has a temperature, which takes no time: its count is not in this.
    weights = sum(math.prod(one.shape) for one in network.trainable_variables)
    settings = ("ONEDNN_MAX_CPU_ISA", "TF_ENABLE_ONEDNN_OPTS", "XLA_FLAGS")
    return {
        "processor": hardware.describe()["processor"],
        "cores": hardware.usable_cores(),
        "backend": [backend.name(), backend.version(), keras.__version__],
        "environment": {name: os.environ.get(name) for name in settings},
        "network": [network.name, weights],
        "input": list(network.input_shape[1:]),
        "batch_size": config.batch_size,
    }


def _place(described):
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    text = json.dumps(described, sort_keys=True)
    name = hashlib.sha256(text.encode()).hexdigest()[:16]
    return pathlib.Path(base).expanduser() / "lnl_sr_tf" / f"precision-{name}.json"


def _kept(place):
    """The result of an earlier measurement; None if there is none, or it is damaged."""
    try:
        found = json.loads(place.read_text("utf-8"))
        found = {policy: found[policy] for policy in POLICIES}
        known = [float(seconds) for seconds in found.values() if seconds is not None]
        right = found["float32"] is not None and min(known) > 0
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return found if right else None


def _keep(place, found, tell):
    """Keep a result, and return it; if another process was first, return that one's."""
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=place.parent, delete=False) as file:
            json.dump(found, file)
        try:
            os.link(file.name, place)  # fails if it exists already
            os.unlink(file.name)
        except FileExistsError:
            before = _kept(place)
            if before is None:  # the file is damaged
                os.replace(file.name, place)
            else:
                os.unlink(file.name)
            found = before or found
    except OSError as error:
        tell(f"the measured speed cannot be kept in {place.parent}: {error}")
    return found
