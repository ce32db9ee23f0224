"""News over a restart: exactly once if it was stopped, at least once if it was killed."""

import json
import signal
import socket
import threading
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

import pytest

from harm.ledger import read_news
from harm.wait import until
from registry.bodies import data_object, hyperty
from registry.client import encode_request, piece
from registry.process import Registry
from registry.wire import Closed, Wire

pytestmark = pytest.mark.own_server

ENTRIES = 1000
READERS = 8
WRITERS = 10
USER = "user://x.org/u@x.org"
# So that it takes many answers to tell all, and a restart comes between some of them.
FEW = ["--updates-max", "20"]


class Readers:
    """Poll for news as message nodes do, and go on when the server comes back elsewhere."""

    def __init__(self, registry: Registry):
        self._registry = registry
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self.told: Counter[str] = Counter()
        self.faults: list[BaseException] = []
        self._threads = [threading.Thread(target=self._guard, daemon=True)
                         for _ in range(READERS)]
        for thread in self._threads:
            thread.start()

    def distinct(self) -> int:
        with self._lock:
            return len(self.told)

    def stop(self) -> None:
        self._stopping.set()
        for thread in self._threads:
            thread.join(30)
            assert not thread.is_alive(), "a reader hangs"
        assert not self.faults, self.faults

    def _guard(self) -> None:
        try:
            while not self._stopping.is_set():
                try:
                    with Wire(self._registry.host, self._registry.port) as wire:
                        self._read(wire)
                except (Closed, ConnectionError):
                    time.sleep(0.01)  # it restarts
        except BaseException as error:  # pylint: disable=broad-except
            self.faults.append(error)

    def _read(self, wire: Wire) -> None:
        while not self._stopping.is_set():
            news = read_news(wire)
            with self._lock:
                self.told.update(news.keys())
            time.sleep(0.001)


def send_all(registry: Registry, requests: list[bytes]) -> None:
    """Over several connections at once, so that they share syncs; each must succeed."""
    with ExitStack() as stack:
        wires = [stack.enter_context(Wire(registry.host, registry.port)) for _ in range(WRITERS)]
        for start in range(0, len(requests), WRITERS):
            batch = list(zip(wires, requests[start:start + WRITERS]))
            for wire, request in batch:
                wire.send(request)
            assert {wire.receive().status for wire, _ in batch} == {200}


def put_all(registry: Registry, count: int = ENTRIES, **changes: object) -> set[str]:
    """Half of them hyperties, half data objects."""
    requests = {}
    for number in range(count // 2):
        id_, url = f"hyperty://x.org/{number}", f"comm://x.org/{number}"
        requests[id_] = encode_request("PUT", f"/hyperty/user/{piece(USER)}/{piece(id_)}",
                                       hyperty(**changes))
        requests[url] = encode_request("PUT", f"/hyperty/dataobject/{piece(url)}",
                                       data_object(**changes))
    send_all(registry, list(requests.values()))
    return set(requests)


def delete_all(registry: Registry, ids: set[str]) -> None:
    send_all(registry, [encode_request(
        "DELETE", f"/hyperty/user/{piece(USER)}/{piece(id_)}" if id_.startswith("hyperty")
        else f"/hyperty/dataobject/url/{piece(id_)}") for id_ in sorted(ids)])


def tell_all(registry: Registry, crash: bool) -> tuple[set[str], Counter[str]]:
    """What became disconnected, and what 8 readers at once were told, with restarts in between."""
    ids = put_all(registry, expires=1)
    readers = Readers(registry)
    try:
        for share in (0.1, 0.4, 0.7):
            until("news", lambda: readers.distinct() >= share * ENTRIES, 20)
            registry.restart(crash=crash)
        until("all news", lambda: readers.distinct() >= ENTRIES, 20)
        with Wire(registry.host, registry.port) as wire:
            until("no more news", lambda: not read_news(wire))
    finally:
        readers.stop()
    return ids, readers.told


def test_eight_readers_are_told_each_expiry_exactly_once_over_restarts(data_dir: Path) -> None:
    with Registry(data_dir, arguments=FEW) as registry:
        ids, told = tell_all(registry, crash=False)
        registry.restart()
        with Wire(registry.host, registry.port) as wire:
            assert read_news(wire) == {}
    assert set(told) == ids
    assert {id_: count for id_, count in told.items() if count != 1} == {}


def test_eight_readers_are_told_each_expiry_at_least_once_over_crashes(data_dir: Path) -> None:
    with Registry(data_dir, arguments=FEW) as registry:
        ids, told = tell_all(registry, crash=True)
    assert set(told) == ids
    # What nobody had been told of when it crashed is told once: only what was on its way twice
    assert sum(count > 1 for count in told.values()) <= 3 * READERS * 20


@pytest.mark.parametrize("crash", (False, True), ids=("stopped", "killed"))
def test_news_that_nobody_read_are_there_after_a_restart(data_dir: Path, crash: bool) -> None:
    with Registry(data_dir) as registry:
        ids = put_all(registry, expires=3600)
        delete_all(registry, ids)

        registry.restart(crash=crash)

        assert registry.metrics()["registryd_pending_updates"] == ENTRIES
        with Wire(registry.host, registry.port) as wire:
            assert set(read_news(wire)) == ids
            assert read_news(wire) == {}


def test_news_of_an_expiry_while_it_was_down_come_after_the_start(data_dir: Path) -> None:
    """Time does not pass for entries while nobody could refresh them; then it goes on."""
    with Registry(data_dir) as registry:
        ids = put_all(registry, expires=1)
        registry.restart()
        told: set[str] = set()
        with Wire(registry.host, registry.port) as wire:
            until("news", lambda: told.update(read_news(wire)) or told == ids)


LARGE = "x" * 500_000


def reader_of_little(registry: Registry) -> socket.socket:
    """Has asked for the news, and takes no more of the answer than it reads."""
    reader = socket.socket()
    reader.settimeout(10)
    reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
    reader.connect((registry.host, registry.port))
    reader.sendall(encode_request("GET", "/registry/updated"))
    return reader


def more_news_than_fit_a_connection(registry: Registry) -> set[str]:
    """8 MB: who does not read, does not get them all."""
    ids = put_all(registry, 16, expires=0, descriptor=LARGE, schema=LARGE)
    until("expiry", lambda: registry.metrics()["registryd_pending_updates"] == len(ids))
    return ids


@pytest.mark.parametrize("taken", ("unread", "half read"))
def test_news_whose_answer_did_not_leave_come_again(data_dir: Path, taken: str) -> None:
    with Registry(data_dir) as registry:
        ids = more_news_than_fit_a_connection(registry)
        count = len(ids)

        # When a reader goes away in the middle of its answer
        with reader_of_little(registry) as reader:
            until("taken", lambda: registry.metrics()["registryd_updates_taken_total"] >= count)
            if taken == "half read":
                assert reader.recv(65536).startswith(b"HTTP/1.1 200")

        # Then the next one is told of all
        until("returned",
              lambda: registry.metrics()["registryd_updates_returned_total"] >= count)
        with Wire(registry.host, registry.port) as wire:
            assert set(read_news(wire)) == ids
            assert read_news(wire) == {}


def test_news_on_their_way_when_it_is_killed_come_again(data_dir: Path) -> None:
    with Registry(data_dir) as registry:
        ids = more_news_than_fit_a_connection(registry)
        with reader_of_little(registry) as reader:
            assert reader.recv(65536).startswith(b"HTTP/1.1 200")
            # Whatever was committed by now is kept
            delete_all(registry, {min(ids)})

            registry.restart(crash=True)

        with Wire(registry.host, registry.port) as wire:
            assert set(read_news(wire)) == ids
            assert read_news(wire) == {}


def test_news_on_their_way_when_it_is_stopped_arrive_and_do_not_come_again(data_dir: Path) -> None:
    with Registry(data_dir) as registry:
        # Given a reader that has read a part of its answer
        ids = more_news_than_fit_a_connection(registry)
        with reader_of_little(registry) as reader:
            answer = reader.recv(1000)

            # When the server is told to stop, and the reader goes on reading
            registry.signal(signal.SIGTERM)
            while data := reader.recv(1 << 20):
                answer += data
        assert set(json.loads(answer.partition(b"\r\n\r\n")[2])) == ids
        assert registry.wait() == 0, registry.log_text()

        # Then that was that
        registry.start()
        with Wire(registry.host, registry.port) as wire:
            assert read_news(wire) == {}
