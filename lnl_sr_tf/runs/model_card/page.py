"""The page of a model card, in Markdown."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from lnl_sr_tf.config.file_kind import FEATURES, IMAGES, TABLE, TEXT
from lnl_sr_tf.runs import label_kinds, lost_classes
from lnl_sr_tf.runs.model_card.facts import Facts

# Those that the card shows, by their names in `figures/`, with a caption. Samples are
# not among them: pictures of one's own data are for their owner to share.
FIGURES = {
    "curves.png": "Loss and accuracy over the epochs",
    "per_class.png": "Accuracy and number of examples of each class",
}
_MOST_CLASSES = 20  # in full
_LOWEST = 5  # of more
_LONGEST = 60  # letters of a name

_INPUTS = {
    IMAGES: ("images", "images, uint8 from 0 to 255, shape (batch, {shape})"),
    FEATURES: ("features", "features, float32, shape (batch, {shape})"),
    TEXT: ("texts", "texts, strings, shape (batch,)"),
}


def text(facts: Facts) -> str:
    """The page of a card.

    Args:
        facts: of the run.
    """
    version = facts.record.get("versions", {}).get("lnl_sr_tf", "")
    parts = [
        f"# {_plain(facts.title)}\n",
        f"A classifier of {facts.examples} in {len(facts.class_names)} classes, "
        f"trained on labels that may be wrong, by lnl-sr-tf {version} with the loss "
        f"{facts.loss}.\n",
        "## Data\n",
        *_data(facts),
        "## Label noise\n",
        *_noise(facts),
        "## Training\n",
        *_training(facts),
        "## Accuracy\n",
        *_accuracy(facts),
        "## Calibration\n",
        *_calibration(facts),
        *_figures(facts),
        "## How to load it\n",
        *_loading(facts),
        "## Limits\n",
        *(f"- {limit}" for limit in _limits(facts)),
    ]
    return "\n".join(parts) + "\n"


def _data(facts: Facts) -> Iterator[str]:
    names = [_plain(name) for name in facts.class_names]
    shown = ", ".join(names[:_MOST_CLASSES])
    more = len(names) - _MOST_CLASSES
    config = facts.config
    shape = facts.record.get("image_shape", ())
    rows = {
        "dataset": config.dataset_name
        + (" (a file or folder of its owner)" if facts.own_data else ""),
        "examples": facts.examples,
        "features of an example" if len(shape) == 1 else "shape of an example": (
            "×".join(map(str, shape))
        ),
        "features by": facts.backbone,
        "classes": f"{len(names)}: {shown}"
        + (f" and {more} more, all in config.json" if more > 0 else ""),
    }
    if config.imbalance != "none":
        rows["made rarer"] = f"{config.imbalance} {config.imbalance_factor:g}"
    yield _table("", "", rows)


def _noise(facts: Facts) -> Iterator[str]:
    rate = facts.summary.get("noise_rate")
    config = facts.config
    if rate is None:
        yield (
            "The labels are as they came. Which of them are wrong is not known, nor "
            "how many: `lnl-sr audit` estimates both.\n"
        )
    elif rate:
        made = ""
        if config.noise_file or config.noise_has_rate or config.open_set:
            made = f", made by the noise {_plain(config.noise_words)}"
        yield (
            f"{100 * rate:.2f} % of the training labels are wrong, as drawn{made}; the "
            "clean ones were used for measuring alone.\n"
        )
    else:
        yield "None: the training labels are the clean ones.\n"
    used = facts.record.get("forget_rate_used")
    if config.rate_estimate:
        yield (
            "The method was told a noise rate that an audit estimated"
            f"{f', {used:.3g}' if used is not None else ''}.\n"
        )


def _training(facts: Facts) -> Iterator[str]:
    config, record = facts.config, facts.record
    versions = ", ".join(f"{name} {one}" for name, one in _dict(record, "versions"))
    yield _table(
        "",
        "",
        {
            "loss": config.loss,
            "method": config.method,
            "network": record.get("model_used", config.model),
            "epochs": facts.summary.get("epochs"),
            "seed": config.seed,
            "precision": record.get("precision_used", config.precision),
            "versions": versions,
            "commit of lnl-sr-tf": record.get("commit"),
        },
    )
    different = facts.different
    if different is None:
        yield "It was trained by settings that today's version does not allow.\n"
    elif different:
        yield "Settings that differ from the recipe for this data and loss:\n"
        yield _table("setting", "value", different)
    else:
        yield "All other settings are those of the recipe for this data and loss.\n"


def _accuracy(facts: Facts) -> Iterator[str]:
    summary = facts.summary
    measured_by = label_kinds.WORDS[facts.labels_are]
    yield f"{measured_by.notice}\n"
    rows = {
        f"last epoch ({summary.get('epochs')}), which is what is saved": _percent(
            facts.accuracy
        ),
        f"best epoch ({summary.get('best_epoch')}), chosen by this measure": _percent(
            facts.best_accuracy
        ),
    }
    for name, accuracy in _dict(summary, "more_test_accuracy"):
        rows[f"last epoch, test set {name}"] = _percent(accuracy)
    if summary.get("validation_accuracy") is not None:
        rows["last epoch, given labels of the part kept for validation"] = _percent(
            summary["validation_accuracy"]
        )
    if summary.get("given_label_agreement") is not None:
        rows["training examples that it gives the label that they came with"] = (
            _percent(summary["given_label_agreement"])
        )
    yield _table("", "accuracy", rows)
    yield from _by_class(facts.class_accuracy)
    lost = summary.get("lost_classes")
    if lost:
        yield f"{_plain(lost_classes.counted(lost))}.\n"


def _by_class(accuracy: Mapping[str, float | None]) -> Iterator[str]:
    known = {name: one for name, one in accuracy.items() if one is not None}
    if not known:
        return
    shown = known
    if len(known) > _MOST_CLASSES:
        worst = sorted(known, key=lambda name: known[name])[:_LOWEST]
        shown = {name: known[name] for name in worst}
        yield f"The {_LOWEST} classes of {len(known)} with the lowest accuracy:\n"
    yield _table("class", "accuracy", {k: _percent(v) for k, v in shown.items()})


def _calibration(facts: Facts) -> Iterator[str]:
    summary = facts.summary
    temperature = summary.get("calibration_temperature")
    on = summary.get("calibrated_on")
    if temperature is None or on is None:
        yield (
            "The probabilities are those of the network, not calibrated: there was "
            "nothing that they could be calibrated on.\n"
        )
        return
    where = "part that was kept for validation" if on == "validation" else "test set"
    if on != "validation" and facts.labels_are == "held out":
        where = "held-out part, whose labels are as noisy as the rest"
    yield (
        f"The probabilities are softmax(z / {temperature:.4g}) of the network's "
        f"outputs z; that temperature was fitted on the {where}.\n"
    )
    before, after = summary.get("calibration_error"), summary.get("calibrated_error")
    if before is not None and after is not None:
        yield (
            f"Expected calibration error on clean labels: {before:.4f} before, "
            f"{after:.4f} after.\n"
        )
    else:
        yield ("How well calibrated they are is not known, for want of clean labels.\n")


def _figures(facts: Facts) -> Iterator[str]:
    there = [name for name in FIGURES if name in facts.figures]
    if there:
        yield "## Figures\n"
    for name in there:
        yield f"![{FIGURES[name]}](figures/{name})\n"


def _loading(facts: Facts) -> Iterator[str]:
    shape = ", ".join(map(str, facts.record.get("image_shape", ())))
    if facts.kind == IMAGES and facts.config.backbone:
        shape = "height, width, channels"
    name, words = _INPUTS.get(
        facts.kind, ("", "a tensor of shape (batch,) for each column")
    )
    given = f"{name}=tf.constant({name})" if name else "**columns"
    if facts.summary.get("saved_model", True):
        yield (
            "`saved_model/` needs TensorFlow alone. It takes "
            f"{words.format(shape=shape)}, and gives calibrated `probabilities` and "
            "`label`, the place of the class in the list above, from 0:\n"
        )
        yield _code(
            "import tensorflow as tf",
            "",
            'serve = tf.saved_model.load("saved_model").signatures["serving_default"]',
            f'serve({given})["probabilities"]',
        )
    on_features = facts.config.backbone and not facts.config.finetune
    takes = "features" if facts.kind in (TEXT, TABLE) or on_features else name
    yield (
        f"`model.keras` in the run's folder is the trained network, from {takes} to "
        "logits, with its loss, to train on; it needs `pip install lnl-sr-tf`:\n"
    )
    yield _code(
        "import keras",
        "import lnl_sr_tf.losses",
        "",
        'model = keras.models.load_model("model.keras")',
    )
    yield (
        "`lnl-sr export RUN --format=keras,litert,onnx` writes what needs Keras, "
        "LiteRT or ONNX Runtime alone.\n"
    )


def _limits(facts: Facts) -> Iterator[str]:
    if facts.labels_are == "clean":
        yield (
            "Accuracy was measured on one test set. On examples of another kind, of "
            "another source or time, it may be far lower."
        )
    elif facts.labels_are == "given":
        yield (
            "Accuracy was measured by labels that nobody has checked. Where those are "
            "wrong, it is too."
        )
    else:
        yield (
            "Accuracy was measured by labels that are as wrong as those of training. "
            "It says how well the network agrees with them, not how often it is right; "
            "have some hundred labels checked before you rely on it."
        )
    yield (
        f"It answers with one of these {len(facts.class_names)} classes whatever it is "
        "given, also of what belongs to none of them."
    )
    if facts.summary.get("calibrated_on") == "test set":
        yield (
            "The probabilities were calibrated on the examples that accuracy was "
            "measured on; no accuracy depends on that, and for other data they may be "
            "off."
        )
    if facts.summary.get("noise_rate") != 0:
        yield (
            "It was trained on wrong labels. Mistakes that were made again and again "
            "in one way it has learned as if they were true."
        )


def _percent(share: float) -> str:
    return f"{100 * share:.2f} %"


def _dict(content: Mapping[str, Any], name: str) -> Iterable[tuple[str, Any]]:
    return (content.get(name) or {}).items()


def _table(left: str, right: str, rows: Mapping[str, Any]) -> str:
    lines = [f"| {left} | {right} |", "| --- | --- |"]
    lines += [
        f"| {_plain(name)} | {_plain(value)} |"
        for name, value in rows.items()
        if value not in (None, "")
    ]
    return "\n".join(lines) + "\n"


def _code(*lines: str) -> str:
    return "\n".join(["```python", *lines, "```"]) + "\n"


def _plain(value: Any) -> str:
    """A text that Markdown shows as it is, within a line or a cell."""
    words = " ".join(str(value).split())
    if len(words) > 10 * _LONGEST:
        words = words[: 10 * _LONGEST - 1] + "…"
    made = words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    for letter in "\\`*_[]|~$":
        made = made.replace(letter, "\\" + letter)
    return made
