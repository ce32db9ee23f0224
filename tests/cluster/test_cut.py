"""Two nodes and two are cut off from each other: both sides go on, and agree afterwards.

One cut serves all tests here: before it entries are made, during it both sides change them, and
after it each test looks at one row of the table in docs/stores.md.
"""

import time
from dataclasses import dataclass, field
from typing import Any, Iterator

import pytest

from harm.ledger import DISCONNECTED, Ledger, fetch
from lab.agree import check_nodes_agree, check_promises, check_servers_agree, eventually
from lab.load import Load, residents
from lab.news import Pollers
from lab.sides import SplitNodes, SplitServers, build_network
from registry.bodies import hyperty
from registry.client import Client, piece

ANN, BOB = "user://x.org/ann@x.org", "user://x.org/bob@x.org"
# As many as make sure that either side has the larger part of the copies of some.
PER_ROW = 6
BEFORE_THE_OTHER_S = 0.5
SHORT_LIFE_S = 12
CUT_AT_LEAST_S = 30.0
BOTH_WORK_S = 8.0
# What both sides counted is counted anew, half a minute after all is quiet, or a minute, or two, or four.
RECOUNT_LIMIT_S = 420.0


def ids(row: str) -> list[str]:
    return [f"hyperty://x.org/{row}/{number}" for number in range(PER_ROW)]


class Side:
    """What the users of one side do."""

    def __init__(self, client: Client):
        self._client = client
        self.longest_s = 0.0

    def _done(self, what: str, answer_of: Any) -> None:
        start_s = time.monotonic()
        answer = answer_of()
        took_s = time.monotonic() - start_s
        self.longest_s = max(self.longest_s, took_s)
        assert answer.status == 200, f"{what}, after {took_s:.2f} s: {answer}"

    def put(self, row: str, user: str = ANN, **changes: Any) -> None:
        for id_ in ids(row):
            body = hyperty(**changes)
            self._done(row, lambda i=id_, b=body: self._client.put_hyperty(user, i, b))

    def update(self, row: str, **changes: Any) -> None:
        for id_ in ids(row):
            self._done(row, lambda i=id_: self._client.update(i, changes))

    def keep_alive(self, row: str) -> None:
        self.update(row)

    def delete(self, row: str) -> None:
        for id_ in ids(row):
            self._done(row, lambda i=id_: self._client.delete_hyperty(ANN, i))


@dataclass
class Healed:
    """The cluster after the cut, and what happened during it."""

    nodes: SplitNodes
    servers: SplitServers
    ledger: Ledger
    told: set[str] = field(default_factory=set)

    def shown(self, row: str) -> list[dict[str, Any]]:
        """The row's entries, once all servers agree on them."""
        targets = [f"/hyperty/url/{piece(id_)}" for id_ in ids(row)]
        eventually(lambda: check_servers_agree(self.servers.all, targets))
        return [answer.json for answer in fetch(self.servers.all[0], targets)]

    def conflicts(self) -> dict[str, tuple[str, str]]:
        """Of each id of which a claim was set aside: who lost it, and the winner."""
        def text(value: bytes | None) -> str:
            return (value or b"").decode()

        with self.nodes.cql() as node:
            rows = node.run(f"SELECT id, owner, winner FROM {self.servers.keyspace}.conflicts")
        return {text(row["id"]): (text(row["owner"]), text(row["winner"])) for row in rows}

    def check_members(self, row: str, **members: Any) -> None:
        def check() -> None:
            for shown in self.shown(row):
                assert {**shown, **members} == shown, f"{row}: {shown}, expected {members}"

        eventually(check)

    def check_told(self, row: str) -> None:
        def check() -> None:
            for server in self.servers.all:
                self.told.update(server.client().updated())
            assert set(ids(row)) <= self.told, f"{row}: {set(ids(row)) - self.told} not told"

        eventually(check)


PREPARED = ("members", "member-right-later", "member-left-later", "alive-then-deleted",
            "deleted-then-alive", "replaced-then-deleted", "deleted-then-replaced",
            "deleted-left", "untouched")
SHORT = ("refreshed", "expired")
DURING = ("claimed-left-first", "claimed-right-first", "new-left", "new-right")


def change_on_both_sides(left: Side, right: Side) -> None:
    """Where the order counts, the second one comes clearly later."""
    left.update("members", descriptor="left")
    left.update("member-right-later", descriptor="left")
    right.update("member-left-later", descriptor="right")
    left.keep_alive("alive-then-deleted")
    left.delete("deleted-then-alive")
    left.put("replaced-then-deleted", descriptor="left")
    left.delete("deleted-then-replaced")
    left.delete("deleted-left")
    left.put("claimed-left-first", ANN)
    right.put("claimed-right-first", BOB)
    left.put("new-left")
    right.put("new-right")
    time.sleep(BEFORE_THE_OTHER_S)
    right.update("members", runtime="right")
    right.update("member-right-later", descriptor="right")
    left.update("member-left-later", descriptor="left")
    right.delete("alive-then-deleted")
    right.keep_alive("deleted-then-alive")
    right.delete("replaced-then-deleted")
    right.put("deleted-then-replaced", descriptor="right")
    right.put("claimed-left-first", BOB)
    left.put("claimed-right-first", ANN)


def work_on_both_sides(servers: SplitServers, ledger: Ledger, seed: int) -> None:
    everybody = residents(ledger, seed)
    left = Load(servers.of_side("left"), ledger, everybody[::2], pollers=0)
    right = Load(servers.of_side("right"), ledger, everybody[1::2], pollers=0)
    with left, right:
        left.run_for(BOTH_WORK_S)
    for name, load in (("left", left), ("right", right)):
        load.report(f"cut, {name} side")
        assert not load.failed(), load.failed()[:5]


@pytest.fixture(scope="module")
def healed(
    no_nodes: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Healed]:
    network = build_network()
    nodes = SplitNodes(network, "cluster-cut")
    try:
        nodes.run("drop")
        nodes.start(4)
        with SplitServers(network, nodes, tmp_path_factory.mktemp("cut")) as servers:
            yield cut_and_heal(network, nodes, servers)
    finally:
        nodes.drop()
        network.remove()


def cut_and_heal(network: Any, nodes: SplitNodes, servers: SplitServers) -> Healed:
    result = Healed(nodes, servers, Ledger())
    left = Side(servers.of_side("left")[0].client())
    right = Side(servers.of_side("right")[0].client())
    for row in PREPARED:
        left.put(row)
    for row in SHORT:
        left.put(row, expires=SHORT_LIFE_S)
    short_s = time.monotonic()

    polled = [servers.of_side("left")[0], servers.of_side("right")[0]]
    with Pollers(polled, 2, result.ledger) as pollers:
        network.cut()
        cut_s = time.monotonic()
        left.keep_alive("refreshed")
        left.update("refreshed", expires=3600)
        change_on_both_sides(left, right)
        print(f"cut: the longest request took {max(left.longest_s, right.longest_s):.2f} s")
        work_on_both_sides(servers, result.ledger, 1)
        time.sleep(max(0.0, short_s + SHORT_LIFE_S + 5 - time.monotonic(),
                       cut_s + CUT_AT_LEAST_S - time.monotonic()))
        network.heal()
        nodes.wait_until_all_are_up()
    assert not pollers.refused, pollers.refused[:3]
    result.told.update(pollers.told)
    return result


# ---- The rows of the table ----


def test_different_members_are_merged(healed: Healed) -> None:
    healed.check_members("members", descriptor="left", runtime="right", status="live")


def test_of_one_member_the_later_value_wins(healed: Healed) -> None:
    healed.check_members("member-right-later", descriptor="right")
    healed.check_members("member-left-later", descriptor="left")


@pytest.mark.parametrize("row", ["alive-then-deleted", "deleted-then-alive", "deleted-left"])
def test_a_deletion_wins_against_a_keep_alive_and_is_told(healed: Healed, row: str) -> None:
    healed.check_members(row, status=DISCONNECTED)
    healed.check_told(row)


def test_of_replacement_and_deletion_the_later_wins(healed: Healed) -> None:
    healed.check_members("replaced-then-deleted", status=DISCONNECTED)
    healed.check_members("deleted-then-replaced", status="live", descriptor="right")


def test_a_sign_of_life_wins_against_an_expiry_elsewhere(healed: Healed) -> None:
    healed.check_members("refreshed", status="live", expires=3600)


def test_expiries_during_the_cut_are_told(healed: Healed) -> None:
    healed.check_members("expired", status=DISCONNECTED)
    healed.check_told("expired")


def test_what_was_registered_on_one_side_is_known_on_both(healed: Healed) -> None:
    healed.check_members("new-left", userID=ANN, status="live")
    healed.check_members("new-right", userID=ANN, status="live")
    healed.check_members("untouched", userID=ANN, status="live")


@pytest.mark.parametrize("row, winner, loser", [("claimed-left-first", ANN, BOB),
                                                ("claimed-right-first", BOB, ANN)])
def test_of_two_claims_the_earlier_wins_and_the_other_is_set_aside(
    healed: Healed, row: str, winner: str, loser: str
) -> None:
    healed.check_members(row, userID=winner)

    def check() -> None:
        set_aside = healed.conflicts()
        for id_ in ids(row):
            assert set_aside.get(id_) == (loser, winner), f"{id_}: {set_aside}"
        for server in healed.servers.all:
            listed = server.client().of_user(loser)
            assert not set(ids(row)) & set(listed.json), listed.json

    eventually(check)


def test_claims_set_aside_are_counted_and_logged(healed: Healed) -> None:
    servers = healed.servers.all
    eventually(lambda: check_at_least(sum(
        server.metric("cassandra_conflicts_total") for server in servers), 2 * PER_ROW))
    events = [entry for server in servers for entry in list(server.log)
              if entry.get("event.action") == "store.conflict"]
    assert len(events) >= 2 * PER_ROW


def check_at_least(seen: float, wanted: float) -> None:
    assert seen >= wanted


def test_nothing_that_either_side_acknowledged_is_lost(healed: Healed) -> None:
    check_promises(healed.servers.all, healed.ledger, with_counts=False)


def test_the_count_is_exact(healed: Healed) -> None:
    expected = PER_ROW * len(PREPARED + SHORT + DURING) + sum(
        entry.kind == "hyperty" for entry in healed.ledger.stored())

    def check() -> None:
        for server in healed.servers.all:
            assert server.client().get("/live").json["Hyperties_stored"] == str(expected)

    # Also once what both sides may have counted was counted anew
    eventually(lambda: check_at_least(sum(
        len(server.events("store.counted")) for server in healed.servers.all), 1), RECOUNT_LIMIT_S)
    eventually(check, RECOUNT_LIMIT_S)


def test_all_nodes_agree(healed: Healed) -> None:
    eventually(lambda: check_nodes_agree(healed.nodes, healed.servers.keyspace))
