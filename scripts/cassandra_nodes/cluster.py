"""The nodes together: starts and stops them, waits until they see each other."""

import subprocess
import sys
import time

from . import archive, config, cql_probe
from .failure import Failure
from .node import Node

START_TIMEOUT_S = 180
POLL_S = 0.1


class Cluster:
    def __init__(self, layout):
        self.layout = layout

    def node(self, number):
        return Node(self.layout, number)

    def nodes(self):
        return [self.node(number) for number in self.layout.nodes()]

    def running(self):
        return [node for node in self.nodes() if node.pid() is not None]

    def start(self, count):
        """Starts nodes 1 to count: the first ones at once, each later one by itself."""
        if not self.layout.first:
            self.layout.first = count
        self.layout.save()
        self.start_together(range(1, min(count, self.layout.first) + 1))
        for number in range(self.layout.first + 1, count + 1):
            self.start_together([number])

    def start_together(self, numbers):
        if not self.layout.first:
            raise Failure("there is no cluster: start NODES makes one")
        class_options = archive.options()
        nodes = [node for node in map(self.node, numbers) if node.pid() is None]
        mates = self.running()
        offsets = {node.number: node.log_size() for node in nodes + mates}
        for node in nodes:
            node.start(class_options)
        deadline = time.monotonic() + START_TIMEOUT_S
        for node in nodes:
            wait(node, deadline, lambda node=node: answers(node), "does not answer CQL")
        addresses = {node.address for node in nodes}
        for node in nodes + mates:
            wanted = (addresses if node in mates else
                      addresses | {mate.address for mate in mates}) - {node.address}
            wait(node, deadline, lambda node=node, wanted=wanted:
                 wanted <= node.sees_up(offsets[node.number]), f"does not see {wanted} up")

    def nodetool(self, number, arguments):
        """The command that runs nodetool there."""
        node = self.node(number)
        return node.inside(config.nodetool(node.jmx_port(), arguments))

    def stop(self):
        running = self.running()
        for node in running:
            node.terminate()
        for node in running:
            node.wait_until_gone()


def wait(node, deadline, is_so, complaint):
    while not is_so():
        if node.pid() is None:
            raise Failure(f"{node} ended\n{node.tail()}")
        if time.monotonic() > deadline:
            raise Failure(f"{node} {complaint}\n{node.tail()}")
        time.sleep(POLL_S)


def answers(node):
    """Whether a node, in whatever network namespace, answers CQL."""
    if not node.layout.netns:
        return cql_probe.answers(node.address, node.layout.tls)
    command = [sys.executable, cql_probe.__file__, node.address, node.layout.tls]
    return subprocess.run(node.inside(command), check=False).returncode == 0
