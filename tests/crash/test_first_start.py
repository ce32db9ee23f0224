"""The first start of all: a database appears whole, or not at all."""

import random
import time
from pathlib import Path

import pytest

from harm.faults import PLACES, Faults
from harm.wait import until
from registry.bodies import hyperty
from registry.client import Client
from registry.process import Registry

pytestmark = pytest.mark.own_server

KILLS = 15


def check_serves(registry: Registry) -> None:
    with Client(f"http://{registry.host}:{registry.port}") as client:
        assert client.put_hyperty("user://x.org/u", "h", hyperty()).status == 200
        assert client.get("/live").json["Hyperties_stored"] == "1"


def test_kill_during_the_first_start_does_not_stop_the_second(data_dir: Path, seed: int) -> None:
    moments = random.Random(seed)
    registry = Registry(data_dir, start=False)
    for _ in range(KILLS):
        registry.launch()
        time.sleep(moments.uniform(0, 0.05))
        registry.kill()
    with registry:
        registry.start()
        check_serves(registry)


@pytest.mark.parametrize("place", PLACES)
def test_kill_at_a_step_of_the_first_start_does_not_stop_the_second(
    data_dir: Path, faults: Faults, place: str
) -> None:
    # Given a first start that hangs where it writes
    faults.delay(place, 5000)
    registry = Registry(data_dir, environment=faults.environment(), start=False)
    registry.launch()
    until(f"{place}, or done without", lambda: faults.waiting(place) or any(
        line["event.action"] == "server.ready" for line in list(registry.log)))

    # When it is killed there
    registry.kill()
    faults.lift()

    # Then the next start knows what to do
    with registry:
        registry.start()
        check_serves(registry)
