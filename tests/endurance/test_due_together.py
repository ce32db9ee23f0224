"""A hundred thousand registrations run out in one and the same second, and reads go on."""

import subprocess
import threading
import time
from collections import Counter
from pathlib import Path

import pytest

from registry.client import Client
from registry.clock import TestClock
from registry.process import Registry

pytestmark = [pytest.mark.own_server, pytest.mark.one_server_store]

USERS = 50_000
HYPERTIES_OF_A_USER = 2
COUNT = USERS * HYPERTIES_OF_A_USER
EXPIRES_S = 3600
LOAD = Path(__file__).resolve().parents[2] / "bench" / "load.lua"
FILL_LIMIT_S = 120
TOLD_LIMIT_S = 60.0


def fill(registry: Registry) -> None:
    subprocess.run(["wrk", "-t1", "-c64", f"-d{FILL_LIMIT_S}", "--timeout", "10", "-s", str(LOAD),
                    registry.url, "--", "fill", str(USERS)], check=True, stdout=subprocess.DEVNULL)
    assert registry.metrics()["registryd_hyperties"] == COUNT


class Reader:
    """Reads one user after another, until it is told to stop."""

    def __init__(self, registry: Registry):
        self._client = Client(registry.url)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self.took_s: list[float] = []
        self.wrong: list[str] = []

    def _read(self) -> None:
        number = 0
        while not self._stop.is_set():
            number = (number + 7919) % USERS
            began_s = time.monotonic()
            answer = self._client.of_user(f"user://bench.example/{number:08}")
            self.took_s.append(time.monotonic() - began_s)
            # The moment has come: no reader sees a single one as live any more.
            if answer.status != 408 or len(answer.json) != HYPERTIES_OF_A_USER:
                self.wrong.append(str(answer))

    def __enter__(self) -> "Reader":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(30)
        assert not self._thread.is_alive(), "the reader hangs"
        self._client.close()


def told_until_all_are(client: Client) -> Counter[str]:
    told: Counter[str] = Counter()
    deadline_s = time.monotonic() + TOLD_LIMIT_S
    while len(told) < COUNT and time.monotonic() < deadline_s:
        told.update(client.get("/registry/updated").json.keys())
    return told


def test_a_hundred_thousand_are_due_in_one_second_while_reads_go_on(
    store: str, tmp_path: Path
) -> None:
    clock = TestClock(tmp_path / "clock")
    with Registry(tmp_path / "data", store, clock=clock) as registry:
        # Given very many registrations, made in one second
        fill(registry)

        # When all of them run out in another one
        clock.advance(EXPIRES_S + 1)
        began_s = time.monotonic()
        with Reader(registry) as reader, Client(registry.url) as client:
            told = told_until_all_are(client)
            took_s = time.monotonic() - began_s

        # Then all are told, each once, and every read was answered as if they had been swept
        print(f"{store}: {COUNT} told within {took_s:.1f} s; {len(reader.took_s)} reads meanwhile, "
              f"longest {max(reader.took_s) * 1000:.0f} ms")
        assert len(told) == COUNT and set(told.values()) == {1}
        assert not reader.wrong, reader.wrong[:3]
