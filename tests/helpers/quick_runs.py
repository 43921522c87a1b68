"""Runs of one layer, without figures: for tests of all but networks."""

import contextlib
from unittest import mock

from helpers.bare_results import bare_results
from keras import layers

from lnl_sr_tf import models
from lnl_sr_tf.models import blocks


@contextlib.contextmanager
def one_layer_networks():
    """Within it a network has one layer, whatever its name: a fifth of the tracing."""
    builders = dict.fromkeys(models._BUILDERS, _one_layer)
    with mock.patch.dict(models._BUILDERS, builders):
        yield


@contextlib.contextmanager
def quick_runs(short=True):
    """Within it networks have one layer, and runs end as `bare_results` says."""
    with bare_results(short), one_layer_networks():
        yield


def _one_layer(inputs, num_classes, seeds):
    x = layers.Flatten(name="features")(inputs)
    return blocks.logits(x, num_classes, seeds)
