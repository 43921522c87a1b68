"""The command with one more network, which has no batch normalisation: `plain`.

Its runs end without figures, and with an empty SavedModel.

python plain_network.py --model=plain --name=value ...
"""

import pathlib
import sys

_TESTS = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(_TESTS.parent), str(_TESTS)]

from lnl_sr_tf import cli, quiet  # noqa: E402

with quiet.notices():
    from bare_results import bare_results
    from keras import layers

    from lnl_sr_tf import models
    from lnl_sr_tf.models import blocks


def plain(inputs, num_classes, seeds):
    """3×3 conv 16, pool, dense 64, dense k."""
    x = blocks.relu(blocks.convolution(inputs, 16, 3, seeds))
    x = layers.Flatten()(layers.MaxPooling2D(2)(x))
    x = blocks.relu(blocks.dense(x, 64, seeds), name="features")
    return blocks.logits(x, num_classes, seeds)


if __name__ == "__main__":
    models._BUILDERS["plain"] = plain
    with bare_results():
        cli.run()
