"""A stored record that is not what was written: an error for that entry, and for no other."""

from pathlib import Path
from typing import Iterator

import pytest

from harm.outage import events
from harm.tools import poke
from harm.wait import until
from registry.bodies import data_object, hyperty
from registry.client import Client
from registry.process import Registry

pytestmark = pytest.mark.own_server

USER = "user://x.org/u@x.org"
BAD, GOOD = "hyperty://x.org/bad", "hyperty://x.org/good"
BAD_ROOM, GOOD_ROOM = "comm://x.org/bad", "comm://x.org/good"
ALONE, ALONE_USER = "hyperty://x.org/alone", "user://x.org/alone"


@pytest.fixture
def file(data_dir: Path) -> Path:
    """A database in which a few records are damaged."""
    with Registry(data_dir) as registry:
        with Client(f"http://{registry.host}:{registry.port}") as client:
            for id_ in (BAD, GOOD):
                assert client.put_hyperty(USER, id_, hyperty(guid="user-guid://g")).status == 200
            assert client.put_hyperty(ALONE_USER, ALONE, hyperty()).status == 200
            for url in (BAD_ROOM, GOOD_ROOM):
                assert client.put_object(url, data_object()).status == 200
    path = data_dir / "registry.mdb"
    for kind, id_ in (("hyperty", BAD), ("hyperty", ALONE), ("object", BAD_ROOM)):
        poke("damage-entry", path, kind, id_)
    return path


@pytest.fixture
def registry(file: Path) -> Iterator[Registry]:
    with Registry(file.parent) as registry:
        yield registry


@pytest.fixture
def client(registry: Registry) -> Iterator[Client]:
    with Client(f"http://{registry.host}:{registry.port}") as client:
        yield client


def test_read_of_a_damaged_record_gets_500_and_others_are_served(client: Client) -> None:
    for answer in (client.hyperty(BAD), client.hyperty(ALONE), client.object(BAD_ROOM)):
        assert (answer.status, answer.json["message"]) == (500, "Internal Server Error")
    assert client.hyperty(GOOD).status == 200
    assert client.object(GOOD_ROOM).status == 200


def test_lists_show_the_others(client: Client) -> None:
    assert set(client.of_user(USER).json) == {GOOD}
    assert set(client.of_email("u@x.org").json) == {GOOD}
    assert set(client.of_guid("user-guid://g").json) == {GOOD}
    assert set(client.objects("name", data_object()["name"]).json) == {GOOD_ROOM}
    assert set(client.objects("reporter", data_object()["reporter"]).json) == {GOOD_ROOM}


def test_list_of_damaged_records_only_gets_500(client: Client) -> None:
    answer = client.of_user(ALONE_USER)
    assert (answer.status, answer.json["message"]) == (500, "Internal Server Error")


def test_each_meeting_is_counted_and_logged_with_its_id(
    registry: Registry, client: Client
) -> None:
    assert registry.metrics()["registryd_store_damaged_total"] == 0
    assert client.hyperty(BAD).status == 500
    assert registry.metrics()["registryd_store_damaged_total"] == 1
    assert client.of_user(USER).status == 200
    assert registry.metrics()["registryd_store_damaged_total"] == 2
    lines = events(registry, "store.record_damaged")
    assert lines and all(line["id"] == BAD for line in lines)


def test_damaged_record_is_not_written_over(
    registry: Registry, client: Client, file: Path
) -> None:
    # When clients write to it in every way
    answers = [
        client.put_hyperty(USER, BAD, hyperty()),
        client.put_hyperty("user://x.org/other", BAD, hyperty()),
        client.update(BAD, {"descriptor": "new"}),
        client.keep_alive(BAD),
        client.delete_hyperty(USER, BAD),
    ]

    # Then each is told, neighbours can be written, and what is left of the record is kept
    assert [answer.status for answer in answers] == [500] * len(answers)
    assert client.put_hyperty(USER, GOOD, hyperty(descriptor="after")).status == 200
    assert client.hyperty(GOOD).json["descriptor"] == "after"
    registry.terminate()
    damaged = poke("show-entry", file, "hyperty", BAD)
    registry.start()
    with Client(f"http://{registry.host}:{registry.port}") as again:
        assert again.hyperty(BAD).status == 500
        assert again.put_hyperty(USER, BAD, hyperty()).status == 500
    registry.terminate()
    assert poke("show-entry", file, "hyperty", BAD) == damaged
    registry.start()


def test_damaged_record_that_is_due_does_not_stop_the_sweep(data_dir: Path) -> None:
    # Given entries whose time will be over, one of them damaged
    due = [f"hyperty://x.org/due/{number}" for number in range(20)]
    with Registry(data_dir) as registry:
        with Client(f"http://{registry.host}:{registry.port}") as client:
            for id_ in due:
                assert client.put_hyperty(USER, id_, hyperty(expires=1)).status == 200
    poke("damage-entry", data_dir / "registry.mdb", "hyperty", due[7])

    # When it is over, then the others are news
    with Registry(data_dir) as registry:
        with Client(f"http://{registry.host}:{registry.port}") as client:
            told: set[str] = set()
            until("news", lambda: told.update(client.updated()) or len(told) >= len(due) - 1)
            assert told == {*due} - {due[7]}
            assert client.put_hyperty(USER, GOOD, hyperty()).status == 200
