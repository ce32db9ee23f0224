"""Clients that ask several servers in turn, believe each answer, and check every one of them."""

import random
import threading
import time
from dataclasses import dataclass
from typing import Any, Callable, Sequence

from harm.ledger import Entry, Ledger, Operation, fault_of, read_news
from harm.load import Person
from registry.client import encode_request
from registry.process import Registry
from registry.wire import Answer, Closed, Wire

CLIENTS = 6
VERBS = {"put", "update", "keep_alive", "delete", "read", "poll"}
ENTRIES_MAX = 60  # of a client: all are looked at afterwards, on every server
REQUEST_LIMIT_S = 15.0
POLL_EVERY_S = 0.5
PAUSE_S = 0.005  # of a client between two requests: nodes and clients share the processors


@dataclass
class Request:
    """One request, and what came of it."""

    verb: str
    server: int
    start_s: float
    end_s: float
    fault: str  # "" if it was answered as it should be

    def __str__(self) -> str:
        return (f"{self.verb} at server {self.server}: {self.fault} "
                f"after {self.end_s - self.start_s:.2f} s")


class Resident(Person):
    """Its entries end by being deleted, or at once; nothing depends on the pace of the test."""

    LIVES = (3600, 3600, 3600, 3600, 0)


class Wires:
    """One client's connections, to each server one; opened again when they break."""

    def __init__(self, servers: Sequence[Registry]):
        self._servers = servers
        self._open: dict[int, Wire] = {}

    def ask(self, server: int, request: bytes) -> Answer:
        """OSError or Closed if there is no answer."""
        if server not in self._open:
            self._open[server] = self._servers[server].wire(REQUEST_LIMIT_S)
        try:
            self._open[server].send(request)
            return self._open[server].receive()
        except (Closed, OSError):
            self.drop(server)
            raise

    def drop(self, server: int) -> None:
        wire = self._open.pop(server, None)
        if wire:
            wire.close()

    def close(self) -> None:
        for server in list(self._open):
            self.drop(server)


class Load:
    """Runs until the end of its block; every request to another server than the one before."""

    def __init__(self, servers: Sequence[Registry], ledger: Ledger, people: Sequence[Person],
                 pollers: int = 1):
        self._servers = list(servers)
        self._ledger = ledger
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self.requests: list[Request] = []
        self.crashes: list[BaseException] = []
        tasks: list[tuple[Callable[..., None], Any]] = [(self._live, person) for person in people]
        tasks += [(self._poll, number) for number in range(pollers)]
        self._threads = [threading.Thread(target=self._guard, args=task, daemon=True)
                         for task in tasks]

    # ---- Life ----

    def __enter__(self) -> "Load":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        for thread in self._threads:
            thread.join(4 * REQUEST_LIMIT_S)
            assert not thread.is_alive(), "a client hangs"
        assert not self.crashes, self.crashes

    def run_for(self, seconds: float) -> None:
        self._stopping.wait(seconds)

    def _guard(self, task: Callable[..., None], argument: Any) -> None:
        wires = Wires(self._servers)
        try:
            task(wires, argument)
        except BaseException as error:  # pylint: disable=broad-except
            self.crashes.append(error)
        finally:
            wires.close()

    # ---- Results ----

    def failed(self, since_s: float = 0.0) -> list[Request]:
        """Requests begun from then on that were not answered as they should be."""
        return [request for request in self.requests
                if request.fault and request.start_s >= since_s]

    def verbs(self, since_s: float = 0.0) -> set[str]:
        """What has been asked for from then on."""
        with self._lock:
            return {request.verb for request in self.requests if request.start_s > since_s}

    def longest_s(self) -> float:
        return max(request.end_s - request.start_s for request in self.requests)

    def report(self, name: str) -> None:
        """One line for those who watch figures."""
        took = sorted(request.end_s - request.start_s for request in self.requests)
        print(f"{name}: {len(took)} requests, {len(self.failed())} failed, "
              f"median {took[len(took) // 2] * 1000:.0f} ms, longest {took[-1]:.2f} s")
        for request in self.failed()[:5]:
            print(f"  {request}")

    # ---- One client ----

    def _ask(self, wires: Wires, verb: str, server: int, request: bytes,
             fault: Callable[[Answer], str | None]) -> bool:
        """Whether it was answered well. Noted in any case."""
        start_s = time.monotonic()
        try:
            answer = wires.ask(server, request)
            problem = fault(answer) or ""
        except (Closed, OSError) as error:
            problem = f"no answer: {error!r}"
        note = Request(verb, server, start_s, time.monotonic(), problem)
        with self._lock:
            self.requests.append(note)
        return not problem

    def _live(self, wires: Wires, person: Person) -> None:
        turn = person.number
        usable: list[Entry] = []
        while not self._stopping.wait(PAUSE_S):
            turn += 1
            server = turn % len(self._servers)
            if not usable or (len(person.entries) < ENTRIES_MAX and person.random.random() < 0.15):
                usable.append(person.new_entry())
                self._change(wires, server, usable, usable[-1], person)
                continue
            entry = person.random.choice(usable)
            if person.random.random() < 0.5:
                self._read(wires, server, entry)
            else:
                self._change(wires, server, usable, entry, person)

    def _change(self, wires: Wires, server: int, usable: list[Entry], entry: Entry,
                person: Person) -> None:
        operation = person.next_operation(entry)
        operation.sent_s = time.monotonic()
        entry.under_way = operation
        if self._ask(wires, operation.verb, server, entry.request(operation), not_200):
            entry.happened(operation)
        else:
            usable.remove(entry)  # nobody knows what it is now

    def _read(self, wires: Wires, server: int, entry: Entry) -> None:
        self._ask(wires, "read", server, encode_request("GET", entry.target()),
                  lambda answer: fault_of(entry, None, answer))

    def _poll(self, wires: Wires, number: int) -> None:
        while not self._stopping.wait(POLL_EVERY_S):
            number += 1
            self._ask(wires, "poll", number % len(self._servers),
                      encode_request("GET", "/registry/updated"), self._told)

    def _told(self, answer: Answer) -> str | None:
        if answer.status == 200:
            self._ledger.told(answer.json, time.monotonic())
        return not_200(answer)


def not_200(answer: Answer) -> str | None:
    return None if answer.status == 200 else f"{answer.status} {answer.body[:200]!r}"


def residents(ledger: Ledger, seed: int, count: int = CLIENTS) -> list[Person]:
    return [Resident(ledger, number, random.Random(f"{seed} {number}")) for number in range(count)]
