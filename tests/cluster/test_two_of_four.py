"""Two of four nodes die: all requests are answered still, visibly with less than was asked for."""

import time

from harm.ledger import Ledger
from lab.agree import check_nodes_agree, check_promises, eventually
from lab.load import VERBS, Load, residents
from lab.nodes import Nodes
from lab.servers import Server, Servers

VICTIMS = (1, 3)  # so that of each key two copies are left, or one
BEFORE_S, DURING_S = 3.0, 15.0
GRACE_S = 1.0


def check_degraded_is_visible(server: Server) -> None:
    status, text = server.admin("/ready")
    assert status == 200, text  # a load balancer must not take it out
    assert "degraded" in text, text
    assert server.metric("store_degraded") == 1
    live = server.client().get("/live").json
    assert live["Database up nodes"] == "2", live
    assert live["Database cluster size"] == "4", live


def check_all_is_well(server: Server) -> None:
    status, text = server.admin("/ready")
    assert status == 200 and "degraded" not in text, text
    assert server.metric("store_degraded") == 0
    assert server.client().get("/live").json["Database up nodes"] == "4"


def test_two_of_four_nodes_are_killed_and_return(
    three_servers: Servers, four_nodes: Nodes, seed: int
) -> None:
    # Given clients that work through three servers
    ledger = Ledger()
    with Load(three_servers.all, ledger, residents(ledger, seed)) as load:
        load.run_for(BEFORE_S)

        # When two nodes die
        four_nodes.kill(*VICTIMS)
        killed_s = time.monotonic()
        load.run_for(DURING_S)

        # Then operators see it
        for server in three_servers.all:
            eventually(lambda at=server: check_degraded_is_visible(at), 10)
    load.report("two of four")
    # … and no request fails, be it a read, a write or a first registration
    assert not load.failed(killed_s + GRACE_S), load.failed(killed_s + GRACE_S)[:5]
    assert load.verbs(killed_s + GRACE_S) == VERBS

    # When both return
    four_nodes.start_node(*VICTIMS)

    # Then within a minute all is there, and all servers and nodes agree
    started_s = time.monotonic()
    check_promises(three_servers.all, ledger)
    eventually(lambda: check_nodes_agree(four_nodes, three_servers.keyspace, True))
    print(f"two of four: agreed {time.monotonic() - started_s:.1f} s after their return")
    for server in three_servers.all:
        eventually(lambda at=server: check_all_is_well(at))


def test_a_server_starts_while_two_of_four_nodes_are_down(
    three_servers: Servers, four_nodes: Nodes
) -> None:
    four_nodes.kill(*VICTIMS)

    server = three_servers.add()

    assert server.client().get("/registry/updated").json == {}
