"""One data directory, one server."""

from pathlib import Path

import pytest

from registry.bodies import hyperty
from registry.client import Client
from registry.process import Registry

pytestmark = pytest.mark.own_server

USER = "user://x.org/u@x.org"


def test_second_server_on_a_data_directory_is_refused(data_dir: Path) -> None:
    with Registry(data_dir) as first:
        with Client(f"http://{first.host}:{first.port}") as client:
            assert client.put_hyperty(USER, "h1", hyperty()).status == 200

            second = Registry(data_dir, start=False)
            second.launch()
            assert second.wait() > 0
            assert str(data_dir) in second.log_text()
            assert "another server" in second.log_text()

            # The first one notices nothing
            assert client.hyperty("h1").status == 200
            assert client.put_hyperty(USER, "h2", hyperty()).status == 200


def test_a_link_to_the_directory_is_no_way_around(data_dir: Path) -> None:
    with Registry(data_dir):
        link = data_dir.parent / "link"
        link.symlink_to(data_dir)
        second = Registry(link, start=False)
        second.launch()
        assert second.wait() > 0
        assert "another server" in second.log_text()


@pytest.mark.parametrize("crash", (False, True), ids=("stopped", "killed"))
def test_next_server_may_have_it_at_once(data_dir: Path, crash: bool) -> None:
    with Registry(data_dir) as registry:
        for _ in range(3):
            registry.restart(crash=crash)
