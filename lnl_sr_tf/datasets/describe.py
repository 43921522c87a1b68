"""What a data set was taken for, in a line, so that a wrong guess is seen."""

import numpy as np

_NAMED = 5  # classes
_LONGEST = 30  # letters of a name


def in_a_line(dataset):
    """Its number of classes, their first names, and examples a class.

    Args:
        dataset: a `lnl_sr_tf.datasets.Dataset`.

    Example:
        >>> in_a_line(lnl.datasets.load("digits"))
        'digits: 10 classes (0, 1, 2, 3, 4, …), 137 to 153 training examples a class'
    """
    counts = np.bincount(dataset.given_labels, minlength=dataset.num_classes)
    named = [_short(str(name)) for name in dataset.class_names[:_NAMED]]
    named += ["…"] * (dataset.num_classes > _NAMED)
    least, most = counts.min(), counts.max()
    return (
        f"{dataset.name}: {dataset.num_classes} classes ({', '.join(named)}), "
        f"{least if least == most else f'{least} to {most}'} training examples a class"
    )


def _short(name):
    # Of a folder a name may hold bytes that are no text, or a line's end.
    name = name.encode(errors="replace").decode()
    name = "".join(letter if letter.isprintable() else "?" for letter in name)
    return name if len(name) <= _LONGEST else name[: _LONGEST - 1] + "…"
