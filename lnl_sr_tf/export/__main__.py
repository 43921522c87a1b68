"""Write a SavedModel of a saved network, in a process of its own."""

import json
import pathlib
import sys

import keras

from lnl_sr_tf.backbones.text_backbone import TextBackbone
from lnl_sr_tf.datasets.features.encoder_from_dict import encoder_from_dict
from lnl_sr_tf.export.serving import save_serving


def _main(source, path, resize, temperature, bits, encoder, *class_names):
    # Registers the classes that a model may contain.
    from lnl_sr_tf import losses  # noqa: F401

    model = keras.models.load_model(source, safe_mode=True)
    bits = int(bits) if bits else None
    save_serving(
        *(model, path, class_names, resize or None, float(temperature), bits),
        _read_encoder(encoder) if encoder else None,
    )


def _read_encoder(path):
    content = json.loads(pathlib.Path(path).read_text("utf-8"))
    if content["kind"] == TextBackbone.kind:
        return TextBackbone(content["backbone"], content["weights"])
    return encoder_from_dict(content)


if __name__ == "__main__":
    _main(*sys.argv[1:])
