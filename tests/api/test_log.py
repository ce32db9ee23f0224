"""Where the log goes, what each request says in it, and that it never holds anything up."""

import json
import os
import re
import signal
import socket
import subprocess
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Iterator

import pytest

from registry.bodies import hyperty
from registry.client import Client
from registry.process import Registry, program
from registry.wire import Wire

pytestmark = pytest.mark.own_server

LIMIT_S = 20.0
MADE_ID = re.compile(r"[0-9a-f]{32}")
LINES_LIMIT = 200_000


class Lines:
    """What comes line by line, or datagram by datagram, from whatever reads it."""

    def __init__(self) -> None:
        self._news = threading.Condition()
        self._lines: list[str] = []

    def add(self, line: str) -> None:
        with self._news:
            self._lines.append(line)
            self._news.notify_all()

    def wait_for(self, event: str) -> dict[str, Any]:
        with self._news:
            found = self._news.wait_for(lambda: [line for line in self._lines if event in line],
                                        LIMIT_S)
        assert found, f"no {event} among {self._lines}"
        return json.loads(found[0][found[0].index("{"):])

    def raw(self) -> list[str]:
        with self._news:
            return list(self._lines)


class Listener(Lines):
    """Plays the socket of the system's log."""

    def __init__(self, path: Path):
        super().__init__()
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(path))
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        while True:
            try:
                self.add(self._socket.recv(65536).decode("utf-8"))
            except OSError:
                return

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()


@contextmanager
def server(folder: Path, *arguments: str, stderr: Any = subprocess.DEVNULL
           ) -> Iterator[subprocess.Popen[bytes]]:
    command = [str(program()), "--bind", "127.0.0.1", "--port", "0", "--admin", "127.0.0.1:0",
               "--store", "memory", "--data-dir", str(folder), *arguments]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=stderr) as process:
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(LIMIT_S) == 0


def client_of(ready: dict[str, Any]) -> Client:
    return Client(f"http://127.0.0.1:{ready['port']}")


# ---- Where it goes ----


def test_the_log_may_go_to_a_file(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with open(tmp_path / "stderr", "w+b") as stderr:
        with server(tmp_path, "--log-to", f"file:{log}", stderr=stderr):
            until_in(log, "server.ready")
        assert stderr.tell() == 0

    events = [json.loads(line)["event.action"] for line in log.read_text().splitlines()]
    assert events == ["server.ready", "server.draining", "server.stopped"]
    assert log.stat().st_mode & 0o777 == 0o640


def test_nobody_waits_for_a_file_that_cannot_be_opened_anew(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with server(tmp_path, "--log-to", f"file:{log}", "--access-log", "yes") as process:
        client = client_of(until_in(log, "server.ready"))
        # Given a pipe in its place that nobody reads: who opens it waits
        log.unlink()
        os.mkfifo(log)
        process.send_signal(signal.SIGHUP)
        for number in range(100):
            assert client.put_hyperty("u", f"h{number}", hyperty()).status == 200

        # When somebody does, the lines are there
        with open(log, encoding="utf-8") as reader:
            assert any("/hyperty/user/u/h99" in line for line in reader)


def test_a_file_that_cannot_be_opened_anew_is_gone_on_with(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    log, moved = tmp_path / "logs" / "log", tmp_path / "moved" / "log"
    with server(tmp_path, "--log-to", f"file:{log}") as process:
        until_in(log, "server.ready")
        # Given a directory that is not there any more
        (tmp_path / "logs").rename(tmp_path / "moved")
        process.send_signal(signal.SIGHUP)

        # Then the file says so, and takes what comes
        said = until_in(moved, "log.not_reopened")
        assert (said["path"], said["reason"]) == (str(log), "No such file or directory")
        until_in(moved, "server.reloaded")

        # And the next reload opens it, if it can be opened
        (tmp_path / "logs").mkdir()
        process.send_signal(signal.SIGHUP)
        until_in(log, "server.reloaded")


def until_in(log: Path, event: str) -> dict[str, Any]:
    deadline = threading.Event()
    for _ in range(int(LIMIT_S / 0.02)):
        for line in log.read_text().splitlines() if log.exists() else []:
            if event in line:
                return json.loads(line)
        deadline.wait(0.02)
    raise AssertionError(f"no {event} in {log}")


def test_a_file_that_is_there_is_gone_on_with(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("what was there\n")
    with server(tmp_path, "--log-to", f"file:{log}"):
        until_in(log, "server.ready")
    assert log.read_text().startswith("what was there\n{")


@pytest.mark.parametrize("where", ["file:/nowhere/at/all", "syslog:/nowhere", "journal:/nowhere"])
def test_a_log_that_cannot_be_had_stops_the_start(where: str, tmp_path: Path) -> None:
    done = refused(tmp_path, where)
    assert f"log_to: {where}: No such file or directory" in done.stderr
    assert done.returncode == 1


@pytest.mark.parametrize("where", ["file", "file:relative", "syslog:relative", "stderr:/x", "mail"])
def test_a_place_that_is_none_stops_the_start(where: str, tmp_path: Path) -> None:
    done = refused(tmp_path, where)
    assert "settings.refused" in done.stderr
    assert "--log-to: not one of stderr, file:/PATH" in done.stderr
    assert done.returncode == 2


def refused(folder: Path, where: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(program()), "--bind", "127.0.0.1", "--port", "0", "--store", "memory",
                           "--data-dir", str(folder), "--log-to", where],
                          capture_output=True, text=True, timeout=LIMIT_S, check=False)


def test_the_log_may_go_to_syslog(tmp_path: Path) -> None:
    listener = Listener(tmp_path / "socket")
    with server(tmp_path, "--log-to", f"syslog:{tmp_path / 'socket'}") as process:
        listener.wait_for("server.ready")
        line = next(line for line in listener.raw() if "server.ready" in line)
    assert re.match(rf"<30>[A-Z][a-z]{{2}} [ \d]\d \d\d:\d\d:\d\d registryd\[{process.pid}\]: "
                    r"@cee: \{", line), line
    assert line.endswith("}")
    listener.close()


def test_the_log_may_go_to_the_journal(tmp_path: Path) -> None:
    listener = Listener(tmp_path / "socket")
    with server(tmp_path, "--log-to", f"journal:{tmp_path / 'socket'}"):
        listener.wait_for("server.ready")
        line = next(line for line in listener.raw() if "server.ready" in line)
    assert line.startswith("PRIORITY=6\nSYSLOG_IDENTIFIER=registryd\nMESSAGE={")
    assert line.endswith("}\n") and line.count("\n") == 3
    listener.close()


def test_a_syslog_that_was_restarted_is_found_again(tmp_path: Path) -> None:
    path = tmp_path / "socket"
    listener = Listener(path)
    with server(tmp_path, "--log-to", f"syslog:{path}", "--access-log", "yes") as _:
        ready = listener.wait_for("server.ready")
        listener.close()
        path.unlink()
        listener = Listener(path)
        with client_of(ready) as client:
            assert client.get("/live").status == 200
        listener.wait_for("request.answered")
    listener.close()


def test_a_full_disk_costs_lines_and_nothing_else(tmp_path: Path) -> None:
    with Registry(tmp_path, "memory") as probe:
        port = probe.port
    with server(tmp_path, "--log-to", "file:/dev/full", "--access-log", "yes", "--port", str(port)):
        with Client(f"http://127.0.0.1:{port}") as client:
            reach(port)
            for number in range(10):
                assert client.put_hyperty("u", f"h{number}", hyperty()).status == 200


def reach(port: int) -> None:
    """Once it listens: it cannot say so."""
    deadline = threading.Event()
    for _ in range(int(LIMIT_S / 0.02)):
        try:
            Wire("127.0.0.1", port).close()
            return
        except ConnectionRefusedError:
            deadline.wait(0.02)
    raise AssertionError("it does not listen")


def test_a_reader_who_stands_still_holds_nothing_up_and_is_told_what_he_missed(
    tmp_path: Path
) -> None:
    reader, writer = os.pipe()
    with server(tmp_path, "--access-log", "yes", stderr=writer), os.fdopen(reader, "rb") as log:
        os.close(writer)
        ready = json.loads(log.readline())

        # Given a reader who reads no more, while more is logged than there is room for
        with client_of(ready) as client, Wire("127.0.0.1", ready["admin_port"]) as admin:
            for number in range(LINES_LIMIT):
                assert client.get(f"/hyperty/url/{number}").status == 404
                if number % 100 == 0 and dropped(admin) > 0:
                    break

            # When he reads on
            lines = []
            while not lines or lines[-1]["event.action"] != "log.dropped":
                lines.append(json.loads(log.readline()))

            # Then he has whole lines, and the number of those that he has not
            assert lines[-1]["lines"] > 0


def dropped(admin: Wire) -> int:
    admin.send(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
    text = admin.receive().body.decode()
    return int(re.search(r"^registryd_log_dropped_total (\d+)$", text, re.MULTILINE)[1])


# ---- What a request says ----


@pytest.fixture
def logging(tmp_path: Path) -> Iterator[Registry]:
    with Registry(tmp_path, "memory", arguments=["--access-log", "yes"]) as registry:
        yield registry


def access_line(registry: Registry, trace: str) -> dict[str, Any]:
    deadline = threading.Event()
    for _ in range(int(LIMIT_S / 0.02)):
        for line in list(registry.log):
            if line.get("trace.id") == trace:
                return line
        deadline.wait(0.02)
    raise AssertionError(registry.log_text())


def ask(registry: Registry, line: str, *headers: str, body: str = "") -> tuple[int, str]:
    """Status, and the id of the request that the answer has."""
    with registry.wire() as wire:
        head = "\r\n".join([line, "Host: x", *headers, f"Content-Length: {len(body)}"])
        wire.send(f"{head}\r\n\r\n{body}".encode("latin-1"))
        answer = wire.receive()
        trace = answer.header("X-Request-ID")
        assert trace
        return answer.status, trace


def test_an_answer_has_a_line_with_what_was_asked_and_by_whom(logging: Registry) -> None:
    status, trace = ask(logging, "PUT /hyperty/url/none?a=b HTTP/1.1", body="{}")

    line = access_line(logging, trace)

    assert status == line["http.response.status_code"] == 404
    assert line["log.level"] == "info" and line["event.action"] == "request.answered"
    assert line["http.request.method"] == "PUT"
    assert line["url.original"] == "/hyperty/url/none?a=b"
    assert line["client.ip"] == "127.0.0.1"
    assert line["http.request.body.bytes"] == 2
    assert line["http.response.body.bytes"] == len('{"message":"Not Found"}')
    assert 0 < line["event.duration"] < LIMIT_S * 1e9


def test_a_refusal_at_the_border_has_a_line_too(logging: Registry) -> None:
    with logging.wire() as wire:
        wire.send(b"PUT /x HTTP/1.1\r\nHost: x\r\nX-Request-ID: refused-1\r\nContent-Length: 1\r\n"
                  b"Transfer-Encoding: chunked\r\n\r\n")
        assert wire.receive().status == 400
    assert access_line(logging, "refused-1")["http.response.status_code"] == 400


def test_without_access_log_a_request_leaves_no_line(tmp_path: Path) -> None:
    with Registry(tmp_path, "memory") as registry:
        assert ask(registry, "GET /live HTTP/1.1")[0] == 200
        registry.terminate()
        assert "request.answered" not in registry.log_text()
        registry.start()


def test_an_id_from_outside_is_kept(logging: Registry) -> None:
    given = "Lb-1._~:/+=@z" + "9" * 100
    assert ask(logging, "GET /live HTTP/1.1", f"X-Request-ID: {given}") == (200, given)
    assert access_line(logging, given)["url.original"] == "/live"


@pytest.mark.parametrize("given", ["", "a b", 'a"b', "a\\b", "a\x1b[31mb", "é", "x" * 129, "a,b"])
def test_an_odd_id_from_outside_is_replaced(logging: Registry, given: str) -> None:
    status, trace = ask(logging, "GET /live HTTP/1.1", f"X-Request-ID: {given}")
    assert status == 200 and MADE_ID.fullmatch(trace)


def test_ids_that_are_made_differ(logging: Registry) -> None:
    made = {ask(logging, "GET /live HTTP/1.1")[1] for _ in range(50)}
    assert len(made) == 50 and all(MADE_ID.fullmatch(trace) for trace in made)


def test_nothing_in_a_target_makes_a_line_of_its_own(logging: Registry) -> None:
    target = '/hyperty/url/%0a{"event.action":"forged"}\x7f"\\'.replace("\x7f", "")
    status, trace = ask(logging, f"GET {target} HTTP/1.1")
    assert status == 404
    assert access_line(logging, trace)["url.original"] == target
    assert not [line for line in logging.log if line.get("event.action") == "forged"]
