"""Every allocation on the way of every request fails once: 503 or a closed connection, no crash,
and what was acknowledged is there."""

import json
import os
from collections import Counter
from pathlib import Path
from typing import Iterator

import pytest

from harm.allocations import Allocations
from harm.entries import exported
from harm.wait import until
from registry.bodies import data_object, hyperty
from registry.client import encode_request, piece
from registry.process import Registry
from registry.wire import Answer, Closed, Wire

pytestmark = [pytest.mark.own_server, pytest.mark.one_server_store]

USER = "user://x.org/ann@x.org"
# A round has about three hundred; one that never fails ends the test.
ROUNDS_MAX = int(os.environ.get("ALLOC_ROUNDS", "3000"))


class Memory:
    """Which allocation fails next, and a server that has to do with it."""

    def __init__(self, folder: Path, store: str):
        self.allocations = Allocations(folder / "allocations")
        self.registry = Registry(folder / "data", store, environment=self.allocations.environment())
        self.statuses: Counter[str] = Counter()

    def ask(self, method: str, target: str, body: object = None,
            port: int | None = None) -> Answer | None:
        """On a connection of its own, since that needs memory, too. None: it was closed."""
        try:
            with self.registry.connect(port or self.registry.port) as wire:
                wire.send(encode_request(method, target, body))
                answer = wire.receive()
        except (Closed, OSError):
            self.statuses["closed"] += 1
            return None
        self.statuses[str(answer.status)] += 1
        return answer


def succeeded(answer: Answer | None) -> bool:
    return answer is not None and answer.status == 200


def round_of_requests(memory: Memory, number: int) -> dict[str, bool]:
    """Of everything that there is, on ids of this round; what was acknowledged."""
    hyperty_path = f"/hyperty/user/{piece(USER)}/h{number}"
    object_path = f"/hyperty/dataobject/o{number}"
    done = {
        "created": succeeded(memory.ask("PUT", hyperty_path, hyperty(guid=f"g{number}"))),
        "replaced": succeeded(memory.ask("PUT", hyperty_path, hyperty(descriptor="replaced"))),
        "updated": succeeded(memory.ask("PUT", f"/hyperty/url/h{number}", {"runtime": "updated"})),
        "renewed": succeeded(memory.ask("PUT", f"/hyperty/url/h{number}", {})),
        "object": succeeded(memory.ask("PUT", object_path, data_object(name=f"n{number}"))),
    }
    for target in (f"/hyperty/url/h{number}", f"/hyperty/user/{piece(USER)}",
                   f"/hyperty/user/{piece(USER)}/x?resources=chat", "/hyperty/email/ann@x.org",
                   f"/hyperty/guid/g{number}", f"/hyperty/dataobject/name/n{number}",
                   f"/hyperty/dataobject/url/o{number}", "/live"):
        memory.ask("GET", target)
    done["deleted"] = succeeded(memory.ask("DELETE", hyperty_path))
    news = memory.ask("GET", "/registry/updated")
    done["told"] = succeeded(news) and f"h{number}" in news.json  # type: ignore[union-attr]
    return done


def check_kept(wire: Wire, number: int, done: dict[str, bool]) -> None:
    """What was acknowledged is there; what was not may be."""
    wire.send(encode_request("GET", f"/hyperty/url/h{number}"))
    answer = wire.receive()
    if not (done["created"] or done["replaced"]):
        assert answer.status in (200, 404, 408)
        return
    assert answer.status in ((408,) if done["deleted"] else (200, 408)), answer
    shown = answer.json
    if done["replaced"]:
        assert shown["descriptor"] == "replaced"
    if done["updated"]:
        assert shown["runtime"] == "updated"
    if done["deleted"] and not done["told"]:
        wire.send(encode_request("GET", "/registry/updated"))
        assert f"h{number}" in wire.receive().json, "nobody was told"
    if done["object"]:
        wire.send(encode_request("GET", f"/hyperty/dataobject/name/n{number}"))
        assert f"o{number}" in wire.receive().json


@pytest.fixture
def memory(tmp_path: Path, store: str) -> Iterator[Memory]:
    memory = Memory(tmp_path, store)
    with memory.registry:
        yield memory


def test_any_allocation_may_fail(memory: Memory) -> None:
    round_of_requests(memory, 0)
    number = 0
    while number < ROUNDS_MAX:
        number += 1
        memory.allocations.fail(number)
        done = round_of_requests(memory, number)
        memory.allocations.lift()

        assert memory.registry.running(), f"allocation {number}: {memory.registry.log_text()}"
        until("it is ready", lambda: memory.registry.admin("/ready")[0] == 200)
        with memory.registry.wire() as wire:
            check_kept(wire, number, done)
        if memory.allocations.get("failed") == 0:
            break
    print(f"{number - 1} allocations failed; {dict(memory.statuses)}")
    assert memory.allocations.get("failed") == 0, "there is no end of it"
    assert number > 50
    assert set(memory.statuses) <= {"200", "503", "404", "408", "closed"}, memory.statuses


OPERATORS = ["/live", "/ready", "/metrics", "/overview", "/overview?list=users",
             "/overview?list=updates", "/overview?q=h1&by=hyperty", "/export"]


def test_any_allocation_for_operators_may_fail(memory: Memory) -> None:
    round_of_requests(memory, 0)
    memory.statuses.clear()
    number = 0
    while number < ROUNDS_MAX:
        number += 1
        memory.allocations.fail(number)
        answers = {target: memory.ask("GET", target, port=memory.registry.admin_port)
                   for target in OPERATORS}
        memory.allocations.lift()

        assert memory.registry.running(), f"allocation {number}: {memory.registry.log_text()}"
        export = answers["/export"]
        if succeeded(export):
            assert export is not None and export.body.endswith(b'{"next":null}\n')
        if memory.allocations.get("failed") == 0:
            break
    print(f"{number - 1} allocations failed; {dict(memory.statuses)}")
    assert memory.allocations.get("failed") == 0, "there is no end of it"
    assert number > 20
    exports = {"404"} if memory.registry.store == "lmdb" else set()
    assert set(memory.statuses) <= {"200", "503", "closed"} | exports, memory.statuses


def check_start(registry: Registry, allocations: Allocations) -> None:
    """It ends with a reason; or it serves what there was, and then ends as ever."""
    registry.launch()
    try:
        registry.wait_until_started()
    except RuntimeError:  # it ended
        assert any("reason" in line for line in registry.log)
        return
    allocations.lift()
    with registry.wire() as wire:
        wire.send(encode_request("GET", "/hyperty/url/h"))
        assert wire.receive().json["hypertyID"] == "h"
    assert registry.terminate() == 0


def test_any_allocation_of_a_start_may_fail(tmp_path: Path, store: str) -> None:
    allocations = Allocations(tmp_path / "allocations")
    registry = Registry(tmp_path / "data", store, environment=allocations.environment(),
                        start=False)
    if store == "memory":
        (tmp_path / "entries").write_text(json.dumps(exported("h")) + "\n")
        registry.arguments = ["--load-file", str(tmp_path / "entries")]
    else:
        with Registry(tmp_path / "data", store) as before, before.wire() as wire:
            wire.send(encode_request("PUT", f"/hyperty/user/{piece(USER)}/h", hyperty()))
            assert wire.receive().status == 200
    number = 0
    while number < ROUNDS_MAX:
        number += 1
        allocations.fail(number)
        with registry:
            check_start(registry, allocations)
        if allocations.get("failed") == 0:
            break
    print(f"{number - 1} allocations failed")
    assert allocations.get("failed") == 0, "there is no end of it"
    assert number > 20
