"""Spec 6.15, 6.16, 12 and 16, V: service endpoints and robustness."""

import signal
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Callable

import pytest

from registry.api import Api, OwnApi
from registry.bodies import ABSENT, hyperty
from registry.client import (BAD_REQUEST, NOT_ALLOWED, NOT_FOUND, encode_body, encode_request,
                             piece, said)
from registry.wire import Wire


def test_V1_the_root_leads_to_live(api: Api) -> None:
    answer = api.get("/")

    assert (answer.status, answer.header("Location"), answer.body) == (302, "/live", b"")


@pytest.mark.own_server
def test_V2_live_counts_what_is_stored(fresh: OwnApi, store: str) -> None:
    def live() -> dict[str, str]:
        answer = fresh.get("/live")
        assert answer.status == 200
        assert all(isinstance(value, str) for value in answer.json.values())
        return answer.json

    fresh.check_stored(0)
    first = live()
    assert (first["status"], first["Hyperties_stored"]) == ("up", "0")
    assert first["Storage_type"] == {"memory": "Ram", "lmdb": "Lmdb",
                                     "cassandra": "Cassandra"}[store]

    fresh.create("h1")
    fresh.create("h1")
    fresh.create_disconnected("h2")
    fresh.create("h3")
    fresh.delete_hyperty(fresh.user(), fresh.id("h3"))
    fresh.create_object()

    fresh.check_stored(3)


def test_V3_error_is_unauthorized(api: Api) -> None:
    assert said(api.get("/error")) == (401, "Unauthorized.")


@pytest.mark.parametrize("path", ["/nope", "/x/y", "/throwexception", "/hyperties", "/favicon.ico",
                                  "/hyperty/nope/x", "/live.html"])
def test_V4_an_unknown_path_is_not_found(api: Api, path: str) -> None:
    assert said(api.get(path)) == NOT_FOUND


ALLOWED = [
    ("/", {"GET", "HEAD"}),
    ("/live", {"GET", "HEAD"}),
    ("/ready", {"GET", "HEAD"}),
    ("/error", {"GET", "HEAD"}),
    ("/registry/updated", {"GET", "HEAD"}),
    ("/hyperty/user/u", {"GET", "HEAD"}),
    ("/hyperty/user/u/x", {"GET", "HEAD", "PUT", "DELETE"}),
    ("/hyperty/url/h", {"GET", "HEAD", "PUT"}),
    ("/hyperty/guid/g", {"GET", "HEAD"}),
    ("/hyperty/email/e", {"GET", "HEAD"}),
    ("/hyperty/email/e/w", {"GET", "HEAD"}),
    ("/hyperty/dataobject/o", {"PUT"}),
    ("/hyperty/dataobject/url/o", {"GET", "HEAD", "PUT", "DELETE"}),
    ("/hyperty/dataobject/name/n", {"GET", "HEAD"}),
    ("/hyperty/dataobject/reporter/r", {"GET", "HEAD"}),
    ("/hyperty/dataobject/url/o/w", {"GET", "HEAD"}),
    ("/hyperty/dataobject/name/n/w", {"GET", "HEAD"}),
    ("/hyperty/dataobject/reporter/r/w", {"GET", "HEAD"}),
    ("/dataobject/url/o", {"PUT"}),
]


@pytest.mark.parametrize("path, allowed", ALLOWED)
@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "POST", "OPTIONS", "PATCH"])
def test_V5_other_methods_are_not_allowed_and_told_which_are(
    api: Api, path: str, allowed: set[str], method: str
) -> None:
    if method in allowed:
        return
    answer = api.request(method, path, b"{}" if method in ("PUT", "POST", "PATCH") else None)

    assert answer.status == 405
    if method != "HEAD":
        assert said(answer) == NOT_ALLOWED
    assert {m.strip() for m in (answer.header("Allow") or "").split(",")} == allowed


@pytest.mark.parametrize("header", ["X-HTTP-Method-Override", "X-HTTP-Method",
                                    "X-Method-Override"])
@pytest.mark.parametrize("method", ["DELETE", "PUT"])
def test_V6_a_header_does_not_override_the_method(api: Api, header: str, method: str) -> None:
    entry = api.hyperty(api.create()).json
    target = f"/hyperty/user/{piece(api.user())}/{piece(api.id())}"

    answer = api.get(target, headers=[(header, method)])

    assert (answer.status, answer.json) == (200, entry)
    assert api.hyperty(api.id()).json == entry
    posted = api.request("POST", target, {}, headers=[(header, method)])
    assert said(posted) == NOT_ALLOWED


@pytest.mark.own_server
@pytest.mark.parametrize("method, path", [("GET", "/live"), ("GET", "/ready"), ("GET", "/"),
                                          ("GET", "/nope"), ("GET", "/hyperty/user/u"),
                                          ("PUT", "/hyperty/user/u/h"), ("POST", "/live"),
                                          ("GET", "/hyperty/user/%zz"), ("GET", "/error"),
                                          ("GET", "/registry/updated")])
def test_V7_who_is_not_the_load_balancer_is_unauthorized_on_every_path(
    start: Callable[..., OwnApi], method: str, path: str
) -> None:
    api = start("memory", environment={"LOAD_BALANCER_IP": "192.0.2.7"})

    answer = api.request(method, path, hyperty() if method == "PUT" else None)

    assert said(answer) == (401, "Unauthorized request")


@pytest.mark.own_server
def test_V8_many_clients_at_once_cause_no_errors(fresh: OwnApi) -> None:
    writers, each, readers = 6, 2000, 3
    over = False

    def write(writer: int) -> set[int]:
        with fresh.another() as client:
            return {client.put_hyperty(fresh.user(f"u{n % 400}"), fresh.id(f"h{writer}.{n}"),
                                       hyperty()).status for n in range(each)}

    def read(reader: int) -> set[int]:
        statuses: set[int] = set()
        with fresh.another() as client:
            n = 0
            while not over:
                n += 1
                statuses.add(client.hyperty(fresh.id(f"h{reader}.{n % each}")).status)
                statuses.add(client.get("/live").status)
        return statuses

    with ThreadPoolExecutor(writers + readers) as pool:
        reading = [pool.submit(read, n) for n in range(readers)]
        writing = [pool.submit(write, n) for n in range(writers)]
        try:
            written = set().union(*(future.result() for future in writing))
        finally:
            over = True
        statuses = set().union(*(future.result() for future in reading))

    assert written == {200}
    assert statuses <= {200, 404}
    fresh.check_stored(writers * each)
    assert len(fresh.of_user(fresh.user("u7")).json) == writers * each // 400


def test_V9_of_two_users_who_race_for_an_id_exactly_one_wins(api: Api) -> None:
    rounds = 1000
    body = hyperty()

    def request(user: str, n: int) -> bytes:
        return encode_request("PUT", f"/hyperty/user/{piece(api.user(user))}"
                                     f"/{piece(api.id(f'h{n}'))}", body)

    with api.wire() as first, api.wire() as second:
        for n in range(rounds):
            racers = [(first, "u1"), (second, "u2")]
            for wire, user in racers if n % 2 else reversed(racers):
                wire.send(request(user, n))
            answers = {user: wire.receive() for wire, user in racers}

            assert sorted(answer.status for answer in answers.values()) == [200, 404]
            winner = next(user for user, answer in answers.items() if answer.status == 200)
            assert api.hyperty(api.id(f"h{n}")).json["userID"] == api.user(winner)


def test_V10_pipelined_requests_are_answered_in_order(api: Api) -> None:
    ids = [api.create(f"h{n}") for n in range(5)]
    requests = [encode_request("GET", f"/hyperty/url/{piece(key)}") for key in ids]
    requests.insert(2, encode_request("PUT", f"/hyperty/url/{piece(ids[3])}", {"runtime": "new"}))

    with api.wire() as wire:
        wire.send(b"".join(requests))
        answers = [wire.receive() for _ in requests]

    shown = [answer.json.get("hypertyID", "update") for answer in answers]
    assert shown == [ids[0], ids[1], "update", ids[2], ids[3], ids[4]]
    assert answers[4].json["runtime"] == "new"


def test_V10_many_pipelined_writes_are_all_answered(api: Api) -> None:
    count = 200
    with api.wire() as wire:
        wire.send(b"".join(
            encode_request("PUT", f"/hyperty/user/{piece(api.user())}/{piece(api.id(f'h{n}'))}",
                           hyperty()) for n in range(count)))
        assert [wire.receive().status for _ in range(count)] == [200] * count

    assert len(api.of_user(api.user()).json) == count


def test_V11_http_1_0_is_answered_and_closed(api: Api) -> None:
    with api.wire() as wire:
        wire.send(b"GET /live HTTP/1.0\r\n\r\n")
        answer = wire.receive()

        assert (answer.status, answer.json["status"]) == (200, "up")
        assert wire.is_closed()


def test_V11_http_1_0_with_keep_alive_stays_open(api: Api) -> None:
    with api.wire() as wire:
        for _ in range(3):
            wire.send(b"GET /live HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
            answer = wire.receive()
            assert answer.status == 200
            assert (answer.header("Connection") or "").lower() == "keep-alive"


ERRORS: list[tuple[str, str, Any, int]] = [
    ("PUT", "/hyperty/user/u/h", hyperty(runtime=ABSENT), 400),
    ("PUT", "/hyperty/user/u/h", "", 400),
    ("PUT", "/hyperty/user//h", hyperty(), 400),
    ("PUT", "/hyperty/user/h", hyperty(), 405),
    ("PUT", "/hyperty/user/u/h/x", hyperty(), 404),
    ("GET", "/hyperty/user/%zz", None, 400),
    ("GET", "/hyperty/user/%E9", None, 400),
    ("GET", "/hyperty/user", None, 404),
    ("GET", "/hyperty/url/none-of-these", None, 404),
    ("GET", "/hyperty/user/none-of-these", None, 404),
    ("GET", "/hyperty/guid/none-of-these", None, 404),
    ("GET", "/hyperty/email/none-of-these", None, 404),
    ("GET", "/hyperty/user/u/none-of-these", None, 404),
    ("GET", "/hyperty/user/u/hyperty?resources=none-of-these", None, 404),
    ("PUT", "/hyperty/url/none-of-these", {}, 404),
    ("PUT", "/hyperty/url/none-of-these", "[]", 400),
    ("DELETE", "/hyperty/user/u/none-of-these", None, 404),
    ("PUT", "/hyperty/dataobject/o", {}, 400),
    ("PUT", "/dataobject/url/none-of-these", {}, 404),
    ("DELETE", "/hyperty/dataobject/url/none-of-these", None, 404),
    ("GET", "/dataobject/url/o", None, 405),
    ("GET", "/error", None, 401),
    ("GET", "/nope", None, 404),
    ("POST", "/live", {}, 405),
    ("OPTIONS", "/live", None, 405),
]


@pytest.mark.parametrize("method, path, body, status", ERRORS)
def test_V12_every_error_is_a_json_object_with_a_message(
    api: Api, method: str, path: str, body: Any, status: int
) -> None:
    """The client checks the same of each answer that any of these tests gets."""
    answer = api.request(method, path, body)

    assert answer.status == status
    assert answer.header("Content-Type") == "application/json"
    assert isinstance(answer.json, dict)
    assert said(answer) in (BAD_REQUEST, (401, "Unauthorized."), NOT_FOUND, NOT_ALLOWED)


def test_V13_a_408_leaves_the_connection_open(api: Api) -> None:
    api.create_disconnected()
    target = f"/hyperty/url/{piece(api.id())}"

    with api.wire() as wire:
        for _ in range(3):
            wire.send(encode_request("GET", target))
            answer = wire.receive()
            assert answer.status == 408
            assert (answer.header("Connection") or "").lower() != "close"
        wire.send(encode_request("GET", "/live"))
        assert wire.receive().status == 200


# ---- The rest of 6.15 ----


def test_ready_says_so(api: Api) -> None:
    answer = api.get("/ready")

    assert (answer.status, answer.json) == (200, {"status": "ready"})


@pytest.mark.own_server
def test_the_admin_listener_answers_live_ready_and_metrics(api: OwnApi) -> None:
    assert api.registry.admin("/live")[0] == 200
    assert api.registry.admin("/ready") == (200, '{"status":"ready"}')
    assert "registryd_http_requests_total" in api.registry.metrics()
    assert api.registry.admin("/nope")[0] == 404
    assert api.registry.admin("/hyperty/user/u")[0] == 404


def test_metrics_are_not_on_the_public_listener(api: Api) -> None:
    assert said(api.get("/metrics")) == NOT_FOUND


@pytest.mark.own_server
@pytest.mark.parametrize("mode", ["DEVELOPMENT", "PRODUCTION"])
def test_live_never_shows_markup_that_came_from_outside(
    start: Callable[..., OwnApi], mode: str
) -> None:
    api = start("memory", environment={"DOMAIN_ENV": mode})
    api.put_hyperty("<script>u</script>", "<script>h</script>", hyperty(runtime="<b>"))

    answer = api.get("/live", headers=[("Accept", "text/html,*/*;q=0.1")], check=False)

    if mode == "PRODUCTION":
        assert answer.header("Content-Type") == "application/json"
    else:
        assert (answer.status, answer.header("Location")) == (302, "/overview")
        answer = api.get("/overview", check=False)
    assert answer.status == 200
    assert b"<script>u" not in answer.body and b"<script>h" not in answer.body


@pytest.mark.own_server
def test_a_drained_server_lets_a_request_in_flight_finish(
    start: Callable[..., OwnApi], store: str
) -> None:
    api = start(store)
    body = encode_body(hyperty())
    with api.wire() as wire:
        wire.send(f"PUT /hyperty/user/{piece(api.user())}/{piece(api.id())} HTTP/1.1\r\nHost: x\r\n"
                  f"Expect: 100-continue\r\nContent-Length: {len(body)}\r\n\r\n".encode())
        assert wire.interim() == 100
        api.registry.signal(signal.SIGTERM)
        api.registry.wait_for_log("server.draining")
        wire.send(body)
        assert said(wire.receive()) == (200, "Hyperty created")
        assert wire.is_closed()
    assert api.registry.wait() == 0


@pytest.mark.own_server
def test_ready_is_503_while_draining(start: Callable[..., OwnApi]) -> None:
    api = start("memory", arguments=["--drain-notice-ms", "500"])
    with Wire(api.host, api.port) as wire:
        wire.send(encode_request("GET", "/ready"))
        assert wire.receive().status == 200
        api.registry.signal(signal.SIGTERM)
        api.registry.wait_for_log("server.draining")
        wire.send(encode_request("GET", "/ready"))
        answer = wire.receive()
    assert answer.status == 503
    assert answer.json["message"]
    assert api.registry.wait() == 0
