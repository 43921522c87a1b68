"""An encoder as it is in the file of a run."""

import json
import pathlib
from collections.abc import Callable
from typing import Any

from lnl_sr_tf.datasets.encoder import Encoder
from lnl_sr_tf.datasets.features.table_encoder import (
    TableEncoder,
    table_encoder_from_dict,
)
from lnl_sr_tf.datasets.features.text_encoder import TextEncoder, text_encoder_from_dict

# By the kind that the file tells.
_READERS: dict[str, Callable[[dict[str, Any]], Encoder]] = {
    TextEncoder.kind: text_encoder_from_dict,
    TableEncoder.kind: table_encoder_from_dict,
}


def encoder_from_dict(content: dict[str, Any]) -> Encoder:
    """The encoder that its `as_dict` told of."""
    return _READERS[content["kind"]](content)


def read_encoder(path: pathlib.Path | str) -> Encoder:
    """The encoder in a run's `encoder.json`.

    Example::

        read_encoder("runs/reviews-ce_sr-none-seed1-0a1b2c3d/encoder.json").kind
    """
    return encoder_from_dict(json.loads(pathlib.Path(path).read_text("utf-8")))
