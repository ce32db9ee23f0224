"""Options and servers that all Python tests share."""

import os
import signal
import sys
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Callable, Iterator

import pytest

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE / "lib"), str(HERE)]

from registry.api import Api, OwnApi, api_over, own_api  # noqa: E402
from registry.clock import RealTime  # noqa: E402
from registry.keyspace import Keyspace  # noqa: E402

EXTERNAL = "external"
STORES = ("memory", "lmdb", "cassandra")
KEPT_STORES = ("lmdb", "cassandra")  # over a stop and a crash
NONE = "none"

# Why a test is not run. Each that is left out is left out by one of these, and counted.
NOT_WITHOUT_OWN_SERVER = "needs a server of its own; not run with --base-url"
NOT_ABOUT_A_STORE = "is about no store, or the files of one: run without --store"
NOT_OF_THESE_STORES = "is about stores that are not run"
NOT_ON_A_CLUSTER = "is about a store that stands still while its one server is away"
NOT_ALONE = "is about a store of many servers: run with --store cassandra"
LEFT_OUT = pytest.StashKey[Counter[str]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("registry")
    group.addoption("--base-url", help="test the registry there, not one that the tests start")
    group.addoption("--store", choices=STORES, help="test this store only; default: memory and "
                    "lmdb. cassandra needs a cluster, named by $CASSANDRA, as 127.0.0.1:9042")
    group.addoption("--servers", type=int, default=1, help="with --store cassandra: so many "
                    "servers are the registry, and each request asks the next")


def pytest_configure(config: pytest.Config) -> None:
    """Ended from outside, we end as by Ctrl-C: with the servers that we started."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if config.getoption("--store") == "cassandra" and "CASSANDRA" not in os.environ:
        raise pytest.UsageError("--store cassandra: CASSANDRA must name a node, as 127.0.0.1:9042")
    if config.getoption("--store") != "cassandra" and config.getoption("--servers") != 1:
        raise pytest.UsageError("--servers: only --store cassandra can be shared")


def stores_of(config: pytest.Config) -> list[str]:
    if config.getoption("--base-url"):
        return [EXTERNAL]
    store = config.getoption("--store")
    return [store] if store else ["memory", "lmdb"]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    stores = stores_of(metafunc.config)
    if "store" in metafunc.fixturenames:
        metafunc.parametrize("store", stores, scope="session")
    if "kept_store" in metafunc.fixturenames:
        kept = [store for store in stores if store in KEPT_STORES]
        metafunc.parametrize("kept_store", kept or [NONE], scope="session")


def why_not(item: pytest.Item, config: pytest.Config) -> str | None:
    """The rule by which a test is left out."""
    params = getattr(item, "callspec").params if hasattr(item, "callspec") else {}
    store = params.get("store") or params.get("kept_store")
    if config.getoption("--base-url") and item.get_closest_marker("own_server"):
        return NOT_WITHOUT_OWN_SERVER
    if config.getoption("--store") and store is None:
        return NOT_ABOUT_A_STORE
    if store == NONE:
        return NOT_OF_THESE_STORES
    if store == "cassandra" and item.get_closest_marker("one_server_store"):
        return NOT_ON_A_CLUSTER
    if store != "cassandra" and item.get_closest_marker("shared_store"):
        return NOT_ALONE
    return None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    reasons = {item: why_not(item, config) for item in items}
    config.hook.pytest_deselected(items=[item for item in items if reasons[item]])
    items[:] = [item for item in items if not reasons[item]]
    config.stash[LEFT_OUT] = Counter(reason for reason in reasons.values() if reason)


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    for reason, count in config.stash.get(LEFT_OUT, Counter()).items():
        terminalreporter.write_line(f"left out: {count} ({reason})")


# ---- Servers ----


class Maker:
    """Makes registries with a store of a kind, as many servers as the options say."""

    def __init__(self, config: pytest.Config):
        self._servers = config.getoption("--servers")
        self._keyspaces: dict[str, Keyspace] = {}

    def make(self, store: str | None, folder: Path, purpose: str, **more: Any) -> OwnApi:
        """With nothing in it. Of one purpose there is one at a time, if it is on a cluster."""
        if store != "cassandra":
            return own_api(folder, store, **more)
        keyspace = self._keyspaces.setdefault(purpose, Keyspace(purpose))
        keyspace.wipe()
        return api_over(keyspace, self._servers, folder, **more)

    def drop(self) -> None:
        for keyspace in self._keyspaces.values():
            keyspace.drop()


@pytest.fixture(scope="session")
def maker(pytestconfig: pytest.Config) -> Iterator[Maker]:
    maker = Maker(pytestconfig)
    yield maker
    maker.drop()


@pytest.fixture(scope="session")
def shared(
    request: pytest.FixtureRequest, store: str, tmp_path_factory: pytest.TempPathFactory,
    maker: Maker
) -> Iterator[Callable[[], Api]]:
    """One registry for all tests that only need ids of their own: makes an Api on it."""
    if store == EXTERNAL:
        url = request.config.getoption("--base-url")
        yield lambda: Api(RealTime(), url)
        return
    with_own_clock = maker.make(store, tmp_path_factory.mktemp(store), "all")
    with with_own_clock.registry:
        yield lambda: OwnApi(with_own_clock.registry, with_own_clock.clock)


@pytest.fixture
def api(shared: Callable[[], Api]) -> Iterator[Api]:
    with shared() as api:
        yield api


@pytest.fixture
def start(tmp_path: Path, maker: Maker) -> Iterator[Callable[..., OwnApi]]:
    """start(store, …) starts a registry for this test alone; see Maker."""
    with ExitStack() as stack:
        count = 0

        def start_one(store: str | None = "lmdb", **more: Any) -> OwnApi:
            nonlocal count
            count += 1
            folder = tmp_path / f"registry{count}"
            folder.mkdir()
            api = maker.make(store, folder, "one", **more)
            stack.enter_context(api.registry)
            stack.enter_context(api)
            return api

        yield start_one


@pytest.fixture
def fresh(start: Callable[..., OwnApi], store: str) -> OwnApi:
    """A server for this test alone, with nothing in it."""
    return start(store)
