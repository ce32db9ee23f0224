"""A registry as a test sees it: a client, ids of its own, and time."""

import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Iterable

from registry.bodies import Body, data_object, hyperty
from registry.client import Client, encode_request, fresh_prefix, piece
from registry.clock import RealTime, TestClock, TurnedTime
from registry.keyspace import Keyspace
from registry.process import Registry
from registry.together import Together

NEWS_LIMIT_S = 5.0
# Servers that share a store tell each other once a second what they count.
SHARED_COUNT_LIMIT_S = 5.0


class Api(Client):
    """Every id that it makes is new, so that tests do not meet on one server."""

    count_limit_s = 0.0
    counts_are_lost = False

    def __init__(self, passing: RealTime | TurnedTime, *base_urls: str):
        super().__init__(*base_urls)
        self.time = passing
        self.prefix = fresh_prefix()

    # ---- Ids ----

    def user(self, name: str = "u1") -> str:
        return f"user://x.org/{self.email(name)}"

    def email(self, name: str = "u1") -> str:
        return f"{self.prefix}.{name}@x.org"

    def id(self, name: str = "h1") -> str:
        return f"hyperty://x.org/{self.prefix}/{name}"

    def url(self, name: str = "o1") -> str:
        return f"comm://x.org/{self.prefix}/{name}"

    def unique(self, name: str) -> str:
        return f"{self.prefix}-{name}"

    # ---- Steps that many tests begin with ----

    def create(self, name: str = "h1", user: str = "u1", **changes: Any) -> str:
        """Stores H with the changes; returns its id."""
        answer = self.put_hyperty(self.user(user), self.id(name), hyperty(**changes))
        assert answer.status == 200, answer
        return self.id(name)

    def create_many(self, count: int, first: int = 0, users: int = 50, **changes: Any) -> list[str]:
        """Stores h0, h1, … of u0, u1, …; many at once, since each may wait for the disk.
        A change may be a function of the number."""
        numbers = range(first, first + count)
        with ExitStack() as stack:
            wires = [stack.enter_context(self.wire()) for _ in range(min(count, 32))]
            for start in range(0, count, len(wires)):
                busy = list(zip(wires, numbers[start:start + len(wires)]))
                for wire, n in busy:
                    body = hyperty(**{k: v(n) if callable(v) else v for k, v in changes.items()})
                    target = f"/hyperty/user/{piece(self.user(f'u{n % users}'))}"
                    wire.send(encode_request("PUT", f"{target}/{piece(self.id(f'h{n}'))}", body))
                for wire, _ in busy:
                    assert wire.receive().status == 200
        return [self.id(f"h{n}") for n in numbers]

    def create_object(self, which: str = "o1", /, **changes: Any) -> str:
        """Stores D with the changes, under a name and a reporter of this test; returns its url."""
        own = {"name": self.unique("n"), "reporter": self.id("r")}
        answer = self.put_object(self.url(which), data_object(**{**own, **changes}))
        assert answer.status == 200, answer
        return self.url(which)

    def create_disconnected(self, name: str = "h1", user: str = "u1") -> str:
        return self.create(name, user, status="disconnected", expires=0)

    def stored(self) -> int:
        """Hyperties, as /live counts them."""
        return int(self.get("/live").json["Hyperties_stored"])

    def check_stored(self, expected: int) -> None:
        """By each server: at once, or soon if they have to tell each other. What a server that
        crashed had not told yet is lost to the others, until they count anew."""
        if self.counts_are_lost:
            return
        deadline = time.monotonic() + self.count_limit_s
        while (counts := {self.stored() for _ in range(self.server_count)}) != {expected}:
            assert time.monotonic() < deadline, f"{counts}, not {expected}"
            time.sleep(0.05)

    # ---- Time and what comes of it ----

    def pass_seconds(self, seconds: float) -> None:
        self.time.pass_seconds(seconds)

    def news(self, expect: Iterable[str] = ()) -> dict[str, Body]:
        """Takes pending updates until there are none, and those expected have come; the others'
        are thrown away. None may come twice."""
        self.time.settle()
        missing = set(expect)
        seen: dict[str, Body] = {}
        deadline = time.monotonic() + NEWS_LIMIT_S
        while True:
            taken = self.updated()
            mine = {key: entry for key, entry in taken.items() if self.prefix in key}
            assert not mine.keys() & seen.keys(), "told twice"
            seen.update(mine)
            missing -= mine.keys()
            if not taken and (not missing or time.monotonic() > deadline):
                return seen
            if not taken:
                time.sleep(0.02)


class OwnApi(Api):
    """A registry that this test alone uses, and may stop."""

    def __init__(self, registry: Registry | Together, clock: TestClock):
        super().__init__(TurnedTime(clock, registry))
        self.registry = registry
        self.clock = clock
        if isinstance(registry, Together):
            self.count_limit_s = SHARED_COUNT_LIMIT_S
        self.find()

    def find(self) -> None:
        """Where the servers listen since they were started."""
        self.point_at(*(server.url for server in self.registry.members))

    def restart(self, crash: bool = False) -> None:
        self.close()
        self.registry.restart(crash)
        if crash and isinstance(self.registry, Together):
            self.counts_are_lost = True
        self.find()

    def wait_until_counts_are_told(self, stored: int) -> None:
        """After that, a crash loses nothing of them. What they told may sum up to that by chance
        while some is still to be told; then they do not agree."""
        if not isinstance(self.registry, Together):
            return
        deadline = time.monotonic() + self.count_limit_s
        while not self.counts_are_told(stored):
            assert time.monotonic() < deadline, f"not told within time: {stored}"
            time.sleep(0.05)

    def counts_are_told(self, stored: int) -> bool:
        return (self.registry.keyspace.stored() == stored
                and {self.stored() for _ in range(self.server_count)} == {stored})


def own_api(folder: Path, store: str | None, frozen: bool = True, **more: Any) -> OwnApi:
    """Starts one; end it with its registry's block."""
    clock = TestClock(folder / "clock", frozen)
    return OwnApi(Registry(folder / "data", store, clock, **more), clock)


def api_over(keyspace: Keyspace, servers: int, folder: Path, **more: Any) -> OwnApi:
    """Likewise, so many servers on what is in the keyspace."""
    clock = TestClock(folder / "clock")
    return OwnApi(Together(keyspace, servers, folder, clock, **more), clock)
