"""Spec 5.5: with a retention, what stayed disconnected for so long is as if it had never been."""

from typing import Callable

import pytest

from registry.api import OwnApi
from registry.bodies import full_hyperty, hyperty

pytestmark = pytest.mark.own_server

RETENTION = ["--retention-s", "50"]


def forget(api: OwnApi, seconds: int) -> None:
    api.pass_seconds(seconds)
    api.time.settle()


def test_an_entry_is_forgotten_when_it_was_away_for_so_long(
    start: Callable[..., OwnApi], store: str
) -> None:
    api = start(store, arguments=RETENTION)
    body = full_hyperty(guid=api.unique("g"), expires=10)
    assert api.put_hyperty(api.user(), api.id(), body).status == 200
    api.create_object(expires=10)

    forget(api, 11 + 49)
    assert api.hyperty(api.id()).status == 408
    forget(api, 1)

    assert api.hyperty(api.id()).status == 404
    assert api.of_user(api.user()).status == 404
    assert api.of_guid(api.unique("g")).status == 404
    assert api.of_email(api.email()).status == 404
    assert api.object(api.url()).status == 404
    assert api.objects("name", api.unique("n")).status == 404
    api.check_stored(0)
    assert api.updated() == {}


def test_a_forgotten_id_is_anybodys(start: Callable[..., OwnApi], store: str) -> None:
    api = start(store, arguments=RETENTION)
    api.create_disconnected("h1", "u1")

    forget(api, 50)

    assert api.put_hyperty(api.user("u2"), api.id("h1"), hyperty()).status == 200
    assert api.hyperty(api.id("h1")).json["userID"] == api.user("u2")


def test_one_that_came_back_is_kept(start: Callable[..., OwnApi], store: str) -> None:
    api = start(store, arguments=RETENTION)
    api.create_disconnected()
    api.pass_seconds(49)
    assert api.keep_alive(api.id()).status == 200

    forget(api, 1)

    assert api.hyperty(api.id()).json["status"] == "disconnected"  # its expires is 0
    forget(api, 49)
    assert api.hyperty(api.id()).status == 408


def test_a_retention_that_is_set_later_counts_for_what_is_away_already(
    start: Callable[..., OwnApi], kept_store: str
) -> None:
    api = start(kept_store)
    api.create_many(600, status="disconnected", expires=0)  # more than a slice of the pass
    api.create("live", expires=1000)
    api.pass_seconds(60)

    api.registry.arguments = RETENTION
    api.restart()
    api.registry.wait_for_log("retention.applied")
    forget(api, 1)

    api.check_stored(1)
    assert api.hyperty(api.id("live")).status == 200
