"""Ten thousand clients that are connected and silent."""

import resource
from contextlib import ExitStack
from pathlib import Path
from typing import Iterator

import pytest

from harm.wait import until
from registry.client import Client
from registry.process import Registry
from registry.wire import Wire

pytestmark = pytest.mark.own_server

CONNECTIONS = 10_000
FILES_SPARE = 200
MEMORY_LIMIT_KIB = 64  # of each: what a request needs, and what is noted about its connection
REAPED_LIMIT_S = 30.0
ANY_NUMBER = ["--connections-per-address-max", "0"]


@pytest.fixture(autouse=True)
def room_for_files() -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = CONNECTIONS + FILES_SPARE
    assert hard == resource.RLIM_INFINITY or hard >= wanted, f"only {hard} files may be open here"
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def memory_kib(registry: Registry) -> int:
    status = Path(f"/proc/{registry.pid}/status").read_text()
    return int(status.partition("RssAnon:")[2].split()[0])


def open_files(registry: Registry) -> int:
    return len(list(Path(f"/proc/{registry.pid}/fd").iterdir()))


def connect(registry: Registry, stack: ExitStack) -> list[Wire]:
    """Each has been answered once, so that it is idle rather than new."""
    wires = []
    for _ in range(CONNECTIONS):
        wire = registry.wire()
        stack.callback(wire.close)
        wire.send(b"GET /live HTTP/1.1\r\nHost: x\r\n\r\n")
        assert wire.receive().status == 200
        wires.append(wire)
    return wires


def test_ten_thousand_idle_connections_are_kept_and_others_served(tmp_path: Path) -> None:
    with Registry(tmp_path, "memory", arguments=ANY_NUMBER) as registry, ExitStack() as stack:
        before_kib = memory_kib(registry)
        wires = connect(registry, stack)
        each_kib = (memory_kib(registry) - before_kib) / CONNECTIONS
        print(f"{CONNECTIONS} idle connections: {each_kib:.1f} KiB of memory each")
        assert each_kib <= MEMORY_LIMIT_KIB

        # Others are served
        with Client(registry.url) as client:
            assert client.get("/live").status == 200

        # None of them was given up for that
        for wire in wires[::100]:
            wire.send(b"GET /live HTTP/1.1\r\nHost: x\r\n\r\n")
            assert wire.receive().status == 200


def test_ten_thousand_idle_connections_are_closed_after_their_time(tmp_path: Path) -> None:
    with Registry(tmp_path, "memory", arguments=[*ANY_NUMBER, "--idle-timeout-s", "5"]) as registry, \
            ExitStack() as stack:
        before = open_files(registry)
        connect(registry, stack)
        until("all are closed", lambda: open_files(registry) <= before, REAPED_LIMIT_S)
        with Client(registry.url) as client:
            assert client.get("/live").status == 200
