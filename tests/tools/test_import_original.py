"""registryctl import-original: everything arrives, once, and the original stays as it is."""

import signal
from pathlib import Path
from typing import Any, Callable, Iterator

import pytest

from harm.wait import until
from registry.cql import Node
from registry.client import Client, fresh_prefix
from registry.process import Registry
from tools.ctl import Said, finish, run, run_on_terminal, start
from tools.original import Original, at, data_object, hyperty

MANY = 4000
USERS = 100  # whose they are
READY_LIMIT_S = 60.0


class Target:
    """A store of this test's own: the arguments that name it, and a server on it."""

    def __init__(self, original: Original, folder: Path, address: str, store: str):
        self._original = original
        self._folder = folder
        self._store = store
        self._address = address
        self.keyspace = f"target_{fresh_prefix()}"
        self._cassandra = ["--cassandra-contact-points", address, "--cassandra-keyspace",
                           self.keyspace, "--cassandra-replication", "1"]

    def arguments(self, *more: object) -> list[object]:
        own = ["--data-dir", self._folder, "--lmdb-map-bytes", "1G"]
        if self._store == "cassandra":
            own = self._cassandra
        return ["import-original", "--store", self._store, *own, "--from-contact-points",
                self._address, "--from-keyspace", self._original.keyspace, *more]

    def run(self, *more: object) -> Said:
        return run(*self.arguments(*more))

    def server(self) -> Registry:
        more = self._cassandra if self._store == "cassandra" else []
        return Registry(self._folder, self._store, arguments=more)


class Served:
    """What clients see of the target."""

    def __init__(self, registry: Registry):
        until("ready", lambda: registry.admin("/ready")[0] == 200, READY_LIMIT_S)
        self.client = Client(f"http://{registry.host}:{registry.port}")

    def hyperty(self, hyperty_id: str) -> tuple[int, Any]:
        answer = self.client.hyperty(hyperty_id)
        return answer.status, answer.json

    def count(self) -> int:
        return int(self.client.get("/live").json["Hyperties_stored"])

    def news(self) -> set[str]:
        """All that is told until nothing more is."""
        told: set[str] = set()
        while more := self.client.updated():
            assert not told & set(more), "told twice"
            told |= set(more)
        return told


@pytest.fixture(params=["lmdb", "cassandra"])
def target(original: Original, tmp_path: Path, address: str, node: Node,
           request: pytest.FixtureRequest) -> Iterator[Target]:
    target = Target(original, tmp_path / "store", address, request.param)
    yield target
    node.run(f"DROP KEYSPACE IF EXISTS {target.keyspace}")


@pytest.fixture
def file_target(original: Original, tmp_path: Path, address: str) -> Target:
    return Target(original, tmp_path / "store", address, "lmdb")


def served(target: Target, look: Callable[[Served], None]) -> None:
    with target.server() as registry:
        seen = Served(registry)
        look(seen)
        seen.client.close()


# ---- What arrives ----


def test_every_member_arrives(original: Original, target: Target) -> None:
    ann = "user://x.org/ann@x.org"
    full = hyperty("h1", ann, guid="user-guid://g1", p2prequester="p2p://r", p2phandler="p2p://h",
                   resources=["voice", "chat"], dataschemes=["comm", "fake"])
    bare = hyperty("h'2", ann, resources=None, dataschemes=None, status="created", expires=99999)
    thing = data_object("comm://x.org/1", p2prequester="p2p://r")
    original.put_hyperties([full, bare])
    original.put_objects([thing])

    said = target.run()

    assert (said.status, said.complaints()) == (0, [])
    assert said.counts("hyperties_by_id") == {"read": 2, "written": 2, "there already": 0,
                                              "skipped": 0, "differ": 0}
    assert said.counts("data_objects_by_url")["written"] == 1
    assert said.counts("guid_by_user_id") == {"read": 1, "skipped": 0}

    def look(seen: Served) -> None:
        assert seen.hyperty("h1") == (200, {
            "hypertyID": "h1", "userID": ann, "descriptor": full["descriptor"],
            "resources": ["voice", "chat"], "dataSchemes": ["comm", "fake"], "status": "live",
            "startingTime": full["startingtime"], "lastModified": full["lastmodified"],
            "expires": 1000, "guid": "user-guid://g1", "runtime": full["runtime"],
            "p2pRequester": "p2p://r", "p2pHandler": "p2p://h"})
        assert seen.hyperty("h'2") == (200, {
            "hypertyID": "h'2", "userID": ann, "descriptor": bare["descriptor"], "resources": [],
            "dataSchemes": [], "status": "created", "startingTime": bare["startingtime"],
            "lastModified": bare["lastmodified"], "expires": 3600, "runtime": bare["runtime"]})
        for answer in (seen.client.of_user(ann), seen.client.of_email("ann@x.org"),
                       seen.client.of_guid("user-guid://g1")):
            assert set(answer.json) == {"h1", "h'2"}
        wanted = {
            "url": "comm://x.org/1", "schema": thing["schem"], "name": "room",
            "reporter": thing["reporter"], "status": "live", "resources": ["chat"],
            "dataSchemes": ["comm"], "startingTime": thing["startingtime"],
            "lastModified": thing["lastmodified"], "expires": 1000, "runtime": thing["runtime"],
            "p2pRequester": "p2p://r"}
        assert seen.client.object("comm://x.org/1").json == wanted
        for answer in (seen.client.objects("name", "room"),
                       seen.client.objects("reporter", thing["reporter"])):
            assert answer.json == {"comm://x.org/1": wanted}
        assert seen.news() == set()

    served(target, look)


def test_lifetimes_and_pending_updates_go_on(original: Original, target: Target) -> None:
    user = "user://x.org/bob@x.org"
    gone = {"status": "disconnected", "lastmodified": at(90000)}
    rows = [
        hyperty("alive", user),
        hyperty("overdue", user, lastmodified=at(5000)),
        hyperty("told", user, **gone),
        hyperty("pending", user, **gone),
        hyperty("back", user),
    ]
    original.put_hyperties(rows)
    original.insert("updated_hyperties", [rows[3], {**rows[4], "status": "disconnected"}])
    original.put_objects([data_object("o-alive"), data_object("o-pending", **gone)])
    original.insert("updated_data_objects", [data_object("o-pending", **gone)])

    said = target.run()

    assert said.status == 0
    assert said.told() == 3
    assert said.lines("differs") == [
        'updated_hyperties "back": is not disconnected in hyperties_by_id, which counts']

    def look(seen: Served) -> None:
        assert {name: seen.hyperty(name)[0] for name in ("alive", "back", "overdue", "told")} == {
            "alive": 200, "back": 200, "overdue": 408, "told": 408}
        assert seen.hyperty("overdue")[1]["lastModified"] == rows[1]["lastmodified"]
        assert seen.news() == {"overdue", "pending", "o-pending"}

    served(target, look)


def test_guids_that_no_entry_carries_still_lead_to_their_user(
    original: Original, target: Target
) -> None:
    user = "user://x.org/eve@x.org"
    original.put_hyperties([hyperty("h1", user, guid="now"), hyperty("h2", user)])
    original.insert("guid_by_user_id", [{"guid": "before", "user": user},
                                        {"guid": "nobody's", "user": "user://x.org/gone"}])

    assert target.run().status == 0

    def look(seen: Served) -> None:
        assert set(seen.client.of_guid("before").json) == {"h1", "h2"}
        assert set(seen.client.of_guid("now").json) == {"h1", "h2"}
        assert seen.client.of_guid("nobody's").status == 404

    served(target, look)


def test_tables_of_an_older_release_will_do(original: Original, file_target: Target) -> None:
    for table in ("updated_hyperties", "updated_data_objects", "guid_by_user_id",
                  "hyperties_by_email"):
        original.run(f"DROP TABLE $.{table}")
    original.run("ALTER TABLE $.hyperties_by_user DROP p2phandler")
    original.insert("hyperties_by_id", [hyperty("h1", "u1", p2phandler="p2p://h")])
    row = {k: v for k, v in hyperty("h1", "u1").items() if k != "p2phandler"}
    original.insert("hyperties_by_user", [row])

    said = file_target.run()

    assert said.status == 0
    assert said.complaints() == [
        f"passed over: {table}: keyspace {original.keyspace} has no such table"
        for table in ("updated_hyperties", "updated_data_objects")]
    assert said.counts("hyperties_by_id")["written"] == 1
    assert said.counts("hyperties_by_user")["there already"] == 1


# ---- What is not as it should be ----


def test_bad_rows_are_named_and_the_others_arrive(original: Original, target: Target) -> None:
    original.insert("hyperties_by_id", [
        hyperty("good", "u"),
        hyperty("no-user", None),
        hyperty("no-runtime", "u", runtime=None),
        hyperty("bad-time", "u", startingtime="yesterday\x1b[2J"),
        hyperty("negative", "u", expires=-1),
    ])
    original.insert("data_objects_by_url", [data_object("no-name", name=None)])

    said = target.run()

    assert said.status == 3
    assert sorted(said.lines("skipped")) == [
        'data_objects_by_url "no-name": name is missing',
        'hyperties_by_id "bad-time": startingtime is not a time: "yesterday?[2J"',
        'hyperties_by_id "negative": expires is negative',
        'hyperties_by_id "no-runtime": runtime is missing',
        'hyperties_by_id "no-user": user is missing']
    assert said.counts("hyperties_by_id") == {"read": 5, "written": 1, "there already": 0,
                                              "skipped": 4, "differ": 0}

    def look(seen: Served) -> None:
        assert seen.hyperty("good")[0] == 200
        assert seen.count() == 1

    served(target, look)


def test_of_two_users_the_one_in_hyperties_by_id_has_it(
    original: Original, target: Target
) -> None:
    original.insert("hyperties_by_id", [hyperty("h1", "first"), hyperty("h2", "first")])
    original.insert("hyperties_by_user", [
        hyperty("h1", "first"), hyperty("h1", "second"),
        hyperty("h2", "first", status="disconnected", runtime="other"), hyperty("h3", "first")])

    said = target.run()

    assert said.status == 0
    assert sorted(said.lines("differs")) == [
        'hyperties_by_user "h1": is of user "second" here, of "first" in hyperties_by_id, which '
        'counts',
        'hyperties_by_user "h2": differs from hyperties_by_id, which counts: status, runtime',
        'hyperties_by_user "h3": is not in hyperties_by_id: taken from here']
    assert said.counts("hyperties_by_user") == {"read": 4, "written": 1, "there already": 3,
                                                "skipped": 0, "differ": 3}

    def look(seen: Served) -> None:
        assert set(seen.client.of_user("first").json) == {"h1", "h2", "h3"}
        assert seen.client.of_user("second").status == 404
        assert seen.hyperty("h2")[1]["status"] == "live"

    served(target, look)


def test_what_the_store_has_is_not_overwritten(original: Original, target: Target) -> None:
    original.put_hyperties([hyperty("h1", "u"), hyperty("h2", "u")])
    assert target.run().status == 0

    def change(seen: Served) -> None:
        assert seen.client.update("h1", {"runtime": "new"}).status == 200
        assert seen.client.delete_hyperty("u", "h2").status == 200
        assert seen.news() == {"h2"}

    served(target, change)
    said = target.run()
    assert said.status == 0
    assert said.counts("hyperties_by_id") == {"read": 2, "written": 0, "there already": 2,
                                              "skipped": 0, "differ": 0}

    def look(seen: Served) -> None:
        assert seen.hyperty("h1")[1]["runtime"] == "new"
        assert seen.hyperty("h2")[0] == 408
        assert seen.news() == set()

    served(target, look)


def test_an_id_of_another_user_is_left_to_them(original: Original, target: Target) -> None:
    original.insert("hyperties_by_id", [hyperty("h1", "theirs")])
    assert target.run().status == 0
    original.run("DELETE FROM $.hyperties_by_id WHERE hypertyid = 'h1'")
    original.insert("hyperties_by_id", [hyperty("h1", "ours")])

    said = target.run()

    assert said.status == 3
    assert said.lines("skipped") == ['hyperties_by_id "h1": the store has it of another user']


# ---- Many ----


def fill(original: Original, count: int = MANY) -> None:
    gone = {"status": "disconnected", "lastmodified": at(90000)}
    rows = [hyperty(f"h{n}", f"user://x.org/u{n % USERS}", **(gone if n % 10 == 0 else {}))
            for n in range(count)]
    original.put_hyperties(rows)
    original.insert("updated_hyperties", rows[::20])
    original.put_objects([data_object(f"o{n}", name=f"n{n % 7}") for n in range(count // 10)])


def check_all_there(seen: Served, count: int = MANY) -> None:
    for n in range(USERS):
        of_user = seen.client.of_user(f"user://x.org/u{n}").json
        assert set(of_user) == {f"h{h}" for h in range(n, count, USERS)}
    assert seen.news() == {f"h{n}" for n in range(0, count, 20)}
    assert len(seen.client.objects("name", "n3").json) == len(range(3, count // 10, 7))


def test_it_comes_in_pages_and_the_original_stays_as_it_is(
    original: Original, target: Target
) -> None:
    fill(original)
    before = original.dump()

    said = target.run()

    assert (said.status, said.complaints()) == (0, [])
    assert said.counts("hyperties_by_id")["written"] == MANY
    assert said.counts("hyperties_by_user")["there already"] == MANY
    assert said.told() == MANY // 20
    assert original.dump() == before

    def look(seen: Served) -> None:
        assert seen.count() == MANY
        check_all_there(seen)

    served(target, look)


@pytest.mark.parametrize("with_state", [False, True])
def test_killed_in_the_middle_and_run_again(
    original: Original, target: Target, tmp_path: Path, with_state: bool
) -> None:
    fill(original)
    state = tmp_path / "state"

    # Given one that is killed when it has written some
    process = start(*target.arguments("--state", state))
    until("some are written", state.exists)
    process.kill()
    assert finish(process).status == -signal.SIGKILL
    if not with_state:
        state.unlink()

    # When it is run again
    said = target.run("--state", state)

    # Then it ends as if it had not been killed
    assert (said.status, said.complaints()) == (0, [])
    counts = said.counts("hyperties_by_id")
    assert counts["read"] == MANY
    assert counts["written"] + counts["there already"] == MANY
    assert said.counts("hyperties_by_user")["there already"] == MANY
    assert not state.exists()
    served(target, check_all_there)


def test_a_signal_ends_it_in_order(original: Original, target: Target, tmp_path: Path) -> None:
    fill(original)
    state = tmp_path / "state"

    process = start(*target.arguments("--state", state))
    until("some are written", state.exists)
    process.send_signal(signal.SIGTERM)
    said = finish(process)

    assert said.status == 1
    assert "not finished, run it again to go on: ended by a signal" in said.err
    assert 0 < said.counts("hyperties_by_id")["written"] < MANY
    said = target.run("--state", state)
    assert said.status == 0
    assert said.counts("hyperties_by_id") == {"read": MANY, "written": MANY, "there already": 0,
                                              "skipped": 0, "differ": 0}
    served(target, check_all_there)


def test_a_terminal_is_told_how_far_it_is(original: Original, file_target: Target) -> None:
    fill(original)
    original.insert("hyperties_by_id", [hyperty("bad", "u", status=None)])

    status, written = run_on_terminal(*file_target.arguments())

    assert status == 3
    assert "\r\x1b[K" in written
    lines = [line.rsplit("\r\x1b[K", 1)[-1] for line in written.rstrip("\n").split("\n")]
    assert 'skipped: hyperties_by_id "bad": status is missing' in lines
    assert lines[-1] == f"pending updates: {MANY // 20} joined"


# ---- What cannot be ----


@pytest.mark.parametrize("arguments, reason", [
    (["--store", "memory"], "store memory is in its server's memory"),
    (["--store", "cassandra", "--cassandra-keyspace", "rethinkeyspace"],
     "the store's keyspace has the name of the original's"),
    (["--from-port", "x"], 'the original\'s settings (--from-…): --cassandra-port: "x" is not'),
    (["--state"], "--state: needs a value"),
    (["--nonsense", "1"], 'unknown option "--nonsense"'),
    (["--sample-config"], "registryd writes that"),
])
def test_wrong_arguments_are_refused(arguments: list[str], reason: str) -> None:
    said = run("import-original", *arguments)

    assert said.status == 2
    assert reason in said.err


def test_a_keyspace_that_is_not_there_is_named(
    original: Original, address: str, tmp_path: Path
) -> None:
    said = run("import-original", "--data-dir", tmp_path / "store", "--from-contact-points",
               address, "--from-keyspace", "nobody_s")

    assert said.status == 1
    assert "keyspace nobody_s has no table hyperties_by_id" in said.err
    assert not (tmp_path / "store").exists(), "nothing was made"


def test_tables_of_somebody_else_are_refused(original: Original, file_target: Target) -> None:
    original.run("DROP TABLE $.hyperties_by_id")
    original.run("CREATE TABLE $.hyperties_by_id (hypertyid text PRIMARY KEY, expires text)")

    said = file_target.run()

    assert said.status == 1
    assert "hyperties_by_id.expires is of type \"text\": these are not the original's" in said.err


def test_a_file_that_a_server_uses_is_left_to_it(
    original: Original, file_target: Target
) -> None:
    with file_target.server():
        said = file_target.run()

    assert said.status == 1
    assert "the store cannot be opened: " in said.err and "another server" in said.err


def test_no_node_is_no_crash(tmp_path: Path) -> None:
    said = run("import-original", "--data-dir", tmp_path, "--from-contact-points", "127.0.24.250")

    assert said.status == 1
    assert "the original cannot be read: 127.0.24.250" in said.err
