"""What must hold while a store cannot write, and afterwards: asked of entries from before."""

from typing import Any

from registry.bodies import Body, data_object, hyperty
from registry.client import Client
from registry.process import Registry
from registry.wire import Answer
from harm.wait import until

USER = "user://x.org/witness@x.org"
KEPT, GONE, NEW = "hyperty://x.org/kept", "hyperty://x.org/gone", "hyperty://x.org/new"
ROOM = "comm://x.org/room"

# More than the free pages that an LMDB file may have left inside.
LARGE = "x" * 200_000


def events(registry: Registry, name: str) -> list[dict[str, Any]]:
    """Waits for the first: a thread of its own writes the log."""
    registry.wait_for_log(name)
    return [entry for entry in list(registry.log) if entry.get("event.action") == name]


def refused(answer: Answer) -> bool:
    """Whether it is the answer for "not now" (spec 7)."""
    if answer.status != 503:
        return False
    assert answer.json["message"] == "Temporary Unavailable", answer.json
    assert int(answer.header("Retry-After") or "0") >= 1, answer.headers
    return True


def shown(answer: Answer) -> Body:
    """An entry less its times."""
    assert answer.status in (200, 408), answer
    return {k: v for k, v in answer.json.items() if k not in ("startingTime", "lastModified")}


class Witness:
    """An entry that is kept, a data object, and one that is gone and whose news nobody has read."""

    def __init__(self, client: Client):
        assert client.put_hyperty(USER, KEPT, hyperty(descriptor="before")).status == 200
        assert client.put_hyperty(USER, GONE, hyperty()).status == 200
        assert client.put_object(ROOM, data_object(schema="before")).status == 200
        assert client.delete_hyperty(USER, GONE).status == 200
        self._kept = shown(client.hyperty(KEPT))
        self._room = shown(client.object(ROOM))

    def check_reads(self, client: Client) -> None:
        """As before the outage, in the get form and in the lists."""
        assert shown(client.hyperty(KEPT)) == self._kept
        assert shown(client.object(ROOM)) == self._room
        assert client.hyperty(GONE).status == 408
        assert client.hyperty(NEW).status == 404
        assert {KEPT, GONE} == set(client.of_user(USER).json)
        assert {ROOM} == set(client.objects("name", data_object()["name"]).json)

    @staticmethod
    def check_writes_are_refused(client: Client) -> None:
        assert refused(client.put_hyperty(USER, KEPT, hyperty(descriptor="during")))
        assert refused(client.put_hyperty(USER, NEW, hyperty()))
        assert refused(client.update(KEPT, {"descriptor": "during"}))
        assert refused(client.keep_alive(GONE))
        assert refused(client.delete_hyperty(USER, KEPT))
        assert refused(client.update_object(ROOM, {"schema": "during"}))
        assert refused(client.delete_object(ROOM))

    @staticmethod
    def check_news_are_left_alone(client: Client) -> None:
        assert client.updated() == {}

    def check_news_come_once(self, client: Client) -> None:
        """Whatever an outage was between: they can be read now, and then never again."""
        assert set(client.updated()) == {GONE}
        assert client.updated() == {}


def check_process_goes_on(registry: Registry, client: Client, reason: str = "") -> None:
    """Alive, but not ready, and it says why."""
    assert registry.running()
    assert client.get("/live").status == 200
    assert registry.admin("/live")[0] == 200
    status, text = registry.admin("/ready")
    assert status == 503, text
    assert reason.lower() in text.lower(), text
    assert client.get("/ready").status == 503
    assert registry.metrics()["registryd_store_writable"] == 0


def wait_until_writable(registry: Registry, client: Client, limit_s: float = 10.0) -> None:
    """Nobody restarts it: it notices by itself, though nobody writes."""
    until("ready again", lambda: registry.admin("/ready")[0] == 200, limit_s)
    assert client.get("/ready").status == 200
    assert registry.metrics()["registryd_store_writable"] == 1
