"""A large database is no reason to start slowly."""

import os
import time
from pathlib import Path

import pytest

from harm.tools import run
from registry.bodies import hyperty
from registry.client import Client
from registry.process import Registry

pytestmark = pytest.mark.own_server

ENTRIES = 1_000_000
START_LIMIT_S = 1.0


def drop_from_cache(path: Path) -> None:
    """As after a boot: nothing of the file is in memory."""
    with open(path, "rb") as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def seconds_to_start(registry: Registry) -> float:
    began = time.monotonic()
    registry.start()
    return time.monotonic() - began


def check_serves(client: Client) -> None:
    assert client.get("/live").json["Hyperties_stored"] == str(ENTRIES)
    assert client.hyperty("hyperty://x.org/filled/00654321").status == 200
    answer = client.of_user("user://x.org/filled00065432@x.org")
    assert answer.status == 200 and len(answer.json) == 10


def test_start_with_a_million_entries_takes_under_a_second(data_dir: Path) -> None:
    run("fill", data_dir, ENTRIES, limit_s=300)
    drop_from_cache(data_dir / "registry.mdb")

    registry = Registry(data_dir, start=False)
    took_s = seconds_to_start(registry)
    with registry:
        print(f"start after a stop: {took_s:.3f} s")
        assert took_s < START_LIMIT_S
        with Client(f"http://{registry.host}:{registry.port}") as client:
            check_serves(client)
            assert client.put_hyperty("u", "h", hyperty()).status == 200
            assert client.delete_hyperty("u", "h").status == 200

        # A crash makes no difference: there is nothing to recover
        registry.kill()
        drop_from_cache(data_dir / "registry.mdb")
        took_s = seconds_to_start(registry)
        print(f"start after a crash: {took_s:.3f} s")
        assert took_s < START_LIMIT_S
        with Client(f"http://{registry.host}:{registry.port}") as client:
            assert client.hyperty("h").status == 408
