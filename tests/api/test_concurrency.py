"""Spec 12: many clients at once, one entry."""

from concurrent.futures import ThreadPoolExecutor

from registry.api import Api
from registry.bodies import full_hyperty, hyperty
from registry.client import encode_request, piece


def test_an_answer_never_mixes_two_states_of_one_entry(api: Api) -> None:
    states = [full_hyperty(descriptor=f"d{n}", resources=[f"r{n}"] * (n + 1), runtime=f"t{n}",
                           guid=api.unique(f"g{n}"), expires=100 + n) for n in range(5)]
    api.put_hyperty(api.user(), api.id(), states[0])
    over = False

    def write() -> None:
        with api.another() as writer:
            for n in range(400):
                assert writer.put_hyperty(api.user(), api.id(), states[n % 5]).status == 200

    def read(way: str) -> None:
        with api.another() as reader:
            while not over:
                entry = (reader.hyperty(api.id()).json if way == "url"
                         else reader.of_user(api.user()).json[api.id()])
                shown = {name: entry[name] for name in states[0]}
                assert shown in states

    with ThreadPoolExecutor(5) as pool:
        readers = [pool.submit(read, way) for way in ("url", "user", "url", "user")]
        try:
            pool.submit(write).result()
        finally:
            over = True
        for reader in readers:
            reader.result()


def test_a_read_after_an_answered_write_sees_it_on_any_connection(api: Api) -> None:
    with api.another() as writer, api.another() as reader:
        for n in range(200):
            assert writer.put_hyperty(api.user(), api.id(),
                                      hyperty(descriptor=str(n))).status == 200
            assert reader.hyperty(api.id()).json["descriptor"] == str(n)
            assert reader.of_user(api.user()).json[api.id()]["descriptor"] == str(n)


def test_updates_of_different_members_at_once_all_count(api: Api) -> None:
    api.put_hyperty(api.user(), api.id(), full_hyperty())
    members = ["descriptor", "runtime", "p2pRequester", "p2pHandler"]
    target = f"/hyperty/url/{piece(api.id())}"

    wires = {member: api.wire() for member in members}
    try:
        for n in range(100):
            for member, wire in wires.items():
                wire.send(encode_request("PUT", target, {member: f"{member}{n}"}))
            for wire in wires.values():
                assert wire.receive().status == 200
            entry = api.hyperty(api.id()).json
            assert [entry[member] for member in members] == [f"{m}{n}" for m in members]
    finally:
        for wire in wires.values():
            wire.close()


def test_only_one_of_many_deletes_at_once_is_news(api: Api) -> None:
    target = f"/hyperty/user/{piece(api.user())}/{piece(api.id())}"
    wires = [api.wire() for _ in range(8)]
    try:
        for _ in range(20):
            api.create()
            for wire in wires:
                wire.send(encode_request("DELETE", target))
            assert {wire.receive().status for wire in wires} == {200}
            assert set(api.news([api.id()])) == {api.id()}
    finally:
        for wire in wires:
            wire.close()
