"""A fifth node joins, and one leaves, while clients work: they must not notice."""

from pathlib import Path

from harm.ledger import Ledger
from lab.agree import check_promises, eventually
from lab.load import Load, residents
from lab.nodes import Nodes
from lab.servers import Server, Servers

BEFORE_S, BETWEEN_S = 3.0, 5.0
JOINS, LEAVES = 5, 2


def check_size(server: Server, nodes: int) -> None:
    live = server.client().get("/live").json
    assert live["Database cluster size"] == str(nodes), live
    assert live["Database up nodes"] == str(nodes), live


def join_and_leave(nodes: Nodes, servers: Servers, load: Load) -> None:
    load.run_for(BEFORE_S)
    nodes.start_node(JOINS)
    for server in servers.all:
        eventually(lambda at=server: check_size(at, 5))
    load.run_for(BETWEEN_S)
    nodes.decommission(LEAVES)
    for server in servers.all:
        eventually(lambda at=server: check_size(at, 4))
    load.run_for(BETWEEN_S)


def test_a_node_joins_and_one_leaves_and_no_client_notices(
    passing_nodes: Nodes, tmp_path: Path, seed: int
) -> None:
    ledger = Ledger()
    with Servers(passing_nodes, tmp_path, 3) as servers:
        # When a fifth node joins, and then another one leaves, while clients work
        with Load(servers.all, ledger, residents(ledger, seed)) as load:
            join_and_leave(passing_nodes, servers, load)
        load.report("membership")

        # Then each request was answered well, and all is there on the nodes that are left
        assert not load.failed(), load.failed()[:5]
        check_promises(servers.all, ledger)
