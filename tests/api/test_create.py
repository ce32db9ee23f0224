"""Spec 16, C: creating and replacing hyperties."""

from typing import Any

import pytest

from registry.api import Api
from registry.bodies import (ABSENT, HYPERTY_OPTIONAL, HYPERTY_REQUIRED, full_hyperty, hyperty)
from registry.client import BAD_REQUEST, NOT_ALLOWED, NOT_FOUND, encode_body, piece, said

CREATED = (200, "Hyperty created")
CAP = 3600


def put_h1(api: Api, body: Any) -> tuple[int, str]:
    return said(api.put_hyperty(api.user(), api.id(), body))


def stored(api: Api, body: Any) -> dict[str, Any]:
    """Creates h1 of u1 from the body, and reads it."""
    assert put_h1(api, body) == CREATED
    answer = api.hyperty(api.id())
    assert answer.status == 200
    return answer.json


def nothing_is_stored(api: Api) -> bool:
    return (said(api.hyperty(api.id())) == NOT_FOUND
            and said(api.of_user(api.user())) == NOT_FOUND)


def test_C1_a_valid_body_creates_a_hyperty(api: Api) -> None:
    assert put_h1(api, hyperty()) == CREATED

    entry = api.hyperty(api.id()).json
    assert {name: entry[name] for name in HYPERTY_REQUIRED} == hyperty()
    assert entry["hypertyID"] == api.id()
    assert entry["userID"] == api.user()
    assert entry["startingTime"] == entry["lastModified"]


def test_C2_creating_again_answers_the_same_and_keeps_the_starting_time(api: Api) -> None:
    first = stored(api, hyperty())
    api.pass_seconds(2)

    second = stored(api, hyperty())

    assert second["startingTime"] == first["startingTime"]
    assert second["lastModified"] > first["lastModified"]


def test_C3_another_new_user_cannot_take_over_an_id(api: Api) -> None:
    before = stored(api, hyperty())

    answer = api.put_hyperty(api.user("u2"), api.id(), hyperty(runtime="other"))

    assert said(answer) == NOT_FOUND
    assert api.hyperty(api.id()).json == before
    assert said(api.of_user(api.user("u2"))) == NOT_FOUND


def test_C4_another_known_user_cannot_take_over_an_id(api: Api) -> None:
    before = stored(api, hyperty())
    api.create("h2", user="u2")

    answer = api.put_hyperty(api.user("u2"), api.id(), hyperty(runtime="other"))

    assert said(answer) == NOT_FOUND
    assert api.hyperty(api.id()).json == before
    assert set(api.of_user(api.user("u2")).json) == {api.id("h2")}


@pytest.mark.parametrize("gone", ["expired", "deleted"])
def test_C5_other_user_cannot_take_over_an_expired_or_deleted_id(api: Api, gone: str) -> None:
    api.create(expires=1)
    if gone == "expired":
        api.pass_seconds(2.1)
    else:
        api.delete_hyperty(api.user(), api.id())
    assert api.hyperty(api.id()).status == 408

    answer = api.put_hyperty(api.user("u2"), api.id(), hyperty())

    assert said(answer) == NOT_FOUND
    assert api.hyperty(api.id()).json["userID"] == api.user()


@pytest.mark.parametrize("member", HYPERTY_REQUIRED)
def test_C6_a_missing_required_member_is_refused(api: Api, member: str) -> None:
    assert put_h1(api, hyperty(**{member: ABSENT})) == BAD_REQUEST
    assert nothing_is_stored(api)


def test_C7_a_renamed_required_member_is_missing(api: Api) -> None:
    assert put_h1(api, hyperty(resources=ABSENT, resource=["chat"])) == BAD_REQUEST
    assert nothing_is_stored(api)


def test_C8_unknown_members_are_ignored_and_not_stored(api: Api) -> None:
    entry = stored(api, hyperty(user="x", url="y", schema="z", nested={"a": [None]}))

    assert not {"user", "url", "schema", "nested"} & entry.keys()


def test_C9_members_set_by_the_server_are_ignored_in_the_body(api: Api) -> None:
    entry = stored(api, hyperty(userID="other", hypertyID="other",
                                startingTime="2001-01-01T00:00:00Z", lastModified=[{}]))

    assert entry["userID"] == api.user()
    assert entry["hypertyID"] == api.id()
    assert entry["startingTime"] == entry["lastModified"] > "2001-01-01T00:00:00Z"


def test_C10_without_optional_members_a_read_has_exactly_10(api: Api) -> None:
    entry = stored(api, hyperty())

    assert set(entry) == {*HYPERTY_REQUIRED, "hypertyID", "userID", "startingTime",
                          "lastModified"}
    assert len(entry) == 10


def test_C11_with_all_optional_members_a_read_has_exactly_13(api: Api) -> None:
    entry = stored(api, full_hyperty())

    assert {name: entry[name] for name in HYPERTY_OPTIONAL} == {
        name: full_hyperty()[name] for name in HYPERTY_OPTIONAL}
    assert len(entry) == 13


def test_C12_a_larger_lifetime_is_stored_as_the_cap(api: Api) -> None:
    assert stored(api, hyperty(expires=5000))["expires"] == CAP


@pytest.mark.parametrize("text", ['"1200"', "1200.0", "1.2e3", "12E+2", '"1200.0"', '"1.2e3"'])
def test_C13_a_lifetime_may_be_written_in_any_notation(api: Api, text: str) -> None:
    body = encode_body(hyperty(expires=777)).replace(b"777", text.encode())

    entry = stored(api, body)

    assert entry["expires"] == 1200
    assert isinstance(entry["expires"], int)


@pytest.mark.parametrize("value", [12.5, "abc", [], {}, True, "12.5", "", "0x10"])
def test_C14_a_lifetime_that_is_no_whole_number_is_refused(api: Api, value: Any) -> None:
    assert put_h1(api, hyperty(expires=value)) == BAD_REQUEST
    assert nothing_is_stored(api)


@pytest.mark.parametrize("value", [99999999999, 9223372036854775807, "99999999999"])
def test_C15_a_huge_lifetime_is_stored_as_the_cap(api: Api, value: Any) -> None:
    assert stored(api, hyperty(expires=value))["expires"] == CAP


@pytest.mark.parametrize("value", [-1, "-1", -1e9, -1.0])
def test_C16_a_negative_lifetime_is_refused(api: Api, value: Any) -> None:
    assert put_h1(api, hyperty(expires=value)) == BAD_REQUEST
    assert nothing_is_stored(api)


@pytest.mark.parametrize("member", HYPERTY_REQUIRED)
def test_C17_a_required_member_of_null_is_refused(api: Api, member: str) -> None:
    api.create("other")

    assert put_h1(api, hyperty(**{member: None})) == BAD_REQUEST

    assert api.of_user(api.user()).json.keys() == {api.id("other")}


@pytest.mark.parametrize("member", ["resources", "dataSchemes"])
@pytest.mark.parametrize("value", ["chat", 5, True, {"a": "b"}])
def test_C18_a_list_that_is_no_array_is_refused(api: Api, member: str, value: Any) -> None:
    assert put_h1(api, hyperty(**{member: value})) == BAD_REQUEST
    assert nothing_is_stored(api)


@pytest.mark.parametrize("member", ["resources", "dataSchemes"])
def test_C19_an_empty_list_is_kept_and_shown(api: Api, member: str) -> None:
    assert stored(api, hyperty(**{member: []}))[member] == []


def test_C20_list_elements_are_taken_as_text_and_null_is_dropped(api: Api) -> None:
    entry = stored(api, hyperty(resources=[1, True, None]))

    assert entry["resources"] == ["1", "true"]


def test_C21_a_number_for_a_text_is_taken_as_text(api: Api) -> None:
    assert stored(api, hyperty(descriptor=5))["descriptor"] == "5"


@pytest.mark.parametrize("body", [
    "", "null", "[]", "{", "text", '"text"', "5", "true", "[{}]", "{}{}", "{} x", "{,}",
    '{"a":1,}', "{'a':1}", " ", "\n", '{"a"}', '{"a":}', "{]", "nul", '{"a":1}]',
])
def test_C22_a_body_that_is_no_object_is_refused(api: Api, body: str) -> None:
    assert put_h1(api, body) == BAD_REQUEST
    assert nothing_is_stored(api)


@pytest.mark.parametrize("body", ["{}", "{ }", "{}\n"])
def test_C23_an_empty_object_creates_nothing(api: Api, body: str) -> None:
    assert put_h1(api, body) == BAD_REQUEST
    assert nothing_is_stored(api)


@pytest.mark.parametrize("body", ["", "{}", "[]", hyperty(status=None)])
def test_C24_a_bad_body_for_another_users_id_is_a_bad_request(api: Api, body: Any) -> None:
    before = stored(api, hyperty())

    assert said(api.put_hyperty(api.user("u2"), api.id(), body)) == BAD_REQUEST

    assert api.hyperty(api.id()).json == before


def test_C25_a_create_with_one_piece_is_not_allowed(api: Api) -> None:
    answer = api.put(f"/hyperty/user/{piece(api.id())}", hyperty())

    assert said(answer) == NOT_ALLOWED
    assert nothing_is_stored(api)
    assert said(api.search_user("user", "", piece(api.id()))) == NOT_FOUND


def test_C26_a_create_with_three_pieces_is_not_found(api: Api) -> None:
    answer = api.put(f"/hyperty/user/{piece(api.user())}/{piece(api.id())}/x", hyperty())

    assert said(answer) == NOT_FOUND
    assert nothing_is_stored(api)
    assert api.id() not in (api.of_user(api.id()).json or {})


def test_C27_an_empty_user_is_refused(api: Api) -> None:
    assert said(api.put(f"/hyperty/user//{piece(api.id())}", hyperty())) == BAD_REQUEST
    assert nothing_is_stored(api)


def test_C28_replacing_drops_optional_members_but_the_old_guid_still_leads_there(
    api: Api,
) -> None:
    guid = api.unique("guid")
    stored(api, full_hyperty(guid=guid))

    entry = stored(api, hyperty())

    assert not set(HYPERTY_OPTIONAL) & entry.keys()
    answer = api.of_guid(guid)
    assert (answer.status, answer.json) == (200, {api.id(): entry})


def test_C29_a_hyperty_may_be_born_disconnected_and_is_no_news(api: Api) -> None:
    assert put_h1(api, hyperty(status="disconnected")) == CREATED

    answer = api.hyperty(api.id())
    assert (answer.status, answer.json["status"]) == (408, "disconnected")
    assert api.news() == {}


def test_C30_a_chunked_body_is_read(api: Api) -> None:
    body = encode_body(hyperty())
    head = (f"PUT /hyperty/user/{piece(api.user())}/{piece(api.id())} HTTP/1.1\r\n"
            "Host: x\r\nTransfer-Encoding: chunked\r\n\r\n").encode()
    with api.wire() as wire:
        wire.send(head)
        for start in range(0, len(body), 50):
            part = body[start:start + 50]
            wire.send(b"%x\r\n%s\r\n" % (len(part), part))
        wire.send(b"0\r\n\r\n")

        assert said(wire.receive()) == CREATED

    assert api.hyperty(api.id()).json["runtime"] == hyperty()["runtime"]


def test_C30_expect_100_continue_is_answered_before_the_body_comes(api: Api) -> None:
    body = encode_body(hyperty())
    head = (f"PUT /hyperty/user/{piece(api.user())}/{piece(api.id())} HTTP/1.1\r\n"
            f"Host: x\r\nExpect: 100-continue\r\nContent-Length: {len(body)}\r\n\r\n").encode()
    with api.wire() as wire:
        wire.send(head)
        assert wire.interim() == 100
        wire.send(body)

        assert said(wire.receive()) == CREATED


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded",
                                  "multipart/form-data", "nonsense", None])
def test_C30_the_content_type_does_not_matter(api: Api, kind: str | None) -> None:
    headers = [("Content-Type", kind)] if kind else []

    answer = api.put(f"/hyperty/user/{piece(api.user())}/{piece(api.id())}", hyperty(),
                     headers=headers)

    assert said(answer) == CREATED
    assert api.hyperty(api.id()).status == 200


def test_C31_raw_and_escaped_text_read_back_as_the_same(api: Api) -> None:
    text = "Grüße, 東京 \U0001f600"
    escaped = encode_body(hyperty(descriptor=text))
    raw = escaped.replace(b'"Gr\\u00fc\\u00dfe, \\u6771\\u4eac \\ud83d\\ude00"',
                          f'"{text}"'.encode())
    assert raw != escaped

    assert stored(api, escaped)["descriptor"] == text
    assert stored(api, raw)["descriptor"] == text
