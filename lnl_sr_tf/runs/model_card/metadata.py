"""The metadata of a model card, in YAML, as the Hugging Face hub reads it."""

import json
from collections.abc import Iterator
from typing import Any

from lnl_sr_tf.config.file_kind import FEATURES, IMAGES, TABLE, TEXT
from lnl_sr_tf.runs import label_kinds
from lnl_sr_tf.runs.model_card.facts import Facts

_TASKS = {
    IMAGES: "image-classification",
    TEXT: "text-classification",
    TABLE: "tabular-classification",
    FEATURES: "tabular-classification",
}
# Datasets that the hub has, and what it calls them.
_ON_HUB = {
    "mnist": "mnist",
    "fashion_mnist": "fashion_mnist",
    "cifar10": "cifar10",
    "cifar10_n": "cifar10",
    "cifar100": "cifar100",
    "cifar100_n": "cifar100",
}


def text(facts: Facts) -> str:
    """The front matter of a card, between two lines of `---`.

    The licence is left to the person who shares the model.

    Args:
        facts: of the run.
    """
    lines = [
        "---",
        "# The licence is yours to choose, for instance license: apache-2.0",
        *_yaml(_content(facts)),
        "---",
    ]
    return "\n".join(lines) + "\n"


def _content(facts: Facts) -> dict[str, Any]:
    config, task = facts.config, _TASKS[facts.kind]
    name = config.dataset_name
    on_hub = None if facts.own_data else _ON_HUB.get(name)
    content: dict[str, Any] = {
        "library_name": "keras",
        "pipeline_tag": task,
        "tags": [
            "keras",
            "tensorflow",
            "noisy-labels",
            "label-noise",
            *(["sparse-regularization"] if config.regularized else []),
        ],
    }
    if on_hub:
        content["datasets"] = [on_hub]
    result = {
        "task": {"type": task},
        "dataset": {"name": name, "type": on_hub or name},
        "metrics": list(_metrics(facts)),
    }
    return content | {
        "metrics": ["accuracy"],
        "model-index": [{"name": facts.title, "results": [result]}],
    }


def _metrics(facts: Facts) -> Iterator[dict[str, Any]]:
    yield {
        "type": "accuracy",
        "name": label_kinds.WORDS[facts.labels_are].accuracy,
        "value": round(facts.accuracy, 6),
    }
    error = facts.summary.get("calibrated_error")
    if error is not None:
        yield {
            "type": "expected_calibration_error",
            "name": "expected calibration error of the calibrated probabilities",
            "value": round(float(error), 6),
        }


def _yaml(value: Any, indent: str = "") -> Iterator[str]:
    """Lines of YAML of dicts, lists, texts and numbers, in blocks."""
    items = value.items() if isinstance(value, dict) else ((None, one) for one in value)
    for key, one in items:
        head = "-" if key is None else f"{key}:"
        if not isinstance(one, (dict, list)):
            yield f"{indent}{head} {_scalar(one)}"
            continue
        if key is not None:
            yield f"{indent}{head}"
            yield from _yaml(one, indent + "  ")
            continue
        first, *rest = _yaml(one, indent + "  ")
        yield f"{indent}- {first.lstrip()}"
        yield from rest


def _scalar(value: Any) -> str:
    """A text or number, as JSON has it, which is YAML, too."""
    if isinstance(value, float):
        return f"{value:.6f}"  # YAML takes 5e-05 for a text
    made = json.dumps(value, ensure_ascii=False)
    return "".join(
        letter if letter.isprintable() else f"\\U{ord(letter):08x}" for letter in made
    )
