"""Three times as many registrations as a cluster can take, for certain, and more."""

from pathlib import Path

import pytest

from harm.wait import until
from overflow import USER, check_nobody_was_lost, overflow, until_nobody_waits
from registry.bodies import hyperty
from registry.client import Client
from registry.process import Registry

pytestmark = pytest.mark.own_server

TIMES = 4  # some are late
EXPIRES_S = 10
WAIT_MAX_MS = 30
READY_LIMIT_S = 60.0


def test_signs_of_life_come_through_three_times_the_capacity(
    cassandra: list[object], tmp_path: Path
) -> None:
    arguments = [*map(str, cassandra), "--wait-max-ms", str(WAIT_MAX_MS)]
    with Registry(tmp_path, None, arguments=arguments) as registry, \
            Client(registry.url) as client:
        until("it is ready", lambda: registry.admin("/ready")[0] == 200, READY_LIMIT_S)

        seen = overflow(registry, client, EXPIRES_S, TIMES)

        assert seen.asked >= 3 * seen.capacity
        check_nobody_was_lost(seen, client)
        until_nobody_waits(registry)
        assert client.put_hyperty(USER, "last", hyperty()).status == 200
        assert client.of_user(USER).status == 200
