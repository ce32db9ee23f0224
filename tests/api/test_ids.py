"""Spec 3 and 16, I: how ids travel in paths."""

import pytest

from registry.api import Api
from registry.bodies import data_object, hyperty
from registry.client import BAD_REQUEST, NOT_FOUND, piece, said

# Shapes with one id, and a method that reads or writes there.
SHAPES = [
    ("GET", "/hyperty/user/{}"),
    ("PUT", "/hyperty/url/{}"),
    ("GET", "/hyperty/url/{}"),
    ("GET", "/hyperty/guid/{}"),
    ("GET", "/hyperty/email/{}"),
    ("GET", "/hyperty/email/{}/hyperty?resources=x"),
    ("PUT", "/hyperty/dataobject/{}"),
    ("PUT", "/hyperty/dataobject/url/{}"),
    ("GET", "/hyperty/dataobject/url/{}"),
    ("DELETE", "/hyperty/dataobject/url/{}"),
    ("GET", "/hyperty/dataobject/name/{}"),
    ("GET", "/hyperty/dataobject/reporter/{}"),
    ("GET", "/hyperty/dataobject/name/{}/do?resources=x"),
    ("PUT", "/dataobject/url/{}"),
    ("PUT", "/hyperty/user/{}/h"),
    ("PUT", "/hyperty/user/u/{}"),
    ("DELETE", "/hyperty/user/{}/h"),
    ("DELETE", "/hyperty/user/u/{}"),
]


def ask(api: Api, method: str, target: str) -> tuple[int, str]:
    """With a body that would do, so that only the path can be wrong."""
    body = None
    if method == "PUT":
        body = data_object() if "dataobject" in target else hyperty()
    return said(api.request(method, target, body))


def lowered(encoded: str) -> str:
    """The same with hex digits in lower case."""
    parts = encoded.split("%")
    return "%".join([parts[0], *(p[:2].lower() + p[2:] for p in parts[1:])])


def test_I1_encoded_ids_are_stored_decoded(api: Api) -> None:
    user, hyperty_id = f"user://x.org/{api.email('ann')}", f"hyperty://x.org/{api.prefix}1"
    target = (f"/hyperty/user/user%3A%2F%2Fx.org%2F{api.prefix}.ann%40x.org"
              f"/hyperty%3A%2F%2Fx.org%2F{api.prefix}1")

    assert api.put(target, hyperty()).status == 200

    entry = api.hyperty(hyperty_id).json
    assert (entry["userID"], entry["hypertyID"]) == (user, hyperty_id)


def test_I2_all_spellings_name_the_same_id(api: Api) -> None:
    entry = api.hyperty(api.create()).json
    plain = piece(api.user())

    spellings = [
        lowered(plain),
        plain.replace("%40", "@"),
        plain.replace("%3A", ":").replace("%40", "@"),
        plain.replace(".", "%2E"),
        plain.replace(".", "%2e").replace("x", "%78"),
        "".join(f"%{byte:02X}" for byte in api.user().encode()),
    ]

    for spelling in spellings:
        answer = api.get(f"/hyperty/user/{spelling}")
        assert (answer.status, answer.json) == (200, {api.id(): entry}), spelling


def test_I3_a_plus_is_a_space(api: Api) -> None:
    name = f"{api.prefix}a b@x.org"

    assert api.put(f"/hyperty/user/{api.prefix}a+b@x.org/{piece(api.id())}",
                   hyperty()).status == 200

    assert api.hyperty(api.id()).json["userID"] == name
    assert api.get(f"/hyperty/user/{api.prefix}a%20b@x.org").status == 200
    assert api.get(f"/hyperty/user/{api.prefix}a+b@x.org").status == 200
    assert said(api.get(f"/hyperty/user/{api.prefix}a%2Bb@x.org")) == NOT_FOUND


def test_I4_an_encoded_plus_is_a_plus(api: Api) -> None:
    assert api.put(f"/hyperty/user/{api.prefix}a%2Bb@x.org/{piece(api.id())}",
                   hyperty()).status == 200

    assert api.hyperty(api.id()).json["userID"] == f"{api.prefix}a+b@x.org"
    assert api.get(f"/hyperty/user/{api.prefix}a%2bb@x.org").status == 200
    assert said(api.get(f"/hyperty/user/{api.prefix}a+b@x.org")) == NOT_FOUND


@pytest.mark.parametrize("slashes", ["/", "//", "///"])
def test_I5_trailing_slashes_are_ignored(api: Api, slashes: str) -> None:
    entry = api.hyperty(api.create()).json

    answer = api.get(f"/hyperty/url/{piece(api.id())}{slashes}")

    assert (answer.status, answer.json) == (200, entry)


@pytest.mark.parametrize("bad", ["%zz", "a%00b", "%E9", "%", "%4", "a%4", "%%41", "%u0041",
                                 "%C0%AF", "%ED%A0%80", "%F4%90%80%80", "%E2%82", "%FF"])
@pytest.mark.parametrize("method, shape", SHAPES)
def test_I6_a_bad_escape_nul_or_invalid_utf8_is_a_bad_request(
    api: Api, method: str, shape: str, bad: str
) -> None:
    assert ask(api, method, shape.format(bad)) == BAD_REQUEST


@pytest.mark.parametrize("path", [
    "/hyperty/user", "/hyperty/user/", "/hyperty/url", "/hyperty/url/", "/hyperty/guid/",
    "/hyperty/email/", "/hyperty/dataobject/", "/hyperty/dataobject", "/hyperty", "/dataobject",
    "/dataobject/url/",
])
def test_I7_a_route_without_its_id_is_not_found(api: Api, path: str) -> None:
    assert said(api.get(path)) == NOT_FOUND


@pytest.mark.parametrize("odd", [";", ";a=b", " ", "?", "#", "%", "%41", "%2F", "é", "東京",
                                 "\U0001f600", "/", "//", "a//b", "/a/", "..", "../..", "/./",
                                 "&=", '"', "\\", "'", "<b>", "\x01", "\x7f", "\n", "\t", "{}", "|", "*", "+"])
def test_I8_odd_characters_in_an_id_are_kept(api: Api, odd: str) -> None:
    user, hyperty_id = api.unique(odd), api.id(odd)

    assert api.put_hyperty(user, hyperty_id, hyperty()).status == 200

    entry = api.hyperty(hyperty_id).json
    assert (entry["userID"], entry["hypertyID"]) == (user, hyperty_id)
    assert api.of_user(user).json == {hyperty_id: entry}
    assert api.search_user(user, "", piece(hyperty_id)).json == entry


def test_I8_a_semicolon_and_other_plain_characters_may_be_raw(api: Api) -> None:
    user = f"{api.prefix};a=b,c!$'()*:@~"
    assert api.put(f"/hyperty/user/{user}/{piece(api.id())}", hyperty()).status == 200

    assert api.hyperty(api.id()).json["userID"] == user
    assert said(api.get(f"/hyperty/user/{api.prefix}")) == NOT_FOUND


def test_I8_raw_utf8_in_a_path_is_taken_as_it_is(api: Api) -> None:
    user = api.unique("é東")
    api.put_hyperty(user, api.id(), hyperty())

    with api.wire() as wire:
        wire.send(f"GET /hyperty/user/{user} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        answer = wire.receive()

    assert answer.status == 200
    assert set(answer.json) == {api.id()}


def test_I9_a_user_id_of_2000_bytes_is_stored_and_found(api: Api) -> None:
    user = (api.prefix + "u" * 2000)[:2000]

    assert api.put_hyperty(user, api.id(), hyperty()).status == 200

    assert api.hyperty(api.id()).json["userID"] == user
    assert set(api.of_user(user).json) == {api.id()}
    assert set(api.of_email(user).json) == {api.id()}


def test_I9_long_ids_that_differ_at_the_end_are_two(api: Api) -> None:
    long_id = api.id("h" * 2000)

    api.put_hyperty(api.user(), long_id + "a", hyperty(descriptor="a"))
    api.put_hyperty(api.user(), long_id + "b", hyperty(descriptor="b"))

    assert api.hyperty(long_id + "a").json["descriptor"] == "a"
    assert api.hyperty(long_id + "b").json["descriptor"] == "b"
    assert set(api.of_user(api.user()).json) == {long_id + "a", long_id + "b"}


# ---- The rest of spec 3 ----


@pytest.mark.parametrize("method, path", [
    ("PUT", "/hyperty/user//h"),
    ("GET", "/hyperty/user//h"),
    ("DELETE", "/hyperty/user//h"),
    ("GET", "/hyperty/email//hyperty?resources=x"),
    ("GET", "/hyperty/dataobject/url//do?resources=x"),
    ("GET", "/hyperty/dataobject/name//do?resources=x"),
    ("GET", "/hyperty/dataobject/reporter//do?resources=x"),
])
def test_an_empty_id_piece_is_a_bad_request(api: Api, method: str, path: str) -> None:
    assert ask(api, method, path) == BAD_REQUEST


def test_an_encoded_slash_never_splits(api: Api) -> None:
    assert api.put(f"/hyperty/user/{api.prefix}%2Fa/{piece(api.id())}", hyperty()).status == 200

    assert api.get(f"/hyperty/user/{api.prefix}%2fa").status == 200
    assert said(api.get(f"/hyperty/user/{api.prefix}/a")) == NOT_FOUND


def test_nothing_is_decoded_twice(api: Api) -> None:
    api.put(f"/hyperty/user/{api.prefix}%2541/{piece(api.id())}", hyperty())

    assert api.hyperty(api.id()).json["userID"] == f"{api.prefix}%41"
    assert said(api.get(f"/hyperty/user/{api.prefix}%41")) == NOT_FOUND


def test_dot_segments_are_not_resolved(api: Api) -> None:
    assert api.put("/hyperty/user/../" + piece(api.id()), hyperty()).status == 200

    assert api.hyperty(api.id()).json["userID"] == ".."
    assert api.get("/hyperty/user/..").status == 200
    assert said(api.get("/hyperty/user/../../live")) == NOT_FOUND


def test_ids_are_compared_byte_for_byte(api: Api) -> None:
    api.put_hyperty(api.unique("Ann"), api.id("H"), hyperty())

    for other in ("ann", "ANN", "Ann ", " Ann", "Ann/"):
        assert said(api.of_user(api.unique(other))) == NOT_FOUND
    assert said(api.hyperty(api.id("h"))) == NOT_FOUND
    # The same letter, composed and not, makes two ids.
    api.put_hyperty(api.unique("\u00e9"), api.id("composed"), hyperty())
    assert said(api.of_user(api.unique("e\u0301"))) == NOT_FOUND


@pytest.mark.parametrize("origin", ["http://registry.example:4567", "http://x", "HTTP://x:1",
                                    "https://x"])
def test_a_target_in_absolute_form_loses_scheme_and_authority(api: Api, origin: str) -> None:
    entry = api.hyperty(api.create()).json

    answer = api.get(f"{origin}/hyperty/url/{piece(api.id())}")

    assert (answer.status, answer.json) == (200, entry)


def test_fixed_words_are_matched_literally(api: Api) -> None:
    api.create()
    hyperty_piece = piece(api.id())

    for path in (f"/Hyperty/url/{hyperty_piece}", f"/hyperty/URL/{hyperty_piece}",
                 f"/hyperty/%75rl/{hyperty_piece}", f"//hyperty/url/{hyperty_piece}"):
        assert said(api.get(path)) == NOT_FOUND, path


@pytest.mark.parametrize("path", [
    "/hyperty/url/a/b", "/hyperty/guid/a/b", "/hyperty/email/a/b/c", "/hyperty/user/a/b/c",
    "/hyperty/dataobject/url/a/b/c", "/dataobject/url/a/b", "/dataobject/name/a", "/live/x",
    "/registry", "/registry/updated/x", "/hyperty/updated", "/throwexception", "/hyperties",
    "/x/y/z/a/b/c/d/e/f", "/hyperty/user/a/b/c/d/e/f/g/h",
])
def test_a_path_of_no_listed_shape_is_not_found(api: Api, path: str) -> None:
    assert said(api.get(path)) == NOT_FOUND
    assert ask(api, "PUT", path) == NOT_FOUND


def test_a_query_is_ignored_where_there_is_no_search(api: Api) -> None:
    entry = api.hyperty(api.create()).json

    assert api.get(f"/hyperty/url/{piece(api.id())}?resources=none&x=%zz").json == entry
    assert api.put(f"/hyperty/url/{piece(api.id())}?a?b", {}).status == 200
    assert api.get("/live?resources=x").status == 200


@pytest.mark.own_server
def test_words_of_the_route_table_may_be_ids(fresh: Api) -> None:
    """Only the place of a piece tells what it is."""
    for word in ("user", "url", "hyperty", "dataobject", "live"):
        assert fresh.put_hyperty(word, word, hyperty()).status == 200
        assert fresh.hyperty(word).json["userID"] == word
        assert set(fresh.of_user(word).json) == {word}
