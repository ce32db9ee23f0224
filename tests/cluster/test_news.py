"""Several readers of the news at several servers: each expiry is told to one of them."""

import time

from harm.wait import until
from lab.news import Pollers, fill_in_time, filled
from lab.nodes import Nodes
from lab.servers import Servers

ENTRIES = 10_000
POLLERS = 8
TOLD_LIMIT_S = 180.0
# Leases of a server that died end after two minutes.
TOLD_AGAIN_LIMIT_S = 200.0
QUIET_S = 3.0


def wait_for_due(due_s: float) -> None:
    time.sleep(max(0.0, due_s - time.monotonic()))


def test_each_expiry_is_told_to_exactly_one_of_eight_pollers(
    three_servers: Servers, four_nodes: Nodes
) -> None:
    due_s = fill_in_time(four_nodes, three_servers.keyspace, "once", ENTRIES)

    with Pollers(three_servers.all, POLLERS) as pollers:
        assert not pollers.count()
        until("all told", lambda: pollers.count() >= ENTRIES,
              due_s - time.monotonic() + TOLD_LIMIT_S)
        time.sleep(QUIET_S)  # for what is told twice

    print(f"eight pollers: {ENTRIES} told within {pollers.last_s - due_s:.1f} s")
    assert set(pollers.told) == filled("once", ENTRIES)
    assert not pollers.told_more_than_once()
    assert not pollers.refused, pollers.refused[:3]


def test_no_expiry_is_lost_when_a_server_is_killed_while_they_are_told(
    three_servers: Servers, four_nodes: Nodes
) -> None:
    due_s = fill_in_time(four_nodes, three_servers.keyspace, "twice", ENTRIES)

    with Pollers(three_servers.all, POLLERS) as pollers:
        # When a server dies in the middle
        until("a part is told", lambda: pollers.count() > ENTRIES // 4,
              due_s - time.monotonic() + TOLD_LIMIT_S)
        three_servers.all[0].kill()
        told_before = pollers.count()

        # Then the others tell the rest, and what it had taken when its lease is over
        until("all told", lambda: pollers.count() >= ENTRIES, TOLD_AGAIN_LIMIT_S)

    print(f"a server killed after {told_before}: all {ENTRIES} told within "
          f"{pollers.last_s - due_s:.1f} s, {len(pollers.told_more_than_once())} of them twice")
    assert set(pollers.told) == filled("twice", ENTRIES)
    assert told_before < ENTRIES, "it died too late to test anything"
    assert not pollers.refused, pollers.refused[:3]
