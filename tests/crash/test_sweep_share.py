"""A sweep leaves room for others: its commits are bounded, and it goes before other work of the kind."""

from pathlib import Path
from typing import Callable

import pytest

from harm.faults import Faults
from harm.wait import until
from registry.api import OwnApi
from registry.bodies import hyperty
from registry.client import Client
from registry.process import Registry

pytestmark = pytest.mark.own_server

USER = "user://x.org/u"
LARGE = "x" * 900_000
MANY_LARGE = 40
GONE = 5000
SYNC_MS = 300


def test_large_entries_that_are_due_together_take_several_commits(
    start: Callable[..., OwnApi]
) -> None:
    api = start("lmdb")
    for number in range(MANY_LARGE):
        body = hyperty(expires=1, descriptor=LARGE)
        assert api.put_hyperty(USER, api.id(f"h{number}"), body).status == 200

    before = api.registry.metrics()["registryd_store_commit_seconds_count"]
    api.pass_seconds(3)
    api.time.settle()

    metrics = api.registry.metrics()
    assert metrics["registryd_hyperties_disconnected"] == MANY_LARGE
    assert metrics["registryd_store_commit_seconds_count"] >= before + 3


def test_entries_expire_while_a_new_retention_is_applied(tmp_path: Path) -> None:
    # Given many that went away while there was no retention, and a slow disk
    with Registry(tmp_path / "data") as registry, Client(registry.url) as client:
        for number in range(GONE):
            assert client.put_hyperty(USER, f"h{number}", hyperty(expires=0)).status == 200
        until("all are gone",
              lambda: registry.metrics()["registryd_hyperties_disconnected"] == GONE)
    faults = Faults(tmp_path / "faults")
    faults.delay("sync", SYNC_MS)
    with Registry(tmp_path / "data", arguments=["--retention-s", "100000"],
                  environment=faults.environment()) as registry, Client(registry.url) as client:

        # When one expires, it does not wait until all of those have their time
        assert client.put_hyperty(USER, "late", hyperty(expires=1)).status == 200
        until("it is gone",
              lambda: registry.metrics()["registryd_hyperties_disconnected"] == GONE + 1)
        assert not registry.events("retention.applied")
        faults.lift()
        assert registry.wait_for_log("retention.applied", 60.0)["entries"] == GONE
