"""The database that a running server has to open anew is not the one it had: it makes no new one."""

import errno
import shutil
from pathlib import Path

import pytest

from harm.faults import Faults
from harm.wait import until
from registry.bodies import hyperty
from registry.client import Client
from registry.process import Registry

pytestmark = pytest.mark.own_server

USER, KEPT = "user://x.org/u@x.org", "hyperty://x.org/kept"


def swap_directory(registry: Registry, other: Path | None) -> Path:
    """As when a volume is gone: an empty directory, or that of another database, in its place."""
    aside = registry.data_dir.with_name("aside")
    registry.data_dir.rename(aside)
    if other:
        shutil.copytree(other, registry.data_dir)
    else:
        registry.data_dir.mkdir()
    return aside


@pytest.mark.parametrize("with_another", [False, True], ids=["nothing", "another database"])
def test_no_other_database_takes_the_place_of_one_that_is_gone(
    faulty: Registry, faults: Faults, tmp_path: Path, with_another: bool
) -> None:
    another = tmp_path / "another"
    Registry(another).terminate()
    with Client(f"http://{faulty.host}:{faulty.port}") as client:
        assert client.put_hyperty(USER, KEPT, hyperty()).status == 200
        aside = swap_directory(faulty, another if with_another else None)
        before = sorted(path.name for path in faulty.data_dir.iterdir())

        # When its header cannot be written, so that the file has to be opened anew
        faults.fail("meta", errno.EIO)
        assert client.put_hyperty(USER, "new", hyperty()).status == 503
        faults.lift()

        # Then nobody is told that what was acknowledged is not there, and nothing is taken
        for _ in range(3):
            assert client.hyperty(KEPT).status == 503
            assert client.put_hyperty(USER, "new", hyperty()).status == 503
        if not with_another:
            assert sorted(path.name for path in faulty.data_dir.iterdir()) == before

        # And when it is back, so is the service
        shutil.rmtree(faulty.data_dir)
        aside.rename(faulty.data_dir)
        until("writable", lambda: client.put_hyperty(USER, "new", hyperty()).status == 200)
        assert client.hyperty(KEPT).status == 200
