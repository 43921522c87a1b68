"""A network that computes in float32, of one that was trained in mixed precision."""

import keras


def in_float32(model: keras.Model) -> keras.Model:
    """The same network, computing in float32 throughout.

    Args:
        model: a functional one, perhaps of mixed precision.

    Returns:
        A new model with copies of the weights, which are float32 anyway, so outputs
        differ by rounding alone; the model itself where it is in float32 already.

    Example:
        in_float32(model)(images).dtype  # "float32"
    """
    before = model.get_config()
    config = _float32_config(before)
    if config == before:
        return model
    made = type(model).from_config(config)
    made.set_weights(model.get_weights())
    return made


def _float32_config(config):
    """A layer's config, with float32 in place of mixed precision, nested too."""
    if isinstance(config, dict):
        return {name: _float32_config(value) for name, value in config.items()}
    if isinstance(config, (list, tuple)):
        return type(config)(map(_float32_config, config))
    mixed = isinstance(config, str) and config in ("mixed_bfloat16", "mixed_float16")
    return "float32" if mixed else config
