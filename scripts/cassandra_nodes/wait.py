"""Waits for states of nodes, not for seconds; always bounded."""

import subprocess
import sys
import time

from . import cql_probe
from .failure import Failure

START_TIMEOUT_S = 120
POLL_S = 0.1


def until(node, is_so, complaint, deadline):
    """Waits until it is so, while the node runs; complains with the end of its log."""
    while not is_so():
        if node.pid() is None:
            raise Failure(f"{node} ended\n{node.tail()}")
        if time.monotonic() > deadline:
            raise Failure(f"{node} {complaint}\n{node.tail()}")
        time.sleep(POLL_S)


def deadline():
    return time.monotonic() + START_TIMEOUT_S


def until_it_answers(node, by=None):
    until(node, lambda: answers(node), "does not answer CQL", by or deadline())


def until_it_sees(node, addresses, offset, by):
    """Waits until the log of a node, from that byte on, says that those are up."""
    until(node, lambda: addresses <= node.sees_up(offset),
          f"does not see all of {' '.join(sorted(addresses))} up", by)


def answers(node):
    """Whether a node, in whatever network namespace, answers CQL."""
    if not node.layout.netns:
        return cql_probe.answers(node.address, node.layout.tls)
    command = [sys.executable, cql_probe.__file__, node.address, node.layout.tls]
    return subprocess.run(node.inside(command), check=False).returncode == 0
