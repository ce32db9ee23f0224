"""Small file systems that can be filled up or made read-only, gone with this process."""

import contextlib
import ctypes
import os
import subprocess
from pathlib import Path
from typing import Iterator

CLONE_NEWNS = 0x00020000
CLONE_NEWUSER = 0x10000000


def enter_private_mounts() -> None:
    """What is mounted from now on is seen by this process and its children only.

    Root needs a mount namespace for that; anybody else a user namespace around it, which the
    kernel grants only before this process has started a thread.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    user, group = os.geteuid(), os.getegid()
    flags = CLONE_NEWNS if user == 0 else CLONE_NEWNS | CLONE_NEWUSER
    if libc.unshare(flags) != 0:
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
        _run("mount", "-o", f"remount,{'ro' if read_only else 'rw'}", str(self.at))

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
