"""The entries of a server in memory: to a file by registryctl export, and back at the next start."""

import json
from pathlib import Path
from typing import Any, Iterator

import pytest

from harm.entries import ANN, BOB, exported, fill_and_expire, timeless
from harm.wait import until
from registry.bodies import hyperty
from registry.client import Client
from registry.process import Registry
from tools import ctl

pytestmark = pytest.mark.own_server

MANY = 1001  # several slices, the last one not full


def memory(directory: Path, *arguments: object) -> Registry:
    return Registry(directory, "memory", arguments=[str(argument) for argument in arguments])


def export(registry: Registry, *arguments: object) -> ctl.Said:
    return ctl.run("export", "--store", "memory", "--admin", f"{registry.host}:{registry.admin_port}",
                   *arguments)


def lines_of(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def ids(lines: list[dict[str, Any]]) -> list[str]:
    return [line["hypertyID"] for line in lines]


@pytest.fixture
def filled(data_dir: Path) -> Iterator[Registry]:
    with memory(data_dir) as registry:
        fill_and_expire(registry)
        yield registry


@pytest.fixture
def many(data_dir: Path) -> Iterator[Registry]:
    with memory(data_dir) as registry:
        with Client(registry.url) as client:
            for number in range(MANY):
                assert client.put_hyperty(ANN, f"h{number}", hyperty()).status == 200
        yield registry


def test_the_next_server_begins_with_what_the_last_one_had(filled: Registry,
                                                           tmp_path: Path) -> None:
    file = tmp_path / "entries"
    said = export(filled, "--output", file)
    assert (said.status, said.err) == (0, "6 exported\n"), said
    lines = lines_of(file.read_text())

    with memory(tmp_path / "next", "--load-file", file) as registry:
        loaded = registry.wait_for_log("store.loaded")
        assert (loaded["path"], loaded["entries"]) == (str(file), 6)
        assert timeless(lines_of(export(registry).out)) == timeless(lines)
        with Client(registry.url) as one, Client(filled.url) as other:
            for guid in ("user-guid://1", "user-guid://2"):
                assert one.of_guid(guid).json == other.of_guid(guid).json != {}
            assert one.objects("name", "n").json == other.objects("name", "n").json != {}
            assert one.updated() == other.updated() != {}
            # What was told is not told again by the one after
            assert not [line for line in lines_of(export(registry).out)
                        if line["kept"].get("pending")]


def test_another_store_can_begin_with_it(filled: Registry, tmp_path: Path) -> None:
    file = tmp_path / "entries"
    assert export(filled, "--output", file).status == 0
    said = ctl.run("import", "--data-dir", tmp_path / "data", "--input", file)
    assert said.out == "6 written, 0 there already, 0 skipped; 3 joined the pending updates\n", said
    assert ctl.run("check", "--data-dir", tmp_path / "data").status == 0


def test_each_of_many_is_exported_once(many: Registry) -> None:
    said = export(many)
    assert said.status == 0 and sorted(ids(lines_of(said.out))) == sorted(
        f"h{number}" for number in range(MANY))


def test_an_id_that_goes_and_comes_back_meanwhile_is_exported_once(data_dir: Path,
                                                                   tmp_path: Path) -> None:
    # Given an export whose first slice has an entry
    with memory(data_dir, "--retention-s", 1) as registry, Client(registry.url) as client:
        for number in range(MANY):
            assert client.put_hyperty(ANN, f"h{number}", hyperty()).status == 200
        _, first = registry.admin("/export")
        *lines, last = first.splitlines(keepends=True)
        assert json.loads(lines[0])["hypertyID"] == "h0"

        # When it is forgotten, and another one has its id
        assert client.delete_hyperty(ANN, "h0").status == 200
        until("it is forgotten", lambda: client.hyperty("h0").status == 404)
        assert client.put_hyperty(BOB, "h0", hyperty()).status == 200
        put_part(tmp_path / "entries", registry, "".join(lines), json.loads(last)["next"])
        assert export(registry, "--output", tmp_path / "entries").status == 0

    # Then a server can begin with what was written
    assert ids(lines_of((tmp_path / "entries").read_text())).count("h0") == 1
    with memory(tmp_path / "next", "--load-file", tmp_path / "entries") as registry:
        assert registry.wait_for_log("store.loaded")["entries"] == MANY


def test_an_answer_is_short_however_long_the_entries_are(data_dir: Path) -> None:
    with memory(data_dir) as registry, Client(registry.url) as client:
        for number in range(20):
            assert client.put_hyperty(ANN, f"h{number}",
                                      hyperty(descriptor="x" * 200_000)).status == 200
        status, first = registry.admin("/export")
        assert status == 200 and len(first) < 500_000
        assert sorted(ids(lines_of(export(registry).out))) == sorted(f"h{n}" for n in range(20))


def put_part(file: Path, registry: Registry, lines: str, cursor: str) -> None:
    """As an export leaves it that was ended."""
    file.with_name(file.name + ".part").write_text(lines)
    file.with_name(file.name + ".part.state").write_text(
        f"registryctl export 1\nfrom memory {registry.host}:{registry.admin_port}\n"
        f"bytes {len(lines.encode())}\nlines {len(lines.splitlines())}\n"
        f"cursor {cursor.encode().hex()}\n")


def test_an_export_that_was_ended_goes_on(many: Registry, tmp_path: Path) -> None:
    status, first = many.admin("/export")
    assert status == 200
    *lines, last = first.splitlines(keepends=True)
    put_part(tmp_path / "entries", many, "".join(lines), json.loads(last)["next"])

    said = export(many, "--output", tmp_path / "entries")

    assert said.status == 0 and f"going on behind {len(lines)} " in said.err, said
    assert sorted(ids(lines_of((tmp_path / "entries").read_text()))) == sorted(
        f"h{number}" for number in range(MANY))


def test_it_does_not_go_on_with_what_another_start_of_the_server_had(many: Registry,
                                                                     tmp_path: Path) -> None:
    _, first = many.admin("/export")
    cursor = json.loads(first.splitlines()[-1])["next"]
    with memory(tmp_path / "next") as registry:
        assert registry.admin(f"/export?from={cursor}")[0] == 400
        put_part(tmp_path / "entries", registry, "", cursor)
        part = tmp_path / "entries.part"
        said = export(registry, "--output", tmp_path / "entries")
        assert (said.status, said.err.splitlines()[-1]) == (
            1, "registryctl: not finished: the server began anew meanwhile; remove "
            f"{part} and {part}.state, and run it again"), said
        part.unlink()
        part.with_name("entries.part.state").unlink()
        assert export(registry, "--output", tmp_path / "entries").status == 0


@pytest.mark.parametrize("query", ["?from=0", "?from=zz", "?from=00", "?from=" + "0" * 4096])
def test_what_is_no_cursor_is_refused(filled: Registry, query: str) -> None:
    status, text = filled.admin("/export" + query)
    assert status == 400 and "from is not what this server gave" in text


def test_a_store_that_registryctl_can_read_itself_is_not_exported_by_its_server(
        data_dir: Path) -> None:
    with Registry(data_dir) as registry:
        status, text = registry.admin("/export")
        assert status == 404 and "registryctl export reads this store itself" in text
        assert export(registry).err.endswith(
            "the server answers 404: registryctl export reads this store itself\n")


def test_clients_are_not_given_it(filled: Registry) -> None:
    with Client(filled.url) as client:
        assert client.get("/export").status == 404


def test_no_proxy_sees_it(filled: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    assert export(filled).status == 0


def test_a_server_that_is_not_there_is_told(filled: Registry, tmp_path: Path) -> None:
    assert filled.terminate() == 0
    said = export(filled, "--output", tmp_path / "entries")
    assert said.status == 1 and "its admin listener cannot be asked" in said.err
    assert ctl.run("export", "--store", "memory", "--admin", "none").status == 2


# ---- load_file ----


def refusal(directory: Path, status: int, *arguments: object, store: str | None = "memory") -> str:
    """Why it does not start."""
    with Registry(directory, store, arguments=[str(argument) for argument in arguments],
                  start=False) as registry:
        registry.launch()
        assert registry.wait() == status
        (reason,) = [line["reason"] for line in registry.log if "reason" in line]
        return str(reason)


BAD = {
    "{": "at byte",
    "[]": "the line is not an object",
    json.dumps({**exported("h"), "kept": {}}): "silent is not a number of seconds",
    json.dumps(exported("h", silent=2 ** 63 - 1)): "silent is not a number of seconds",
    json.dumps(exported("good")): "a line before it has that id",
    json.dumps(exported("good", "user://x.org/bob@x.org")): "a line before it has that id of another user",
}


@pytest.mark.parametrize("line", BAD)
def test_a_line_that_is_bad_keeps_the_server_from_starting(tmp_path: Path, line: str) -> None:
    file = tmp_path / "entries"
    file.write_text(json.dumps(exported("good")) + "\n\n" + line + "\n")
    assert f"{file}:3: {BAD[line]}" in refusal(tmp_path, 1, "--load-file", file)


def test_a_file_that_is_not_there_keeps_the_server_from_starting(tmp_path: Path) -> None:
    file = tmp_path / "entries"
    assert f"{file}: No such file or directory" in refusal(tmp_path, 1, "--load-file", file)


def test_only_a_store_in_memory_takes_it(tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.write_text(f"load_file = {tmp_path / 'f'}\n")
    for where, arguments in (("--load-file", ["--load-file", tmp_path / "f"]),
                             (str(config), ["--config", config])):
        assert refusal(tmp_path, 2, *arguments, store="lmdb").startswith(
            f"{where}: load_file is for the store memory")


def test_the_file_of_a_memory_server_is_nothing_to_registryctl(filled: Registry,
                                                               tmp_path: Path) -> None:
    config, lines = tmp_path / "config", tmp_path / "entries"
    config.write_text(f"store = memory\nload_file = {lines}\n")
    assert export(filled, "--config", config, "--output", lines).status == 0
    elsewhere = ["--config", config, "--store", "lmdb", "--data-dir", tmp_path / "data"]
    assert ctl.run("import", *elsewhere, "--input", lines).out.startswith("6 written")
    assert ctl.run("check", *elsewhere).status == 0


def test_a_lifetime_goes_on_where_it_was_in_memory_too(tmp_path: Path) -> None:
    file = tmp_path / "entries"
    over = exported("over", silent=1001)
    file.write_text("".join(json.dumps(line) + "\n" for line in (exported("h", silent=900), over)))
    with memory(tmp_path, "--load-file", file) as registry, Client(registry.url) as client:
        kept = {line["hypertyID"]: line for line in lines_of(export(registry).out)}
        assert 900 <= kept["h"]["kept"]["silent"] < 1000 and kept["h"]["status"] == "live"
        assert kept["over"]["status"] == "disconnected" and list(client.updated()) == ["over"]
