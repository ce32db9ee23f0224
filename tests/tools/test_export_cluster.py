"""registryctl export and import over Cassandra: what one kind of store has, the other takes."""

import json
from pathlib import Path
from typing import Any

import pytest

from harm.entries import timeless
from harm.wait import until
from registry.bodies import data_object, hyperty
from registry.client import Client
from registry.cql import Node
from registry.process import Registry
from tools.ctl import run

pytestmark = pytest.mark.own_server

ANN = "user://x.org/ann@x.org"
MANY = 1200  # more than a slice of a scan
READY_LIMIT_S = 60.0


def by_id(text: str) -> dict[str, dict[str, Any]]:
    """The lines of an export, less the seconds that have passed."""
    return {line.get("hypertyID", line.get("url")): line
            for line in timeless(map(json.loads, text.splitlines()))}


@pytest.mark.parametrize("verb", ["export", "check"])
def test_those_who_only_read_make_no_keyspace(
    node: Node, cassandra: list[object], verb: str
) -> None:
    said = run(verb, *cassandra)
    keyspace = cassandra[cassandra.index("--cassandra-keyspace") + 1]
    assert said.status != 0 and f'there is no keyspace "{keyspace}"' in said.err
    assert not node.run("SELECT keyspace_name FROM system_schema.keyspaces "
                        f"WHERE keyspace_name = '{keyspace}'")


def test_what_a_file_has_goes_to_a_cluster_and_back(
    cassandra: list[object], tmp_path: Path
) -> None:
    # Given a file with living and disconnected entries
    with Registry(tmp_path / "data") as registry, Client(registry.url) as client:
        for number in range(MANY):
            assert client.put_hyperty(ANN, f"h{number}", hyperty(guid=f"g{number % 3}")).status == 200
        assert client.put_object("o", data_object(name="n")).status == 200
        assert client.delete_hyperty(ANN, "h7").status == 200
    exported = run("export", "--data-dir", tmp_path / "data")
    (tmp_path / "lines").write_text(exported.out)

    # When it is written into a cluster, twice, and read from there
    said = run("import", *cassandra, "--input", tmp_path / "lines")
    assert (said.status, said.out.split(",")[0]) == (0, f"{MANY + 1} written"), said
    said = run("import", *cassandra, "--input", tmp_path / "lines")
    assert (said.status, said.out.split(";")[0]) == (
        0, f"0 written, {MANY + 1} there already, 0 skipped"), said
    again = run("export", *cassandra, "--output", tmp_path / "again")

    # Then it is the same, and a server on the cluster tells what was to be told
    assert again.status == 0, again
    assert by_id((tmp_path / "again").read_text()) == by_id(exported.out)
    with Registry(tmp_path, "cassandra", arguments=cassandra[2:]) as registry, \
            Client(registry.url) as client:
        until("ready", lambda: registry.admin("/ready")[0] == 200, READY_LIMIT_S)
        assert list(client.updated()) == ["h7"]
        assert client.of_guid("g1").status == 200


def keyspace_of(cassandra: list[object]) -> str:
    return str(cassandra[cassandra.index("--cassandra-keyspace") + 1])


@pytest.mark.parametrize("row, found", [
    ("users_by_email WHERE email = 'ann@x.org'", 'hyperty "h": its e-mail does not lead to it'),
    ("users_by_guid WHERE guid = 'g'", 'hyperty "h": its GUID does not lead to it'),
    ("data_objects_by_name WHERE name = 'n'", 'data object "o": its name does not lead to it'),
    ("data_objects_by_reporter WHERE reporter = 'r'",
     'data object "o": its reporter does not lead to it'),
])
def test_what_does_not_lead_to_an_entry_any_more_is_found(
    cassandra: list[object], node: Node, tmp_path: Path, row: str, found: str
) -> None:
    with Registry(tmp_path, "cassandra", arguments=cassandra[2:]) as registry, \
            Client(registry.url) as client:
        until("ready", lambda: registry.admin("/ready")[0] == 200, READY_LIMIT_S)
        assert client.put_hyperty(ANN, "h", hyperty(guid="g")).status == 200
        assert client.put_object("o", data_object(name="n", reporter="r")).status == 200

        said = run("check", *cassandra)
        assert (said.status, said.out) == (
            0, f"{keyspace_of(cassandra)}: 1 hyperties, 1 data objects: sound\n"), said
        node.run(f"DELETE FROM {keyspace_of(cassandra)}.{row}")
        said = run("check", *cassandra)
        assert said.status == 3 and said.out.startswith(f"{found}\n"), said
