"""Clusters of real nodes, and the servers on them."""

import os
import random
import sys
from pathlib import Path
from typing import Callable, Iterator

import pytest

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "crash")]

from lab.nodes import Nodes  # noqa: E402
from lab.servers import Servers  # noqa: E402

# The first three bytes of the nodes' addresses; clusters side by side need others.
NET = os.environ.get("CLUSTER_NET", "127.0.25")
NET_OF_ONE = os.environ.get("CLUSTER_NET_OF_ONE", "127.0.125")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Those with one node first, then those with four: both at once would be in each other's way."""
    items.sort(key=lambda item: "four_nodes" in getattr(item, "fixturenames", ()))


@pytest.fixture(scope="session")
def kept_nodes() -> Iterator[Callable[[int, str], Nodes]]:
    """Starts a cluster when first asked for it, instead of the one before: two cores are not
    enough for both."""
    running: dict[int, Nodes] = {}

    def start(count: int, net: str) -> Nodes:
        if count not in running:
            for other in list(running):
                running.pop(other).drop()
            nodes = Nodes(f"cluster-{count}", net)
            nodes.run("drop")
            running[count] = nodes
            nodes.start(count)
        return running[count]

    yield start
    for nodes in running.values():
        nodes.drop()


@pytest.fixture
def four_nodes(kept_nodes: Callable[[int, str], Nodes]) -> Iterator[Nodes]:
    """Four nodes, all up, also after a test that harmed them."""
    nodes = kept_nodes(4, NET)
    nodes.heal()
    nodes.wait_until_all_are_up()
    yield nodes
    nodes.heal()


@pytest.fixture
def one_node(kept_nodes: Callable[[int, str], Nodes]) -> Iterator[Nodes]:
    nodes = kept_nodes(1, NET_OF_ONE)
    nodes.heal()
    yield nodes
    nodes.heal()


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
