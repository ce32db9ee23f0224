"""Two data centres of two nodes and two copies each: one is cut off, and both go on."""

from pathlib import Path

from harm.ledger import Ledger
from harm.load import Person
from harm.wait import until
from lab.agree import check_nodes_agree, check_promises, eventually
from lab.load import VERBS, Load, residents
from lab.sides import NODE_SIDES, SplitNodes, SplitServers, build_network

BEFORE_S, DURING_S, AFTER_S = 3.0, 20.0, 4.0
ALL_VERBS_LIMIT_S = 60.0
CENTRES = {"left": "dc1", "right": "dc2"}


def work(servers: SplitServers, ledger: Ledger, people: list[Person], seconds: float,
         name: str) -> None:
    """Each centre's users ask their own servers; nobody may be refused."""
    left = Load(servers.of_side("left"), ledger, people[::2])
    right = Load(servers.of_side("right"), ledger, people[1::2])
    with left, right:
        left.run_for(seconds)
        until("each side asks for everything",
              lambda: all(load.verbs() == VERBS for load in (left, right)), ALL_VERBS_LIMIT_S)
    for side, load in (("left", left), ("right", right)):
        load.report(f"data centres, {name}, {side}")
        assert not load.failed(), load.failed()[:5]


def check_two_centres(servers: SplitServers, ledger: Ledger, people: list[Person],
                      nodes: SplitNodes, network: object) -> None:
    # Given two data centres in which people work
    work(servers, ledger, people, BEFORE_S, "together")

    # When one is cut off
    network.cut()  # type: ignore[attr-defined]

    # Then both go on, with reads, writes and first registrations
    work(servers, ledger, people, DURING_S, "apart")
    degraded = [server.metric("cassandra_degraded_claims_total") for server in servers.all]
    assert sum(degraded) > 0, "no first registration was made without the other centre"

    # … and afterwards they agree
    network.heal()  # type: ignore[attr-defined]
    nodes.wait_until_all_are_up()
    work(servers, ledger, people, AFTER_S, "together again")
    check_promises(servers.all, ledger)
    eventually(lambda: check_nodes_agree(nodes, servers.keyspace))


def test_two_data_centres_are_cut_off_from_each_other(
    no_nodes: None, tmp_path: Path, seed: int
) -> None:
    network = build_network()
    nodes = SplitNodes(network, "cluster-centres", "--data-centres", str(len(CENTRES)))
    ledger = Ledger()
    try:
        nodes.run("drop")
        nodes.start(len(NODE_SIDES))
        own = {side: ["--cassandra-data-centre", centre] for side, centre in CENTRES.items()}
        with SplitServers(network, nodes, tmp_path, own, "--cassandra-replication",
                          "dc1:2,dc2:2") as servers:
            check_two_centres(servers, ledger, residents(ledger, seed), nodes, network)
    finally:
        nodes.drop()
        network.remove()
