"""Waiting until all machines of a cluster are ready."""

import contextlib
import os
import socket
import time
from collections.abc import Callable

from lnl_sr_tf.devices.cluster import Cluster
from lnl_sr_tf.errors import RunError

_PATIENCE = 30 * 60  # seconds; queues start the machines of a job one by one
_REMIND = 30  # seconds
_PAUSE = 0.2  # seconds


def meet(
    cluster: Cluster, tell: Callable[[str], object], patience: float = _PATIENCE
) -> None:
    """Wait until every machine listens at its address.

    TensorFlow waits too, but cannot be interrupted while it does, and does not say for
    which machine.

    Args:
        cluster: the machines.
        tell: called with each line of progress.
        patience: seconds after which it gives up.

    Raises:
        RunError: if this machine's port is in use, or another machine did not answer.
    """
    own = cluster.addresses[cluster.task]
    missing = [address for address in cluster.addresses if address != own]
    if not missing:
        return
    tell(
        f"machine {cluster.task} of {len(cluster.addresses)} ({own}), waiting for "
        + ", ".join(missing)
    )
    start = reminded = time.monotonic()
    with _listening(own):
        while missing:
            missing = [address for address in missing if not _answers(address)]
            now = time.monotonic()
            if missing and now - start > patience:
                raise RunError(
                    f"{', '.join(missing)} did not answer within {patience:.0f} s; "
                    "every machine of --cluster needs the same command, except --task"
                )
            if missing and now - reminded > _REMIND:
                reminded = now
                tell(f"still waiting for {', '.join(missing)}")
            if missing:
                time.sleep(_PAUSE)
        # The others must see this machine too, before TensorFlow takes its port.
        time.sleep(2 * _PAUSE)


@contextlib.contextmanager
def _listening(address):
    """Inside, other machines can connect to this one."""
    port = _split(address)[1]
    try:
        both = socket.has_dualstack_ipv6()
        server = socket.create_server(
            ("", port),
            family=socket.AF_INET6 if both else socket.AF_INET,
            backlog=1024,
            dualstack_ipv6=both,
        )
    except OSError as error:
        reason = os.strerror(error.errno)
        raise RunError(
            f"cannot listen at port {port} of --cluster ({reason}); another process "
            "uses it, or the address is not that of this machine"
        ) from None
    with server:
        yield


def _answers(address):
    try:
        socket.create_connection(_split(address), timeout=1.0).close()
    except OSError:
        return False
    return True


def _split(address):
    host, _, port = address.rpartition(":")
    return host.strip("[]"), int(port)
