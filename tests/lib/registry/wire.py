"""HTTP/1.1 over a bare socket: sends exactly the bytes it is given, and reads answers strictly."""

import json
import socket
from dataclasses import dataclass, field
from typing import Any


class Closed(Exception):
    """The server closed the connection where an answer was due."""


@dataclass
class Answer:
    status: int
    headers: list[tuple[str, str]]
    body: bytes
    version: str = "HTTP/1.1"
    interim: list[int] = field(default_factory=list)  # 1xx answers that came before

    def header(self, name: str) -> str | None:
        values = [value for key, value in self.headers if key.lower() == name.lower()]
        assert len(values) <= 1, f"{name} is given {len(values)} times"
        return values[0] if values else None

    @property
    def json(self) -> Any:
        return json.loads(self.body.decode("utf-8"))


class Wire:
    """One connection."""

    def __init__(self, host: str, port: int, timeout_s: float = 30.0):
        self._socket = socket.create_connection((host, port), timeout=timeout_s)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._read = b""

    def send(self, data: bytes) -> None:
        self._socket.sendall(data)

    def finish_sending(self) -> None:
        self._socket.shutdown(socket.SHUT_WR)

    def _more(self) -> bool:
        try:
            data = self._socket.recv(65536)
        except ConnectionResetError:
            return False
        self._read += data
        return bool(data)

    def _take(self, count: int) -> bytes:
        while len(self._read) < count:
            if not self._more():
                raise Closed(f"in a body, after {len(self._read)} of {count} bytes")
        taken, self._read = self._read[:count], self._read[count:]
        return taken

    def _take_head(self) -> bytes:
        while b"\r\n\r\n" not in self._read:
            if not self._more():
                raise Closed(f"before an answer, after {self._read!r}")
        head, _, self._read = self._read.partition(b"\r\n\r\n")
        return head

    def _take_chunks(self) -> bytes:
        body = b""
        while True:
            while b"\r\n" not in self._read:
                if not self._more():
                    raise Closed("in a chunked body")
            size, _, self._read = self._read.partition(b"\r\n")
            chunk = self._take(int(size, 16))
            assert self._take(2) == b"\r\n"
            if not chunk:
                return body
            body += chunk

    def _take_rest(self) -> bytes:
        while self._more():
            pass
        rest, self._read = self._read, b""
        return rest

    def receive(self, head_only: bool = False) -> Answer:
        """The next answer. head_only: it answers a HEAD, so no body follows."""
        interim = []
        while True:
            lines = self._take_head().decode("latin-1").split("\r\n")
            version, status, *_ = lines[0].split(" ", 2)
            headers = [(k, v.strip()) for k, _, v in (line.partition(":") for line in lines[1:])]
            if int(status) >= 200:
                break
            interim.append(int(status))

        answer = Answer(int(status), headers, b"", version, interim)
        if head_only or answer.status in (204, 304):
            return answer
        length = answer.header("Content-Length")
        if length is not None:
            answer.body = self._take(int(length))
        elif (answer.header("Transfer-Encoding") or "").lower() == "chunked":
            answer.body = self._take_chunks()
        else:
            answer.body = self._take_rest()
        return answer

    def interim(self) -> int:
        """Waits for a 1xx answer, and takes it."""
        return int(self._take_head().split(b" ")[1])

    def receive_some(self) -> None:
        """Waits until the answer has begun to come."""
        assert self._more()

    def receive_all(self) -> bytes:
        """Whatever comes until the server closes."""
        return self._take_rest()

    def receive_within(self, seconds: float) -> bytes:
        """Whatever comes in that time, or until the server closes."""
        self._socket.settimeout(seconds)
        try:
            return self._take_rest()
        except TimeoutError:
            return self._read

    def is_closed(self) -> bool:
        """Whether the server closes it, within the time-out. What it sends before is an error."""
        if self._read:
            raise AssertionError(f"more came: {self._read!r}")
        try:
            more = self._more()
        except TimeoutError:
            return False
        if more:
            raise AssertionError(f"more came: {self._read!r}")
        return True

    def set_timeout(self, seconds: float) -> None:
        self._socket.settimeout(seconds)

    def close(self) -> None:
        self._socket.close()

    def __enter__(self) -> "Wire":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
