"""Spec 13 and 17: who may connect, and the settings that deployments start the server with."""

from typing import Callable

import pytest

from registry.api import OwnApi
from registry.bodies import hyperty
from registry.client import said

pytestmark = pytest.mark.own_server

Start = Callable[..., OwnApi]


@pytest.mark.parametrize("addresses", ["127.0.0.1", "192.0.2.7,127.0.0.1", "127.0.0.1,192.0.2.7",
                                       "192.0.2.7, 127.0.0.1 , 2001:db8::1", "::ffff:127.0.0.1",
                                       "2001:db8::1,::FFFF:7f00:1"])
def test_one_of_the_load_balancers_is_let_in(start: Start, addresses: str) -> None:
    api = start("memory", environment={"LOAD_BALANCER_IP": addresses})

    assert api.get("/live").status == 200
    assert api.put_hyperty(api.user(), api.id(), hyperty()).status == 200


@pytest.mark.parametrize("addresses", ["192.0.2.7", "127.0.0.2", "192.0.2.7,2001:db8::1", "::1"])
def test_anybody_else_is_unauthorized_before_anything_is_looked_at(
    start: Start, addresses: str
) -> None:
    api = start("memory", environment={"LOAD_BALANCER_IP": addresses})

    for answer in (api.get("/live"), api.get("/nope"), api.request("BREW", "/"),
                   api.put_hyperty(api.user(), api.id(), hyperty()),
                   api.put_hyperty(api.user(), api.id(), "not json")):
        assert said(answer) == (401, "Unauthorized request")


def test_the_admin_listener_is_exempt(start: Start) -> None:
    api = start("memory", environment={"LOAD_BALANCER_IP": "192.0.2.7"})
    assert api.get("/live").status == 401

    assert api.registry.admin("/live")[0] == 200
    assert api.registry.admin("/ready")[0] == 200
    assert api.registry.metrics()["registryd_http_refused_peer_total"] >= 1


def test_an_empty_list_lets_everybody_in(start: Start) -> None:
    api = start("memory", environment={"LOAD_BALANCER_IP": ""})

    assert api.get("/live").status == 200


@pytest.mark.parametrize("addresses", ["nonsense", "127.0.0.1,nonsense", "127.0.0.1/8",
                                       "registry.example", "1.2.3"])
def test_an_address_that_is_none_stops_the_start(start: Start, addresses: str) -> None:
    with pytest.raises(RuntimeError, match="LOAD_BALANCER_IP|load-balancer"):
        start("memory", environment={"LOAD_BALANCER_IP": addresses})


# ---- Open to all ----


def test_an_address_that_others_reach_is_refused_unless_that_is_wanted(start: Start) -> None:
    with pytest.raises(RuntimeError, match="anybody who reaches this address could read and write"):
        start("memory", arguments=["--bind", "0.0.0.0"])

    api = start("memory", arguments=["--bind", "0.0.0.0", "--allow-open", "yes"])
    assert api.registry.wait_for_log("server.open")["bind"] == "0.0.0.0"
    assert api.get("/live").status == 200


def test_a_variable_of_the_original_implies_that_it_is_wanted(start: Start) -> None:
    api = start("memory", arguments=["--bind", "0.0.0.0"], environment={"EXPIRES": "30"})
    assert api.registry.wait_for_log("server.open")


def test_behind_load_balancers_nothing_is_open(start: Start) -> None:
    api = start("memory", arguments=["--bind", "0.0.0.0", "--load-balancers", "127.0.0.1"])
    assert api.get("/live").status == 200
    assert "server.open" not in api.registry.log_text()


# ---- The original's names ----


def test_storage_type_ram_is_the_memory_store(start: Start) -> None:
    api = start(None, environment={"STORAGE_TYPE": "RAM"})

    assert api.get("/live").json["Storage_type"] == "Ram"


def test_expires_max_caps_lifetimes(start: Start) -> None:
    api = start("memory", environment={"EXPIRES_MAX": "60", "EXPIRES": "30"})
    api.create(expires=61)
    assert api.hyperty(api.id()).json["expires"] == 60

    api.update(api.id(), {"expires": 100})
    assert api.hyperty(api.id()).json["expires"] == 60
    api.update(api.id(), {"expires": 59})
    assert api.hyperty(api.id()).json["expires"] == 59


def test_expires_is_accepted_and_ignored(start: Start) -> None:
    api = start("memory", environment={"EXPIRES": "3600"})
    api.create(expires=1)
    api.pass_seconds(3)

    assert set(api.news([api.id()])) == {api.id()}


@pytest.mark.parametrize("mode", ["DEVELOPMENT", "PRODUCTION"])
def test_domain_env_is_accepted(start: Start, mode: str) -> None:
    api = start("memory", environment={"DOMAIN_ENV": mode})

    assert api.get("/live").json["status"] == "up"


@pytest.mark.parametrize("name, value", [("EXPIRES_MAX", "x"), ("EXPIRES_MAX", "-1"),
                                         ("STORAGE_TYPE", "NONE")])
def test_a_bad_setting_stops_the_start_and_is_named(start: Start, name: str, value: str) -> None:
    with pytest.raises(RuntimeError, match=name):
        start(None, environment={name: value})
