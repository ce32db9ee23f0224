"""One of four nodes dies, freezes or returns while clients work: they must not notice."""

from typing import Callable

import pytest

from harm.ledger import Ledger
from lab.agree import check_nodes_agree, check_promises, eventually
from lab.load import Load, residents
from lab.nodes import Nodes
from lab.servers import Servers

VICTIM = 2
BEFORE_S, DURING_S, AFTER_S = 3.0, 8.0, 4.0
FROZEN_S = 5.0


def nothing(_nodes: Nodes, load: Load) -> None:
    """What the others are to be compared with."""
    load.run_for(DURING_S)


def kill_and_restart(nodes: Nodes, load: Load) -> None:
    nodes.kill(VICTIM)
    load.run_for(DURING_S)
    nodes.start_node(VICTIM)


def freeze(nodes: Nodes, load: Load) -> None:
    nodes.freeze(VICTIM)
    load.run_for(FROZEN_S)
    nodes.thaw(VICTIM)


def stop_and_start(nodes: Nodes, load: Load) -> None:
    nodes.run("stop-node", VICTIM)
    load.run_for(DURING_S)
    nodes.start_node(VICTIM)


@pytest.mark.parametrize("harm", [nothing, kill_and_restart, freeze, stop_and_start],
                         ids=lambda harm: harm.__name__)
def test_one_node_comes_to_harm_and_no_client_notices(
    three_servers: Servers, four_nodes: Nodes, seed: int, harm: Callable[[Nodes, Load], None]
) -> None:
    # Given clients that work through three servers
    ledger = Ledger()
    with Load(three_servers.all, ledger, residents(ledger, seed)) as load:
        load.run_for(BEFORE_S)

        # When one node comes to harm and returns
        harm(four_nodes, load)
        load.run_for(AFTER_S)
    load.report(harm.__name__)

    # Then each request was answered well
    assert not load.failed(), load.failed()[:5]
    # … all that was acknowledged is there, and all servers and nodes agree
    check_promises(three_servers.all, ledger)
    eventually(lambda: check_nodes_agree(four_nodes, three_servers.keyspace,
                                         harm is kill_and_restart))
