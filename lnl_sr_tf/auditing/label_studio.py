"""An audit as tasks of Label Studio, and the labelling interface for them.

The formats are those of https://labelstud.io/guide/predictions and
https://labelstud.io/tags/choices.
"""

import json
import math
import pathlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import quoteattr

from lnl_sr_tf.auditing.audit_files import FOREIGN, utf8_safe, write_text
from lnl_sr_tf.auditing.tool_examples import IMAGE, ROW, TEXT, ToolExamples
from lnl_sr_tf.files import whole_file

if TYPE_CHECKING:
    from lnl_sr_tf.auditing.findings import Audit

CONTROL = "label"  # the name of the choice in an export
_SHOWN = "example"
_MODEL = "lnl-sr audit"
_MOST_BUTTONS = 20  # choices beyond which there is a list to search in
_TAGS = {IMAGE: "Image", TEXT: "Text", ROW: "Table"}


def write(
    audit: "Audit", path: pathlib.Path | str, examples: ToolExamples, number: int = 0
) -> tuple[pathlib.Path, pathlib.Path]:
    """Write the tasks, and beside them the labelling interface as NAME.xml.

    A task's `data` is the example under `image`, `text` or `row`, and `index`, `given`,
    `suggested`, `probability` that the given label is wrong (null without evidence)
    and `rank`. Its prediction is the suggested label, with that label's probability as
    its score; without evidence there is none. The given label is no annotation: the
    task would count as done.

    Args:
        audit: what was found.
        path: the .json; its folder must exist.
        examples: what is shown.
        number: of the most suspect labels; 0 for all.

    Returns:
        The paths of both.

    Raises:
        RunError: if a file cannot be written; what stood there stays.
    """
    path = pathlib.Path(path)
    interface = path.with_suffix(".xml")
    with whole_file(path) as file:
        file.write(b"[")
        for i, task in enumerate(_tasks(audit, examples, number)):
            line = json.dumps(task, ensure_ascii=False, allow_nan=False)
            file.write(f"{',' * bool(i)}\n{line}".encode())
        file.write(b"\n]\n")
    write_text(interface, _interface(examples.kind, audit.class_names))
    return path, interface


def _tasks(audit: "Audit", examples: ToolExamples, number: int) -> Iterator[Any]:
    order = audit.order[:number] if number else audit.order
    names = [utf8_safe(name) for name in audit.class_names]
    for rank, (i, shown) in enumerate(
        zip(order.tolist(), examples.of(order), strict=True), start=1
    ):
        given, suggested = int(audit.given[i]), int(audit.suggested[i])
        wrong = float(audit.probability[i])
        known = not math.isnan(wrong)
        index = int(audit.index[i])
        task: dict[str, Any] = {
            "data": {
                examples.kind: shown,
                "index": index,
                "given": names[given],
                "suggested": names[suggested],
                "probability": round(wrong, 6) if known else None,
                "rank": rank,
            }
        }
        if known:
            score = wrong if suggested != given else 1.0 - wrong
            task["predictions"] = [
                {
                    "model_version": _MODEL,
                    "score": round(score, 6),
                    "result": [
                        {
                            "id": f"audit-{index}",
                            "from_name": CONTROL,
                            "to_name": _SHOWN,
                            "type": "choices",
                            "value": {"choices": [names[suggested]]},
                        }
                    ],
                }
            ]
        yield task


def _interface(kind: str, class_names: tuple[str, ...]) -> str:
    """The labelling interface: the example, both labels, and the classes to choose."""
    names = [utf8_safe(name) for name in class_names]
    if FOREIGN not in names:
        names.append(FOREIGN)
    form = 'showInline="true"' if len(names) <= _MOST_BUTTONS else 'layout="select"'
    choices = "\n".join(f"    <Choice value={quoteattr(name)}/>" for name in names)
    return (
        "<View>\n"
        # A full stop after a variable would be read as a part of its name.
        '  <Header value="Given label: $given"/>\n'
        '  <Header value="Suggested label: $suggested"/>\n'
        f'  <{_TAGS[kind]} name="{_SHOWN}" value="${kind}"/>\n'
        f'  <Choices name="{CONTROL}" toName="{_SHOWN}" choice="single" {form}>\n'
        f"{choices}\n"
        "  </Choices>\n"
        "</View>\n"
    )
