"""What lies in a run's folder for people to look at, as links from a page."""

import os

from lnl_sr_tf.reporting.html_page import Link
from lnl_sr_tf.runs.folder import RunFolder

AUDIT, CARD, FIGURES = "audit", "model card", "figures"


def of_run(
    folder: RunFolder, page: str | os.PathLike
) -> dict[str, tuple[Link, ...] | str]:
    """Links to the audit page, the model card and the figures of a run.

    Args:
        folder: that of the run.
        page: the file of the page that links.

    Returns:
        Links by what they are to; "" for what is not there.
    """
    figures = sorted(folder.figures.glob("*.png"))
    found = {
        AUDIT: [("audit page", folder.path / "audit.html")],
        CARD: [("model card", folder.path / "README.md")],
        FIGURES: [(path.stem.replace("_", " "), path) for path in figures],
    }
    return {
        name: tuple(
            Link.to_file(text, path, page) for text, path in files if path.is_file()
        )
        or ""
        for name, files in found.items()
    }
