"""Cassandra nodes that come to harm; scripts/cassandra makes them."""

import os
import signal
import subprocess
from pathlib import Path

from harm.wait import until
from registry.cql import Node

ROOT = Path(__file__).resolve().parents[3]
START_LIMIT_S = 180.0
CONVICTION_LIMIT_S = 60.0


class Nodes:
    """A cluster of our own, on addresses net.1, net.2, …"""

    def __init__(self, name: str, net: str, *options: str):
        self.net = net
        self.folder = ROOT / "build" / name
        self._command = [str(ROOT / "scripts/cassandra"), "--dir", str(self.folder),
                         "--net", net, *options]
        self._frozen: set[int] = set()
        self.started: set[int] = set()

    def run(self, *arguments: object) -> str:
        """What scripts/cassandra says; it must succeed."""
        command = [*self._command, *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=START_LIMIT_S,
                              check=False, stdin=subprocess.DEVNULL)
        assert done.returncode == 0, f"{command}: {done.returncode}\n{done.stdout}{done.stderr}"
        return done.stdout

    def start(self, count: int) -> None:
        self.run("start", count)
        self.started = set(range(1, count + 1))

    def start_node(self, *numbers: int) -> None:
        """Starts nodes on their data, at the same time; returns when all see them up."""
        running = [subprocess.Popen([*self._command, "start-node", str(number)],
                                    stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                    stdin=subprocess.DEVNULL, text=True)
                   for number in numbers]
        for number, process in zip(numbers, running):
            said, _ = process.communicate(timeout=START_LIMIT_S)
            assert process.returncode == 0, f"start-node {number}: {said}"
            self.started.add(number)

    def address(self, number: int) -> str:
        return f"{self.net}.{number}"

    def contact_points(self) -> str:
        return ",".join(self.address(number) for number in sorted(self.started))

    def pid(self, number: int) -> int:
        return int((self.folder / f"node-{number}" / "pid").read_text())

    def is_running(self, number: int) -> bool:
        try:
            state = Path(f"/proc/{self.pid(number)}/stat").read_text().rsplit(")", 1)[1].split()[0]
        except (OSError, ValueError):
            return False
        return state != "Z"

    # ---- Harm ----

    def kill(self, *numbers: int) -> None:
        """As a crash of its host."""
        for number in numbers:
            os.kill(self.pid(number), signal.SIGKILL)
        for number in numbers:
            until(f"the end of node {number}", lambda n=number: not self.is_running(n))

    def freeze(self, number: int) -> None:
        os.kill(self.pid(number), signal.SIGSTOP)
        self._frozen.add(number)

    def thaw(self, number: int) -> None:
        os.kill(self.pid(number), signal.SIGCONT)
        self._frozen.discard(number)

    def decommission(self, number: int) -> None:
        """It hands its data to the others and leaves."""
        self.run("nodetool", number, "decommission")
        self.run("stop-node", number)
        self.started.discard(number)

    def heal(self) -> None:
        """Whatever a test has done: all run again, and see each other."""
        for number in list(self._frozen):
            self.thaw(number)
        dead = [number for number in sorted(self.started) if not self.is_running(number)]
        if dead:
            self.start_node(*dead)

    def wait_until_all_are_up(self) -> None:
        for number in sorted(self.started):
            until(f"node {number} sees all", lambda n=number: self.ups_seen_by(n) == len(
                self.started), CONVICTION_LIMIT_S)

    def ups_seen_by(self, number: int) -> int:
        lines = self.run("nodetool", number, "status").splitlines()
        return sum(line.startswith("UN ") for line in lines)

    def errors(self) -> str:
        """What the nodes logged as errors, the last of each."""
        found = []
        for log in sorted(self.folder.glob("node-*/log/system.log")):
            lines = log.read_text(errors="replace").splitlines()
            at = max((i for i, line in enumerate(lines) if line.startswith("ERROR")), default=None)
            if at is not None:
                found += [f"{log.parts[-3]}:", *lines[at:at + 12]]
        return "\n".join(found) or "no node logged an error"

    def cql(self, number: int = 1) -> Node:
        return Node(self.address(number))

    def drop(self) -> None:
        for number in list(self._frozen):
            self.thaw(number)
        self.run("drop")
