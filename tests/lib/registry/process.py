"""Starts a registryd of our own, waits for what it says, and always ends it."""

import json
import os
import signal
import subprocess
import threading
import time
from pathlib import Path
from typing import Any, Sequence

from registry.clock import TestClock
from registry.wire import Closed, Wire

START_LIMIT_S = 30.0
STOP_LIMIT_S = 30.0


def program() -> Path:
    """The server under test: $REGISTRYD, or build/registryd of this tree."""
    root = Path(__file__).resolve().parents[3]
    return Path(os.environ.get("REGISTRYD", root / "build" / "registryd")).resolve()


def program_with_test_clock() -> Path:
    """The same program with its clocks in a file, of the same build."""
    return program().parent / "tests" / "registryd-test-clock"


class Registry:
    """One server process. Loopback, ports of its own choice, ended with the block."""

    def __init__(
        self,
        data_dir: Path,
        store: str | None = "lmdb",
        clock: TestClock | None = None,
        arguments: Sequence[str] = (),
        environment: dict[str, str] | None = None,
        binary: Path | None = None,
        start: bool = True,
    ):
        self.store = store
        self.data_dir = data_dir
        self.clock = clock
        self.arguments = list(arguments)  # may be changed for the next start
        self._binary = binary or (program_with_test_clock() if clock else program())
        self._environment = environment or {}
        self._news = threading.Condition()
        self._process: subprocess.Popen[bytes] | None = None
        self._reader: threading.Thread | None = None
        self._admin: Wire | None = None
        self.host = "127.0.0.1"
        self.port = 0
        self.admin_port = 0
        self.log: list[dict[str, Any]] = []
        if start:
            self.start()

    # ---- Life ----

    def command(self) -> list[str]:
        own = ["--bind", self.host, "--port", "0", "--admin", f"{self.host}:0"]
        own += ["--data-dir", str(self.data_dir), "--lmdb-map-bytes", "1G"]
        if self.store:  # None: left to the environment
            own += ["--store", self.store]
        return [str(self._binary), *own, *self.arguments]

    def environment(self) -> dict[str, str]:
        """That of the test, less all that would set up a server, plus what was asked for."""
        settings = ("STORAGE_TYPE", "EXPIRES", "EXPIRES_MAX", "LOAD_BALANCER_IP", "DOMAIN_ENV")
        inherited = {k: v for k, v in os.environ.items()
                     if k not in settings and not k.startswith("REGISTRYD")}
        own = {"REGISTRYD_TEST_CLOCK": str(self.clock.path)} if self.clock else {}
        return {**inherited, **own, **self._environment}

    def popen_arguments(self) -> dict[str, Any]:
        """For those that start it otherwise."""
        return {}

    def launch(self) -> None:
        """Starts the process without waiting for it to listen."""
        assert self._process is None, "it runs already"
        self.data_dir.mkdir(parents=True, exist_ok=True)
        self.log = []
        self._process = subprocess.Popen(
            self.command(), env=self.environment(), stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, **self.popen_arguments(),
        )
        self._reader = threading.Thread(target=self._read_log, args=(self._process, self.log),
                                        daemon=True)
        self._reader.start()

    def start(self) -> None:
        self.launch()
        self.wait_until_started()

    def wait_until_started(self) -> None:
        try:
            ready = self.wait_for_log("server.ready", START_LIMIT_S)
        except BaseException:
            self.kill()
            raise
        self.port, self.admin_port = int(ready["port"]), int(ready["admin_port"])

    @property
    def members(self) -> "list[Registry]":
        """Of several servers that are one registry: this one is alone."""
        return [self]

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    @property
    def pid(self) -> int:
        assert self._process is not None, "it does not run"
        return self._process.pid

    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def wait(self, limit_s: float = STOP_LIMIT_S) -> int:
        """Its exit code; negative: the signal that ended it."""
        assert self._process is not None and self._reader is not None
        code = self._process.wait(limit_s)
        self._reader.join(limit_s)
        assert self._process.stderr is not None
        self._process.stderr.close()
        self._process = None
        if self._admin:
            self._admin.close()
            self._admin = None
        return code

    def signal(self, number: int) -> None:
        os.kill(self.pid, number)

    def terminate(self, limit_s: float = STOP_LIMIT_S) -> int:
        self.signal(signal.SIGTERM)
        return self.wait(limit_s)

    def kill(self) -> None:
        """As a crash: no warning, no last words."""
        if self._process is not None:
            self._process.kill()
            self.wait()

    def restart(self, crash: bool = False) -> None:
        """On the same data directory, and other ports."""
        if crash:
            self.kill()
        else:
            code = self.terminate()
            assert code == 0, f"exit code {code} after SIGTERM\n{self.log_text()}"
        self.start()

    def __enter__(self) -> "Registry":
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if self._process is None:
            return
        if kind is not None or not self.running():
            self.kill()
            return
        try:
            code = self.terminate()
        except subprocess.TimeoutExpired:
            self.kill()
            raise
        assert code == 0, f"exit code {code} after SIGTERM\n{self.log_text()}"

    # ---- What it says ----

    def _read_log(self, process: subprocess.Popen[bytes], log: list[dict[str, Any]]) -> None:
        assert process.stderr is not None
        for line in process.stderr:
            try:
                entry = json.loads(line)
            except ValueError:  # a sanitizer speaks plain text
                entry = {"event.action": "", "text": line.decode("utf-8", "replace").rstrip()}
            with self._news:
                log.append(entry)
                self._news.notify_all()
        with self._news:
            log.append({"event.action": "log.ended"})
            self._news.notify_all()

    def wait_for_log(self, event: str, limit_s: float = 10.0) -> dict[str, Any]:
        """The first line about the event since the start; waits until there is one."""
        deadline = time.monotonic() + limit_s
        with self._news:
            while True:
                for entry in self.log:
                    if entry.get("event.action") == event:
                        return entry
                if self.log and self.log[-1]["event.action"] == "log.ended":
                    raise RuntimeError(f"it ended without saying {event}\n{self.log_text()}")
                if not self._news.wait(deadline - time.monotonic()):
                    raise TimeoutError(f"no {event} within {limit_s} s\n{self.log_text()}")

    def events(self, event: str) -> list[dict[str, Any]]:
        """All that was said about it until now."""
        return [entry for entry in list(self.log) if entry.get("event.action") == event]

    def reload(self, event: str = "server.reloaded", limit_s: float = 20.0) -> dict[str, Any]:
        """SIGHUP; what it says of the event then."""
        with self._news:
            before = len(self.events(event))
            self.signal(signal.SIGHUP)
            assert self._news.wait_for(lambda: len(self.events(event)) > before, limit_s), event
        return self.events(event)[-1]

    def log_text(self) -> str:
        return "\n".join(entry.get("text") or json.dumps(entry) for entry in list(self.log))

    # ---- The ways in ----

    def connect(self, port: int, timeout_s: float = 30.0) -> Wire:
        """A connection to one of its listeners."""
        return Wire(self.host, port, timeout_s)

    def wire(self, timeout_s: float = 30.0) -> Wire:
        return self.connect(self.port, timeout_s)

    def admin(self, path: str) -> tuple[int, str]:
        """Over one kept-alive connection, opened again when it has been idle for too long."""
        kept = self._admin
        self._admin = kept or self.connect(self.admin_port)
        try:
            self._admin.send(f"GET {path} HTTP/1.1\r\nHost: {self.host}\r\n\r\n".encode("ascii"))
            answer = self._admin.receive()
        except (Closed, ConnectionError):
            self._admin.close()
            self._admin = None
            if kept is None:
                raise
            return self.admin(path)
        return answer.status, answer.body.decode("utf-8")

    def metrics(self) -> dict[str, float]:
        status, text = self.admin("/metrics")
        assert status == 200, text
        return parse_metrics(text)


def parse_metrics(text: str) -> dict[str, float]:
    """Prometheus text: name (with its labels, if any) to value."""
    numbers = {}
    for line in text.splitlines():
        if line and not line.startswith("#"):
            name, value = line.rsplit(" ", 1)
            numbers[name] = float(value)
    return numbers
