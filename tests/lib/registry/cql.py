"""A look at one node's answers, without the server under test: CQL's native protocol 4, in short."""

import socket
import struct
from typing import Any

ONE, QUORUM, ALL = 1, 4, 5
STARTUP, AUTHENTICATE, QUERY, AUTH_RESPONSE = 0x01, 0x03, 0x07, 0x0F
ERROR, RESULT = 0x00, 0x08
ROWS = 2
GLOBAL_TABLE, MORE_PAGES, NO_METADATA = 1, 2, 4
PAGE_SIZE_FLAG, PAGE_STATE_FLAG = 0x04, 0x08
PAGE_ROWS = 1000

Row = dict[str, bytes | None]


class CqlError(Exception):
    """What the node said instead of a result."""


class Reader:
    """Takes one value after the other from a frame's body."""

    def __init__(self, body: bytes):
        self._body, self._at = body, 0

    def take(self, length: int) -> bytes:
        self._at += length
        return self._body[self._at - length:self._at]

    def integer(self) -> int:
        return struct.unpack(">i", self.take(4))[0]

    def short(self) -> int:
        return struct.unpack(">H", self.take(2))[0]

    def text(self) -> str:
        return self.take(self.short()).decode("utf-8")

    def value(self) -> bytes | None:
        length = self.integer()
        return None if length < 0 else self.take(length)

    def skip_type(self) -> None:
        """The type of a column: some are made of others."""
        kind = self.short()
        if kind == 0x00:
            self.text()
        elif kind in (0x20, 0x22):
            self.skip_type()
        elif kind == 0x21:
            self.skip_type()
            self.skip_type()
        elif kind == 0x31:
            for _ in range(self.short()):
                self.skip_type()


class Node:
    """One connection to one node, which alone coordinates what is asked."""

    def __init__(self, host: str, port: int = 9042, user: str = "", password: str = "",
                 limit_s: float = 30.0):
        self._socket = socket.create_connection((host, port), timeout=limit_s)
        self._login = b"\0" + user.encode() + b"\0" + password.encode()
        self._ask(STARTUP, struct.pack(">H", 1) + _text("CQL_VERSION") + _text("3.0.0"))

    def _take(self, length: int) -> bytes:
        data = b""
        while len(data) < length:
            more = self._socket.recv(length - len(data))
            if not more:
                raise ConnectionError("the node closed the connection")
            data += more
        return data

    def _ask(self, opcode: int, body: bytes) -> tuple[int, bytes]:
        self._socket.sendall(struct.pack(">BBhBi", 4, 0, 0, opcode, len(body)) + body)
        _, _, _, answer, length = struct.unpack(">BBhBi", self._take(9))
        body = self._take(length)
        if answer == AUTHENTICATE:
            login = struct.pack(">i", len(self._login)) + self._login
            return self._ask(AUTH_RESPONSE, login)
        if answer == ERROR:
            reader = Reader(body)
            raise CqlError(f"{reader.integer():#06x} {reader.text()}")
        return answer, body

    def run(self, text: str, consistency: int = QUORUM) -> list[Row]:
        """All rows of a statement without values; each column as its bytes."""
        rows: list[Row] = []
        page: bytes | None = None
        while True:
            more, page = self._page(text, consistency, page)
            rows += more
            if page is None:
                return rows

    def _page(self, text: str, consistency: int,
              page: bytes | None) -> tuple[list[Row], bytes | None]:
        query = text.encode("utf-8")
        flags = PAGE_SIZE_FLAG | (0 if page is None else PAGE_STATE_FLAG)
        body = struct.pack(">i", len(query)) + query + struct.pack(">HBi", consistency, flags,
                                                                   PAGE_ROWS)
        if page is not None:
            body += struct.pack(">i", len(page)) + page
        _, answer = self._ask(QUERY, body)
        reader = Reader(answer)
        return _rows(reader) if reader.integer() == ROWS else ([], None)

    def close(self) -> None:
        self._socket.close()

    def __enter__(self) -> "Node":
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()


def _text(text: str) -> bytes:
    data = text.encode("utf-8")
    return struct.pack(">H", len(data)) + data


def _rows(reader: Reader) -> tuple[list[Row], bytes | None]:
    flags, columns = reader.integer(), reader.integer()
    page = reader.value() if flags & MORE_PAGES else None
    if flags & GLOBAL_TABLE:
        reader.text()
        reader.text()
    names = []
    for _ in range(columns):
        if not flags & GLOBAL_TABLE:
            reader.text()
            reader.text()
        names.append(reader.text())
        reader.skip_type()
    rows = [{name: reader.value() for name in names} for _ in range(reader.integer())]
    return rows, page


def number(value: bytes | None) -> int:
    """Of an int or a bigint."""
    return 0 if value is None else int.from_bytes(value, "big", signed=True)
