"""Folders that look like those of finished runs, made without training."""

from lnl_sr_tf import config
from lnl_sr_tf.runs.identity import folder_of


def make(accuracy, settings, finished=True, epochs=2, seconds=4.0):
    """The config and the folder of a run that ended with an accuracy, a share."""
    made = config.resolve(settings)
    return made, make_of(made, accuracy, finished, epochs, seconds)


def make_of(made, accuracy, finished=True, epochs=2, seconds=4.0):
    """The folder of a run whose config is there already."""
    folder = folder_of(made)
    folder.write_config(made.as_dict() | made.identity())
    folder.write_summary(
        {
            "test_accuracy": accuracy,
            "best_test_accuracy": accuracy,
            "epochs": epochs,
            "seconds": seconds,
            "sparse_rate": 0.5,
            "finished": finished,
            "test_labels": "clean",
            "saved_model": False,
        }
    )
    if finished:
        folder.model.write_bytes(b"")
    return folder
