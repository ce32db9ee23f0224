"""More requests than the disk can serve: signs of life come through, what can come again is refused."""

import time
from contextlib import ExitStack
from pathlib import Path
from typing import Iterator

import pytest

from harm.faults import Faults
from harm.wait import until
from registry.bodies import hyperty
from registry.client import Client, encode_request, piece
from registry.process import Registry
from registry.wire import Wire

pytestmark = pytest.mark.own_server

WAITING_MAX = 20
HALF = WAITING_MAX // 2
USER = "user://x.org/u"
SYNC_MS = 300
EXPIRES_S = 3
FLOOD_S = EXPIRES_S + 2


@pytest.fixture
def faults(tmp_path: Path) -> Faults:
    return Faults(tmp_path / "faults")


@pytest.fixture
def server(tmp_path: Path, faults: Faults) -> Iterator[Registry]:
    with Registry(tmp_path / "data", environment=faults.environment(),
                  arguments=["--waiting-max", str(WAITING_MAX),
                             "--wait-max-ms", "3600000"]) as registry:
        yield registry


def send_puts(stack: ExitStack, registry: Registry, prefix: str, count: int) -> list[Wire]:
    wires = [stack.enter_context(registry.wire()) for _ in range(count)]
    for number, wire in enumerate(wires):
        target = f"/hyperty/user/{piece(USER)}/{prefix}{number}"
        wire.send(encode_request("PUT", target, hyperty()))
    return wires


def shed(registry: Registry, what: str) -> float:
    return registry.metrics()[f"registryd_shed_{what}_total"]


def test_searches_are_refused_first_and_then_registrations(
    server: Registry, faults: Faults
) -> None:
    with Client(server.url) as client, ExitStack() as stack:
        assert client.put_hyperty(USER, "h", hyperty()).status == 200
        search = f"/hyperty/user/{piece(USER)}/x?resources=chat"

        # Given a disk that stands still, and so many registrations that wait for it
        faults.delay("sync", 3000)
        wires = send_puts(stack, server, "a", HALF)
        until("they wait", lambda: server.metrics()["registryd_requests_waiting"] >= HALF)

        # Then a search is refused, and a read is not
        answer = client.get(search)
        assert answer.status == 503 and answer.header("Retry-After") == "1"
        assert answer.json["message"] == "Temporary Unavailable"
        assert client.hyperty("h").status == 200

        # And with more of them, registrations are
        more = send_puts(stack, server, "b", WAITING_MAX)
        until("some are refused", lambda: shed(server, "creates") > 0)
        faults.lift()
        assert {wire.receive().status for wire in wires} == {200}
        assert {wire.receive().status for wire in more} == {200, 503}
        assert (shed(server, "searches"), shed(server, "reads")) == (1, 0)

        # When the disk is quick again, everything is served at once
        assert client.put_hyperty(USER, "last", hyperty()).status == 200
        assert client.get(search).status == 200


def test_in_a_flood_of_registrations_signs_of_life_come_through(
    server: Registry, faults: Faults
) -> None:
    with Client(server.url) as client, ExitStack() as stack:
        assert client.put_hyperty(USER, "h", hyperty(expires=EXPIRES_S)).status == 200
        faults.delay("sync", SYNC_MS)

        # Given three times as many registrations as may wait, again and again
        rounds = 0
        deadline = time.monotonic() + FLOOD_S
        while time.monotonic() < deadline:
            wires = send_puts(stack, server, f"n{rounds}-", 3 * WAITING_MAX)
            # When somebody gives a sign of life, then it is taken
            assert client.keep_alive("h").status == 200
            assert {wire.receive().status for wire in wires} <= {200, 503}
            rounds += 1

        # And nobody was disconnected who did
        assert shed(server, "creates") > 0 and rounds > 1
        assert "h" not in client.get("/registry/updated").json
        assert client.hyperty("h").json["status"] == "live"
        faults.lift()


def test_one_that_waits_for_long_is_a_load_too(tmp_path: Path, faults: Faults) -> None:
    with Registry(tmp_path / "data", environment=faults.environment(),
                  arguments=["--wait-max-ms", "400"]) as registry, \
            Client(registry.url) as client, ExitStack() as stack:
        assert client.put_hyperty(USER, "h", hyperty()).status == 200

        # Given a disk that stands still, and one registration that waits for it
        faults.delay("sync", 3000)
        (wire,) = send_puts(stack, registry, "a", 1)

        # When it has waited for long, then what can come again is refused in the same order
        until("a search is refused", lambda: client.get(
            f"/hyperty/user/{piece(USER)}/x?resources=chat").status == 503)
        until("a read is refused", lambda: client.hyperty("h").status == 503)
        assert client.put_hyperty(USER, "b", hyperty()).status == 503

        # And signs of life are taken, and everything as soon as the disk goes on
        faults.lift()
        assert client.keep_alive("h").status == 200
        assert wire.receive().status == 200
        assert client.put_hyperty(USER, "b", hyperty()).status == 200


def test_without_memory_registrations_and_searches_are_refused(tmp_path: Path) -> None:
    with Registry(tmp_path / "data") as registry, Client(registry.url) as client:
        assert client.put_hyperty(USER, "h", hyperty()).status == 200
    with Registry(tmp_path / "data", arguments=["--memory-max-bytes", "1K"]) as registry, \
            Client(registry.url) as client:
        assert registry.metrics()["registryd_memory_bytes"] > 1024
        answer = client.put_hyperty(USER, "more", hyperty())
        assert answer.status == 503 and answer.header("Retry-After") == "1"
        assert "memory" in answer.json["detail"]
        assert client.get(f"/hyperty/user/{piece(USER)}/x?resources=chat").status == 503
        assert client.hyperty("h").status == 200
        assert client.keep_alive("h").status == 200
        assert client.update("h", {"status": "busy", "expires": 100}).status == 200
        assert client.update("h", {"descriptor": "x" * 1000}).status == 503
        assert client.delete_hyperty(USER, "h").status == 200
        assert set(client.updated()) == {"h"}
        assert shed(registry, "memory") == 3
        assert (shed(registry, "creates"), shed(registry, "searches")) == (0, 0)
