"""What a run leaves of its network: Keras's own file, and a SavedModel."""

import contextlib
import pathlib
import tempfile
from collections.abc import Sequence

import keras

from lnl_sr_tf.backbones.backbone import Backbone
from lnl_sr_tf.backbones.text_backbone import TextBackbone
from lnl_sr_tf.datasets import tensorflow_import
from lnl_sr_tf.datasets.encoder import Encoder
from lnl_sr_tf.errors import RunError
from lnl_sr_tf.export import serving
from lnl_sr_tf.export.other_process import save_by_another_process
from lnl_sr_tf.runs.folder import RunFolder


def save(
    model: keras.Model,
    folder: RunFolder,
    class_names: Sequence[str],
    resize: str | None = None,
    temperature: float = 1.0,
    bits: int | None = None,
    encoder: Encoder | None = None,
) -> bool:
    """Write `model.keras`, and the SavedModel where TensorFlow is installed.

    Where features were made of something else, `encoder.json` says how.

    Args:
        model: from uint8 images, or features, to logits.
        folder: of the run.
        class_names: one name a class.
        resize: as for `save_serving`.
        temperature: likewise.
        bits: likewise.
        encoder: likewise; with a `Backbone` the SavedModel holds both networks.

    Returns:
        Whether there is a SavedModel.
    """
    exported = tensorflow_import.import_tensorflow_if_installed()
    model.save(folder.model)
    if encoder is not None:
        folder.write_encoder(encoder.as_dict())
    if not exported:
        return False
    served, on_tensorflow = model, keras.backend.backend() == "tensorflow"
    if isinstance(encoder, Backbone):
        # One network, which takes images as any other does.
        served, encoder = encoder.with_head(model), None
    try:
        # The network that makes features of texts does so by TensorFlow.
        foreign = isinstance(encoder, TextBackbone) and not on_tensorflow
        if keras.backend.backend() == "torch" or foreign:
            with _saved(served, model, folder) as source:
                save_by_another_process(
                    source,
                    folder.saved_model,
                    class_names,
                    resize,
                    temperature,
                    bits,
                    folder.encoder if encoder else None,
                )
        else:
            serving.save_serving(
                served,
                folder.saved_model,
                class_names,
                resize,
                temperature,
                bits,
                encoder,
            )
    except _tensorflow_errors() as error:
        raise RunError(f"cannot write {folder.saved_model}: {error}") from error
    return True


@contextlib.contextmanager
def _saved(served, model, folder):
    """A file that holds the model to serve, for as long as it is needed."""
    if served is model:
        yield folder.model
        return
    with tempfile.TemporaryDirectory() as place:
        source = pathlib.Path(place) / "model.keras"
        served.save(source)
        yield source


def _tensorflow_errors():
    from tensorflow import errors

    return errors.ResourceExhaustedError, errors.PermissionDeniedError
