"""Spec 2: HTTP itself, byte by byte."""

import json

import pytest

from registry.api import Api
from registry.bodies import full_hyperty, hyperty
from registry.client import check_form, encode_body, encode_request, piece, said
from registry.wire import Answer, Closed, Wire

FOLLOWER = b"GET /live HTTP/1.1\r\nHost: x\r\n\r\n"
PUT_HEAD = b"PUT /hyperty/url/h HTTP/1.1\r\nHost: x\r\n"
MIB = 1024 * 1024


def create_target(api: Api) -> str:
    return f"/hyperty/user/{piece(api.user())}/{piece(api.id())}"


def ask(api: Api, data: bytes) -> Answer:
    with api.wire() as wire:
        wire.send(data)
        answer = wire.receive()
    check_form(answer)
    return answer


# ---- Framing that could be read in two ways ----

BODY = encode_body(hyperty())
AMBIGUOUS = {
    "length and chunked": b"Content-Length: %d\r\nTransfer-Encoding: chunked\r\n" % len(BODY),
    "chunked and length": b"Transfer-Encoding: chunked\r\nContent-Length: %d\r\n" % len(BODY),
    "length and identity": b"Content-Length: %d\r\nTransfer-Encoding: identity\r\n" % len(BODY),
    "length twice the same": b"Content-Length: %d\r\n" % len(BODY) * 2,
    "length twice": b"Content-Length: %d\r\nContent-Length: 5\r\n" % len(BODY),
}


@pytest.mark.parametrize("framing", AMBIGUOUS.values(), ids=AMBIGUOUS.keys())
@pytest.mark.parametrize("method", ["PUT", "GET", "DELETE"])
def test_ambiguous_framing_is_refused_and_nothing_that_follows_is_served(
    api: Api, framing: bytes, method: str
) -> None:
    chunked = b"%x\r\n%s\r\n0\r\n\r\n" % (len(BODY), BODY)
    head = f"{method} {create_target(api)} HTTP/1.1\r\nHost: x\r\n".encode()

    refused_and_closed(api, head + framing + b"\r\n" + (chunked if b"chunked" in framing else BODY))

    assert api.hyperty(api.id()).status == 404


@pytest.mark.parametrize("target", [b"/live\0", b"/live\0x", b"/li ve", b"/live x",
                                    b"/hyperty/url/a b", b"/hyperty/url/a\0b"])
def test_a_nul_or_space_in_the_target_is_refused_and_closed(api: Api, target: bytes) -> None:
    refused_and_closed(api, b"GET " + target + b" HTTP/1.1\r\nHost: x\r\n\r\n")


def refused_and_closed(api: Api, request: bytes) -> None:
    with api.wire() as wire:
        wire.send(request + FOLLOWER)
        answer = wire.receive()
        assert answer.status == 400, answer
        check_form(answer)
        assert wire.is_closed()


@pytest.mark.parametrize("length", [b"-1", b"x", b"5x", b"0x5", b"99999999999999999999999"])
def test_a_content_length_that_is_none_is_refused(api: Api, length: bytes) -> None:
    """By the HTTP library, with an answer of its own: nothing that follows may be served."""
    with api.wire() as wire:
        wire.send(b"PUT /hyperty/url/h HTTP/1.1\r\nHost: x\r\nContent-Length: " + length
                  + b"\r\n\r\n{}" + FOLLOWER)
        told = wire.receive_all()

    assert told.startswith((b"HTTP/1.1 400 ", b"HTTP/1.1 413 "))
    assert b"HTTP/1.1 200" not in told


@pytest.mark.parametrize("rest", [b"x\r\n{}\r\n0\r\n\r\n", b"-2\r\n{}\r\n0\r\n\r\n",
                                  b"2\r\n{}xx0\r\n\r\n"])
def test_broken_chunks_are_not_taken_as_a_body(api: Api, rest: bytes) -> None:
    api.create(status="created")
    with api.wire() as wire:
        wire.send(f"PUT /hyperty/url/{piece(api.id())} HTTP/1.1\r\nHost: x\r\n"
                  "Transfer-Encoding: chunked\r\n\r\n".encode() + rest + FOLLOWER)
        try:
            assert wire.receive().status == 400
        except Closed:
            pass

    assert api.hyperty(api.id()).json["status"] == "created"


def test_a_body_that_breaks_off_changes_nothing(api: Api) -> None:
    request = encode_request("PUT", create_target(api), hyperty())
    with api.wire() as wire:
        wire.send(request[:-1])
        wire.finish_sending()
        assert b" 200 " not in wire.receive_within(0.2)

    assert api.hyperty(api.id()).status == 404


# ---- Sizes ----


@pytest.mark.parametrize("lines, size", [(1, 15_000), (60, 250)])
def test_headers_of_nearly_16_kib_are_accepted(api: Api, lines: int, size: int) -> None:
    headers = [(f"X-{n}", "v" * size) for n in range(lines)]

    assert api.get("/live", headers=headers).status == 200


def test_a_target_of_nearly_16_kib_is_accepted(api: Api) -> None:
    long_id = api.id("i" * 15_000)

    assert api.put_hyperty("u", long_id, hyperty()).status in (200, 400)
    assert api.get("/live?" + "q" * 15_000).status == 200


@pytest.mark.parametrize("lines, size", [(1, 20_000), (10, 2_500)])
def test_larger_headers_are_refused_in_json(api: Api, lines: int, size: int) -> None:
    headers = [(f"X-{n}", "v" * size) for n in range(lines)]

    assert ask(api, encode_request("GET", "/live", headers=headers)).status == 431


@pytest.mark.parametrize("size", [20_000, 30_000])
@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_a_longer_request_line_is_refused_in_json(api: Api, method: str, size: int) -> None:
    request = encode_request(method, "/hyperty/url/" + "i" * size, {} if method == "PUT" else None)

    assert ask(api, request).status == 414


def test_a_body_of_1_mib_is_accepted(api: Api) -> None:
    body = encode_body(hyperty(descriptor=""))
    body = encode_body(hyperty(descriptor="d" * (MIB - len(body))))
    assert len(body) == MIB

    assert api.put(create_target(api), body).status == 200
    assert len(api.hyperty(api.id()).json["descriptor"]) > MIB - 1000


def test_a_larger_body_is_refused_in_json(api: Api) -> None:
    with api.wire() as wire:
        wire.send(f"PUT {create_target(api)} HTTP/1.1\r\nHost: x\r\n"
                  f"Content-Length: {100 * MIB}\r\n\r\n".encode())
        answer = wire.receive()
    check_form(answer)
    assert answer.status == 413
    assert api.hyperty(api.id()).status == 404


CHUNK = b"10000\r\n" + b" " * 0x10000 + b"\r\n"


def test_a_larger_chunked_body_is_refused_in_json(api: Api) -> None:
    with api.wire() as wire:
        wire.send(f"PUT {create_target(api)} HTTP/1.1\r\nHost: x\r\n"
                  "Transfer-Encoding: chunked\r\n\r\n".encode() + CHUNK * 17 + b"0\r\n\r\n")
        answer = wire.receive()
    check_form(answer)
    assert answer.status == 413


LIMITS = {
    "target: longer than 16384 bytes": encode_request("GET", "/" + "x" * 20_000),
    "headers: longer than 16384 bytes": encode_request("GET", "/", headers=[("X", "v" * 20_000)]),
    "body: longer than 1048576 bytes": PUT_HEAD + b"Content-Length: 9999999\r\n\r\n",
}


@pytest.mark.own_server
@pytest.mark.parametrize("detail, sent", LIMITS.items(), ids=LIMITS.keys())
def test_what_is_too_large_is_told_with_the_limit(api: Api, detail: str, sent: bytes) -> None:
    assert ask(api, sent).json["detail"] == detail


def test_an_endless_body_is_cut_off(api: Api) -> None:
    with api.wire() as wire:
        wire.send(f"PUT {create_target(api)} HTTP/1.1\r\nHost: x\r\n"
                  "Transfer-Encoding: chunked\r\n\r\n".encode())
        with pytest.raises(ConnectionError):
            for _ in range(2000):
                wire.send(CHUNK)

    assert api.hyperty(api.id()).status == 404


BY_THE_LIBRARY = {
    "no version": (b"GET /live\r\nHost: x\r\n\r\n", 400),
    "no colon": (b"GET /live HTTP/1.1\r\nno colon\r\n\r\n", 400),
    "chunk without a size": (
        PUT_HEAD + b"Transfer-Encoding: chunked\r\n\r\nx\r\n{}\r\n0\r\n\r\n", 400),
    "chunk without an end": (
        PUT_HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}xx0\r\n\r\n", 400),
    "length no number": (PUT_HEAD + b"Content-Length: 2x\r\n\r\n{}", 400),
    "length beyond 64 bits": (PUT_HEAD + b"Content-Length: 18446744073709551616\r\n\r\n{}", 413),
    "other version": (b"GET /live HTTP/2.0\r\nHost: x\r\n\r\n", 505),
    "old version": (b"GET /live HTTP/0.9\r\nHost: x\r\n\r\n", 505),
    "long line": (b"GET /" + b"x" * 60_000 + b" HTTP/1.1\r\n\r\n", 414),
    "large headers": (b"GET /live HTTP/1.1\r\nX: " + b"x" * 60_000 + b"\r\n\r\n", 431),
}


@pytest.mark.own_server
@pytest.mark.parametrize("sent, status", BY_THE_LIBRARY.values(), ids=BY_THE_LIBRARY.keys())
def test_what_the_http_library_refuses_is_closed_behind_its_status(
    api: Api, sent: bytes, status: int
) -> None:
    with api.wire() as wire:
        wire.send(sent + FOLLOWER)
        told = wire.receive_within(10)

    assert told.startswith(b"HTTP/1.1 %d " % status)
    assert b"Connection: close" in told
    assert b"HTTP/1.1 200" not in told
    assert told.count(b"HTTP/1.1 ") == (2 if b"Content-Length" in sent else 1)


@pytest.mark.own_server
def test_a_line_without_a_space_is_only_closed(api: Api) -> None:
    with api.wire() as wire:
        wire.send(b"hello\r\n\r\n")

        assert wire.is_closed()


@pytest.mark.own_server
@pytest.mark.parametrize("line", [b"\r\n", b"\r\n\r\n", b"\0 nothing\r\n\r\n"])
def test_empty_lines_before_a_request_are_skipped(api: Api, line: bytes) -> None:
    assert ask(api, line + FOLLOWER).status == 200


@pytest.mark.parametrize("noise", [b"\0\1\2 this is not HTTP\r\n\r\n", b"hello\r\n\r\n",
                                   b"\r\n" * 50, b"GET\r\n\r\n",
                                   b"\x16\x03\x01\x02\0\1\0\1\xfc\3\3",
                                   b"GET /live HTTP/9.9\r\n\r\n",
                                   b"GET /live HTTP/2.0\r\n\r\n", b"x" * 300_000],
                         ids=lambda noise: repr(noise[:12]))
def test_what_is_not_http_harms_nobody(api: Api, noise: bytes) -> None:
    with api.wire() as wire:
        try:
            wire.send(noise)
        except ConnectionError:
            pass
        assert b" 200 " not in wire.receive_within(0.2)

    assert api.get("/live").status == 200


# ---- Methods ----


@pytest.mark.parametrize("method", ["BREW", "get", "PROPFIND", "X", "TRACE", "CONNECT", "PRI"])
def test_an_unknown_method_is_refused_in_json(api: Api, method: str) -> None:
    answer = ask(api, f"{method} /live HTTP/1.1\r\nHost: x\r\n\r\n".encode())

    assert answer.status in (405, 501)


def test_head_of_a_map_has_its_length_and_no_body(api: Api) -> None:
    api.create()
    target = f"/hyperty/user/{piece(api.user())}"
    with api.wire() as wire:
        wire.send(encode_request("HEAD", target) + encode_request("GET", target))
        head, get = wire.receive(head_only=True), wire.receive()

    assert (head.status, head.header("Content-Length")) == (200, get.header("Content-Length"))
    assert head.header("Content-Type") == "application/json"


# ---- Connections ----


def test_a_kept_alive_connection_serves_many_requests(api: Api) -> None:
    with api.wire() as wire:
        for n in range(50):
            wire.send(encode_request("GET", "/live" if n % 2 else "/nope"))
            assert wire.receive().status == (200 if n % 2 else 404)


@pytest.mark.parametrize("target, body", [("/nope", None), ("/hyperty/url/%zz", None),
                                          ("/hyperty/url/h", "not json"), ("/error", None)])
def test_an_ordinary_error_leaves_the_connection_open(
    api: Api, target: str, body: str | None
) -> None:
    with api.wire() as wire:
        for _ in range(2):
            wire.send(encode_request("PUT" if body else "GET", target, body))
            assert wire.receive().status >= 400


def test_connection_close_is_honoured(api: Api) -> None:
    with api.wire() as wire:
        wire.send(encode_request("GET", "/live", headers=[("Connection", "close")]))
        assert wire.receive().status == 200
        assert wire.is_closed()


def test_a_request_may_come_in_single_bytes(api: Api) -> None:
    with api.wire() as wire:
        for byte in encode_request("PUT", create_target(api), hyperty()):
            wire.send(bytes([byte]))
        assert wire.receive().status == 200


# ---- Headers that must not matter, and those that do ----


def test_an_upgrade_to_h2c_is_ignored(api: Api) -> None:
    """As Java's standard client sends it on every first request."""
    headers = [("Connection", "Upgrade, HTTP2-Settings"), ("Upgrade", "h2c"),
               ("HTTP2-Settings", "AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA")]
    with api.wire() as wire:
        for _ in range(2):
            wire.send(encode_request("PUT", create_target(api), hyperty(), headers))
            answer = wire.receive()
            assert said(answer) == (200, "Hyperty created")


@pytest.mark.parametrize("accept", ["text/html", "application/xml", "application/json;q=0",
                                    "*/*;q=0", "nonsense", ""])
def test_accept_is_ignored(api: Api, accept: str) -> None:
    entry = api.hyperty(api.create()).json

    answer = api.get(f"/hyperty/url/{piece(api.id())}", headers=[("Accept", accept)])

    assert (answer.status, answer.json) == (200, entry)


def test_nothing_is_ever_compressed(api: Api) -> None:
    answer = api.get("/live", headers=[("Accept-Encoding", "gzip, deflate, br")])

    assert answer.header("Content-Encoding") is None


def test_there_are_no_cors_headers_by_default(api: Api) -> None:
    answer = api.get("/live", headers=[("Origin", "http://app.example")])

    assert not [name for name, _ in answer.headers if name.lower().startswith("access-control")]


def test_a_host_header_of_any_value_will_do(api: Api) -> None:
    assert ask(api, b"GET /live HTTP/1.1\r\nHost: somewhere.else:99\r\n\r\n").status == 200


def test_a_query_may_have_question_marks_and_semicolons(api: Api) -> None:
    assert api.get("/live?a?b;c=d&&e").status == 200


# ---- The form of answers ----


def test_text_is_escaped_and_reads_back_as_it_was(api: Api) -> None:
    text = '"\\/\b\f\n\r\t\x01\x1f\x7f<>&=\' é \u2028 \U0001f600'
    api.create(descriptor=text, resources=[text])

    answer = api.hyperty(api.id())

    assert (answer.json["descriptor"], answer.json["resources"]) == (text, [text])
    assert not [byte for byte in answer.body if byte < 0x20]


def test_ids_are_escaped_as_map_keys(api: Api) -> None:
    odd = api.id('"\\\n</script>')
    api.put_hyperty(api.user(), odd, hyperty())

    assert set(api.of_user(api.user()).json) == {odd}


def test_types_of_members_in_answers(api: Api) -> None:
    api.put_hyperty(api.user(), api.id(), full_hyperty(resources=[], dataSchemes=["a"]))

    for name, value in api.hyperty(api.id()).json.items():
        if name == "expires":
            assert type(value) is int
        elif name in ("resources", "dataSchemes"):
            assert type(value) is list
        else:
            assert type(value) is str


def test_no_member_is_given_twice(api: Api) -> None:
    api.put_hyperty(api.user(), api.id(), full_hyperty())

    def only_once(pairs: list[tuple[str, object]]) -> dict[str, object]:
        assert len({name for name, _ in pairs}) == len(pairs)
        return dict(pairs)

    json.loads(api.hyperty(api.id()).body, object_pairs_hook=only_once)


def test_many_connections_at_once_are_served(api: Api) -> None:
    wires: list[Wire] = []
    try:
        for _ in range(200):
            wires.append(api.wire())
        for wire in wires:
            wire.send(FOLLOWER)
        assert {wire.receive().status for wire in wires} == {200}
    finally:
        for wire in wires:
            wire.close()
