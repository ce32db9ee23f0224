"""Clients that keep a registry busy, and write down in a ledger what it acknowledged."""

import random
import threading
import time
from typing import Any

from harm.ledger import Body, Entry, Ledger, Operation, read_news
from registry.bodies import data_object, hyperty
from registry.process import Registry
from registry.wire import Closed, Wire

CLIENTS = 6
CREATES_PER_ROUND = 25
ENTRIES_MAX = 500  # of a client: all are looked at after each of many rounds
LONG = 600  # beyond what LMDB takes as a key


class Person:
    """One client's users and ids, which outlive the connections of its rounds."""

    LIVES = (3600, 3600, 3600, 3600, 1, 0)  # what it asks for as expires, each equally often

    def __init__(self, ledger: Ledger, number: int, random_: random.Random):
        self.ledger = ledger
        self.number = number
        self.random = random_
        self.entries: list[Entry] = []
        self._serial = 0
        filler = "u" * LONG if number == 0 else ""
        self._users = [f"user://x.org/{filler}p{number}{letter}@x.org" for letter in "ab"]

    def serial(self) -> int:
        self._serial += 1
        return self._serial

    def new_entry(self) -> Entry:
        kind = self.random.choice(("hyperty", "hyperty", "object"))
        filler = "f" * LONG if self.random.random() < 0.1 else ""
        scheme = "hyperty" if kind == "hyperty" else "comm"
        id_ = f"{scheme}://x.org/{filler}p{self.number}/{self.serial()}"
        owner = self.random.choice(self._users) if kind == "hyperty" else ""
        entry = Entry(kind, id_, owner)
        self.entries.append(entry)
        self.ledger.add(entry)
        return entry

    def _changes(self, entry: Entry) -> Body:
        """Members of a create or an update; the descriptor (or schema) is used once."""
        large = "x" * self.random.randrange(2000, 20000) if self.random.random() < 0.1 else ""
        unique = f"catalogue://p{self.number}/{self.serial()}/{large}"
        changes: Body = {"expires": self.random.choice(self.LIVES)}
        mine = f"x.org/p{self.number}"
        if entry.kind == "hyperty":
            changes["descriptor"] = unique
            if self.random.random() < 0.6:
                letter = entry.owner.rsplit("@", 1)[0][-1]
                changes["guid"] = f"user-guid://{mine}{letter}/{self.random.randrange(3)}"
        else:
            changes["schema"] = unique
            changes["name"] = f"room/{mine}/{self.random.randrange(4)}"
            changes["reporter"] = f"hyperty://{mine}/reporter/{self.random.randrange(4)}"
        return changes

    def next_operation(self, entry: Entry) -> Operation:
        verb = "put" if entry.body is None else self.random.choices(
            ("put", "update", "keep_alive", "delete"), (25, 25, 25, 25))[0]
        if verb == "put":
            body = hyperty if entry.kind == "hyperty" else data_object
            return Operation(verb, body(**self._changes(entry)))
        if verb == "update":
            status = {"status": "live"} if self.random.random() < 0.5 else {}
            return Operation(verb, {**self._changes(entry), **status})
        return Operation(verb, {})


class Load:
    """One round of requests, until the server is gone or stop() is called."""

    def __init__(self, registry: Registry, ledger: Ledger, people: list[Person]):
        self._where = registry.host, registry.port
        self._ledger = ledger
        self._stopping = threading.Event()
        self.acknowledged = 0
        self.told = 0
        self.refused: list[str] = []  # answers other than 200
        self.faults: list[BaseException] = []
        # When each client sent what never got an answer.
        self.unanswered_s: list[float] = []
        tasks = [(self._change_things, (person,)) for person in people]
        tasks += [(self._read_news, ())]
        self._threads = [threading.Thread(target=self._guard, args=task, daemon=True)
                         for task in tasks]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._stopping.set()

    def join(self, limit_s: float = 30.0) -> None:
        for thread in self._threads:
            thread.join(limit_s)
            assert not thread.is_alive(), "a client hangs"
        assert not self.faults, self.faults
        assert not self.refused, self.refused[:5]

    def _guard(self, task: Any, arguments: tuple[Any, ...]) -> None:
        try:
            with Wire(*self._where) as wire:
                task(wire, *arguments)
        except (Closed, ConnectionError):
            pass  # the server has gone
        except BaseException as error:  # pylint: disable=broad-except
            self.faults.append(error)

    def _change_things(self, wire: Wire, person: Person) -> None:
        creates = CREATES_PER_ROUND
        while not self._stopping.is_set():
            may_create = creates and len(person.entries) < ENTRIES_MAX
            if not person.entries or (may_create and person.random.random() < 0.2):
                creates -= 1
                entry = person.new_entry()
            else:
                entry = person.random.choice(person.entries)
            self._change(wire, entry, person.next_operation(entry))

    def _change(self, wire: Wire, entry: Entry, operation: Operation) -> None:
        operation.sent_s = time.monotonic()
        entry.under_way = operation
        try:
            wire.send(entry.request(operation))
            answer = wire.receive()
        except (Closed, ConnectionError):
            self.unanswered_s.append(operation.sent_s)
            raise
        if answer.status != 200:
            asked = f"{operation.verb} {entry.id[:80]}"
            self.refused.append(f"{asked}: {answer.status} {answer.body!r}")
            self._stopping.set()
            return
        entry.happened(operation)
        self.acknowledged += 1
        if answer.header("Connection") == "close":
            raise Closed("as announced")

    def _read_news(self, wire: Wire) -> None:
        while not self._stopping.wait(0.01):
            news = read_news(wire)
            self._ledger.told(news, time.monotonic())
            self.told += len(news)


def people(ledger: Ledger, seed: int, count: int = CLIENTS) -> list[Person]:
    return [Person(ledger, number, random.Random(f"{seed} {number}")) for number in range(count)]
