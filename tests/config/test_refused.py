"""What is said about settings that are mistaken, or contradict each other."""

import tensorflow as tf
from absl.testing import parameterized

from lnl_sr_tf import config
from lnl_sr_tf.errors import InputError


class RefusedTest(tf.test.TestCase, parameterized.TestCase):
    def test_images_of_the_same_dataset_are_not_foreign(self):
        with self.assertRaisesRegex(InputError, "--open_set=digits: expected another"):
            config.resolve({"open_set": "digits"})

    def test_runs_of_several_machines_are_trained_here(self):
        for settings in (
            {"distribute": "multi_worker"},
            {"cluster": "a:1,b:1", "task": 0},
        ):
            with self.assertRaisesRegex(InputError, "--sweep_on=ray does not go with"):
                config.resolve(settings | {"sweep_on": "ray"})

    def test_runs_elsewhere_go_on_in_their_folders(self):
        with self.assertRaisesRegex(
            InputError, "--sweep_on=ray does not go with --res"
        ):
            config.resolve({"sweep_on": "ray", "resume": False})

    @parameterized.parameters(
        ({"epohs": 1}, "unknown setting --epohs; did you mean --epochs"),
        ({"epochs": "abc"}, "--epochs=abc: expected a whole number in .1, 1000000.$"),
        ({"epochs": 0}, "--epochs=0: expected a whole number in .1, 1000000.$"),
        ({"epochs": 2.5}, "--epochs=2.5: expected a whole number"),
        ({"epochs": True}, "--epochs=True: expected a whole number"),
        ({"rate": 1.2}, r"--rate=1.2: expected a number in \[0, 1\)"),
        ({"rate": 1}, r"--rate=1: expected a number in \[0, 1\)"),
        ({"rate": "nan"}, "--rate=nan: expected"),
        ({"p": 0}, r"--p=0: expected a number in \(0, 1\]"),
        ({"lr": "inf"}, "--lr=inf: expected a number in .0, inf.$"),
        ({"tau": -1}, "--tau=-1: expected a number in .0, 1000.$"),
        ({"seed": -1}, "--seed=-1: expected a whole number in"),
        ({"seed": 2**31}, "--seed=2147483648: expected a whole number in"),
        ({"noise": "symm"}, "--noise=symm: expected one of .*; did you mean sym"),
        ({"flip": "maybe"}, "--flip=maybe: expected true or false"),
        ({"loss_args": "gamma"}, "--loss_args=gamma: expected name=value"),
        ({"loss_args": "gamma=(1"}, "--loss_args=gamma=.*: expected name=value"),
        ({"loss_args": "q=__import__('os')"}, "expected name=value"),
        ({"dataset": 3}, "--dataset=3: expected text"),
        *(
            ({"fold": text}, f"--fold={text}: expected PART/PARTS, from 2 to 100 parts")
            for text in (
                "5/2",
                "0/5",
                "a",
                "2/1",
                "1/1000",
                "2",
                "/",
                "2/",
                "/5",
                "1/2/3",
                "-1/5",
                "1.5/3",
                "1/5,2/5",
                "²/5",
                "1/" + "9" * 5000,
            )
        ),
        ({"fold": ""}, "--fold=: expected text"),
        ({"fold": 5}, "--fold=5: expected text"),
        ({"output_dir": ""}, "--output_dir=: expected text"),
        ({"output_dir": "\udcff"}, "expected text"),
        ({"loss_args": "q=" + "-" * 20000 + "1"}, "expected name=value"),
        ({"loss_args": "q=1,=2"}, "expected name=value"),
        ({"lr_decay": 0.5}, "--lr_decay=0.5 has no effect .*--lr_schedule=cosine"),
        ({"noise": "none", "rate": 0.2}, "--noise=none contradicts --rate=0.2"),
        ({"rho": 1e10}, "--rho=1e.10: λ would be .* in epoch 60"),
        ({"lambda0": 1e15, "rho": 0.5}, "--lambda0=1e.15 .* in epoch 1; expected"),
        ({"tau_decay": 1e-9}, "--tau_decay=1e-09: τ would be .*--tau_min"),
        ({"batch_size": 10**400}, "expected a whole number in"),
        ({"loss_args": "q={1}"}, "expected name=value"),
        ({"loss_args": {"q": None}}, "expected name=value"),
        ({"rho": 1e200}, "--rho=1e.200: λ would be inf"),
        ({"forget_rate": 0.2}, "--forget_rate=0.2 has no effect with --method=stand"),
        ({"nesterov": True, "optimizer": "adam"}, "it belongs to --optimizer=sgd"),
        ({"late_momentum": 0.1}, "has no effect .*belongs to --optimizer=adam"),
        ({"loss": "ls_sr"}, "--loss=ls_sr: smoothed labels keep .* use --loss=ls"),
        ({"mixup": 0.2}, "--mixup=0.2 contradicts --loss=ce_sr"),
        ({"noise": "t.txt"}, "one of none, .*, or a file that ends in .csv or .npy"),
        ({"noise": "t.csv", "rate": 0.2}, "--noise=t.csv contradicts --rate=0.2"),
        ({"finetune": 2}, "--finetune=2 has no effect without --backbone; it belongs"),
        ({"imbalance_factor": 0.1}, "has no effect with --imbalance=none; it belongs"),
        ({"imbalance": "lt", "imbalance_factor": 0}, r"expected a number in \(0, 1\]"),
        ({"balance": "cb"}, "expected one of none, class_balanced, logit_adjustment"),
        ({"balance": "class_balanced", "loss": "elr"}, "does not go with --loss=elr"),
        ({"mixup": 0.2, "loss": "elr"}, "--mixup=0.2 contradicts --loss=elr"),
        ({"prior_weight": -1}, r"--prior_weight=-1: expected a number in \[0, 1e12\]"),
        ({"prior_weight": "inf"}, "--prior_weight=inf: expected a number in"),
        *(
            (
                {"prior_weight": 10, "loss": loss},
                f"^--prior_weight=10 does not go with --loss={loss}: it takes .*; use "
                "--prior_weight=0$",
            )
            for loss in ("ldr_kl", "bi_tempered", "ce_logitclip")
        ),
        (
            {"prior_weight": 10, "balance": "logit_adjustment"},
            "--prior_weight=10 does not go with --balance=logit_adjustment: it adds",
        ),
        ({"method": "nlnl"}, "--method=nlnl trains --loss=nlnl; received .*=ce_sr"),
        ({"method": "co_teaching", "loss": "elr"}, "cannot train --loss=elr"),
        ({"method": "co_teaching", "loss": "ogc_fl_sr"}, "train --loss=ogc_fl_sr, wh"),
        ({"balance": "class_balanced", "loss": "ogc_ce"}, "does not go with --loss=og"),
        ({"method": "co_teaching", "noise": "none"}, "needs --forget_rate"),
        (
            {"method": "nlnl", "loss": "nlnl", "stages": "negativ=1"},
            "--stages=negativ=1: no stage negativ; did you mean negative",
        ),
        ({"method": "nlnl", "loss": "nlnl", "stages": "negative=0"}, "not all 0"),
        ({"method": "nlnl", "loss": "nlnl", "epochs": 1}, "no epoch is left for neg"),
        ({"loss_args": "q=1,q=2"}, "each name once"),
        (
            {"loss": "forward", "transition_matrix": "known", "estimation_epochs": 3},
            "--estimation_epochs=3 has no effect with --transition_matrix=known",
        ),
    )
    def test_errors(self, settings, message):
        with self.assertRaisesRegex(InputError, message) as caught:
            config.resolve(settings)
        self.assertNotIn("\n", str(caught.exception))


if __name__ == "__main__":
    tf.test.main()
