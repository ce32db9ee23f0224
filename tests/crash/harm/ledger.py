"""What clients were promised, and whether a registry that was killed has kept it.

Each id belongs to one client, which has at most one request of its own under way. So an entry is
either as it was acknowledged, or as the one unanswered request would have left it; nothing else.
Every create and update carries a descriptor of its own, which tells the two apart.
"""

import threading
import time
from dataclasses import dataclass, field
from typing import Any

from registry.client import encode_request, piece
from registry.process import Registry
from registry.wire import Answer, Wire
from harm.wait import until

Body = dict[str, Any]
DISCONNECTED = "disconnected"

# Requests that are sent before their answers are read.
PIPELINE = 64


@dataclass
class Operation:
    """A change: what it asks, and what it makes of a body."""

    verb: str  # put, update, keep_alive or delete
    body: Body
    sent_s: float = 0.0

    def apply(self, old: Body | None) -> Body | None:
        if self.verb == "put":
            return dict(self.body)
        if old is None:
            return None
        extra = {"keep_alive": {"status": "live"}, "delete": {"status": DISCONNECTED}}
        return {**old, **self.body, **extra.get(self.verb, {})}

    def is_sign_of_life(self) -> bool:
        return self.verb != "delete"

    def revives(self) -> bool:
        """Whatever it was before, it is available after this."""
        return self.verb in ("put", "keep_alive") or "status" in self.body


@dataclass
class Entry:
    """One id, as its client knows it."""

    kind: str  # hyperty or object
    id: str
    owner: str = ""
    body: Body | None = None  # as acknowledged; None: never created
    signed_s: float = 0.0     # when the last acknowledged sign of life was sent
    revived_s: float = 0.0    # … of those that leave it available, whatever it was before
    lapsed: bool = False      # its time may have been over before the last sign of life
    under_way: Operation | None = None
    guids: set[str] = field(default_factory=set)
    starting: str = ""        # startingTime, once seen

    def target(self) -> str:
        return f"/hyperty/{'url' if self.kind == 'hyperty' else 'dataobject/url'}/{piece(self.id)}"

    def request(self, operation: Operation) -> bytes:
        if operation.verb == "put" and self.kind == "hyperty":
            target, method = f"/hyperty/user/{piece(self.owner)}/{piece(self.id)}", "PUT"
        elif operation.verb == "put":
            target, method = f"/hyperty/dataobject/{piece(self.id)}", "PUT"
        elif operation.verb == "delete" and self.kind == "hyperty":
            target, method = f"/hyperty/user/{piece(self.owner)}/{piece(self.id)}", "DELETE"
        elif operation.verb == "delete":
            target, method = self.target(), "DELETE"
        elif self.kind == "hyperty":
            target, method = f"/hyperty/url/{piece(self.id)}", "PUT"
        else:
            target, method = f"/dataobject/url/{piece(self.id)}", "PUT"
        return encode_request(method, target, None if method == "DELETE" else operation.body)

    def happened(self, operation: Operation) -> None:
        """The operation is known to be done."""
        self.lapsed = self.may_have_expired() and not operation.revives()
        self.body = operation.apply(self.body)
        if operation.is_sign_of_life():
            self.signed_s = operation.sent_s
        if operation.revives():
            self.revived_s = operation.sent_s
        if "guid" in operation.body:
            self.guids.add(operation.body["guid"])
        self.under_way = None

    def may_have_expired(self) -> bool:
        if self.body is None:
            return False
        return self.lapsed or time.monotonic() - self.signed_s > self.body["expires"]


def _shown(entry: Entry, body: Body) -> Body:
    """The answer's members for a body, less the two times."""
    own = {"hypertyID": entry.id, "userID": entry.owner} if entry.kind == "hyperty" else {
        "url": entry.id}
    return {**body, **own}


def _differences(expected: Body, seen: Body) -> list[str]:
    return [f"{name}: {str(expected.get(name))[:80]!r} → {str(seen.get(name))[:80]!r}"
            for name in sorted({*expected, *seen}) if expected.get(name) != seen.get(name)]


class Ledger:
    """All ids of all clients, and all news that anybody was told."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.entries: list[Entry] = []
        self._told_s: dict[str, float] = {}

    def add(self, entry: Entry) -> None:
        with self._lock:
            self.entries.append(entry)

    def told(self, news: dict[str, Any], at_s: float) -> None:
        """News that a reader has received whole at this time."""
        for id_, shown in news.items():
            assert shown["status"] == DISCONNECTED, f"news of {id_}: {shown}"
            assert shown.get("hypertyID", shown.get("url")) == id_, shown
        with self._lock:
            self._told_s.update(dict.fromkeys(news, at_s))

    def stored(self) -> list[Entry]:
        return [entry for entry in self.entries if entry.body is not None]

    # ---- After a crash ----

    def settle_and_check(self, registry: Registry, with_counts: bool = True) -> dict[str, Body]:
        """Every id as promised, or as its unanswered request left it, which the ledger then takes
        for what happened. Every list form agrees with it, and the count if there is nothing else
        in the registry. Returns what was seen, by id."""
        answers = fetch(registry, [entry.target() for entry in self.entries])
        seen = {}
        for entry, answer in zip(self.entries, answers):
            if answer.status != 404:
                seen[entry.id] = answer.json
            self._settle_one(entry, answer)
        self._check_lists(registry, seen)
        if with_counts:
            self._check_counts(registry)
        return seen

    @staticmethod
    def _settle_one(entry: Entry, answer: Answer) -> None:
        faults = []
        for operation in (None, entry.under_way) if entry.under_way else (None,):
            fault = fault_of(entry, operation, answer)
            if fault is None:
                if operation:
                    entry.happened(operation)
                entry.under_way = None
                _note_expiry(entry, answer)
                return
            faults.append(f"as {'unanswered' if operation else 'acknowledged'}: {fault}")
        raise AssertionError(f"{entry.kind} {entry.id[:80]}, answer {answer.status}, is neither\n  "
                             + "\n  ".join(faults))

    def _check_lists(self, registry: Registry, seen: dict[str, Body]) -> None:
        expected: dict[str, set[str]] = {}

        def leads(target: str, entry: Entry) -> None:
            expected.setdefault(target, set()).add(entry.id)

        stored = self.stored()
        guids_of: dict[str, set[str]] = {}
        for entry in stored:
            guids_of.setdefault(entry.owner, set()).update(entry.guids)
        for entry in stored:
            assert entry.body is not None
            if entry.kind == "hyperty":
                leads(f"/hyperty/user/{piece(entry.owner)}", entry)
                leads(f"/hyperty/email/{piece(entry.owner.rsplit('/', 1)[-1])}", entry)
                for guid in guids_of[entry.owner]:
                    leads(f"/hyperty/guid/{piece(guid)}", entry)
            else:
                leads(f"/hyperty/dataobject/name/{piece(entry.body['name'])}", entry)
                leads(f"/hyperty/dataobject/reporter/{piece(entry.body['reporter'])}", entry)

        targets = list(expected)
        for target, answer in zip(targets, fetch(registry, targets)):
            assert answer.status in (200, 408), f"{target}: {answer.status} {answer.body[:200]!r}"
            listed = answer.json
            assert set(listed) == expected[target], (
                f"{target}: missing {sorted(expected[target] - set(listed))[:3]}, "
                f"too many {sorted(set(listed) - expected[target])[:3]}")
            for id_, shown in listed.items():
                # Between the two reads it may have run out of time, nothing else.
                assert shown == seen[id_] or shown == {**seen[id_], "status": DISCONNECTED}, (
                    f"{target} shows {id_[:80]} otherwise than its get: "
                    f"{_differences(seen[id_], shown)}")

    def _check_counts(self, registry: Registry) -> None:
        hyperties = sum(entry.kind == "hyperty" for entry in self.stored())
        live = fetch(registry, ["/live"])[0].json
        assert live["Hyperties_stored"] == str(hyperties), live

    # ---- News ----

    def untold(self) -> list[Entry]:
        """Entries known to have gone away of which nobody was told since they were last back."""
        with self._lock:
            return [entry for entry in self.stored() if entry.body["status"] == DISCONNECTED
                    and self._told_s.get(entry.id, 0.0) < entry.revived_s]

    def check_news(self, registry: Registry, limit_s: float = 5.0) -> None:
        """Whatever nobody was told of is pending still: it can be read now."""
        with registry.wire() as wire:
            def all_told() -> bool:
                while news := read_news(wire):
                    self.told(news, time.monotonic())
                return not self.untold()

            try:
                until("news of all that went away", all_told, limit_s)
            except AssertionError as error:
                lost = [(entry.id[:80], entry.body) for entry in self.untold()]
                raise AssertionError(f"{error}; {len(lost)} lost, such as {lost[:2]}") from None


def fault_of(entry: Entry, operation: Operation | None, answer: Answer) -> str | None:
    """Why the answer does not show the entry, changed by the operation; None if it does."""
    body = operation.apply(entry.body) if operation else entry.body
    if body is None:
        return None if answer.status == 404 else "it had never been created"
    if answer.status not in (200, 408):
        return f"it should be there: {answer.body[:200]!r}"
    seen = dict(answer.json)
    starting, modified = seen.pop("startingTime", ""), seen.pop("lastModified", "")
    if not starting or not modified or (entry.starting and starting != entry.starting):
        return f"times {starting!r}, {modified!r}, began {entry.starting!r}"
    expected = _shown(entry, body)
    # Cut to whole seconds, an entry lives longer than it asked for, never shorter.
    may_be_over = entry.may_have_expired() or (
        operation is not None and time.monotonic() - operation.sent_s > body["expires"])
    if seen["status"] == DISCONNECTED and may_be_over:
        expected["status"] = DISCONNECTED
    if seen != expected:
        return "; ".join(_differences(expected, seen))
    away = entry.kind == "hyperty" and seen["status"] == DISCONNECTED
    if answer.status != (408 if away else 200):
        return f"status {seen['status']}"
    return None


def _note_expiry(entry: Entry, answer: Answer) -> None:
    if entry.body is not None:
        entry.body["status"] = answer.json["status"]
        entry.starting = answer.json["startingTime"]


def fetch(registry: Registry, targets: list[str]) -> list[Answer]:
    """The answers to GETs, in their order, pipelined."""
    answers = []
    with registry.wire() as wire:
        for start in range(0, len(targets), PIPELINE):
            batch = targets[start:start + PIPELINE]
            wire.send(b"".join(encode_request("GET", target) for target in batch))
            answers += [wire.receive() for _ in batch]
    return answers


def read_news(wire: Wire) -> dict[str, Any]:
    wire.send(encode_request("GET", "/registry/updated"))
    answer = wire.receive()
    assert answer.status == 200, answer
    return answer.json
