"""Entries come, expire and are reported, over and over: nothing gets slower by what is left behind."""

import os
import statistics
import time
from dataclasses import dataclass
from pathlib import Path

from harm.wait import until
from lab.news import Pollers, fill
from lab.nodes import Nodes
from lab.servers import Server, Servers

ROUNDS = int(os.environ.get("CYCLE_ROUNDS", "10"))
ENTRIES = int(os.environ.get("CYCLE_ENTRIES", "2000"))
# How soon entries expire: long enough for making them all, first by a guess at how many a second
# this machine makes.
LEAST_DUE_IN_S = 4
MADE_IN_A_SECOND = 400
TOLD_LIMIT_S = 180.0
READS = 200
# Early and late rounds are compared; the first is left out, since everything is cold in it. What
# is left behind goes again when its bucket is over, so that times rise and fall; what grows for
# good shows in the best of the late rounds, too.
PART = 4
GROWTH_LIMIT = 1.5
# An entry takes about seven statements if it shares none with others. How many it shares differs
# from round to round by how many the sweep finds at once; so less than that, and some for each
# round, says nothing about growth.
STATEMENTS_AT_MOST = 8


@dataclass
class Round:
    fill_s: float
    statements: float  # of one entry, from its expiry to its news
    told_s: float
    read_ms: float
    poll_ms: float


def statements(server: Server) -> float:
    return server.metric("cassandra_statements_total")


def median_ms(server: Server, target: str) -> float:
    client = server.client()
    took = []
    for _ in range(READS):
        start_s = time.monotonic()
        client.get(target)
        took.append(time.monotonic() - start_s)
    return statistics.median(took) * 1000


def one_round(nodes: Nodes, servers: Servers, due_in_s: int) -> Round:
    """The same ids each time, so that what is left behind is left in the same places."""
    server = servers.all[0]
    start_s = time.monotonic()
    due_s = fill(nodes, servers.keyspace, "again", ENTRIES, due_in_s)
    fill_s = time.monotonic() - start_s
    time.sleep(max(0.0, due_s - time.monotonic()))
    before = statements(server)
    with Pollers([server], 1) as pollers:
        until("all told", lambda: pollers.count() >= ENTRIES, TOLD_LIMIT_S)
    assert not pollers.told_more_than_once()
    return Round(fill_s, (statements(server) - before) / ENTRIES, pollers.last_s - due_s,
                 median_ms(server, "/hyperty/user/user%3A%2F%2Fx.org%2Fagain00000000%40x.org"),
                 median_ms(server, "/registry/updated"))


def check_growth(name: str, early: list[float], late: list[float], least: float) -> None:
    """least: smaller values are equal, as far as this machine can tell."""
    before, after = statistics.median(early), min(late)
    print(f"cycles: {name}: {before:.2f} early, {after:.2f} to {max(late):.2f} late")
    assert after <= max(before, least) * GROWTH_LIMIT, f"{name} grows"


def test_cycles_make_nothing_slower(one_node: Nodes, tmp_path: Path) -> None:
    with Servers(one_node, tmp_path, 1, copies=1) as servers:
        rounds: list[Round] = []
        for _ in range(ROUNDS):
            expected_s = rounds[-1].fill_s * 1.5 if rounds else ENTRIES / MADE_IN_A_SECOND
            rounds.append(one_round(one_node, servers, LEAST_DUE_IN_S + int(expected_s)))
    early, late = rounds[1:1 + PART], rounds[-PART:]

    print(f"cycles: {ROUNDS} rounds of {ENTRIES} entries")
    check_growth("statements for each entry", [r.statements for r in early],
                 [r.statements for r in late], STATEMENTS_AT_MOST / GROWTH_LIMIT)
    check_growth("seconds until all were told", [r.told_s for r in early],
                 [r.told_s for r in late], 2)
    check_growth("ms for a read by user", [r.read_ms for r in early], [r.read_ms for r in late], 2)
    check_growth("ms for a read of no news", [r.poll_ms for r in early],
                 [r.poll_ms for r in late], 2)
