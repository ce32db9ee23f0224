"""Very many entries expire in one and the same second: their news come soon, and reads go on."""

import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator

from harm.wait import until
from lab.news import Pollers, fill_in_time, filled
from lab.nodes import Nodes
from lab.servers import Server, Servers
from registry.client import Client

# What is promised of a quiet machine; how much longer the test waits.
PROMISED_S = 60.0
LIMIT_S = 180.0
READ_EVERY_S = 0.01
USERS_READ = 100


class Reader:
    """Reads users' hyperties at one server, at a steady pace, from a thread of its own."""

    def __init__(self, client: Client, prefix: str):
        self._client = client
        self._prefix = prefix
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self.took_s: list[float] = []
        self.refused: list[str] = []

    def _read(self) -> None:
        while not self._stopping.wait(READ_EVERY_S):
            user = f"user://x.org/{self._prefix}{len(self.took_s) % USERS_READ:08}@x.org"
            start_s = time.monotonic()
            answer = self._client.of_user(user)
            self.took_s.append(time.monotonic() - start_s)
            if answer.status not in (200, 408) or len(answer.json) != 10:
                self.refused.append(str(answer))

    def __enter__(self) -> "Reader":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._thread.join(30)
        assert not self._thread.is_alive(), "the reader hangs"

    def describe(self) -> str:
        took = sorted(self.took_s)
        return (f"{len(took)} reads, median {took[len(took) // 2] * 1000:.0f} ms, "
                f"longest {took[-1]:.2f} s")


@contextmanager
def cost_of_each(server: Server, count: int, name: str) -> Iterator[None]:
    """Prints what the block asked of the nodes."""
    before = server.metrics()
    yield
    after = server.metrics()
    for what in ("statements", "rounds"):
        metric = f"registryd_cassandra_{what}_total"
        print(f"{name}: {(after[metric] - before[metric]) / count:.3f} {what} for each")


def check_delivery(nodes: Nodes, servers: Servers, count: int, name: str) -> None:
    # Given entries that expire in one second
    due_s = fill_in_time(nodes, servers.keyspace, "due", count)
    server = servers.all[0]

    # When it has come, and a reader of news and one of entries are there
    time.sleep(max(0.0, due_s - time.monotonic()))
    with cost_of_each(server, count, name), Reader(server.client(), "due") as reader, \
            Pollers([server], 1) as pollers:
        until("all told", lambda: pollers.count() >= count, LIMIT_S)
    print(f"{name}: {count} told within {pollers.last_s - due_s:.1f} s "
          f"(promised: {PROMISED_S:.0f} s); {reader.describe()}")

    # Then all news come, each once, and each read is answered
    assert set(pollers.told) == filled("due", count)
    assert not pollers.told_more_than_once()
    assert not pollers.refused and not reader.refused, (pollers.refused[:3], reader.refused[:3])


def test_a_hundred_thousand_expire_in_one_second_on_one_node(
    one_node: Nodes, tmp_path: Path
) -> None:
    with Servers(one_node, tmp_path, 1, copies=1) as servers:
        check_delivery(one_node, servers, 100_000, "one node")


def test_twenty_thousand_expire_in_one_second_on_four_nodes(
    three_servers: Servers, four_nodes: Nodes
) -> None:
    check_delivery(four_nodes, three_servers, 20_000, "four nodes")
