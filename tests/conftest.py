"""Options and servers that all Python tests share."""

import signal
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Callable, Iterator

import pytest

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE / "lib"), str(HERE)]

from registry.api import Api, OwnApi, own_api  # noqa: E402
from registry.clock import RealTime  # noqa: E402

EXTERNAL = "external"


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("registry")
    group.addoption("--base-url", help="test the registry there, not one that the tests start")


def pytest_configure() -> None:
    """Ended from outside, we end as by Ctrl-C: with the servers that we started."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "store" in metafunc.fixturenames:
        external = metafunc.config.getoption("--base-url")
        stores = [EXTERNAL] if external else ["memory", "lmdb"]
        metafunc.parametrize("store", stores, scope="session")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Somebody else's server is neither restarted nor told the time."""
    if not config.getoption("--base-url"):
        return
    own = [item for item in items if item.get_closest_marker("own_server")]
    config.hook.pytest_deselected(items=own)
    items[:] = [item for item in items if item not in own]


@pytest.fixture(scope="session")
def shared(
    request: pytest.FixtureRequest, store: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[], Api]]:
    """One server for all tests that only need ids of their own: makes an Api on it."""
    if store == EXTERNAL:
        url = request.config.getoption("--base-url")
        yield lambda: Api(url, RealTime())
        return
    with_own_clock = own_api(tmp_path_factory.mktemp(store), store)
    with with_own_clock.registry:
        yield lambda: OwnApi(with_own_clock.registry, with_own_clock.clock)


@pytest.fixture
def api(shared: Callable[[], Api]) -> Iterator[Api]:
    with shared() as api:
        yield api


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., OwnApi]]:
    """start(store, …) starts a server for this test alone; see own_api()."""
    with ExitStack() as stack:
        count = 0

        def start_one(store: str | None = "lmdb", **more: Any) -> OwnApi:
            nonlocal count
            count += 1
            folder = tmp_path / f"registry{count}"
            folder.mkdir()
            api = own_api(folder, store, **more)
            stack.enter_context(api.registry)
            stack.enter_context(api)
            return api

        yield start_one


@pytest.fixture
def fresh(start: Callable[..., OwnApi], store: str) -> OwnApi:
    """A server for this test alone, with nothing in it."""
    return start(store)
