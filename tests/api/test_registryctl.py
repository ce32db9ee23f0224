"""registryctl, asking a server as people and programs do."""

import json
import os
import signal
import subprocess
from pathlib import Path
from typing import Any, Iterator

import pytest

from registry.bodies import data_object, hyperty
from registry.client import Client
from registry.process import Registry
from tools.ctl import LIMIT_S, Said, environment, registryctl

pytestmark = pytest.mark.own_server

USER = "user://x.org/ann@x.org"
ID = "hyperty://x.org/1"
URL = "comm://x.org/o1"
ROOT = Path(__file__).resolve().parents[2]


class Ctl:
    """registryctl with a server of its own."""

    def __init__(self, registry: Registry):
        self.registry = registry
        self.client = Client(registry.url)

    def environment(self) -> dict[str, str]:
        return {**environment(), "REGISTRYD_URL": self.registry.url,
                "REGISTRYD_ADMIN_URL": f"http://127.0.0.1:{self.registry.admin_port}"}

    def run(self, *arguments: object, stdin: str = "") -> Said:
        done = subprocess.run([str(registryctl()), *map(str, arguments)], env=self.environment(),
                              input=stdin, capture_output=True, text=True, timeout=LIMIT_S,
                              check=False)
        return Said(done.returncode, done.stdout, done.stderr)

    def on_a_terminal(self, *arguments: str, **more: str) -> str:
        """All that a terminal is sent."""
        ours, theirs = os.openpty()
        done = subprocess.run([str(registryctl()), *arguments], env={**self.environment(), **more},
                              stdin=subprocess.DEVNULL, stdout=theirs, stderr=theirs,
                              timeout=LIMIT_S, check=False)
        os.close(theirs)
        assert done.returncode >= 0
        shown = b""
        try:
            while part := os.read(ours, 65536):
                shown += part
        except OSError:  # all was read
            pass
        os.close(ours)
        return shown.decode().replace("\r\n", "\n")


@pytest.fixture
def ctl(tmp_path: Path) -> Iterator[Ctl]:
    with Registry(tmp_path, "memory") as registry:
        ctl = Ctl(registry)
        assert ctl.client.put_hyperty(USER, ID, hyperty(resources=["chat", "voice"])).status == 200
        assert ctl.client.put_object(URL, data_object(name="n", reporter=ID)).status == 200
        yield ctl
        ctl.client.close()


def shown(said: Said) -> Any:
    assert (said.status, said.err) == (0, ""), said
    return json.loads(said.out)


def test_one_entry_is_shown(ctl: Ctl) -> None:
    assert shown(ctl.run("get", ID)) == ctl.client.hyperty(ID).json
    assert shown(ctl.run("get", "--data-object", URL))["url"] == URL


@pytest.mark.parametrize("how", [("--user", USER), ("--email", "ann@x.org"), ("--name", "n"),
                                 ("--reporter", ID)])
def test_many_entries_are_listed(ctl: Ctl, how: tuple[str, str]) -> None:
    assert list(shown(ctl.run("list", *how))) == [ID if how[0] in ("--user", "--email") else URL]


def test_a_search_names_what_must_be_there(ctl: Ctl) -> None:
    assert list(shown(ctl.run("search", "--user", USER, "--resources", "voice,chat"))) == [ID]
    assert ctl.run("search", "--user", USER, "--resources", "video").status == 4
    assert ctl.run("search", "--user", USER).status == 2


def test_what_a_file_has_is_registered(ctl: Ctl, tmp_path: Path) -> None:
    file = tmp_path / "h.json"
    file.write_text(json.dumps(hyperty(descriptor="from a file")))
    shown(ctl.run("put", "--user", USER, "--file", file, "h 2/é"))
    assert ctl.client.hyperty("h 2/é").json["descriptor"] == "from a file"

    shown(ctl.run("put", "--data-object", "--file", "-", "o2", stdin=json.dumps(data_object())))
    assert ctl.client.get("/hyperty/dataobject/url/o2").status == 200
    refused = ctl.run("put", "--user", USER, "--file", "-", "h3", stdin="{")
    assert refused.status == 1 and "400" in refused.err


def test_an_entry_is_disconnected_told_of_and_renewed(ctl: Ctl) -> None:
    assert shown(ctl.run("delete", "--user", USER, ID)) == {"message": "Hyperty deleted"}
    said = ctl.run("get", ID)
    assert said.status == 5 and json.loads(said.out)["status"] == "disconnected"

    assert ctl.run("updated").status == 2, "the news was taken unasked"
    assert list(shown(ctl.run("updated", "--take"))) == [ID]
    assert shown(ctl.run("updated", "--take")) == {}

    assert shown(ctl.run("renew", ID))["statusChanged"] == "true"
    assert ctl.run("get", ID).status == 0
    shown(ctl.run("delete", "--data-object", URL))


def test_what_is_not_there_has_an_exit_status_of_its_own(ctl: Ctl) -> None:
    for words in (["get", "none"], ["list", "--user", "none"], ["renew", "none"],
                  ["delete", "--user", "other", ID]):
        said = ctl.run(*words)
        assert (said.status, said.out) == (4, ""), words
        assert "Not Found" in said.err


@pytest.mark.parametrize("words", [["get"], ["get", "a", "b"], ["get", "--nonsense", "a"],
                                   ["list"], ["list", "--user", "u", "--guid", "g"],
                                   ["list", "--user"], ["put", "h", "--file", "f"],
                                   ["delete", ID], ["reload"], ["get", ID, "--timeout", "soon"]])
def test_wrong_arguments_are_told_and_nothing_is_asked(ctl: Ctl, words: list[str]) -> None:
    before = ctl.registry.metrics()["registryd_http_requests_total"]
    said = ctl.run(*words)
    assert (said.status, said.out) == (2, "") and f"registryctl {words[0]}: " in said.err
    assert ctl.registry.metrics()["registryd_http_requests_total"] == before + 1  # our own look


def test_a_server_that_is_away_is_told(ctl: Ctl) -> None:
    said = ctl.run("get", "--url", "http://127.0.0.1:1", "x")
    assert said.status == 1 and "127.0.0.1" in said.err


def test_people_get_tables(ctl: Ctl) -> None:
    table = ctl.on_a_terminal("list", "--user", USER).splitlines()
    assert table[0].split() == ["ID", "OF", "STATUS", "EXPIRES", "LAST", "SEEN", "RESOURCES"]
    assert table[1].startswith(ID) and "\x1b[32mlive\x1b[0m" in table[1]
    assert "\x1b[" not in ctl.on_a_terminal("list", "--user", USER, NO_COLOR="1")
    assert json.loads(ctl.on_a_terminal("list", "--user", USER, "--json"))
    assert "descriptor" in ctl.on_a_terminal("get", ID)


def test_nothing_in_an_entry_steers_the_terminal(ctl: Ctl) -> None:
    evil = "\x1b]0;owned\x07\u009b31m"
    ctl.client.put_hyperty(USER, f"h{evil}", hyperty(descriptor=evil, resources=[evil]))
    for words in (["list", "--user", USER], ["get", f"h{evil}"], ["get", f"none{evil}"],
                  ["list", "--user", USER, "--json"]):
        text = ctl.on_a_terminal(*words, NO_COLOR="1")
        assert text and "\x1b" not in text and "\x07" not in text and "\u009b" not in text


def test_status_shows_how_the_server_is(ctl: Ctl) -> None:
    status = shown(ctl.run("status"))
    assert status["ready"] is True and status["registryd_hyperties"] == 1
    assert "hyperties           1" in ctl.on_a_terminal("status")


def test_status_shows_why_a_server_takes_no_requests(tmp_path: Path) -> None:
    with Registry(tmp_path, arguments=["--drain-notice-ms", "60000"]) as registry:
        ctl = Ctl(registry)
        registry.signal(signal.SIGTERM)
        registry.wait_for_log("server.draining")
        said = ctl.run("status")
        status = json.loads(said.out)
        assert (said.status, status["ready"], status["reason"]) == (1, False, "draining")
        assert "ready               no: draining\n" in ctl.on_a_terminal("status")
        ctl.client.close()


def test_a_file_that_cannot_be_sent_is_named_with_the_reason(ctl: Ctl, tmp_path: Path) -> None:
    large = tmp_path / "large"
    large.write_bytes(b" " * ((4 << 20) + 1))
    for file, reason in ((tmp_path / "none", "No such file or directory"),
                         (tmp_path, "Is a directory"), (large, "File too large")):
        said = ctl.run("put", "--user", USER, "--file", file, "h")
        assert (said.status, said.err) == (1, f"registryctl put: {file}: {reason}\n")


@pytest.mark.parametrize("words", [["status"], ["top", "--interval", "1", "--count", "1"]])
def test_who_has_no_metrics_is_said_not_to_have_them(ctl: Ctl, words: list[str]) -> None:
    said = ctl.run(*words, "--admin-url", ctl.registry.url)
    assert (said.status, said.out) == (1, "")
    assert "the server answers 404" in said.err


def test_only_http_is_spoken(ctl: Ctl) -> None:
    said = ctl.run("get", ID, "--url", "ftp://127.0.0.1:1")
    assert said.status == 1 and "ftp" in said.err, said


def test_reload_reaches_the_server_and_nobody_else(ctl: Ctl, tmp_path: Path) -> None:
    assert ctl.run("reload", "--pid", ctl.registry.pid).status == 0
    ctl.registry.wait_for_log("server.reloaded")
    file = tmp_path / "pid"
    file.write_text(f"{ctl.registry.pid}\n")
    assert ctl.run("reload", "--pid-file", file).status == 0

    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    for arguments, reason in ((["--pid", os.getpid()], "that process is no registryd"),
                              (["--pid", 1 << 30], "there is no such process"),
                              (["--pid", "nonsense"], "is not the number of a process"),
                              (["--pid-file", tmp_path / "none"], "No such file or directory")):
        said = ctl.run("reload", *arguments)
        assert said.status == 4
        assert said.err == f"registryctl reload: {arguments[1]}: {reason}\n"


def test_every_verb_has_help(ctl: Ctl) -> None:
    for verb in ("get", "list", "search", "put", "renew", "delete", "updated", "status", "top", "watch", "reload",
                 "export", "import", "check", "import-original", "conflicts"):
        said = ctl.run(verb, "--help")
        assert said.status == 0 and said.out.startswith(f"Usage: registryctl {verb} ")


def complete(*words: str) -> set[str]:
    """What bash offers for the last word."""
    script = f"""
        PATH={registryctl().parent}:$PATH
        . {ROOT}/tools/registryctl/registryctl.bash
        COMP_WORDS=({" ".join(f"'{word}'" for word in words)}) COMP_CWORD={len(words) - 1}
        _registryctl; printf '%s\\n' "${{COMPREPLY[@]}}\""""
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True,
                          timeout=LIMIT_S)
    return set(done.stdout.split())


def test_bash_completes_verbs_and_options() -> None:
    assert {"get", "list", "conflicts", "import-original"} <= complete("registryctl", "")
    assert complete("registryctl", "re") == {"renew", "reload"}
    assert complete("registryctl", "get", "--da") == {"--data-object"}
    assert "--resources" in complete("registryctl", "search", "--r")


# ---- What is shown again and again ----


class Following:
    """registryctl at work, its lines as they come."""

    def __init__(self, ctl: Ctl, *arguments: object):
        self._process = subprocess.Popen([str(registryctl()), *map(str, arguments)],
                                         env=ctl.environment(), stdin=subprocess.DEVNULL,
                                         stdout=subprocess.PIPE, text=True)

    def line(self) -> Any:
        assert self._process.stdout
        return json.loads(self._process.stdout.readline())

    def end(self) -> int:
        self._process.send_signal(signal.SIGINT)
        status = self._process.wait(LIMIT_S)
        assert self._process.stdout
        self._process.stdout.close()
        return status


def test_watch_tells_what_changes(ctl: Ctl) -> None:
    following = Following(ctl, "watch", "--user", USER, "--interval", "1")

    def next_is(change: str, id_: str, **members: str) -> None:
        line = following.line()
        assert (line["change"], line["id"]) == (change, id_), line
        assert {**line["entry"], **members} == line["entry"]

    next_is("there", ID, status="live")
    ctl.client.put_hyperty(USER, "h2", hyperty())
    next_is("new", "h2")
    ctl.client.delete_hyperty(USER, "h2")
    next_is("status", "h2", status="disconnected")
    ctl.client.update(ID, {"descriptor": "other"})
    line = following.line()
    assert line["change"] in ("changed", "renewed") and line["entry"]["descriptor"] == "other"
    assert following.end() == 0


def test_watch_of_nobody_waits_for_somebody(ctl: Ctl) -> None:
    following = Following(ctl, "watch", "--user", "user://x.org/bob", "--interval", "1")
    ctl.client.put_hyperty("user://x.org/bob", "h9", hyperty())
    assert following.line()["id"] == "h9"
    assert following.end() == 0


def test_top_shows_what_was_asked_between_two_looks(ctl: Ctl) -> None:
    following = Following(ctl, "top", "--interval", "1")
    asked: set[str] = set()
    while "read" not in asked:
        ctl.client.hyperty(ID)
        line = following.line()
        assert line["registryd_hyperties"] == 1
        asked = {name for name, figures in line["requests"].items() if figures["a_second"] > 0}
        for figures in line["requests"].values():
            assert (figures["p50_ms"] is None) == (figures["a_second"] == 0), line
    assert following.end() == 0


def test_top_for_people_is_a_screen_and_ends_after_a_count(ctl: Ctl) -> None:
    shown_ = ctl.on_a_terminal("top", "--interval", "1", "--count", "1")
    assert shown_.startswith("\x1b[H\x1b[2J") and "REQUESTS" in shown_ and "hyperties" in shown_


@pytest.mark.parametrize("words", [["watch"], ["top", "--interval", "0"], ["top", "--count", "x"]])
def test_wrong_repetitions_are_refused(ctl: Ctl, words: list[str]) -> None:
    assert ctl.run(*words).status == 2
