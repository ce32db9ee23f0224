"""registryctl conflicts: claims that were set aside, for people and for programs."""

import json
import subprocess
from pathlib import Path
from typing import Any, Iterator

import pytest

from registry.client import fresh_prefix
from registry.cql import Node
from registry.process import program
from tools.ctl import Said, run, run_on_terminal

SCHEMA = Path(__file__).parents[2] / "deploy/cassandra/schema/001-tables.cql"
MARCH_2017_S = 1488360605  # 2017-03-01T09:30:05Z
MARCH_2017 = "2017-03-01T09:30:05Z"
DAY_S = 86400


def record(hyperty: str, user: str, status: str, descriptor: str) -> str:
    """The stored form of an entry, as CQL writes bytes."""
    helper = program().parent / "tests" / "record"
    done = subprocess.run([helper, hyperty, user, status, descriptor], check=True, text=True,
                          stdout=subprocess.PIPE, timeout=60)
    return f"0x{done.stdout}"


class SetAside:
    """The table of a keyspace of its own."""

    def __init__(self, node: Node, address: str):
        self._node = node
        self._address = address
        self.keyspace = f"conflicts_{fresh_prefix()}"
        node.run(f"CREATE KEYSPACE {self.keyspace} WITH replication = "
                 "{'class': 'SimpleStrategy', 'replication_factor': 1}")
        (statement,) = (text for text in SCHEMA.read_text().split(";") if ".conflicts " in text)
        node.run(statement[statement.index("CREATE"):].replace("{keyspace}", self.keyspace))

    def add(self, wall_s: int, hyperty: str, user: str, winner: str, held: str) -> None:
        values = [f"'2017-{3 + (wall_s - MARCH_2017_S) // (31 * DAY_S):02}'", wall_s,
                  *(f"'{text}'" for text in (hyperty, user, winner)), held]
        self._node.run(f"INSERT INTO {self.keyspace}.conflicts (month, set_aside_s, id, owner, "
                       f"winner, record, claim) VALUES ({', '.join(map(str, values))}, uuid())")

    def arguments(self, *more: str) -> list[str]:
        return ["conflicts", "--store", "cassandra", "--cassandra-contact-points", self._address,
                "--cassandra-keyspace", self.keyspace, *more]

    def run(self, *more: str) -> Said:
        return run(*self.arguments(*more))

    def listed(self, *more: str) -> list[dict[str, Any]]:
        said = self.run(*more)
        assert (said.status, said.err) == (0, "")
        return [json.loads(line) for line in said.out.splitlines()]


@pytest.fixture
def set_aside(node: Node, address: str) -> Iterator[SetAside]:
    table = SetAside(node, address)
    yield table
    node.run(f"DROP KEYSPACE {table.keyspace}")


@pytest.fixture
def three(set_aside: SetAside) -> SetAside:
    """In three months, the last one first."""
    for n in (2, 1, 0):
        set_aside.add(MARCH_2017_S + n * 31 * DAY_S, f"h{n}", f"u{n}", "winner",
                      record(f"h{n}", f"u{n}", "live", "catalogue://x/Chat"))
    return set_aside


def test_each_is_an_object_a_line(three: SetAside) -> None:
    listed = three.listed()

    assert [conflict["id"] for conflict in listed] == ["h0", "h1", "h2"]
    assert listed[0] == {
        "time": MARCH_2017, "id": "h0", "user": "u0", "winner": "winner",
        "held": {"descriptor": "catalogue://x/Chat", "startingTime": MARCH_2017,
                 "hypertyID": "h0", "userID": "u0", "lastModified": MARCH_2017, "status": "live",
                 "expires": 100}}


@pytest.mark.parametrize("arguments, ids", [
    (["--since", "2017-03-01"], ["h0", "h1", "h2"]),
    (["--since", "2017-03-01T09:30:05Z"], ["h0", "h1", "h2"]),
    (["--since=2017-03-01T09:30:06Z"], ["h1", "h2"]),
    (["--limit", "2"], ["h1", "h2"]),
    (["--limit", "9"], ["h0", "h1", "h2"]),
    (["--limit", "1", "--since", "2017-01-01"], ["h2"]),
    (["--since", "2018-01-01"], []),
])
def test_some_of_them(three: SetAside, arguments: list[str], ids: list[str]) -> None:
    assert [conflict["id"] for conflict in three.listed(*arguments)] == ids


def test_people_see_a_table(three: SetAside) -> None:
    status, written = run_on_terminal(*three.arguments("--limit", "1"))

    assert status == 0
    assert [line.split() for line in written.splitlines()] == [
        ["TIME", "HYPERTY", "USER", "WINNER", "HELD"],
        ["2017-05-02T09:30:05Z", "h2", "u2", "winner", "live,", "catalogue://x/Chat"],
        ["1", "set", "aside"]]


def test_nothing_steers_the_terminal(set_aside: SetAside) -> None:
    set_aside.add(MARCH_2017_S, "h\x1b[2J", "u" * 99, "winner", "0x00")

    status, written = run_on_terminal(*set_aside.arguments())

    assert status == 0
    assert "h?[2J" in written and "u" * 43 + "…" in written and "(cannot be read)" in written
    assert "\x1b" not in written


def test_a_damaged_record_is_null(set_aside: SetAside) -> None:
    set_aside.add(MARCH_2017_S, "h", "u", "winner", "0x00")

    assert [conflict["held"] for conflict in set_aside.listed()] == [None]


def test_many_come_in_pages(set_aside: SetAside) -> None:
    held = record("h", "u", "live", "d")
    for n in range(600):
        set_aside.add(MARCH_2017_S + n, f"h{n}", "u", "winner", held)

    listed = set_aside.listed()

    assert [conflict["id"] for conflict in listed] == [f"h{n}" for n in range(600)]


@pytest.mark.parametrize("arguments, reason", [
    (["--store", "lmdb"], "only in the store cassandra can claims be set aside"),
    (["--store", "memory"], "only in the store cassandra can claims be set aside"),
    (["--since", "yesterday"], "--since: is not a time"),
    (["--limit", "0"], "--limit: is not a number"),
    (["--limit", "-1"], "--limit: is not a number"),
    (["--from-port", "1"], "unknown option"),
])
def test_wrong_arguments_are_refused(arguments: list[str], reason: str) -> None:
    said = run("conflicts", *arguments)

    assert (said.status, said.out) == (2, "")
    assert reason in said.err


def test_a_keyspace_that_is_not_there_is_named(address: str) -> None:
    said = run("conflicts", "--store", "cassandra", "--cassandra-contact-points", address,
               "--cassandra-keyspace", "nobody_s")

    assert said.status == 1
    assert "nobody_s" in said.err
