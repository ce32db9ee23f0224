"""A client of the registry: its routes as verbs; what all answers have in common is checked."""

import json
import uuid
from typing import Any, Iterable
from urllib.parse import quote, urlsplit

from registry.wire import Answer, Closed, Wire

NOT_FOUND = (404, "Not Found")
BAD_REQUEST = (400, "Bad Request")
NOT_ALLOWED = (405, "Method Not Allowed")


def piece(text: str | bytes) -> str:
    """An id as one path piece: encodeURIComponent, near enough."""
    return quote(text, safe="")


def check_form(answer: Answer, head_only: bool = False) -> None:
    """What every answer has to be, whatever was asked (spec 2, 7)."""
    if head_only:
        assert answer.body == b""
        return
    if answer.status == 302:
        return
    assert answer.header("Content-Type") == "application/json", answer.headers
    assert answer.header("Content-Length") == str(len(answer.body))
    assert answer.header("Content-Encoding") is None
    assert answer.header("Access-Control-Allow-Origin") is None
    document = answer.json
    assert isinstance(document, dict), document
    if answer.status >= 400 and answer.status != 408:
        assert isinstance(document.get("message"), str) and document["message"], document


def said(answer: Answer) -> tuple[int, str]:
    """Status and message of an answer that is only a message."""
    document = answer.json
    if answer.status < 400:
        assert set(document) == {"message"}, document
    return answer.status, document["message"]


def changed(answer: Answer) -> tuple[int, str, str]:
    """Status, message and statusChanged of an update."""
    document = answer.json
    assert set(document) == {"message", "statusChanged"}, document
    return answer.status, document["message"], document["statusChanged"]


def address_of(base_url: str) -> tuple[str, int]:
    parts = urlsplit(base_url)
    assert parts.scheme == "http" and parts.hostname, f"not an http URL: {base_url}"
    return parts.hostname, parts.port or 80


class Client:
    """One kept-alive connection to each server, opened again when the server has closed it. Of
    several servers, which are one registry, each request asks the next."""

    def __init__(self, *base_urls: str):
        self._servers: list[tuple[str, int]] = []
        self._wires: list[Wire | None] = []
        self._turn = 0
        self.point_at(*base_urls)

    def point_at(self, *base_urls: str) -> None:
        """From now on these are the servers."""
        self.close()
        self._servers = [address_of(url) for url in base_urls]
        self._wires = [None] * len(base_urls)

    def another(self) -> "Client":
        """One more client of the same servers."""
        return Client(*(f"http://{host}:{port}" for host, port in self._servers))

    def _next_server(self) -> int:
        self._turn = (self._turn + 1) % len(self._servers)
        return self._turn

    @property
    def host(self) -> str:
        return self._servers[0][0]

    @property
    def port(self) -> int:
        return self._servers[0][1]

    @property
    def server_count(self) -> int:
        return len(self._servers)

    def wire(self, timeout_s: float = 30.0) -> Wire:
        """Another connection, for bytes of the caller's choice."""
        return self.connect(self._next_server(), timeout_s)

    def connect(self, server: int, timeout_s: float = 30.0) -> Wire:
        return Wire(*self._servers[server], timeout_s)

    def request(self, method: str, target: str, body: Any = None,
                headers: Iterable[tuple[str, str]] = (), check: bool = True) -> Answer:
        """body: bytes and text go as they are, anything else as JSON; None is none at all."""
        server = self._next_server()
        host, port = self._servers[server]
        data = encode_request(method, target, body, headers, f"{host}:{port}")
        answer = self._exchange(server, data, head_only=method == "HEAD")
        if check:
            check_form(answer, head_only=method == "HEAD")
        return answer

    def _exchange(self, server: int, data: bytes, head_only: bool) -> Answer:
        kept = self._wires[server]
        wire = self._wires[server] = kept or self.connect(server)
        try:
            wire.send(data)
            answer = wire.receive(head_only)
        except (Closed, ConnectionError):
            self._close(server)
            if kept is None:
                raise
            return self._exchange(server, data, head_only)
        if (answer.header("Connection") or "").lower() == "close":
            self._close(server)
        return answer

    def _close(self, server: int) -> None:
        wire, self._wires[server] = self._wires[server], None
        if wire is not None:
            wire.close()

    def close(self) -> None:
        for server in range(len(self._servers)):
            self._close(server)

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def get(self, target: str, **more: Any) -> Answer:
        return self.request("GET", target, **more)

    def put(self, target: str, body: Any, **more: Any) -> Answer:
        return self.request("PUT", target, body, **more)

    def delete(self, target: str, **more: Any) -> Answer:
        return self.request("DELETE", target, **more)

    def head(self, target: str, **more: Any) -> Answer:
        return self.request("HEAD", target, **more)

    # ---- Hyperties ----

    def put_hyperty(self, user: str, hyperty: str, body: Any) -> Answer:
        return self.put(f"/hyperty/user/{piece(user)}/{piece(hyperty)}", body)

    def update(self, hyperty: str, body: Any) -> Answer:
        return self.put(f"/hyperty/url/{piece(hyperty)}", body)

    def keep_alive(self, hyperty: str) -> Answer:
        return self.update(hyperty, {})

    def delete_hyperty(self, user: str, hyperty: str) -> Answer:
        return self.delete(f"/hyperty/user/{piece(user)}/{piece(hyperty)}")

    def hyperty(self, hyperty: str) -> Answer:
        return self.get(f"/hyperty/url/{piece(hyperty)}")

    def of_user(self, user: str, query: str = "") -> Answer:
        return self.get(f"/hyperty/user/{piece(user)}{query}")

    def search_user(self, user: str, query: str, word: str = "hyperty") -> Answer:
        return self.get(f"/hyperty/user/{piece(user)}/{word}{query}")

    def of_guid(self, guid: str) -> Answer:
        return self.get(f"/hyperty/guid/{piece(guid)}")

    def of_email(self, email: str) -> Answer:
        return self.get(f"/hyperty/email/{piece(email)}")

    def search_email(self, email: str, query: str, word: str = "hyperty") -> Answer:
        return self.get(f"/hyperty/email/{piece(email)}/{word}{query}")

    # ---- Data objects ----

    def put_object(self, url: str, body: Any) -> Answer:
        return self.put(f"/hyperty/dataobject/{piece(url)}", body)

    def update_object(self, url: str, body: Any) -> Answer:
        return self.put(f"/dataobject/url/{piece(url)}", body)

    def delete_object(self, url: str) -> Answer:
        return self.delete(f"/hyperty/dataobject/url/{piece(url)}")

    def object(self, url: str) -> Answer:
        return self.get(f"/hyperty/dataobject/url/{piece(url)}")

    def objects(self, by: str, key: str) -> Answer:
        """by: name or reporter."""
        return self.get(f"/hyperty/dataobject/{by}/{piece(key)}")

    def search_objects(self, by: str, key: str, query: str, word: str = "do") -> Answer:
        """by: url, name or reporter."""
        return self.get(f"/hyperty/dataobject/{by}/{piece(key)}/{word}{query}")

    # ---- News ----

    def updated(self) -> dict[str, Any]:
        """One read of the pending updates: takes them."""
        answer = self.get("/registry/updated")
        assert answer.status == 200
        return answer.json


def encode_request(method: str, target: str, body: Any = None,
                   headers: Iterable[tuple[str, str]] = (), host: str = "registry") -> bytes:
    lines = [f"{method} {target} HTTP/1.1", f"Host: {host}"]
    lines += [f"{name}: {value}" for name, value in headers]
    data = b""
    if body is not None:
        data = encode_body(body)
        lines.append(f"Content-Length: {len(data)}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + data


def encode_body(body: Any) -> bytes:
    if isinstance(body, bytes):
        return body
    if isinstance(body, str):
        return body.encode("utf-8")
    return json.dumps(body).encode("ascii")


def fresh_prefix() -> str:
    """Of ids that nobody has used before."""
    return uuid.uuid4().hex[:12]
