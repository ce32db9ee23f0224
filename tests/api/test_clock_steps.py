"""Spec 5.4: neither a clock that is set nor an absent server disconnects those who refresh."""

from typing import Callable

import pytest

from registry.api import OwnApi
from registry.client import changed

pytestmark = pytest.mark.own_server

DAY = 86400
HOUR = 3600


@pytest.mark.parametrize("step", [DAY, -DAY, 10 * 365 * DAY, 2, -2])
def test_a_step_of_the_wall_clock_disconnects_nobody(fresh: OwnApi, step: int) -> None:
    fresh.create(expires=10)
    fresh.create_object(expires=10)
    fresh.pass_seconds(5)

    fresh.clock.step_wall(step)

    assert fresh.hyperty(fresh.id()).status == 200
    for _ in range(5):
        assert changed(fresh.update(fresh.id(), {"status": "live"}))[2] == "false"
        assert fresh.object(fresh.url()).json["status"] == "live"
        fresh.update_object(fresh.url(), {})
        fresh.pass_seconds(10)
        assert fresh.hyperty(fresh.id()).status == 200
    assert fresh.news() == {}


@pytest.mark.parametrize("step", [DAY, -DAY])
def test_one_that_does_not_refresh_expires_on_time_all_the_same(
    fresh: OwnApi, step: int
) -> None:
    fresh.create(expires=10)
    fresh.pass_seconds(5)
    fresh.clock.step_wall(step)

    fresh.pass_seconds(5)
    assert fresh.hyperty(fresh.id()).status == 200
    fresh.pass_seconds(1)

    assert fresh.hyperty(fresh.id()).status == 408
    assert set(fresh.news([fresh.id()])) == {fresh.id()}


def test_shown_times_follow_the_wall_clock(fresh: OwnApi) -> None:
    before = fresh.hyperty(fresh.create()).json
    fresh.clock.step_wall(DAY)
    fresh.keep_alive(fresh.id())

    after = fresh.hyperty(fresh.id()).json

    assert after["lastModified"] > before["lastModified"]
    assert after["startingTime"] == before["startingTime"]
    fresh.clock.step_wall(-DAY)
    fresh.keep_alive(fresh.id())
    assert fresh.hyperty(fresh.id()).json["lastModified"] == before["lastModified"]


@pytest.mark.one_server_store
@pytest.mark.parametrize("crash", [False, True], ids=["stopped", "kill -9"])
def test_an_hour_of_the_server_being_away_counts_against_nobody(
    start: Callable[..., OwnApi], kept_store: str, crash: bool
) -> None:
    api = start(kept_store)
    api.create(expires=30)
    api.create_object(expires=30)
    api.pass_seconds(10)

    away(api, crash, HOUR)

    assert api.hyperty(api.id()).status == 200
    assert api.object(api.url()).json["status"] == "live"
    api.pass_seconds(15)
    assert changed(api.update(api.id(), {"status": "live"}))[2] == "false"
    api.update_object(api.url(), {})
    api.pass_seconds(30)
    assert api.hyperty(api.id()).status == 200
    assert api.news() == {}


@pytest.mark.one_server_store
@pytest.mark.parametrize("crash", [False, True], ids=["stopped", "kill -9"])
def test_one_that_does_not_refresh_after_the_hour_expires(
    start: Callable[..., OwnApi], kept_store: str, crash: bool
) -> None:
    api = start(kept_store)
    api.create(expires=30)
    api.pass_seconds(20)

    away(api, crash, HOUR)
    # What the store noted last may be a second old, or two.
    api.pass_seconds(9)
    assert api.hyperty(api.id()).status == 200
    api.pass_seconds(4)

    assert api.hyperty(api.id()).status == 408
    assert set(api.news([api.id()])) == {api.id()}


@pytest.mark.parametrize("steady", [1, 5_000_000])
def test_a_reboot_that_starts_the_steady_clock_anew_counts_against_nobody(
    start: Callable[..., OwnApi], kept_store: str, steady: int
) -> None:
    api = start(kept_store)
    api.create(expires=30)
    api.pass_seconds(10)
    api.close()
    assert api.registry.terminate() == 0

    api.clock.set_steady(steady)
    api.registry.start()
    api.find()

    assert api.hyperty(api.id()).status == 200
    assert changed(api.keep_alive(api.id()))[2] == "false"
    api.pass_seconds(31)
    assert api.hyperty(api.id()).status == 408


def test_many_restarts_do_not_keep_an_abandoned_entry_alive_for_ever(
    start: Callable[..., OwnApi], kept_store: str
) -> None:
    api = start(kept_store)
    api.create(expires=10)

    for _ in range(12):
        api.pass_seconds(3)
        api.restart()
        if api.hyperty(api.id()).status == 408:
            break

    assert api.hyperty(api.id()).status == 408


# ---- On a cluster nobody knows whether another server runs meanwhile ----


@pytest.mark.shared_store
@pytest.mark.parametrize("crash", [False, True], ids=["stopped", "kill -9"])
def test_time_without_any_server_counts_on_a_cluster(
    start: Callable[..., OwnApi], kept_store: str, crash: bool
) -> None:
    api = start(kept_store)
    api.create("h1", expires=30)
    api.create("h2", expires=HOUR)
    api.create_object(expires=30)
    api.pass_seconds(10)

    away(api, crash, HOUR - 10)

    assert api.hyperty(api.id("h1")).status == 408
    assert api.object(api.url()).json["status"] == "disconnected"
    assert api.hyperty(api.id("h2")).status == 200
    assert set(api.news([api.id("h1"), api.url()])) == {api.id("h1"), api.url()}
    api.pass_seconds(1)
    assert api.hyperty(api.id("h2")).status == 408
    assert set(api.news([api.id("h2")])) == {api.id("h2")}


@pytest.mark.shared_store
def test_who_refreshes_after_time_without_any_server_lives_on(
    start: Callable[..., OwnApi], kept_store: str
) -> None:
    api = start(kept_store)
    api.create(expires=30)

    away(api, False, HOUR)

    assert changed(api.keep_alive(api.id()))[2] == "true"
    api.pass_seconds(30)
    assert api.hyperty(api.id()).status == 200


def away(api: OwnApi, crash: bool, seconds: int) -> None:
    api.close()
    if crash:
        api.registry.kill()
    else:
        assert api.registry.terminate() == 0
    api.clock.advance(seconds)
    api.registry.start()
    api.find()
