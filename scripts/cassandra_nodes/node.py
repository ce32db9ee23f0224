"""One node as a process: start, stop, whether it runs, what its log says of the others."""

import os
import pathlib
import re
import signal
import socket
import subprocess
import time

from . import config
from .failure import Failure

STOP_TIMEOUT_S = 60
POLL_S = 0.1
TAIL_LINES = 30

STATE = re.compile(r"(?:InetAddress|Node) /([0-9.]+)(?::\d+)? (is now UP|has restarted, now UP|is now DOWN)")


class Node:
    def __init__(self, layout, number):
        self.layout = layout
        self.number = number
        self.address = layout.address(number)
        self.directory = layout.node_directory(number)
        self.log = self.directory / "log" / "system.log"
        self.out = self.directory / "log" / "out"
        self.pid_file = self.directory / "pid"

    def __str__(self):
        return f"node {self.number}"

    def pid(self):
        """The pid of the running node, or None: a pid in the file may be another's by now."""
        try:
            pid = int(self.pid_file.read_text(encoding="ascii"))
            arguments = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except (OSError, ValueError):
            return None
        ours = f"-Dcassandra.storagedir={self.directory}".encode() in arguments
        return pid if ours or is_starting(pid, arguments) else None

    def inside(self, command):
        """The command, to be run where the node's network is."""
        namespace = self.layout.namespace(self.number)
        return ["ip", "netns", "exec", namespace, *command] if namespace else command

    def placed(self, command):
        """The command; more nodes than processors, for tests, are kept to one each: threads that
        wake each other on another are dear in virtual machines, and take half of the time."""
        processors = sorted(os.sched_getaffinity(0))
        if self.layout.jit == "both" or self.layout.first <= len(processors):
            return command
        return ["taskset", "--cpu-list", str(processors[self.number % len(processors)]), *command]

    def start(self, class_options):
        """Starts the process and leaves it to itself."""
        config.write(self.layout, self.number)
        port = free_port()
        (self.directory / "jmx-port").write_text(f"{port}\n", encoding="ascii")
        command = self.placed(config.command(self.layout, self.number, port, class_options))
        with open(self.out, "ab") as out:
            process = subprocess.Popen(
                self.inside(command), cwd=self.directory, stdin=subprocess.DEVNULL, stdout=out,
                stderr=out, start_new_session=True, env={**os.environ, "MALLOC_ARENA_MAX": "2"})
        self.pid_file.write_text(f"{process.pid}\n", encoding="ascii")

    def jmx_port(self):
        if self.pid() is None:
            raise Failure(f"{self} does not run")
        return int((self.directory / "jmx-port").read_text(encoding="ascii"))

    def signal(self, number):
        """Returns whether there was a process to be told."""
        pid = self.pid()
        if pid is None:
            return False
        os.kill(pid, number)
        return True

    def wait_until_gone(self):
        deadline = time.monotonic() + STOP_TIMEOUT_S
        while self.pid() is not None:
            if time.monotonic() > deadline:
                raise Failure(f"{self} does not stop\n{self.tail()}")
            time.sleep(POLL_S)
        self.pid_file.unlink(missing_ok=True)

    def terminate(self):
        self.signal(signal.SIGTERM)
        # One that was frozen acts on it only when it goes on.
        self.signal(signal.SIGCONT)

    def stop(self):
        self.terminate()
        self.wait_until_gone()

    def log_size(self):
        return self.log.stat().st_size if self.log.exists() else 0

    def sees_up(self, offset):
        """The addresses that the log, from that byte on, says are up."""
        up = set()
        if not self.log.exists():
            return up
        with open(self.log, "rb") as log:
            log.seek(offset)
            for address, state in STATE.findall(log.read().decode("utf-8", "replace")):
                (up.discard if state.endswith("DOWN") else up.add)(address)
        return up

    def tail(self):
        """The last lines of what it printed and logged, without the news of an ordinary day."""
        lines = []
        for file in (self.out, self.log):
            if file.exists():
                text = file.read_text(encoding="utf-8", errors="replace").splitlines()
                said = [line for line in text if not line.startswith("INFO ")]
                lines += [f"{file}:", *said[-TAIL_LINES:]]
        return "\n".join(lines)


def is_starting(pid, arguments):
    """A process has no arguments yet for a moment after exec, and none any more as a zombie."""
    try:
        stat = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return False
    return arguments == [b""] and stat.rpartition(")")[2].split()[0] != "Z"


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]
