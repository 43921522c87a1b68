"""What a model card tells of a run, as words and numbers."""

import dataclasses
import os
import pathlib
from collections.abc import Mapping, Sequence
from typing import Any

from lnl_sr_tf.config import Config, as_flags
from lnl_sr_tf.config.data_kinds import is_path, kind
from lnl_sr_tf.config.file_kind import FEATURES, IMAGES, TABLE, TEXT
from lnl_sr_tf.config.settings import HUB
from lnl_sr_tf.loss_names import REGULARIZED
from lnl_sr_tf.runs import label_kinds
from lnl_sr_tf.runs.folder import measured

# Settings that are paths, besides those whose place a run writes down.
_PATHS = ("rate_estimate",)
_EXAMPLES = {
    IMAGES: "images",
    FEATURES: "rows of features",
    TEXT: "texts",
    TABLE: "rows of a table",
}


@dataclasses.dataclass(frozen=True)
class Facts:
    """What is known of a run from its settings and its results.

    Args:
        config: its settings.
        record: what `config.json` holds.
        summary: what `summary.json` holds.
        figures: the names of its figures.
    """

    config: Config
    record: Mapping[str, Any]
    summary: Mapping[str, Any]
    figures: Sequence[str]

    @property
    def own_data(self) -> bool:
        """Whether the data is a folder or file of one's own."""
        return "dataset" in self.record.get("places", {}) or is_path(
            self.config.dataset
        )

    @property
    def kind(self) -> str:
        """What its examples are; runs of earlier versions do not tell of all data."""
        told = self.record.get("data_kind")
        if told:
            return told
        if self.config.backbone or len(self.record.get("image_shape", ())) != 1:
            return IMAGES
        place = self.place
        return kind(place) if place else FEATURES

    @property
    def place(self) -> str | None:
        """Where the file of its data is, if it is still there."""
        place = self.record.get("places", {}).get("dataset", self.config.dataset)
        return place if os.path.exists(place) else None

    @property
    def examples(self) -> str:
        """What its examples are, for people."""
        return _EXAMPLES[self.kind]

    @property
    def class_names(self) -> list[str]:
        """The names of the classes."""
        names = self.record.get("class_names") or self.summary.get("class_names") or ()
        return [str(name) for name in names]

    @property
    def labels_are(self) -> str:
        """By which labels accuracy is measured, a key of `label_kinds.WORDS`."""
        return label_kinds.kind(self.summary)

    @property
    def accuracy(self) -> float:
        """That of the last epoch, a share."""
        return float(measured(dict(self.summary)))

    @property
    def best_accuracy(self) -> float:
        """That of the best epoch, a share."""
        return float(measured(dict(self.summary), "best_test_accuracy"))

    @property
    def class_accuracy(self) -> dict[str, float | None]:
        """From each class to its accuracy; empty where it was not measured."""
        found = self.summary.get("class_accuracy")
        return found or self.summary.get("given_class_accuracy") or {}

    @property
    def title(self) -> str:
        """Data, loss and noise, in a line."""
        config = self.config
        return f"{config.dataset_name}, {config.loss_words}, noise {config.noise_words}"

    @property
    def loss(self) -> str:
        """The loss, for people."""
        base = self.config.loss.removesuffix(REGULARIZED)
        more = " with sparse regularization" if self.config.regularized else ""
        return f"`{base}`{more}"

    @property
    def different(self) -> dict[str, str] | None:
        """The settings that today's recipe has otherwise; None if it is not known.

        Of a file only the name is told: where it lies is nothing to others.
        """
        record = dict(self.record)
        if self.place:
            record["dataset"] = self.place
        found = as_flags.differing(record)
        if found is None:
            return None
        named = {*self.record.get("places", {}), *_PATHS} & found.keys()
        if self.backbone and "backbone" in named:
            found["backbone"] = self.backbone
            named.remove("backbone")
        found |= {name: pathlib.PurePath(found[name]).name for name in named}
        return {name: as_flags.text(value) for name, value in found.items()}

    @property
    def backbone(self) -> str | None:
        """The network that made the features; of a folder the name alone."""
        backbone = self.config.backbone
        if "backbone" in self.record.get("places", {}):
            return HUB + pathlib.PurePath(str(backbone)).name
        return backbone
