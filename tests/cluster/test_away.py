"""The database is not there, or not as it should be: servers say so, wait, and go on by themselves."""

import subprocess
import time
from pathlib import Path

import pytest

from harm.wait import until
from lab.nodes import Nodes
from lab.servers import Server, Servers, fresh_keyspace
from registry.bodies import hyperty
from registry.client import Client
from registry.wire import Answer, Wire

USER, ID = "user://x.org/ann@x.org", "hyperty://x.org/kept"
AWAY_S = 60.0
# What a server may need to notice that the database is back.
BACK_LIMIT_S = 30.0
ANSWER_LIMIT_S = 11.0  # request_timeout_ms, and a little


def check_refused(answer: Answer) -> None:
    """The answer for "not now" (spec 7)."""
    assert answer.status == 503, answer
    assert answer.json["message"] == "Temporary Unavailable", answer.json
    assert int(answer.header("Retry-After") or "0") >= 1, answer.headers


def check_says_why_not(server: Server, *words: str) -> None:
    """Alive, not ready, in words for operators; requests are refused, none hangs. A poll is never
    refused: it is told nothing (spec 6.14)."""
    assert server.running()
    client = server.client()
    assert client.get("/live").status == 200
    status, text = server.admin("/ready")
    assert status == 503, text
    assert all(word.lower() in text.lower() for word in words), text
    start_s = time.monotonic()
    check_refused(client.put_hyperty(USER, ID, hyperty()))
    check_refused(client.hyperty(ID))
    polled = client.get("/registry/updated")
    assert (polled.status, polled.json) == (200, {}), polled
    assert time.monotonic() - start_s < 3 * ANSWER_LIMIT_S


def check_serves(client: Client) -> None:
    assert client.put_hyperty(USER, ID, hyperty()).status == 200
    assert client.hyperty(ID).status == 200


def start_without_waiting(folder: Path, nodes: Nodes, *arguments: str,
                          keyspace: str | None = None) -> Server:
    return Server(folder, nodes.contact_points(), keyspace or fresh_keyspace(),
                  ["--cassandra-replication", "1", *arguments])


def test_a_server_that_starts_first_serves_when_the_database_comes(
    one_node: Nodes, tmp_path: Path
) -> None:
    one_node.run("stop-node", 1)

    with start_without_waiting(tmp_path, one_node) as server:
        check_says_why_not(server, one_node.address(1))

        one_node.start_node(1)
        server.wait_until_ready()
        check_serves(server.client())


def test_a_database_that_is_away_for_a_minute(one_node: Nodes, tmp_path: Path) -> None:
    with Servers(one_node, tmp_path, 2, copies=1) as servers:
        check_serves(servers.all[0].client())
        one_node.run("nodetool", 1, "flush")  # its commit log may be behind (docs/stores.md)

        # When it is away, then requests are refused, and nobody gives up
        one_node.kill(1)
        away_s = time.monotonic()
        for server in servers.all:
            until("not ready", lambda at=server: not at.is_ready(), BACK_LIMIT_S)
            check_says_why_not(server)
        time.sleep(max(0.0, away_s + AWAY_S - time.monotonic()))

        # When it is back, then service resumes, and everything is there
        one_node.start_node(1)
        for server in servers.all:
            server.wait_until_ready(BACK_LIMIT_S)
            assert server.client().hyperty(ID).status == 200
            check_serves(server.client())


def test_a_server_that_is_told_to_stop_while_an_overview_waits_ends_in_order(
    one_node: Nodes, tmp_path: Path
) -> None:
    with Servers(one_node, tmp_path, 1, copies=1) as servers:
        (server,) = servers.all
        check_serves(server.client())

        # Given a page that waits for a node that does not answer
        one_node.freeze(1)
        try:
            with Wire(server.host, server.admin_port) as wire:
                wire.send(b"GET /overview?contains=x HTTP/1.1\r\nHost: x\r\n\r\n")
                for _ in range(2):  # begun before the second of these was answered
                    assert server.admin("/live")[0] == 200

                # When it is told to stop, then it ends as always, and says so
                assert server.terminate() == 0, server.log_text()
                assert "server.stopped" in server.log_text()
        finally:
            one_node.thaw(1)


def test_a_keyspace_that_is_not_there_is_named_and_waited_for(
    one_node: Nodes, tmp_path: Path
) -> None:
    keyspace = fresh_keyspace()
    with start_without_waiting(tmp_path / "waits", one_node, "--cassandra-migrate", "no",
                               keyspace=keyspace) as server:
        until("a reason", lambda: keyspace in server.admin("/ready")[1], BACK_LIMIT_S)
        check_says_why_not(server, keyspace)

        with start_without_waiting(tmp_path / "makes", one_node, keyspace=keyspace) as maker:
            maker.wait_until_ready()
            server.wait_until_ready(BACK_LIMIT_S)
            check_serves(server.client())
    drop(one_node, keyspace)


def test_tables_of_a_newer_version_are_left_alone(one_node: Nodes, tmp_path: Path) -> None:
    # Given tables of a later release
    keyspace = fresh_keyspace()
    with start_without_waiting(tmp_path / "older", one_node, keyspace=keyspace) as server:
        server.wait_until_ready()
    with one_node.cql() as node:
        node.run(f"INSERT INTO {keyspace}.schema_versions (version) VALUES (9999)")

    # When a server of ours starts, then it says so and touches nothing
    with start_without_waiting(tmp_path / "ours", one_node, keyspace=keyspace) as server:
        until("a reason", lambda: "9999" in server.admin("/ready")[1], BACK_LIMIT_S)
        check_says_why_not(server, "9999")
    drop(one_node, keyspace)


@pytest.mark.parametrize("password, user", [("wrong", "cassandra"), ("cassandra", "nobody")])
def test_a_wrong_password_is_told_and_nothing_else_is_said(
    guarded_node: Nodes, tmp_path: Path, password: str, user: str
) -> None:
    file = tmp_path / "password"
    file.write_text(f"{password}\n")
    arguments = ["--cassandra-user", user, "--cassandra-password-file", str(file)]

    with start_without_waiting(tmp_path, guarded_node, *arguments) as server:
        until("a reason", lambda: user in server.admin("/ready")[1], BACK_LIMIT_S)
        check_says_why_not(server, user)
        assert f'"{password}"' not in server.log_text()

        # When the file is right, then it serves, without a restart
        if user == "cassandra":
            file.write_text("cassandra\n")
            server.wait_until_ready()
            check_serves(server.client())


def tls(folder: Path, ca: str, certificate: str | None) -> list[str]:
    arguments = ["--cassandra-tls-ca", str(folder / f"{ca}.pem")]
    if certificate:
        arguments += ["--cassandra-tls-certificate", str(folder / f"{certificate}.pem"),
                      "--cassandra-tls-key", str(folder / f"{certificate}.key")]
    return arguments


def make_stranger(folder: Path) -> None:
    """A certificate that nobody else has signed."""
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=stranger",
                    "-keyout", "stranger.key", "-out", "stranger.pem"],
                   cwd=folder, check=True, capture_output=True)


def test_node_and_server_show_each_other_their_certificates(
    tls_node: Nodes, tmp_path: Path
) -> None:
    folder = tmp_path / "tls"
    make_stranger(folder)
    for ca, certificate, reason in [("stranger", "client", "not signed by the authority"),
                                    ("ca", None, "accept our certificate"),
                                    ("ca", "stranger", "accept our certificate")]:
        with start_without_waiting(tmp_path / f"{ca}-{certificate}", tls_node,
                                   *tls(folder, ca, certificate)) as server:
            until(reason, lambda: reason in server.admin("/ready")[1], BACK_LIMIT_S)
            check_says_why_not(server, tls_node.address(1))

    with start_without_waiting(tmp_path / "ours", tls_node, *tls(folder, "ca", "client")) as server:
        server.wait_until_ready()
        check_serves(server.client())


def drop(nodes: Nodes, keyspace: str) -> None:
    with nodes.cql() as node:
        node.run(f"DROP KEYSPACE {keyspace}")
