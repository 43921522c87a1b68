"""The command with two more networks, for tests that compare devices: `plain`, `small`.

They are smooth: nothing in them switches, as a rectifier or the maximum of a pooling
does, so that what the order of sums rounds stays as small as it is on each processor.
`small` has batch normalisation, `plain` has none.

Runs end without figures, and with an empty SavedModel. Several commands are done one
after the other, as a process takes seconds to start: `then` goes on with the next one
if all is well so far, `anyway` in any case, and tells the status.

python smooth_networks.py --model=plain --name=value ... [then --name=value ...]
"""

import contextlib
import pathlib
import sys
from unittest import mock

_TESTS = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(_TESTS.parent), str(_TESTS)]

from lnl_sr_tf import cli, quiet  # noqa: E402

with quiet.notices():
    from helpers.bare_results import bare_results
    from keras import layers

    from lnl_sr_tf import models
    from lnl_sr_tf.models import blocks


def plain(inputs, num_classes, seeds):
    """3×3 conv 8, average pooling, dense k."""
    return _classified(blocks.convolution(inputs, 8, 3, seeds), num_classes, seeds)


def small(inputs, num_classes, seeds):
    """3×3 conv 8, batch normalisation, average pooling, dense k."""
    x = blocks.normalization(blocks.convolution(inputs, 8, 3, seeds))
    return _classified(x, num_classes, seeds)


def _classified(x, num_classes, seeds):
    x = layers.Flatten(name="features")(layers.AveragePooling2D(2)(x))
    return blocks.logits(x, num_classes, seeds)


@contextlib.contextmanager
def smooth_networks():
    """Within it they are there beside the others, and runs are bare."""
    with (
        mock.patch.dict(models._BUILDERS, {"plain": plain, "small": small}),
        bare_results(),
    ):
        yield


def _do(words):
    """Commands one after the other; the last as the command itself does."""
    while following := [word for word in words if word in ("then", "anyway")]:
        end = words.index(following[0])
        status = cli.main([sys.argv[0], *words[:end]])
        if following[0] == "anyway":
            print(f"status {status}", flush=True)
        elif status:
            sys.exit(status)
        words = words[end + 1 :]
    sys.argv[1:] = words
    cli.run()


if __name__ == "__main__":
    with smooth_networks():
        _do(sys.argv[1:])
