"""Tasks for Label Studio, and its exports as decisions.

`tests/data/label_studio/` has tasks as they are written here, and what Label Studio
1.23.2 exported after they were imported and annotated there: one was skipped, one has
three annotations, one has two that do not agree, one has none.
"""

import base64
import io
import json
import pathlib
import tempfile
import xml.etree.ElementTree as ET

import numpy as np
from absl.testing import absltest, parameterized
from PIL import Image

from lnl_sr_tf import datasets
from lnl_sr_tf.auditing import audit, label_changes, label_studio, tool_examples
from lnl_sr_tf.auditing.audit_files import AuditTable
from lnl_sr_tf.errors import InputError, RunError

DATA = pathlib.Path(__file__).resolve().parent.parent / "data" / "label_studio"
NAMES = ("cat", "dog", '=a "b"')
LABELS = np.arange(60) % 3
WRONG = [1, 4, 7, 8]
EXPORTS = ("export.json", "export_min.json", "export.csv", "export.tsv")


def given_labels():
    given = LABELS.copy()
    given[WRONG] = [0, 0, 2, 0]
    return given


def found(**more):
    outputs = np.full((60, 3), 0.02)
    outputs[np.arange(60), LABELS] = 0.96
    given = given_labels()
    return audit(given, outputs, class_names=NAMES, index=np.arange(60) * 10, **more)


def judged():
    given = given_labels()
    return AuditTable(
        np.arange(60) * 10, given, LABELS, np.where(given == LABELS, 0, 1)
    )


class TasksTest(parameterized.TestCase):
    def setUp(self):
        super().setUp()
        held = self.enterContext(tempfile.TemporaryDirectory())
        self.path = pathlib.Path(held) / "tasks.json"

    def tasks(self, **more):
        found().to_label_studio(self.path, **more)
        return json.loads(self.path.read_text("utf-8"))

    def test_are_those_that_were_exported(self):
        texts = [f'text {i}, "quoted"\nsecond line' for i in range(60)]
        tasks = self.tasks(texts=texts, number=8)
        self.assertEqual(tasks, json.loads((DATA / "tasks.json").read_text("utf-8")))

    def test_what_is_in_a_task(self):
        tasks = self.tasks(texts=list(map(str, range(60))))
        self.assertLen(tasks, 60)
        first = tasks[0]
        self.assertEqual([first["data"]["rank"], tasks[-1]["data"]["rank"]], [1, 60])
        self.assertEqual(
            {name: first["data"][name] for name in ("text", "index", "given")},
            {"text": "1", "index": 10, "given": "cat"},
        )
        self.assertGreater(first["data"]["probability"], 0.99)
        # As a sure prediction: of a suspect that it is wrong, else that it is right.
        for task in tasks:
            (prediction,) = task["predictions"]
            self.assertGreater(prediction["score"], 0.99)
            (result,) = prediction["result"]
            self.assertEqual(result["value"]["choices"], [task["data"]["suggested"]])
            self.assertNotIn("annotations", task)
        ids = [task["predictions"][0]["result"][0]["id"] for task in tasks]
        self.assertLen(set(ids), 60)

    def test_without_evidence_there_is_no_prediction(self):
        same = np.full((60, 3), [0.98, 0.01, 0.01])
        nothing = audit(LABELS, same, class_names=NAMES)
        nothing.to_label_studio(self.path, texts=[""] * 60)
        for task in json.loads(self.path.read_text("utf-8")):
            self.assertNotIn("predictions", task)
            self.assertIsNone(task["data"]["probability"])
            self.assertEqual(task["data"]["suggested"], task["data"]["given"])

    @parameterized.parameters("image", "text", "row")
    def test_interface_fits_the_tasks(self, kind):
        values = {
            "image": [f"http://host/{i}.png" for i in range(60)],
            "text": [str(i) for i in range(60)],
            "row": [{"age": i} for i in range(60)],
        }[kind]
        tasks = self.tasks(**{kind + "s": values})
        view = ET.parse(self.path.with_suffix(".xml")).getroot()
        (choices,) = view.iter("Choices")
        names = [choice.get("value") for choice in choices]
        self.assertEqual(names, [*NAMES, "none of them"])
        self.assertEqual(choices.get("choice"), "single")
        (shown,) = view.iter({"image": "Image", "text": "Text", "row": "Table"}[kind])
        self.assertEqual(shown.get("value"), f"${kind}")
        for task in tasks:
            (result,) = task["predictions"][0]["result"]
            self.assertEqual(result["from_name"], choices.get("name"))
            self.assertEqual(result["to_name"], shown.get("name"))
            self.assertEqual(choices.get("toName"), shown.get("name"))
            self.assertIn(kind, task["data"])
            # The converter would put the one over the other.
            self.assertNotIn(choices.get("name"), task["data"])
        if kind == "row":
            self.assertEqual(tasks[0]["data"]["row"], {"age": "1"})

    def test_names_that_xml_would_change(self):
        names = ("a\nb", "<&\"'>", "λ \udce9")
        made = audit(LABELS, np.eye(3)[LABELS] * 0.9 + 0.1 / 3, class_names=names)
        made.to_label_studio(self.path, texts=["\udcff"] * 60)
        view = ET.parse(self.path.with_suffix(".xml")).getroot()
        values = [choice.get("value") for choice in view.iter("Choice")]
        self.assertEqual(values[:3], ["a\nb", "<&\"'>", r"λ \udce9"])
        task = json.loads(self.path.read_text("utf-8"))[0]
        self.assertEqual(task["data"]["text"], r"\udcff")

    def test_many_classes_are_a_list(self):
        labels = np.arange(100) % 25
        made = audit(labels, np.eye(25)[labels] * 0.9 + 0.1 / 25)
        made.to_label_studio(self.path, texts=[""] * 100)
        (choices,) = ET.parse(self.path.with_suffix(".xml")).getroot().iter("Choices")
        self.assertEqual(choices.get("layout"), "select")

    def test_files_by_their_names(self):
        made = found(names=[f"/photos/ä b+{i}.png" for i in range(60)])
        made.to_label_studio(self.path)
        task = json.loads(self.path.read_text("utf-8"))[0]
        self.assertEqual(
            task["data"]["image"], "/data/local-files/?d=photos/%C3%A4%20b%2B1.png"
        )

    @parameterized.parameters(
        ({}, "expected one of images, texts and rows, or .* received none"),
        ({"texts": [""] * 60, "rows": [{}] * 60}, "received texts and rows"),
        ({"texts": [""] * 59}, "texts: expected 60; received 59"),
        ({"texts": "x" * 60}, "texts: expected 60 in their order; received 'xxx"),
        ({"rows": ["x"] * 60}, "rows: expected a mapping .* place 0; received 'x'"),
        (
            {"rows": [{"a": 1}] * 59 + [{"b": 1}]},
            "columns a at place 59, .* received b",
        ),
    )
    def test_wrong(self, more, message):
        with self.assertRaisesRegex(InputError, message):
            self.tasks(**more)

    def test_cannot_be_written(self):
        self.path.mkdir()
        with self.assertRaisesRegex(RunError, "cannot write .*tasks.json"):
            self.tasks(texts=[""] * 60)


class OfDatasetTest(parameterized.TestCase):
    def data(self, examples, **more):
        labels = np.array([0, 1, 0, 1])
        depth = examples.shape[-1]
        return datasets.Dataset(
            "made", examples, labels, None, examples, labels, ("a", "b"),
            (0.0,) * depth, (1.0,) * depth, **more,
        )  # fmt: skip

    @parameterized.parameters(
        (8, 1, "PNG", 8), (64, 3, "PNG", 64), (400, 3, "JPEG", 256)
    )
    def test_images_in_memory(self, side, channels, kind, shown):
        images = np.random.default_rng(1).integers(
            0, 256, (4, side, side, channels), np.uint8
        )
        examples = tool_examples.of_dataset(self.data(images))
        self.assertEqual(examples.kind, "image")
        (uri,) = examples.of(np.array([2]))
        start, _, content = uri.partition(",")
        self.assertEqual(start, f"data:image/{kind.lower()};base64")
        image = Image.open(io.BytesIO(base64.b64decode(content)))
        self.assertEqual((image.format, image.size), (kind, (shown, shown)))
        if kind == "PNG":
            pixels = np.asarray(image).reshape(side, side, channels)
            np.testing.assert_array_equal(pixels, images[2])

    def test_files_and_one_in_memory(self):
        images = np.arange(4, dtype=np.uint8).reshape(4, 1, 1, 1)
        paths = ("/a/0.png", "", "/a/2.png", "")
        examples = tool_examples.of_dataset(self.data(images, paths=paths))
        one, two, three = examples.of(np.array([3, 0, 1]))
        self.assertEqual(two, "/data/local-files/?d=a/0.png")
        for uri, value in ((one, 3), (three, 1)):
            content = base64.b64decode(uri.partition(",")[2])
            self.assertEqual(np.asarray(Image.open(io.BytesIO(content))).item(), value)

    def test_texts_rows_and_features(self):
        features = np.arange(8, dtype=np.float32).reshape(4, 2) / 3
        at = np.array([3, 1])
        texts = self.data(features, originals=np.array(["a", "b" * 900, "c", "d"]))
        examples = tool_examples.of_dataset(texts)
        self.assertEqual(
            (examples.kind, list(examples.of(at))), ("text", ["d", "b" * 900])
        )
        cells = np.array([["1", "x"], ["2", ""], ["3", "y"], ["4", "z"]], object)
        rows = self.data(features, originals=cells, columns=("n", "letter"))
        examples = tool_examples.of_dataset(rows)
        self.assertEqual(examples.kind, "row")
        self.assertEqual(
            list(examples.of(at)),
            [{"n": "4", "letter": "z"}, {"n": "2", "letter": ""}],
        )
        examples = tool_examples.of_dataset(self.data(features))
        self.assertEqual(examples.kind, "row")
        self.assertEqual(
            list(examples.of(at)),
            [{"0": "2", "1": "2.33333"}, {"0": "0.666667", "1": "1"}],
        )


class ExportTest(parameterized.TestCase):
    def setUp(self):
        super().setUp()
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))

    def changes(self, path, do="relabel", tell=lambda line: None):
        return label_changes.by_decisions(judged(), path, NAMES, do, tell)

    @parameterized.parameters(*EXPORTS)
    def test_what_was_chosen(self, name):
        """One who chose another class, two of three, "none of them", and the rest."""
        told = []
        changes = self.changes(DATA / name, tell=told.append)
        none = json.loads((DATA / "tasks.json").read_text("utf-8"))[5]["data"]["index"]
        self.assertEqual(
            dict(zip(changes.index.tolist(), changes.label.tolist(), strict=True)),
            {10: 1, 40: 1, 80: 2, none: -1},
        )
        changes = self.changes(DATA / name, "drop")
        self.assertEqual(set(changes.label.tolist()), {-1})
        split = json.loads((DATA / "tasks.json").read_text("utf-8"))[6]["data"]["index"]
        self.assertIn(
            f"{name}: annotators do not agree about 1 examples, whose labels stay: "
            f"{split}",
            told,
        )
        # What was skipped is in JSON alone.
        self.assertLen(told, 2 if name == "export.json" else 1)
        if name == "export.json":
            self.assertIn(
                "nothing was chosen: 1 examples, whose labels stay: 70", told[1]
            )

    def edited(self, edit, name="export.json"):
        tasks = json.loads((DATA / name).read_text("utf-8"))
        changed = edit(tasks)
        path = self.folder / "export.json"
        path.write_text(json.dumps(tasks if changed is None else changed), "utf-8")
        return path

    def test_a_single_task_and_an_empty_annotation(self):
        path = self.edited(lambda tasks: tasks[0])
        self.assertEqual(self.changes(path).index.tolist(), [10])
        path = self.edited(lambda tasks: tasks[0]["annotations"][0].update(result=[]))
        told = []
        self.assertNotIn(10, self.changes(path, tell=told.append).index)
        self.assertIn(
            "nothing was chosen: 2 examples, whose labels stay: 10, 70", told[1]
        )

    def test_what_was_chosen_before_it_was_skipped(self):
        path = self.edited(lambda t: t[0]["annotations"][0].update(was_cancelled=True))
        told = []
        self.assertNotIn(10, self.changes(path, tell=told.append).index)
        self.assertIn("2 examples, whose labels stay: 10, 70", told[1])

    def test_a_task_that_was_imported_twice(self):
        """Its annotations are those of one example."""
        path = self.edited(lambda tasks: [*tasks, tasks[0] | {"id": 99}])
        self.assertEqual(self.changes(path).index.tolist().count(10), 1)

    @parameterized.parameters(
        (lambda t: choices(t).update(choices=["dgo"]), "task 1: .* 'dgo' is not one of "
         "the classes; did you mean 'dog'"),
        (lambda t: choices(t).update(choices=["cat", "dog"]), r"task 1: expected one "
         r"choice, .*received \['cat', 'dog'\]"),
        (lambda t: choices(t).update(choices=[7]), r"task 1: .*received \[7\]"),
        (lambda t: t[0]["data"].update(index=5), "task 1: example 5 with the label "
         "'cat' is not of this run"),
        (lambda t: t[0]["data"].update(given="dog"), "task 1: example 10 with the "
         "label 'dog' is not of this run"),
        (lambda t: t[0]["data"].update(index=-1), "example -1 .* is not of this run"),
        (lambda t: t[0]["data"].pop("index"), "task 1: expected an export of the tasks "
         "that lnl-sr audit --to=label_studio wrote; received text, given"),
        (lambda t: t[0].update(annotations={}), "task 1: .*received annotations {}"),
        (lambda t: t[0].update(annotations=[3]), "task 1: .*received the annotation 3"),
        (lambda t: [3], "task 1: expected an export .*received 3"),
        (lambda t: [{}], "task 1: expected an export .*received nothing"),
    )  # fmt: skip
    def test_of_something_else(self, edit, message):
        def changed(tasks):
            return made if isinstance(made := edit(tasks), list) else None

        with self.assertRaisesRegex(InputError, message) as caught:
            self.changes(self.edited(changed))
        self.assertNotIn("\n", str(caught.exception))

    @parameterized.parameters(
        ("[{", "cannot be read as JSON: Expecting property"),
        ("[" * 100_000, "cannot be read as JSON: "),
        ("annotation_id,index,given\n1,10,cat\n", "expected the columns index, given, "
         "label, annotation_id; received annotation_id, index, given"),
        ('annotation_id,index,given,label\n1,10,cat,"{""choices"": [""cat"", ""dog""]}"'
         "\n", r"row 1: expected one choice"),
        ("annotation_id,index,given,label\n1,10,cat,dgo\n", "row 1: .*did you mean"),
    )  # fmt: skip
    def test_text_of_something_else(self, text, message):
        path = self.folder / "export"
        path.write_text(text, "utf-8")
        with self.assertRaisesRegex(InputError, message):
            self.changes(path)

    def test_long_texts_in_a_table(self):
        path = self.folder / "export.csv"
        header, rest = (DATA / "export.csv").read_text("utf-8").split("\n", 1)
        path.write_text(header + "\n" + rest.replace("text 1,", "x" * 200_000), "utf-8")
        self.assertIn(10, self.changes(path).index)

    def test_a_class_called_none_of_them(self):
        names = ("cat", "none of them")
        table = AuditTable(np.arange(2), np.array([0, 0]), np.zeros(2, int), np.ones(2))
        path = self.folder / "export.csv"
        path.write_text(
            "annotation_id,index,given,label\n1,1,cat,none of them\n", "utf-8"
        )
        changes = label_changes.by_decisions(table, path, names, "relabel")
        self.assertEqual(changes.label.tolist(), [1])
        self.assertNotIn(
            'value="none of them"/>\n    <Choice value="none of them"',
            label_studio._interface("text", names),
        )


def choices(tasks):
    return tasks[0]["annotations"][0]["result"][0]["value"]


if __name__ == "__main__":
    absltest.main()
