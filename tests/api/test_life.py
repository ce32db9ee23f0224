"""A server that runs for long: it is reloaded, supervised, and replaced while clients ask."""

import os
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path
from typing import Any, Callable

import pytest

from registry.bodies import hyperty
from registry.client import Client, encode_request
from registry.process import Registry, program
from registry.wire import Closed, Wire

pytestmark = pytest.mark.own_server

LIMIT_S = 20.0


def until(what: str, look: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + LIMIT_S
    while not (value := look()):
        assert time.monotonic() < deadline, what
        time.sleep(0.01)
    return value


# ---- Reload ----


def test_a_reload_takes_over_what_can_be_changed(tmp_path: Path) -> None:
    config = tmp_path / "conf"
    config.write_text("expires_max_s = 100\nworkers = 1\n")
    with Registry(tmp_path / "data", "memory", arguments=["--config", str(config)]) as registry, \
            Client(registry.url) as client:
        config.write_text("expires_max_s = 50\nworkers = 2\nbody_max_bytes = 1k\naccess_log = yes\n")

        said = registry.reload()

        assert said["changed"] == "expires_max_s, access_log, body_max_bytes"
        assert said["needs_restart"] == "workers"
        assert client.put_hyperty("u", "h", hyperty(expires=1000)).status == 200
        assert client.hyperty("h").json["expires"] == 50
        assert client.put_hyperty("u", "h", hyperty(descriptor="d" * 2000)).status == 413
        registry.wait_for_log("request.answered")


def test_arguments_win_over_the_file_in_a_reload_too(tmp_path: Path) -> None:
    config = tmp_path / "conf"
    config.write_text("expires_max_s = 100\n")
    arguments = ["--config", str(config), "--expires-max-s", "70"]
    with Registry(tmp_path / "data", "memory", arguments=arguments) as registry:
        config.write_text("expires_max_s = 50\n")
        assert registry.reload()["changed"] == ""


def test_bad_settings_are_refused_and_the_old_ones_stay(tmp_path: Path) -> None:
    config = tmp_path / "conf"
    config.write_text("expires_max_s = 100\n")
    with Registry(tmp_path / "data", "memory", arguments=["--config", str(config)]) as registry, \
            Client(registry.url) as client:
        config.write_text("expires_max_s = 50\nno_such_option = 1\n")

        said = registry.reload("server.reload_refused")

        assert "conf:2" in said["reason"] and "no_such_option" in said["reason"]
        assert client.put_hyperty("u", "h", hyperty(expires=1000)).status == 200
        assert client.hyperty("h").json["expires"] == 100


def test_a_reload_opens_the_log_file_anew(tmp_path: Path) -> None:
    log, renamed = tmp_path / "log", tmp_path / "log.1"
    command = [str(program()), "--bind", "127.0.0.1", "--port", "0", "--admin", "none",
               "--store", "memory", "--log-to", f"file:{log}"]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        until("not ready", lambda: log.exists() and "server.ready" in log.read_text())
        log.rename(renamed)
        process.send_signal(signal.SIGHUP)
        until("no new file", lambda: log.exists() and "server.reloaded" in log.read_text())
        process.terminate()
        assert process.wait(LIMIT_S) == 0
    assert "server.stopped" in log.read_text() and "server.stopped" not in renamed.read_text()


def test_reloads_under_load_disturb_nobody(tmp_path: Path) -> None:
    with Registry(tmp_path, "lmdb") as registry, Load(registry.port) as load:
        for _ in range(20):
            registry.reload()
        until("no load", lambda: load.answered > 100)
    assert load.failed == []


def test_a_body_is_held_to_the_limit_of_its_beginning(tmp_path: Path) -> None:
    config = tmp_path / "conf"
    config.write_text("body_max_bytes = 1k\n")
    arguments = ["--config", str(config), "--workers", "1"]
    request = encode_request("PUT", "/hyperty/user/u/h", hyperty(descriptor="d" * 3000))
    with Registry(tmp_path / "data", "memory", arguments=arguments) as registry, \
            Client(registry.url) as client, Wire(registry.host, registry.port) as wire:
        # Given a body of which more has come than the limit allows
        wire.send(request[:2000])
        for _ in range(2):  # the one worker has seen what came before the second of them
            assert client.get("/live").status == 200

        # When the limit is raised, and the rest comes
        config.write_text("body_max_bytes = 1M\n")
        assert registry.reload()["changed"] == "body_max_bytes"
        wire.send(request[2000:])

        # Then nothing is made of what was kept of it
        assert wire.receive().status == 413
        assert client.hyperty("h").status == 404


# ---- Supervised ----


class Manager:
    """Plays the service manager's side of sd_notify."""

    def __init__(self, path: Path):
        self.path = str(path)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(self.path)
        self._socket.settimeout(LIMIT_S)

    def next(self) -> dict[str, str]:
        text = self._socket.recv(4096).decode()
        return dict(line.split("=", 1) for line in text.splitlines())

    def next_with(self, name: str) -> dict[str, str]:
        while name not in (said := self.next()):
            pass
        return said

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def manager(tmp_path: Path) -> Any:
    manager = Manager(tmp_path / "notify")
    yield manager
    manager.close()


def test_the_service_manager_is_told_what_the_server_does(manager: Manager, tmp_path: Path) -> None:
    with Registry(tmp_path / "data", "memory",
                  environment={"NOTIFY_SOCKET": manager.path}) as registry:
        said = manager.next()
        assert said["READY"] == "1"
        assert said["STATUS"] == f"port {registry.port}, 0 hyperties, 0 data objects"

        before_us = time.monotonic_ns() // 1000
        registry.signal(signal.SIGHUP)
        said = manager.next()
        assert said["RELOADING"] == "1"
        assert before_us <= int(said["MONOTONIC_USEC"]) <= time.monotonic_ns() // 1000
        assert manager.next()["READY"] == "1"

        registry.signal(signal.SIGTERM)
        assert manager.next()["STOPPING"] == "1"


def test_the_watchdog_hears_of_a_server_that_works(manager: Manager, tmp_path: Path) -> None:
    environment = {"NOTIFY_SOCKET": manager.path, "WATCHDOG_USEC": "2000000"}
    with Registry(tmp_path / "data", "memory", environment=environment) as registry, \
            Client(registry.url) as client:
        assert client.put_hyperty("u", "h", hyperty()).status == 200
        for _ in range(3):
            said = manager.next_with("WATCHDOG")
        assert said["STATUS"] == f"port {registry.port}, 1 hyperties, 0 data objects"


def activated(
    sockets: dict[str, socket.socket], folder: Path, store: str, **more: Any
) -> Registry:
    """As a service manager starts it: sockets from descriptor 3 on, and their names."""
    class Activated(Registry):
        def command(self) -> list[str]:
            fds = " ".join(f"{3 + i}<&{s.fileno()}" for i, s in enumerate(sockets.values()))
            script = f'export LISTEN_PID=$$; exec "$@" {fds}'
            return ["bash", "-c", script, "bash", *super().command()]

        def popen_arguments(self) -> dict[str, Any]:
            return {"pass_fds": [s.fileno() for s in sockets.values()]}

    return Activated(folder, store, environment={
        "LISTEN_FDS": str(len(sockets)), "LISTEN_FDNAMES": ":".join(sockets)}, **more)


def test_sockets_of_the_service_manager_are_taken_over(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as public, \
            socket.create_server(("127.0.0.1", 0)) as admin:
        with activated({"admin": admin, "public": public}, tmp_path, "memory") as registry:
            assert registry.port == public.getsockname()[1]
            assert registry.admin_port == admin.getsockname()[1]
            with Client(registry.url) as client:
                assert client.put_hyperty("u", "h", hyperty()).status == 200
            assert registry.metrics()["registryd_hyperties"] == 1


def test_a_socket_that_everybody_reaches_needs_allow_open(tmp_path: Path) -> None:
    with socket.create_server(("0.0.0.0", 0)) as public:
        registry = activated({"public": public}, tmp_path, "memory", start=False)
        registry.launch()
        assert registry.wait() == 1
        assert "public listener: 0.0.0.0: anybody who reaches" in registry.log_text()


def test_a_socket_of_the_file_system_is_not_taken(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as local:
        local.bind(str(tmp_path / "socket"))
        local.listen()
        with activated({"public": local}, tmp_path, "memory") as registry:
            with Client(registry.url) as client:
                assert client.put_hyperty("u", "h", hyperty()).status == 200


class Load:
    """Clients that write and read without a pause, as HTTP clients do: a connection that is closed
    between two requests is opened again."""

    CLIENTS = 4

    def __init__(self, port: int):
        self._port = port
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._run, args=(n,)) for n in range(self.CLIENTS)]
        self.answered = 0
        self.failed: list[str] = []

    def _run(self, number: int) -> None:
        client = Client(f"http://127.0.0.1:{self._port}")
        count = 0
        while not self._stop.is_set():
            count += 1
            try:
                put = client.put_hyperty(f"u{number}", f"h{number}-{count}", hyperty())
                got = client.hyperty(f"h{number}-{count}")
                if (put.status, got.status) != (200, 200):
                    self.failed.append(f"{put} {got}")
            except (Closed, OSError) as error:
                self.failed.append(repr(error))
            self.answered += 1
        client.close()

    def __enter__(self) -> "Load":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(LIMIT_S)


def test_a_server_is_replaced_without_a_failed_request(tmp_path: Path) -> None:
    # Given a server on a socket that stays open
    with socket.create_server(("127.0.0.1", 0), backlog=512) as public:
        first = activated({"public": public}, tmp_path, "lmdb")
        with Load(public.getsockname()[1]) as load:
            for _ in range(3):
                # When it is replaced under load, again and again
                count = load.answered
                until("no load", lambda: load.answered > count + 50)
                assert first.terminate() == 0
                first = activated({"public": public}, tmp_path, "lmdb")
            count = load.answered
            until("no load", lambda: load.answered > count + 50)

        # Then each request was answered, and nothing is lost
        assert load.failed == []
        assert first.metrics()["registryd_hyperties"] == load.answered
        assert first.terminate() == 0
