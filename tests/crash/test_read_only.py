"""A directory that cannot be written: what is there is served, and nothing is promised."""

from pathlib import Path
from typing import Iterator

import pytest

from harm.mounts import Volume, volume
from harm.outage import (KEPT, USER, Witness, check_process_goes_on, events, wait_until_writable)
from registry.bodies import hyperty
from registry.client import Client
from registry.process import Registry

pytestmark = pytest.mark.own_server


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Volume]:
    with volume(tmp_path / "disk") as mounted:
        yield mounted


def client_of(registry: Registry) -> Client:
    return Client(f"http://{registry.host}:{registry.port}")


def test_read_only_directory_serves_reads_and_takes_writes_once_it_may(disk: Volume) -> None:
    with Registry(disk.at / "data") as registry, client_of(registry) as client:
        witness = Witness(client)
    disk.set_read_only(True)

    with Registry(disk.at / "data") as registry, client_of(registry) as client:
        # Reads are served, writes refused, news left where they are
        for _ in range(3):
            witness.check_reads(client)
            witness.check_writes_are_refused(client)
            witness.check_news_are_left_alone(client)
        check_process_goes_on(registry, client, "read-only")
        assert len(events(registry, "store.unwritable")) == 1

        # When the directory may be written
        disk.set_read_only(False)
        wait_until_writable(registry, client)

        # Then nothing was lost, and writes are durable again
        witness.check_reads(client)
        witness.check_news_come_once(client)
        assert client.put_hyperty(USER, KEPT, hyperty(descriptor="after")).status == 200
        registry.restart(crash=True)

        with client_of(registry) as again:
            assert again.hyperty(KEPT).json["descriptor"] == "after"
            assert again.updated() == {}


def test_read_only_directory_without_a_database_is_an_error(disk: Volume) -> None:
    (disk.at / "data").mkdir()
    disk.set_read_only(True)
    registry = Registry(disk.at / "data", start=False)

    registry.launch()

    assert registry.wait() > 0
    assert str(disk.at / "data") in registry.log_text()
    assert "read-only" in registry.log_text().lower()
    assert not list((disk.at / "data").iterdir())
