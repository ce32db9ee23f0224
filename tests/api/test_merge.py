"""Spec 10: what each operation does to each part of an entry, as a table."""

from dataclasses import dataclass
from typing import Any, Callable

import pytest

from registry.api import Api
from registry.bodies import ABSENT, Body, data_object, full_hyperty, hyperty
from registry.wire import Answer


@dataclass
class Kind:
    """One of the two kinds of entry, as its routes."""

    full: Body  # with its optional members
    bare: Body  # other values, without them
    key: Callable[[Api], str]
    put: Callable[[Api, Body], Answer]
    update: Callable[[Api, Any], Answer]
    delete: Callable[[Api], Answer]
    read: Callable[[Api], Body]
    set_by_server: Callable[[Api], Body]


HYPERTY = Kind(
    full=full_hyperty(),
    bare=hyperty(descriptor="other", resources=["other"], runtime="other", expires=2000),
    key=lambda api: api.id(),
    put=lambda api, body: api.put_hyperty(api.user(), api.id(), body),
    update=lambda api, body: api.update(api.id(), body),
    delete=lambda api: api.delete_hyperty(api.user(), api.id()),
    read=lambda api: api.hyperty(api.id()).json,
    set_by_server=lambda api: {"hypertyID": api.id(), "userID": api.user()},
)

OBJECT = Kind(
    full=data_object(p2pRequester="p2p"),
    bare=data_object(schema="other", name="other", reporter="other", expires=2000),
    key=lambda api: api.url(),
    put=lambda api, body: api.put_object(api.url(), body),
    update=lambda api, body: api.update_object(api.url(), body),
    delete=lambda api: api.delete_object(api.url()),
    read=lambda api: api.object(api.url()).json,
    set_by_server=lambda api: {"url": api.url()},
)


@pytest.fixture(params=[HYPERTY, OBJECT], ids=["hyperty", "object"])
def kind(request: pytest.FixtureRequest) -> Kind:
    return request.param


def ok(answer: Answer) -> None:
    assert answer.status == 200, answer


def later(api: Api, kind: Kind, body: Body) -> tuple[str, str]:
    """Stores the body and lets time pass; returns the first times."""
    ok(kind.put(api, body))
    entry = kind.read(api)
    api.pass_seconds(1.1)
    return entry["startingTime"], entry["lastModified"]


def is_entry(api: Api, kind: Kind, body: Body, started: str) -> str:
    """The entry has the body's members and no others; returns its lastModified."""
    entry = kind.read(api)
    assert entry == {**body, **kind.set_by_server(api), "startingTime": started,
                     "lastModified": entry["lastModified"]}
    return entry["lastModified"]


def test_create_takes_everything_from_the_body_and_both_times_from_the_clock(
    api: Api, kind: Kind
) -> None:
    ok(kind.put(api, kind.full))

    started = kind.read(api)["startingTime"]
    assert is_entry(api, kind, kind.full, started) == started
    assert api.news() == {}


def test_replace_takes_everything_and_keeps_the_starting_time(api: Api, kind: Kind) -> None:
    started, modified = later(api, kind, kind.full)

    ok(kind.put(api, kind.bare))

    assert is_entry(api, kind, kind.bare, started) > modified


@pytest.mark.parametrize("member", sorted({*full_hyperty(), *data_object(p2pRequester="p")}))
def test_a_partial_update_replaces_one_member_and_keeps_the_others(
    api: Api, kind: Kind, member: str
) -> None:
    started, modified = later(api, kind, kind.full)
    value: Any = {"expires": 7, "resources": ["n"], "dataSchemes": ["n"]}.get(member, "new")

    ok(kind.update(api, {member: value}))

    expected = {**kind.full, **({member: value} if member in kind.full else {})}
    assert is_entry(api, kind, expected, started) > modified


def test_a_keep_alive_keeps_everything_and_makes_it_live(api: Api, kind: Kind) -> None:
    started, modified = later(api, kind, {**kind.full, "status": "created"})

    ok(kind.update(api, {}))

    assert is_entry(api, kind, {**kind.full, "status": "live"}, started) > modified


def test_a_delete_keeps_everything_and_the_last_sign_of_life(api: Api, kind: Kind) -> None:
    started, modified = later(api, kind, kind.full)

    ok(kind.delete(api))

    gone = {**kind.full, "status": "disconnected"}
    assert is_entry(api, kind, gone, started) == modified
    assert api.news([kind.key(api)]) == {kind.key(api): kind.read(api)}


def test_an_expiry_keeps_everything_and_the_last_sign_of_life(api: Api, kind: Kind) -> None:
    started, modified = later(api, kind, {**kind.full, "expires": 1})
    api.pass_seconds(1.1)

    gone = {**kind.full, "expires": 1, "status": "disconnected"}
    assert is_entry(api, kind, gone, started) == modified
    assert api.news([kind.key(api)]) == {kind.key(api): kind.read(api)}


# What happens to news that is pending already: deleted or expired, then one more operation.

DROPPED, KEPT = False, True


@pytest.mark.parametrize("gone", ["deleted", "expired"])
@pytest.mark.parametrize("operation, kept", [
    (lambda api, kind: kind.put(api, kind.bare), DROPPED),
    (lambda api, kind: kind.put(api, {**kind.bare, "status": "disconnected"}), KEPT),
    (lambda api, kind: kind.update(api, {"status": "live"}), DROPPED),
    (lambda api, kind: kind.update(api, {"status": "anything"}), DROPPED),
    (lambda api, kind: kind.update(api, {"status": "disconnected"}), KEPT),
    (lambda api, kind: kind.update(api, {"runtime": "r2"}), KEPT),
    (lambda api, kind: kind.update(api, {"unknown": 1}), KEPT),
    (lambda api, kind: kind.update(api, {}), DROPPED),
    (lambda api, kind: kind.delete(api), KEPT),
], ids=["replace", "replace disconnected", "update to live", "update to anything",
        "update to disconnected", "update without status", "update unknown", "keep-alive",
        "delete"])
def test_pending_news_is_dropped_exactly_when_it_comes_back(
    api: Api, kind: Kind, gone: str, operation: Callable[[Api, Kind], Answer], kept: bool
) -> None:
    ok(kind.put(api, {**kind.full, "expires": 1 if gone == "expired" else 1000}))
    if gone == "expired":
        api.pass_seconds(3.1)
    else:
        ok(kind.delete(api))

    ok(operation(api, kind))

    expected = [kind.key(api)] if kept else []
    told = api.news(expected)
    assert list(told) == expected
    if kept:
        assert told[kind.key(api)] == kind.read(api)
        assert kind.read(api)["status"] == "disconnected"


@pytest.mark.parametrize("operation", [
    lambda api, kind: kind.put(api, {**kind.bare, "status": "disconnected"}),
    lambda api, kind: kind.update(api, {"status": "disconnected"}),
], ids=["replace", "update"])
def test_a_client_that_disconnects_makes_no_news(
    api: Api, kind: Kind, operation: Callable[[Api, Kind], Answer]
) -> None:
    ok(kind.put(api, kind.full))

    ok(operation(api, kind))

    assert kind.read(api)["status"] == "disconnected"
    assert api.news() == {}


def test_news_that_was_taken_is_not_told_again_by_later_changes(api: Api, kind: Kind) -> None:
    ok(kind.put(api, kind.full))
    ok(kind.delete(api))
    assert list(api.news([kind.key(api)])) == [kind.key(api)]

    ok(kind.update(api, {"runtime": "r2"}))
    ok(kind.delete(api))

    assert api.news() == {}


def test_news_comes_again_for_one_that_lived_in_between(api: Api, kind: Kind) -> None:
    ok(kind.put(api, kind.full))
    for _ in range(2):
        ok(kind.delete(api))
        assert list(api.news([kind.key(api)])) == [kind.key(api)]
        ok(kind.update(api, {}))
    assert api.news() == {}


def test_optional_members_of_null_vanish_on_replace_and_stay_on_update(
    api: Api, kind: Kind
) -> None:
    ok(kind.put(api, kind.full))
    ok(kind.update(api, {"p2pRequester": None}))
    assert kind.read(api)["p2pRequester"] == kind.full["p2pRequester"]

    ok(kind.put(api, {**kind.full, "p2pRequester": None}))
    assert kind.read(api).get("p2pRequester", ABSENT) is ABSENT
