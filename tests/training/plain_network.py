"""The command with one more network, which has no batch normalisation: `plain`.

python plain_network.py --model=plain --name=value ...
"""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent.parent))

from lnl_sr_tf import cli, quiet

with quiet.notices():
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
    cli.run()
