"""Allocations that fail when they are told to: the test's side of alloc_shim.c."""

import mmap
import struct
from pathlib import Path

from harm.tools import tool

# struct control of alloc_shim.c.
FIELDS = ("fail_at", "calls", "failed")


class Allocations:
    """For the environment of one server."""

    def __init__(self, path: Path):
        self.path = path
        path.write_bytes(bytes(8 * len(FIELDS)))
        with open(path, "r+b") as file:
            self._map = mmap.mmap(file.fileno(), 0)

    def environment(self) -> dict[str, str]:
        return {"LD_PRELOAD": str(tool("alloc_shim.so")), "ALLOC_CONTROL": str(self.path)}

    def _set(self, field: str, value: int) -> None:
        struct.pack_into("<Q", self._map, 8 * FIELDS.index(field), value)

    def get(self, field: str) -> int:
        return struct.unpack_from("<Q", self._map, 8 * FIELDS.index(field))[0]

    def fail(self, number: int) -> None:
        """That one from now on, counted from 1."""
        self._set("calls", 0)
        self._set("failed", 0)
        self._set("fail_at", number)

    def lift(self) -> None:
        self._set("fail_at", 0)
