"""Spec 17 and 18: what real clients rely on."""

import re
from datetime import datetime
from urllib.parse import quote, quote_plus

import pytest

from registry.api import Api
from registry.bodies import hyperty
from registry.client import BAD_REQUEST, NOT_FOUND, changed, piece, said
from registry.wire import Answer

# encodeURIComponent leaves these as they are.
JAVASCRIPT_SAFE = "!'()*~"


def test_javascript_and_java_encodings_name_the_same_ids(api: Api) -> None:
    user = api.unique("a b+c'(d)!*~é@x.org")
    api.put(f"/hyperty/user/{quote(user, safe=JAVASCRIPT_SAFE)}/{piece(api.id())}", hyperty())

    java = api.get(f"/hyperty/user/{quote_plus(user)}")

    assert (java.status, set(java.json)) == (200, {api.id()})
    assert java.json[api.id()]["userID"] == user


def test_search_values_come_raw(api: Api) -> None:
    api.create(resources=["chat", "voice"], dataSchemes=["comm"])

    answer = api.get(f"/hyperty/user/{piece(api.user())}/hyperty"
                     "?resources=chat,voice&dataSchemes=comm")

    assert set(answer.json) == {api.id()}


@pytest.mark.own_server
def test_a_hyperty_that_asks_for_30_seconds_lives_by_a_refresh_each_13(api: Api) -> None:
    api.create(expires=30)
    for _ in range(100):
        api.pass_seconds(30 / 2.2)
        assert changed(api.update(api.id(), {"status": "live"})) == (200, "Hyperty updated",
                                                                     "false")
    assert api.news() == {}


def test_a_refresh_of_an_unknown_one_gives_404_so_that_it_registers_anew(api: Api) -> None:
    assert said(api.update(api.id(), {"status": "live"})) == NOT_FOUND
    assert said(api.put_hyperty(api.user(), api.id(), hyperty())) == (200, "Hyperty created")
    assert api.update(api.id(), {"status": "live"}).status == 200


def test_map_entries_have_all_that_a_runtime_reads(api: Api) -> None:
    api.create(p2pHandler="p2p://handler")

    entry = api.of_user(api.user()).json[api.id()]

    for member in ("hypertyID", "userID", "descriptor", "resources", "dataSchemes", "status",
                   "lastModified", "p2pHandler", "runtime"):
        assert member in entry
    assert datetime.fromisoformat(entry["lastModified"])
    assert re.fullmatch(r"[-0-9T:]+Z", entry["lastModified"])


def test_p2p_handler_exists_only_if_it_was_sent(api: Api) -> None:
    api.create("h1")
    api.create("h2", p2pHandler="p2p://handler")

    entries = api.of_user(api.user()).json

    assert "p2pHandler" not in entries[api.id("h1")]
    assert entries[api.id("h2")]["p2pHandler"] == "p2p://handler"


def test_408_carries_the_same_body_as_200_would(api: Api) -> None:
    api.create(guid=api.unique("g"))

    def reads() -> list[Answer]:
        return [api.hyperty(api.id()), api.of_user(api.user()), api.of_email(api.email()),
                api.of_guid(api.unique("g")), api.search_user(api.user(), "?resources=chat")]

    before = reads()
    api.update(api.id(), {"status": "disconnected"})
    after = reads()

    assert {answer.status for answer in before} == {200}
    assert {answer.status for answer in after} == {408}
    for was, now in zip(before, after):
        if "hypertyID" in was.json:
            assert now.json.keys() == was.json.keys()
        else:
            assert now.json[api.id()].keys() == was.json[api.id()].keys()


def test_status_changed_is_a_string(api: Api) -> None:
    api.create()

    assert api.keep_alive(api.id()).json["statusChanged"] == "false"
    assert api.update(api.id(), {"status": "x"}).json["statusChanged"] == "true"


def test_an_unregistration_by_a_prefixed_id_is_not_repaired_into_a_keep_alive(api: Api) -> None:
    api.create(status="created")

    assert said(api.keep_alive(f"/hyperty/{api.id()}")) == NOT_FOUND

    assert api.hyperty(api.id()).json["status"] == "created"


def test_a_search_by_guid_in_the_place_of_a_user_is_not_found(api: Api) -> None:
    api.create(guid=api.unique("g"))

    assert said(api.search_user(api.unique("g"), "?resources=chat")) == NOT_FOUND


def test_the_connectors_look_up_with_empty_criteria_is_not_found(api: Api) -> None:
    api.create()

    assert said(api.search_user(api.user(), "", "hyperty")) == NOT_FOUND
    assert said(api.search_user(api.user(), "?", "hyperty")) == NOT_FOUND


def test_a_create_of_the_first_generation_is_refused(api: Api) -> None:
    assert said(api.put_hyperty(api.user(), api.id(),
                                {"descriptor": "d", "expires": 120})) == BAD_REQUEST


def test_the_manuals_examples_of_other_spellings_do_not_exist(api: Api) -> None:
    for path in ("/hyperties", "/hyperty/updated", "/throwexception"):
        assert said(api.get(path)) == NOT_FOUND


def test_the_complete_exchange_of_section_18(api: Api) -> None:
    user = f"user://csp.example/{api.prefix}ann@csp.example"
    key = f"hyperty://csp.example/{api.prefix}41"
    body = {"descriptor": "hyperty-catalogue://csp.example/.well-known/hyperty/Chat",
            "expires": 120, "resources": ["chat"], "dataSchemes": ["comm"], "status": "live",
            "runtime": "runtime://csp.example/r1", "guid": f"user-guid://{api.prefix}q7"}
    search = (f"/hyperty/email/{api.prefix}ann%40csp.example"
              "/hyperty?resources=chat&dataSchemes=comm")

    assert said(api.put_hyperty(user, key, body)) == (200, "Hyperty created")
    found = api.get(search)
    assert found.status == 200
    started = found.json[key]["startingTime"]
    assert found.json == {key: {**body, "hypertyID": key, "userID": user, "startingTime": started,
                                "lastModified": started}}
    if not api.time.turned:
        return

    api.pass_seconds(121)
    gone = {key: {**found.json[key], "status": "disconnected"}}
    late = api.get(search)
    assert (late.status, late.json) == (408, gone)
    assert api.news([key]) == gone
    assert api.news() == {}
    assert changed(api.keep_alive(key)) == (200, "Keep alive", "true")
    assert api.get(search).status == 200
