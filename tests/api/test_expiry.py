"""Spec 5 and 16, E: when entries expire, to the second."""

import re
from datetime import datetime, timezone
from typing import Any

import pytest

from registry.api import Api, OwnApi
from registry.bodies import Body, full_hyperty, hyperty
from registry.client import changed, said


def test_E1_an_entry_without_a_sign_of_life_expires(api: Api) -> None:
    api.put_hyperty(api.user(), api.id("full"), full_hyperty(expires=1))
    api.put_hyperty(api.user(), api.id("bare"), hyperty(expires=1))
    api.pass_seconds(2.1)

    full, bare = api.hyperty(api.id("full")), api.hyperty(api.id("bare"))

    assert (full.status, len(full.json)) == (408, 13)
    assert (bare.status, len(bare.json)) == (408, 10)


def test_E2_one_that_is_refreshed_in_time_lives_on(api: Api) -> None:
    api.create(expires=2)

    for _ in range(6):
        api.pass_seconds(1)
        assert changed(api.update(api.id(), {"status": "live"})) == (200, "Hyperty updated",
                                                                     "false")
        assert api.hyperty(api.id()).status == 200
    assert api.news() == {}


def test_E3_an_expired_one_is_news_without_being_touched(api: Api) -> None:
    api.create(expires=1)
    api.pass_seconds(3.1)

    told = api.news([api.id()])

    assert set(told) == {api.id()}
    assert told[api.id()]["status"] == "disconnected"


@pytest.mark.parametrize("status", ["created", "dead", "anything", ""])
def test_E4_every_status_but_disconnected_can_expire(api: Api, status: str) -> None:
    api.create(expires=1, status=status)
    api.pass_seconds(2.1)

    assert api.hyperty(api.id()).status == 408
    assert set(api.news([api.id()])) == {api.id()}


def test_E5_one_that_is_disconnected_already_is_never_news(api: Api) -> None:
    api.create(expires=0, status="disconnected")

    assert api.hyperty(api.id()).status == 408
    api.pass_seconds(3.1)
    assert api.news() == {}


def test_E6_an_expired_data_object_is_shown_with_200_everywhere(api: Api) -> None:
    url = api.create_object(expires=1)
    api.pass_seconds(2.1)

    one = api.object(url)
    assert (one.status, one.json["status"]) == (200, "disconnected")
    for by, key in (("name", api.unique("n")), ("reporter", api.id("r"))):
        answer = api.objects(by, key)
        assert (answer.status, answer.json) == (200, {url: one.json})
        found = api.search_objects(by, key, "?resources=chat")
        assert (found.status, found.json) == (200, {url: one.json})
    found = api.search_objects("url", url, "?resources=chat")
    assert (found.status, found.json) == (200, {url: one.json})


# ---- The moment of expiry (5.3), on a clock that stands still between the steps ----


def reads(api: Api, name: str = "h1") -> dict[str, tuple[int, str]]:
    """Status code and status by every way that leads to the entry."""
    answers: dict[str, Any] = {
        "url": api.hyperty(api.id(name)),
        "user": api.of_user(api.user(name)),
        "email": api.of_email(api.email(name)),
        "guid": api.of_guid(api.unique(name)),
        "search": api.search_user(api.user(name), "?resources=chat"),
        "email search": api.search_email(api.email(name), "?resources=chat"),
    }
    found = {}
    for way, answer in answers.items():
        entry: Body = answer.json if way == "url" else answer.json[api.id(name)]
        found[way] = (answer.status, entry["status"])
    return found


@pytest.mark.own_server
@pytest.mark.parametrize("expires", [0, 1, 2, 30, 3600])
def test_it_lives_exactly_its_lifetime_and_the_second_it_ends_in(
    api: Api, expires: int
) -> None:
    api.create(user="h1", expires=expires, guid=api.unique("h1"))
    assert set(reads(api).values()) == {(200, "live")}

    api.pass_seconds(expires)
    assert set(reads(api).values()) == {(200, "live")}
    assert api.news() == {}

    api.pass_seconds(1)
    assert set(reads(api).values()) == {(408, "disconnected")}
    assert set(api.news([api.id()])) == {api.id()}


@pytest.mark.own_server
@pytest.mark.parametrize("refresh", [{}, {"status": "live"}, {"runtime": "r"}, {"unknown": 1}])
def test_a_sign_of_life_in_the_last_second_counts(api: Api, refresh: Body) -> None:
    api.create(expires=5)
    api.pass_seconds(5)

    assert changed(api.update(api.id(), refresh))[2] == "false"

    api.pass_seconds(5)
    assert api.hyperty(api.id()).status == 200
    api.pass_seconds(1)
    assert api.hyperty(api.id()).status == 408


@pytest.mark.own_server
@pytest.mark.parametrize("refresh, revives", [({}, True), ({"status": "live"}, True),
                                              ({"runtime": "r"}, False)])
def test_a_sign_of_life_a_second_too_late_is_late(
    api: Api, refresh: Body, revives: bool
) -> None:
    api.create(expires=5)
    api.pass_seconds(6)

    assert changed(api.update(api.id(), refresh))[2] == ("true" if revives else "false")

    assert api.hyperty(api.id()).status == (200 if revives else 408)
    assert set(api.news()) == (set() if revives else {api.id()})


@pytest.mark.own_server
def test_an_update_that_shortens_the_lifetime_takes_effect_at_once(api: Api) -> None:
    api.create(expires=1000)
    api.update(api.id(), {"expires": 1})

    api.pass_seconds(2)

    assert set(api.news([api.id()])) == {api.id()}
    assert api.hyperty(api.id()).status == 408


@pytest.mark.own_server
def test_an_update_that_lengthens_the_lifetime_takes_effect_at_once(api: Api) -> None:
    api.create(expires=1)
    api.update(api.id(), {"expires": 10})

    api.pass_seconds(10)
    assert api.hyperty(api.id()).status == 200
    assert api.news() == {}
    api.pass_seconds(1)
    assert set(api.news([api.id()])) == {api.id()}


@pytest.mark.own_server
def test_a_revived_one_expires_again_and_is_news_again(api: Api) -> None:
    api.create(expires=3)
    for _ in range(3):
        api.pass_seconds(4)
        assert set(api.news([api.id()])) == {api.id()}
        api.keep_alive(api.id())
        api.pass_seconds(3)
        assert api.hyperty(api.id()).status == 200


@pytest.mark.own_server
def test_many_with_different_lifetimes_each_expire_in_their_second(api: Api) -> None:
    for second in range(20):
        api.create(f"h{second}", expires=second)

    for second in range(20):
        api.pass_seconds(1)
        assert set(api.news()) == {api.id(f"h{second}")}


@pytest.mark.own_server
def test_nothing_is_ever_forgotten_by_default(api: Api) -> None:
    api.create(expires=1)
    api.create_object(expires=1)

    api.pass_seconds(10 * 365 * 86400)

    assert api.hyperty(api.id()).status == 408
    assert api.object(api.url()).status == 200
    assert changed(api.keep_alive(api.id()))[2] == "true"


@pytest.mark.own_server
def test_with_a_retention_an_entry_is_forgotten_that_long_after_its_end(
    start: Any, store: str
) -> None:
    api: OwnApi = start(store, arguments=["--retention-s", "100"])
    api.create(expires=1, guid=api.unique("g"))
    api.create_object(expires=1)
    api.create("kept", "u2", expires=3600)
    api.pass_seconds(2)
    api.news([api.id(), api.url()])

    api.pass_seconds(98)
    assert api.hyperty(api.id()).status == 408

    api.pass_seconds(10)
    assert said(api.hyperty(api.id())) == (404, "Not Found")
    assert said(api.of_user(api.user())) == (404, "Not Found")
    assert said(api.of_guid(api.unique("g"))) == (404, "Not Found")
    assert said(api.of_email(api.email())) == (404, "Not Found")
    assert said(api.object(api.url())) == (404, "Not Found")
    assert said(api.objects("name", api.unique("n"))) == (404, "Not Found")
    assert api.hyperty(api.id("kept")).status == 200
    # As if it had never been stored: another user may have the id.
    api.create("h1", "u2")
    assert api.hyperty(api.id()).json["userID"] == api.user("u2")


# ---- The form of times (5.2) ----


def test_times_are_utc_in_whole_seconds(api: Api) -> None:
    before = datetime.now(timezone.utc)
    entry = api.hyperty(api.create()).json

    for member in ("startingTime", "lastModified"):
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", entry[member])
    if not api.time.turned:
        shown = datetime.strptime(entry["startingTime"], "%Y-%m-%dT%H:%M:%S%z")
        assert abs((shown - before).total_seconds()) < 60


@pytest.mark.own_server
def test_times_are_utc_whatever_the_time_zone_of_the_server(start: Any) -> None:
    api: OwnApi = start("memory", environment={"TZ": "Asia/Tokyo"})

    entry = api.hyperty(api.create()).json

    shown = datetime.strptime(entry["startingTime"], "%Y-%m-%dT%H:%M:%S%z")
    assert shown.timestamp() == api.clock.wall_s()
