"""Clusters of real nodes, and the servers on them."""

import os
import random
import sys
from pathlib import Path
from typing import Iterator

import pytest

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "crash")]

from lab.nodes import Nodes  # noqa: E402
from lab.servers import Servers  # noqa: E402

# The first three bytes of the nodes' addresses; clusters side by side need others.
NET = os.environ.get("CLUSTER_NET", "127.0.25")
NET_OF_ONE = os.environ.get("CLUSTER_NET_OF_ONE", "127.0.125")

# For those who run one test over and over: the nodes stay, for the next run.
KEEP = "CLUSTER_KEEP" in os.environ


class Kept:
    """A cluster that one test after another uses; one at a time, since two cores are not enough for
    two."""

    def __init__(self) -> None:
        self._nodes: Nodes | None = None

    def get(self, name: str, net: str, count: int) -> Nodes:
        if self._nodes is None or self._nodes.folder.name != name:
            self.drop()
            self._nodes = Nodes(name, net)
            if not KEEP:
                self._nodes.run("drop")
            self._nodes.start(count)
        return self._nodes

    def drop(self) -> None:
        if self._nodes is not None and not KEEP:
            self._nodes.drop()
        self._nodes = None


# Tests are run in the order of the clusters that they need.
CLUSTERS = ("one_node", "four_nodes", "no_nodes")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    def place(item: pytest.Item) -> int:
        wanted = [CLUSTERS.index(name) for name in getattr(item, "fixturenames", ())
                  if name in CLUSTERS]
        return max(wanted, default=0)

    items.sort(key=place)


@pytest.fixture(scope="session")
def kept() -> Iterator[Kept]:
    nodes = Kept()
    yield nodes
    nodes.drop()


@pytest.fixture(scope="session")
def no_nodes(kept: Kept) -> None:
    """For those that make a cluster of their own: the others are out of the way."""
    kept.drop()


@pytest.fixture
def four_nodes(kept: Kept) -> Iterator[Nodes]:
    """Four nodes, all up, also after a test that harmed them."""
    nodes = kept.get("cluster-4", NET, 4)
    nodes.heal()
    nodes.wait_until_all_are_up()
    yield nodes
    nodes.heal()


@pytest.fixture
def one_node(kept: Kept) -> Iterator[Nodes]:
    nodes = kept.get("cluster-1", NET_OF_ONE, 1)
    nodes.heal()
    yield nodes
    nodes.heal()


@pytest.fixture
def guarded_node(no_nodes: None) -> Iterator[Nodes]:
    """One that asks for a password."""
    nodes = Nodes("cluster-guarded", NET_OF_ONE, "--auth")
    nodes.run("drop")
    nodes.start(1)
    yield nodes
    nodes.drop()


@pytest.fixture
def tls_node(no_nodes: None, tmp_path: Path) -> Iterator[Nodes]:
    """One that talks TLS, with clients that have a certificate of its authority."""
    nodes = Nodes("cluster-tls", NET_OF_ONE, "--tls", str(tmp_path / "tls"))
    nodes.run("drop")
    nodes.start(1)
    yield nodes
    nodes.drop()


@pytest.fixture
def passing_nodes(no_nodes: None) -> Iterator[Nodes]:
    """Four nodes that will not be the same afterwards."""
    nodes = Nodes("cluster-passing", NET)
    nodes.run("drop")
    nodes.start(4)
    yield nodes
    nodes.drop()


@pytest.fixture
def three_servers(four_nodes: Nodes, tmp_path: Path) -> Iterator[Servers]:
    """Three registryds on a keyspace of this test's own, three copies on four nodes."""
    with Servers(four_nodes, tmp_path, 3) as servers:
        yield servers


@pytest.fixture
def seed() -> int:
    """Of everything random in a test: $CLUSTER_SEED, or a new one; shown if the test fails."""
    number = int(os.environ.get("CLUSTER_SEED", random.SystemRandom().randrange(1 << 32)))
    print(f"CLUSTER_SEED={number}")
    return number
