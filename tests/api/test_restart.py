"""Spec 12: what was answered is there after a stop and after a crash of the process."""

import shutil
import subprocess
from typing import Any, Callable

import pytest

from registry.api import OwnApi
from registry.bodies import data_object, full_hyperty, hyperty
from registry.client import NOT_FOUND, Client, encode_request, piece, said
from registry.process import Registry
from registry.wire import Closed

pytestmark = pytest.mark.own_server


@pytest.fixture(params=[False, True], ids=["stop", "kill -9"])
def crash(request: pytest.FixtureRequest) -> bool:
    return request.param


def everything(api: OwnApi) -> dict[str, Any]:
    """All that can be read of what these tests store."""
    answers = {
        "h1": api.hyperty(api.id("h1")), "h2": api.hyperty(api.id("h2")),
        "u1": api.of_user(api.user("u1")), "u2": api.of_user(api.user("u2")),
        "email": api.of_email(api.email("u1")),
        "old guid": api.of_guid(api.unique("old")), "new guid": api.of_guid(api.unique("new")),
        "search": api.search_user(api.user("u1"), "?resources=chat"),
        "o1": api.object(api.url("o1")), "name": api.objects("name", api.unique("n2")),
        "old name": api.objects("name", api.unique("n")),
        "reporter": api.objects("reporter", api.id("r")),
    }
    api.check_stored(3)
    return {what: (answer.status, answer.json) for what, answer in answers.items()}


def test_everything_reads_the_same_afterwards(
    start: Callable[..., OwnApi], kept_store: str, crash: bool
) -> None:
    api = start(kept_store)
    api.put_hyperty(api.user("u1"), api.id("h1"), full_hyperty(guid=api.unique("old")))
    api.update(api.id("h1"), {"guid": api.unique("new"), "descriptor": "é\U0001f600"})
    api.create("h2", "u1")
    api.delete_hyperty(api.user("u1"), api.id("h2"))
    api.create("h3", "u2", expires=0)
    api.create_object("o1")
    api.update_object(api.url("o1"), {"name": api.unique("n2")})
    api.pass_seconds(2)
    before = everything(api)

    api.restart(crash)

    assert everything(api) == before
    assert before["old name"] == (404, {"message": "Not Found"})


def test_an_id_stays_its_owners(
    start: Callable[..., OwnApi], kept_store: str, crash: bool
) -> None:
    api = start(kept_store)
    api.create()

    api.restart(crash)

    assert said(api.put_hyperty(api.user("u2"), api.id(), hyperty())) == NOT_FOUND


def test_every_answered_write_is_kept(start: Callable[..., OwnApi], kept_store: str) -> None:
    """Killed at the very moment of an answer, with more requests on their way."""
    api = start(kept_store)
    kept: set[str] = set()
    number = 0
    for _ in range(3):
        wires = [api.wire() for _ in range(4)]
        for _ in range(25):
            names = []
            for wire in wires:
                number += 1
                names.append(f"h{number}")
                wire.send(encode_request(
                    "PUT", f"/hyperty/user/{piece(api.user())}/{piece(api.id(names[-1]))}",
                    hyperty()))
            for wire, name in zip(wires[1:], names[1:]):
                assert wire.receive().status == 200
                kept.add(api.id(name))
            wires[0].receive()
            kept.add(api.id(names[0]))
        for wire in wires:
            wire.send(encode_request("PUT", f"/hyperty/url/{piece(api.id('h1'))}", {}))
        api.restart(crash=True)
        for wire in wires:
            try:
                wire.receive()
            except Closed:
                pass
            wire.close()

        assert kept <= set(api.of_user(api.user()).json)
        api.check_stored(len(api.of_user(api.user()).json))


def test_the_memory_store_starts_empty(start: Callable[..., OwnApi]) -> None:
    api = start("memory")
    api.create()

    api.restart()

    assert said(api.hyperty(api.id())) == NOT_FOUND
    api.check_stored(0)


def test_two_servers_cannot_share_a_data_directory(start: Callable[..., OwnApi]) -> None:
    api = start("lmdb")
    api.put_object(api.url(), data_object())

    with pytest.raises(RuntimeError):
        Registry(api.registry.data_dir, "lmdb", api.clock)

    assert api.object(api.url()).status == 200


def test_a_copy_of_a_running_server_restores_what_it_had(start: Callable[..., OwnApi]) -> None:
    """The steps of registryd(8), BACK-UP."""
    api = start("lmdb")
    api.create("h1")
    data_dir, copy = api.registry.data_dir, api.registry.data_dir.parent / "copy"
    subprocess.run(["mdb_copy", "-n", data_dir / "registry.mdb", copy], check=True, timeout=60)
    api.create("h2")

    assert api.registry.terminate() == 0
    shutil.copyfile(copy, data_dir / "registry.mdb")
    (data_dir / "registry.mdb-lock").unlink(missing_ok=True)
    api.registry.start()

    with Client(api.registry.url) as restored:
        assert restored.hyperty(api.id("h1")).status == 200
        assert restored.hyperty(api.id("h2")).status == 404
        assert restored.update(api.id("h1"), {"status": "live"}).status == 200
