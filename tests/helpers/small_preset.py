"""Presets of KerasHub with random weights, for the tests."""

import pathlib

import keras
import numpy as np

SIDE = 32
WORDS = ["the", "film", "was", "so", "not", "very", "good", "bad", "dull", "great"]


def save(folder, kind="vit"):
    """Write a preset of a tiny network, and give its name as a backbone."""
    import keras_hub

    keras.utils.set_random_seed(1)
    vit = {"patch_size": 16, "num_layers": 1, "num_heads": 2, "hidden_dim": 8,
           "mlp_dim": 16, "image_shape": (SIDE, SIDE, 3)}  # fmt: skip
    make, converter, settings = {
        "vit": (
            keras_hub.models.ViTBackbone,
            keras_hub.layers.ViTImageConverter,
            vit,
        ),
        "plain_vit": (
            keras_hub.models.ViTBackbone,
            keras_hub.layers.ViTImageConverter,
            vit | {"use_class_token": False},
        ),
        "dinov2": (
            keras_hub.models.DINOV2Backbone,
            keras_hub.layers.DINOV2ImageConverter,
            {"patch_size": 16, "num_layers": 1, "num_heads": 2, "hidden_dim": 8,
             "intermediate_dim": 16, "image_shape": (SIDE, SIDE, 3),
             "position_embedding_shape": (SIDE, SIDE, 3), "dropout_rate": 0.1},
        ),
        "siglip": (
            keras_hub.models.SigLIPVisionEncoder,
            keras_hub.layers.SigLIPImageConverter,
            {"patch_size": 16, "num_layers": 1, "num_heads": 2, "hidden_dim": 8,
             "intermediate_dim": 16, "image_shape": (SIDE, SIDE, 3)},
        ),
        "resnet": (
            keras_hub.models.ResNetBackbone,
            keras_hub.layers.ResNetImageConverter,
            {"input_conv_filters": [64], "input_conv_kernel_sizes": [3],
             "stackwise_num_filters": [64], "stackwise_num_blocks": [1],
             "stackwise_num_strides": [1], "block_type": "basic_block"},
        ),
    }[kind]  # fmt: skip
    network = make(**settings)
    if kind == "dinov2":
        rng = np.random.default_rng(1)
        network.set_weights(
            [w + rng.normal(0, 0.1, w.shape) for w in network.get_weights()]
        )
    network.save_to_preset(str(folder))
    if kind == "siglip":
        network = _with_texts(network, folder)
    converter(image_size=(SIDE, SIDE), scale=1 / 127.5, offset=-1).save_to_preset(
        str(folder)
    )
    return f"hub:{pathlib.Path(folder)}"


def _with_texts(vision, folder):
    import keras_hub

    texts = keras_hub.models.SigLIPTextEncoder(
        vocabulary_size=20, embedding_dim=8, hidden_dim=8, num_layers=1, num_heads=2,
        intermediate_dim=16, max_sequence_length=8,
    )  # fmt: skip
    keras_hub.models.SigLIPBackbone(vision, texts).save_to_preset(str(folder))


def save_of_texts(folder):
    """Write a preset of a tiny BERT with a vocabulary of its own, and give its name."""
    import keras_hub

    keras.utils.set_random_seed(1)
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS]
    tokenizer = keras_hub.models.BertTokenizer(vocabulary=words, lowercase=True)
    network = keras_hub.models.BertBackbone(
        len(words), num_layers=1, num_heads=2, hidden_dim=8, intermediate_dim=16,
        max_sequence_length=40,
    )  # fmt: skip
    rng = np.random.default_rng(1)
    network.set_weights(
        [w + rng.normal(0, 0.3, w.shape) for w in network.get_weights()]
    )
    network.save_to_preset(str(folder))
    tokenizer.save_to_preset(str(folder))
    return f"hub:{pathlib.Path(folder)}"
