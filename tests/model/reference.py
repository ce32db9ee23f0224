"""A registry as small as it can be: what the specification says, in one process, in plain lists."""

from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any, Iterable

CAP_S = 3600
LISTS = ("resources", "dataSchemes")
REQUIRED = {
    "hyperty": ("descriptor", "resources", "dataSchemes", "expires", "status", "runtime"),
    "object": ("schema", "name", "reporter", "resources", "dataSchemes", "status", "expires",
               "runtime"),
}
OPTIONAL = {"hyperty": ("guid", "p2pRequester", "p2pHandler"), "object": ("p2pRequester",)}
MESSAGES = {
    "hyperty": ("Hyperty created", "Hyperty updated", "Hyperty deleted"),
    "object": ("Data object created", "data object updated", "Data object deleted"),
}

Fields = dict[str, Any]
Reply = tuple[int, dict[str, Any]]
NOT_FOUND: Reply = (404, {"message": "Not Found"})
BAD_REQUEST: Reply = (400, {"message": "Bad Request"})


class BadBody(Exception):
    """The body is none that the specification knows (4.3)."""


def text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (str, int)):
        return str(value)
    raise BadBody


def texts(value: Any) -> list[str]:
    if not isinstance(value, list):
        raise BadBody
    return [text(element) for element in value if element is not None]


def seconds(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise BadBody
    try:
        number = float(value)
    except ValueError:
        raise BadBody from None
    if number < 0 or number != int(number):
        raise BadBody
    return min(int(number), CAP_S)


def read_body(kind: str, body: Any) -> Fields:
    """The members that the kind has, null ones left out."""
    if not isinstance(body, dict):
        raise BadBody
    fields = {}
    for name in (*REQUIRED[kind], *OPTIONAL[kind]):
        value = body.get(name)
        if value is not None:
            read = seconds if name == "expires" else texts if name in LISTS else text
            fields[name] = read(value)
    return fields


def email(user: str) -> str | None:
    """The last component that is not empty (6.9)."""
    parts = [part for part in user.split("/") if part]
    return parts[-1] if parts else None


def shown_time(wall_s: int) -> str:
    return datetime.fromtimestamp(wall_s, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass
class Entry:
    kind: str
    key: str
    owner: str | None
    fields: Fields
    started_s: int
    modified_s: int  # wall time, shown
    alive_s: int  # lifetime time, computed with
    pending: bool = False
    guids: set[str] = field(default_factory=set)

    @property
    def away(self) -> bool:
        return self.fields["status"] == "disconnected"

    def shown(self) -> dict[str, Any]:
        own = ({"hypertyID": self.key, "userID": self.owner} if self.kind == "hyperty"
               else {"url": self.key})
        return {**self.fields, **own, "startingTime": shown_time(self.started_s),
                "lastModified": shown_time(self.modified_s)}


class Reference:
    def __init__(self, wall_s: int, now_s: int):
        self.wall_s = wall_s
        self.now_s = now_s
        self.entries: dict[tuple[str, str], Entry] = {}

    # ---- Time (5.3) ----

    def advance(self, seconds: int) -> None:
        self.wall_s += seconds
        self.now_s += seconds
        for entry in self.entries.values():
            if not entry.away and self.now_s - entry.alive_s > entry.fields["expires"]:
                self._goes_away(entry)

    def _goes_away(self, entry: Entry) -> None:
        entry.pending = entry.pending or not entry.away
        entry.fields["status"] = "disconnected"

    def _sign_of_life(self, entry: Entry) -> None:
        entry.modified_s, entry.alive_s = self.wall_s, self.now_s
        entry.pending = entry.pending and entry.away
        entry.guids |= {entry.fields["guid"]} if "guid" in entry.fields else set()

    # ---- Changes (6.1 to 6.3, 6.10, 6.11, 6.13, 10) ----

    def put(self, kind: str, key: str, owner: str | None, body: Any) -> Reply:
        try:
            fields = read_body(kind, body)
        except BadBody:
            return BAD_REQUEST
        if not set(REQUIRED[kind]) <= fields.keys():
            return BAD_REQUEST
        entry = self.entries.get((kind, key))
        if entry is None:
            entry = Entry(kind, key, owner, fields, self.wall_s, self.wall_s, self.now_s)
            self.entries[kind, key] = entry
        elif entry.owner != owner:
            return NOT_FOUND
        entry.fields = fields
        self._sign_of_life(entry)
        return 200, {"message": MESSAGES[kind][0]}

    def update(self, kind: str, key: str, body: Any) -> Reply:
        try:
            fields = read_body(kind, body)
        except BadBody:
            return BAD_REQUEST
        entry = self.entries.get((kind, key))
        if entry is None:
            return NOT_FOUND
        before = entry.fields["status"]
        if body == {}:
            fields, message = {"status": "live"}, "Keep alive"
        else:
            message = MESSAGES[kind][1]
        entry.fields.update(fields)
        self._sign_of_life(entry)
        changed = "true" if entry.fields["status"] != before else "false"
        answer = {"message": message}
        return 200, {**answer, "statusChanged": changed} if kind == "hyperty" else answer

    def delete(self, kind: str, key: str, owner: str | None) -> Reply:
        entry = self.entries.get((kind, key))
        if entry is None or entry.owner != owner:
            return NOT_FOUND
        self._goes_away(entry)
        return 200, {"message": MESSAGES[kind][2]}

    # ---- Reads (6.4 to 6.9, 6.12, 8) ----

    def get(self, kind: str, key: str, owner: str | None = None) -> Reply:
        entry = self.entries.get((kind, key))
        if entry is None or owner not in (None, entry.owner):
            return NOT_FOUND
        return (408 if entry.away and kind == "hyperty" else 200), entry.shown()

    def _map(self, entries: Iterable[Entry], wanted: dict[str, set[str]] | None) -> Reply:
        found = [entry for entry in entries if wanted is None or all(
            values <= set(entry.fields[name]) for name, values in wanted.items())]
        if not found:
            return NOT_FOUND
        hyperties = found[0].kind == "hyperty"
        status = 408 if hyperties and all(entry.away for entry in found) else 200
        return status, {entry.key: entry.shown() for entry in found}

    def list(self, by: str, key: str, wanted: dict[str, set[str]] | None = None) -> Reply:
        hyperties = [entry for entry in self.entries.values() if entry.kind == "hyperty"]
        objects = [entry for entry in self.entries.values() if entry.kind == "object"]
        if by == "user":
            return self._map((e for e in hyperties if e.owner == key), wanted)
        if by == "email":
            return self._map((e for e in hyperties if email(str(e.owner)) == key), wanted)
        if by == "guid":
            users = {e.owner for e in hyperties if key in e.guids}
            return self._map((e for e in hyperties if e.owner in users), wanted)
        if by == "url":
            return self._map((e for e in objects if e.key == key), wanted)
        return self._map((e for e in objects if e.fields[by] == key), wanted)

    # ---- News (11) ----

    def pending(self) -> dict[str, dict[str, Any]]:
        return {e.key: e.shown() for e in self.entries.values() if e.pending}
