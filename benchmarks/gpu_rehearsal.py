"""What benchmarks/on_gpu.py does of every kind on a processor, in two minutes."""

import gpu_plan
import image_parts
import numpy as np
from gpu_sizes import DATASET, Sizes

REHEARSED = Sizes(
    network="mnist",
    images=128,
    matrix=256,
    rounds=1,
    examples=256,
    epochs=2,
    # A processor takes minutes for convolutions in whole epochs.
    settings={"model": "mlp", "epochs": 2, "batch_size": 64, "precision": "float32"}
    | {"whole_epochs": "yes"},
    cases=(
        gpu_plan.Case("ce_sr", 0.6),
        gpu_plan.Case("ce_sr", 0.8, "adaptive"),
        gpu_plan.Case("ce", 0.6),
    ),
    at_once=2,
    worth=0,  # whether it is faster or not
)


def synthetic(folder):
    """Parts of images of noise, for who rehearses without CIFAR-10."""
    import io

    from PIL import Image

    from lnl_sr_tf.datasets.dataset import Dataset

    rng = np.random.default_rng(0)
    splits, count = {}, REHEARSED.examples
    labels = rng.permutation(np.arange(count) % 10)
    images = rng.integers(0, 256, (count, 32, 32, 3), np.uint8)
    files = []
    for image in images:
        file = io.BytesIO()
        Image.fromarray(image).save(file, "PNG")
        files.append(file.getvalue())
    splits = dict.fromkeys(image_parts.SPLITS, (files, labels))
    names = tuple(f"class {i}" for i in range(10))
    made = Dataset(
        DATASET, images, labels, labels, images, labels, names,
        (0.5,) * 3, (0.25,) * 3,
    )  # fmt: skip
    image_parts.write(folder, made, splits, count=2)
