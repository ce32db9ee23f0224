"""Servers whose process, disk or files come to harm."""

import os
import random
from pathlib import Path
from typing import Iterator

import pytest

from harm import mounts
from harm.faults import Faults
from registry.process import Registry


@pytest.fixture(scope="session", autouse=True)
def private_mounts() -> None:
    mounts.enter_private_mounts()


@pytest.fixture(autouse=True)
def no_server_is_left(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Whatever a failing test leaves running: one that should have refused to start, say."""
    launched = []
    launch = Registry.launch

    def launch_and_note(registry: Registry) -> None:
        launch(registry)
        launched.append(registry)

    monkeypatch.setattr(Registry, "launch", launch_and_note)
    yield
    for registry in launched:
        registry.kill()


@pytest.fixture
def seed() -> int:
    """Of everything random in a test: $CRASH_SEED, or a new one; shown if the test fails."""
    number = int(os.environ.get("CRASH_SEED", random.SystemRandom().randrange(1 << 32)))
    print(f"CRASH_SEED={number}")
    return number


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def faults(tmp_path: Path) -> Faults:
    return Faults(tmp_path / "faults")


@pytest.fixture
def faulty(data_dir: Path, faults: Faults) -> Iterator[Registry]:
    """A server on a disk that fails when it is told to."""
    with Registry(data_dir, environment=faults.environment()) as registry:
        try:
            yield registry
        finally:
            faults.lift()
