"""The registryds on one cluster: each a process, a port and a client of its own."""

import itertools
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Sequence

from harm.wait import until
from lab.nodes import Nodes
from registry.client import Client
from registry.process import Registry

# The first of a keyspace makes its tables.
READY_LIMIT_S = 90.0

_names = itertools.count(int(time.time()))


class Server(Registry):
    """A registryd over Cassandra."""

    def __init__(self, folder: Path, contact_points: str, keyspace: str,
                 arguments: Sequence[str] = (), **more: Any):
        cassandra = ["--cassandra-contact-points", contact_points,
                     "--cassandra-keyspace", keyspace, *arguments]
        super().__init__(folder, store="cassandra", arguments=cassandra, **more)

    def client(self) -> Client:
        return Client(f"http://{self.host}:{self.port}")

    def is_ready(self) -> bool:
        return self.admin("/ready")[0] == 200

    def wait_until_ready(self, limit_s: float = READY_LIMIT_S) -> None:
        try:
            until("ready", self.is_ready, limit_s)
        except AssertionError as error:
            raise AssertionError(f"{error}: {self.admin('/ready')}\n{self.log_text()}") from None

    def metric(self, name: str) -> float:
        return self.metrics()[f"registryd_{name}"]


def fresh_keyspace() -> str:
    """A name that no other test of this run has had."""
    return f"cluster_{next(_names)}"


class Servers:
    """Several servers on one keyspace of their own. It stays until the nodes go: a node that was
    killed a moment ago may fail to drop one, and would then refuse every later change of the schema."""

    def __init__(self, nodes: Nodes, folder: Path, count: int, *arguments: str, copies: int = 3):
        self.nodes = nodes
        self.keyspace = fresh_keyspace()
        self._folder = folder
        self._arguments = ["--cassandra-replication", str(copies), *arguments]
        self._stack = ExitStack()
        self.all: list[Server] = []
        try:
            for _ in range(count):
                self.add()
        except BaseException:
            self.kill()
            raise

    def add(self, *arguments: str, **more: Any) -> Server:
        server = self._make([*self._arguments, *arguments], more)
        self.all.append(server)
        self._stack.push(server)
        try:
            server.wait_until_ready()
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.nodes.errors()}") from None
        return server

    def _make(self, arguments: list[str], more: dict[str, Any]) -> Server:
        return Server(self._next_folder(), self.nodes.contact_points(), self.keyspace, arguments,
                      **more)

    def _next_folder(self) -> Path:
        return self._folder / f"{self.keyspace}-{len(self.all)}"

    def kill(self) -> None:
        for server in self.all:
            server.kill()

    def __enter__(self) -> "Servers":
        return self

    def __exit__(self, *error: Any) -> None:
        self._stack.__exit__(*error)
        self.nodes.heal()
