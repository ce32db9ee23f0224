"""What a request may be at most, and how often it was more."""

import time
from contextlib import ExitStack
from typing import Callable

import pytest

from registry.api import OwnApi
from registry.bodies import data_object, hyperty
from registry.client import piece, said
from registry.wire import Wire

pytestmark = pytest.mark.own_server

Start = Callable[..., OwnApi]

SLOW_CLIENTS = 200
LIMIT_S = 30.0


def refused(api: OwnApi, what: str) -> float:
    return api.registry.metrics()[f"registryd_http_refused_{what}_total"]


def test_an_id_may_be_as_long_as_its_limit_and_no_longer(start: Start) -> None:
    api = start("memory", arguments=["--id-max-bytes", "100"])
    fits, longer = "é" * 50, "é" * 50 + "x"

    assert api.put_hyperty(fits, fits, hyperty()).status == 200
    assert api.hyperty(fits).status == 200
    for answer in (api.put_hyperty(longer, "h", hyperty()), api.put_hyperty("u", longer, hyperty()),
                   api.hyperty(longer), api.of_user(longer), api.put_object(longer, data_object()),
                   api.get(f"/hyperty/guid/{piece(longer)}")):
        assert answer.status == 400 and answer.json["message"] == "Bad Request"
        assert answer.json["detail"].endswith("is longer than 100 bytes")
    assert refused(api, "id") == 6


def test_a_body_may_be_nested_as_deeply_as_its_limit_and_no_deeper(start: Start) -> None:
    api = start("memory", arguments=["--json-depth-max", "5"])

    def nested(depth: int) -> str:
        return '{"unknown":' + "[" * (depth - 1) + "]" * (depth - 1) + "}"

    api.create("h")
    assert api.request("PUT", f"/hyperty/url/{piece(api.id('h'))}", nested(5)).status == 200
    answer = api.request("PUT", f"/hyperty/url/{piece(api.id('h'))}", nested(6))
    assert answer.status == 400
    assert answer.json["detail"] == "body: more than 5 brackets inside each other"
    assert refused(api, "depth") == 1


def test_brackets_in_a_text_are_no_nesting(start: Start) -> None:
    api = start("memory", arguments=["--json-depth-max", "2"])
    text = '[[[[{{{{\\"[[['
    assert api.put_hyperty("u", "h", hyperty(descriptor=text)).status == 200
    assert api.hyperty("h").json["descriptor"] == text


def test_the_default_limits_let_real_clients_through(start: Start) -> None:
    api = start("memory")
    assert api.put_hyperty("u" * 4096, "h" * 4096, hyperty()).status == 200
    assert api.put_hyperty("u", "h" * 4097, hyperty()).status == 400


@pytest.mark.parametrize("kind", ["memory", "lmdb"])
def test_there_are_at_most_so_many_entries_and_those_go_on(start: Start, kind: str) -> None:
    api = start(kind, arguments=["--entries-max", "3"])
    api.create("h1")
    api.create("h2")
    api.create_object("o1")

    full = (507, "Insufficient Storage")
    assert said(api.put_hyperty(api.user(), api.id("h3"), hyperty())) == full
    assert said(api.put_object(api.url("o2"), data_object())) == full
    assert api.hyperty(api.id("h3")).status == 404

    api.create("h1")
    api.create_object("o1")
    assert api.keep_alive(api.id("h2")).status == 200
    assert api.registry.metrics()["registryd_refused_full_total"] == 2


@pytest.mark.parametrize("kind", ["memory", "lmdb"])
def test_one_user_name_or_reporter_has_no_more_than_its_share(start: Start, kind: str) -> None:
    api = start(kind, arguments=["--entries-per-user-max", "2", "--entries-per-name-max", "3",
                                 "--entries-per-reporter-max", "2"])
    full = (507, "Insufficient Storage")
    api.create("h1")
    api.create("h2")
    assert said(api.put_hyperty(api.user(), api.id("h3"), hyperty())) == full
    assert api.put_hyperty(api.user("bob"), api.id("h3"), hyperty()).status == 200
    assert api.put_hyperty(api.user(), api.id("h1"), hyperty()).status == 200
    assert api.keep_alive(api.id("h2")).status == 200

    for number, (name, reporter) in enumerate([("n", "r"), ("n", "r"), ("n", "s")]):
        assert api.put_object(api.url(f"o{number}"),
                              data_object(name=name, reporter=reporter)).status == 200
    assert said(api.put_object(api.url("o9"), data_object(name="m", reporter="r"))) == full
    assert said(api.put_object(api.url("o9"), data_object(name="n", reporter="t"))) == full
    assert api.put_object(api.url("o9"), data_object(name="m", reporter="s")).status == 200
    # And what was refused was not taken
    assert api.put_hyperty(api.user("bob"), api.id("h4"), hyperty()).status == 200
    metrics = api.registry.metrics()
    assert metrics["registryd_refused_crowded_total"] == 3
    assert metrics["registryd_refused_full_total"] == 0


@pytest.mark.parametrize("kind", ["memory", "lmdb"])
def test_another_name_is_no_way_around_that(start: Start, kind: str) -> None:
    api = start(kind, arguments=["--entries-per-name-max", "1"])
    for name in ("n", "m"):
        assert api.put_object(api.url(name), data_object(name=name)).status == 200
    assert said(api.update_object(api.url("m"), {"name": "n"})) == (507, "Insufficient Storage")
    assert said(api.put_object(api.url("m"), data_object(name="n"))) == (507, "Insufficient Storage")
    assert api.object(api.url("m")).json["name"] == "m"
    assert api.update_object(api.url("m"), {"name": "m", "reporter": "u"}).status == 200
    assert api.registry.metrics()["registryd_refused_crowded_total"] == 2


LARGE = "x" * 400_000
# Of several servers one may say {} while what is pending is at another, which gives it back.
POLLS_MAX = 100


def refused_answers(api: OwnApi) -> list[int]:
    """Of each server."""
    return [int(server.metrics()["registryd_refused_answer_total"])
            for server in api.registry.members]


def test_an_answer_has_a_largest_size(start: Start, store: str) -> None:
    api = start(store, arguments=["--answer-max-bytes", "1M"])
    for number in range(3):
        body = hyperty(descriptor=LARGE, resources=["r"], guid=api.unique("g"))
        assert api.put_hyperty(api.user(), api.id(f"h{number}"), body).status == 200
    refused = [api.of_user(api.user()), api.of_guid(api.unique("g")),
               api.get(f"/hyperty/user/{piece(api.user())}/x?resources=r")]
    for answer in refused:
        assert said(answer) == (507, "Insufficient Storage")
        assert "answer_max_bytes" in answer.json["detail"]
    assert api.hyperty(api.id("h1")).json["descriptor"] == LARGE
    assert api.delete_hyperty(api.user(), api.id("h2")).status == 200
    assert api.update(api.id("h2"), {"descriptor": ""}).status == 200
    assert set(api.of_user(api.user()).json) == {api.id(f"h{number}") for number in range(3)}
    assert sum(refused_answers(api)) == len(refused)


def test_news_that_is_too_much_for_one_answer_comes_in_several(start: Start, store: str) -> None:
    api = start(store, arguments=["--answer-max-bytes", "1M"])
    ids = [api.id(f"h{number}") for number in range(7)]
    for id_ in ids:
        assert api.put_hyperty(api.user(), id_, hyperty(descriptor=LARGE)).status == 200
        assert api.delete_hyperty(api.user(), id_).status == 200
    # The first poll of a server finds out how many there is room for, and says {}
    told: list[str] = []
    empty = 0
    while len(told) < len(ids) and empty < POLLS_MAX:
        answer = api.updated()
        assert len(answer) <= 2
        told += answer
        empty += not answer
    assert sorted(told) == sorted(ids)
    assert set(refused_answers(api)) <= {0, 1}
    assert empty == 1 or len(api.registry.members) > 1


def test_clients_that_trickle_are_given_up_and_others_served_meanwhile(start: Start) -> None:
    # Given many clients that send a header a little at a time, for ever
    api = start("memory", arguments=["--receive-timeout-ms", "1000"])
    with ExitStack() as stack:
        slow = [stack.enter_context(api.wire()) for _ in range(SLOW_CLIENTS)]
        for wire in slow:
            wire.send(b"GET /live HTTP/1.1\r\nX-Slow: ")

        # When they go on until the last of them is given up
        served = 0
        deadline = time.monotonic() + LIMIT_S
        while slow and time.monotonic() < deadline:
            slow = [wire for wire in slow if still_takes(wire, b"a")]
            assert api.get("/live").status == 200
            served += 1

        # Then others were served all the time, and each was counted
        assert not slow and served > 1
        assert api.registry.metrics()["registryd_http_closed_slow_receive_total"] == SLOW_CLIENTS


def still_takes(wire: Wire, data: bytes) -> bool:
    try:
        wire.send(data)
    except OSError:
        return False
    return True
