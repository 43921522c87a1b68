"""The grids behind the paper's tables and figures."""

from absl.testing import absltest, parameterized

from lnl_sr_tf import config
from lnl_sr_tf.errors import InputError


def made(kind, number, **given):
    return [c for grid in config.published.configs(kind, number, given) for c in grid]


class PublishedTest(parameterized.TestCase):
    def test_all_are_there(self):
        self.assertEqual(config.published.numbers("tables"), list("12345"))
        self.assertEqual(config.published.numbers("figures"), list("12345"))

    @parameterized.parameters("tables", "figures")
    def test_another_dataset_takes_its_recipe(self, kind):
        for number in config.published.numbers(kind):
            runs = made(kind, number, dataset="cifar10", seed=[7])
            self.assertEqual({c.dataset for c in runs}, {"cifar10"})
            self.assertEqual({c.epochs for c in runs} - {120, 200}, set())
            self.assertEqual({c.seed for c in runs}, {7})

    def test_some_of_it(self):
        runs = made("tables", "1", dataset="mnist", loss=["ce"], rate=[0.8])
        self.assertEqual(
            [(c.loss, c.noise, c.rate) for c in runs],
            [("ce", "none", 0.0)] * 3 + [("ce", "sym", 0.8)] * 3,
        )

    def test_values_as_text_are_the_same(self):
        self.assertEqual(
            made("tables", "1", rate=["0.80"], noise="sym"),
            made("tables", "1", rate=[0.8], noise=["sym"]),
        )

    def test_a_loss_that_the_paper_has_not(self):
        runs = made("tables", "1", dataset="mnist", loss=["nce_agce"], seed=[1])
        self.assertLen(runs, 5)

    def test_another_loss_is_not_trained_by_co_teaching(self):
        runs = made("tables", "4", dataset="cifar10", loss=["nce_agce"], seed=[1])
        self.assertEqual({c.method for c in runs}, {"standard"})
        self.assertEqual(
            [(c.noise, c.rate) for c in runs],
            [("asym", 0.3), ("asym", 0.4), ("sym", 0.6), ("sym", 0.8)],
        )

    def test_co_teaching_is_in_table_4(self):
        runs = made("tables", "4", dataset="cifar10", loss=["ce"], seed=[1])
        self.assertLen([c for c in runs if c.method == "co_teaching"], 4)

    def test_figures_2_and_4_vary_one_parameter(self):
        self.assertLen({c.lambda0 for c in made("figures", "2")}, 11)
        p, tau = config.published.configs("figures", "4", {})
        self.assertLen({c.p for c in p}, 8)
        self.assertEqual({c.lambda0 for c in p}, {5.0})
        self.assertLen({c.tau for c in tau}, 8)
        self.assertEqual({c.lambda0 for c in tau}, {0.0})

    def test_no_such_table(self):
        with self.assertRaisesRegex(InputError, "table 9: the paper's are 1, 2, 3"):
            made("tables", "9")

    def test_nothing_left(self):
        with self.assertRaisesRegex(InputError, "no run with --lambda0=5 --tau=0.3;"):
            made("figures", "4", lambda0=[5], tau=[0.3])

    def test_a_wrong_value(self):
        with self.assertRaisesRegex(InputError, "--rate=1.2"):
            made("tables", "1", rate=[1.2])


if __name__ == "__main__":
    absltest.main()
