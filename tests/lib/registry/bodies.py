"""Bodies as clients send them: H and D of spec 16, with or without changes."""

from typing import Any

Body = dict[str, Any]

# Stands for "leave this member out".
ABSENT: Any = object()

HYPERTY_REQUIRED = ("descriptor", "resources", "dataSchemes", "expires", "status", "runtime")
HYPERTY_OPTIONAL = ("guid", "p2pRequester", "p2pHandler")
HYPERTY_SET_BY_SERVER = ("hypertyID", "userID", "startingTime", "lastModified")

OBJECT_REQUIRED = ("schema", "name", "reporter", "resources", "dataSchemes", "status", "expires",
                   "runtime")
OBJECT_SET_BY_SERVER = ("url", "startingTime", "lastModified")


def _changed(body: Body, changes: Body) -> Body:
    return {k: v for k, v in {**body, **changes}.items() if v is not ABSENT}


def hyperty(**changes: Any) -> Body:
    """H: the six required members."""
    return _changed({
        "descriptor": "hyperty-catalogue://x.org/.well-known/hyperty/Chat",
        "resources": ["chat", "voice"],
        "dataSchemes": ["comm"],
        "expires": 1000,
        "status": "live",
        "runtime": "runtime://x.org/r1",
    }, changes)


def full_hyperty(**changes: Any) -> Body:
    """H and the three optional members."""
    return hyperty(**{
        "guid": "user-guid://x.org/g1",
        "p2pRequester": "p2p://x.org/requester",
        "p2pHandler": "p2p://x.org/handler",
        **changes,
    })


def data_object(**changes: Any) -> Body:
    """D: the eight required members."""
    return _changed({
        "schema": "hyperty-catalogue://x.org/.well-known/dataschema/Communication",
        "name": "room",
        "reporter": "hyperty://x.org/reporter",
        "resources": ["chat"],
        "dataSchemes": ["comm"],
        "status": "live",
        "expires": 1000,
        "runtime": "runtime://x.org/r1",
    }, changes)
