"""Folders of finished runs with an accuracy for each epoch, made without training."""

from helpers import finished_runs

from lnl_sr_tf.runs.folder import COLUMNS


def make(place, settings, accuracies, labels="clean"):
    """The folder of a run.

    Args:
        place: the folder where it is to lie.
        settings: of the run.
        accuracies: after each epoch, shares.
        labels: the kind of test labels that they are measured by.
    """
    epochs = len(accuracies)
    settings = {
        "dataset": "digits",
        "epochs": epochs,
        "output_dir": str(place),
    } | settings
    _, folder = finished_runs.make(accuracies[-1], settings, epochs=epochs)
    name = "test_accuracy" if labels == "clean" else "given_test_accuracy"
    none = {"test_accuracy": None, "best_test_accuracy": None}
    found = {name: accuracies[-1], f"best_{name}": max(accuracies)}
    more = {"test_labels": labels, "best_epoch": 1, "noise_rate": None}
    folder.write_summary(
        folder.summary() | none | found | more | {"images_per_second": 1.0}
    )
    folder.write_rows(
        [
            dict.fromkeys(COLUMNS, 0.5)
            | {"epoch": epoch, "stage": None, "lost_classes": None, "lambda": None}
            | {"second_test_accuracy": None, "test_accuracy": None}
            | {name: accuracy}
            for epoch, accuracy in enumerate(accuracies, 1)
        ]
    )
    return folder
