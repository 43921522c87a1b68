"""Figures of each epoch for TensorBoard, written without TensorFlow."""

import os
import pathlib
import time
from typing import Any

import keras


class TensorBoardLog(keras.callbacks.Callback):
    """Writes each epoch's figures where TensorBoard finds them.

    As `keras.callbacks.TensorBoard`, which needs TensorFlow: the figures of training
    are in `train`, those of the test set in `validation`, under names such as
    `epoch_loss`.

    Args:
        folder: where the event files go; they are opened when training begins, and
            go on where it begins again with the same callback.

    Example:
        model.fit(x, y, callbacks=[TensorBoardLog("runs/one/tensorboard")])
    """

    def __init__(self, folder: str | os.PathLike) -> None:
        super().__init__()
        self.folder = pathlib.Path(folder)
        self._files: dict[str, Any] = {}
        self._name = ""

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Open a file for training and one for the test set."""
        from tensorboard.summary.writer.record_writer import RecordWriter

        name = self._name or f"events.out.tfevents.{time.time():.6f}"
        for part in ("train", "validation"):
            path = self.folder / part
            path.mkdir(parents=True, exist_ok=True)
            # The writer closes it when training ends.
            file = (path / name).open("ab")
            self._files[part] = RecordWriter(file)
            if not self._name:
                self._write(part, file_version="brain.Event:2")
        self._name = name

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Write the figures, and the learning rate."""
        from tensorboard.compat.proto.summary_pb2 import Summary

        rate = keras.ops.convert_to_numpy(self.model.optimizer.learning_rate)
        values: dict[str, dict[str, float]] = {"train": {}, "validation": {}}
        for name, value in ((logs or {}) | {"learning_rate": rate}).items():
            part = "validation" if name.startswith("val_") else "train"
            values[part][f"epoch_{name.removeprefix('val_')}"] = float(value)
        for part, found in values.items():
            summary = Summary(
                value=[Summary.Value(tag=k, simple_value=v) for k, v in found.items()]
            )
            self._write(part, step=epoch, summary=summary)

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        """Close the files."""
        for writer in self._files.values():
            writer.close()
        self._files = {}

    def _write(self, part, **content):
        from tensorboard.compat.proto.event_pb2 import Event

        event = Event(wall_time=time.time(), **content)
        self._files[part].write(event.SerializeToString())
        self._files[part].flush()
