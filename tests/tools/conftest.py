"""A node of Cassandra with the original's tables in it, and registryctl."""

import os
import sys
from pathlib import Path
from typing import Iterator

import pytest

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent / name) for name in ("cluster", "crash", "endurance")]

from registry.client import fresh_prefix  # noqa: E402
from registry.cql import Node  # noqa: E402
from lab.nodes import Nodes  # noqa: E402
from tools.original import Original  # noqa: E402

# The first three bytes of the node's address; clusters side by side need others.
NET = os.environ.get("TOOLS_NET", "127.0.24")


@pytest.fixture(scope="session")
def address() -> Iterator[str]:
    """Of a node: the one that CASSANDRA names, or one that is started for these tests."""
    named = os.environ.get("CASSANDRA")
    if named:
        yield named.split(",")[0].rsplit(":", 1)[0]
        return
    nodes = Nodes("cassandra-tools", NET)
    nodes.run("drop")
    nodes.start(1)
    yield nodes.address(1)
    nodes.drop()


@pytest.fixture(scope="session")
def node(address: str) -> Iterator[Node]:
    with Node(address) as node:
        yield node


@pytest.fixture
def original(node: Node) -> Iterator[Original]:
    """Its keyspace, empty, of this test alone."""
    with Original(node) as original:
        yield original


@pytest.fixture
def cassandra(node: Node, address: str) -> Iterator[list[object]]:
    """The arguments for an empty keyspace of this test's own."""
    keyspace = f"tools_{fresh_prefix()}"
    yield ["--store", "cassandra", "--cassandra-contact-points", address, "--cassandra-keyspace",
           keyspace, "--cassandra-replication", "1"]
    node.run(f"DROP KEYSPACE IF EXISTS {keyspace}")
