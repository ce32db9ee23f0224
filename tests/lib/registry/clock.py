"""Time in a test: turned by hand under a server of ours, waited for with any other."""

import mmap
import struct
import time
from pathlib import Path
from typing import Protocol, Sequence

OFFSETS = 0
FROZEN = 1

START_WALL_S = 1_700_000_000
START_STEADY_S = 1_000
SETTLE_LIMIT_S = 20.0


class HasMetrics(Protocol):
    def metrics(self) -> dict[str, float]: ...


class HasMembers(Protocol):
    @property
    def members(self) -> Sequence[HasMetrics]: ...


class TestClock:
    """The file that build/registryd-test-clock takes both its clocks from.

    Three little-endian int64: mode, wall_ms, steady_ms. Frozen, the two are what the clocks show;
    otherwise they are added to the clocks of the machine.
    """

    __test__ = False

    def __init__(self, path: Path, frozen: bool = True):
        self.path = path
        wall_ms, steady_ms = (START_WALL_S * 1000, START_STEADY_S * 1000) if frozen else (0, 0)
        path.write_bytes(struct.pack("<qqq", FROZEN if frozen else OFFSETS, wall_ms, steady_ms))
        with open(path, "r+b") as file:
            self._map = mmap.mmap(file.fileno(), 24)

    def _get(self, place: int) -> int:
        return struct.unpack_from("<q", self._map, place * 8)[0]

    def _set(self, place: int, value: int) -> None:
        struct.pack_into("<q", self._map, place * 8, value)

    def advance(self, seconds: float) -> None:
        """Both clocks go on, as they do when time passes."""
        self._set(2, self._get(2) + round(seconds * 1000))
        self._set(1, self._get(1) + round(seconds * 1000))

    def step_wall(self, seconds: float) -> None:
        """Somebody sets the wall clock; no time passes."""
        self._set(1, self._get(1) + round(seconds * 1000))

    def set_steady(self, seconds: float) -> None:
        """Where the steady clock starts is the boot's business: as after a reboot."""
        self._set(2, round(seconds * 1000))

    def wall_s(self) -> int:
        """As a server shows it now."""
        shown = self._get(1) / 1000
        return int(shown if self._get(0) == FROZEN else time.time() + shown)


def settle(registry: HasMetrics, limit_s: float = SETTLE_LIMIT_S) -> None:
    """Waits until everything that is due by the server's clock of this moment has been swept."""
    deadline = time.monotonic() + limit_s
    numbers = registry.metrics()
    now = numbers["registryd_lifetime_seconds"]
    while numbers["registryd_swept_until_seconds"] < now:
        if time.monotonic() > deadline:
            raise TimeoutError(f"not swept up to {now} within {limit_s} s")
        time.sleep(0.002)
        numbers = registry.metrics()


class TurnedTime:
    """Time of servers of ours: it passes when we say so."""

    turned = True

    def __init__(self, clock: TestClock, registry: HasMembers):
        self._clock = clock
        self._registry = registry

    def pass_seconds(self, seconds: float) -> None:
        self._clock.advance(seconds)
        self.settle()

    def settle(self) -> None:
        """By every server: any of them may be the one that sweeps."""
        for server in self._registry.members:
            settle(server)


class RealTime:
    """Time of somebody else's server: it has to be waited for."""

    turned = False

    def pass_seconds(self, seconds: float) -> None:
        time.sleep(seconds)

    def settle(self) -> None:
        """Nothing to ask: who needs the sweep polls for what it does."""
