"""Runs registryctl, waits for it, looks at what it says."""

import os
import pty
import re
import subprocess
from pathlib import Path
from typing import NamedTuple

from registry.process import program

LIMIT_S = 120.0
COUNTS = ("read", "written", "there already", "skipped", "differ")


def registryctl() -> Path:
    return program().parent / "registryctl"


def environment() -> dict[str, str]:
    """That of the test, less what would set up a store."""
    return {k: v for k, v in os.environ.items()
            if not k.startswith("REGISTRYD") and k not in ("STORAGE_TYPE", "CONTACT_POINTS_IPS")}


class Said(NamedTuple):
    status: int
    out: str
    err: str

    def counts(self, table: str) -> dict[str, int]:
        """The line of a table in the count at the end."""
        (line,) = re.findall(rf"^{table} +(.*)$", self.out, re.MULTILINE)
        return {name: int(number) for name, number in zip(COUNTS, line.split()) if number != "-"}

    def told(self) -> int:
        (number,) = re.findall(r"^pending updates: (\d+) joined$", self.out, re.MULTILINE)
        return int(number)

    def complaints(self) -> list[str]:
        """What standard error says, but for how far it was every ten seconds."""
        return [line for line in self.err.splitlines() if not re.match(r"\w+: \d+ read, ", line)]

    def lines(self, start: str) -> list[str]:
        """What standard error says of skipped or different rows, without the start."""
        return [line[len(start) + 2:] for line in self.err.splitlines()
                if line.startswith(start + ": ")]


def start(*arguments: object, **more: object) -> "subprocess.Popen[str]":
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **more}
    return subprocess.Popen([str(registryctl()), *map(str, arguments)], env=environment(),
                            stdin=subprocess.DEVNULL, text=True, **pipes)


def finish(process: "subprocess.Popen[str]") -> Said:
    out, err = process.communicate(timeout=LIMIT_S)
    return Said(process.returncode, out, err)


def run(*arguments: object) -> Said:
    return finish(start(*arguments))


def run_on_terminal(*arguments: object) -> tuple[int, str]:
    """Both outputs on one terminal: exit status, and all that was written to it."""
    ours, theirs = pty.openpty()
    process = start(*arguments, stdout=theirs, stderr=theirs)
    os.close(theirs)
    written = b""
    while True:
        try:
            more = os.read(ours, 65536)
        except OSError:  # nobody has the terminal any more
            break
        if not more:
            break
        written += more
    os.close(ours)
    return process.wait(LIMIT_S), written.decode("utf-8").replace("\r\n", "\n")
