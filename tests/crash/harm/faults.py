"""A disk that fails when it is told to: the test's side of fault_shim.c."""

import mmap
import os
import struct
from pathlib import Path

from harm.tools import tool

# struct fault and enum place of fault_shim.c, in the order of their members.
PLACES = ("sync", "write", "meta")
FIELDS = ("error", "how", "delay_ms", "calls", "failed", "waiting")

INSTEAD = 0  # fails, nothing is done
AFTER = 1    # is done, and fails nevertheless
SHORT = 2    # half of a write is done


class Faults:
    """For the environment of one server; place is one of PLACES."""

    def __init__(self, path: Path):
        self.path = path
        path.write_bytes(bytes(4 * len(PLACES) * len(FIELDS)))
        with open(path, "r+b") as file:
            self._map = mmap.mmap(file.fileno(), 0)

    def environment(self) -> dict[str, str]:
        asan = [os.environ.get("ASAN_OPTIONS", ""), "verify_asan_link_order=0"]
        return {
            "LD_PRELOAD": str(tool("fault_shim.so")),
            "FAULT_CONTROL": str(self.path),
            "ASAN_OPTIONS": ":".join(filter(None, asan)),
        }

    @staticmethod
    def _at(place: str, field: str) -> int:
        return 4 * (PLACES.index(place) * len(FIELDS) + FIELDS.index(field))

    def _set(self, place: str, field: str, value: int) -> None:
        struct.pack_into("<I", self._map, self._at(place, field), value)

    def _get(self, place: str, field: str) -> int:
        return struct.unpack_from("<I", self._map, self._at(place, field))[0]

    def fail(self, place: str, error: int, how: int = INSTEAD) -> None:
        self._set(place, "how", how)
        self._set(place, "error", error)

    def delay(self, place: str, milliseconds: int) -> None:
        self._set(place, "delay_ms", milliseconds)

    def lift(self) -> None:
        for place in PLACES:
            self._set(place, "error", 0)
            self._set(place, "delay_ms", 0)

    def calls(self, place: str) -> int:
        return self._get(place, "calls")

    def failed(self, place: str) -> int:
        return self._get(place, "failed")

    def waiting(self, place: str) -> int:
        """Calls in their delay at this moment."""
        return self._get(place, "waiting")
