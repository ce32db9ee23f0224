"""Waiting for what a server will do by itself, with a limit."""

import time
from typing import Callable, TypeVar

T = TypeVar("T")


def until(what: str, look: Callable[[], T], limit_s: float = 10.0) -> T:
    """The first truthy value of look(); a failed test if there is none in time."""
    deadline = time.monotonic() + limit_s
    while True:
        value = look()
        if value:
            return value
        assert time.monotonic() < deadline, f"{what}: not within {limit_s} s"
        time.sleep(0.01)
