"""One row a loss: its name, parameters, and formula in NumPy, in double precision."""

import keras
import numpy as np


def softmax(logits):
    shifted = logits - logits.max(axis=-1, keepdims=True)
    exp = np.exp(shifted)
    return exp / exp.sum(axis=-1, keepdims=True)


def reverse(u):
    """Reverse cross-entropy: log 0 is log 1e-4, probabilities are at least 1e-7."""
    clipped = np.maximum(u, 1e-7)
    return -np.log(1e-4) * (clipped.sum(axis=-1, keepdims=True) - clipped)


def normalized(values):
    return values / values.sum(axis=-1, keepdims=True)


def squared(a):
    """Σ_k (u_k − a [k = i])² / 10 for every class i."""
    return lambda u: np.mean((u[:, None, :] - a * np.eye(10)) ** 2, axis=-1)


def negative(log_terms, gamma=0):
    """1 − (A + log term) over the sum, for ε = 1e-4; A is what the term is at ε."""
    return 1 - normalized(-((1 - 1e-4) ** gamma) * np.log(1e-4) + log_terms)


def negative_focal(u):
    """The same of focal terms with γ = 2."""
    return negative((1 - u) ** 2 * np.log(u), gamma=2)


def softmax_of_softplus(logits):
    """Shares of softplus(z)."""
    values = np.log1p(np.exp(logits))
    return values / values.sum(axis=-1, keepdims=True)


def clipped(logits, delta):
    """Softmax of logits that LogitClip has clipped."""
    norm = np.linalg.norm(logits, axis=-1, keepdims=True)
    return softmax(np.where(norm > 1 / delta, logits / norm * delta, logits))


def biased(logits, bias):
    """ũ_i of softmax(z + b e_i) for every class i."""
    each = logits[:, None, :] + bias * np.eye(logits.shape[-1])
    return np.diagonal(softmax(each), axis1=1, axis2=2)


def tangent(value, slope, q=1e-7):
    """A loss of u_i, and below q its tangent there."""
    return lambda u: np.where(u > q, value(u), value(q) + slope(q) * (q - u))


def label_robust(logits, margin, temperature):
    """λ log mean_j exp((m [j ≠ i] + s_j − s_i) / λ) for every class i."""
    classes = logits.shape[-1]
    s = classes * softmax_of_softplus(logits)
    gap = s[:, None, :] - s[:, :, None] + margin * (1 - np.eye(classes))
    return temperature * np.log(np.mean(np.exp(gap / temperature), axis=-1))


def bi_tempered(logits, t1, t2):
    """The Bregman divergence of one-hot labels from the tempered softmax."""

    def exp_t(x):
        return np.maximum(1 + (1 - t2) * x, 0) ** (1 / (1 - t2))

    low = logits.max(axis=-1, keepdims=True)
    high = low + (logits.shape[-1] ** (t2 - 1) - 1) / (t2 - 1)
    for _ in range(100):
        middle = (low + high) / 2
        above = exp_t(logits - middle).sum(axis=-1, keepdims=True) > 1
        low, high = np.where(above, middle, low), np.where(above, high, middle)
    u = exp_t(logits - low)
    log_t = (u ** (1 - t1) - 1) / (1 - t1)
    powers = np.sum(u ** (2 - t1), axis=-1, keepdims=True)
    return -log_t - (1 - powers) / (2 - t1)


def epsilon_softmax(u, m):
    """(u + m e_j) / (m + 1), where j is the most probable class; at least 1e-8."""
    v = u + m * np.eye(u.shape[-1])[u.argmax(axis=-1)]
    return np.maximum(v / (m + 1), 1e-8)


def complementary(u, seed=1):
    """−log(1 − u) of a class that is not the label's, as the seed draws it."""
    shift = keras.random.randint(
        (len(u), 1), 1, u.shape[-1], seed=keras.random.SeedGenerator(seed)
    )
    other = (np.arange(u.shape[-1]) + np.asarray(shift)) % u.shape[-1]
    return np.take_along_axis(-np.log(1 - u), other, axis=-1)


def of_logits(formula):
    """Marks a formula that takes logits, where the others take probabilities."""
    formula.of_logits = True
    return formula


def evaluate(formula, logits):
    """L(u, i) for every class i, shape (batch, classes)."""
    takes_logits = getattr(formula, "of_logits", False)
    return formula(logits if takes_logits else softmax(logits))


MATRIX = np.eye(10) * 0.6 + np.roll(np.eye(10), 1, axis=1) * 0.4


def mean_log(u):
    return np.mean(np.log(u), axis=-1, keepdims=True)


# One row a loss: name, parameters, L(u, i) in NumPy from u.
TABLE = (
    ("ce", {}, lambda u: -np.log(u)),
    ("fl", {"gamma": 0.5}, lambda u: -((1 - u) ** 0.5) * np.log(u)),
    ("fl", {"gamma": 2.0}, lambda u: -((1 - u) ** 2) * np.log(u)),
    ("fl", {"gamma": 0.0}, lambda u: -np.log(u)),
    ("gce", {"q": 0.7}, lambda u: (1 - np.maximum(u, 1e-7) ** 0.7) / 0.7),
    ("gce", {"q": 0.001}, lambda u: (1 - np.maximum(u, 1e-7) ** 0.001) / 0.001),
    ("gce", {"q": 1.0}, lambda u: 1 - u),
    ("mae", {}, lambda u: 2 * (1 - u)),
    ("nmae", {}, lambda u: (1 - u) / 9),
    ("rce", {}, reverse),
    ("nrce", {}, lambda u: 9 / 4 * reverse(u)),
    ("sce", {"alpha": 6, "beta": 0.1}, lambda u: -6 * np.log(u) + 0.1 * reverse(u)),
    ("nce", {}, lambda u: normalized(np.log(u))),
    ("nfl", {"gamma": 0.5}, lambda u: normalized((1 - u) ** 0.5 * np.log(u))),
    ("ngce", {"q": 0.7}, lambda u: normalized(1 - np.maximum(u, 1e-7) ** 0.7)),
    (
        "nce_mae",
        {"alpha": 1, "beta": 10},
        lambda u: normalized(np.log(u)) + 10 * (1 - u),
    ),
    (
        "nce_rce",
        {"alpha": 10, "beta": 0.1},
        lambda u: 10 * normalized(np.log(u)) + 0.1 * reverse(u),
    ),
    (
        "nfl_mae",
        {"gamma": 2},
        lambda u: normalized((1 - u) ** 2 * np.log(u)) + (1 - u),
    ),
    (
        "nfl_rce",
        {"beta": 3},
        lambda u: normalized((1 - u) ** 0.5 * np.log(u)) + 3 * reverse(u),
    ),
    (
        "phuber_ce",
        {"tau": 2},
        lambda u: np.where(u > 0.5, -np.log(u), -2 * u + np.log(2) + 1),
    ),
    (
        "phuber_gce",
        {"q": 0.5, "tau": 2},
        # The slope u^-0.5 is 2 at u = 1/4, where the loss is 1.
        lambda u: np.where(u > 0.25, (1 - u**0.5) / 0.5, 1 - 2 * (u - 0.25)),
    ),
    ("agce", {"a": 1, "q": 2}, lambda u: (4 - (1 + u) ** 2) / 2),
    ("aul", {"a": 1.5, "q": 0.9}, lambda u: ((1.5 - u) ** 0.9 - 0.5**0.9) / 0.9),
    ("ael", {"a": 2.5}, lambda u: np.exp(-u / 2.5)),
    ("amse", {"a": 5}, squared(5)),
    (
        "nce_agce",
        {"alpha": 1, "beta": 4, "a": 6, "q": 1.5},
        lambda u: normalized(np.log(u)) + 4 * (7**1.5 - (6 + u) ** 1.5) / 1.5,
    ),
    (
        "nce_aul",
        {"alpha": 2, "a": 2, "q": 1},
        lambda u: 2 * normalized(np.log(u)) + (2 - u) - 1,
    ),
    (
        "nce_ael",
        {"beta": 3, "a": 1},
        lambda u: normalized(np.log(u)) + 3 * np.exp(-u),
    ),
    ("jal_ce", {"a": 30}, lambda u: normalized(np.log(u)) + squared(30)(u)),
    (
        "jal_fl",
        {"gamma": 2, "beta": 0.5, "a": 4},
        lambda u: normalized((1 - u) ** 2 * np.log(u)) + squared(4)(u) / 2,
    ),
    ("nnce", {"epsilon": 1e-4}, lambda u: negative(np.log(np.maximum(u, 1e-4)))),
    (
        "nnfl",
        {"gamma": 2, "epsilon": 1e-4},
        lambda u: negative_focal(np.maximum(u, 1e-4)),
    ),
    ("ls", {"smoothing": 0.2}, lambda u: -0.8 * np.log(u) - 0.2 * mean_log(u)),
    ("nlnl", {"seed": 1}, complementary),
    (
        "anl_ce",
        {"alpha": 5, "epsilon": 1e-4},
        lambda u: 5 * normalized(np.log(u)) + negative(np.log(np.maximum(u, 1e-4))),
    ),
    (
        "anl_fl",
        {"gamma": 2, "beta": 3, "epsilon": 1e-4},
        lambda u: (
            normalized((1 - u) ** 2 * np.log(u))
            + 3 * negative_focal(np.maximum(u, 1e-4))
        ),
    ),
    ("eps_ce", {"m": 3}, lambda u: -np.log(epsilon_softmax(u, 3))),
    (
        "eps_fl",
        {"m": 3, "gamma": 2},
        lambda u: -((1 - epsilon_softmax(u, 3)) ** 2) * np.log(epsilon_softmax(u, 3)),
    ),
    (
        "eps_ce_mae",
        {"m": 3, "alpha": 0.1, "beta": 5},
        lambda u: -0.1 * np.log(epsilon_softmax(u, 3)) + 10 * (1 - u),
    ),
    (
        "eps_fl_mae",
        {"m": 3, "gamma": 1, "alpha": 2},
        lambda u: (
            -2 * (1 - epsilon_softmax(u, 3)) * np.log(epsilon_softmax(u, 3))
            + 2 * (1 - u)
        ),
    ),
    (
        "ce_logitclip",
        {"delta": 0.08},
        of_logits(lambda z: -np.log(clipped(z, 0.08))),
    ),
    (
        "mae_logitbias",
        {"bias": 3},
        of_logits(lambda z: 2 * (1 - biased(z, 3))),
    ),
    (
        "mae_logitbias",
        {"bias": -1.5, "scale": 1},
        of_logits(lambda z: 1 - biased(z, -1.5)),
    ),
    # Clipped at 1e-7 until as many examples were seen as the queue holds.
    ("ogc_ce", {}, tangent(lambda u: -np.log(u), lambda u: 1 / u)),
    (
        "ogc_fl",
        {"gamma": 2.0},
        tangent(
            lambda u: -((1 - u) ** 2) * np.log(u),
            lambda u: (1 - u) ** 2 / u - 2 * (1 - u) * np.log(u),
        ),
    ),
    ("ogc_gce", {"q": 0.5}, tangent(lambda u: (1 - u**0.5) / 0.5, lambda u: u**-0.5)),
    (
        "ldr_kl",
        {"margin": 0.3, "temperature": 2},
        of_logits(lambda z: label_robust(z, 0.3, 2)),
    ),
    (
        "ldr_kl",
        {"margin": 2, "temperature": 0.1},
        of_logits(lambda z: label_robust(z, 2, 0.1)),
    ),
    (
        "bi_tempered",
        {"t1": 0.6, "t2": 1.4},
        of_logits(lambda z: bi_tempered(z, 0.6, 1.4)),
    ),
    ("elr", {}, lambda u: -np.log(u)),
    ("mda_ce", {}, lambda u: -np.log(u)),
    ("rrm_ce", {}, lambda u: -np.log(u)),
    ("sop", {}, lambda u: -np.log(u)),
    (
        "forward",
        {"matrix": MATRIX.tolist()},
        lambda u: -np.log(np.maximum(u @ MATRIX, 1e-7)),
    ),
    (
        "backward",
        {"matrix": MATRIX.tolist()},
        lambda u: -np.log(np.maximum(u, 1e-7)) @ np.linalg.inv(MATRIX).T,
    ),
)
