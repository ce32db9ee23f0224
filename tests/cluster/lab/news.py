"""Many entries that expire together, and readers of the news about them."""

import subprocess
import threading
import time
from collections import Counter
from typing import Any, Sequence

from harm import tools
from harm.ledger import Ledger
from lab.load import Wires
from lab.nodes import Nodes
from registry.client import encode_request
from registry.process import Registry
from registry.wire import Closed

FILL_LIMIT_S = 600.0
FILL_TRIES = 4
FILL_LATE = 3  # cluster_fill's exit code if the second came before all were there
TRIAL = 1000
LIVES_ON_S = 3000


def fill(nodes: Nodes, keyspace: str, prefix: str, count: int, due_in_s: int) -> float:
    """Puts so many hyperties that expire in the same second; when that comes. On a machine that is
    slow of a sudden, all of them once more, with more time."""
    for _ in range(FILL_TRIES):
        command = [tools.tool("cluster_fill"), nodes.contact_points(), keyspace, prefix, count,
                   due_in_s]
        done = subprocess.run(list(map(str, command)), capture_output=True, text=True,
                              timeout=FILL_LIMIT_S, check=False)
        if done.returncode != FILL_LATE:
            break
        due_in_s *= 2
    assert done.returncode == 0, done.stderr
    return time.monotonic() + int(done.stdout)


def fill_in_time(nodes: Nodes, keyspace: str, prefix: str, count: int) -> float:
    """The same, with a generous guess, from a trial, at how long it takes this machine."""
    fill(nodes, keyspace, f"{prefix}-warm", TRIAL, LIVES_ON_S)
    start_s = time.monotonic()
    fill(nodes, keyspace, f"{prefix}-trial", TRIAL, LIVES_ON_S)
    due_in_s = int((time.monotonic() - start_s) * count / TRIAL * 1.2) + 10
    return fill(nodes, keyspace, prefix, count, due_in_s)


def filled(prefix: str, count: int) -> set[str]:
    return {f"hyperty://x.org/{prefix}/{number:08}" for number in range(count)}


class Pollers:
    """Read /registry/updated without a pause, each at one server, at another when it is gone."""

    def __init__(self, servers: Sequence[Registry], count: int, ledger: Ledger | None = None):
        self._servers = servers
        self._ledger = ledger
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self.told: Counter[str] = Counter()
        self.last_s = 0.0
        self.refused: list[str] = []
        self.crashes: list[BaseException] = []
        self._threads = [threading.Thread(target=self._guard, args=(number,), daemon=True)
                         for number in range(count)]

    def __enter__(self) -> "Pollers":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: Any) -> None:
        self._stopping.set()
        for thread in self._threads:
            thread.join(60)
            assert not thread.is_alive(), "a poller hangs"
        assert not self.crashes, self.crashes

    def count(self) -> int:
        with self._lock:
            return len(self.told)

    def told_more_than_once(self) -> dict[str, int]:
        return {id_: times for id_, times in self.told.items() if times > 1}

    def _guard(self, number: int) -> None:
        wires = Wires(self._servers)
        try:
            self._poll(wires, number % len(self._servers))
        except BaseException as error:  # pylint: disable=broad-except
            self.crashes.append(error)
        finally:
            wires.close()

    def _poll(self, wires: Wires, server: int) -> None:
        while not self._stopping.is_set():
            try:
                answer = wires.ask(server, encode_request("GET", "/registry/updated"))
            except (Closed, OSError):
                server = (server + 1) % len(self._servers)
                continue
            if answer.status != 200:
                self.refused.append(f"{answer.status} {answer.body!r}")
            elif news := answer.json:
                self._note(news)
            else:
                self._stopping.wait(0.05)

    def _note(self, news: dict[str, Any]) -> None:
        for id_, shown in news.items():
            named = shown.get("hypertyID", shown.get("url"))
            assert named == id_ and shown["status"] == "disconnected", shown
        if self._ledger:
            self._ledger.told(news, time.monotonic())
        with self._lock:
            self.told.update(news.keys())
            self.last_s = time.monotonic()
