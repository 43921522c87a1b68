"""What `keras.Model` promises of losses, held against it; and what is beyond it."""

import warnings

import keras
import numpy as np
import tensorflow as tf
from absl.testing import parameterized

import lnl_sr_tf as lnl
from lnl_sr_tf.training import CoTeaching, RobustModel, class_weights, robust_model

COUNT, CLASSES = 16, 3
RNG = np.random.default_rng(0)
X = RNG.normal(size=(COUNT, 4)).astype("float32")
Y = np.arange(COUNT) % CLASSES
INDEX = RNG.permutation(COUNT)
WEIGHTS = np.linspace(0, 2, COUNT).astype("float32")
ONE_HOT = np.eye(CLASSES, dtype="float32")[Y]


def elr(**settings):
    return lnl.losses.get(
        "elr", num_examples=COUNT, num_classes=CLASSES, strength=0.0, **settings
    )


def ce(**settings):
    return lnl.losses.CrossEntropy(**settings)


def ce_sr(**settings):
    return lnl.losses.SparseRegularization(lnl.losses.CrossEntropy(), **settings)


def elr_sr(**settings):
    return lnl.losses.SparseRegularization(elr(), **settings)


# Without strength, a loss that remembers is one of those that a plain model takes.
LOSSES = {"ce_sr": (ce_sr, ce_sr), "elr_sr": (elr_sr, ce_sr), "elr": (elr, ce)}
# What is said to the loss, to `compile`, to `fit` and to the network.
CASES = {
    "plain": {},
    "sum": {"loss": {"reduction": "sum"}},
    "by_weights": {
        "loss": {"reduction": "mean_with_sample_weight"},
        "fit": {"sample_weight": WEIGHTS},
    },
    "loss_weights": {"compile": {"loss_weights": [0.1]}},
    "sample_weight": {
        "fit": {"sample_weight": WEIGHTS},
        "compile": {"weighted_metrics": ["accuracy"]},
    },
    "class_weight": {
        "fit": {"class_weight": {0: 0.5, 2: 3.0}},
        "compile": {"weighted_metrics": ["accuracy"]},
    },
    "penalties": {"network": {"penalized": True}},
    "one_hot": {"labels": ONE_HOT},
    "column": {"labels": Y[:, None]},
    "one_hot_class_weight": {
        "labels": ONE_HOT, "fit": {"class_weight": {0: 0.5, 2: 3.0}}
    },
    "validation_split": {"fit": {"validation_split": 0.25}},
}  # fmt: skip
HOW = {
    "compiled": {"jit_compile": False},
    "eager": {"run_eagerly": True},
    "xla": {"jit_compile": True},
    "xla_loss": {"jit_compile": False},
}


def network(kind, shape=(4,), penalized=False):
    keras.utils.set_random_seed(1)
    inputs = keras.Input(shape)
    hidden = inputs
    if penalized:
        hidden = keras.layers.ActivityRegularization(l2=0.3)(hidden)
    penalty = keras.regularizers.L2(0.1) if penalized else None
    outputs = keras.layers.Dense(CLASSES, kernel_regularizer=penalty)(hidden)
    return kind(inputs, outputs)


def trained(kind, loss, case, how, indexed):
    """The figures of `fit` and of two evaluations, and the weights."""
    labels = case.get("labels", Y)
    model = network(kind, **case.get("network", {}))
    if kind is RobustModel:
        model.xla_loss = how == "xla_loss"
    model.compile(
        keras.optimizers.SGD(0.5), loss=loss, metrics=["accuracy"],
        **{"weighted_metrics": []} | case.get("compile", {}) | HOW[how],
    )  # fmt: skip
    targets = {"label": labels, "index": INDEX} if indexed else labels
    given = {"validation_data": (X, targets, WEIGHTS)} | case.get("fit", {})
    if "validation_split" in given:
        del given["validation_data"]
    history = model.fit(X, targets, batch_size=10, verbose=0, **given)
    measured = [
        model.evaluate(X, targets, batch_size=10, verbose=0, return_dict=True, **more)
        for more in ({}, {"sample_weight": WEIGHTS})
    ]
    figures = [history.history, *measured]
    return figures, model.get_weights()


class AsKerasTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.parameters(
        *[("eager", name, case) for name in ("ce_sr", "elr_sr") for case in CASES],
        *[(how, "elr", "sample_weight") for how in HOW],
        ("xla_loss", "ce_sr", "sum"),
    )
    def test_figures_and_weights(self, how, name, case):
        make, make_plain = LOSSES[name]
        settings = CASES[case]
        plain = make_plain(**settings.get("loss", {}))
        wanted = trained(keras.Model, plain, settings, "eager", False)
        for indexed in (False, True) if name == "ce_sr" else (True,):
            loss = make(**settings.get("loss", {}))
            found = trained(RobustModel, loss, settings, how, indexed)
            for ours, theirs in zip(found[0], wanted[0], strict=True):
                self.assertContainsSubset(theirs, ours)
                ours = {figure: ours[figure] for figure in theirs}
                self.assertAllClose(ours, theirs, rtol=1e-5, atol=1e-6)
            self.assertAllClose(found[1], wanted[1], rtol=1e-5, atol=1e-6)

    def test_the_values_of_the_report(self):
        """Sum and loss weight, of 16 examples: they were those of the mean."""
        model = network(RobustModel)
        mean = float(ce()(Y, model(X)))
        for reduction, weights, factor in (
            ("sum", None, COUNT), ("sum_over_batch_size", [0.1], 0.1)
        ):  # fmt: skip
            model.compile(
                keras.optimizers.SGD(0.0), loss=elr(reduction=reduction),
                loss_weights=weights, run_eagerly=True,
            )  # fmt: skip
            targets = {"label": Y, "index": INDEX}
            found = model.fit(X, targets, batch_size=COUNT, verbose=0).history["loss"]
            self.assertAllClose(found, [factor * mean], rtol=1e-5)

    @parameterized.parameters("train", "test")
    def test_on_batch(self, step):
        losses = []
        for kind, loss, targets in (
            (keras.Model, ce(), Y), (RobustModel, elr(), {"label": Y, "index": INDEX})
        ):  # fmt: skip
            model = network(kind)
            model.compile("sgd", loss=loss, run_eagerly=True)
            call = getattr(model, f"{step}_on_batch")
            losses.append(call(X, targets, sample_weight=WEIGHTS))
        self.assertAllClose(*losses)

    def test_several_outputs(self):
        """Targets by name, losses in a dict, one of which remembers."""
        labels = {"a": Y, "b": Y[::-1].copy()}
        figures = []
        for kind, second, targets in (
            (keras.Model, ce(), labels),
            (RobustModel, ce(), labels),
            (RobustModel, elr(), {"label": labels, "index": INDEX}),
        ):
            keras.utils.set_random_seed(1)
            inputs = keras.Input((4,))
            outputs = {name: keras.layers.Dense(3, name=name)(inputs) for name in "ab"}
            model = kind(inputs, outputs)
            model.compile(
                "sgd", loss={"a": ce_sr(), "b": second}, run_eagerly=True,
                loss_weights={"a": 1, "b": 0.2},
            )  # fmt: skip
            model.fit(X, targets, epochs=2, verbose=0)
            figures.append(model.evaluate(X, targets, verbose=0, return_dict=True))
        for found in figures[1:]:
            self.assertContainsSubset({"fit_loss", "norm"}, found)
            for name in figures[0]:
                self.assertAllClose(found[name], figures[0][name], msg=name)

    def test_outputs_that_are_called_label_and_index(self):
        inputs = keras.Input((4,))
        names = ("label", "index")
        outputs = {name: keras.layers.Dense(3, name=name)(inputs) for name in names}
        model = RobustModel(inputs, outputs)
        model.compile("sgd", loss=ce(), run_eagerly=True)
        model.fit(X, dict.fromkeys(names, Y), verbose=0)

    def test_masks(self):
        """What a layer masked does not count, in the loss nor in its parts."""
        tokens = np.array([[1, 2, 0], [3, 0, 0]])
        labels = np.array([[0, 1, 2], [2, 2, 2]])
        figures = []
        for kind in (keras.Model, RobustModel):
            keras.utils.set_random_seed(1)
            inputs = keras.Input((3,), dtype="int32")
            hidden = keras.layers.Embedding(4, 5, mask_zero=True)(inputs)
            model = kind(inputs, keras.layers.Dense(3)(hidden))
            inner = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
            loss = lnl.losses.SparseRegularization(inner, weight=0.5)
            model.compile(keras.optimizers.SGD(0.0), loss=loss, run_eagerly=True)
            figures.append(model.evaluate(tokens, labels, verbose=0, return_dict=True))
        self.assertAllClose(figures[0]["loss"], figures[1]["loss"])
        whole = figures[1]["fit_loss"] + 0.5 * figures[1]["norm"]
        self.assertAllClose(whole, figures[1]["loss"])

    @parameterized.parameters(("u",), ("u", "v"))
    def test_masks_and_weights_of_outputs_by_name(self, *names):
        """Each output's parts count by its own mask and weights."""
        tokens = np.array([[1, 2, 0], [3, 0, 0]])
        labels = dict.fromkeys(names, np.array([[0, 1, 2], [2, 2, 2]]))
        weights = {name: np.array([2.0, 1.0]) + i for i, name in enumerate(names)}
        keras.utils.set_random_seed(1)
        inputs = keras.Input((3,), dtype="int32")
        hidden = keras.layers.Embedding(4, 5, mask_zero=True)(inputs)
        outputs = {name: keras.layers.Dense(3, name=name)(hidden) for name in names}
        model = RobustModel(inputs, outputs)
        model.compile("sgd", loss={n: ce_sr() for n in names}, run_eagerly=True)
        for given in (None, weights):
            found = model.evaluate(
                tokens, labels, sample_weight=given, verbose=0, return_dict=True
            )
            for name, logits in model(tokens).items():
                counts = 1.0 * (tokens > 0)
                if given:
                    counts = counts * given[name][:, None]
                values = ce().call(labels[name], logits)
                key = f"{name}_fit_loss" if len(names) > 1 else "fit_loss"
                expected = np.average(values, weights=counts)
                self.assertAllClose(found[key], expected, rtol=1e-5)

    def test_saved_and_loaded(self):
        model = network(RobustModel)
        model.compile("adam", loss=ce_sr(weight=2.0), metrics=["accuracy"])
        path = self.get_temp_dir() + "/robust.keras"
        model.save(path)
        loaded = keras.models.load_model(path)
        self.assertTrue(loaded.compiled)
        found = loaded.evaluate(X, Y, verbose=0, return_dict=True)
        self.assertAllClose(found, model.evaluate(X, Y, verbose=0, return_dict=True))


class IndexTest(tf.test.TestCase, parameterized.TestCase):
    def model(self, **how):
        model = network(RobustModel)
        loss = lnl.losses.get("elr_sr", num_examples=COUNT, num_classes=CLASSES)
        model.compile("sgd", loss=loss, metrics=["accuracy"], **how)
        return model, loss.loss.state[0]

    def test_evaluation_remembers_nothing(self):
        model, memory = self.model(run_eagerly=True)
        targets = {"label": Y, "index": INDEX}
        first, *others = (model.evaluate(X, targets, verbose=0) for _ in range(3))
        self.assertAllEqual(memory, np.zeros((COUNT, CLASSES)))
        for other in others:
            self.assertAllEqual(first, other)
        self.assertAllClose(first, model.evaluate(X, Y, verbose=0))
        plain, with_validation = (
            self.model(run_eagerly=True)[0].fit(
                X, targets, epochs=2, verbose=0, shuffle=False, **more
            )
            for more in ({}, {"validation_data": (X[:5], {"label": Y[:5],
                                                          "index": INDEX[:5]})})
        )  # fmt: skip
        self.assertAllEqual(plain.history["loss"], with_validation.history["loss"])

    @parameterized.parameters(COUNT, -1, 0.5)
    def test_arrays_with_an_index_of_no_example(self, wrong):
        model, _ = self.model(run_eagerly=True)
        index = np.where(INDEX == 3, wrong, INDEX)
        for call in (model.fit, model.train_on_batch):
            with self.assertRaisesRegex(ValueError, f"index: .*received {wrong}"):
                call(X, {"label": Y, "index": index})

    @parameterized.product(how=("compiled", "eager", "xla"), wrong=(COUNT, -1))
    def test_batches_with_an_index_of_no_example(self, how, wrong):
        """Read a batch at a time, it makes the loss NaN, and moves no memory."""
        model, memory = self.model(**HOW[how])
        index = np.where(INDEX == 3, wrong, INDEX)
        batches = tf.data.Dataset.from_tensor_slices((X, {"label": Y, "index": index}))
        history = model.fit(batches.batch(COUNT), verbose=0).history
        self.assertTrue(np.isnan(history["loss"][0]))
        self.assertAllEqual(np.asarray(memory)[3], np.zeros(CLASSES))

    def test_labels_alone(self):
        model, _ = self.model(run_eagerly=True)
        with self.assertRaisesRegex(ValueError, "trains on targets of the form"):
            model.fit(X, Y, verbose=0)

    @parameterized.parameters("float32", "uint8", "int16", "uint32", "uint64")
    def test_types_of_an_index(self, kind):
        """In arrays all that are whole; read by batches, all of integers."""
        memories = []
        for one in (INDEX, INDEX.astype(kind)):
            model, memory = self.model(run_eagerly=True)
            targets = {"label": Y, "index": one}
            model.fit(X, targets, shuffle=False, verbose=0)
            batches = tf.data.Dataset.from_tensors((X, targets))
            if kind == "float32" and one is not INDEX:
                other, _ = self.model(run_eagerly=True)
                with self.assertRaisesRegex(ValueError, "must hold integers"):
                    other.fit(batches, verbose=0)
                batches = batches.map(lambda x, y: (x, y | {"index": INDEX}))
            model.fit(batches, verbose=0)
            memories.append(np.asarray(memory))
        self.assertAllClose(*memories)
        self.assertTrue(np.all(memories[0] > 0))

    def test_sequences(self):
        """An index of each step is as that of the flat batch."""
        x, y = X.reshape(8, 2, 4), Y.reshape(8, 2)
        found = []
        for shape, data, labels, index in (
            ((4,), X, Y, INDEX), ((2, 4), x, y, INDEX.reshape(8, 2))
        ):  # fmt: skip
            keras.utils.set_random_seed(1)
            inputs = keras.Input(shape)
            model = RobustModel(inputs, keras.layers.Dense(CLASSES)(inputs))
            loss = lnl.losses.get("elr", num_examples=COUNT, num_classes=CLASSES)
            model.compile("sgd", loss=loss, run_eagerly=True)
            model.fit(
                data, {"label": labels, "index": index}, epochs=2, verbose=0,
                batch_size=COUNT,
            )  # fmt: skip
            found.append(np.asarray(loss.state[0]))
        self.assertAllClose(*found)

    def test_going_on_without_a_memory(self):
        model, _ = self.model(run_eagerly=True)
        targets = {"label": Y, "index": INDEX}
        with self.assertWarnsRegex(UserWarning, "remembers no example"):
            model.fit(X, targets, initial_epoch=1, epochs=2, verbose=0)
        with warnings.catch_warnings():
            warnings.filterwarnings(
                "error", "Training goes on"
            )  # what it remembers now is enough
            model.fit(X, targets, initial_epoch=1, epochs=2, verbose=0)

    def test_class_weight_of_several_labels(self):
        """Keras would weigh them by the place of the largest label."""
        x, y = X.reshape(8, 2, 4), Y.reshape(8, 2)
        functional = network(RobustModel, (2, 4))
        functional.compile("sgd", loss=ce(), run_eagerly=True)
        for labels in (y, {"label": y, "index": INDEX.reshape(8, 2)}):
            for call in (functional.fit, functional.train_on_batch):
                with self.assertRaisesRegex(ValueError, "one label per example"):
                    call(x, labels, class_weight={0: 2.0})
        batches = tf.data.Dataset.from_tensors((x, y))
        with self.assertRaisesRegex(ValueError, "one label per example"):
            functional.fit(batches, class_weight={0: 2.0})
        unknown = None  # a model that does not say of what shape its outputs are
        with self.assertRaisesRegex(ValueError, r"labels of shape \(8, 2\)"):
            class_weights.check({0: 2.0}, y, unknown)
        for labels in (None, Y, ONE_HOT, Y[:, None]):
            class_weights.check({0: 2.0}, labels, unknown)

    @parameterized.parameters(
        ({"class_weight": np.ones(3)}, "must be a dict from class to weight"),
        (
            {"class_weight": {0: 1.0}, "validation_split": 0.5},
            "`class_weight` and `validation_split` cannot be given together",
        ),
    )
    def test_class_weight_that_is_refused(self, given, message):
        model, _ = self.model(run_eagerly=True)
        with self.assertRaisesRegex(ValueError, message):
            model.fit(X, {"label": Y, "index": INDEX}, **given)

    def test_class_weight_and_sample_weight(self):
        model, _ = self.model(run_eagerly=True)
        with self.assertRaisesRegex(ValueError, "cannot be given together"):
            model.fit(
                X, {"label": Y, "index": INDEX}, sample_weight=WEIGHTS,
                class_weight={0: 1.0},
            )  # fmt: skip


class LossPartsTest(tf.test.TestCase, parameterized.TestCase):
    """`fit_loss` and `norm`, which `RobustModel` reports beside `loss`."""

    @parameterized.parameters(*HOW)
    def test_loss_is_fit_and_norm(self, how):
        model = network(RobustModel)
        model.xla_loss = how == "xla_loss"
        loss = ce_sr(p=0.5, weight=3.0)
        model.compile(keras.optimizers.SGD(0.0), loss=loss, **HOW[how])
        scheduler = lnl.callbacks.RegularizationScheduler(rho=10.0)
        logs = model.fit(
            X, Y, epochs=2, batch_size=10, verbose=0, validation_data=(X, Y),
            callbacks=[scheduler],
        ).history  # fmt: skip
        logits = model(X)
        fit, norm = float(ce()(Y, logits)), float(np.mean(loss.norm(logits)))
        for part in ("", "val_"):
            self.assertAllClose(logs[part + "fit_loss"], [fit, fit], rtol=1e-5)
            self.assertAllClose(logs[part + "norm"], [norm, norm], rtol=1e-5)
            expected = [fit + 3 * norm, fit + 30 * norm]
            self.assertAllClose(logs[part + "loss"], expected, rtol=1e-5)

    def test_early_stopping(self):
        """The loss grows with λ; what fits the labels goes on falling."""
        epochs = {}
        for watched in ("val_loss", "val_fit_loss"):
            model = network(RobustModel)
            model.compile(
                keras.optimizers.SGD(0.1), loss=ce_sr(weight=0.1), run_eagerly=True
            )
            stop = keras.callbacks.EarlyStopping(monitor=watched, mode="min")
            scheduler = lnl.callbacks.RegularizationScheduler(rho=1.5)
            logs = model.fit(
                X, Y, epochs=5, verbose=0, validation_data=(X, Y),
                callbacks=[scheduler, stop],
            )  # fmt: skip
            epochs[watched] = len(logs.history["loss"])
        self.assertEqual(epochs, {"val_loss": 2, "val_fit_loss": 5})

    @parameterized.product(how=tuple(HOW), outer=(True, False))
    def test_class_prior_is_apart_and_not_in_evaluation(self, how, outer):
        model = network(RobustModel)
        model.xla_loss = how == "xla_loss"
        prior = lnl.losses.ClassPrior(ce(), 10.0, [1, 2, 5])
        loss = lnl.losses.SparseRegularization(prior, 0.5, 3.0) if outer else prior
        model.compile(keras.optimizers.SGD(0.0), loss=loss, **HOW[how])
        logs = model.fit(
            X, Y, epochs=2, batch_size=COUNT, verbose=0, validation_data=(X, Y),
            callbacks=[
                keras.callbacks.LambdaCallback(
                    on_epoch_end=lambda epoch, logs: prior.weight.assign(20.0)
                )
            ],
        ).history  # fmt: skip
        logits = model(X)
        fit, divergence = float(ce()(Y, logits)), float(prior.divergence(logits))
        norm = 3 * float(np.mean(loss.norm(logits))) if outer else 0.0
        self.assertGreater(divergence, 0.01)
        for part in ("", "val_"):
            self.assertAllClose(logs[part + "fit_loss"], [fit, fit], rtol=1e-5)
            self.assertAllClose(logs[part + "class_prior"], [divergence] * 2, rtol=1e-5)
            weights = np.array([0.0, 0.0] if part else [10.0, 20.0])
            total = fit + norm + weights * divergence
            self.assertAllClose(logs[part + "loss"], total, rtol=1e-5)
            self.assertEqual(outer, part + "norm" in logs)

    def test_class_prior_is_the_mean_over_steps(self):
        model = network(RobustModel)
        prior = lnl.losses.ClassPrior(ce(), 10.0)
        model.compile(keras.optimizers.SGD(0.0), loss=prior, run_eagerly=True)
        found = model.fit(
            X, Y, batch_size=10, shuffle=False, verbose=0, class_weight={0: 0, 1: 5}
        ).history["class_prior"]
        logits = np.array(model(X))
        steps = [
            float(prior.divergence(logits[part][Y[part] > 0]))
            for part in (slice(0, 10), slice(10, None))
        ]
        self.assertAllClose(found, [np.mean(steps)], rtol=1e-5)

    def test_without_regularization_there_are_none(self):
        model = network(RobustModel)
        model.compile("sgd", loss=ce(), run_eagerly=True)
        self.assertEqual(set(model.fit(X, Y, verbose=0).history), {"loss"})

    def test_weights_and_several_outputs(self):
        inputs = keras.Input((4,))
        outputs = [keras.layers.Dense(3, name=name)(inputs) for name in "ab"]
        model = RobustModel(inputs, outputs)
        losses = [ce_sr(p=0.1), ce_sr(p=0.5)]
        model.compile(keras.optimizers.SGD(0.0), loss=losses, run_eagerly=True)
        weights = {"a": WEIGHTS, "b": 1 + WEIGHTS[::-1] ** 2}
        found = model.evaluate(
            X, [Y, Y], sample_weight=list(weights.values()), verbose=0,
            return_dict=True,
        )  # fmt: skip
        for name, loss, logits in zip("ab", losses, model(X), strict=True):
            for part, values in (
                ("norm", loss.norm(logits)), ("fit_loss", ce().call(Y, logits))
            ):  # fmt: skip
                expected = np.average(values, weights=weights[name])
                self.assertAllClose(found[f"{name}_{part}"], expected, rtol=1e-5)
        model = network(RobustModel)
        model.compile("sgd", loss=ce_sr(), run_eagerly=True)
        found = model.evaluate(
            X, Y, sample_weight=WEIGHTS, verbose=0, return_dict=True
        )["fit_loss"]
        values = np.asarray(ce().call(Y, model(X)))
        self.assertAllClose(found, np.average(values, weights=WEIGHTS))


class SummedTest(tf.test.TestCase, parameterized.TestCase):
    """What several devices share out as sums: the batch of all is on each of them."""

    @parameterized.parameters(
        (ce(), False), ("mse", False), (ce(reduction="sum"), True),
        ({"a": ce(reduction="sum"), "b": ce(reduction=None), "c": None}, True),
    )  # fmt: skip
    def test_by_reduction(self, loss, expected):
        self.assertEqual(robust_model.summed(loss), expected)

    def test_sums_and_means(self):
        with self.assertRaisesRegex(ValueError, "all sums or all means"):
            robust_model.summed([ce(reduction="sum"), "mse"])


class CoTeachingTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.parameters(("sum", None, COUNT), ("sum_over_batch_size", [0.1], 0.1))
    def test_reductions_and_loss_weights(self, reduction, weights, factor):
        pair = [network(keras.Model, penalized=True) for _ in range(2)]
        results = []
        for of_loss, of_compile in (({}, {}), ({"reduction": reduction}, weights)):
            model = CoTeaching(*pair)
            model.compile(
                keras.optimizers.SGD(0.0), loss=ce_sr(**of_loss),
                loss_weights=of_compile or None, run_eagerly=True,
            )  # fmt: skip
            logs = model.fit(
                X, Y, batch_size=COUNT, verbose=0, validation_data=(X, Y),
                validation_batch_size=COUNT,
            ).history  # fmt: skip
            results.append(logs)
        plain, other = results
        penalty = self.penalty(pair)
        for name in ("loss", "val_loss"):
            expected = factor * (plain[name][0] - penalty) + penalty
            self.assertAllClose(other[name][0], expected, rtol=1e-5)
        self.assertAllClose(other["val_fit_loss"], plain["val_fit_loss"])

    @staticmethod
    def penalty(pair):
        """Of kernels and of the activity, which is the mean square of the inputs."""
        kernels = sum(0.1 * np.sum(one.get_weights()[0] ** 2) for one in pair)
        return kernels + 2 * 0.3 * np.sum(X**2) / COUNT

    def test_evaluation_is_that_of_keras(self):
        pair = [network(keras.Model, penalized=True) for _ in range(2)]
        model = CoTeaching(*pair)
        model.compile("sgd", loss=ce_sr(), metrics=["accuracy"], run_eagerly=True)
        pair[0].compile("sgd", loss=ce_sr(), metrics=["accuracy"], run_eagerly=True)
        found, alone = (
            one.evaluate(X, Y, sample_weight=WEIGHTS, verbose=0, return_dict=True)
            for one in (model, pair[0])
        )
        second = self.penalty(pair) / 2
        self.assertAllClose(found["loss"] - second, alone["loss"], rtol=1e-5)
        self.assertAllClose(found["accuracy"], alone["accuracy"])

    @parameterized.parameters(
        ("mse", "loss='mse'"),
        (ce(reduction="mean_with_sample_weight"), "mean_with_sample_weight"),
        (elr(), "EarlyLearningRegularization"),
    )
    def test_losses_that_it_does_not_take(self, loss, message):
        model = CoTeaching(network(keras.Model), network(keras.Model))
        with self.assertRaisesRegex(ValueError, message):
            model.compile("sgd", loss=loss)


if __name__ == "__main__":
    tf.test.main()
