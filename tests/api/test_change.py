"""Spec 6.2, 6.3, 10 and 16, K and X: keep-alive, partial update and DELETE of hyperties."""

from typing import Any

import pytest

from registry.api import Api
from registry.bodies import HYPERTY_OPTIONAL, HYPERTY_REQUIRED, full_hyperty, hyperty
from registry.client import BAD_REQUEST, NOT_FOUND, changed, encode_request, piece, said

KEPT_ALIVE = (200, "Keep alive")
UPDATED = (200, "Hyperty updated")
DELETED = (200, "Hyperty deleted")

BAD_UPDATES = ['{"resources":"x"}', '{"expires":"abc"}', "[]", "null", "", "{", "x", "{}x",
               '{"expires":-1}', '{"expires":1.5}', '{"status":{}}', '{"guid":[]}',
               '{"resources":[["x"]]}', '{"dataSchemes":[{}]}', '{"descriptor":[]}']


def read(api: Api) -> dict[str, Any]:
    return api.hyperty(api.id()).json


def test_K1_a_keep_alive_makes_it_live(api: Api) -> None:
    api.create(status="created")

    assert changed(api.keep_alive(api.id())) == (*KEPT_ALIVE, "true")

    assert read(api)["status"] == "live"


def test_K2_another_keep_alive_changes_only_the_last_sign_of_life(api: Api) -> None:
    api.create()
    before = read(api)
    api.pass_seconds(1.1)

    assert changed(api.keep_alive(api.id())) == (*KEPT_ALIVE, "false")

    after = read(api)
    assert after["lastModified"] > before["lastModified"]
    assert {**after, "lastModified": before["lastModified"]} == before


@pytest.mark.parametrize("body", ["{}", "{ }", "{}\n", " {\t\r\n} ", "\n{}"])
def test_K3_any_empty_object_is_a_keep_alive(api: Api, body: str) -> None:
    api.create_disconnected()

    assert changed(api.update(api.id(), body)) == (*KEPT_ALIVE, "true")

    assert read(api)["status"] == "live"


def test_K4_a_keep_alive_of_an_unknown_one_is_not_found(api: Api) -> None:
    assert said(api.keep_alive(api.id())) == NOT_FOUND
    assert said(api.hyperty(api.id())) == NOT_FOUND


def test_K5_a_keep_alive_after_expiry_revives(api: Api) -> None:
    api.create(expires=1)
    api.pass_seconds(3.1)

    assert changed(api.keep_alive(api.id())) == (*KEPT_ALIVE, "true")

    assert (api.hyperty(api.id()).status, read(api)["status"]) == (200, "live")
    assert api.news() == {}


def test_K6_an_update_replaces_what_it_has_and_keeps_the_rest(api: Api) -> None:
    api.put_hyperty(api.user(), api.id(), full_hyperty(status="created"))
    before = read(api)

    answer = api.update(api.id(), {"expires": 3000, "descriptor": "n"})

    assert changed(answer) == (*UPDATED, "false")
    after = read(api)
    assert after == {**before, "expires": 3000, "descriptor": "n",
                     "lastModified": after["lastModified"]}


@pytest.mark.parametrize("value", [5000, "5000", 99999999999])
def test_K7_the_cap_holds_for_updates(api: Api, value: Any) -> None:
    api.create()

    assert changed(api.update(api.id(), {"expires": value})) == (*UPDATED, "false")

    assert read(api)["expires"] == 3600


def test_K8_a_client_may_disconnect_and_that_is_no_news(api: Api) -> None:
    api.create()

    assert changed(api.update(api.id(), {"status": "disconnected"})) == (*UPDATED, "true")

    assert api.hyperty(api.id()).status == 408
    assert api.news() == {}


def test_K9_an_update_without_status_does_not_revive(api: Api) -> None:
    api.create_disconnected()

    assert changed(api.update(api.id(), {"descriptor": "x"})) == (*UPDATED, "false")

    assert (api.hyperty(api.id()).status, read(api)["descriptor"]) == (408, "x")


def test_K10_an_update_with_another_status_revives(api: Api) -> None:
    api.create("h1")
    api.update(api.id(), {"status": "disconnected"})
    api.update(api.id(), {"descriptor": "x"})

    assert changed(api.update(api.id(), {"status": "live"})) == (*UPDATED, "true")

    assert api.hyperty(api.id()).status == 200


def test_K11_a_runtimes_refresh_is_a_sign_of_life(api: Api) -> None:
    api.create()
    before = read(api)
    api.pass_seconds(1.1)

    assert changed(api.update(api.id(), {"status": "live"})) == (*UPDATED, "false")

    assert read(api)["lastModified"] > before["lastModified"]


def test_K12_an_update_of_unknown_members_is_a_sign_of_life(api: Api) -> None:
    api.create()
    before = read(api)
    api.pass_seconds(1.1)

    assert changed(api.update(api.id(), {"unknown": 1})) == (*UPDATED, "false")

    after = read(api)
    assert after["lastModified"] > before["lastModified"]
    assert {**after, "lastModified": before["lastModified"]} == before


def test_K13_members_set_by_the_server_are_ignored(api: Api) -> None:
    api.create()
    before = read(api)

    answer = api.update(api.id(), {"userID": "other", "hypertyID": "z", "startingTime": "x",
                                   "lastModified": "y"})

    assert changed(answer) == (*UPDATED, "false")
    after = read(api)
    assert after == {**before, "lastModified": after["lastModified"]}
    assert after["lastModified"] != "y"
    assert said(api.hyperty("z")) == NOT_FOUND
    assert set(api.of_user(api.user()).json) == {api.id()}


def test_K14_null_leaves_the_stored_value_alone(api: Api) -> None:
    api.put_hyperty(api.user(), api.id(), full_hyperty())
    before = read(api)

    every = dict.fromkeys([*HYPERTY_REQUIRED, *HYPERTY_OPTIONAL])
    for body in ({"status": None, "descriptor": None}, every):
        assert changed(api.update(api.id(), body)) == (*UPDATED, "false")

    after = read(api)
    assert after == {**before, "lastModified": after["lastModified"]}


@pytest.mark.parametrize("body", BAD_UPDATES)
def test_K15_a_bad_update_is_refused_and_changes_nothing(api: Api, body: str) -> None:
    api.create()
    before = read(api)
    api.pass_seconds(1.1)

    assert said(api.update(api.id(), body)) == BAD_REQUEST

    assert read(api) == before


@pytest.mark.parametrize("body", [{"status": "live"}, {"descriptor": "x"}, {"x": 1}])
def test_K16_an_update_of_an_unknown_one_is_not_found(api: Api, body: Any) -> None:
    assert said(api.update(api.id(), body)) == NOT_FOUND
    assert said(api.hyperty(api.id())) == NOT_FOUND


def test_K16_a_bad_update_of_an_unknown_one_is_a_bad_request(api: Api) -> None:
    assert said(api.update(api.id(), "[]")) == BAD_REQUEST


def test_X1_a_delete_disconnects_and_is_news_once(api: Api) -> None:
    api.put_hyperty(api.user(), api.id(), full_hyperty())
    before = read(api)
    api.pass_seconds(1.1)

    assert said(api.delete_hyperty(api.user(), api.id())) == DELETED

    answer = api.hyperty(api.id())
    after = {**before, "status": "disconnected"}
    assert (answer.status, answer.json) == (408, after)
    assert api.news([api.id()]) == {api.id(): after}
    assert api.news() == {}


def test_X2_a_second_delete_is_no_news(api: Api) -> None:
    api.create()
    api.delete_hyperty(api.user(), api.id())
    assert set(api.news([api.id()])) == {api.id()}

    assert said(api.delete_hyperty(api.user(), api.id())) == DELETED

    assert api.news() == {}


def test_X2_two_deletes_before_a_read_are_told_once(api: Api) -> None:
    api.create()
    api.delete_hyperty(api.user(), api.id())
    api.delete_hyperty(api.user(), api.id())

    assert set(api.news([api.id()])) == {api.id()}


@pytest.mark.parametrize("what", ["unknown user", "unknown hyperty", "other's hyperty"])
def test_X3_only_the_owner_can_delete_and_only_what_there_is(api: Api, what: str) -> None:
    api.create("h1", "u1")
    api.create("h2", "u2")
    user, name = {"unknown user": ("u3", "h1"), "unknown hyperty": ("u1", "h3"),
                  "other's hyperty": ("u2", "h1")}[what]

    assert said(api.delete_hyperty(api.user(user), api.id(name))) == NOT_FOUND

    assert api.hyperty(api.id("h1")).status == 200


def test_X4_creating_again_after_a_delete_revives(api: Api) -> None:
    first = api.hyperty(api.create()).json
    api.delete_hyperty(api.user(), api.id())
    api.pass_seconds(1.1)

    api.create()

    answer = api.hyperty(api.id())
    assert (answer.status, answer.json["status"]) == (200, "live")
    assert answer.json["startingTime"] == first["startingTime"]
    assert api.news() == {}


# ---- What the rows leave open ----


def test_a_deletes_body_is_ignored(api: Api) -> None:
    api.create()

    answer = api.delete(f"/hyperty/user/{piece(api.user())}/{piece(api.id())}", body="not json")

    assert said(answer) == DELETED


def test_anybody_who_knows_the_id_may_refresh_and_change(api: Api) -> None:
    api.create()
    with api.wire() as stranger:
        stranger.send(encode_request("PUT", f"/hyperty/url/{piece(api.id())}", {"runtime": "r2"}))
        assert stranger.receive().status == 200

    assert read(api)["runtime"] == "r2"


@pytest.mark.parametrize("status", ["created", "dead", "Disconnected", "disconnected ", "", "5"])
def test_only_the_exact_word_disconnected_is_special(api: Api, status: str) -> None:
    api.create(status=status)

    answer = api.hyperty(api.id())

    assert (answer.status, answer.json["status"]) == (200, status)


@pytest.mark.parametrize("status", ["created", "dead", "disconnected", ""])
def test_a_keep_alive_makes_any_other_status_live(api: Api, status: str) -> None:
    api.create(status=status)

    assert changed(api.keep_alive(api.id())) == (*KEPT_ALIVE, "true")
    assert changed(api.keep_alive(api.id())) == (*KEPT_ALIVE, "false")


def test_an_updates_arrays_replace_the_stored_ones_as_a_whole(api: Api) -> None:
    api.create(resources=["a", "b"], dataSchemes=["c"])

    api.update(api.id(), {"resources": ["z", "z", 1, None], "dataSchemes": []})

    entry = read(api)
    assert (entry["resources"], entry["dataSchemes"]) == (["z", "z", "1"], [])
    assert said(api.search_user(api.user(), "?resources=a")) == NOT_FOUND
    assert api.search_user(api.user(), "?resources=z").status == 200


def test_an_update_may_lead_to_another_look_up(api: Api) -> None:
    old, new = api.unique("old"), api.unique("new")
    api.create(guid=old)

    api.update(api.id(), {"guid": new})

    assert read(api)["guid"] == new
    assert api.of_guid(new).status == 200
    assert api.of_guid(old).status == 200


def test_an_id_stays_its_first_users_for_good(api: Api) -> None:
    api.create()
    for _ in range(2):
        api.delete_hyperty(api.user(), api.id())
        assert said(api.put_hyperty(api.user("u2"), api.id(), hyperty())) == NOT_FOUND
        api.keep_alive(api.id())
        assert said(api.put_hyperty(api.user("u2"), api.id(), hyperty())) == NOT_FOUND
