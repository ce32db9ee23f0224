"""Spec 6.10 to 6.13 and 16, D: data objects."""

from typing import Any

import pytest

from registry.api import Api
from registry.bodies import ABSENT, OBJECT_REQUIRED, data_object, hyperty
from registry.client import BAD_REQUEST, NOT_ALLOWED, NOT_FOUND, piece, said

CREATED = (200, "Data object created")
KEPT_ALIVE = (200, "Keep alive")
UPDATED = (200, "data object updated")
DELETED = (200, "Data object deleted")


def put_o1(api: Api, body: Any) -> tuple[int, str]:
    return said(api.put_object(api.url(), body))


def read(api: Api, name: str = "o1") -> dict[str, Any]:
    answer = api.object(api.url(name))
    assert answer.status == 200
    return answer.json


def test_D1_a_valid_body_creates_a_data_object(api: Api) -> None:
    assert put_o1(api, data_object()) == CREATED

    entry = read(api)
    assert {name: entry[name] for name in OBJECT_REQUIRED} == data_object()
    assert entry["url"] == api.url()
    assert entry["startingTime"] == entry["lastModified"]
    assert len(entry) == 11


@pytest.mark.parametrize("value", [ABSENT, None, {}], ids=["absent", "null", "object"])
@pytest.mark.parametrize("member", OBJECT_REQUIRED)
def test_D2_a_missing_required_member_is_refused(api: Api, member: str, value: Any) -> None:
    assert put_o1(api, data_object(**{member: value})) == BAD_REQUEST
    assert said(api.object(api.url())) == NOT_FOUND


def test_D3_unknown_members_and_the_url_are_ignored_in_the_body(api: Api) -> None:
    body = data_object(url="other", p2pHandler="x", guid="x", userID="x", hypertyID="x", more=[1],
                       startingTime="x", lastModified="x")
    assert put_o1(api, body) == CREATED

    entry = read(api)
    assert entry["url"] == api.url()
    assert len(entry) == 11
    assert entry["startingTime"] == entry["lastModified"] != "x"


def test_D4_with_its_optional_member_a_read_has_exactly_12(api: Api) -> None:
    put_o1(api, data_object(p2pRequester="p2p"))

    entry = read(api)
    assert entry["p2pRequester"] == "p2p"
    assert set(entry) == {*OBJECT_REQUIRED, "p2pRequester", "url", "startingTime",
                          "lastModified"}
    assert len(entry) == 12


@pytest.mark.parametrize("by", ["url", "name", "reporter"])
def test_D5_unknown_ones_are_not_found(api: Api, by: str) -> None:
    assert said(api.objects(by, api.unique("none"))) == NOT_FOUND


def test_D6_a_name_leads_to_all_objects_of_that_name(api: Api) -> None:
    urls = [api.create_object(name) for name in ("o1", "o2")]
    api.create_object("o3", name=api.unique("other"))

    answer = api.objects("name", api.unique("n"))

    assert answer.status == 200
    assert answer.json == {url: api.object(url).json for url in urls}


def test_D7_a_reporter_leads_to_all_its_objects(api: Api) -> None:
    urls = [api.create_object(name) for name in ("o1", "o2", "o3")]
    api.create_object("o4", reporter=api.id("other"))

    answer = api.objects("reporter", api.id("r"))

    assert answer.status == 200
    assert answer.json == {url: api.object(url).json for url in urls}


@pytest.fixture
def three(api: Api) -> list[str]:
    """o1: a with b; o2: a and c with b; o3: a with d."""
    return [api.create_object("o1", resources=["a"], dataSchemes=["b"]),
            api.create_object("o2", resources=["a", "c"], dataSchemes=["b"]),
            api.create_object("o3", resources=["a"], dataSchemes=["d"])]


SEARCHES = [
    ("?resources=a", [0, 1, 2]),
    ("?dataSchemes=b", [0, 1]),
    ("?resources=a&dataSchemes=b", [0, 1]),
    ("?resources=c,a&dataSchemes=b", [1]),
    ("?resources=a&resources=c", [1]),
    ("?resources=a,", [0, 1, 2]),
    ("?resources=c&dataSchemes=d", []),
    ("?resources=", []),
    ("?resources=b", []),
]


@pytest.mark.parametrize("query, found", SEARCHES)
def test_D8_a_search_by_name_wants_everything_asked(
    api: Api, three: list[str], query: str, found: list[int]
) -> None:
    answer = api.search_objects("name", api.unique("n"), query)

    if found:
        assert (answer.status, set(answer.json)) == (200, {three[n] for n in found})
    else:
        assert said(answer) == NOT_FOUND


@pytest.mark.parametrize("query, found", SEARCHES)
def test_D9_a_search_by_reporter_does_the_same(
    api: Api, three: list[str], query: str, found: list[int]
) -> None:
    answer = api.search_objects("reporter", api.id("r"), query)

    if found:
        assert (answer.status, set(answer.json)) == (200, {three[n] for n in found})
    else:
        assert said(answer) == NOT_FOUND


@pytest.mark.parametrize("query, found", SEARCHES)
def test_D9_a_search_by_url_gives_a_map_of_the_one(
    api: Api, three: list[str], query: str, found: list[int]
) -> None:
    answer = api.search_objects("url", three[1], query)

    if 1 in found:
        assert answer.status == 200
        assert answer.json == {three[1]: read(api, "o2")}
    else:
        assert said(answer) == NOT_FOUND


@pytest.mark.parametrize("by", ["url", "name", "reporter"])
@pytest.mark.parametrize("tail", ["do", "do?", "do?dd=x", "other", "do?resources=a&x=1",
                                  "do?Resources=a"])
def test_D10_a_search_without_a_proper_query_is_not_found(
    api: Api, three: list[str], by: str, tail: str
) -> None:
    key = {"url": three[0], "name": api.unique("n"), "reporter": api.id("r")}[by]

    assert said(api.get(f"/hyperty/dataobject/{by}/{piece(key)}/{tail}")) == NOT_FOUND


@pytest.mark.parametrize("by", ["url", "name", "reporter"])
def test_D11_a_search_below_an_unknown_one_is_not_found(api: Api, by: str) -> None:
    assert said(api.search_objects(by, api.unique("none"), "?resources=a")) == NOT_FOUND


@pytest.mark.parametrize("body", ["{}", "{ }", "{}\n"])
def test_D12_a_keep_alive_makes_it_live(api: Api, body: str) -> None:
    api.create_object(status="created")

    assert said(api.update_object(api.url(), body)) == KEPT_ALIVE

    assert read(api)["status"] == "live"


def test_D13_an_update_changes_only_what_it_has(api: Api) -> None:
    api.create_object(p2pRequester="p2p")
    before = read(api)
    api.pass_seconds(1.1)

    assert said(api.update_object(api.url(), {"schema": "s2"})) == UPDATED

    after = read(api)
    assert after["lastModified"] > before["lastModified"]
    assert {**after, "lastModified": before["lastModified"]} == {**before, "schema": "s2"}


@pytest.mark.parametrize("body", [{}, {"schema": "s2"}, {"status": "live"}])
def test_D14_an_unknown_one_cannot_be_kept_alive_or_updated(api: Api, body: Any) -> None:
    assert said(api.update_object(api.url(), body)) == NOT_FOUND
    assert said(api.object(api.url())) == NOT_FOUND


@pytest.mark.parametrize("body", ["", "[]", "null", "{", '{"resources":"x"}',
                                  '{"expires":"abc"}'])
def test_D14_a_bad_update_is_a_bad_request(api: Api, body: str) -> None:
    assert said(api.update_object(api.url(), body)) == BAD_REQUEST
    api.create_object()
    assert said(api.update_object(api.url(), body)) == BAD_REQUEST


@pytest.mark.parametrize("how", ["update", "replace"])
def test_D15_look_ups_move_with_the_name_and_the_reporter(api: Api, how: str) -> None:
    url = api.create_object()
    new = {"name": api.unique("n2"), "reporter": api.id("r2")}

    if how == "update":
        api.update_object(url, new)
    else:
        api.create_object(**new)

    assert set(api.objects("name", new["name"]).json) == {url}
    assert set(api.objects("reporter", new["reporter"]).json) == {url}
    assert said(api.objects("name", api.unique("n"))) == NOT_FOUND
    assert said(api.objects("reporter", api.id("r"))) == NOT_FOUND


def test_D16_a_client_may_disconnect_and_that_is_no_news(api: Api) -> None:
    api.create_object()

    assert said(api.update_object(api.url(), {"status": "disconnected"})) == UPDATED

    assert read(api)["status"] == "disconnected"
    assert api.news() == {}


def test_D17_all_objects_of_a_name_disconnected_still_give_200(api: Api) -> None:
    urls = [api.create_object(name, status="disconnected") for name in ("o1", "o2")]

    for answer in (api.objects("name", api.unique("n")), api.objects("reporter", api.id("r")),
                   api.search_objects("name", api.unique("n"), "?resources=chat")):
        assert (answer.status, set(answer.json)) == (200, set(urls))


def test_D18_a_delete_disconnects_and_is_news_once(api: Api) -> None:
    url = api.create_object()
    before = read(api)
    api.pass_seconds(1.1)

    assert said(api.delete_object(url)) == DELETED

    assert read(api) == {**before, "status": "disconnected"}
    assert api.news([url]) == {url: read(api)}
    assert said(api.delete_object(url)) == DELETED
    assert api.news() == {}


def test_D18_an_unknown_one_cannot_be_deleted(api: Api) -> None:
    assert said(api.delete_object(api.url())) == NOT_FOUND


def test_D19_a_create_may_name_the_url_piece(api: Api) -> None:
    answer = api.put(f"/hyperty/dataobject/url/{piece(api.url())}", data_object())

    assert said(answer) == CREATED
    assert read(api)["url"] == api.url()


def test_D19_replacing_keeps_the_starting_time_and_needs_no_owner(api: Api) -> None:
    put_o1(api, data_object(reporter=api.id("r1")))
    first = read(api)
    api.pass_seconds(1.1)

    assert put_o1(api, data_object(reporter=api.id("r2"))) == CREATED

    second = read(api)
    assert second["startingTime"] == first["startingTime"]
    assert second["lastModified"] > first["lastModified"]
    assert second["reporter"] == api.id("r2")


def test_D20_a_reporter_of_null_harms_nobody(api: Api) -> None:
    url = api.create_object("o2")

    assert put_o1(api, data_object(reporter=None)) == BAD_REQUEST

    assert set(api.objects("reporter", api.id("r")).json) == {url}
    assert set(api.objects("name", api.unique("n")).json) == {url}


@pytest.mark.parametrize("method, path", [
    ("GET", "/hyperty/dataobject/{}"),
    ("DELETE", "/hyperty/dataobject/{}"),
    ("GET", "/dataobject/url/{}"),
    ("DELETE", "/dataobject/url/{}"),
    ("PUT", "/hyperty/dataobject/name/{}"),
    ("PUT", "/hyperty/dataobject/reporter/{}"),
    ("DELETE", "/hyperty/dataobject/name/{}"),
])
def test_D21_other_methods_are_not_allowed(api: Api, method: str, path: str) -> None:
    api.create_object()
    before = read(api)

    answer = api.request(method, path.format(piece(api.url())),
                         data_object(schema="changed") if method == "PUT" else None)

    assert said(answer) == NOT_ALLOWED
    assert answer.header("Allow")
    assert read(api) == before


# ---- What the rows leave open ----


def test_hyperties_and_data_objects_of_one_key_are_two_entries(api: Api) -> None:
    key = api.unique("both")
    api.put_hyperty(api.user(), key, hyperty())
    api.put_object(key, data_object())

    api.delete_object(key)

    assert api.hyperty(key).status == 200
    assert api.object(key).json["status"] == "disconnected"


def test_a_late_keep_alive_revives(api: Api) -> None:
    url = api.create_object(expires=1)
    api.pass_seconds(3.1)

    assert said(api.update_object(url, {})) == KEPT_ALIVE

    assert read(api)["status"] == "live"
    assert api.news() == {}


def test_the_cap_holds_for_data_objects(api: Api) -> None:
    api.create_object(expires=5000)
    assert read(api)["expires"] == 3600

    api.update_object(api.url(), {"expires": 999999})
    assert read(api)["expires"] == 3600


def test_an_empty_name_or_reporter_is_stored_like_any_other(api: Api) -> None:
    put_o1(api, data_object(name="", reporter=""))

    assert (read(api)["name"], read(api)["reporter"]) == ("", "")
