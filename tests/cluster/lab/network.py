"""Hosts in network namespaces, on two switches with one cable between them that can be pulled.

The switches stand in a namespace of their own, so that nothing of the machine's is touched.
"""

import ctypes
import os
import subprocess
from contextlib import contextmanager
from typing import Iterator

CLONE_NEWNET = 0x40000000
LIBC = ctypes.CDLL(None, use_errno=True)
SIDES = ("left", "right")


def ip(*arguments: str) -> None:
    done = subprocess.run(["ip", *arguments], capture_output=True, text=True, timeout=30,
                          check=False)
    assert done.returncode == 0, f"ip {arguments}: {done.stderr}"


class Network:
    """Every host is a namespace of the prefix and its name."""

    def __init__(self, prefix: str):
        self.prefix = prefix
        self._switches = f"{prefix}-switches"
        self._hosts: list[str] = []
        ip("netns", "add", self._switches)
        try:
            self._connect_switches()
        except BaseException:
            self.remove()
            raise

    def _in_switches(self, *arguments: str) -> None:
        ip("-n", self._switches, *arguments)

    def _connect_switches(self) -> None:
        self._in_switches("link", "add", "cable-left", "type", "veth", "peer", "cable-right")
        for side in SIDES:
            self._in_switches("link", "add", side, "type", "bridge")
            self._in_switches("link", "set", side, "up")
            self._in_switches("link", "set", f"cable-{side}", "master", side, "up")

    def add_host(self, name: str, address: str, side: str) -> None:
        host = self.namespace(name)
        port = f"to-{name}"
        ip("netns", "add", host)
        self._hosts.append(host)
        self._in_switches("link", "add", port, "type", "veth", "peer", "eth0", "netns", host)
        self._in_switches("link", "set", port, "master", side, "up")
        ip("-n", host, "address", "add", f"{address}/24", "dev", "eth0")
        for device in ("lo", "eth0"):
            ip("-n", host, "link", "set", device, "up")

    def namespace(self, name: str) -> str:
        return f"{self.prefix}-{name}"

    def cut(self) -> None:
        self._in_switches("link", "set", "cable-left", "down")

    def heal(self) -> None:
        self._in_switches("link", "set", "cable-left", "up")

    def remove(self) -> None:
        """Takes the interfaces along; the processes in them must be gone."""
        for name in [*self._hosts, self._switches]:
            ip("netns", "delete", name)

    @contextmanager
    def at(self, name: str) -> Iterator[None]:
        """This thread's new sockets are the host's."""
        before = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        try:
            _enter(f"/run/netns/{self.namespace(name)}")
            try:
                yield
            finally:
                _set_namespace(before)
        finally:
            os.close(before)


def _enter(path: str) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        _set_namespace(descriptor)
    finally:
        os.close(descriptor)


def _set_namespace(descriptor: int) -> None:
    if LIBC.setns(descriptor, CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")
