"""What is in the page by which a person finds wrong labels; no browser."""

import base64
import hashlib
import html
import io
import json
import pathlib
import re
import tempfile
from unittest import mock

import numpy as np
from absl.testing import absltest, parameterized
from helpers import made_data
from PIL import Image

from lnl_sr_tf import datasets
from lnl_sr_tf.auditing import (
    audit,
    features_of_run,
    review_page,
    review_page_of_run,
    thumbnails,
)
from lnl_sr_tf.auditing.shown_texts import ShownTexts
from lnl_sr_tf.auditing.yield_curve import yield_curve
from lnl_sr_tf.errors import RunError

HOSTILE = "</script><img src=x onerror=alert(1)>&\u2028\u2029'\""


def made_items(count=7, shape=(8, 8, 1), **changed):
    """Random examples; by `changed` with other fields."""
    rng = np.random.default_rng(count)
    fields = dict(
        images=rng.integers(0, 256, (count, *shape)).astype(np.uint8),
        index=rng.permutation(10 * count)[:count],
        names=None,
        given=rng.integers(0, 3, count),
        suggested=rng.integers(0, 3, count),
        probability=rng.random(count),
        score=rng.random(count),
        clean=None,
        class_names=("ant", "bee", "cow"),
    )
    return review_page.Items(**fields | changed)


def sheets_of(text):
    found = re.findall(r'id="sheet-(\d+)">([^<]*)</script>', text)
    assert [int(number) for number, _ in found] == list(range(len(found)))
    return [Image.open(io.BytesIO(base64.b64decode(sheet))) for _, sheet in found]


def data_of(text):
    (found,) = re.findall(r'id="data">([^<]*)</script>', text)
    return json.loads(found)


def cut(data, sheets):
    """The thumbnails as the page shows them, in the order of the page."""
    about, found = data["thumbnails"], []
    for place in range(len(data["index"])):
        sheet = np.asarray(sheets[place // about["perSheet"]])
        row, column = divmod(place % about["perSheet"], about["columns"])
        top, left = row * about["cellHeight"], column * about["cellWidth"]
        part = sheet[top : top + about["height"], left : left + about["width"]]
        found.append(part.reshape(*part.shape[:2], -1))
    return np.stack(found)


class PageTest(parameterized.TestCase):
    def setUp(self):
        super().setUp()
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.path = self.folder / "audit.html"

    def written(self, items, matrix=None, title="Digits", **options):
        size = len(items.class_names)
        matrix = np.eye(size) if matrix is None else matrix
        review_page.write(self.path, title, items, matrix, **options)
        return self.path.read_text("utf-8")

    def test_examples_by_falling_probability_then_score(self):
        items = made_items(
            5,
            probability=np.array([0.2, 0.9, 0.5, 0.9, 0.5], np.float32),
            score=np.array([0.0, 1.0, 2.0, 3.0, 4.0]),
        )
        order = [3, 1, 4, 2, 0]
        data = data_of(self.written(items))
        self.assertEqual(data["index"], items.index[order].tolist())
        self.assertEqual(data["probability"], [0.9, 0.9, 0.5, 0.5, 0.2])

    def test_probabilities_that_are_not_known_come_last(self):
        items = made_items(
            4,
            probability=np.array([0.2, np.nan, 0.5, np.nan]),
            score=np.array([0.0, 1.0, 2.0, 3.0]),
        )
        data = data_of(self.written(items))
        self.assertEqual(data["probability"], [0.5, 0.2, None, None])
        self.assertEqual(data["index"], items.index[[2, 0, 3, 1]].tolist())

    def test_data_come_back(self):
        names = [f"a/{i}.png" for i in range(7)]
        names[2] = HOSTILE
        items = made_items(
            names=tuple(names),
            clean=np.array([0, 1, 2, -1, 0, 1, 2]),
            class_names=("Straße", HOSTILE, 'a "b", c\n'),
        )
        matrix = np.array([[1.234, 0, 3], [np.nan, 5, 6], [7, 8, 1e6]])
        data = data_of(self.written(items, matrix))
        order = np.argsort(-items.probability)
        for name in ("index", "given", "suggested", "clean"):
            self.assertEqual(data[name], getattr(items, name)[order].tolist(), name)
        self.assertEqual(data["names"], [names[i] for i in order])
        self.assertEqual(data["classes"], list(items.class_names))
        np.testing.assert_allclose(
            data["probability"], items.probability[order], atol=5e-7
        )
        self.assertEqual(data["matrix"], [[1.23, 0, 3], [None, 5, 6], [7, 8, 1e6]])

    def test_names_cannot_end_the_script(self):
        items = made_items(names=(HOSTILE,) * 7, class_names=(HOSTILE,) * 3)
        text = self.written(items, title=HOSTILE, facts=[(HOSTILE, HOSTILE)])
        self.assertNotIn("<img", text)
        self.assertIn(f"<title>{html.escape(HOSTILE, quote=False)[:20]}", text)
        self.assertEqual(data_of(text)["names"][0], HOSTILE)
        (line,) = [line for line in text.splitlines() if 'id="data"' in line]
        for char in "&\u2028\u2029":
            self.assertNotIn(char, line)

    def test_names_that_no_utf8_can_say(self):
        data = data_of(self.written(made_items(names=("\udcff.png",) * 7)))
        self.assertEqual(data["names"][0], r"\udcff.png")

    @parameterized.parameters("text", "row")
    def test_texts_instead_of_images(self, kind):
        said = [HOSTILE, "\u202ertl", "\0\x1b[31m\r\n", "\udcff", "雨" * 501, "", "a"]
        cells = np.array(said, object)
        columns = None
        if kind == "row":
            cells, columns = cells[:, None], (HOSTILE,)
        shown = ShownTexts(cells, columns)
        items = made_items(images=None, texts=shown)
        text = self.written(items)
        self.assertEmpty(sheets_of(text))
        data = data_of(text)
        order = np.argsort(-items.probability)
        self.assertEqual(data["texts"], shown.of(order))
        found = {one if kind == "text" else one[0] for one in data["texts"]}
        cut = "雨" * 500 + " … (501 characters)"
        self.assertEqual(found, {*said[:3], r"\udcff", cut, "", "a"})
        self.assertEqual(data["columns"], columns and [HOSTILE])
        self.assertIsNone(data["thumbnails"])
        self.assertNotIn("<img", text)
        self.assertIn("雨" * 500, text)  # not in escapes of six letters each
        pictures = data_of(self.written(made_items()))
        self.assertEqual(pictures["fingerprint"], data["fingerprint"])
        self.assertIsNone(pictures["texts"])

    @parameterized.named_parameters(
        ("texts", np.array(["a", HOSTILE, "c"], object), None, ["a", HOSTILE, "c"]),
        ("rows", np.array([["1"], ["2"], [""]]), ("age",), [["1"], ["2"], [""]]),
        ("features", None, None, ["0, 1", "2, 3", "4, 5"]),
        ("images", np.zeros((3, 2, 2, 1), np.uint8), None, None),
    )
    def test_of_a_run(self, originals, columns, shown):
        rows, labels = np.arange(6.0).reshape(3, 2), np.array([0, 1, 1])
        data = datasets.Dataset(
            "made", rows, labels, None, rows, labels, ("a", "b"), (0.0,) * 2,
            (1.0,) * 2, originals=originals, columns=columns,
        )  # fmt: skip
        found = audit(labels, np.array([[0.5, 0.5], [0.4, 0.6], [0.1, 0.9]]))
        run = mock.Mock(dataset=data)
        run.name = "made, no noise"
        run.config.dataset_name = "made"
        with mock.patch.object(review_page_of_run, "FinishedRun", return_value=run):
            review_page_of_run.write_page(found, "runs/made", self.path)
        text = self.path.read_text("utf-8")
        data = data_of(text)
        self.assertCountEqual(data["index"], range(3))
        self.assertIsNone(data["curve"])  # of three examples there is no evidence
        if shown is None:
            self.assertLen(sheets_of(text), 1)
        else:
            by_index = dict(zip(data["index"], data["texts"], strict=True))
            self.assertEqual([by_index[i] for i in range(3)], shown)

    def test_notes_are_beside_their_examples(self):
        notes = (*(f"note {i}" for i in range(6)), HOSTILE)
        items = made_items(notes=notes)
        text = self.written(items)
        order = np.argsort(-items.probability)
        self.assertEqual(data_of(text)["notes"], [notes[i] for i in order])
        self.assertNotIn("<img", text)
        self.assertIsNone(data_of(self.written(made_items()))["notes"])

    def test_near_copies_of_a_run(self):
        rng = np.random.default_rng(1)
        rows, labels = rng.normal(size=(200, 8)), np.arange(200) % 2
        rows[199] = rows[0] + 1e-3
        data = datasets.Dataset(
            "made", rows, labels, None, rows, labels, ("a", "b"), (0.0,) * 8,
            (1.0,) * 8,
        )  # fmt: skip
        run = mock.Mock(dataset=data)
        run.name = "made, no noise"
        run.config.dataset_name = "made"
        found = audit(labels, 0.1 + 0.8 * np.eye(2)[labels], index=np.arange(5, 205))
        told = []
        with (
            mock.patch.object(review_page_of_run, "FinishedRun", return_value=run),
            mock.patch.object(features_of_run, "FinishedRun", return_value=run),
        ):
            found = features_of_run.with_features(found, "runs/made", tell=told.append)
            review_page_of_run.write_page(found, "runs/made", self.path)
        shown = data_of(self.path.read_text("utf-8"))
        curve = found.yield_curve
        self.assertEqual(shown["curve"]["m"], curve.looked_at.tolist())
        self.assertEqual(shown["curve"]["worth"], curve.worth_it)
        notes = dict(zip(shown["index"], shown["notes"], strict=True))
        self.assertEqual(notes[5].partition(";")[0], "copy of #204 (1)")
        self.assertEqual(notes[204].partition(";")[0], "copy of #5 (0)")
        self.assertLen([note for note in notes.values() if "copy" in note], 2)
        self.assertEmpty(told)

    @parameterized.parameters((3, "among 3 examples"), (200_001, "among 200,001"))
    def test_copies_among_too_few_or_too_many(self, count, message):
        found = mock.Mock(given=np.zeros(count))
        told = []
        with mock.patch.object(features_of_run, "FinishedRun"):
            same = features_of_run.with_features(found, "runs/x", tell=told.append)
        self.assertIs(same, found)
        self.assertRegex(told[0], f"not looked for {message}.* 4 to 200,000")

    def test_either_images_or_texts(self):
        for fields in ({"images": None}, {"texts": ShownTexts(np.array(["a"] * 7))}):
            with self.assertRaisesRegex(ValueError, "either `images` or `texts`"):
                made_items(**fields)

    @parameterized.parameters((8, 8, 1), (28, 28, 1), (32, 32, 3), (5, 9, 3), (1, 1, 1))
    def test_small_images_are_exact(self, *shape):
        count = 2 * thumbnails.PER_SHEET + 13
        items = made_items(count, shape)
        text = self.written(items)
        data, sheets = data_of(text), sheets_of(text)
        self.assertLen(sheets, 3)
        self.assertEqual({sheet.format for sheet in sheets}, {"PNG"})
        self.assertEqual(data["thumbnails"]["start"], "data:image/png;base64,")
        self.assertTrue(data["thumbnails"]["exact"])
        order = np.argsort(-items.probability)
        np.testing.assert_array_equal(cut(data, sheets), items.images[order])

    @parameterized.parameters(
        ((33, 40, 1), (33, 40)),
        ((64, 64, 3), (64, 64)),
        ((100, 150, 3), (43, 64)),
        ((300, 10, 1), (64, 2)),
        ((700, 1, 3), (64, 1)),
    )
    def test_large_images_shrink(self, shape, size):
        # One colour each, so that what comes from a neighbour would be seen.
        rng = np.random.default_rng(0)
        colors = rng.integers(0, 256, (40, 1, 1, shape[-1])).astype(np.uint8)
        images = np.tile(colors, (1, *shape[:2], 1))
        items = made_items(40, images=images, probability=np.linspace(1, 0, 40))
        text = self.written(items)
        data, sheets = data_of(text), sheets_of(text)
        self.assertEqual({sheet.format for sheet in sheets}, {"JPEG"})
        found = cut(data, sheets).astype(int)
        self.assertEqual(found.shape[1:3], size)
        self.assertLess(np.abs(found - colors).max(), 4)

    @parameterized.parameters(20, 90)
    def test_files_are_read_by_and_by(self, side):
        root = made_data.make_folder(
            self.folder / "data", count=80, height=side, width=side
        )
        data = datasets.load(str(root), in_memory=False, tell=lambda line: None)
        images = data.train_images
        self.assertIsInstance(images, datasets.ImageFiles)
        items = made_items(
            len(images),
            images=images,
            names=tuple(data.paths),
            class_names=tuple(data.class_names),
            given=data.given_labels,
            suggested=1 - data.given_labels,
        )
        taken, whole = [], datasets.ImageFiles.take

        def take(files, indices):
            taken.append(len(indices))
            return whole(files, indices)

        with (
            mock.patch.object(thumbnails, "_PIECE", 1),
            mock.patch.object(datasets.ImageFiles, "take", take),
        ):
            text = self.written(items)
        each = thumbnails.PER_SHEET
        self.assertEqual(taken, [each, len(images) - each])
        found = cut(data_of(text), sheets_of(text)).astype(int)
        expected = images[np.argsort(-items.probability)].astype(int)
        if side == 20:
            np.testing.assert_array_equal(found, expected)
        else:
            # The means are left by a smaller picture and by JPEG.
            means = [part.mean((1, 2)) for part in (found, expected)]
            self.assertLess(np.abs(means[0] - means[1]).max(), 5)

    def test_file_that_went_is_named(self):
        root = made_data.make_folder(self.folder / "data")
        data = datasets.load(str(root), in_memory=False, tell=lambda line: None)
        count = len(data.train_images)
        items = made_items(count, images=data.train_images)
        old = self.written(made_items())
        pathlib.Path(data.paths[3]).write_bytes(b"no image")
        with self.assertRaisesRegex(RunError, "cannot be read any more") as caught:
            self.written(items)
        self.assertIn(pathlib.Path(data.paths[3]).name, str(caught.exception))
        self.assertNotIn("\n", str(caught.exception))
        self.assertEqual(self.path.read_text("utf-8"), old)
        self.assertEqual(
            sorted(p.name for p in self.folder.glob("*.html*")), ["audit.html"]
        )
        self.assertEmpty(list(self.folder.glob(".audit*")))

    def test_policy_names_what_is_there(self):
        text = self.written(made_items())
        policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)[1]
        policy = html.unescape(policy)
        for tag, directive in (("style", "style-src"), ("script", "script-src")):
            (content,) = re.findall(rf"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
            digest = base64.b64encode(hashlib.sha256(content.encode()).digest())
            self.assertIn(f"{directive} 'sha256-{digest.decode()}'", policy)
        self.assertStartsWith(policy, "default-src 'none'; img-src data:;")
        self.assertNotIn("unsafe", policy)
        self.assertNotRegex(text, r"\s(style|on\w+)=")
        self.assertNotIn("http://", text)
        self.assertNotIn("https://", text)

    def test_same_arguments_same_bytes_and_others_another_fingerprint(self):
        first = self.written(made_items())
        self.assertEqual(self.written(made_items()), first)
        other = self.written(made_items(given=np.zeros(7, np.int64)))
        self.assertNotEqual(
            data_of(other)["fingerprint"], data_of(first)["fingerprint"]
        )
        # Marks belong to examples and labels, not to what is said about them.
        titled = self.written(made_items(), title="Other", facts=[("a", "b")])
        self.assertEqual(data_of(titled)["fingerprint"], data_of(first)["fingerprint"])
        again = self.written(made_items(probability=np.linspace(0, 1, 7)))
        self.assertNotEqual(data_of(again)["index"], data_of(first)["index"])
        self.assertEqual(data_of(again)["fingerprint"], data_of(first)["fingerprint"])

    def test_facts(self):
        text = self.written(made_items(), facts=[("Noise rate", "0.41 <0.39>")])
        self.assertIn("<dt>Noise rate</dt><dd>0.41 &lt;0.39&gt;</dd>", text)

    def test_matrix_of_many_classes(self):
        rng = np.random.default_rng(1)
        size = 9
        matrix = np.where(rng.random((size, size)) < 0.3, 100 * rng.random((9, 9)), 0.0)
        matrix[4] = matrix[:, 6] = matrix[2, :3] = np.nan
        matrix[4, 0] = 0
        matrix[7, 6] = 12.346
        self.enterContext(mock.patch.object(review_page, "_WHOLE", 8))
        found = data_of(self.written(made_items(), matrix))["matrix"]
        back = np.zeros((size, size))
        back[found["unknownRows"]] = back[:, found["unknownColumns"]] = np.nan
        values = [np.nan if value is None else value for value in found["values"]]
        back.flat[found["places"]] = values
        np.testing.assert_allclose(back, matrix, atol=0.005)
        self.assertEqual(found["unknownRows"], [4])
        self.assertEqual(found["unknownColumns"], [6])
        self.assertLess(len(found["places"]), size * size / 2)

    def test_curve(self):
        curve = yield_curve(np.array([1.0, 0.75, 0.25, 0.0]), 0.5, 0.5)
        found = data_of(self.written(made_items(4), curve=curve))["curve"]
        self.assertEqual(found["m"], [1, 2, 3, 4])
        self.assertEqual(found["wrong"], [1, 1.75, 2, 2])
        self.assertEqual(found["worth"], 2)
        for name in ("low", "high"):
            np.testing.assert_allclose(found[name], getattr(curve, name), atol=0.005)
        none = yield_curve(np.zeros(0), 0.0, 0.0)
        for curve in (None, none):
            text = self.written(made_items(), curve=curve)
            self.assertIsNone(data_of(text)["curve"])

    def test_the_most_suspect_of_very_many(self):
        self.enterContext(mock.patch.object(review_page, "_MOST", 20))
        items = made_items(30)
        text = self.written(items)
        most = np.argsort(-items.probability, kind="stable")[:20]
        self.assertCountEqual(data_of(text)["index"], items.index[most].tolist())
        self.assertIn("<dd>the 20 most suspect</dd>", text)
        # Whichever are shown, marks are those of the same labels.
        other = made_items(30, probability=items.probability[::-1])
        self.assertNotEqual(
            data_of(self.written(other))["index"], data_of(text)["index"]
        )
        again = data_of(self.written(other))
        self.assertEqual(again["fingerprint"], data_of(text)["fingerprint"])
        self.assertFalse(again["whole"])

    def test_no_examples(self):
        text = self.written(made_items(0))
        self.assertEmpty(sheets_of(text))
        self.assertEqual(data_of(text)["index"], [])

    def test_progress_is_told_for_many(self):
        told = []
        self.written(made_items(100), tell=told.append)
        self.assertEmpty(told)
        self.written(made_items(12_000, (2, 2, 1)), tell=told.append)
        self.assertEqual(
            told,
            ["thumbnails: 5,000 of 12,000", "thumbnails: 10,000 of 12,000"],
        )

    @parameterized.parameters("missing/audit.html", ".")
    def test_unwritable_path(self, name):
        with self.assertRaisesRegex(RunError, "^cannot write .*$") as caught:
            review_page.write(self.folder / name, "Digits", made_items(), np.eye(3))
        self.assertNotIn("\n", str(caught.exception))

    def test_what_was_there_stays_until_the_new_one_is_whole(self):
        self.path.mkdir()
        (self.path / "kept").touch()
        with self.assertRaises(RunError):
            self.written(made_items())
        self.assertEqual([p.name for p in self.folder.iterdir()], ["audit.html"])

    @parameterized.parameters("given", "clean", "names", "images")
    def test_as_many_of_each(self, field):
        with self.assertRaisesRegex(
            ValueError, f"`{field}` must have 7 entries.*Received: 6"
        ):
            made_items(**{field: np.zeros((6, 2, 2, 1), np.uint8)})


if __name__ == "__main__":
    absltest.main()
