"""Entries with everything that a store keeps, and what an export says of them."""

from typing import Any, Iterable

from harm.wait import until
from registry.bodies import data_object, hyperty
from registry.client import Client
from registry.process import Registry

ANN, BOB = "user://x.org/ann@x.org", "user://x.org/bob@x.org"
LONG = "hyperty://x.org/" + "l" * 600


def fill(client: Client) -> None:
    """Of everything a store keeps: long ids, strange texts, GUIDs that came and went, news."""
    for number, guid in enumerate(("user-guid://1", "user-guid://2")):
        assert client.put_hyperty(ANN, "hyperty://x.org/a", hyperty(guid=guid)).status == 200
        assert client.put_hyperty(BOB, f"hyperty://x.org/{number}", hyperty(expires=0)).status == 200
    assert client.put_hyperty(ANN, LONG, hyperty(descriptor="\u0001\"\\\u20ac\U0001f600")).status == 200
    assert client.put_hyperty("nobody", "h", hyperty(resources=[], extra=1)).status == 200
    assert client.put_object("comm://x.org/o", data_object(name="n", reporter=LONG)).status == 200
    assert client.delete_hyperty(ANN, LONG).status == 200


def fill_and_expire(registry: Registry) -> None:
    with Client(registry.url) as client:
        fill(client)
        until("the two without a lifetime are gone", lambda: registry.metrics()[
            "registryd_pending_updates"] == 3)


def exported(name: str, user: str = ANN, silent: int = 0) -> dict[str, Any]:
    """A line of a hyperty that lives 1000 s."""
    return {**hyperty(expires=1000), "hypertyID": name, "userID": user,
            "startingTime": "2020-01-01T00:00:00Z", "lastModified": "2020-01-01T00:00:00Z",
            "kept": {"silent": silent}}


def timeless(lines: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Less the seconds that have passed."""
    return [{**line, "kept": {**line["kept"], "silent": 0, "away": 0}} for line in lines]
