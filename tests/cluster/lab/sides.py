"""Four nodes and three servers, half of them on either side of a cable."""

import os
from pathlib import Path
from typing import Any, Sequence

from lab.network import Network
from lab.nodes import Nodes
from lab.servers import Server, Servers
from registry.client import Client
from registry.cql import Node
from registry.wire import Wire

NET = "10.99.25"
NODE_SIDES = {1: "left", 2: "left", 3: "right", 4: "right"}
SERVER_SIDES = {1: "left", 2: "right", 3: "right"}
FIRST_SERVER = 10


class HostClient(Client):
    """A client on a host of the network."""

    def __init__(self, network: Network, host: str, port: int):
        super().__init__(f"http://127.0.0.1:{port}")
        self._network, self._host = network, host

    def connect(self, server: int, timeout_s: float = 30.0) -> Wire:
        with self._network.at(self._host):
            return super().connect(server, timeout_s)


class HostServer(Server):
    """A registryd on a host of the network."""

    def __init__(self, network: Network, name: str, *arguments: Any, **more: Any):
        self._network, self._name = network, name
        super().__init__(*arguments, **more)

    def command(self) -> list[str]:
        return ["ip", "netns", "exec", self._network.namespace(self._name), *super().command()]

    def connect(self, port: int, timeout_s: float = 30.0) -> Wire:
        with self._network.at(self._name):
            return super().connect(port, timeout_s)

    def client(self) -> Client:
        return HostClient(self._network, self._name, self.port)


class SplitNodes(Nodes):
    """Each node on a host of its own, whose name is db and its number."""

    def __init__(self, network: Network, name: str, *options: str):
        super().__init__(name, NET, "--netns", network.namespace("db"), *options)
        self._network = network

    def cql(self, number: int = 1) -> Node:
        with self._network.at(f"db{number}"):
            return super().cql(number)


class SplitServers(Servers):
    """Each server on a host of its own, whose name is app and its number."""

    def __init__(self, network: Network, nodes: Nodes, folder: Path,
                 arguments_of_sides: dict[str, Sequence[str]] | None = None, *arguments: str):
        self._network = network
        self._of_sides = arguments_of_sides or {}
        super().__init__(nodes, folder, len(SERVER_SIDES), *arguments)

    def _make(self, arguments: list[str], more: dict[str, Any]) -> Server:
        number = len(self.all) + 1
        own = self._of_sides.get(SERVER_SIDES[number], ())
        return HostServer(self._network, f"app{number}", self._next_folder(),
                          self.nodes.contact_points(), self.keyspace, [*arguments, *own], **more)

    def of_side(self, side: str) -> list[Server]:
        return [self.all[number - 1] for number, at in SERVER_SIDES.items() if at == side]


def build_network() -> Network:
    """A host for each node and each server, all connected."""
    network = Network(f"reg{os.getpid()}")
    try:
        for number, side in NODE_SIDES.items():
            network.add_host(f"db{number}", f"{NET}.{number}", side)
        for number, side in SERVER_SIDES.items():
            network.add_host(f"app{number}", f"{NET}.{FIRST_SERVER + number}", side)
    except BaseException:
        network.remove()
        raise
    return network
