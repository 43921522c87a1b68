"""The hardware of this machine."""

import os
import pathlib
import platform
from typing import Any

from lnl_sr_tf.devices import backend


def describe() -> dict[str, Any]:
    """The processor and accelerators of this machine, for `config.json`.

    Returns:
        `processor`, `cores` (logical), `system` and `accelerators`.
    """
    names = _cpuinfo("model name")
    return {
        "processor": names[0] if names else platform.processor() or "unknown",
        "cores": os.cpu_count(),
        "system": platform.platform(),
        "accelerators": [name for name, _ in backend.gpus()],
    }


def usable_cores() -> int | None:
    """How many logical cores this process may use; None if that is unknown."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on Linux
        return os.cpu_count()


def processor_flags() -> set[str]:
    """The processor's instruction sets, as Linux names them; empty on other systems."""
    lines = _cpuinfo("flags")
    return set(lines[0].split()) if lines else set()


def _cpuinfo(key):
    """The values of a key in /proc/cpuinfo, one per core; empty if there is none."""
    try:
        lines = pathlib.Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return []
    pairs = (line.partition(":") for line in lines)
    return [value.strip() for name, _, value in pairs if name.strip() == key]
