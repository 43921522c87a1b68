"""An audit as files: `audit.csv`, a row an example, and `audit.json`, the whole."""

import csv
import io
import json
import math
import pathlib

import numpy as np

from lnl_sr_tf.auditing.against_clean import against_clean
from lnl_sr_tf.files import whole_file

# Of an example that is of none of the classes.
_FOREIGN = "none of them"


def write(audit, folder, more=()):
    """Write `audit.csv` and `audit.json`.

    Args:
        audit: an `lnl_sr_tf.auditing.Audit`.
        folder: where to; it has to be there.
        more: dict of what else `audit.json` is to hold.

    Returns:
        The paths of both.

    Raises:
        RunError: if a file cannot be written; what stood there stays.

    Example:
        >>> write(lnl.audit(run), run)
        (PosixPath('…/audit.csv'), PosixPath('…/audit.json'))
    """
    folder = pathlib.Path(folder)
    table, whole = folder / "audit.csv", folder / "audit.json"
    replace(table, _table(audit))
    replace(whole, json.dumps(summary(audit) | dict(more), indent=2) + "\n")
    return table, whole


def summary(audit):
    """What `audit.json` holds, as a dict.

    What is not known is None.

    Args:
        audit: an `lnl_sr_tf.auditing.Audit`.
    """
    matrix, low, high = audit.matrix
    shares, least, most = audit.class_rates
    found = {
        "words": audit.words,
        "evidence": audit.evidence,
        "examples": len(audit.given),
        "suspects": len(audit.suspects),
        "noise_rate": audit.noise_rate,
        "noise_rate_interval": audit.noise_rate_interval,
        "no_sign_of_noise": bool(audit.no_sign),
        "no_evidence": audit.no_evidence,
        "classes_without_evidence": [
            audit.class_names[i] for i in audit.classes_without_evidence
        ],
        "agreement": None
        if audit.agreement is None
        else {
            "hits": audit.agreement.hits,
            "by_chance": audit.agreement.expected,
            "p_value": audit.agreement.chance,
            "class_p_values": audit.agreement.class_chances.tolist(),
        },
        "class_names": list(audit.class_names),
        "class_rates": [
            {"class": name, "given": int(count), "wrong": share, "interval": [a, b]}
            for name, count, share, a, b in zip(
                audit.class_names,
                np.bincount(audit.given, minlength=len(audit.class_names)),
                shares.tolist(),
                least.tolist(),
                most.tolist(),
                strict=True,
            )
        ],
        "transition_matrix": matrix.tolist(),
        "transition_matrix_low": low.tolist(),
        "transition_matrix_high": high.tolist(),
    }
    if audit.clean is not None:
        found["against_clean"] = against_clean(audit)
    return _without_nan(found)


def _without_nan(value):
    """The same value with None for NaN, which JSON has not."""
    if isinstance(value, dict):
        return {name: _without_nan(one) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_without_nan(one) for one in value]
    return None if isinstance(value, float) and math.isnan(value) else value


def _table(audit):
    """The text of `audit.csv`, from the most to the least suspect."""
    names = np.array([*audit.class_names, _FOREIGN], object)
    columns = {
        "index": audit.index,
        "file": audit.names,
        "given": names[audit.given],
        "suggested": names[audit.suggested],
        "score": [f"{score:.6g}" for score in audit.score],
        "probability": list(map(probability_text, audit.probability)),
        "rank": audit.rank,
        "clean": None if audit.clean is None else names[audit.clean],
    }
    columns = {name: values for name, values in columns.items() if values is not None}
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([column[i] for column in columns.values()] for i in audit.order)
    return text.getvalue()


def probability_text(value):
    """A probability as it stands in tables: nothing where it is not known."""
    return "" if math.isnan(value) else f"{value:.6f}"


def sayable(name):
    """A name as it stands in tables: what no UTF-8 can say, as escapes.

    Args:
        name: text; names of files may hold bytes that are none.
    """
    return str(name).encode("utf-8", "backslashreplace").decode()


def replace(path, text):
    """Write a file whole or not at all.

    Args:
        path: a `pathlib.Path`.
        text: what it is to hold, made sayable.

    Raises:
        RunError: if it cannot be written; what stood there stays.
    """
    with whole_file(path) as file:
        file.write(sayable(text).encode())
