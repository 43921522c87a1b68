"""Tables of runs, as text."""

import statistics

from lnl_sr_tf.run_folder import measured


def comparison(results):
    """Runs side by side: a line for each setting, mean ± deviation over seeds.

    Args:
        results: list of (config, summary) of finished runs.

    Returns:
        The lines of the table.

    Example:
        >>> print("\\n".join(comparison([(config, folder.summary())])))
    """
    body = cells(results)
    widths = [max(len(row[i]) for row in body) for i in range(len(body[0]))]
    lines = [
        "  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip()
        for row in body
    ]
    return [lines[0], "-" * sum([*widths, 2 * (len(widths) - 1)]), *lines[1:]]


def cells(results):
    """What `comparison` shows, as a header and rows of text.

    Args:
        results: list of (config, summary) of finished runs.
    """
    groups = {}
    for config, summary in results:
        how = config.loss
        if config.method != "standard":
            how += f" ({config.method})"
        key = (config.dataset_name, config.noise_words, how)
        groups.setdefault(key, []).append(summary)
    header = (
        "dataset",
        "noise",
        "loss",
        "last epoch",
        "best epoch",
        "sparse rate",
        "seeds",
    )
    body = [header]
    for (dataset, noise, loss), summaries in groups.items():
        body.append(
            (
                dataset,
                noise,
                loss,
                percent([measured(s) for s in summaries]),
                percent([measured(s, "best_test_accuracy") for s in summaries]),
                percent([s["sparse_rate"] for s in summaries]),
                str(len(summaries)),
            )
        )
    return body


def percent(values):
    """Shares as percent: mean, and ± standard deviation where there are several."""
    text = f"{100 * statistics.mean(values):.2f} %"
    if len(values) > 1:
        text += f" ± {100 * statistics.stdev(values):.2f}"
    return text
