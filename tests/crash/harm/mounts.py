"""Small file systems that can be filled up or made read-only, gone with this process."""

import contextlib
import ctypes
import os
import subprocess
from pathlib import Path
from typing import Iterator

CLONE_NEWNS = 0x00020000
CLONE_NEWUSER = 0x10000000
MS_RDONLY = 1
MS_REMOUNT = 32

LIBC = ctypes.CDLL(None, use_errno=True)


def enter_private_mounts() -> None:
    """What is mounted from now on is seen by this process and its children only.

    Root needs a mount namespace for that; anybody else a user namespace around it, which the
    kernel grants only before this process has started a thread.
    """
    user, group = os.geteuid(), os.getegid()
    flags = CLONE_NEWNS if user == 0 else CLONE_NEWNS | CLONE_NEWUSER
    if LIBC.unshare(flags) != 0:
        reason = os.strerror(ctypes.get_errno())
        raise RuntimeError(f"no mount namespace ({reason}): run as root, "
                           "or allow unprivileged user namespaces")
    if user != 0:
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"0 {user} 1")
        Path("/proc/self/gid_map").write_text(f"0 {group} 1")
    _run("mount", "--make-rprivate", "/")


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 0, f"{command}: {done.stderr}"


class Volume:
    """A file system in memory."""

    def __init__(self, at: Path, size_bytes: int):
        self.at = at
        at.mkdir(parents=True, exist_ok=True)
        _run("mount", "-t", "tmpfs", "-o", f"size={size_bytes}", "registry-test", str(at))

    def set_read_only(self, read_only: bool) -> None:
        # Not by mount(8): it hands back an owner that a user namespace may not know.
        flags = MS_REMOUNT | (MS_RDONLY if read_only else 0)
        if LIBC.mount(b"none", bytes(self.at), None, flags, None) != 0:
            raise OSError(ctypes.get_errno(), f"remount of {self.at}")

    def fill(self) -> None:
        """Takes all the room that is left."""
        with open(self.at / "filler", "ab", buffering=0) as file:
            for size in (65536, 4096):
                with contextlib.suppress(OSError):
                    while file.write(b"x" * size) == size:
                        pass

    def make_room(self) -> None:
        (self.at / "filler").unlink()

    def unmount(self) -> None:
        # Lazily: a server that a failing test left behind must not keep the mount.
        _run("umount", "-l", str(self.at))


@contextlib.contextmanager
def volume(at: Path, size_bytes: int = 8 << 20) -> Iterator[Volume]:
    mounted = Volume(at, size_bytes)
    try:
        yield mounted
    finally:
        mounted.unmount()
