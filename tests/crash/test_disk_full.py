"""A full disk, and a full map: writes are refused, all else goes on, and room is noticed."""

import math
import time
from pathlib import Path
from typing import Iterator

import pytest

from harm.mounts import Volume, volume
from harm.outage import (LARGE, USER, Witness, check_process_goes_on, events, refused, shown,
                         wait_until_writable)
from harm.wait import until
from registry.bodies import hyperty
from registry.client import Client
from registry.process import Registry

pytestmark = pytest.mark.own_server

MORE_THAN_FITS = 200  # large entries
BURST = 50


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Volume]:
    with volume(tmp_path / "disk") as mounted:
        yield mounted


def client_of(registry: Registry) -> Client:
    return Client(f"http://{registry.host}:{registry.port}")


def fill_with_entries(client: Client, prefix: str = "hyperty://x.org/large") -> list[str]:
    """Large entries until one is refused. Those that were acknowledged."""
    stored = []
    for number in range(MORE_THAN_FITS):
        answer = client.put_hyperty(USER, f"{prefix}/{number}", hyperty(descriptor=LARGE))
        if answer.status != 200:
            assert refused(answer), answer
            return stored
        stored.append(f"{prefix}/{number}")
    raise AssertionError("it never was full")


def check_stored(client: Client, ids: list[str]) -> None:
    for id_ in ids:
        assert shown(client.hyperty(id_))["descriptor"] == LARGE


def check_goes_on_unready(registry: Registry, client: Client, reason: str = "") -> None:
    """Beside the large changes that are refused, a small one may find room inside the file, such
    as the sweep's; the store is writable then for a moment, as far as it knows."""
    def unready() -> bool:
        answer = client.put_hyperty(USER, "hyperty://x.org/more", hyperty(descriptor=LARGE))
        assert refused(answer)
        try:
            check_process_goes_on(registry, client, reason)
        except AssertionError:
            return False
        return True

    until("alive, not ready, and saying why", unready)


def refuse_a_burst(registry: Registry, client: Client) -> None:
    """Every one is refused, and the log does not grow with them."""
    before, began_s = len(registry.log), time.monotonic()
    for number in range(BURST):
        id_ = f"hyperty://x.org/burst/{number}"
        assert refused(client.put_hyperty(USER, id_, hyperty(descriptor=LARGE)))
        assert client.hyperty(id_).status == 404
    # What the sweep does in between, about every second, may add a line or two
    seconds = math.ceil(time.monotonic() - began_s)
    assert len(registry.log) - before <= 2 + 2 * seconds < BURST, registry.log_text()


def test_full_disk_refuses_writes_serves_reads_and_resumes_when_there_is_room(
    disk: Volume
) -> None:
    with Registry(disk.at / "data") as registry, client_of(registry) as client:
        # Given a disk that fills up, by others and by us
        disk.fill()
        stored = fill_with_entries(client)

        # Then writes are refused, with one line that says why; reads go on
        refuse_a_burst(registry, client)
        check_goes_on_unready(registry, client, "space")
        assert "space" in events(registry, "store.unwritable")[0]["reason"].lower()
        check_stored(client, stored)

        # When there is room
        disk.make_room()
        wait_until_writable(registry, client)

        # Then it goes on where it was
        after = "hyperty://x.org/after"
        assert client.put_hyperty(USER, after, hyperty(descriptor=LARGE)).status == 200
        check_stored(client, [*stored, after])
        assert events(registry, "store.writable")

    with Registry(disk.at / "data") as registry, client_of(registry) as client:
        check_stored(client, [*stored, after])


def test_news_outlive_a_full_disk_and_come_once(disk: Volume) -> None:
    with Registry(disk.at / "data") as registry, client_of(registry) as client:
        # Given news, and a full disk
        Witness(client)
        disk.fill()
        fill_with_entries(client)

        # When they are asked for: LMDB may have room inside for so small a change, or not
        during = [client.updated() for _ in range(5)]

        # Then, with what comes when there is room, they come once
        disk.make_room()
        wait_until_writable(registry, client)
        told = [id_ for news in [*during, client.updated(), client.updated()] for id_ in news]
        assert told == ["hyperty://x.org/gone"]


def test_entries_that_expire_while_the_disk_is_full_are_news_later(disk: Volume) -> None:
    with Registry(disk.at / "data") as registry, client_of(registry) as client:
        # Given an entry whose time will be over while nothing can be written
        short = "hyperty://x.org/short"
        assert client.put_hyperty(USER, short, hyperty(expires=1)).status == 200
        disk.fill()
        fill_with_entries(client)
        told: set[str] = set()

        # When it is over: its news may find room inside the file, or not
        until("the end of it", lambda: told.update(client.updated())
              or client.hyperty(short).status == 408)

        # Then it is told of once, at the latest when there is room
        disk.make_room()
        wait_until_writable(registry, client)
        if not told:
            until("its news", lambda: told.update(client.updated()) or told)
        assert told == {short}
        assert client.updated() == {}


def test_server_starts_on_a_full_disk_and_serves_reads(disk: Volume) -> None:
    with Registry(disk.at / "data") as registry, client_of(registry) as client:
        witness = Witness(client)
        disk.fill()

    with Registry(disk.at / "data") as registry, client_of(registry) as client:
        witness.check_reads(client)
        fill_with_entries(client)
        check_goes_on_unready(registry, client)
        disk.make_room()
        wait_until_writable(registry, client)


def test_full_disk_without_a_lock_file_is_an_error_or_serves_reads(disk: Volume) -> None:
    """As after a restored backup: LMDB maps its lock file, and a page that has no room to exist
    must not end the process by a signal."""
    with Registry(disk.at / "data") as registry, client_of(registry) as client:
        witness = Witness(client)
    (disk.at / "data" / "registry.mdb-lock").unlink()
    disk.fill()

    registry = Registry(disk.at / "data", start=False)
    registry.launch()
    try:
        ready = registry.wait_for_log("server.ready")
    except RuntimeError:
        code = registry.wait()
        assert code > 0, f"ended by signal {-code}\n{registry.log_text()}"
        assert "space" in registry.log_text().lower()
        return
    registry.port, registry.admin_port = ready["port"], ready["admin_port"]
    with registry, client_of(registry) as client:
        witness.check_reads(client)


def test_new_database_on_a_full_disk_is_an_error_that_leaves_nothing_half(disk: Volume) -> None:
    disk.fill()
    registry = Registry(disk.at / "data", start=False)
    registry.launch()
    assert registry.wait() > 0, registry.log_text()
    assert "space" in registry.log_text().lower()

    disk.make_room()
    with Registry(disk.at / "data") as registry, client_of(registry) as client:
        assert client.put_hyperty(USER, "h", hyperty()).status == 200


def test_full_map_refuses_writes_and_serves_reads(data_dir: Path) -> None:
    small = ["--lmdb-map-bytes", str(2 << 20)]
    with Registry(data_dir, arguments=small) as registry, client_of(registry) as client:
        # Given a database as large as it may become
        stored = fill_with_entries(client)

        # Then writes are refused and reads go on
        refuse_a_burst(registry, client)
        check_goes_on_unready(registry, client)
        assert len(events(registry, "store.unwritable")) >= 1
        check_stored(client, stored)
        assert set(client.of_user(USER).json) >= set(stored)

    # When the operator lets it grow, then it goes on where it was
    with Registry(data_dir) as registry, client_of(registry) as client:
        check_stored(client, stored)
        assert client.put_hyperty(USER, "h", hyperty(descriptor=LARGE)).status == 200
