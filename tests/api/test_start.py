"""Starting and ending: what cannot be served is refused with its reason; signals drain."""

import signal
from pathlib import Path
from typing import Callable

import pytest

from registry.api import OwnApi
from registry.process import Registry

pytestmark = pytest.mark.own_server


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
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


def test_every_answer_can_be_seen_in_the_log(start: Callable[..., OwnApi]) -> None:
    api = start("memory", arguments=["--log-level", "debug"])

    api.get("/nope?q=%22")

    event = api.registry.wait_for_log("request.answered")
    assert event["http.request.method"] == "GET"
    assert event["url.original"] == "/nope?q=%22"
    assert event["http.response.status_code"] == 404
