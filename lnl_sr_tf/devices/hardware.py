"""What machine this is."""

import os
import pathlib
import platform

from lnl_sr_tf.devices import backend


def describe():
    """The processor and accelerators of this machine, for `config.json`.

    Returns:
        A dict with `processor`, `cores` (logical), `system` and `accelerators`.
    """
    names = _cpuinfo("model name")
    return {
        "processor": names[0] if names else platform.processor() or "unknown",
        "cores": os.cpu_count(),
        "system": platform.platform(),
        "accelerators": [name for name, _ in backend.gpus()],
    }


def usable_cores():
    """How many logical cores this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on Linux
        return os.cpu_count()


def processor_flags():
    """Instruction sets of the processor, as Linux names them; empty elsewhere."""
    lines = _cpuinfo("flags")
    return set(lines[0].split()) if lines else set()


def _cpuinfo(key):
    """The values of a key in /proc/cpuinfo, one a core; empty where there is none."""
    try:
        lines = pathlib.Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return []
    pairs = (line.partition(":") for line in lines)
    return [value.strip() for name, _, value in pairs if name.strip() == key]
