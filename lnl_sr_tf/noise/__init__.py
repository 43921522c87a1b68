"""Label noise: transition matrices, and labels corrupted by them. NumPy alone."""

from lnl_sr_tf.noise.corrupt import corrupt
from lnl_sr_tf.noise.estimate import estimate_matrix
from lnl_sr_tf.noise.files import MATRIX_FILES, read_matrix, write_matrix
from lnl_sr_tf.noise.instance import instance_noise
from lnl_sr_tf.noise.maps import map_matrix, parse_map
from lnl_sr_tf.noise.matrices import (
    asymmetric_matrix,
    noise_matrix,
    pairflip_matrix,
    symmetric_matrix,
)
from lnl_sr_tf.noise.mixture import NoiseEstimate, estimate_noise, share_interval
from lnl_sr_tf.noise.published import published_matrix, published_noise

__all__ = [
    "MATRIX_FILES",
    "NoiseEstimate",
    "asymmetric_matrix",
    "corrupt",
    "estimate_matrix",
    "estimate_noise",
    "instance_noise",
    "map_matrix",
    "noise_matrix",
    "pairflip_matrix",
    "parse_map",
    "published_matrix",
    "published_noise",
    "read_matrix",
    "share_interval",
    "symmetric_matrix",
    "write_matrix",
]
