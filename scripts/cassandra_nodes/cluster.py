"""The nodes together: starts and stops them, waits until they see each other."""

from . import archive, certificates, config, wait
from .failure import Failure
from .node import Node


class Cluster:
    def __init__(self, layout):
        self.layout = layout

    def node(self, number):
        return Node(self.layout, number)

    def running(self):
        nodes = map(self.node, self.layout.nodes())
        return [node for node in nodes if node.pid() is not None]

    def start(self, count):
        """Starts nodes 1 to count: the first ones at once, each later one by itself."""
        if not self.layout.first:
            self.layout.first = count
        self.start_together(range(1, min(count, self.layout.first) + 1))
        for number in range(self.layout.first + 1, count + 1):
            self.start_together([number])

    def start_together(self, numbers):
        """Starts those that do not run; returns when they answer, and see and are seen by all."""
        if not self.layout.first:
            raise Failure("there is no cluster yet: start COUNT makes one")
        class_options = archive.options()
        if self.layout.tls:
            certificates.make_missing(self.layout)
        self.layout.save()
        mates = self.running()
        nodes = [node for node in map(self.node, numbers) if node.pid() is None]
        offsets = {node.number: node.log_size() for node in nodes + mates}
        for node in nodes:
            node.start(class_options)
        by = wait.deadline()
        for node in nodes:
            wait.until_it_answers(node, by)
        started = {node.address for node in nodes}
        everyone = started | {mate.address for mate in mates}
        for node in nodes + mates:
            news = started if node in mates else everyone
            wait.until_it_sees(node, news - {node.address}, offsets[node.number], by)

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
