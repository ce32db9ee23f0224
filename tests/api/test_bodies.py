"""Spec 4.3: how a body is read."""

from typing import Any

import pytest

from registry.api import Api
from registry.bodies import (HYPERTY_OPTIONAL, HYPERTY_REQUIRED, OBJECT_REQUIRED, data_object,
                             full_hyperty, hyperty)
from registry.client import BAD_REQUEST, encode_body, said

HYPERTY_TEXTS = ("descriptor", "status", "runtime", *HYPERTY_OPTIONAL)
LISTS = ("resources", "dataSchemes")


def put_raw(api: Api, body: bytes) -> tuple[int, str]:
    return said(api.put_hyperty(api.user(), api.id(), body))


def with_raw(member: str, raw: str) -> bytes:
    """H whose member has this JSON text as its value."""
    return encode_body(hyperty(**{member: 918273645})).replace(b"918273645", raw.encode())


def stored(api: Api, body: Any) -> dict[str, Any]:
    answer = api.put_hyperty(api.user(), api.id(), body)
    assert answer.status == 200, answer
    return api.hyperty(api.id()).json


@pytest.mark.parametrize("member", HYPERTY_TEXTS)
@pytest.mark.parametrize("raw, text", [("5", "5"), ("-7", "-7"), ("true", "true"),
                                       ("false", "false"), ("0", "0"), ("1.5", "1.5"),
                                       ('""', ""), ('"x"', "x")])
def test_a_text_may_be_a_number_or_a_boolean(
    api: Api, member: str, raw: str, text: str
) -> None:
    assert stored(api, with_raw(member, raw))[member] == text


@pytest.mark.parametrize("member", HYPERTY_TEXTS)
@pytest.mark.parametrize("raw", ["{}", "[]", '{"a":"b"}', '["a"]'])
def test_a_text_may_not_be_an_object_or_array(api: Api, member: str, raw: str) -> None:
    assert put_raw(api, with_raw(member, raw)) == BAD_REQUEST

    api.create()
    assert said(api.update(api.id(), f'{{"{member}":{raw}}}')) == BAD_REQUEST


@pytest.mark.parametrize("member", OBJECT_REQUIRED)
@pytest.mark.parametrize("raw", ["{}", '{"a":"b"}'])
def test_no_member_of_a_data_object_may_be_an_object(api: Api, member: str, raw: str) -> None:
    body = encode_body(data_object(**{member: 918273645})).replace(b"918273645", raw.encode())

    assert said(api.put_object(api.url(), body)) == BAD_REQUEST


@pytest.mark.parametrize("member", LISTS)
@pytest.mark.parametrize("value, kept", [
    (["a", "b"], ["a", "b"]),
    (["b", "a", "b"], ["b", "a", "b"]),
    ([1, -2, True, False, "x"], ["1", "-2", "true", "false", "x"]),
    ([None, "a", None], ["a"]),
    ([None], []),
    ([""], [""]),
    (["a,b", " "], ["a,b", " "]),
])
def test_a_list_keeps_its_order_and_its_duplicates(
    api: Api, member: str, value: list[Any], kept: list[str]
) -> None:
    assert stored(api, hyperty(**{member: value}))[member] == kept


@pytest.mark.parametrize("member", LISTS)
@pytest.mark.parametrize("value", [[["a"]], [{}], ["a", []], "a", "", 1, True, {}])
def test_a_list_has_no_lists_in_it_and_is_one(api: Api, member: str, value: Any) -> None:
    assert said(api.put_hyperty(api.user(), api.id(), hyperty(**{member: value}))) == BAD_REQUEST

    api.create()
    assert said(api.update(api.id(), {member: value})) == BAD_REQUEST


@pytest.mark.parametrize("raw, seconds", [
    ("0", 0), ("1200", 1200), ("1200.0", 1200), ("1.2e3", 1200), ("12e2", 1200), ("12000e-1", 1200),
    ('"1200"', 1200), ('"0"', 0), ('"1200.0"', 1200), ('"1.2e3"', 1200), ("-0", 0), ("0.0", 0),
])
def test_a_lifetime_may_come_in_any_notation(api: Api, raw: str, seconds: int) -> None:
    entry = stored(api, with_raw("expires", raw))

    assert entry["expires"] == seconds


@pytest.mark.parametrize("raw", ["0.5", "1e-1", '"0.5"', '"1,200"', '"x"', "true", "false", "[]",
                                 "{}", "[1200]", '"-5"', "-5", '"12 00"', '"1200s"', '"NaN"',
                                 '"inf"', '"Infinity"'])
def test_a_lifetime_must_be_a_whole_number_and_not_negative(api: Api, raw: str) -> None:
    assert put_raw(api, with_raw("expires", raw)) == BAD_REQUEST

    api.create()
    assert said(api.update(api.id(), f'{{"expires":{raw}}}')) == BAD_REQUEST


@pytest.mark.parametrize("raw", ["NaN", "Infinity", "+5", "05", ".5", "5.", "1e", "0x10", "'x'",
                                 '"a\tb"', '"\\x"', '"\\u12"', "tru", "undefined", "/* */ 5"])
def test_a_value_that_is_not_json_is_refused(api: Api, raw: str) -> None:
    assert put_raw(api, with_raw("descriptor", raw)) == BAD_REQUEST


@pytest.mark.parametrize("raw", ['"\\ud800"', '"\\udc00"', '"\\ud800x"', '"\\udc00\\ud800"',
                                 '"\\u0000"', '"a\\u0000b"', "9223372036854775808",
                                 "99999999999999999999", "-9223372036854775809"])
@pytest.mark.parametrize("member", ["descriptor", "unknown"])
def test_what_cannot_be_kept_exactly_is_refused_wherever_it_stands(
    api: Api, raw: str, member: str
) -> None:
    assert put_raw(api, with_raw(member, raw)) == BAD_REQUEST


@pytest.mark.parametrize("bad", [b"\xff", b"\xe9", b"\xc0\xaf", b"\xed\xa0\x80",
                                 b"\xf5\x80\x80\x80", b"\xe2\x82"])
@pytest.mark.parametrize("member", ["descriptor", "unknown"])
def test_invalid_utf8_is_refused(api: Api, bad: bytes, member: str) -> None:
    body = encode_body(hyperty(**{member: "MARK"})).replace(b"MARK", bad)

    assert put_raw(api, body) == BAD_REQUEST


def test_a_leading_bom_is_skipped_or_refused_but_never_stored(api: Api) -> None:
    answer = api.put_hyperty(api.user(), api.id(), b"\xef\xbb\xbf" + encode_body(hyperty()))

    assert said(answer) in ((200, "Hyperty created"), BAD_REQUEST)
    if answer.status == 200:
        assert api.hyperty(api.id()).json["descriptor"] == hyperty()["descriptor"]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32"])
def test_other_encodings_are_refused(api: Api, encoding: str) -> None:
    assert put_raw(api, encode_body(hyperty()).decode().encode(encoding)) == BAD_REQUEST


def test_of_a_member_given_twice_the_last_counts(api: Api) -> None:
    body = encode_body(hyperty())[:-1] + b', "status":"created", "status":"dead", "expires":5}'

    entry = stored(api, body)

    assert (entry["status"], entry["expires"]) == ("dead", 5)


def test_of_a_member_given_twice_a_last_null_counts(api: Api) -> None:
    assert put_raw(api, encode_body(hyperty())[:-1] + b', "status":null}') == BAD_REQUEST


@pytest.mark.parametrize("member", HYPERTY_OPTIONAL)
def test_an_optional_member_of_null_is_absent(api: Api, member: str) -> None:
    assert member not in stored(api, full_hyperty(**{member: None}))


@pytest.mark.parametrize("member", HYPERTY_REQUIRED)
def test_a_member_name_is_matched_with_its_case(api: Api, member: str) -> None:
    body = hyperty()
    body[member.upper()] = body.pop(member)

    assert said(api.put_hyperty(api.user(), api.id(), body)) == BAD_REQUEST


def test_white_space_around_and_within_is_allowed(api: Api) -> None:
    spaced = encode_body(hyperty()).replace(b",", b" ,\n\t").replace(b":", b" : ")
    body = b" \r\n\t" + spaced.replace(b" : //", b"://") + b"\n "

    assert put_raw(api, body) == (200, "Hyperty created")


def test_unknown_members_of_any_type_are_ignored(api: Api) -> None:
    entry = stored(api, hyperty(a=None, b=[1, [2, {}]], c={"d": {"e": []}}, f=1.5, g=False,
                                **{"": "x"}))

    assert len(entry) == 10


@pytest.mark.parametrize("depth", [10_000, 400_000])
def test_deep_nesting_harms_nobody(api: Api, depth: int) -> None:
    assert put_raw(api, b"[" * depth) == BAD_REQUEST
    assert put_raw(api, b'{"a":' * (depth // 5)) == BAD_REQUEST
    assert api.get("/live").status == 200


def test_a_body_of_very_many_members_is_read(api: Api) -> None:
    entry = stored(api, hyperty(**{f"m{n}": n for n in range(20_000)}))

    assert len(entry) == 10


def test_a_list_of_very_many_elements_is_kept(api: Api) -> None:
    many = [f"r{n}" for n in range(5_000)]

    assert stored(api, hyperty(resources=many))["resources"] == many
    assert api.search_user(api.user(), "?resources=r4999,r0").status == 200
