"""What the authors' own files have, against what the recipes give.

Each row was read from the file that it stands under; numbers, not code. What could not
be read is in `UNCHECKED`.
"""

import re

import tensorflow as tf
from absl.testing import parameterized

from lnl_sr_tf import config
from lnl_sr_tf.config import recipe_file, recipes
from lnl_sr_tf.config.parse import parse

# Repository and file, and below it: dataset, loss, noise and its rates, what it has.
FOUND = """
YisenWang/symmetric_cross_entropy_for_noisy_labels train_models.py
    mnist sce sym 0.4                   alpha=0.01,beta=1
    cifar10 sce sym 0.4                 alpha=0.1,beta=1
    cifar100 sce sym 0.4                alpha=6,beta=0.1
dmizr/phuber conf/loss/phuber_ce.yaml
    mnist phuber_ce sym 0.2,0.6         tau=10
    cifar100 phuber_ce sym 0.2,0.6      tau=10
dmizr/phuber README.md
    cifar10 phuber_ce sym 0.2           tau=2
HanxunH/Active-Passive-Losses configs/mnist/sym/nce+mae.yaml
    mnist nce_mae sym,asym 0.2,0.4      alpha=1,beta=10
HanxunH/Active-Passive-Losses configs/mnist/sym/nce+rce.yaml
    mnist nce_rce sym,asym 0.2,0.4      alpha=1,beta=10
HanxunH/Active-Passive-Losses configs/mnist/sym/nfl+mae.yaml
    mnist nfl_mae sym,asym 0.2,0.4      F,alpha=1,beta=10
HanxunH/Active-Passive-Losses configs/mnist/sym/nfl+rce.yaml
    mnist nfl_rce sym,asym 0.2,0.4      F,alpha=1,beta=10
HanxunH/Active-Passive-Losses configs/cifar10/sym/nce+mae.yaml
    cifar10 nce_mae sym,asym 0.2,0.4    alpha=1,beta=1
HanxunH/Active-Passive-Losses configs/cifar10/sym/nce+rce.yaml
    cifar10 nce_rce sym,asym 0.2,0.4    alpha=1,beta=1
HanxunH/Active-Passive-Losses configs/cifar10/sym/nfl+mae.yaml
    cifar10 nfl_mae sym,asym 0.2,0.4    F,alpha=1,beta=1
HanxunH/Active-Passive-Losses configs/cifar10/sym/nfl+rce.yaml
    cifar10 nfl_rce sym,asym 0.2,0.4    F,alpha=1,beta=1
HanxunH/Active-Passive-Losses configs/cifar100/sym/nce+mae.yaml
    cifar100 nce_mae sym,asym 0.2,0.4   alpha=10,beta=1
HanxunH/Active-Passive-Losses configs/cifar100/sym/nce+rce.yaml
    cifar100 nce_rce sym,asym 0.2,0.4   alpha=10,beta=0.1
HanxunH/Active-Passive-Losses configs/cifar100/sym/nfl+mae.yaml
    cifar100 nfl_mae sym,asym 0.2,0.4   F,alpha=10,beta=1
HanxunH/Active-Passive-Losses configs/cifar100/sym/nfl+rce.yaml
    cifar100 nfl_rce sym,asym 0.2,0.4   F,alpha=10,beta=0.1
HanxunH/Active-Passive-Losses configs/webvision_mini/sce.yaml
    webvision_mini sce none -           alpha=10,beta=1
HanxunH/Active-Passive-Losses configs/webvision_mini/gce.yaml
    webvision_mini gce none -           -
HanxunH/Active-Passive-Losses configs/webvision_mini/nce+mae.yaml
    webvision_mini nce_mae none -       alpha=50,beta=1
HanxunH/Active-Passive-Losses configs/webvision_mini/nce+rce.yaml
    webvision_mini nce_rce none -       alpha=50,beta=0.1
HanxunH/Active-Passive-Losses configs/webvision_mini/nfl+mae.yaml
    webvision_mini nfl_mae none -       F,alpha=50,beta=1
HanxunH/Active-Passive-Losses configs/webvision_mini/nfl+rce.yaml
    webvision_mini nfl_rce none -       F,alpha=50,beta=0.1
hitcszx/ALFs config.py
    mnist agce sym 0.4                  a=4,q=0.2
    mnist aul sym 0.4                   a=3,q=0.1
    mnist ael sym 0.4                   a=3.5
    mnist nce_agce sym 0.4              alpha=0,beta=1,a=4,q=0.2
    mnist nce_aul sym 0.4               alpha=0,beta=1,a=3,q=0.1
    mnist nce_ael sym 0.4               alpha=0,beta=1,a=3.5
    cifar10 agce sym 0.4                a=0.6,q=0.6
    cifar10 aul sym 0.4                 a=5.5,q=3
    cifar10 ael sym 0.4                 a=2.5
    cifar10 nce_agce sym 0.4            alpha=1,beta=4,a=6,q=1.5
    cifar10 nce_aul sym 0.4             alpha=1,beta=4,a=6.3,q=1.5
    cifar10 nce_ael sym 0.4             alpha=1,beta=4,a=5
    cifar100 agce sym 0.4               a=0.6,q=0.6
    cifar100 aul sym 0.4                a=5.5,q=3
    cifar100 ael sym 0.4                a=2.5
    cifar100 nce_agce sym 0.4           alpha=10,beta=0.1,a=1.8,q=3
    cifar100 nce_aul sym 0.4            alpha=10,beta=0.015,a=6,q=3
    cifar100 nce_ael sym 0.4            alpha=10,beta=0.1,a=1.5
Virusdoll/Active-Negative-Loss config/mnist_anl_ce.json
    mnist anl_ce sym,asym 0.2,0.4       alpha=1,beta=1 weight_decay=0 l1=1e-6
Virusdoll/Active-Negative-Loss config/mnist_anl_fl.json
    mnist anl_fl sym,asym 0.2,0.4       alpha=1,beta=1,F weight_decay=0 l1=1e-6
Virusdoll/Active-Negative-Loss config/cifar10_anl_ce.json
    cifar10 anl_ce sym,asym 0.2,0.4     alpha=5,beta=5 weight_decay=0 l1=5e-5
Virusdoll/Active-Negative-Loss config/cifar10_anl_fl.json
    cifar10 anl_fl sym,asym 0.2,0.4     alpha=5,beta=5,F weight_decay=0 l1=5e-5
Virusdoll/Active-Negative-Loss config/cifar100_anl_ce.json
    cifar100 anl_ce sym,asym 0.2,0.4    alpha=10,beta=1 weight_decay=0 l1=5e-7
Virusdoll/Active-Negative-Loss config/cifar100_anl_fl.json
    cifar100 anl_fl sym,asym 0.2,0.4    alpha=10,beta=1,F weight_decay=0 l1=5e-7
Virusdoll/Active-Negative-Loss config/webvision_anl_ce.json
    webvision_mini anl_ce none -        alpha=20,beta=1 weight_decay=0 l1=5e-6
Virusdoll/Active-Negative-Loss config/webvision_nce_agce.json
    webvision_mini nce_agce none -      alpha=50,beta=0.1,a=2.5,q=3
shengliu66/ELR ELR/config_cifar10.json
    cifar10 elr sym 0.2,0.8             strength=3,momentum=0.7
shengliu66/ELR ELR/config_cifar10_asym.json
    cifar10 elr asym 0.2,0.4            strength=1,momentum=0.9
shengliu66/ELR ELR/config_cifar100.json
    cifar100 elr sym,asym 0.2,0.4       strength=7,momentum=0.9
Virusdoll/OGC script/cifar10/ogc_ce.sh
    cifar10 ogc_ce sym 0.5              O
Virusdoll/OGC script/cifar10/ogc_fl.sh
    cifar10 ogc_fl sym 0.5              gamma=0.5,O
Virusdoll/OGC script/cifar10/ogc_gce.sh
    cifar10 ogc_gce sym 0.5             q=0.7,O
Virusdoll/OGC script/cifar100/ogc_ce.sh
    cifar100 ogc_ce sym 0.5             O
Virusdoll/OGC script/cifar100/ogc_fl.sh
    cifar100 ogc_fl sym 0.5             gamma=0.5,O
Virusdoll/OGC script/cifar10n/ogc_ce.sh
    cifar10_n ogc_ce worse -            O
Virusdoll/OGC script/cifar10n/ogc_fl.sh
    cifar10_n ogc_fl worse -            gamma=0.5,O
Virusdoll/OGC script/cifar10n/ogc_gce.sh
    cifar10_n ogc_gce worse -           q=0.7,O
Virusdoll/OGC script/cifar100n/ogc_ce.sh
    cifar100_n ogc_ce noisy_fine -      O
Virusdoll/OGC script/cifar100n/ogc_fl.sh
    cifar100_n ogc_fl noisy_fine -      gamma=0.5,O
eckstrand/Rockafellian-Relaxation-Method README.md
    mnist rrm_ce sym 0.65               cost=0.8,share=0.5,every=10
shengliu66/SOP README.md
    cifar100 sop sym 0.4,0.5            lr_u=1,lr_v=10
    cifar100 sop asym 0.4               lr_u=1,lr_v=100
hongxin001/LogitClip README.md
    cifar10 ce_logitclip sym 0.5        delta=0.6666666666666666
cswjl/eps-softmax config.py
    mnist ldr_kl sym 0.4                margin=0.1,temperature=10
    cifar10 ldr_kl sym 0.4              margin=0.1,temperature=10
    cifar100 ldr_kl sym 0.4             margin=0.1,temperature=1
    cifar10 ce_logitclip none -         delta=1
    cifar10 ce_logitclip sym 0,0.4      delta=1
    cifar10 ce_logitclip asym 0.2,0.4   delta=2.5
    cifar10 ce_logitclip instance 0.4   delta=2
    cifar10_n ce_logitclip worse -      delta=2.5
    cifar100 ce_logitclip sym 0.2,0.8   delta=0.5
    cifar100 ce_logitclip instance 0.4  delta=0.5
    cifar100 ce_logitclip asym 0.2,0.4  delta=2.5
    cifar100_n ce_logitclip noisy_fine - delta=0.5
    cifar10 eps_ce_mae sym 0.2,0.8      alpha=0.01,beta=5,m=1e5
    cifar10 eps_ce_mae asym 0.1,0.4     alpha=0.02,beta=5,m=1e3
    cifar10 eps_ce_mae instance 0.2,0.6 alpha=0.045,beta=10,m=1e5
    cifar10 eps_fl_mae sym 0.2,0.8      alpha=0.01,beta=5,m=1e5,C
    cifar10 eps_fl_mae asym 0.1,0.4     alpha=0.02,beta=5,m=1e3,C
    cifar10 eps_fl_mae instance 0.2,0.6 alpha=0.045,beta=10,m=1e5,C
    cifar100 eps_ce_mae sym,instance 0    alpha=0.1,beta=1,m=1e4
    cifar100 eps_ce_mae sym,instance 0.2  alpha=0.05,beta=1,m=1e4
    cifar100 eps_ce_mae sym,instance 0.4  alpha=0.03,beta=1,m=1e4
    cifar100 eps_ce_mae sym,instance 0.6  alpha=0.00125,beta=1,m=1e4
    cifar100 eps_ce_mae sym,instance 0.8  alpha=0.0075,beta=1,m=1e4
    cifar100 eps_ce_mae asym 0.1        alpha=0.015,beta=1,m=1e2
    cifar100 eps_ce_mae asym 0.2        alpha=0.007,beta=1,m=1e2
    cifar100 eps_ce_mae asym 0.3        alpha=0.005,beta=1,m=1e2
    cifar100 eps_ce_mae asym 0.4        alpha=0.004,beta=1,m=1e2
    cifar100 eps_fl_mae sym,instance 0    alpha=0.1,beta=1,m=1e4,C
    cifar100 eps_fl_mae sym,instance 0.2  alpha=0.05,beta=1,m=1e4,C
    cifar100 eps_fl_mae sym,instance 0.4  alpha=0.03,beta=1,m=1e4,C
    cifar100 eps_fl_mae sym,instance 0.6  alpha=0.00125,beta=1,m=1e4,C
    cifar100 eps_fl_mae sym,instance 0.8  alpha=0.0075,beta=1,m=1e4,C
    cifar100 eps_fl_mae asym 0.1        alpha=0.015,beta=1,m=1e2,C
    cifar100 eps_fl_mae asym 0.2        alpha=0.007,beta=1,m=1e2,C
    cifar100 eps_fl_mae asym 0.3        alpha=0.005,beta=1,m=1e2,C
    cifar100 eps_fl_mae asym 0.4        alpha=0.004,beta=1,m=1e2,C
    webvision_mini eps_ce_mae none -    alpha=0.015,beta=0.3,m=1e3
    webvision_mini eps_fl_mae none -    alpha=0.015,beta=0.3,m=1e3,C
    webvision_mini ce_logitclip none -  delta=1.2
    webvision_mini anl_fl none -        alpha=20,beta=1,F weight_decay=0 l1=5e-6
    webvision_mini agce none -          a=1e-5,q=0.5
    webvision_mini ldr_kl none -        margin=0.1,temperature=1
    clothing1m gce none -               q=0.6
    clothing1m sce none -               alpha=10,beta=1
    clothing1m agce none -              a=1e-5,q=0.5
    clothing1m nce_rce none -           alpha=10,beta=1
    clothing1m nce_agce none -          alpha=50,beta=0.1,a=2.5,q=3
    clothing1m ldr_kl none -            margin=0.1,temperature=1
    clothing1m anl_ce none -            alpha=5,beta=0.1 weight_decay=1e-3 l1=0
    clothing1m anl_fl none -            alpha=5,beta=0.1,F weight_decay=1e-3 l1=0
    clothing1m eps_ce_mae none -        alpha=0.012,beta=0.1,m=1e3
    clothing1m eps_fl_mae none -        alpha=0.012,beta=0.1,m=1e3,C
"""
# What a loss is named in the recipes whose file was not to be had.
UNCHECKED = """
cswjl/joint-asymmetric-loss config.py
    cifar10 jal_ce sym,asym 0.4         alpha=1,beta=1,a=30 weight_decay=0 l1=5e-5
    cifar10 jal_fl sym,asym 0.4         alpha=1,beta=1,a=30,F weight_decay=0 l1=5e-5
    cifar100 jal_ce sym,asym 0.4        alpha=5,beta=1,a=20 weight_decay=0 l1=5e-6
    cifar100 jal_fl sym,asym 0.4        alpha=5,beta=1,a=20,F weight_decay=0 l1=5e-6
Aliinton/DSS configuration
    cifar10 mda_ce sym,asym 0.4         momentum=0.99,warmup=30
    cifar100 mda_ce sym,asym 0.4        momentum=0.99,warmup=30
"""
# How these files train, beside the loss; also hitcszx/ALFs main.py.
TRAINING = {
    "mnist": """epochs=50 lr=0.01 lr_schedule=cosine momentum=0.9 batch_size=128
        clip_norm=5 nesterov=false optimizer=sgd""",
    "cifar10": """epochs=120 lr=0.01 lr_schedule=cosine momentum=0.9 batch_size=128
        clip_norm=5 nesterov=false optimizer=sgd""",
    "cifar100": """epochs=200 lr=0.1 lr_schedule=cosine momentum=0.9 batch_size=128
        clip_norm=5 nesterov=false optimizer=sgd""",
    "webvision_mini": """epochs=250 lr=0.4 lr_schedule=exponential lr_decay=0.97
        momentum=0.9 batch_size=512 clip_norm=5 nesterov=true optimizer=sgd""",
}
# Methods, with `loss_args` of what they train.
METHODS = (
    (
        "bhanML/Co-teaching, main.py",
        {"dataset": "cifar10", "method": "co_teaching", "loss": "ce"},
        """optimizer=adam lr=1e-3 momentum=0.9 late_momentum=0.1 lr_schedule=linear
        lr_hold=0.4 batch_size=128 weight_decay=0 clip_norm=0 forget_epochs=10""",
    ),
    (
        "bhanML/Co-teaching, main.py",
        {"dataset": "cifar100", "method": "co_teaching", "loss": "ce"},
        "epochs=200 lr_hold=0.5",
    ),
    *(
        (
            "LiJunnan1992/DivideMix, Train_CIFAR.py",
            {"dataset": dataset, "method": "dividemix", "loss": "ce"} | noise,
            f"""epochs=300 optimizer=sgd lr=0.02 lr_schedule=step lr_hold=0.5
            momentum=0.9 nesterov=false weight_decay=5e-4 batch_size=128 clip_norm=0
            guess_temperature=0.5 mix_alpha=4 crop_padding=4 flip=true rotation=0
            {more}""",
        )
        for dataset, noise, more in (
            ("cifar10", {"noise": "sym", "rate": 0.2}, "lambda_u=0 warmup_epochs=10"),
            ("cifar10", {"noise": "sym", "rate": 0.5}, "lambda_u=25 loss_history=1"),
            (
                "cifar10",
                {"noise": "sym", "rate": 0.8},
                "lambda_u=25 clean_threshold=0.5 confidence_penalty=false",
            ),
            (
                "cifar10",
                {"noise": "sym", "rate": 0.9},
                "lambda_u=50 clean_threshold=0.6 loss_history=5",
            ),
            (
                "cifar10",
                {"noise": "asym", "rate": 0.4},
                "lambda_u=0 confidence_penalty=true loss_history=1",
            ),
            ("cifar100", {"noise": "sym", "rate": 0.2}, "lambda_u=25"),
            ("cifar100", {"noise": "sym", "rate": 0.5}, "lambda_u=150"),
            (
                "cifar100",
                {"noise": "sym", "rate": 0.9},
                "lambda_u=150 clean_threshold=0.6 loss_history=5 warmup_epochs=30",
            ),
        )
    ),
    (
        "LiJunnan1992/DivideMix, Train_clothing1M.py",
        {"dataset": "clothing1m", "method": "dividemix", "loss": "ce"},
        """lr=2e-3 lr_schedule=step lr_hold=0.5 weight_decay=1e-3 batch_size=64
        warmup_epochs=1 lambda_u=0 mix_alpha=0.5 clean_threshold=0.5
        guess_temperature=0.5 confidence_penalty=true""",
    ),
    (
        "LiJunnan1992/DivideMix, Train_webvision.py",
        {"dataset": "webvision_mini", "method": "dividemix", "loss": "ce"},
        """epochs=80 lr=0.01 lr_schedule=step lr_hold=0.5 weight_decay=5e-4
        nesterov=false batch_size=64 warmup_epochs=1 lambda_u=0 mix_alpha=0.5
        clean_threshold=0.5 guess_temperature=0.5 confidence_penalty=false""",
    ),
    *(
        (
            "Justherozen/ProMix, run.sh and Train_promix.py",
            {"dataset": dataset, "method": "promix", "loss": "ce"} | noise,
            f"""epochs=600 optimizer=sgd lr=0.05 lr_schedule=cosine momentum=0.9
            nesterov=false weight_decay=5e-4 batch_size=256 guess_temperature=0.5
            mix_alpha=4 debias_momentum=0.9999 crop_padding=4 flip=true rotation=0
            {more}""",
        )
        for dataset, noise, more in (
            (
                "cifar10",
                {"noise": "sym", "rate": 0.2},
                "clean_share=0.7 clean_confidence=0.99 warmup_epochs=10 debias=0.8",
            ),
            ("cifar10", {"noise": "sym", "rate": 0.5}, "clean_share=0.5"),
            (
                "cifar10",
                {"noise": "asym", "rate": 0.4},
                "clean_share=0.5 confidence_penalty=true",
            ),
            ("cifar100", {"noise": "sym", "rate": 0.2}, "clean_share=0.7"),
            (
                "cifar100",
                {"noise": "sym", "rate": 0.5},
                "clean_share=0.5 clean_confidence=0.95 warmup_epochs=30 debias=0.5",
            ),
            *(
                (
                    "cifar10_n",
                    {"noise": noise},
                    "clean_share=0.5 clean_confidence=0.99 warmup_epochs=10 debias=0.8",
                )
                for noise in ("aggre", "rand1", "worse")
            ),
            (
                "cifar100_n",
                {},
                "clean_share=0.5 clean_confidence=0.95 warmup_epochs=30 debias=0.5",
            ),
        )
    ),
    (
        "ydkim1293/NLNL-Negative-Learning-for-Noisy-Labels, main_NL.py",
        {"dataset": "cifar10", "method": "nlnl", "loss": "nlnl"},
        """loss_args=epsilon=1e-5 weight_decay=1e-4 batch_size=128 momentum=0.9
        stages=negative=1,selective_negative=1,selective_positive=1""",
    ),
)
# Of the paper of sparse regularization: not a rival's.
OWN = {"fl", "nfl", "gce_sr"}
_SHORT = {
    "F": "gamma=0.5,constant_factor=true",
    "C": "constant_factor=true",
    "O": "allowance=20,every=32,queue=4096",
}


def rows(table):
    """(repository, file, settings to resolve, settings expected) of every row."""
    found = []
    for line in table.strip().splitlines():
        words = line.split()
        if not line.startswith(" "):
            repository, file = words
            continue
        dataset, loss, noises, rates, args, *more = words
        for short, whole in _SHORT.items():
            args = re.sub(rf"\b{short}\b", whole, args)
        expected = {"loss_args": {} if args == "-" else parse("loss_args", args)}
        for part in more:
            name, _, value = part.partition("=")
            expected[name] = parse(name, value)
        for noise in noises.split(","):
            for rate in rates.split(","):
                given = {"dataset": dataset, "loss": loss, "noise": noise}
                given |= {} if rate == "-" else {"rate": rate}
                found.append((repository, file, given, expected))
    return found


def settings(text):
    return {
        name: parse(name, value)
        for name, _, value in (part.partition("=") for part in text.split())
    }


def sections():
    """(dataset, loss, section) of every section of a loss on the datasets of FOUND."""
    for dataset in (*TRAINING, "clothing1m"):
        content = recipe_file.load(recipes.folder() / f"{dataset}.toml")
        for loss, section in content["loss"].items():
            yield dataset, loss, section


class FoundTest(tf.test.TestCase, parameterized.TestCase):
    def assert_settled(self, given, expected):
        made = config.resolve(given)
        found = {name: getattr(made, name) for name in expected}
        self.assertEqual(found, expected, str(given))

    def test_losses(self):
        for table in (FOUND, UNCHECKED):
            for _, _, given, expected in rows(table):
                self.assert_settled(given, expected)

    def test_every_loss_is_trained_so(self):
        """Those too whose own files train otherwise, ELR's for instance."""
        for _, _, given, _ in rows(FOUND):
            if given["dataset"] in TRAINING:
                self.assert_settled(given, settings(TRAINING[given["dataset"]]))

    @parameterized.parameters(*METHODS)
    def test_methods(self, source, given, expected):
        self.assert_settled(given, settings(expected))
        found = [
            recipe_file.load(recipes.folder() / f"{name}.toml").get("method", {})
            for name in ("default", given["dataset"])
        ]
        method = given["method"]
        last = [content[method] for content in found if method in content][-1]
        self.assertIn(source, last["source"])

    def test_each_section_names_where_it_was_found(self):
        places = {}
        for table, mark in ((FOUND, ""), (UNCHECKED, " (unchecked)")):
            for repository, file, given, _ in rows(table):
                key = given["dataset"], given["loss"]
                places.setdefault(key, []).append((repository, file, mark))
        for dataset, loss, section in sections():
            if loss in OWN:
                continue
            source = section["source"]
            if source.startswith("none published"):
                self.assertNotIn((dataset, loss), places)
                continue
            where = f"{dataset} {loss}: {source}"
            found = places.pop((dataset, loss))
            repository, file, mark = found[0]
            self.assertIn(f"{repository}, {file}{mark}", source, where)
            self.assertEqual(bool(mark), "unchecked" in source, where)
        # The rest has no section: defaults that are right, and `like` another dataset.
        self.assertEqual(
            set(places),
            {
                ("webvision_mini", "gce"),
                ("cifar10_n", "ce_logitclip"),
                ("cifar100_n", "ce_logitclip"),
                ("cifar10_n", "ogc_ce"),
                ("cifar10_n", "ogc_fl"),
                ("cifar10_n", "ogc_gce"),
                ("cifar100_n", "ogc_ce"),
                ("cifar100_n", "ogc_fl"),
            },
        )


if __name__ == "__main__":
    tf.test.main()
