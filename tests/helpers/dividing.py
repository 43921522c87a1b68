"""Methods that divide the examples between two networks, in NumPy and float64.

Networks have one layer, so that their outputs are known.
"""

import types
from typing import NamedTuple

import keras
import numpy as np

import lnl_sr_tf as lnl
from lnl_sr_tf import config
from lnl_sr_tf.training.dividemix.model import DivideMix
from lnl_sr_tf.training.dividemix.promix import ProMix

CLASSES, SIZE, HALF = 3, 12, 2
ALPHA, MOMENTUM = 0.8, 0.7  # of ProMix
PART = 4 * HALF  # of a batch, of one network: both views of either half
LAMBDA_U = 3.0


def linear(seed):
    """A network of one layer."""
    normal = keras.initializers.RandomNormal(0.0, 1.0, seed=seed)
    dense = keras.layers.Dense(CLASSES, kernel_initializer=normal)
    return keras.Sequential([keras.Input((4,)), dense])


def said(network, rows):
    """Its logits."""
    kernel, bias = (np.array(w, "float64") for w in network.weights)
    return rows @ kernel + bias


def softmax(logits):
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def sharpened(p):
    """At T = 0.5."""
    return p**2 / (p**2).sum(axis=1, keepdims=True)


def batch(rng):
    """Inputs and targets of a divided epoch, of both networks."""
    index = rng.integers(0, SIZE, (2, 2, 1, HALF)).repeat(2, axis=2).ravel()
    x = rng.normal(size=(2 * PART, 4)).astype("float32")
    y = {
        "label": (index % CLASSES).astype("int32"),
        "index": index.astype("int32"),
        "mixing": rng.uniform(0.5, 1, (2 * PART, 2)).astype("float32"),
    }
    return x, y


class Method(NamedTuple):
    """A method as its paper has it.

    Args:
        model: makes one of two networks, for so many examples.
        aims: what a network is to say of its part of a batch, from the model, the
            number of the network, inputs, labels and index.
        loss: from the model, the number, logits of mixed inputs, and mixed aims.
    """

    model: object
    aims: object
    loss: object

    def mixed(self, model, number, x, y):
        """What one network trains on: mixed inputs, and mixed aims."""
        here = slice(PART * number, PART * (number + 1))
        rows, labels, index, mixing = (part[here] for part in (x, *y.values()))
        aims = self.aims(model, number, rows, labels[:HALF], index[:HALF])
        share, order = mixing[0, 1], np.argsort(mixing[:, 0])
        return [share * one + (1 - share) * one[order] for one in (rows, aims)]

    def of_network(self, model, number, x, y):
        """The loss of one network on its part of a batch."""
        mixed, aims = self.mixed(model, number, x, y)
        logits = said((model.first, model.second)[number], mixed)
        return self.loss(model, number, logits, aims)


def _both(model, number):
    networks = [model.first, model.second]
    return networks[number], networks[1 - number]


def _given(labels):
    return np.eye(CLASSES)[labels]


def _guessed(p, q):
    return sharpened((p[:HALF] + p[HALF:] + q[:HALF] + q[HALF:]) / 4)


def _aims_of_dividemix(model, number, rows, labels, index):
    p, q = (softmax(said(one, rows)) for one in _both(model, number))
    w = np.array(model.clean)[1 - number][index, None]
    mean = (p[:HALF] + p[HALF : 2 * HALF]) / 2
    refined = sharpened(w * _given(labels) + (1 - w) * mean)
    guessed = _guessed(p[2 * HALF :], q[2 * HALF :])
    return np.concatenate([refined, refined, guessed, guessed])


def _loss_of_dividemix(model, number, logits, aims):
    u, half = softmax(logits), 2 * HALF
    labelled = -(aims[:half] * np.log(u[:half])).sum(axis=1).mean()
    unlabelled = ((aims[half:] - u[half:]) ** 2).mean()
    prior = (np.log(1 / CLASSES / u.mean(axis=0)) / CLASSES).sum()
    return labelled + LAMBDA_U * unlabelled + prior


def _aims_of_promix(model, number, rows, labels, index):
    rest = rows[2 * HALF :]
    pi = np.log(np.array(model.said, "float64")[:, 1])
    own, other = _both(model, number)
    p = softmax(said(own, rest) - ALPHA * pi[number])
    q = softmax(said(other, rest) - ALPHA * pi[1 - number])
    given, guessed = _given(labels), _guessed(p, q)
    return np.concatenate([given, given, guessed, guessed])


def _loss_of_promix(model, number, logits, aims):
    trusted, rest = np.log(np.array(model.said, "float64")[number])
    half = 2 * HALF
    labelled = -(aims[:half] * np.log(softmax(logits[:half] + ALPHA * trusted)))
    unlabelled = (aims[half:] - softmax(logits[half:] + ALPHA * rest)) ** 2
    return labelled.sum(axis=1).mean() + LAMBDA_U * unlabelled.mean()


def _promix(number):
    return ProMix(linear(1), linear(2), number, debias=ALPHA, debias_momentum=MOMENTUM)


METHODS = {
    "dividemix": Method(
        lambda number: DivideMix(linear(1), linear(2), number, history=2),
        _aims_of_dividemix,
        _loss_of_dividemix,
    ),
    "promix": Method(_promix, _aims_of_promix, _loss_of_promix),
}


def made(name, rng):
    """A compiled model of a method, as in the middle of a training."""
    model = METHODS[name].model(SIZE)
    model.compile(
        keras.optimizers.SGD(0.0), loss=lnl.losses.CrossEntropy(), metrics=["accuracy"]
    )
    model.clean.assign(rng.random((2, SIZE)))
    model.unlabelled_weight.assign(LAMBDA_U)
    if name == "promix":
        model.said.assign(rng.dirichlet(np.ones(CLASSES), (2, 2)))
    return model


def to_divide(name, rng):
    """A model, the examples that it divides, and settings of which 2 epochs warm up."""
    data = types.SimpleNamespace(
        train_images=rng.normal(size=(40, 4)).astype("float32"),
        given_labels=rng.integers(0, CLASSES, 40),
        num_classes=CLASSES,
    )
    given = {"method": name, "loss": "ce", "epochs": 30, "warmup_epochs": 2}
    given |= {"lambda_u": 8, "seed": 5}
    if name == "promix":
        given |= {"clean_share": 0.1, "clean_confidence": 0.6}
    return METHODS[name].model(40), data, config.resolve(given)
