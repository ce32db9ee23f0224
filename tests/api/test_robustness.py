"""What spec 15 asks of a server in trouble: costs, faults of the disk, forged logs."""

import os
import time
from pathlib import Path
from typing import Callable

import pytest

from registry.api import OwnApi
from registry.bodies import hyperty
from registry.client import said

pytestmark = pytest.mark.own_server


def cpu_ns(api: OwnApi) -> int:
    """What the server's threads have used: other programs do not count."""
    files = (path for server in api.registry.members
             for path in Path(f"/proc/{server.pid}/task").glob("*/schedstat"))
    return sum(int(path.read_text().split()[0]) for path in files)


def cost_of_reads(api: OwnApi) -> int:
    """The least of several rounds."""
    rounds = []
    for _ in range(5):
        before = cpu_ns(api)
        for _ in range(200):
            assert api.hyperty(api.id("h50")).status == 200
        rounds.append(cpu_ns(api) - before)
    return min(rounds)


def test_a_look_up_by_id_does_not_cost_more_the_more_entries_there_are(fresh: OwnApi) -> None:
    fresh.create_many(100)
    with_few = cost_of_reads(fresh)

    fresh.create_many(10_000, first=100)

    assert cost_of_reads(fresh) < 3 * with_few


def test_a_write_that_cannot_be_kept_is_answered_503_in_json(
    start: Callable[..., OwnApi],
) -> None:
    """A database that has reached the size it may have."""
    api = start("lmdb", arguments=["--lmdb-map-bytes", "4M"])
    refused = None
    for n in range(2000):
        answer = api.put_hyperty(api.user(), api.id(f"h{n}"), hyperty(descriptor="d" * 8000))
        if answer.status != 200:
            refused = answer
            break

    assert refused is not None and said(refused) == (503, "Temporary Unavailable")
    assert refused.header("Retry-After")
    assert api.hyperty(api.id("h0")).status == 200
    assert api.updated() == {}
    assert api.get("/live").status == 200


@pytest.mark.parametrize("text", ['\n{"event.action":"forged"}\n', "\r\nforged",
                                  '"},{"x":"', "\x1b[2J"])
def test_what_comes_from_outside_cannot_forge_a_log_line(
    start: Callable[..., OwnApi], text: str
) -> None:
    api = start("memory", arguments=["--log-level", "debug"])
    api.put_hyperty(text, api.id(text), hyperty(descriptor=text, runtime=text))
    api.put_hyperty(text, api.id(text), text)
    api.get("/live", headers=[("User-Agent", text.replace("\n", "").replace("\r", ""))])
    assert api.registry.terminate() == 0

    for line in api.registry.log:
        assert "event.action" in line and "text" not in line, line
        assert line["event.action"] != "forged"


def test_the_process_needs_no_more_files_than_it_has_connections(
    start: Callable[..., OwnApi],
) -> None:
    """Connections that come and go leave nothing behind."""
    api = start("lmdb")

    def files() -> int:
        return len(os.listdir(f"/proc/{api.registry.pid}/fd"))

    api.get("/live")
    before = files()
    for _ in range(20):
        wires = [api.wire() for _ in range(20)]
        for wire in wires:
            wire.send(b"GET /live HTTP/1.1\r\nHost: x\r\n\r\n")
        for wire in wires:
            assert wire.receive().status == 200
            wire.close()
    deadline = time.monotonic() + 10
    while files() > before + 5 and time.monotonic() < deadline:
        time.sleep(0.01)

    assert files() <= before + 5
