"""What every dataset and loss is trained with, and where the recipes say so."""

import csv
import pathlib
import re
from unittest import mock

import tensorflow as tf
from absl.testing import parameterized

from lnl_sr_tf import config, loss_names, models
from lnl_sr_tf.config import recipe_file, recipes
from lnl_sr_tf.config.flag import inside
from lnl_sr_tf.config.parse import parse
from lnl_sr_tf.errors import InputError
from lnl_sr_tf.training import build

ROOT = pathlib.Path(__file__).resolve().parents[2]

DEFAULTS = """model=resnet18 epochs=100 batch_size=128 optimizer=sgd lr=0.05
lr_schedule=cosine momentum=0.9 nesterov=false weight_decay=1e-4 l1=0 clip_norm=5
crop_padding=0 flip=false rotation=0 lambda_schedule=adaptive tau=0.5
normalize_logits=true p=0.1 lambda0=1.2 rho=1.03 lambda_every=1 tau_decay=1 tau_min=0
mixup=0 balance=none"""
# What the paper has for colour images.
SMOOTH = """lambda_schedule=geometric tau=0.5 normalize_logits=true lambda0=1.2 rho=1.03
lambda_every=1"""
# What adaptive has, whatever a recipe has for the geometric schedule.
ADAPTIVE = "lambda_schedule=adaptive tau=0.5 normalize_logits=true p=0.1 lambda0=1.2"
# What a dataset has other than the defaults, whatever the loss.
# Recipes for kinds of data, by whatever name.
KINDS = {"default", "own", "features", "text", "table", "backbone"}
DATASETS = {
    "digits": """model=cnn_digits epochs=60 weight_decay=1e-2 tau=0.1 lambda0=4 rho=2
        lambda_every=6 normalize_logits=false lambda_schedule=adaptive""",
    "mnist": """model=cnn_mnist epochs=50 lr=0.01 weight_decay=1e-3 tau=0.1 lambda0=4
        rho=2 lambda_every=5 normalize_logits=false lambda_schedule=geometric""",
    "cifar10": f"{SMOOTH} model=cnn_cifar epochs=120 lr=0.01 crop_padding=4 flip=true",
    "cifar100": f"""{SMOOTH} model=resnet34 epochs=200 lr=0.1 weight_decay=1e-5
        crop_padding=4 flip=true rotation=20 p=0.01 lambda0=4 rho=1.02""",
    "webvision_mini": f"""{SMOOTH} noise=none model=resnet50 epochs=250
        batch_size=512 lr=0.4 lr_schedule=exponential lr_decay=0.97 nesterov=true
        weight_decay=3e-5 image_size=224x224 resize=crop random_resized_crop=0.08
        flip=true p=0.01 lambda0=2 rho=1.016
        color_jitter=brightness=0.4,contrast=0.4,saturation=0.4,hue=0.2""",
    "clothing1m": """noise=none model=keras:ResNet50 epochs=10 batch_size=64 lr=1e-3
        lr_schedule=exponential lr_decay=0.63 weight_decay=1e-3 image_size=224x224
        resize=crop random_resized_crop=0.08 flip=true rho=1.5 lambda_every=1
        tau=0.5 normalize_logits=true lambda0=1.2 lambda_schedule=geometric""",
    "some/folder": """noise=none model=auto epochs=60 flip=true resize=stretch
        test_share=0.2""",
    "tfds:svhn_cropped": "",
}
# Datasets that have another one's recipe, and what they have of their own.
LIKE = {
    "fashion_mnist": ("mnist", "lambda_schedule=adaptive"),
    "tfds:Mnist:3.0.1": ("mnist", ""),
    "crowd.csv": ("some/folder", ""),
    "cifar10_n": ("cifar10", "noise=worse"),
    "cifar100_n": ("cifar100", "noise=noisy_fine"),
}
# Parameters of losses, with _sr and without, under symmetric noise of 0.4; - where a
# dataset has none, and the class's defaults count.
LOSSES = """
    fl          gamma=0.5,constant_factor=true (the same) (the same)
    sce         alpha=0.01,beta=1  alpha=0.1,beta=1  alpha=6,beta=0.1
    phuber_ce   tau=10  tau=2  tau=10
    nce_mae     alpha=1,beta=10  alpha=1,beta=1  alpha=10,beta=1
    nce_rce     alpha=1,beta=10  alpha=1,beta=1  alpha=10,beta=0.1
    nfl         gamma=0.5,constant_factor=true (the same) (the same)
    nfl_mae     F,alpha=1,beta=10  F,alpha=1,beta=1  F,alpha=10,beta=1
    nfl_rce     F,alpha=1,beta=10  F,alpha=1,beta=1  F,alpha=10,beta=0.1
    agce        a=4,q=0.2  a=0.6,q=0.6  a=0.6,q=0.6
    aul         a=3,q=0.1  a=5.5,q=3  a=5.5,q=3
    ael         a=3.5  a=2.5  a=2.5
    nce_agce    alpha=0,beta=1,a=4,q=0.2  alpha=1,beta=4,a=6,q=1.5  alpha=10,beta=0.1,a=1.8,q=3
    nce_aul     alpha=0,beta=1,a=3,q=0.1  alpha=1,beta=4,a=6.3,q=1.5  alpha=10,beta=0.015,a=6,q=3
    nce_ael     alpha=0,beta=1,a=3.5  alpha=1,beta=4,a=5  alpha=10,beta=0.1,a=1.5
    jal_ce      -  alpha=1,beta=1,a=30  alpha=5,beta=1,a=20
    jal_fl      -  F,alpha=1,beta=1,a=30  F,alpha=5,beta=1,a=20
    anl_ce      alpha=1,beta=1  alpha=5,beta=5  alpha=10,beta=1
    anl_fl      alpha=1,beta=1,F  alpha=5,beta=5,F  alpha=10,beta=1,F
    ldr_kl      margin=0.1,temperature=10  margin=0.1,temperature=10  margin=0.1,temperature=1
    elr         -  strength=3,momentum=0.7  strength=7,momentum=0.9
    eps_ce_mae  alpha=0.01,beta=5,m=1e5  alpha=0.01,beta=5,m=1e5  alpha=0.03,beta=1,m=1e4
    eps_fl_mae  alpha=0.01,beta=5,m=1e5,C  alpha=0.01,beta=5,m=1e5,C  alpha=0.03,beta=1,m=1e4,C
    ce_logitclip  -  delta=1  delta=0.5
    ogc_ce      -  O  O
    ogc_fl      -  gamma=0.5,O  gamma=0.5,O
    ogc_gce     -  q=0.7,O  -
    sop         -  -  lr_u=1,lr_v=10
    mda_ce      -  momentum=0.99,warmup=30  momentum=0.99,warmup=30
    rrm_ce      cost=0.8,share=0.5,every=10  -  -
"""  # noqa: E501
# The same for two more.
OTHER_LOSSES = {
    "webvision_mini": """
        sce alpha=10,beta=1
        nce_mae alpha=50,beta=1
        nce_rce alpha=50,beta=0.1
        nfl_mae F,alpha=50,beta=1
        nfl_rce F,alpha=50,beta=0.1
        agce a=1e-5,q=0.5
        nce_agce alpha=50,beta=0.1,a=2.5,q=3
        anl_ce alpha=20,beta=1
        anl_fl alpha=20,beta=1,F
        ldr_kl margin=0.1,temperature=1
        eps_ce_mae alpha=0.015,beta=0.3,m=1e3
        eps_fl_mae alpha=0.015,beta=0.3,m=1e3,C
        ce_logitclip delta=1.2""",
    "clothing1m": """
        sce alpha=10,beta=1
        nce_rce alpha=10,beta=1
        agce a=1e-5,q=0.5
        nce_agce alpha=50,beta=0.1,a=2.5,q=3
        anl_ce alpha=5,beta=0.1
        anl_fl alpha=5,beta=0.1,F
        ldr_kl margin=0.1,temperature=1
        eps_ce_mae alpha=0.012,beta=0.1,m=1e3
        eps_fl_mae alpha=0.012,beta=0.1,m=1e3,C""",
}
_SHORT = {
    "F": "gamma=0.5,constant_factor=true",
    "C": "constant_factor=true",
    "O": "allowance=20,every=32,queue=4096",
}
# What else a loss has of its own.
MORE = {
    **{(dataset, "gce_sr"): "loss_args=q=0.01" for dataset in DATASETS},
    ("webvision_mini", "gce_sr"): "",
    ("digits", "gce_sr"): "loss_args=q=0.01 tau=0.5 lambda0=3",
    ("digits", "nlnl"): "weight_decay=1e-4",
    ("digits", "nlnl_sr"): "weight_decay=1e-4",
    ("mnist", "gce_sr"): "loss_args=q=0.01 tau=0.5 lambda0=3",
    ("cifar100", "gce_sr"): "loss_args=q=0.001",
    ("clothing1m", "gce"): "loss_args=q=0.6",
} | {
    (dataset, f"{family}_{active}{ending}"): f"weight_decay=0 l1={l1}"
    for family, dataset, l1 in (
        ("anl", "mnist", "1e-6"),
        ("anl", "cifar10", "5e-5"),
        ("anl", "cifar100", "5e-7"),
        ("anl", "webvision_mini", "5e-6"),
        ("jal", "cifar10", "5e-5"),
        ("jal", "cifar100", "5e-6"),
    )
    for active in ("ce", "fl")
    for ending in ("", "_sr")
}
# By kind and rate of the noise, at the ends of ranges and between published rates.
CASES = (
    ("cifar10", "ce_logitclip", "sym", "0 0.1 0.35 0.45 0.499", "delta=1"),
    ("cifar10", "ce_logitclip", "sym", "0.5 0.51 0.6 0.9", "delta=0.6666666666666666"),
    ("cifar10", "ce_logitclip", "asym", "0.1 0.45", "delta=2.5"),
    ("cifar10", "ce_logitclip", "pairflip", "0.2 0.45", "delta=2.5"),
    ("cifar10", "ce_logitclip", "instance", "0.2 0.6", "delta=2"),
    ("cifar10", "ce_logitclip", "none", "", "delta=1"),
    ("cifar10_n", "ce_logitclip", "sym", "0.35", "delta=1"),
    ("cifar10_n", "ce_logitclip", "worse", "", "delta=2.5"),
    ("cifar100", "ce_logitclip", "sym", "0.2 0.8", "delta=0.5"),
    ("cifar100", "ce_logitclip", "asym", "0.2 0.4", "delta=2.5"),
    ("cifar10", "eps_ce_mae", "asym", "0.1 0.4", "alpha=0.02,beta=5,m=1e3"),
    ("cifar10", "eps_fl_mae_sr", "asym", "0.4", "alpha=0.02,beta=5,m=1e3,C"),
    ("cifar10", "eps_ce_mae", "instance", "0.4", "alpha=0.045,beta=10,m=1e5"),
    ("cifar10", "elr", "asym", "0.2 0.4", "strength=1,momentum=0.9"),
    ("cifar10", "elr", "pairflip", "0.4", "strength=3,momentum=0.7"),
    ("cifar100", "eps_ce_mae", "none", "", "alpha=0.1,beta=1,m=1e4"),
    ("cifar100", "eps_ce_mae", "sym", "0 0.05 0.099", "alpha=0.1,beta=1,m=1e4"),
    ("cifar100", "eps_ce_mae", "sym", "0.1 0.2 0.25", "alpha=0.05,beta=1,m=1e4"),
    ("cifar100", "eps_ce_mae", "sym", "0.3 0.4 0.45 0.5", "alpha=0.03,beta=1,m=1e4"),
    ("cifar100", "eps_ce_mae", "sym", "0.55 0.6 0.7", "alpha=0.00125,beta=1,m=1e4"),
    ("cifar100", "eps_ce_mae", "sym", "0.75 0.8 0.9", "alpha=0.0075,beta=1,m=1e4"),
    ("cifar100", "eps_ce_mae", "asym", "0.05 0.1", "alpha=0.015,beta=1,m=1e2"),
    ("cifar100", "eps_ce_mae", "asym", "0.15 0.2", "alpha=0.007,beta=1,m=1e2"),
    ("cifar100", "eps_ce_mae", "asym", "0.25 0.3", "alpha=0.005,beta=1,m=1e2"),
    ("cifar100", "eps_ce_mae", "asym", "0.35 0.4 0.5", "alpha=0.004,beta=1,m=1e2"),
    ("cifar100", "eps_ce_mae", "instance", "0.2 0.25", "alpha=0.05,beta=1,m=1e4"),
    ("cifar100", "eps_ce_mae", "instance", "0.3 0.5", "alpha=0.03,beta=1,m=1e4"),
    ("cifar100", "eps_ce_mae", "instance", "0.6 0.7", "alpha=0.00125,beta=1,m=1e4"),
    ("cifar100", "eps_ce_mae", "pairflip", "0.2 0.45", "alpha=0.03,beta=1,m=1e4"),
    ("cifar100", "eps_fl_mae_sr", "sym", "0.6", "alpha=0.00125,beta=1,m=1e4,C"),
    ("cifar100_n", "eps_ce_mae", "noisy_fine", "", "alpha=0.03,beta=1,m=1e4"),
)
# Of earlier versions, whose folders are to be found again.
RUN_NAMES = (
    (
        {"dataset": "digits", "loss": "ce_sr", "lambda_schedule": "geometric"},
        "digits-ce_sr-sym0.6-seed1-a46245d5",
    ),
    (
        {"dataset": "mnist", "loss": "gce_sr", "noise": "sym", "rate": 0.8},
        "mnist-gce_sr-sym0.8-seed1-62f137f1",
    ),
    (
        {"dataset": "fashion_mnist", "loss": "anl_fl", "noise": "sym", "rate": 0.4},
        "fashion_mnist-anl_fl-sym0.4-seed1-61f3710d",
    ),
    (
        {"dataset": "cifar10", "loss": "ce_logitclip", "noise": "sym", "rate": 0.4},
        "cifar10-ce_logitclip-sym0.4-seed1-9fc2e4e3",
    ),
    (
        # By a recipe that has since been put right.
        {"dataset": "cifar10", "loss": "ce_logitclip", "loss_args": "delta=1.5"},
        "cifar10-ce_logitclip-sym0.6-seed1-4fc4a94d",
    ),
    ({"dataset": "cifar10_n", "loss": "fl_sr"}, "cifar10_n-fl_sr-worse-seed1-b4220bce"),
    (
        {"dataset": "cifar100", "loss": "eps_fl_mae_sr", "noise": "asym", "rate": 0.2},
        "cifar100-eps_fl_mae_sr-asym0.2-seed1-9d7753ed",
    ),
    (
        {"dataset": "cifar100_n", "loss": "jal_ce", "l1": 0, "weight_decay": 1e-5},
        "cifar100_n-jal_ce-noisy_fine-seed1-db508b1d",
    ),
    (
        {"dataset": "webvision_mini", "loss": "ce_sr"},
        "webvision_mini-ce_sr-none-seed1-e6080951",
    ),
    ({"dataset": "clothing1m", "loss": "ce"}, "clothing1m-ce-none-seed1-fed54687"),
    (
        {"dataset": "tfds:svhn_cropped", "loss": "nce_mae"},
        "svhn_cropped-nce_mae-sym0.6-seed1-93515635",
    ),
    (
        {
            "dataset": "cifar100",
            "loss": "ce",
            "method": "co_teaching",
            "noise": "sym",
            "rate": 0.4,
        },
        "cifar100-ce-co_teaching-sym0.4-seed1-93b55493",
    ),
    (
        {"dataset": "cifar10", "loss": "ce_sr", "imbalance": "lt", "noise": "none"},
        "cifar10-ce_sr-none-lt0.1-seed1-80975633",
    ),
)


def settings(text):
    """Settings written as name=value, between spaces, parsed."""
    pairs = [part.split("=", 1) for part in text.split()]
    return {name: parse(name, value) for name, value in pairs}


def arguments(text):
    """Parameters of a loss; `-` for none."""
    for short, whole in _SHORT.items():
        text = re.sub(rf"\b{short}\b", whole, text)
    return {} if text == "-" else parse("loss_args", text)


def losses_of(dataset):
    """A dict from each loss of the table to its parameters on a dataset."""
    if dataset in OTHER_LOSSES:
        lines = OTHER_LOSSES[dataset].strip().splitlines()
        return {name: arguments(text) for name, text in map(str.split, lines)}
    column = ("mnist", "cifar10", "cifar100").index(dataset)
    rows = [re.split(r" +", line.strip()) for line in LOSSES.strip().splitlines()]
    found = {}
    for name, first, *others in rows:
        cells = [first] * 3 if "(the" in others else [first, *others]
        found[name] = arguments(cells[column])
    return found


def expected_of(dataset, loss, schedule=None):
    """All that recipes have for a dataset and a loss, by how λ grows."""
    of, more = LIKE.get(dataset, (dataset, ""))
    found = settings(DEFAULTS) | settings(DATASETS[of]) | settings(more)
    found |= {"loss_args": {}} | settings(MORE.get((of, loss), ""))
    found["prior_weight"] = None
    if (schedule or found["lambda_schedule"]) == "geometric":
        found["lambda_schedule"] = "geometric"
    else:
        found |= settings(ADAPTIVE)
        found |= {"rho": None, "lambda_every": None}
    if not loss.endswith("_sr"):
        of_schedule = ("rho", "lambda_every")
        found |= dict.fromkeys(
            name
            for name in found
            if name in of_schedule
            or config.FIELDS[name].only is config.method_settings.WITH_SR
        )
        found["prior_weight"] = None
    return found


class TableTest(tf.test.TestCase, parameterized.TestCase):
    def assert_settled(self, made, expected):
        found = {name: getattr(made, name) for name in expected}
        self.assertEqual(found, expected, f"{made.dataset} {made.loss}")

    @parameterized.parameters(*DATASETS, *LIKE)
    def test_dataset(self, dataset):
        expected = expected_of(dataset, "ce_sr")
        made = config.resolve({"dataset": dataset, "loss": "ce_sr"})
        self.assert_settled(made, expected)
        self.assertEqual(made.noise, expected.get("noise", "sym"))

    @parameterized.product(
        dataset=(*DATASETS, *LIKE), schedule=("adaptive", "geometric")
    )
    def test_lambda_schedule(self, dataset, schedule):
        for loss in ("ce_sr", "gce_sr", "mae_sr"):
            given = {"dataset": dataset, "loss": loss, "lambda_schedule": schedule}
            made = config.resolve(given)
            expected = expected_of(dataset, loss, schedule)
            del expected["loss_args"]
            self.assert_settled(made, expected)

    @parameterized.parameters("rho", "lambda_every")
    def test_a_number_of_the_geometric_schedule_asks_for_it(self, name):
        made = config.resolve({"dataset": "digits", "loss": "ce_sr", name: 3})
        geometric = expected_of("digits", "ce_sr", "geometric")
        self.assert_settled(made, geometric | {name: 3})

    @parameterized.parameters(*DATASETS, *LIKE)
    def test_losses(self, dataset):
        """What a loss has of its own, and that it has nothing else."""
        of, _ = LIKE.get(dataset, (dataset, ""))
        known = ("mnist", "cifar10", "cifar100", *OTHER_LOSSES)
        table = losses_of(of) if of in known else {}
        for loss in loss_names.names():
            expected = expected_of(dataset, loss) | {"noise": "sym"}
            args = table.get(loss.removesuffix("_sr"))
            expected |= {} if args is None else {"loss_args": args}
            given = {"dataset": dataset, "loss": loss, "noise": "sym", "rate": 0.4}
            self.assert_settled(config.resolve(given), expected)

    @parameterized.parameters(*CASES)
    def test_noise(self, dataset, loss, noise, rates, expected):
        for rate in [{"rate": text} for text in rates.split()] or [{}]:
            given = {"dataset": dataset, "loss": loss, "noise": noise} | rate
            self.assert_settled(
                config.resolve(given), {"loss_args": arguments(expected)}
            )

    @parameterized.parameters(
        ("cifar10", "co_teaching", "lr_hold=0.4 epochs=120"),
        ("cifar100", "co_teaching", "lr_hold=0.5 epochs=200"),
    )
    def test_method(self, dataset, method, more):
        made = config.resolve({"dataset": dataset, "method": method, "loss": "ce"})
        expected = """optimizer=adam lr=1e-3 lr_schedule=linear late_momentum=0.1
            weight_decay=0 clip_norm=0 forget_epochs=10"""
        self.assert_settled(made, settings(f"{expected} {more}") | {"nesterov": None})

    @parameterized.parameters(
        ("nlnl", "nlnl", {"epsilon": 1e-5}),
        ("nlnl_sr", "nlnl", {}),
        ("nlnl", "standard", {}),
    )
    def test_stages_of_negative_learning(self, loss, method, expected):
        """Theirs clip at 1e-5; the first one alone is a row of the paper's."""
        for dataset in DATASETS:
            given = {"dataset": dataset, "loss": loss, "method": method}
            made = config.resolve(given)
            self.assertEqual(made.loss_args, expected)
        self.assertEqual(build.build_loss(made).epsilon, expected.get("epsilon", 1e-7))

    @parameterized.parameters(
        ({"dataset": "cifar10", "imbalance": "lt"}, "normalize_logits=false lambda0=1"),
        ({"dataset": "cifar10", "imbalance": "step"}, "lambda0=1 rho=1.03"),
        ({"dataset": "cifar100", "imbalance": "lt"}, "normalize_logits=true lambda0=1"),
        ({"dataset": "cifar100", "imbalance": "step"}, "imbalance_factor=0.1"),
        ({"dataset": "cifar100", "noise": "asym"}, "lambda0=10"),
        ({"dataset": "cifar100", "noise": "asym", "imbalance": "lt"}, "lambda0=10"),
        ({"dataset": "mnist", "noise": "asym"}, "lambda0=4"),
    )
    def test_imbalance_and_kind_of_noise(self, given, expected):
        self.assert_settled(config.resolve(given), settings(expected))

    @parameterized.parameters(*RUN_NAMES)
    def test_runs_keep_their_names(self, given, name):
        self.assertEqual(config.resolve(given).run_name, name)


class FilesTest(tf.test.TestCase, parameterized.TestCase):
    def files(self):
        return sorted(recipes.folder().glob("*.toml"))

    def sections(self):
        """(file's stem, kind, name, section) of every section of every recipe."""
        for path in self.files():
            content = recipe_file.load(path)
            for kind in recipe_file.KINDS:
                for name, section in content.get(kind, {}).items():
                    yield path.stem, kind, name, section

    def test_one_file_a_dataset(self):
        known = {path.stem for path in self.files()}
        names = set(config.data_kinds.NAMES)
        self.assertEqual(known, names | KINDS)

    def test_says_where_its_numbers_come_from(self):
        for path in self.files():
            self.assertGreater(len(recipe_file.load(path)["source"]), 7, path.name)
        for stem, _, name, section in self.sections():
            source = section.get("source", "by the file")
            self.assertGreater(len(source), 7, f"{stem} {name}")

    def test_every_section_is_for_something(self):
        choices = {
            name: config.FIELDS[name].choices
            for name in ("method", "imbalance", "noise", "lambda_schedule")
        }
        choices["loss"] = loss_names.names()
        choices["model"] = models.names()
        for stem, kind, name, section in self.sections():
            self.assertIn(name, choices[kind], stem)
            self.assertNotEmpty(section, f"{stem} {name}")

    def test_every_loss_can_be_made(self):
        """With the parameters of its section, and with those of each case."""
        for stem, kind, name, section in self.sections():
            if kind != "loss":
                continue
            for case in ({}, *section.get("cases", ())):
                when = case.get("when", {})
                given = {"dataset": stem, "loss": name, "noise": "sym"}
                given["noise"] = when.get("noise", "sym")
                if "rate" in when:
                    low, high = re.findall(r"[0-9.]+", when["rate"])
                    given["rate"] = (float(low) + float(high)) / 2
                made = config.resolve(given)
                if case:
                    self.assertEqual(
                        made.loss_args, case["loss_args"], f"{stem} {name}"
                    )
                build.build_loss(made)

    def test_at_most_one_case_applies(self):
        for stem, _, name, section in self.sections():
            cases = [case["when"] for case in section.get("cases", ())]
            for noise in {when.get("noise") for when in cases}:
                for rate in (i / 200 for i in range(200)):
                    found = [
                        when
                        for when in cases
                        if when.get("noise") in (None, noise)
                        and inside(rate, when.get("rate", "[0, 1)"))
                    ]
                    self.assertLessEqual(len(found), 1, f"{stem} {name} {rate}")

    def test_example_of_the_docs(self):
        page = (ROOT / "docs" / "recipes.md").read_text("utf-8")
        (text,) = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
        path = pathlib.Path(self.get_temp_dir()) / "example.toml"
        path.write_text(text, "utf-8")
        example, own = recipe_file.load(path), recipes.folder() / "cifar10.toml"
        own = recipe_file.load(own)
        self.assertEqual(example["expect"], own["expect"])
        self.assertEqual(example["source"], own["source"])
        for loss, section in example["loss"].items():
            self.assertEqual(
                section | {"source": ""}, own["loss"][loss] | {"source": ""}
            )

    def test_what_is_expected_was_measured(self):
        """In results/ledger.csv or docs/results.md, as the recipe says."""
        with open(ROOT / "results" / "ledger.csv", encoding="utf-8") as file:
            ledger = list(csv.DictReader(file))
        page = (ROOT / "docs" / "results.md").read_text("utf-8")
        count = 0
        for path in self.files():
            for one in recipe_file.load(path).get("expect", ()):
                count += 1
                where, _, how = one["measured"].partition(": ")
                (commit,) = re.findall(r"commit (\w+)", how)
                if where == "docs/results.md":
                    self.assertIn(f"{100 * one['test_accuracy']:.2f}", page)
                    self.assertIn(commit, page)
                    continue
                (seed,) = re.findall(r"seed (\d)", how)
                wanted = (path.stem, one["loss"], one["noise"], str(one["rate"]), seed)
                rows = [
                    (
                        round(float(row["test_accuracy"]), 4),
                        round(float(row["seconds"])),
                    )
                    for row in ledger
                    if wanted
                    == tuple(
                        row[n] for n in ("dataset", "loss", "noise", "rate", "seed")
                    )
                    and row["commit"] == commit
                ]
                self.assertIn((one["test_accuracy"], one["seconds"]), rows)
        self.assertGreater(count, 5)

    def test_dataset_is_never_a_way_out_of_the_recipes(self):
        for name in ("../flags/mnist", "paper/tables", "/etc/passwd", "x" * 5000):
            self.assertEqual(
                recipes.read(name, "ce", "sym"), recipes.read("x", "ce", "sym")
            )

    def test_values_are_the_run_s_own(self):
        """What one run does to its settings is nothing to the next."""
        config.resolve({"dataset": "webvision_mini"}).color_jitter["hue"] = 9
        again = config.resolve({"dataset": "webvision_mini"})
        self.assertEqual(again.color_jitter["hue"], 0.2)


# Recipes that say by a number which of their sections won.
_NUMBERED = {
    "default": "[settings]\nepochs = 1\n[method.nlnl]\nepochs = 2",
    "mnist": """like = "digits"
        [settings]
        epochs = 4
        [noise.asym]
        epochs = 6
        [loss.ce]
        epochs = 7
        [loss.fl_sr]
        epochs = 10""",
    "digits": """[settings]
        epochs = 3
        [imbalance.lt]
        epochs = 5
        [loss.fl]
        epochs = 8
        cases = [{ when = { rate = "[0.5, 1)" }, epochs = 9 }]""",
}


class OrderTest(tf.test.TestCase, parameterized.TestCase):
    def setUp(self):
        super().setUp()
        place = pathlib.Path(self.get_temp_dir())
        for name, text in _NUMBERED.items():
            (place / f"{name}.toml").write_text(text, "utf-8")
        self.enter_context(mock.patch.object(recipes, "folder", return_value=place))

    @parameterized.parameters(
        ({"dataset": "x"}, 1),
        ({"dataset": "x", "method": "nlnl"}, 2),
        ({"dataset": "digits"}, 3),
        ({"dataset": "mnist"}, 4),
        ({"dataset": "mnist", "method": "nlnl"}, 2),
        ({"dataset": "mnist", "method": "nlnl", "imbalance": "lt"}, 5),
        ({"dataset": "mnist", "imbalance": "lt", "noise": "asym"}, 6),
        ({"dataset": "mnist", "noise": "asym", "loss": "ce"}, 7),
        ({"dataset": "mnist", "noise": "asym", "loss": "ce_sr"}, 7),
        ({"dataset": "mnist", "loss": "fl", "rate": 0.4}, 8),
        ({"dataset": "mnist", "loss": "fl", "rate": None}, 8),
        ({"dataset": "mnist", "loss": "fl", "rate": 0.5}, 9),
        ({"dataset": "digits", "loss": "fl_sr", "rate": 0.5}, 9),
        ({"dataset": "mnist", "loss": "fl_sr", "rate": 0.5}, 10),
    )
    def test_the_particular_wins(self, given, epochs):
        found = recipes.read(**{"loss": "gce", "noise": "sym"} | given)
        self.assertEqual(found["epochs"], epochs)

    def test_of_dataset_is_without_the_defaults(self):
        self.assertEqual(recipes.of_dataset("mnist"), {"epochs": 4})
        self.assertEqual(recipes.of_dataset("x"), {})


class MistakesTest(tf.test.TestCase, parameterized.TestCase):
    def file(self, text, name="bad"):
        path = pathlib.Path(self.get_temp_dir()) / f"{name}.toml"
        path.write_text(text, "utf-8")
        return path

    @parameterized.parameters(
        ("epochs 3", "bad.toml: Expected '='"),
        ("\x00", "bad.toml: Invalid statement"),
        ("setings = {}", "bad.toml: no setings here; .*did you mean settings?"),
        ("[settings]\nepoch = 3", r"bad.toml, \[settings\]: unknown setting --epoch;"),
        ("[settings]\nepochs = 0", r"\[settings\]: --epochs=0: expected a whole"),
        ("[loss.fl]\nloss_args = 3", r"\[loss.fl\]: --loss_args=3: expected name=val"),
        ("loss = 3", r"bad.toml, \[loss\] = 3; expected a table"),
        ("[loss]\nfl = 3", r"bad.toml, \[loss.fl\] = 3; expected a table"),
        ("[loss.fl]\ncases = 3", r"\[loss.fl\]: cases = 3; expected a list of tables"),
        (
            "[loss.fl]\ncases = [{ tau = 1 }]",
            r"\[loss.fl\]: a case without when",
        ),
        (
            '[loss.fl]\ncases = [{ when = { noises = "sym" }, l1 = 1 }]',
            r"\[loss.fl\], when: no noises here; .* did you mean noise?",
        ),
        (
            '[loss.fl]\ncases = [{ when = { noise = "symm" }, l1 = 1 }]',
            r"\[loss.fl\]: --noise=symm: expected one of",
        ),
        (
            '[loss.fl]\ncases = [{ when = { rate = "< 0.5" }, l1 = 1 }]',
            r"""rate = '< 0.5'; expected an interval, such as "\[0, 0.5\)\"""",
        ),
        (
            "[loss.fl]\ncases = [{ when = { rate = 0.5 }, l1 = 1 }]",
            "rate = 0.5; expected an interval",
        ),
        ("[[expect]]\nacuracy = 1", r"\[\[expect\]\]: no acuracy here"),
    )
    def test_refused(self, text, message):
        with self.assertRaisesRegex(InputError, message) as caught:
            recipe_file.load(self.file(text))
        self.assertNotIn("\n", str(caught.exception))

    def test_no_such_file(self):
        with self.assertRaisesRegex(InputError, "gone.toml cannot be read: No such"):
            recipe_file.load(pathlib.Path("gone.toml"))

    def test_like_itself(self):
        place = self.file('like = "b"', "a").parent
        (place / "b.toml").write_text('like = "a"', "utf-8")
        (place / "default.toml").write_text("", "utf-8")
        with (
            mock.patch.object(recipes, "folder", return_value=place),
            self.assertRaisesRegex(InputError, "in a circle: a > b > a; remove one"),
        ):
            recipes.read("a", "ce", "sym")


if __name__ == "__main__":
    tf.test.main()
