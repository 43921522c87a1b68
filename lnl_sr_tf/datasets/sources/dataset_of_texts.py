"""The dataset that texts and their labels make."""

from collections.abc import Callable, Sequence

import numpy as np

from lnl_sr_tf.datasets.dataset import Dataset
from lnl_sr_tf.datasets.features.text_encoder import fit_text_encoder
from lnl_sr_tf.datasets.sources.split_rows import Splits, dataset_of_rows
from lnl_sr_tf.errors import InputError


def dataset_of_texts(
    source: object,
    name: str,
    texts: Sequence[str],
    find_splits: Callable[[list[np.ndarray]], Splits],
    where: Callable[[int], str],
    fingerprint: str,
    tell: Callable[[str], None],
) -> Dataset:
    """The dataset of texts; what makes their features is fitted on those to train.

    Args:
        source: where they are from, for messages.
        name: of the dataset.
        texts: n of them.
        find_splits: from what tells the texts apart to the splits.
        where: from the place of a text to its name, for messages.
        fingerprint: of all of it.
        tell: called with each line about what was found.

    Raises:
        InputError: if all texts are empty, or none to train on has a word.
    """
    empty = [place for place, text in enumerate(texts) if not text.strip()]
    if len(empty) == len(texts):
        raise InputError(
            f"{source}: all {len(texts)} texts are empty; expected words in them"
        )
    if empty:
        tell(
            f"{source}: {len(empty)} of {len(texts)} texts are empty, the first in "
            f"{where(empty[0])}; their features are zeros"
        )
    found = find_splits([np.frombuffer(t.encode(), np.uint8) for t in texts])
    try:
        encoder = fit_text_encoder(
            [texts[place] for place in found.train.tolist()], len(texts), tell
        )
    except InputError as error:
        raise InputError(f"{source}: {error}") from None
    features = encoder.encode(texts)
    unknown = int((~features.any(axis=1)).sum()) - len(empty)
    if unknown:
        tell(f"{source}: {unknown} texts have none of the terms")
    return dataset_of_rows(
        name,
        features,
        found,
        _statistics(features[found.train]),
        fingerprint,
        originals=np.array([*texts, None], object)[:-1],
        encoder=encoder,
    )


def _statistics(
    features: np.ndarray,
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Mean 0 and one deviation for all, the root mean square: rare words stay small."""
    count, width = features.shape
    # Each row has length 1, or is zeros.
    filled = int(features.any(axis=1).sum())
    deviation = float(np.sqrt(filled / (count * width))) or 1.0
    return (0.0,) * width, (deviation,) * width
