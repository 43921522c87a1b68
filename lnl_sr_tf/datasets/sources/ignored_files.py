"""Files and folders that systems and programs leave among the user's own."""

# Of Synology and QNAP, of macOS (its archives and network drives, too), of Windows, of
# file systems and of Python. Those of other programs begin with a dot.
_NAMES = frozenset(
    name.casefold()
    for name in (
        "@eaDir", "#recycle", "#snapshot", "@Recycle", "@Recently-Snapshot",
        "@tmp", "@sharebin",
        "__MACOSX", "Icon\r", "Network Trash Folder", "Temporary Items",
        "$RECYCLE.BIN", "RECYCLER", "System Volume Information", "Thumbs.db",
        "ehthumbs.db", "desktop.ini",
        "lost+found", "__pycache__",
    )
)  # fmt: skip


def is_ignored(name: str) -> bool:
    """Whether a file or folder of this name is not part of the data.

    Args:
        name: without the folders above it.

    Example:
        >>> is_ignored(".ipynb_checkpoints"), is_ignored("@eaDir"), is_ignored("cat")
        (True, True, False)
    """
    return name.startswith(".") or name.casefold() in _NAMES
