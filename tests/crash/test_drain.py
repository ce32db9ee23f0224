"""SIGTERM: requests in flight are answered, nothing is lost, and it ends in time."""

import select
import signal
import socket
import time
from pathlib import Path

import pytest

from harm.faults import Faults
from harm.ledger import Ledger
from harm.load import Load, people
from harm.wait import until
from registry.bodies import hyperty
from registry.client import Client, encode_request, piece
from registry.process import Registry
from registry.wire import Wire

pytestmark = pytest.mark.own_server

USER = "user://x.org/u@x.org"


def put(id_: str, **changes: object) -> bytes:
    return encode_request("PUT", f"/hyperty/user/{piece(USER)}/{piece(id_)}", hyperty(**changes))


@pytest.mark.parametrize("number", (signal.SIGTERM, signal.SIGINT), ids=("SIGTERM", "SIGINT"))
def test_stop_under_load_loses_nothing_and_answers_what_was_asked(
    data_dir: Path, seed: int, number: signal.Signals
) -> None:
    ledger = Ledger()
    clients = people(ledger, seed)
    registry = Registry(data_dir)
    try:
        for _ in range(4):
            # Given a server under load
            load = Load(registry, ledger, clients)
            load.start()
            until("load", lambda: load.acknowledged > 100)

            # When it is told to stop
            asked_s = time.monotonic()
            registry.signal(number)
            assert registry.wait() == 0, registry.log_text()
            load.join()

            # Then only what was sent later may have gone without an answer
            assert all(sent_s > asked_s - 0.05 for sent_s in load.unanswered_s)
            registry.start()
            ledger.settle_and_check(registry)
        ledger.check_news(registry)
    finally:
        registry.kill()


def test_requests_that_wait_for_the_disk_are_answered_before_the_end(
    data_dir: Path, faults: Faults
) -> None:
    registry = Registry(data_dir, environment=faults.environment())
    wires = [Wire(registry.host, registry.port) for _ in range(20)]
    try:
        # Given requests of which some wait for a sync, others for the next one
        faults.delay("sync", 500)
        for number, wire in enumerate(wires):
            wire.send(put(f"h{number}"))
        until("a sync under way", lambda: faults.waiting("sync"))
        until("all received", lambda: registry.metrics()["registryd_requests_waiting"] >= 20)

        # When it is told to stop
        registry.signal(signal.SIGTERM)

        # Then each is answered
        assert [wire.receive().status for wire in wires] == [200] * len(wires)
        faults.lift()
        assert registry.wait() == 0, registry.log_text()

        registry.start()
        with Client(f"http://{registry.host}:{registry.port}") as client:
            assert len(client.of_user(USER).json) == len(wires)
    finally:
        for wire in wires:
            wire.close()
        registry.kill()


def test_what_nobody_waits_for_any_more_does_not_delay_the_end(
    data_dir: Path, faults: Faults
) -> None:
    limits = ["--request-timeout-ms", "200", "--drain-limit-ms", "500"]
    registry = Registry(data_dir, environment=faults.environment(), arguments=limits)
    try:
        # Given a disk that takes seconds for a sync, and a heap of changes that were given up
        faults.delay("sync", 3000)
        with Wire(registry.host, registry.port) as wire:
            wire.send(put("first"))
            until("a sync under way", lambda: faults.waiting("sync"))
            assert wire.receive().status == 503
        for number in range(30):
            with Wire(registry.host, registry.port) as wire:
                wire.send(put(f"h{number}", descriptor="x" * 500_000))
                assert wire.receive().status == 503

        # When it is told to stop, then it waits for the sync at hand, and for its last one, only
        asked_s = time.monotonic()
        registry.signal(signal.SIGTERM)
        assert registry.wait() == 0, registry.log_text()
        assert time.monotonic() - asked_s < 3 * 3 + 2
    finally:
        registry.kill()


def test_it_serves_on_during_the_notice_and_says_that_it_drains(data_dir: Path) -> None:
    registry = Registry(data_dir, arguments=["--drain-notice-ms", "1500"])
    try:
        with Client(f"http://{registry.host}:{registry.port}") as client:
            assert client.get("/ready").status == 200
            assert registry.admin("/ready")[0] == 200
            asked_s = time.monotonic()
            registry.signal(signal.SIGTERM)

            # A load balancer can see it, on both listeners
            until("not ready", lambda: registry.admin("/ready")[0] == 503)
            assert "drain" in registry.admin("/ready")[1]
            assert "drain" in client.get("/ready").json["message"]
            assert registry.admin("/live")[0] == 200

            # Until it has, clients are served, old ones and new ones
            assert client.put_hyperty(USER, "old", hyperty()).status == 200
            with Client(f"http://{registry.host}:{registry.port}") as newcomer:
                assert newcomer.put_hyperty(USER, "new", hyperty()).status == 200
                assert newcomer.hyperty("old").status == 200
            assert registry.running()

        assert registry.wait() == 0, registry.log_text()
        assert 1.5 <= time.monotonic() - asked_s < 6
    finally:
        registry.kill()


def test_idle_connections_do_not_delay_the_end(data_dir: Path) -> None:
    registry = Registry(data_dir)
    wires = [Wire(registry.host, registry.port) for _ in range(10)]
    try:
        for number, wire in enumerate(wires[:5]):
            wire.send(put(f"h{number}"))
            assert wire.receive().status == 200
        asked_s = time.monotonic()
        assert registry.terminate() == 0
        assert time.monotonic() - asked_s < 2
        assert all(wire.is_closed() for wire in wires)
    finally:
        for wire in wires:
            wire.close()
        registry.kill()


SLOW = {
    "half a head": put("slow")[:40],
    "half a body": put("slow")[:-20],
    "nothing after 100-continue": put("slow").replace(b"\r\n", b"\r\nExpect: 100-continue\r\n", 1
                                                      )[:-20],
}


@pytest.mark.parametrize("what", SLOW)
def test_client_that_never_finishes_its_request_does_not_keep_it(
    data_dir: Path, what: str
) -> None:
    registry = Registry(data_dir, arguments=["--drain-limit-ms", "500"])
    with Wire(registry.host, registry.port) as slow:
        try:
            slow.send(SLOW[what])
            with Client(f"http://{registry.host}:{registry.port}") as client:
                assert client.put_hyperty(USER, "h", hyperty()).status == 200
            asked_s = time.monotonic()
            assert registry.terminate() == 0, registry.log_text()
            assert time.monotonic() - asked_s < 4
        finally:
            registry.kill()


def test_client_that_never_reads_its_answer_does_not_keep_it(data_dir: Path) -> None:
    registry = Registry(data_dir, arguments=["--drain-limit-ms", "500"])
    with socket.create_connection((registry.host, registry.port)) as deaf:
        try:
            with Client(f"http://{registry.host}:{registry.port}") as client:
                for number in range(20):
                    answer = client.put_hyperty(USER, f"h{number}",
                                                hyperty(descriptor="x" * 900_000))
                    assert answer.status == 200
            deaf.sendall(encode_request("GET", f"/hyperty/user/{piece(USER)}") * 3)
            assert select.select([deaf], [], [], 10)[0], "the answer does not come"
            asked_s = time.monotonic()
            assert registry.terminate() == 0, registry.log_text()
            assert time.monotonic() - asked_s < 5
        finally:
            registry.kill()


def test_writes_that_the_disk_keeps_waiting_end_with_an_answer_at_the_limit(
    data_dir: Path, faults: Faults
) -> None:
    # Longer than a second, so that a sweep, too, waits for the disk when the limit is reached
    arguments = ["--drain-limit-ms", "1500"]
    registry = Registry(data_dir, environment=faults.environment(), arguments=arguments)
    with Wire(registry.host, registry.port) as wire:
        try:
            # Given a disk that takes longer than the limit
            faults.delay("sync", 6000)
            wire.send(put("h"))
            until("a sync under way", lambda: faults.waiting("sync"))

            # When it is told to stop, then the client has an answer at the limit, not at the sync
            registry.signal(signal.SIGTERM)
            assert wire.receive().status == 503
            faults.delay("sync", 0)
            assert registry.wait() == 0, registry.log_text()
        finally:
            registry.kill()
