"""Spec 6.15: the overview for operators, over HTTP. In a browser: tests/browser."""

import re
from typing import Any, Callable

import pytest

from registry.api import OwnApi
from registry.bodies import data_object, hyperty
from registry.client import NOT_FOUND, encode_request, said
from registry.overview import Page, ask, walk
from registry.wire import Answer

pytestmark = pytest.mark.own_server

Start = Callable[..., OwnApi]
DEVELOPMENT = {"DOMAIN_ENV": "DEVELOPMENT"}
HTML = [("Accept", "text/html,application/xhtml+xml,*/*;q=0.8")]

HOSTILE = [
    "<script>alert(1)</script>", "\"'&<>", "</title></style><img src=x onerror=alert(1)>",
    "javascript:alert(1)", "a\x01b\x1b[31m\x7f\r\nc", "\u202Egpj.exe", "\u2066a\u2069\u200F",
    "\u0085\u009F\uFEFF\u200B\u2028", "%s%n%t%q", "../../x?y#z", "&amp;&lt;", "\U000E0041\U0001F600",
]


@pytest.fixture
def api(start: Start, store: str) -> OwnApi:
    return start(store, environment=DEVELOPMENT)


def ask_admin(api: OwnApi, target: str, headers: Any = ()) -> Answer:
    registry = api.registry.members[0]
    with registry.connect(registry.admin_port) as wire:
        wire.send(encode_request("GET", target, None, headers))
        return wire.receive()


def seen(pages: list[Page], name: str) -> list[str]:
    return [row for page in pages for row in page.table(name).firsts]


# ---- Where it is ----


def test_a_browser_is_led_to_it_and_others_are_not(api: OwnApi) -> None:
    led = api.get("/live", headers=HTML)
    assert (led.status, led.header("Location"), led.body) == (302, "/overview", b"")

    for accept in ("*/*", "application/json", "text/html;q=0", "text/*", "text/html+x"):
        assert api.get("/live", headers=[("Accept", accept)]).json["status"] == "up"
    assert api.get("/live").json["status"] == "up"


def test_in_production_there_is_none_on_the_public_port(start: Start) -> None:
    api = start("memory")

    answer = api.get("/live", headers=HTML)
    assert answer.body == b'{"status":"up","Storage_type":"Ram","Hyperties_stored":"0"}'
    assert answer.header("Content-Type") == "application/json"
    assert said(api.get("/overview")) == NOT_FOUND
    assert said(api.put("/overview", {})) == NOT_FOUND


def test_the_admin_listener_always_has_it(start: Start) -> None:
    api = start("memory")
    api.create("h1")

    home = ask_admin(api, "/")
    assert (home.status, home.header("Location")) == (302, "/overview")
    assert ask_admin(api, "/live", HTML).header("Location") == "/overview"
    assert ask_admin(api, "/live").json["Hyperties_stored"] == "1"
    assert Page(ask_admin(api, "/overview")).table("live").firsts == [api.id("h1")]


def test_nothing_but_its_style_may_be_used_in_it(api: OwnApi) -> None:
    page = ask(api)

    policy = page.answer.header("Content-Security-Policy") or ""
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy
    assert page.answer.header("X-Content-Type-Options") == "nosniff"
    assert page.answer.header("Cache-Control") == "no-store"
    assert page.answer.header("Content-Type") == "text/html; charset=utf-8"
    assert {tag for tag, _ in page.tags}.isdisjoint({"script", "img", "link", "iframe", "object"})


def test_head_is_as_get_without_a_body(api: OwnApi) -> None:
    api.create()
    got, head = api.get("/overview", check=False), api.head("/overview")

    assert head.status == 200
    assert head.body == b""
    for name in ("Content-Type", "Content-Security-Policy", "Cache-Control"):
        assert head.header(name) == got.header(name)


def test_it_is_read_only(api: OwnApi) -> None:
    for method in ("PUT", "DELETE", "POST"):
        answer = api.request(method, "/overview", {} if method != "DELETE" else None)
        assert (answer.status, answer.header("Allow")) == (405, "GET, HEAD")


# ---- What it shows ----


def test_live_and_disconnected_stand_apart(api: OwnApi) -> None:
    api.create("h1", guid="user-guid://x.org/g")
    api.create("h2", status="created")
    api.create("h3")
    api.delete_hyperty(api.user(), api.id("h3"))
    api.create("h4", expires=5)
    api.pass_seconds(7)

    page = ask(api)

    assert page.is_well_formed
    assert page.title == "Hyperties – registry"
    assert sorted(page.table("live").firsts) == [api.id("h1"), api.id("h2")]
    assert sorted(page.table("away").firsts) == [api.id("h3"), api.id("h4")]
    first = next(row for row in page.table("live").rows if row[0] == api.id("h1"))
    assert first[:4] == [api.id("h1"), api.user(), "user-guid://x.org/g", "live"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ \(\d s ago\)", first[4])
    assert first[5] == "16 min"
    assert all(row[3] == "disconnected" and row[5] == "–" for row in page.table("away").rows)


def test_each_state_can_be_shown_alone(api: OwnApi) -> None:
    api.create("h1")
    api.create_disconnected("h2")

    assert seen(walk(api, state="live"), "live") == [api.id("h1")]
    assert seen(walk(api, state="live"), "away") == []
    assert seen(walk(api, state="disconnected"), "away") == [api.id("h2")]
    assert seen(walk(api, state="disconnected"), "live") == []


def test_data_objects_have_a_list_of_their_own(api: OwnApi) -> None:
    api.create("h1")
    api.create_object("o1", name="room")

    rows = [row for page in walk(api, list="objects") for row in page.table("live").rows]

    assert [row[:3] for row in rows] == [[api.url("o1"), api.id("r"), "room"]]
    assert seen(walk(api), "live") == [api.id("h1")]


def test_users_are_shown_with_what_they_have(api: OwnApi) -> None:
    api.create("h1", user="ann")
    api.create_disconnected("h2", user="ann")
    api.create("h3", user="bob")
    api.create_object()

    rows = [row[:3] for page in walk(api, list="users") for row in page.table("users").rows]

    assert sorted(rows) == [[api.user("ann"), "1", "1"], [api.user("bob"), "1", "0"]]


def test_users_of_many_hyperties_stand_together(api: OwnApi, store: str) -> None:
    api.create_many(900, users=100)

    pages = walk(api, list="users")
    rows = [row for page in pages for row in page.table("users").rows]

    assert {row[0] for row in rows} == {api.user(f"u{n}") for n in range(100)}
    assert sum(int(row[1]) for row in rows) == 900
    if store != "memory":
        assert len(rows) < 100 + len(pages)


def test_pending_updates_are_shown_and_stay(api: OwnApi) -> None:
    for name in ("h1", "h2"):
        api.create(name)
        api.delete_hyperty(api.user(), api.id(name))

    pages = [ask(api, list="updates") for _ in range(2)]

    expected = [api.id("h1"), api.id("h2")]
    assert [page.table("away").firsts for page in pages] == [expected, expected]
    assert set(api.news([api.id("h1"), api.id("h2")])) == {api.id("h1"), api.id("h2")}


def test_members_that_are_absent_are_no_failure(api: OwnApi) -> None:
    api.create("h1")
    api.put_object(api.url("o1"), data_object(name="", reporter=""))

    assert ask(api).table("live").rows[0][2] == "–"
    rows = [row for page in walk(api, list="objects") for row in page.table("live").rows]
    assert rows[0][1:3] == ["(empty)", "(empty)"]


def test_long_texts_are_cut_in_lists_and_whole_when_searched(api: OwnApi) -> None:
    key = api.id("ü" * 500)
    guid = "g" * 10000
    api.put_hyperty(api.user(), key, hyperty(guid=guid))

    shown = ask(api).table("live").rows[0]
    assert len(shown[0]) < 100 and shown[0].endswith("…") and key.startswith(shown[0][:-1])
    found = ask(api, by="hyperty", q=key).table("live").rows[0]
    assert found[0] == key
    assert found[2].endswith("…") and guid.startswith(found[2][:-1])


# ---- What it does not let through ----


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts_are_only_text(api: OwnApi, text: str) -> None:
    assert api.put_hyperty(text, text, hyperty(status=text, guid=text)).status == 200
    assert api.put_object(text, data_object(name=text, reporter=text, status=text)).status == 200

    plain = ask(api)
    for query in ({}, {"list": "objects"}, {"list": "users"}, {"by": "user", "q": text},
                  {"by": "guid", "q": text}, {"by": "url", "q": text}, {"by": "name", "q": text},
                  {"contains": text}):
        page = ask(api, **query)
        assert page.is_well_formed
        assert {tag for tag, _ in page.tags} <= {tag for tag, _ in plain.tags}
        assert {name for _, attributes in page.tags for name in attributes} <= {
            *(name for _, attributes in plain.tags for name in attributes), "rel"}
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e"
                             "\u2060-\u2069\ufeff\U000e0000-\U000e007f]", page.text)
        assert all(href["href"].startswith(("/overview?", "#list")) for href in page.all_of("a")
                   if href["href"])
        assert len(page.table("live").rows + page.table("users").rows) == 1


def test_a_link_leads_to_what_it_names(api: OwnApi) -> None:
    text = "\"'&<b> \u202E%41+\x01"
    api.put_hyperty(text, text + "h", hyperty(guid=text + "g"))

    links = [a["href"] for a in ask(api).all_of("a") if "by=" in (a["href"] or "")]

    assert len(links) == 3
    for link in links:
        assert link and len(ask(api, link).table("live").rows) == 1


# ---- Searching ----


def test_each_index_can_be_searched(api: OwnApi) -> None:
    api.create("h1", guid=api.unique("g"))
    api.create("h2", user="u2")
    api.create_object("o1")
    wanted = {
        "user": (api.user(), api.id("h1")), "email": (api.email("u2"), api.id("h2")),
        "guid": (api.unique("g"), api.id("h1")), "hyperty": (api.id("h2"), api.id("h2")),
        "url": (api.url("o1"), api.url("o1")), "name": (api.unique("n"), api.url("o1")),
        "reporter": (api.id("r"), api.url("o1")),
    }
    for by, (text, expected) in wanted.items():
        page = ask(api, by=by, q=text)
        assert page.table("live").firsts == [expected], by
        assert page.title == "Search – registry"
        assert ask(api, by=by, q=text + "x").tables == [], by


def test_a_search_shows_so_many_and_says_that_there_are_more(api: OwnApi) -> None:
    api.create_many(201, users=1)

    page = ask(api, by="user", q=api.user("u0"))

    assert len(page.table("live").rows) == 200
    assert "There are more, which are not shown here." in page.notes


def test_a_filter_finds_few_among_many(api: OwnApi) -> None:
    api.create_many(300)
    api.create("needle")

    pages = walk(api, contains="eedl")

    assert seen(pages, "live") == [api.id("needle")]


# ---- Paging ----


def test_pages_show_everything_once(api: OwnApi) -> None:
    ids = api.create_many(230)

    pages = walk(api)

    assert sorted(seen(pages, "live")) == sorted(ids)
    assert all(len(page.table("live").rows) <= 50 for page in pages)
    assert all(page.link("first") for page in pages[1:])
    assert all(len(page.answer.body) < 100_000 for page in pages)


def test_what_stays_is_shown_once_while_others_go(api: OwnApi) -> None:
    """With retention what was deleted is removed, cursors' own entries too."""
    ids = set(api.create_many(180, users=1))
    gone: set[str] = set()
    pages = [ask(api)]
    while (target := pages[-1].link("next")) is not None:
        for key in [pages[-1].table("live").firsts[-1], *sorted(ids - gone)[:20]]:
            api.delete_hyperty(api.user("u0"), key)
            gone.add(key)
        api.create(f"more{len(pages)}")
        pages.append(ask(api, target))
        assert len(pages) < 100

    shown = seen(pages, "live") + seen(pages, "away")
    assert len(shown) == len(set(shown))
    assert set(shown) >= ids


def test_what_is_removed_does_not_disturb_the_others(start: Start, store: str) -> None:
    api = start(store, environment=DEVELOPMENT, arguments=["--retention-s", "1"])
    ids = api.create_many(160, users=1)
    first = ask(api)
    for key in first.table("live").firsts:
        api.delete_hyperty(api.user("u0"), key)
    api.pass_seconds(3)
    target = first.link("next")
    pages = []
    while target:
        pages.append(ask(api, target))
        target = pages[-1].link("next")

    assert sorted(seen(pages, "live") + first.table("live").firsts) == sorted(ids)


@pytest.mark.parametrize("cursor", ["0", "zz", "00", "0G", "%00", "ab", "00" * 5000, "FF" * 600,
                                    "FF" * 8, "80" + "00" * 7, "01", "00FF"])
def test_a_bad_cursor_is_refused_or_leads_somewhere(api: OwnApi, cursor: str) -> None:
    api.create_many(60)

    answer = api.get(f"/overview?from={cursor}", check=False)

    assert answer.status in (200, 400, 503)
    if answer.status == 400:
        assert said(answer)[1] == "Bad Request"
    assert len(walk(api)) >= 2


@pytest.mark.parametrize("query", ["list=x", "state=x", "by=x&q=a", "q=%ff", "q=a%00b",
                                   "contains=%C3", "from=x"])
def test_a_bad_query_is_refused_with_the_reason(api: OwnApi, query: str) -> None:
    answer = api.get(f"/overview?{query}")

    assert said(answer)[0] == 400
    assert answer.json["detail"].startswith(f"query: {query.split('=')[0]}"[:10])


def test_an_empty_parameter_is_none(api: OwnApi) -> None:
    api.create()

    assert len(ask(api, "/overview?list=&q=&contains=&from=&state=&unknown=1").tables) == 1
