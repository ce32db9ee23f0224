"""Seen by strace: no write is answered before the sync that followed it."""

import re
import threading
from dataclasses import dataclass

import pytest

from harm.trace import Call, TracedRegistry
from registry.bodies import hyperty
from registry.client import encode_request, piece
from registry.wire import Wire

pytestmark = pytest.mark.own_server

FILE = "/registry.mdb"
CLIENTS = 4
PUTS = 25  # by each client
WRITES = ("write", "pwrite64", "writev", "pwritev", "pwritev2")
SENDS = ("sendto", "sendmsg", "write", "writev", "sendfile")
RECEIVES = ("recvfrom", "recvmsg", "read")


def id_of(client: int, number: int) -> str:
    """Letters, digits and dashes only: strace and LMDB show them as they are."""
    return f"traced-{client}-{number:04}-end"


def put_many(registry: TracedRegistry, client: int, statuses: list[int]) -> None:
    with Wire(registry.host, registry.port) as wire:
        for number in range(PUTS):
            target = f"/hyperty/user/u{client}/{piece(id_of(client, number))}"
            wire.send(encode_request("PUT", target, hyperty()))
            statuses.append(wire.receive().status)


@dataclass
class Trace:
    """A registry's calls, sorted by what they are to it."""

    calls: list[Call]

    def __post_init__(self) -> None:
        opened = [call for call in self.calls if call.name in ("open", "openat")]
        self.opens = [call for call in opened
                      if call.result >= 0 and f'{FILE}"' in call.text.split(", O_")[0]]
        synced = {call.result for call in self.opens if "O_DSYNC" in call.text}
        on_file = [call for call in self.calls if call.descriptor()[1].endswith(FILE)]
        written = [call for call in on_file if call.name in WRITES and call.result > 0]
        self.meta_writes = [call for call in written if call.descriptor()[0] in synced]
        self.data_writes = [call for call in written if call.descriptor()[0] not in synced]
        self.syncs = [call for call in on_file
                      if call.name in ("fdatasync", "fsync") and call.result == 0]
        self.answers = [call for call in self.calls
                        if call.name in SENDS and '"HTTP/1.1 ' in call.text]
        self.requests = [call for call in self.calls
                         if call.name in RECEIVES and "TCP" in call.descriptor()[1]]

    def request(self, id_: str) -> Call:
        found = [call for call in self.requests if f"/{id_} HTTP/1.1" in call.text]
        assert len(found) == 1, f"{len(found)} requests for {id_}"
        return found[0]

    def answer(self, request: Call) -> Call:
        """The first one on the request's connection after it."""
        connection = request.descriptor()[1]
        return next(call for call in self.answers
                    if call.begin > request.end and call.descriptor()[1] == connection)


@pytest.fixture(scope="module")
def trace(tmp_path_factory: pytest.TempPathFactory) -> Trace:
    """Concurrent PUTs, from the server's start to its end."""
    folder = tmp_path_factory.mktemp("traced")
    statuses: list[int] = []
    with TracedRegistry(folder / "data", folder / "trace") as registry:
        threads = [threading.Thread(target=put_many, args=(registry, client, statuses))
                   for client in range(CLIENTS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert statuses == [200] * (CLIENTS * PUTS)
    return Trace(registry.calls())


def first_behind(calls: list[Call], place: int, what: str, limit: int) -> Call:
    """The first that began behind the place; it must have ended before the limit."""
    for call in calls:
        if call.begin > place:
            assert call.end < limit, f"{what} ended only after the answer was sent"
            return call
    raise AssertionError(f"no {what} at all")


def test_each_answer_is_sent_after_the_sync_that_followed_its_write(trace: Trace) -> None:
    for client in range(CLIENTS):
        for number in range(PUTS):
            # Given a request, and the answer to it
            request = trace.request(id_of(client, number))
            answer = trace.answer(request)
            assert '"HTTP/1.1 200' in answer.text

            # Then, in between: its pages are written, synced, and the header made to lead to them
            own = [call for call in trace.data_writes if id_of(client, number) in call.text]
            write = first_behind(own, request.end, "write of the entry", answer.begin)
            sync = first_behind(trace.syncs, write.end, "sync", answer.begin)
            first_behind(trace.meta_writes, sync.end, "synced write of the header", answer.begin)


def test_concurrent_writes_share_syncs(trace: Trace) -> None:
    assert len(trace.syncs) <= CLIENTS * PUTS


def test_header_is_written_through_a_descriptor_that_syncs_each_write(trace: Trace) -> None:
    assert any("O_DSYNC" in call.text for call in trace.opens)
    assert len(trace.meta_writes) >= PUTS
    # Behind the first transactions, nothing else ever writes to the two header pages
    offsets = [int(match[1]) for call in trace.data_writes if call.name == "pwrite64"
               and (match := re.search(r", (\d+)\) += ", call.text))]
    assert offsets and min(offsets) >= 2 * 4096


def test_file_is_mapped_for_reading_only(trace: Trace) -> None:
    maps = [call for call in trace.calls
            if call.name == "mmap" and re.search(rf"<[^>]*{re.escape(FILE)}>", call.text)]
    assert maps
    for call in maps:
        assert "PROT_WRITE" not in call.text, call.text
        assert "MAP_SHARED" in call.text, call.text


def test_nothing_is_left_to_a_later_flush(trace: Trace) -> None:
    """A writable map would be flushed by msync; LMDB's MAPASYNC and NOSYNC by nobody in time."""
    assert not [call for call in trace.calls if call.name in ("msync", "sync_file_range")]
    for meta in trace.meta_writes:
        before = [call for call in trace.data_writes if call.end < meta.begin]
        synced = [call for call in trace.syncs if call.end < meta.begin]
        assert not before or (synced and synced[-1].begin > before[-1].end), meta.text[-80:]
