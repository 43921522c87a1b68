"""Of which commit the code is that runs."""

import functools
import pathlib
import subprocess

_ROOT = pathlib.Path(__file__).resolve().parents[2]


@functools.cache  # what is checked out later is not what runs here
def commit() -> str | None:
    """The commit of the checkout that this package is run from.

    Returns:
        Its first letters, with `-dirty` where tracked files are not as committed; None
        where the package is installed without its repository, or there is no git.

    Example:
        commit()  # '98cf3c0'
    """
    # A package in another project's folder must not name that project's commit.
    if not (_ROOT / ".git").exists():
        return None
    try:
        said = subprocess.run(
            ["git", "describe", "--always", "--dirty", "--exclude=*", "--abbrev=7"],
            cwd=_ROOT,
            capture_output=True,
            text=True,
            timeout=10,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return said.stdout.strip() or None
