"""Spec 8 and 16, S: searching hyperties, by user (6.6) and by e-mail (6.9)."""

from typing import Callable

import pytest

from registry.api import Api
from registry.bodies import hyperty
from registry.client import NOT_FOUND, said
from registry.wire import Answer

Search = Callable[..., Answer]

A, B, C = "A", "B", "C"


@pytest.fixture(params=["user", "email"])
def by(request: pytest.FixtureRequest) -> str:
    """S15: all of it holds under an e-mail, too."""
    return request.param


@pytest.fixture
def search(api: Api, by: str) -> Search:
    """Of a user with A: chat, voice; B and C: chat, video; all comm."""
    api.create(A, resources=["chat", "voice"], dataSchemes=["comm"])
    api.create(B, resources=["chat", "video"], dataSchemes=["comm"])
    api.create(C, resources=["chat", "video"], dataSchemes=["comm"])

    def find(query: str, word: str = "hyperty") -> Answer:
        if by == "user":
            return api.search_user(api.user(), query, word)
        return api.search_email(api.email(), query, word)

    return find


def finds(api: Api, answer: Answer, *names: str, status: int = 200) -> bool:
    assert answer.status == status, answer
    return set(answer.json) == {api.id(name) for name in names}


def test_S1_one_resource(api: Api, search: Search) -> None:
    assert finds(api, search("?resources=voice"), A)


def test_S2_one_scheme(api: Api, search: Search) -> None:
    assert finds(api, search("?dataSchemes=comm"), A, B, C)


@pytest.mark.parametrize("query", ["?dataSchemes=comm&resources=chat,video",
                                   "?resources=chat,video&dataSchemes=comm",
                                   "?&resources=video&&dataSchemes=comm&"])
def test_S3_schemes_and_resources_must_all_match(api: Api, search: Search, query: str) -> None:
    assert finds(api, search(query), B, C)


@pytest.mark.parametrize("value", ["voice,chat", "voice%2Cchat", "voice%2cchat",
                                   "voice,chat,voice", "chat,voice", "v%6Fice,%63hat"])
def test_S4_order_spelling_and_duplicates_do_not_matter(
    api: Api, search: Search, value: str
) -> None:
    assert finds(api, search(f"?resources={value}"), A)


def test_S5_nothing_that_matches_is_not_found(api: Api, search: Search) -> None:
    assert said(search("?resources=messaging")) == NOT_FOUND


def test_S6_schemes_are_not_resources(api: Api, search: Search) -> None:
    assert said(search("?resources=comm")) == NOT_FOUND
    assert said(search("?dataSchemes=chat")) == NOT_FOUND


def test_S7_one_of_the_two_does_not_match(api: Api, search: Search) -> None:
    assert said(search("?resources=video&dataSchemes=other")) == NOT_FOUND


@pytest.mark.parametrize("query", ["", "?", "?x=1", "?resources=chat&x=1", "?Resources=chat",
                                   "?resources=chat&dataSchemes=comm&x=1", "?=chat",
                                   "?dataschemes=comm", "?resources=chat&resource=chat"])
def test_S8_other_parameters_or_none_are_not_found(api: Api, search: Search, query: str) -> None:
    assert said(search(query)) == NOT_FOUND


@pytest.mark.parametrize("query", ["?resources=", "?resources", "?resources=,chat",
                                   "?resources=chat&dataSchemes=", "?resources=chat,,voice",
                                   "?dataSchemes"])
def test_S9_an_empty_value_asks_for_the_empty_string(
    api: Api, search: Search, query: str
) -> None:
    assert said(search(query)) == NOT_FOUND


@pytest.mark.parametrize("value", ["chat,", "chat,,", "chat,,,", "chat%2C"])
def test_S10_trailing_empty_items_are_dropped(api: Api, search: Search, value: str) -> None:
    assert finds(api, search(f"?resources={value}"), A, B, C)


@pytest.mark.parametrize("word", ["hyperty", "hy", "anything", "%20", "do", "a%2Fb"])
def test_S11_the_last_piece_is_not_looked_at(api: Api, search: Search, word: str) -> None:
    assert finds(api, search("?resources=voice", word), A)


def test_S12_an_unknown_user_or_email_is_not_found(api: Api) -> None:
    assert said(api.search_user(api.user(), "?resources=chat")) == NOT_FOUND
    assert said(api.search_email(api.email(), "?resources=chat")) == NOT_FOUND


def test_S13_only_disconnected_matches_give_408_while_others_live(
    api: Api, search: Search
) -> None:
    api.delete_hyperty(api.user(), api.id(B))
    api.update(api.id(C), {"status": "disconnected"})

    assert finds(api, search("?resources=video"), B, C, status=408)
    assert finds(api, search("?resources=voice"), A)


def test_S14_live_and_disconnected_matches_give_200_and_both(api: Api, search: Search) -> None:
    api.delete_hyperty(api.user(), api.id(B))

    answer = search("?resources=video")

    assert finds(api, answer, B, C)
    assert answer.json[api.id(B)]["status"] == "disconnected"


def test_S15_an_email_search_unites_users(api: Api) -> None:
    """The rows above run under /hyperty/email/…, too; this is what only an e-mail can show."""
    api.put_hyperty(f"user://a.org/{api.email()}", api.id("a"), hyperty(resources=["x"]))
    api.put_hyperty(f"user://b.org/{api.email()}", api.id("b"), hyperty(resources=["x", "y"]))

    assert finds(api, api.search_email(api.email(), "?resources=x"), "a", "b")
    assert finds(api, api.search_email(api.email(), "?resources=y"), "b")


@pytest.mark.parametrize("query", ["?resources=chat&resources=voice",
                                   "?resources=voice&dataSchemes=comm&resources=chat"])
def test_S16_a_repeated_parameter_counts_every_time(
    api: Api, search: Search, query: str
) -> None:
    assert finds(api, search(query), A)


# ---- The rest of spec 8 and 3.3 ----


@pytest.mark.parametrize("name", ["resources", "dataSchemes"])
def test_at_most_64_different_values_are_asked_for(api: Api, search: Search, name: str) -> None:
    values = [f"v{i}" for i in range(65)]
    api.create("h1", **{name: values})

    assert finds(api, search(f"?{name}={','.join(values[1:] + values[1:])}"), "h1")
    answer = search(f"?{name}={','.join(values)}")
    assert (answer.status, answer.json["message"]) == (400, "Bad Request")
    assert answer.json["detail"] == "query: more than 64 values wanted"


def test_values_are_form_decoded(api: Api) -> None:
    api.create("h1", resources=["two words", "a+b", "50%", "é", "x=y", "q&a"])

    for value in ("two+words", "two%20words", "a%2Bb", "50%25", "%C3%A9", "x=y", "x%3Dy", "q%26a"):
        assert finds(api, api.search_user(api.user(), f"?resources={value}"), "h1"), value


def test_names_are_form_decoded(api: Api) -> None:
    api.create("h1")

    assert finds(api, api.search_user(api.user(), "?%72esources=chat"), "h1")


def test_values_are_compared_whole_with_case_and_spaces(api: Api) -> None:
    api.create("h1", resources=["chat"])

    for value in ("Chat", "cha", "chats", "+chat", "chat+", "chat;"):
        assert said(api.search_user(api.user(), f"?resources={value}")) == NOT_FOUND, value


def test_an_empty_string_is_found_where_it_is_stored(api: Api) -> None:
    api.create("h1", resources=["", "chat"])
    api.create("h2", resources=["chat"])

    assert finds(api, api.search_user(api.user(), "?resources="), "h1")
    assert finds(api, api.search_user(api.user(), "?resources=,chat"), "h1")


def test_a_resource_with_odd_characters_may_arrive_raw(api: Api) -> None:
    """The connector does not encode search values (spec 17)."""
    api.create("h1", resources=["video:hd;q=1/2@x"])

    assert finds(api, api.search_user(api.user(), "?resources=video:hd;q=1/2@x"), "h1")


def test_an_expired_match_is_disconnected_at_once(api: Api) -> None:
    api.create("h1", expires=1)
    api.pass_seconds(2.1)

    answer = api.search_user(api.user(), "?resources=chat")

    assert finds(api, answer, "h1", status=408)
    assert answer.json[api.id("h1")]["status"] == "disconnected"
