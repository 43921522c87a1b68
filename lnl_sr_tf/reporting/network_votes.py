"""What the network of a run says of examples, as the votes of one more annotator."""

import os

import numpy as np

from lnl_sr_tf.datasets.example_names import UNKNOWN, by_number, by_path
from lnl_sr_tf.errors import InputError
from lnl_sr_tf.runs import arrays
from lnl_sr_tf.runs.folder import RunFolder
from lnl_sr_tf.votes import Votes

_NAME = "network"


def with_network(votes: Votes, run: str | os.PathLike) -> Votes:
    """The votes, and for each example that a run trained on that of its network.

    Its vote is the class with the largest mean output over the epochs that the run
    recorded, so that neither Keras nor the data is needed. The network has learned from
    the annotators: it is no observer on its own, and counts as one only as far as
    sparse regularization kept it from learning single votes by heart.

    Args:
        votes: of annotators, for some of the examples that the run trained on.
        run: its folder.

    Raises:
        InputError: if there is no finished run, it recorded no outputs, or it trained
            on none of these examples.
        RunError: if its files cannot be read.

    Example::

        run = "runs/photos-ce_sr-none-seed1-0a1b2c3d"
        crowd(with_network(read_votes("votes.csv"), run)).consensus
    """
    folder = RunFolder(run)
    record = folder.config()
    if record is None or not folder.finished():
        raise InputError(f"{run}: expected the folder of a finished run")
    said = arrays.read_output_sum(folder.outputs)
    if said is None or record.get("fold") or record.get("votes") == "each":
        raise InputError(
            f"{run} has recorded no outputs for each example that it trained on; "
            "expected a run with --record_epochs, without --fold and --votes=each"
        )
    labels = arrays.read_labels(folder)
    path = labels.get("path")
    known = by_number(labels["index"]) if path is None else by_path(path.tolist())
    places = np.array([known.get(name, UNKNOWN) for name in votes.examples])
    rows = np.flatnonzero(places >= 0)
    if not len(rows):
        raise InputError(
            f"{run} trained on none of the examples of the votes, such as "
            f"{votes.examples[0]!r:.60}"
        )
    classes = _classes(votes, record["class_names"])
    label = classes[said.total.argmax(axis=1)[places[rows]]]
    rows, label = rows[label >= 0], label[label >= 0]
    name = _NAME
    while name in votes.annotators:
        name += "_"
    return Votes(
        example=np.concatenate([votes.example, rows]),
        annotator=np.concatenate(
            [votes.annotator, np.full(len(rows), len(votes.annotators))]
        ),
        label=np.concatenate([votes.label, label]),
        examples=votes.examples,
        annotators=(*votes.annotators, name),
        class_names=votes.class_names,
    )


def _classes(votes: Votes, names: list[str]) -> np.ndarray:
    """The number that each class of a run has among the votes; -1 for none."""
    of_votes = {str(name): number for number, name in enumerate(votes.class_names)}
    if not of_votes.keys() & {*names}:
        names = [str(number) for number in range(len(names))]  # votes by number
    return np.array([of_votes.get(name, -1) for name in names], np.int64)
