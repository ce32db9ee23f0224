"""registryctl export, import and check, on the files of servers that run or do not."""

import json
import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from pathlib import Path
from typing import Any, Iterator

import pytest

from harm.entries import LONG, exported, fill_and_expire, timeless
from harm.tools import poke, run as run_tool
from harm.wait import until
from registry.bodies import data_object, hyperty
from registry.client import Client
from registry.process import Registry
from tools import ctl

pytestmark = pytest.mark.own_server

ANN = "user://x.org/ann@x.org"
MANY = 200_000


def export(data_dir: Path) -> list[dict[str, Any]]:
    said = ctl.run("export", "--data-dir", data_dir)
    assert said.status == 0, said
    return [json.loads(line) for line in said.out.splitlines()]


def check(data_dir: Path) -> ctl.Said:
    return ctl.run("check", "--data-dir", data_dir)


@pytest.fixture
def filled(data_dir: Path) -> Iterator[Registry]:
    with Registry(data_dir) as registry:
        fill_and_expire(registry)
        yield registry


def test_what_is_exported_is_what_the_server_shows(filled: Registry, data_dir: Path) -> None:
    lines = export(data_dir)
    with Client(filled.url) as client:
        for line in lines:
            kept = line.pop("kept")
            is_hyperty = "hypertyID" in line
            shown = (client.hyperty(line["hypertyID"]) if is_hyperty
                     else client.object(line["url"])).json
            assert line == shown
            assert kept.get("pending", False) == (shown["status"] == "disconnected")
            assert ("away" in kept) == (shown["status"] == "disconnected")
    assert len(lines) == 6


def test_an_import_makes_the_same_store_of_it(filled: Registry, data_dir: Path,
                                              tmp_path: Path) -> None:
    file, copy = tmp_path / "export", tmp_path / "copy"
    assert ctl.run("export", "--data-dir", data_dir, "--output", file).status == 0
    assert ctl.run("import", "--data-dir", copy, "--input", file).out == (
        "6 written, 0 there already, 0 skipped; 3 joined the pending updates\n")
    assert check(copy).status == 0

    assert timeless(export(copy)) == timeless([json.loads(line)
                                               for line in file.read_text().splitlines()])
    with Registry(copy) as registry, Client(registry.url) as one, Client(filled.url) as other:
        for guid in ("user-guid://1", "user-guid://2"):
            assert one.of_guid(guid).json == other.of_guid(guid).json != {}
        assert one.of_email("ann@x.org").json == other.of_email("ann@x.org").json != {}
        assert one.objects("reporter", LONG).json == other.objects("reporter", LONG).json != {}
        assert one.updated() == other.updated() != {}


def test_a_lifetime_goes_on_where_it_was(tmp_path: Path) -> None:
    lines = [exported("h", silent=900), exported("over", silent=1001)]
    file = tmp_path / "export"
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    said = ctl.run("import", "--data-dir", tmp_path / "data", "--input", file)
    assert said.out.startswith("2 written") and "; 1 joined" in said.out

    entries = {line["hypertyID"]: line for line in export(tmp_path / "data")}
    assert entries["h"]["status"] == "live" and 900 <= entries["h"]["kept"]["silent"] < 1000
    assert entries["over"]["status"] == "disconnected"


def test_empty_texts_come_back(data_dir: Path, tmp_path: Path) -> None:
    texts = ("descriptor", "guid", "runtime", "p2pRequester", "p2pHandler")
    with Registry(data_dir) as registry, Client(registry.url) as client:
        assert client.put_hyperty(ANN, "h", hyperty(**dict.fromkeys(texts, ""))).status == 200
    file, copy = tmp_path / "export", tmp_path / "copy"
    assert ctl.run("export", "--data-dir", data_dir, "--output", file).status == 0

    said = ctl.run("import", "--data-dir", copy, "--input", file)

    assert said.out.startswith("1 written, 0 there already, 0 skipped"), said
    assert [{**line, "kept": None} for line in export(copy)] == [
        {**line, "kept": None} for line in export(data_dir)]


@pytest.mark.parametrize("verb", ["export", "check"])
def test_a_file_in_use_is_not_read_without_its_lock(verb: str) -> None:
    # Given files that somebody else may read, but not write
    with tempfile.TemporaryDirectory() as name:
        os.chmod(name, 0o755)
        with Registry(Path(name) / "data") as registry:
            os.chmod(registry.data_dir, 0o755)
            for file in registry.data_dir.iterdir():
                os.chmod(file, 0o644)
            done = subprocess.run([ctl.registryctl(), verb, "--data-dir", registry.data_dir],
                                  capture_output=True, text=True, check=False, user=65534,
                                  group=65534, extra_groups=[], timeout=ctl.LIMIT_S)
    assert done.returncode != 0 and "ermission denied" in done.stderr, done


def test_an_import_may_be_run_again_and_leaves_what_is_there(filled: Registry, data_dir: Path,
                                                             tmp_path: Path) -> None:
    file = tmp_path / "export"
    assert ctl.run("export", "--data-dir", data_dir, "--output", file).status == 0
    assert filled.terminate() == 0
    said = ctl.run("import", "--data-dir", data_dir, "--input", file)
    assert (said.status, said.out[:29]) == (0, "0 written, 6 there already, 0")


BAD_LINES = {
    "{": "at byte",
    "[]": "is not an object",
    "{}": "url is missing",
    '{"hypertyID":"h"}': "userID is missing",
    '{"hypertyID":"","userID":"u"}': "hypertyID is empty",
    '{"hypertyID":"h","userID":"u"}': "members: ",
}


@pytest.mark.parametrize("line", BAD_LINES)
def test_a_line_that_is_none_is_named_and_the_others_are_taken(
    filled: Registry, data_dir: Path, tmp_path: Path, line: str
) -> None:
    file = tmp_path / "export"
    assert ctl.run("export", "--data-dir", data_dir, "--output", file).status == 0
    good = file.read_text()
    file.write_text(f"{good}{line}\n{good}")
    said = ctl.run("import", "--data-dir", tmp_path / "copy", "--input", file)
    assert said.status == 3 and said.out.startswith("6 written, 6 there already, 1 skipped")
    (complaint,) = said.err.splitlines()
    assert complaint.startswith(f"skipped: {file}:7: ") and BAD_LINES[line] in complaint


@pytest.mark.parametrize("kept", [{}, {"silent": -1}, {"silent": "1"}, {"silent": 0, "guids": "g"},
                                  {"silent": 0, "guids": ["g"] * 9}, 7])
def test_what_was_kept_must_be_whole(tmp_path: Path, kept: Any) -> None:
    file = tmp_path / "export"
    file.write_text(json.dumps({
        **hyperty(), "hypertyID": "h", "userID": ANN, "startingTime": "2020-01-01T00:00:00Z",
        "lastModified": "2020-01-01T00:00:00Z", "kept": kept}) + "\n")
    said = ctl.run("import", "--data-dir", tmp_path / "data", "--input", file)
    assert (said.status, said.out[:9]) == (3, "0 written")


def test_another_users_id_is_left_alone(filled: Registry, data_dir: Path, tmp_path: Path) -> None:
    file = tmp_path / "export"
    assert ctl.run("export", "--data-dir", data_dir, "--output", file).status == 0
    file.write_text(file.read_text().replace(ANN, "user://x.org/eve"))
    assert filled.terminate() == 0
    said = ctl.run("import", "--data-dir", data_dir, "--input", file)
    assert said.status == 3 and said.err.count("the store has it of another user") == 2


def test_an_export_shows_one_moment_while_the_server_goes_on(data_dir: Path) -> None:
    run_tool("fill", data_dir, 20_000)
    stop = threading.Event()
    with Registry(data_dir) as registry:
        def count_on() -> None:
            """First the one that is read first: it is ahead by one, or not at all."""
            with Client(registry.url) as client:
                number = 0
                while not stop.is_set():
                    number += 1
                    for id_ in ("a", "z"):
                        assert client.put_hyperty(
                            ANN, id_, hyperty(descriptor=str(number))).status == 200

        counting = threading.Thread(target=count_on)
        counting.start()
        try:
            until("both are there", lambda: registry.metrics()["registryd_hyperties"] == 20_002)
            seen = []
            for _ in range(5):
                entries = {line["hypertyID"]: line for line in export(data_dir)}
                assert len(entries) == 20_002
                seen.append((int(entries["a"]["descriptor"]), int(entries["z"]["descriptor"])))
        finally:
            stop.set()
            counting.join()
    assert all(a - z in (0, 1) for a, z in seen), seen
    assert seen[0] < seen[-1], "nothing happened meanwhile"


@pytest.mark.parametrize("signal_", [signal.SIGINT, signal.SIGTERM])
def test_an_export_that_was_ended_goes_on(data_dir: Path, tmp_path: Path, signal_: int) -> None:
    run_tool("fill", data_dir, MANY)
    file, part = tmp_path / "export", tmp_path / "export.part"
    process = ctl.start("export", "--data-dir", data_dir, "--output", file)
    until("it has begun", lambda: part.exists() and part.stat().st_size > 0)
    process.send_signal(signal_)
    said = ctl.finish(process)
    assert said.status == 1 and "run it again to go on: ended by a signal" in said.err
    assert not file.exists()
    with part.open("a") as torn:
        torn.write('{"half a line')  # as a crash may leave it

    said = ctl.run("export", "--data-dir", data_dir, "--output", file)
    assert said.status == 0 and "going on behind" in said.err
    ids = [json.loads(line)["hypertyID"] for line in file.read_text().splitlines()]
    assert len(ids) == len(set(ids)) == MANY
    assert sorted(path.name for path in tmp_path.glob("export*")) == ["export"]
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_state_of_another_export_is_refused(filled: Registry, data_dir: Path,
                                              tmp_path: Path) -> None:
    assert filled.pid
    state = tmp_path / "export.part.state"
    state.write_text("registryctl export 1\nfrom lmdb elsewhere\nbytes 0\nlines 0\ncursor \n")
    said = ctl.run("export", "--data-dir", data_dir, "--output", tmp_path / "export")
    assert said.status == 1 and "remove it to begin anew" in said.err


@pytest.mark.parametrize("kind", ["directory", "pipe", "link"])
def test_what_is_no_file_is_not_replaced_by_an_export(filled: Registry, data_dir: Path,
                                                      tmp_path: Path, kind: str) -> None:
    assert filled.pid
    output = tmp_path / "output"
    make = {"directory": output.mkdir, "pipe": lambda: os.mkfifo(output),
            "link": lambda: output.symlink_to(tmp_path / "nowhere")}
    make[kind]()
    before = output.lstat()
    said = ctl.run("export", "--data-dir", data_dir, "--output", output)
    assert (said.status, said.out) == (1, "")
    assert f"{output}: is there, and is not a regular file" in said.err
    assert output.lstat().st_ino == before.st_ino and os.listdir(tmp_path).count("output.part") == 0


def test_a_dash_is_standard_output(filled: Registry, data_dir: Path) -> None:
    assert filled.pid
    said = ctl.run("export", "--data-dir", data_dir, "--output", "-")
    assert said.status == 0 and [json.loads(line) for line in said.out.splitlines()] == \
        export(data_dir)


@pytest.mark.parametrize("verb", ["export", "check"])
def test_what_is_no_store_is_told(tmp_path: Path, verb: str) -> None:
    said = ctl.run(verb, "--data-dir", tmp_path / "none")
    assert said.status == 1 and "No such file" in said.err
    assert not (tmp_path / "none").exists(), "it was made"
    (tmp_path / "registry.mdb").write_bytes(b"nothing of ours" * 1000)
    assert ctl.run(verb, "--data-dir", tmp_path).status == 1


@pytest.mark.parametrize("verb", ["import", "check"])
def test_a_store_that_is_only_in_memory_is_refused(verb: str) -> None:
    said = ctl.run(verb, "--store", "memory")
    assert said.status == 2 and said.err


# ---- check ----


def test_a_store_in_use_is_sound(filled: Registry, data_dir: Path) -> None:
    assert filled.pid
    said = check(data_dir)
    assert said.status == 0 and said.out.endswith(": sound\n") and said.err == ""


def test_a_damaged_record_is_found_and_left_out_of_an_export(filled: Registry,
                                                             data_dir: Path) -> None:
    assert filled.terminate() == 0
    poke("damage-entry", data_dir / "registry.mdb", "hyperty", "hyperty://x.org/a")
    said = check(data_dir)
    assert said.status == 3
    assert 'entries "hyperty://x.org/a": the record is not what was written' in said.out
    said = ctl.run("export", "--data-dir", data_dir)
    assert said.status == 3 and len(said.out.splitlines()) == 5
    assert 'skipped: "hyperty://x.org/a"' in said.err


@pytest.mark.parametrize("harm", ["drop-row", "mislead-row"])
@pytest.mark.parametrize("table", ["entries", "index", "due", "pending"])
def test_no_row_can_be_missing_or_mislead_unseen(filled: Registry, data_dir: Path,
                                                 tmp_path: Path, table: str, harm: str) -> None:
    assert filled.terminate() == 0
    rows = {name: int(count) for name, count in map(
        str.split, poke("list", data_dir / "registry.mdb").splitlines())}
    assert rows[table] > 0
    for number in range(rows[table]):
        harmed = tmp_path / f"harmed-{number}"
        shutil.copytree(data_dir, harmed)
        poke(harm, harmed / "registry.mdb", table, number)
        said = check(harmed)
        assert said.status == 3, f"{harm} {table} {number}: {said}"
        shutil.rmtree(harmed)


def test_how_far_it_is_is_shown_to_people(data_dir: Path, tmp_path: Path) -> None:
    run_tool("fill", data_dir, MANY)
    status, shown = ctl.run_on_terminal("check", "--data-dir", data_dir)
    assert status == 0 and "] " in shown and "rows, " in shown
    began = time.monotonic()
    status, shown = ctl.run_on_terminal("export", "--data-dir", data_dir, "--output",
                                        tmp_path / "export")
    assert status == 0 and shown.endswith(f"{MANY} exported\n")
    print(f"{MANY} exported in {time.monotonic() - began:.2f} s")
