"""Spec 11 and 16, N: pending updates."""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Callable

import pytest

from registry.api import Api, OwnApi
from registry.bodies import full_hyperty, hyperty
from registry.client import changed, said


@pytest.mark.own_server
def test_N1_a_fresh_server_has_no_news(fresh: OwnApi) -> None:
    answer = fresh.get("/registry/updated")

    assert (answer.status, answer.body) == (200, b"{}")


@pytest.mark.own_server
def test_N2_an_expired_hyperty_is_told_once(fresh: OwnApi) -> None:
    fresh.put_hyperty(fresh.user(), fresh.id(), full_hyperty(expires=1))
    fresh.pass_seconds(3)
    entry = fresh.hyperty(fresh.id()).json

    assert fresh.updated() == {fresh.id(): entry}
    assert entry["status"] == "disconnected"
    assert fresh.updated() == {}


@pytest.mark.own_server
def test_N3_a_deleted_hyperty_is_told_once(fresh: OwnApi) -> None:
    fresh.create()
    fresh.delete_hyperty(fresh.user(), fresh.id())

    assert fresh.updated() == {fresh.id(): fresh.hyperty(fresh.id()).json}
    assert fresh.updated() == {}


def test_N4_one_that_came_back_is_not_told(api: Api) -> None:
    api.create(expires=1)
    api.pass_seconds(3.1)
    api.keep_alive(api.id())

    assert api.news() == {}


def test_N5_an_update_that_leaves_it_disconnected_keeps_the_news(api: Api) -> None:
    api.create(expires=1)
    api.pass_seconds(3.1)
    assert changed(api.update(api.id(), {"descriptor": "new"})) == (200, "Hyperty updated",
                                                                    "false")

    told = api.news([api.id()])

    assert told == {api.id(): api.hyperty(api.id()).json}
    assert told[api.id()]["descriptor"] == "new"


def test_N6_an_expired_data_object_is_told_in_the_same_map(api: Api) -> None:
    api.create(expires=1)
    api.create_object(expires=1)
    api.pass_seconds(3.1)

    told = api.news([api.id(), api.url()])

    assert told == {api.id(): api.hyperty(api.id()).json, api.url(): api.object(api.url()).json}


@pytest.mark.parametrize("status", ["disconnected", "dead", "live"])
def test_N7_a_status_set_by_a_client_is_no_news(api: Api, status: str) -> None:
    api.create()
    api.update(api.id(), {"status": status})
    api.create("h2", status=status)

    assert api.news() == {}


@pytest.mark.own_server
def test_N8_head_takes_nothing(fresh: OwnApi) -> None:
    fresh.create()
    fresh.delete_hyperty(fresh.user(), fresh.id())

    for _ in range(2):
        answer = fresh.head("/registry/updated")
        assert (answer.status, answer.body) == (200, b"")

    assert set(fresh.updated()) == {fresh.id()}


@pytest.mark.own_server
def test_N9_eight_readers_at_once_are_told_each_entry_exactly_once(fresh: OwnApi) -> None:
    count, seconds = 1000, 10
    ids = fresh.create_many(count, expires=lambda n: n % seconds)
    over = False

    def read_until_over() -> list[str]:
        told: list[str] = []
        with fresh.another() as reader:
            while True:
                last_round = over
                taken = reader.updated()
                told += taken
                if last_round and not taken:
                    return told

    with ThreadPoolExecutor(8) as pool:
        readers = [pool.submit(read_until_over) for _ in range(8)]
        for _ in range(seconds + 1):
            fresh.pass_seconds(1)
        over = True
        told = [key for reader in readers for key in reader.result()]

    assert sorted(told) == sorted(ids)


@pytest.mark.own_server
@pytest.mark.parametrize("crash", [False, True], ids=["restart", "kill -9"])
def test_N10_news_survives_a_restart(
    start: Callable[..., OwnApi], kept_store: str, crash: bool
) -> None:
    api = start(kept_store)
    api.create(expires=1)
    api.create_object(expires=1000)
    api.pass_seconds(3)
    api.delete_object(api.url())

    api.restart(crash)

    assert set(api.updated()) == {api.id(), api.url()}
    assert api.updated() == {}


@pytest.mark.own_server
def test_N10_news_that_was_read_does_not_come_back_after_a_restart(
    start: Callable[..., OwnApi], kept_store: str
) -> None:
    api = start(kept_store)
    api.create()
    api.delete_hyperty(api.user(), api.id())
    assert set(api.updated()) == {api.id()}

    api.restart()

    assert api.updated() == {}


# ---- The rest of spec 11 ----


@pytest.mark.own_server
def test_news_beyond_the_limit_of_one_answer_stays_for_the_next(
    start: Callable[..., OwnApi], store: str
) -> None:
    api = start(store, arguments=["--updates-max", "10"])
    ids = [api.create(f"h{n}", expires=1) for n in range(25)]
    api.pass_seconds(3)

    answers = [api.updated() for _ in range(4)]

    assert [len(answer) for answer in answers] == [10, 10, 5, 0]
    assert sorted(key for answer in answers for key in answer) == sorted(ids)


def told_in_time(api: OwnApi, count: int) -> set[str]:
    """Takes news until there were so many."""
    told: set[str] = set()
    deadline = time.monotonic() + 20
    while len(told) < count and time.monotonic() < deadline:
        told |= set(api.updated())
        time.sleep(0.005)
    return told


@pytest.mark.own_server
def test_news_whose_reader_is_gone_is_told_to_another(
    start: Callable[..., OwnApi], store: str
) -> None:
    """An answer too large to leave without its reader, who leaves without reading."""
    api = start(store)
    big = "x" * 20_000
    ids = api.create_many(600, descriptor=big, expires=1)
    api.pass_seconds(3)

    with api.wire() as reader:
        reader.send(b"GET /registry/updated HTTP/1.1\r\nHost: x\r\n\r\n")
        reader.receive_some()

    assert told_in_time(api, len(ids)) == set(ids)


@pytest.mark.own_server
def test_one_that_comes_back_while_its_news_is_being_sent_is_not_told_later(
    start: Callable[..., OwnApi], store: str
) -> None:
    api = start(store)
    big = "x" * 20_000
    api.create_many(600, descriptor=big, expires=1)
    api.pass_seconds(3)

    with api.wire() as reader:
        reader.send(b"GET /registry/updated HTTP/1.1\r\nHost: x\r\n\r\n")
        reader.receive_some()
        api.keep_alive(api.id("h7"))

    assert told_in_time(api, 599) == {api.id(f"h{n}") for n in range(600) if n != 7}


def test_news_shows_the_current_state(api: Api) -> None:
    api.create()
    api.delete_hyperty(api.user(), api.id())
    api.put_hyperty(api.user(), api.id(), hyperty(status="disconnected", runtime="r9"))

    assert api.news([api.id()])[api.id()]["runtime"] == "r9"


def test_an_old_path_of_the_manual_does_not_exist(api: Api) -> None:
    assert said(api.get("/hyperty/updated")) == (404, "Not Found")


@pytest.mark.parametrize("method", ["PUT", "DELETE", "POST"])
def test_news_can_only_be_read(api: Api, method: str) -> None:
    answer: Any = api.request(method, "/registry/updated", {} if method != "DELETE" else None)

    assert said(answer) == (405, "Method Not Allowed")
