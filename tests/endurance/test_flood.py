"""More registrations than the server can take: signs of life come through, and soon."""

from pathlib import Path

import pytest

from overflow import USER, check_nobody_was_lost, overflow, until_nobody_waits
from registry.bodies import hyperty
from registry.client import Client
from registry.process import Registry

pytestmark = [pytest.mark.own_server, pytest.mark.one_server_store]

EXPIRES_S = 4
WAIT_MAX_MS = 20


def test_signs_of_life_come_through_a_flood_of_registrations(tmp_path: Path) -> None:
    with Registry(tmp_path, "lmdb", arguments=["--wait-max-ms", str(WAIT_MAX_MS)]) as registry, \
            Client(registry.url) as client:
        # When as many clients as there may be from one address register without a pause
        seen = overflow(registry, client, EXPIRES_S)

        # Then those who live go on living
        check_nobody_was_lost(seen, client)

        # And when what waited is done, everything is served
        until_nobody_waits(registry)
        assert client.put_hyperty(USER, "last", hyperty()).status == 200
        assert client.of_user(USER).status == 200
