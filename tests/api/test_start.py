"""Starting and ending: what cannot be served is refused with its reason; signals drain."""

import signal
import socket
import subprocess
from pathlib import Path
from typing import Callable

import pytest

from registry.api import OwnApi
from registry.process import Registry, program

pytestmark = pytest.mark.own_server


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_each_signal_to_end_drains(start: Callable[..., OwnApi], number: signal.Signals) -> None:
    api = start("memory")

    api.registry.signal(number)

    assert api.registry.wait() == 0
    assert "server.draining" in api.registry.log_text()


def test_a_data_directory_that_cannot_be_made_is_refused_with_the_reason(tmp_path: Path) -> None:
    taken = tmp_path / "taken"
    taken.write_text("a file")
    registry = Registry(tmp_path / "x", arguments=["--data-dir", str(taken / "data")], start=False)

    registry.launch()

    assert registry.wait() == 1
    assert "Not a directory" in registry.log_text()


@pytest.mark.parametrize("listener", ["public", "admin"])
def test_a_port_that_is_taken_is_told_with_its_listener(tmp_path: Path, listener: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        arguments = {"public": ["--port", f"{port}"], "admin": ["--admin", f"127.0.0.1:{port}"]}
        registry = Registry(tmp_path / "x", "memory", arguments=arguments[listener], start=False)
        registry.launch()

        assert registry.wait() == 1

    reason = f"{listener} listener: bind 127.0.0.1:{port}: Address already in use"
    assert registry.wait_for_log("server.failed")["reason"] == reason


@pytest.mark.parametrize("asked", ["--help", "-h", "--version", "--check-config",
                                   "--sample-config", "--man-config"])
def test_what_cannot_be_written_is_no_success(asked: str) -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run([program(), "--store", "memory", asked], stdin=subprocess.DEVNULL,
                              stdout=full, stderr=subprocess.PIPE, text=True, timeout=60)

    assert done.returncode == 1
    assert '"output.failed"' in done.stderr and "No space left on device" in done.stderr


def test_every_answer_can_be_seen_in_the_log(start: Callable[..., OwnApi]) -> None:
    api = start("memory", arguments=["--log-level", "debug"])

    api.get("/nope?q=%22")

    event = api.registry.wait_for_log("request.answered")
    assert event["http.request.method"] == "GET"
    assert event["url.original"] == "/nope?q=%22"
    assert event["http.response.status_code"] == 404
