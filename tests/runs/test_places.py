"""Where a run's files are looked for, from wherever somebody asks."""

import contextlib
import pathlib
import tempfile

from absl.testing import absltest, parameterized
from helpers.made_data import make_clothing, make_folder, make_npz

from lnl_sr_tf import config
from lnl_sr_tf.errors import InputError
from lnl_sr_tf.runs import places as run_places


class RunPlacesTest(parameterized.TestCase):
    def setUp(self):
        super().setUp()
        # /tmp may be a link, and the current folder is told without links.
        root = self.enterContext(tempfile.TemporaryDirectory())
        self.root = pathlib.Path(root).resolve()
        self.home, self.other = self.root / "home", self.root / "other"
        self.other.mkdir()
        make_folder(self.home / "photos")
        make_npz(self.home / "data.npz")
        for name in ("start.keras", "rows.csv", "rows.npy", "texts.jsonl"):
            (self.home / name).write_text("1")
        make_clothing(self.home / "clothes")

    def run_in_home(self, **settings):
        """(config, record) of a run that was started there."""
        with contextlib.chdir(self.home):
            made = config.resolve({"loss": "ce"} | settings)
            return made, made.as_dict() | {"places": made.places}

    @parameterized.parameters(
        ("dataset", "photos", {}),
        ("dataset", "data.npz", {}),
        ("dataset", "rows.npy", {}),
        ("dataset", "texts.jsonl", {}),
        ("open_set", "./photos", {}),
        ("noise", "rows.csv", {}),
        ("weights", "start.keras", {}),
        ("transition_matrix", "rows.csv", {"loss": "forward"}),
        ("data_dir", "clothes", {"dataset": "clothing1m"}),
    )
    def test_from_another_folder(self, setting, value, more):
        made, record = self.run_in_home(**more, **{setting: value})
        with contextlib.chdir(self.other):
            # What has the same name here is not what the run was trained with.
            decoy = self.other / value
            if "." in decoy.name:
                decoy.write_text("2")
            else:
                decoy.mkdir()
            places = run_places.looked_at(made, record)
            found = run_places.located(made, places)
            run_places.check_data(made, places, "runs/x")
        expected = str((self.home / value).resolve())
        self.assertEqual(getattr(found, setting), expected)
        self.assertEqual(found.dataset_name, made.dataset_name)

    @parameterized.parameters(
        ("dataset", "photos", {}),
        ("dataset", "data.npz", {}),
        ("noise", "rows.csv", {}),
        ("data_dir", "clothes", {"dataset": "clothing1m"}),
    )
    def test_both_places_are_told(self, setting, value, more):
        made, record = self.run_in_home(**more, **{setting: value})
        (self.home / value).rename(self.root / "gone")
        with contextlib.chdir(self.other):
            places = run_places.looked_at(made, record)
            with self.assertRaisesRegex(
                InputError,
                f"runs/x: its {setting} is not there; looked for {self.home / value} "
                f"and {self.other / value}; --data_dir says where it is now",
            ):
                run_places.check_data(made, places, "runs/x")

    def test_moved_with_the_run(self):
        made, record = self.run_in_home(dataset="photos")
        (self.home / "photos").rename(self.other / "photos")
        with contextlib.chdir(self.other):
            places = run_places.looked_at(made, record)
            found = run_places.located(made, places)
        self.assertEqual(found.dataset, str(self.other / "photos"))

    @parameterized.parameters("photos", "data.npz")
    def test_somebody_says_where(self, name):
        made, record = self.run_in_home(dataset=name)
        (self.home / name).rename(self.other / name)
        for data_dir in (self.other, self.other / name):
            places = run_places.looked_at(made, record, str(data_dir))
            run_places.check_data(made, places, "runs/x")
            found = run_places.located(made, places)
            self.assertEqual(found.dataset, str(self.other / name))

    def test_runs_of_earlier_versions(self):
        """They have not written down where their data was."""
        made, _ = self.run_in_home(dataset="photos")
        with contextlib.chdir(self.home):
            places = run_places.looked_at(made, made.as_dict())
            found = run_places.located(made, places)
        self.assertEqual(found.dataset, str(self.home / "photos"))

    def test_other_data_has_its_setting(self):
        made, record = self.run_in_home(dataset="mnist", data_dir="sets")
        found = run_places.located(made, run_places.looked_at(made, record))
        self.assertEqual(found.data_dir, str(self.home / "sets"))
        found = run_places.located(made, run_places.looked_at(made, record, "/there"))
        self.assertEqual((found.dataset, found.data_dir), ("mnist", "/there"))


if __name__ == "__main__":
    absltest.main()
