"""Whether all that was acknowledged is there, and whether all servers and nodes say the same."""

import time
from typing import Any, Callable, Sequence

from harm.ledger import Ledger, fetch
from lab.nodes import Nodes
from registry.cql import ONE, QUORUM
from registry.process import Registry

# What the issue allows for servers and nodes to agree again.
AGREE_LIMIT_S = 60.0
# News that were taken when it was not known whether that is durable come back after two minutes.
NEWS_LIMIT_S = 150.0

# What clients see comes from these; the other tables are queues, in which the sweep is at work.
# One copy of each must do, but for owners: what a lightweight transaction has left out is repaired
# when it is read, which is done by a quorum.
TABLES = {"hyperties": ONE, "data_objects": ONE, "owners": QUORUM, "data_objects_by_name": ONE,
          "data_objects_by_reporter": ONE, "users_by_email": ONE, "users_by_guid": ONE}


def eventually(check: Callable[[], Any], limit_s: float = AGREE_LIMIT_S) -> None:
    """Repeats the check until it holds; fails as it does, if it never does."""
    deadline = time.monotonic() + limit_s
    while True:
        try:
            check()
            return
        except AssertionError:
            if time.monotonic() > deadline:
                raise
        time.sleep(0.2)


def check_servers_agree(servers: Sequence[Registry], targets: list[str]) -> None:
    """Every GET has the same answer from each."""
    first = [(answer.status, answer.json) for answer in fetch(servers[0], targets)]
    for server in servers[1:]:
        others = [(answer.status, answer.json) for answer in fetch(server, targets)]
        for target, one, other in zip(targets, first, others):
            assert one == other, f"{target}: {one} here, {other} there"


def _dump(
    nodes: Nodes, number: int, keyspace: str, table: str, consistency: int
) -> set[tuple[Any, ...]]:
    with nodes.cql(number) as node:
        rows = node.run(f"SELECT * FROM {keyspace}.{table}", consistency)
    return {tuple(row.items()) for row in rows}


def check_nodes_agree(nodes: Nodes, keyspace: str, were_killed: bool = False) -> None:
    """What each node finds, which asks itself first. One that was killed may lack what it had
    acknowledged since its log was last synced, a second before at most, and nobody has a hint for
    that: whoever asks for a quorum, as servers do, finds it, and so it is repaired."""
    for table, one_does in TABLES.items():
        consistency = QUORUM if were_killed else one_does
        first, *others = sorted(nodes.started)
        expected = _dump(nodes, first, keyspace, table, consistency)
        for number in others:
            seen = _dump(nodes, number, keyspace, table, consistency)
            assert seen == expected, (
                f"{table}: nodes {first} and {number} differ in {list(seen ^ expected)[:2]}")


def check_promises(servers: Sequence[Registry], ledger: Ledger,
                   limit_s: float = AGREE_LIMIT_S, with_counts: bool = True) -> None:
    """All that was acknowledged is there, on every server alike, and somebody was told of all
    that went away."""
    deadline = time.monotonic() + limit_s
    for server in servers:
        eventually(lambda at=server: ledger.settle_and_check(at, with_counts),
                   deadline - time.monotonic())
    targets = [entry.target() for entry in ledger.entries]
    eventually(lambda: check_servers_agree(servers, targets), deadline - time.monotonic())
    ledger.check_news(servers[0], NEWS_LIMIT_S)
