"""Random operations of several clients, against the reference model, over each store. Over a store
that several servers share, each request asks the next of them: they must be like one.

MODEL_EXAMPLES: how many histories each store is put through; MODEL_STEPS: operations in each.
"""

import copy
import itertools
import os
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, Callable, Iterator

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule
from hypothesis.stateful import run_state_machine_as_test

from model.reference import LISTS, OPTIONAL, REQUIRED, Reference, Reply
from registry.api import OwnApi
from registry.client import Client, encode_request, piece
from registry.wire import Answer

EXAMPLES = int(os.environ.get("MODEL_EXAMPLES", "25"))
STEPS = int(os.environ.get("MODEL_STEPS", "60"))
CLIENTS = 3

def settings_for(store: str) -> settings:
    """On a cluster, where a history takes seconds, one that fails is shown as it is."""
    phases = [phase for phase in Phase if store != "cassandra" or phase not in (Phase.shrink, Phase.explain)]
    return settings(
        max_examples=EXAMPLES,
        stateful_step_count=STEPS,
        phases=phases,
        deadline=None,
        print_blob=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )


histories = itertools.count()

# ---- What is drawn ----

few = st.sampled_from([0, 1, 2, 3])
WORDS = ["chat", "voice", "comm", "é", ""]

statuses = st.sampled_from(["live", "live", "created", "disconnected", "dead", "", 5])
lifetimes = st.one_of(st.integers(min_value=0, max_value=8),
                      st.sampled_from([5000, "3", 4.0, 10**12]))
lists = st.lists(st.sampled_from([*WORDS, 1, True, None]), max_size=3)
texts = st.sampled_from(["a", "b", "", 'q"\\\n', "é\U0001f600", 7, False])

# Values for a member that any body may have instead of a good one.
bad = st.sampled_from([{}, {"a": 1}, [["x"]]])


class Names:
    """Ids that no other history uses."""

    def __init__(self, number: int):
        p = f"e{number}"
        self.users = [f"user://x.org/{p}ann@x", f"{p}ann@x", f"user://y.org/{p}bob/", f"{p} b+c%/"]
        self.emails = [f"{p}ann@x", f"{p}bob", f"{p} b+c%", f"{p}nobody"]
        self.guids = [f"guid://{p}/{n}" for n in range(4)]
        self.keys = {
            "hyperty": [f"hyperty://x.org/{p}/{n}" for n in range(3)] + [f"{p}h ?#é/"],
            "object": [f"comm://x.org/{p}/{n}" for n in range(3)] + [f"{p}o;&="],
        }
        self.names = [f"{p}n0", f"{p}n1", f"{p}é n", f"{p}n3"]
        self.reporters = self.keys["hyperty"]
        self.prefix = p

    def member(self, name: str) -> st.SearchStrategy[Any]:
        """Values of a member, nearly always good ones."""
        pools = {"guid": self.guids, "name": self.names, "reporter": self.reporters}
        if name in pools:
            return st.sampled_from(pools[name])
        return {"status": statuses, "expires": lifetimes}.get(
            name, lists if name in LISTS else texts)


def wanted_of(data: st.DataObject) -> dict[str, set[str]]:
    """What a search asks for; at least one parameter."""
    names = data.draw(st.sampled_from([["resources"], ["dataSchemes"], list(LISTS)]))
    return {name: set(data.draw(st.lists(st.sampled_from(WORDS[:4]), min_size=1, max_size=2)))
            for name in names}


def query_of(wanted: dict[str, set[str]]) -> str:
    return "?" + "&".join(f"{name}={','.join(map(piece, sorted(values)))}"
                          for name, values in wanted.items())


def reply(answer: Answer) -> Reply:
    """Without the further members that an error may have (spec 2)."""
    document = answer.json
    if answer.status >= 400 and answer.status != 408:
        document = {"message": document["message"]}
    return answer.status, document


@dataclass
class Change:
    """A request, and what it does to the reference."""

    request: bytes
    apply: Callable[[Reference], Reply]

    @staticmethod
    def update(kind: str, name: str, body: Any) -> "Change":
        folder = "/hyperty/url/" if kind == "hyperty" else "/dataobject/url/"
        return Change(encode_request("PUT", folder + piece(name), body),
                      lambda model: model.update(kind, name, body))

    @staticmethod
    def claim(owner: str, name: str, body: Any) -> "Change":
        return Change(encode_request("PUT", f"/hyperty/user/{piece(owner)}/{piece(name)}", body),
                      lambda model: model.put("hyperty", name, owner, body))


# ---- The machine ----


class Machine(RuleBasedStateMachine):
    def __init__(self, api: OwnApi):
        super().__init__()
        self.api = api
        self.durable = api.registry.store != "memory"
        self.shared = api.registry.store == "cassandra"
        self.names = Names(next(histories))
        self.clients: list[Client] = []
        if not api.registry.running():  # a history before this one has ended it
            api.close()
            api.registry.kill()
            api.registry.start()
            api.find()
        self.connect()
        while api.updated():
            pass
        self.model = Reference(api.clock.wall_s(), self.server_now())
        self.stored_before = api.stored()
        # Told by the last read, which a crash may have made nobody's (spec 11).
        self.told_last: set[str] = set()
        self.told_by: Client | None = None
        self.may_be_told_again: set[str] = set()

    def connect(self) -> None:
        for client in self.clients:
            client.close()
        self.clients = [self.api.another() for _ in range(CLIENTS)]

    def server_now(self) -> int:
        return int(self.api.registry.metrics()["registryd_lifetime_seconds"])

    def expected_count(self) -> int:
        return self.stored_before + sum(kind == "hyperty" for kind, _ in self.model.entries)

    def client(self, data: st.DataObject) -> Client:
        return data.draw(st.sampled_from(self.clients), label="client")

    def change(self, client: Client, answer: Answer, expected: Reply) -> None:
        assert reply(answer) == expected
        if answer.status == 200:
            # The server that told it settled that before it took this; another one may not know.
            if client is self.told_by and not self.shared:
                self.told_last = set()
            self.may_be_told_again &= {e.key for e in self.model.entries.values() if e.away}

    def body(self, data: st.DataObject, kind: str, required: bool) -> Any:
        body: dict[str, Any] = {}
        for name in (*REQUIRED[kind], *OPTIONAL[kind]):
            if (required and name in REQUIRED[kind]) or data.draw(st.booleans()):
                body[name] = data.draw(self.names.member(name), label=name)
        if data.draw(st.integers(0, 19)) == 0:
            name = data.draw(st.sampled_from([*REQUIRED[kind], *OPTIONAL[kind], "unknown"]))
            body[name] = data.draw(bad)
        elif data.draw(st.integers(0, 9)) == 0:
            body[data.draw(st.sampled_from([*REQUIRED[kind], "unknown"]))] = None
        return body

    # ---- Changes ----

    @rule(data=st.data(), user=few, key=few)
    def put_hyperty(self, data: st.DataObject, user: int, key: int) -> None:
        client, body = self.client(data), self.body(data, "hyperty", required=True)
        owner, hyperty = self.names.users[user], self.names.keys["hyperty"][key]
        self.change(client, client.put_hyperty(owner, hyperty, body),
                    self.model.put("hyperty", hyperty, owner, body))

    @rule(data=st.data(), key=few)
    def put_object(self, data: st.DataObject, key: int) -> None:
        client, body = self.client(data), self.body(data, "object", required=True)
        url = self.names.keys["object"][key]
        self.change(client, client.put_object(url, body),
                    self.model.put("object", url, None, body))

    @rule(data=st.data(), kind=st.sampled_from(["hyperty", "object"]), key=few)
    def update(self, data: st.DataObject, kind: str, key: int) -> None:
        self.update_with(data, kind, key, self.body(data, kind, required=False))

    @rule(data=st.data(), kind=st.sampled_from(["hyperty", "object"]), key=few,
          body=st.sampled_from([{}, {"status": "live"}, {"x": 1}, {"status": "disconnected"}]))
    def refresh(self, data: st.DataObject, kind: str, key: int, body: Any) -> None:
        self.update_with(data, kind, key, body)

    def update_with(self, data: st.DataObject, kind: str, key: int, body: Any) -> None:
        client, name = self.client(data), self.names.keys[kind][key]
        send = client.update if kind == "hyperty" else client.update_object
        self.change(client, send(name, body), self.model.update(kind, name, body))

    @rule(data=st.data(), user=few, key=few)
    def delete_hyperty(self, data: st.DataObject, user: int, key: int) -> None:
        client = self.client(data)
        owner, hyperty = self.names.users[user], self.names.keys["hyperty"][key]
        self.change(client, client.delete_hyperty(owner, hyperty),
                    self.model.delete("hyperty", hyperty, owner))

    @rule(data=st.data(), key=few)
    def delete_object(self, data: st.DataObject, key: int) -> None:
        client, url = self.client(data), self.names.keys["object"][key]
        self.change(client, client.delete_object(url), self.model.delete("object", url, None))

    # ---- Two changes of one entry at once, through two servers if there are ----

    @rule(kind=st.sampled_from(["hyperty", "object"]), key=few)
    def change_two_members_at_once(self, kind: str, key: int) -> None:
        """Both changes hold (docs/stores.md)."""
        other = "descriptor" if kind == "hyperty" else "schema"
        self.at_once(kind, key, [Change.update(kind, self.names.keys[kind][key], body)
                                 for body in ({other: "o"}, {"runtime": "r"})])

    @rule(kind=st.sampled_from(["hyperty", "object"]), key=few)
    def change_one_member_at_once(self, kind: str, key: int) -> None:
        """One of both values holds."""
        self.at_once(kind, key, [Change.update(kind, self.names.keys[kind][key], {"runtime": value})
                                 for value in ("r1", "r2")])

    @rule(data=st.data(), key=few, users=st.permutations(range(4)))
    def claim_for_two_users_at_once(self, data: st.DataObject, key: int, users: list[int]) -> None:
        """One of them gets it."""
        body = {name: data.draw(self.names.member(name), label=name) for name in REQUIRED["hyperty"]}
        self.at_once("hyperty", key, [
            Change.claim(self.names.users[user], self.names.keys["hyperty"][key], body)
            for user in users[:2]])

    def at_once(self, kind: str, key: int, pair: list[Change]) -> None:
        """As if one had come before the other, whichever."""
        answers = [reply(answer) for answer in self.send_at_once([one.request for one in pair])]
        fitting = []
        for order in ((0, 1), (1, 0)):
            model = copy.deepcopy(self.model)
            replies = {turn: pair[turn].apply(model) for turn in order}
            if [replies[0], replies[1]] == answers:
                fitting.append(model)
        name = self.names.keys[kind][key]
        read = self.clients[0].hyperty if kind == "hyperty" else self.clients[0].object
        shown = reply(read(name))
        after = [model for model in fitting if model.get(kind, name) == shown]
        assert after, f"{answers}, then {shown}; {[m.get(kind, name) for m in fitting]}"
        self.model = after[0]
        self.may_be_told_again &= {e.key for e in self.model.entries.values() if e.away}

    def send_at_once(self, requests: list[bytes]) -> list[Answer]:
        with ExitStack() as stack:
            wires = [stack.enter_context(self.api.wire()) for _ in requests]
            for wire, request in zip(wires, requests):
                wire.send(request)
            return [wire.receive() for wire in wires]

    # ---- Reads ----

    @rule(data=st.data(), kind=st.sampled_from(["hyperty", "object"]), key=few)
    def read(self, data: st.DataObject, kind: str, key: int) -> None:
        client, name = self.client(data), self.names.keys[kind][key]
        answer = client.hyperty(name) if kind == "hyperty" else client.object(name)
        assert reply(answer) == self.model.get(kind, name)

    @rule(data=st.data(), user=few, key=few)
    def read_under_user(self, data: st.DataObject, user: int, key: int) -> None:
        owner, name = self.names.users[user], self.names.keys["hyperty"][key]
        answer = self.client(data).search_user(owner, "", piece(name))
        assert reply(answer) == self.model.get("hyperty", name, owner)

    @rule(data=st.data(), by=st.sampled_from(["user", "email", "guid", "name", "reporter"]),
          key=few)
    def list_all(self, data: st.DataObject, by: str, key: int) -> None:
        self.check_list(self.client(data), by, self.pool(by)[key])

    @rule(data=st.data(), by=st.sampled_from(["user", "email", "name", "reporter", "url"]),
          key=few)
    def search(self, data: st.DataObject, by: str, key: int) -> None:
        client, name, wanted = self.client(data), self.pool(by)[key], wanted_of(data)
        if by == "user":
            answer = client.search_user(name, query_of(wanted))
        elif by == "email":
            answer = client.search_email(name, query_of(wanted))
        else:
            answer = client.search_objects(by, name, query_of(wanted))
        assert reply(answer) == self.model.list(by, name, wanted)

    def pool(self, by: str) -> list[str]:
        return {"user": self.names.users, "email": self.names.emails, "guid": self.names.guids,
                "name": self.names.names, "reporter": self.names.reporters,
                "url": self.names.keys["object"]}[by]

    def check_list(self, client: Client, by: str, name: str) -> None:
        ways = {"user": client.of_user, "email": client.of_email, "guid": client.of_guid}
        answer = ways[by](name) if by in ways else client.objects(by, name)
        assert reply(answer) == self.model.list(by, name)

    # ---- News ----

    @rule(data=st.data())
    def take_updates(self, data: st.DataObject) -> None:
        self.check_updates(self.client(data))

    def check_updates(self, client: Client) -> None:
        told = {key: entry for key, entry in client.updated().items()
                if self.names.prefix in key}
        due = self.model.pending()
        again = {e.key: e.shown() for e in self.model.entries.values()
                 if e.key in self.may_be_told_again}
        expected = {**again, **due}
        assert [(key, due[key], told.get(key)) for key in due if told.get(key) != due[key]] == []
        assert [(key, told[key]) for key in told if told[key] != expected.get(key)] == []
        for entry in self.model.entries.values():
            entry.pending = False
        # A crash gives back what was leased; on a cluster, only when the lease has run out.
        self.may_be_told_again = self.may_be_told_again - set(told) if self.shared else set()
        self.told_last, self.told_by = set(told), client

    # ---- Time ----

    @rule(seconds=st.integers(min_value=1, max_value=9))
    def advance(self, seconds: int) -> None:
        self.api.pass_seconds(seconds)
        self.model.advance(seconds)

    @precondition(lambda self: self.durable)
    @rule(crash=st.booleans())
    def restart(self, crash: bool) -> None:
        for client in self.clients:
            client.close()
        if crash:
            self.api.wait_until_counts_are_told(self.expected_count())
        self.api.restart(crash)
        self.api.counts_are_lost = False
        if crash:
            self.may_be_told_again |= self.told_last
        self.told_last = set()
        self.connect()
        # No time has passed for anybody; what was noted last may lie a little back.
        now = self.server_now()
        assert now <= self.model.now_s
        self.model.now_s = now

    def teardown(self) -> None:
        client = self.clients[0]
        try:
            self.check_updates(client)
            for by in ("user", "email", "guid", "name", "reporter"):
                for name in self.pool(by):
                    self.check_list(client, by, name)
            self.api.check_stored(self.expected_count())
        finally:
            for client in self.clients:
                client.close()


@pytest.fixture(scope="module")
def server(store: str, tmp_path_factory: pytest.TempPathFactory, maker: Any) -> Iterator[OwnApi]:
    with maker.make(store, tmp_path_factory.mktemp(f"model-{store}"), "model") as api, api.registry:
        yield api


@pytest.mark.own_server
def test_the_registry_does_what_the_reference_does(server: OwnApi, store: str) -> None:
    run_state_machine_as_test(lambda: Machine(server), settings=settings_for(store))
