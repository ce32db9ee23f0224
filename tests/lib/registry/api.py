"""A registry as a test sees it: a client, ids of its own, and time."""

import time
from pathlib import Path
from typing import Any, Iterable

from registry.bodies import Body, data_object, hyperty
from registry.client import Client, fresh_prefix
from registry.clock import RealTime, TestClock, TurnedTime
from registry.process import Registry

NEWS_LIMIT_S = 5.0


class Api(Client):
    """Every id that it makes is new, so that tests do not meet on one server."""

    def __init__(self, base_url: str, passing: RealTime | TurnedTime):
        super().__init__(base_url)
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

    def create_object(self, name: str = "o1", **changes: Any) -> str:
        """Stores D with the changes, under a name and a reporter of this test; returns its url."""
        own = {"name": self.unique("n"), "reporter": self.id("r")}
        answer = self.put_object(self.url(name), data_object(**{**own, **changes}))
        assert answer.status == 200, answer
        return self.url(name)

    def create_disconnected(self, name: str = "h1", user: str = "u1") -> str:
        return self.create(name, user, status="disconnected", expires=0)

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

    def __init__(self, registry: Registry, clock: TestClock):
        super().__init__(f"http://{registry.host}:{registry.port}", TurnedTime(clock, registry))
        self.registry = registry
        self.clock = clock

    def restart(self, crash: bool = False) -> None:
        self.close()
        self.registry.restart(crash)
        self.port = self.registry.port


def own_api(folder: Path, store: str | None, frozen: bool = True, **more: Any) -> OwnApi:
    """Starts one; end it with its registry's block."""
    clock = TestClock(folder / "clock", frozen)
    return OwnApi(Registry(folder / "data", store, clock, **more), clock)
