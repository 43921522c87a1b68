"""The command with one more network, which has no batch normalisation: `plain`.

Its runs end without figures, and with an empty SavedModel. Several commands are done
one after the other, as long as they succeed: a process takes seconds to start.

python plain_network.py --model=plain --name=value ... [then --name=value ...]
"""

import pathlib
import sys

_TESTS = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(_TESTS.parent), str(_TESTS)]

from lnl_sr_tf import cli, quiet  # noqa: E402

with quiet.notices():
    from helpers.bare_results import bare_results
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
    commands = [[]]
    for argument in sys.argv[1:]:
        if argument == "then":
            commands.append([])
        else:
            commands[-1].append(argument)
    with bare_results():
        for command in commands[:-1]:
            if status := cli.main([sys.argv[0], *command]):
                sys.exit(status)
        sys.argv[1:] = commands[-1]
        cli.run()
