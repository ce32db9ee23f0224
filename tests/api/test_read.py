"""Spec 6.4 to 6.9 and 16, R: reading hyperties."""

import pytest

from registry.api import Api
from registry.bodies import full_hyperty, hyperty
from registry.client import NOT_FOUND, piece, said
from registry.wire import Answer


def shows(answer: Answer, status: int, *ids: str) -> bool:
    """A map of exactly these, each under its own id."""
    assert answer.status == status, answer
    assert all(entry["hypertyID"] == key and entry["userID"] for key, entry in answer.json.items())
    return set(answer.json) == set(ids)


def test_R1_a_live_one_by_url_is_an_object_not_a_map(api: Api) -> None:
    api.create()

    answer = api.hyperty(api.id())

    assert answer.status == 200
    assert answer.json["hypertyID"] == api.id()


def test_R2_an_unknown_one_is_not_found(api: Api) -> None:
    assert said(api.hyperty(api.id())) == NOT_FOUND


def test_R3_an_expired_one_is_shown_whole_with_408(api: Api) -> None:
    api.put_hyperty(api.user(), api.id(), full_hyperty(expires=1))
    before = api.hyperty(api.id()).json
    api.pass_seconds(2.1)

    answer = api.hyperty(api.id())

    assert answer.status == 408
    assert answer.json == {**before, "status": "disconnected"}


def test_R4_a_user_shows_all_hyperties_in_a_map(api: Api) -> None:
    ids = [api.create(name) for name in ("h1", "h2", "h3")]

    answer = api.of_user(api.user())

    assert shows(answer, 200, *ids)
    assert {entry["userID"] for entry in answer.json.values()} == {api.user()}


def test_R5_an_unknown_user_is_not_found(api: Api) -> None:
    assert said(api.of_user(api.user())) == NOT_FOUND


def test_R6_one_live_among_disconnected_gives_200_and_all(api: Api) -> None:
    ids = [api.create("h1"), api.create_disconnected("h2"), api.create_disconnected("h3")]

    assert shows(api.of_user(api.user()), 200, *ids)


def test_R7_all_disconnected_gives_408_and_all(api: Api) -> None:
    ids = [api.create("h1"), api.create_disconnected("h2")]
    api.delete_hyperty(api.user(), api.id("h1"))

    assert shows(api.of_user(api.user()), 408, *ids)


@pytest.mark.parametrize("query", ["?resources=nope", "?x=1", "?", "?resources=", "?%zz"])
def test_R8_a_query_without_the_extra_piece_is_ignored(api: Api, query: str) -> None:
    ids = [api.create(name) for name in ("h1", "h2")]

    assert shows(api.of_user(api.user(), query), 200, *ids)


def test_R9_a_guid_leads_to_all_hyperties_of_its_user(api: Api) -> None:
    guid = api.unique("g")
    ids = [api.create("h1", guid=guid), api.create("h2", guid=api.unique("other")),
           api.create("h3")]

    assert shows(api.of_guid(guid), 200, *ids)


def test_R10_an_unknown_guid_is_not_found(api: Api) -> None:
    assert said(api.of_guid(api.unique("g"))) == NOT_FOUND


def test_R11_a_guid_with_all_disconnected_gives_408(api: Api) -> None:
    guid = api.unique("g")
    ids = [api.create("h1", guid=guid, status="disconnected"), api.create_disconnected("h2")]

    assert shows(api.of_guid(guid), 408, *ids)


def test_R12_two_users_with_one_guid_are_united(api: Api) -> None:
    guid = api.unique("g")
    ids = [api.create("h1", "u1", guid=guid), api.create("h2", "u2", guid=guid),
           api.create("h3", "u2")]

    assert shows(api.of_guid(guid), 200, *ids)


@pytest.mark.parametrize("how", ["update", "replace"])
def test_R13_a_guid_that_comes_later_is_found(api: Api, how: str) -> None:
    guid = api.unique("g")
    api.create()
    assert said(api.of_guid(guid)) == NOT_FOUND

    if how == "update":
        api.update(api.id(), {"guid": guid})
    else:
        api.create(guid=guid)

    assert shows(api.of_guid(guid), 200, api.id())


def test_R13_an_old_guid_still_finds_the_user(api: Api) -> None:
    guids = [api.unique(f"g{n}") for n in range(8)]
    api.create(guid=guids[0])
    for guid in guids[1:]:
        api.update(api.id(), {"guid": guid})

    for guid in guids:
        assert shows(api.of_guid(guid), 200, api.id()), guid


def test_R14_an_email_is_the_last_component_of_user_ids(api: Api) -> None:
    email = api.email("ann")
    api.put_hyperty(f"user://google.com/{email}", api.id("h1"), hyperty())
    api.put_hyperty(email, api.id("h2"), hyperty())
    api.put_hyperty(f"user://x.org/{email}/", api.id("h3"), hyperty())
    api.put_hyperty(f"user://x.org/{email}/more", api.id("h4"), hyperty())

    assert shows(api.of_email(email), 200, api.id("h1"), api.id("h2"), api.id("h3"))


def test_R15_an_email_may_be_encoded_or_not(api: Api) -> None:
    api.create()

    plain = api.get(f"/hyperty/email/{api.email()}")
    encoded = api.get(f"/hyperty/email/{api.email().replace('@', '%40')}")

    assert shows(plain, 200, api.id())
    assert encoded.json == plain.json


def test_R16_an_unknown_email_is_not_found(api: Api) -> None:
    assert said(api.of_email(api.email())) == NOT_FOUND


def test_R17_an_email_with_all_disconnected_gives_408(api: Api) -> None:
    ids = [api.create_disconnected("h1"), api.create_disconnected("h2")]

    assert shows(api.of_email(api.email()), 408, *ids)


def test_R18_an_email_gives_200_as_soon_as_one_is_live(api: Api) -> None:
    two = [api.create_disconnected("h1"), api.create_disconnected("h2")]
    assert shows(api.of_email(api.email()), 408, *two)

    three = [*two, api.create("h3")]
    assert shows(api.of_email(api.email()), 200, *three)

    for revived in two:
        api.keep_alive(revived)
        assert shows(api.of_email(api.email()), 200, *three)


@pytest.mark.parametrize("query", ["", "?", "?&", "?&&"])
def test_R19_the_owners_hyperty_is_shown_under_the_user(api: Api, query: str) -> None:
    entry = api.hyperty(api.create()).json

    answer = api.search_user(api.user(), query, piece(api.id()))

    assert (answer.status, answer.json) == (200, entry)


def test_R19_a_disconnected_one_under_its_user_gives_408(api: Api) -> None:
    api.create_disconnected()

    answer = api.search_user(api.user(), "", piece(api.id()))

    assert (answer.status, answer.json["hypertyID"]) == (408, api.id())


def test_R20_no_such_hyperty_under_a_user_is_not_found(api: Api) -> None:
    api.create()

    assert said(api.search_user(api.user(), "", "messaging")) == NOT_FOUND


def test_R21_a_hyperty_under_another_user_is_not_found(api: Api) -> None:
    api.create("h1", "u1")
    api.create("h2", "u2")

    assert said(api.search_user(api.user("u2"), "", piece(api.id("h1")))) == NOT_FOUND


@pytest.mark.parametrize("row, status", [("R1", 200), ("R2", 404), ("R3", 408)])
def test_R22_head_has_the_status_and_headers_of_get_and_no_body(
    api: Api, row: str, status: int
) -> None:
    if row != "R2":
        api.create(expires=1)
    if row == "R3":
        api.pass_seconds(2.1)
    target = f"/hyperty/url/{piece(api.id())}"

    head, get = api.head(target), api.get(target)

    assert head.status == get.status == status
    assert head.body == b""
    for name in ("Content-Type", "Content-Length"):
        assert head.header(name) == get.header(name)


@pytest.mark.parametrize("user, email", [
    ("user://google.com/{}", "{}"),
    ("{}", "{}"),
    ("user://{}/", "{}"),
    ("user://x//{}//", "{}"),
    ("/{}", "{}"),
    ("a/b/{}", "{}"),
])
def test_the_email_is_the_last_component_that_is_not_empty(
    api: Api, user: str, email: str
) -> None:
    last = api.unique("name")
    api.put_hyperty(user.format(last), api.id(), hyperty())

    assert shows(api.of_email(email.format(last)), 200, api.id())


@pytest.mark.own_server
def test_a_user_id_of_slashes_only_is_stored_and_has_no_email(fresh: Api) -> None:
    assert fresh.put_hyperty("///", fresh.id(), hyperty()).status == 200

    assert shows(fresh.of_user("///"), 200, fresh.id())
    assert fresh.hyperty(fresh.id()).json["userID"] == "///"
    assert said(fresh.of_email("/")) == NOT_FOUND
    assert said(fresh.of_email("///")) == NOT_FOUND


def test_members_without_a_value_are_omitted_everywhere(api: Api) -> None:
    guid = api.unique("g")
    api.create("h1", guid=guid)
    api.create("h2")
    api.create_object()

    documents = [api.hyperty(api.id()).json, *api.of_user(api.user()).json.values(),
                 *api.of_guid(guid).json.values(), *api.of_email(api.email()).json.values(),
                 api.object(api.url()).json]

    for document in documents:
        assert None not in document.values()
        assert not {"p2pRequester", "p2pHandler"} & document.keys()


def test_empty_strings_are_values_and_are_shown(api: Api) -> None:
    texts = {"descriptor": "", "status": "", "runtime": "", "guid": "", "p2pRequester": "",
             "p2pHandler": ""}
    api.create(**texts)

    entry = api.hyperty(api.id()).json

    assert {name: entry[name] for name in texts} == texts
