"""Writes the table of losses in docs/losses.md, and the figure of their gradients.

    python docs/loss_table.py

The table is made from the registry, the classes and the recipes, so that it says what
they are; a test fails where docs/losses.md says otherwise.
"""

import pathlib

import keras
import matplotlib.pyplot as plt
import numpy as np

from lnl_sr_tf import config, losses
from lnl_sr_tf.loss_names import LOSSES, conflict

DOCS = pathlib.Path(__file__).resolve().parent
PAGE = DOCS / "losses.md"
BEGIN, END = "<!-- table: python docs/loss_table.py -->", "<!-- end of table -->"
# The page of each file of lnl_sr_tf/losses.
PAGES = {
    "cross_entropy": "cross_entropy",
    "focal": "cross_entropy",
    "generalized_cross_entropy": "cross_entropy",
    "partially_huberised": "cross_entropy",
    "gradient_clipping": "cross_entropy",
    "mean_absolute_error": "symmetric",
    "reverse_cross_entropy": "symmetric",
    "normalized": "symmetric",
    "normalized_negative": "symmetric",
    "asymmetric": "asymmetric",
    "epsilon_softmax": "near_one_hot",
    "logit_bias": "symmetric",
    "logit_clip": "bounded_logits",
    "label_distribution": "bounded_logits",
    "bi_tempered": "bounded_logits",
    "negative_learning": "negative_learning",
    "marginal_adjustment": "early_learning",
    "overparametrization": "early_learning",
    "rockafellian": "early_learning",
    "early_learning": "early_learning",
    "correction": "correction",
}
DATASETS = ("mnist", "cifar10", "cifar100")
_NOT_SHOWN = ("matrix", "num_examples", "num_classes", "seed")


def table():
    """The lines of the table: a row for each name without `_sr`."""
    lines = [
        "| name | loss | Σᵢ L(u, i) constant | `_sr` | parameters | "
        "MNIST | CIFAR-10 | CIFAR-100 |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for name in LOSSES:
        loss = losses.get(name)
        cells = [
            f"[`{name}`](losses/{_page(loss)}.md)",
            _class(loss),
            "yes" if loss.symmetric else "no",
            "no" if conflict(name) else "yes",
            _listed(_parameters(loss)),
            *(_recipe(name, dataset) for dataset in DATASETS),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def _page(loss):
    """Of a loss made of others: the most particular page, else that of the last."""
    pages = [
        PAGES.get(type(one).__module__.rpartition(".")[2])
        for one in (loss, *(getattr(loss, part) for part in loss.parts))
    ]
    particular = [p for p in pages if p not in (None, "cross_entropy", "symmetric")]
    return particular[0] if particular else pages[-1]


def _class(loss):
    if isinstance(loss, losses.ActivePassiveLoss):
        return f"α {_class(loss.active)} + β {_class(loss.passive)}"
    name = type(loss).__name__
    inner = [_class(getattr(loss, part)) for part in loss.parts]
    return f"{name}({', '.join(inner)})" if inner else name


def _parameters(loss):
    """What the formula takes, with its defaults; of the losses inside, too."""
    found = {
        name: getattr(loss, name) for name in loss.parameters if name not in _NOT_SHOWN
    }
    for part in loss.parts:
        found |= _parameters(getattr(loss, part))
    return found


def _recipe(name, dataset):
    """The recipe's parameters under symmetric noise 0.4, and what else is its own."""
    made = config.resolve({"dataset": dataset, "loss": name, "rate": 0.4})
    plain = config.resolve({"dataset": dataset, "loss": "ce", "rate": 0.4})
    found = dict(made.loss_args)
    for setting in ("weight_decay", "l1", "lr"):
        if getattr(made, setting) != getattr(plain, setting):
            found[setting] = getattr(made, setting)
    return _listed(found) or "–"


def _listed(values):
    def text(value):
        return str(value).lower() if isinstance(value, bool) else f"{value:g}"

    return ", ".join(f"{name} {text(value)}" for name, value in values.items())


def weights(name, u, **params):
    """−u ∂L/∂u of losses of u_y alone: how hard a label of probability u pulls.

    Two classes would do for these; the derivative is taken through log u.
    """
    loss = losses.get(name, **params)
    step = 1e-4

    def value(log_u):
        rest = np.log1p(-np.exp(log_u))
        log_probs = np.stack([log_u, rest], axis=1)
        return np.asarray(loss.per_class(keras.ops.convert_to_tensor(log_probs)))[:, 0]

    log_u = np.log(u)
    return -(value(log_u + step) - value(log_u - step)) / (2 * step)


def figure(path):
    """How hard an example pulls, by the probability that its label has already."""
    curves = (
        ("cross-entropy (ce)", "ce", {}, "-"),
        ("focal, γ = 2 (fl)", "fl", {"gamma": 2.0}, "--"),
        ("GCE, q = 0.7 (gce)", "gce", {"q": 0.7}, "-."),
        ("partially Huberised, τ = 10", "phuber_ce", {"tau": 10.0}, ":"),
        ("absolute error, 1 − u (mae)", "mae", {"scale": 1.0}, "-"),
        ("AGCE, a = 0.6, q = 0.6", "agce", {"a": 0.6, "q": 0.6}, "--"),
        ("AEL, a = 2.5", "ael", {"a": 2.5}, "-."),
    )
    u = np.linspace(0.005, 0.995, 199)
    # Okabe and Ito's colours, which the colour-blind can tell apart.
    colors = (
        "#000000",
        "#E69F00",
        "#56B4E9",
        "#009E73",
        "#D55E00",
        "#0072B2",
        "#CC79A7",
    )
    fig, axes = plt.subplots(figsize=(8.5, 4.2), layout="constrained")
    for color, (label, name, params, style) in zip(colors, curves, strict=True):
        axes.plot(u, weights(name, u, **params), style, color=color, label=label)
    axes.set_xlabel("probability u that the network gives the label")
    axes.set_ylabel("weight w(u) of the example's gradient")
    axes.set_title("Whom a loss listens to: the gradient is w(u) times that of log u")
    fig.legend(loc="outside right center", frameon=False, fontsize=9)
    axes.spines[["top", "right"]].set_visible(False)
    fig.savefig(path, dpi=110)
    plt.close(fig)


def page():
    """docs/losses.md with the table as it should be."""
    text = PAGE.read_text("utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return "\n".join([before + BEGIN, "", *table(), "", END + after])


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
    figure(DOCS / "figures" / "gradient_weights.png")
