"""Servers whose clocks are an hour apart: all the same they are one registry."""

import time
from pathlib import Path
from typing import Iterator

import pytest

from harm.ledger import DISCONNECTED
from harm.wait import until
from lab.agree import check_servers_agree
from lab.nodes import Nodes
from lab.servers import Server, Servers
from registry.bodies import hyperty
from registry.client import Client, piece

HOUR_S = 3600
LIFE_S = 4
NEWS_LIMIT_S = 15.0
LIBRARY = "faketime/libfaketime.so.1"


def shifted(seconds: int) -> dict[str, str]:
    """The environment of a process whose wall clock is wrong by so much."""
    (library,) = Path("/usr/lib").glob(f"*/{LIBRARY}")
    return {"LD_PRELOAD": str(library), "FAKETIME": f"{seconds:+}",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1"}


@pytest.fixture
def apart(one_node: Nodes, tmp_path: Path) -> Iterator[list[Server]]:
    """One server that is right, one that is fast and one that is slow."""
    with Servers(one_node, tmp_path, 1, copies=1) as servers:
        for seconds in (HOUR_S, -HOUR_S):
            servers.add(environment=shifted(seconds))
        yield servers.all


def create(client: Client, name: str, **changes: object) -> str:
    id_ = f"hyperty://x.org/{name}"
    assert client.put_hyperty("user://x.org/ann@x.org", id_, hyperty(**changes)).status == 200
    return id_


def test_lifetimes_are_the_same_at_all_servers(apart: list[Server]) -> None:
    clients = [server.client() for server in apart]
    for number, creator in enumerate(clients):
        # When one registers, then all see it for as long as was asked for, and no longer
        id_ = create(creator, f"lifetime/{number}", expires=LIFE_S)
        end_s = time.monotonic() + LIFE_S
        while time.monotonic() < end_s - 0.5:
            assert [client.hyperty(id_).status for client in clients] == [200, 200, 200]
        until("the end of its life everywhere",
              lambda: [client.hyperty(id_).status for client in clients] == [408, 408, 408], 5)
        check_servers_agree(apart, [f"/hyperty/url/{piece(id_)}"])


def test_the_later_change_wins_whoever_made_it(apart: list[Server]) -> None:
    clients = [server.client() for server in apart]
    id_ = create(clients[1], "later")
    for round_ in range(3):
        for number, client in enumerate(clients):
            wanted = f"{round_}/{number}"
            assert client.update(id_, {"descriptor": wanted}).status == 200
            assert {other.hyperty(id_).json["descriptor"] for other in clients} == {wanted}


def test_what_one_registers_another_deletes_and_a_third_revives(apart: list[Server]) -> None:
    clients = [server.client() for server in apart]
    id_ = create(clients[1], "revived")
    for first, second in ((2, 1), (1, 2), (0, 2)):
        assert clients[first].delete_hyperty("user://x.org/ann@x.org", id_).status == 200
        assert {client.hyperty(id_).json["status"] for client in clients} == {DISCONNECTED}
        assert clients[second].keep_alive(id_).status == 200
        assert {client.hyperty(id_).json["status"] for client in clients} == {"live"}


def test_each_expiry_is_told_once(apart: list[Server]) -> None:
    clients = [server.client() for server in apart]
    wanted = {create(client, f"told/{number}", expires=1) for number, client in enumerate(clients)}
    told: list[str] = []

    def all_are_told() -> bool:
        for client in clients:
            told.extend(client.updated())
        return wanted <= set(told)

    until("all told", all_are_told, NEWS_LIMIT_S)
    assert sorted(told) == sorted(set(told))


def test_shown_times_are_those_of_the_nodes(apart: list[Server]) -> None:
    for number, server in enumerate(apart):
        id_ = create(server.client(), f"shown/{number}")
        shown = server.client().hyperty(id_).json["lastModified"]
        seconds = time.mktime(time.strptime(shown, "%Y-%m-%dT%H:%M:%SZ")) - time.timezone
        assert abs(seconds - time.time()) < 5, f"server {number}: {shown}"
