"""A disk that fails: what cannot be kept is not acknowledged, and service resumes by itself."""

import errno
import threading
import time
from pathlib import Path

import pytest

from harm.faults import AFTER, INSTEAD, SHORT, Faults
from harm.outage import (KEPT, NEW, USER, Witness, check_process_goes_on, events, refused,
                         wait_until_writable)
from harm.wait import until
from registry.bodies import hyperty
from registry.client import Client, encode_request, piece
from registry.process import Registry
from registry.wire import Answer, Wire

pytestmark = pytest.mark.own_server

# Where the disk fails (see fault_shim.c), with what, and whether the call is done nevertheless.
DISKS = {
    "sync fails": [("sync", errno.EIO, INSTEAD)],
    "sync fails after it was done": [("sync", errno.EIO, AFTER)],
    "sync finds no room": [("sync", errno.ENOSPC, INSTEAD)],
    "write finds no room": [("write", errno.ENOSPC, INSTEAD)],
    "write fails": [("write", errno.EIO, INSTEAD)],
    "write is cut short": [("write", errno.ENOSPC, SHORT)],
    "write is over quota": [("write", errno.EDQUOT, INSTEAD)],
    "meta page fails": [("meta", errno.EIO, INSTEAD)],
    "meta page fails after it was written": [("meta", errno.EIO, AFTER)],
    "meta page is cut short": [("meta", errno.EIO, SHORT)],
    "meta page finds no room": [("meta", errno.ENOSPC, INSTEAD)],
    "nothing can be written": [(place, errno.EIO, INSTEAD) for place in ("sync", "write", "meta")],
}


@pytest.mark.parametrize("disk", DISKS)
def test_failing_disk_gets_503_and_service_resumes_when_it_is_whole(
    faulty: Registry, faults: Faults, disk: str
) -> None:
    with Client(f"http://{faulty.host}:{faulty.port}") as client:
        # Given entries, and news that nobody has read
        witness = Witness(client)

        # When the disk begins to fail
        for place, error, how in DISKS[disk]:
            faults.fail(place, error, how)

        # Then no write is acknowledged or seen, again and again; reads and the process go on
        for _ in range(3):
            witness.check_writes_are_refused(client)
            witness.check_reads(client)
            witness.check_news_are_left_alone(client)
        check_process_goes_on(faulty, client)
        assert sum(faults.failed(place) for place, _, _ in DISKS[disk]) > 0
        assert len(events(faulty, "store.unwritable")) == 1
        assert str(faulty.data_dir) in events(faulty, "store.unwritable")[0]["path"]
        assert faulty.metrics()["registryd_store_failed_commits_total"] >= 1

        # When it is whole again, then all is as it was acknowledged, and writes are taken
        faults.lift()
        wait_until_writable(faulty, client)
        witness.check_reads(client)
        witness.check_news_come_once(client)
        assert client.put_hyperty(USER, KEPT, hyperty(descriptor="after")).status == 200
        assert client.put_hyperty(USER, NEW, hyperty()).status == 200

    # … and that survives the next crash
    faulty.restart(crash=True)
    with Client(f"http://{faulty.host}:{faulty.port}") as client:
        assert client.hyperty(KEPT).json["descriptor"] == "after"
        assert client.hyperty(NEW).status == 200
        assert client.updated() == {}


@pytest.mark.parametrize("disk", DISKS)
def test_crash_while_the_disk_fails_leaves_what_was_acknowledged(
    faulty: Registry, faults: Faults, disk: str
) -> None:
    with Client(f"http://{faulty.host}:{faulty.port}") as client:
        witness = Witness(client)
        for place, error, how in DISKS[disk]:
            faults.fail(place, error, how)
        witness.check_writes_are_refused(client)

    faulty.kill()
    faults.lift()
    faulty.start()

    with Client(f"http://{faulty.host}:{faulty.port}") as client:
        witness.check_reads(client)
        witness.check_news_come_once(client)


def test_answer_to_a_write_waits_for_the_disk_and_reads_do_not(
    faulty: Registry, faults: Faults
) -> None:
    with Client(f"http://{faulty.host}:{faulty.port}") as client:
        assert client.put_hyperty(USER, KEPT, hyperty(descriptor="before")).status == 200
        faults.delay("sync", 400)
        answers: list[tuple[float, Answer]] = []

        def write() -> None:
            with Client(f"http://{faulty.host}:{faulty.port}") as writer:
                answer = writer.put_hyperty(USER, KEPT, hyperty(descriptor="after"))
                answers.append((time.monotonic(), answer))

        # When a write waits for its sync
        thread = threading.Thread(target=write)
        thread.start()
        until("a sync under way", lambda: faults.waiting("sync"))

        # Then reads are answered meanwhile, as before the write
        for _ in range(20):
            assert client.hyperty(KEPT).json["descriptor"] == "before"
        read_s = time.monotonic()
        thread.join()
        faults.lift()
        answered_s, answer = answers[0]
        assert answer.status == 200 and answered_s > read_s
        assert client.hyperty(KEPT).json["descriptor"] == "after"


def test_many_writes_share_one_sync(faulty: Registry, faults: Faults) -> None:
    # Given a commit that is under way, and many writes that came meanwhile
    faults.delay("sync", 300)
    wires = [Wire(faulty.host, faulty.port) for _ in range(40)]
    before = faults.calls("sync")
    for number, wire in enumerate(wires):
        target = f"/hyperty/user/{piece(USER)}/{piece(f'{NEW}/{number}')}"
        wire.send(encode_request("PUT", target, hyperty()))

    # Then all are answered after very few syncs
    assert [wire.receive().status for wire in wires] == [200] * len(wires)
    assert faults.calls("sync") - before <= 4
    for wire in wires:
        wire.close()


def test_write_that_waits_too_long_gets_503_and_the_server_goes_on(
    data_dir: Path, faults: Faults
) -> None:
    arguments = ["--request-timeout-ms", "200"]
    with Registry(data_dir, environment=faults.environment(), arguments=arguments) as registry:
        with Client(f"http://{registry.host}:{registry.port}") as client:
            faults.delay("sync", 1000)
            assert refused(client.put_hyperty(USER, NEW, hyperty()))
            assert client.get("/live").status == 200

            # The late answer finds nobody; it is counted, and the server serves on
            faults.lift()
            until("a late answer", lambda: registry.metrics()["registryd_http_late_total"] >= 1)
            assert registry.metrics()["registryd_http_timed_out_total"] == 1
            assert client.put_hyperty(USER, KEPT, hyperty()).status == 200
            assert client.hyperty(KEPT).status == 200
