"""As many threads serve as there are processors that the server may run on."""

import os
from pathlib import Path

import pytest

from registry.process import Registry

pytestmark = pytest.mark.own_server


def threads(data_dir: Path, *arguments: str) -> int:
    with Registry(data_dir, arguments=arguments) as registry:
        return len(list(Path(f"/proc/{registry.pid}/task").iterdir()))


def test_a_server_that_is_held_to_one_processor_has_one_worker(data_dir: Path) -> None:
    # Given how many threads there are with one worker, and one more with the next
    with_one = threads(data_dir, "--workers", "1")
    assert threads(data_dir, "--workers", "2") > with_one

    # When nothing is said of workers, and there is one processor
    ours = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(ours)})
    try:
        of_one_processor = threads(data_dir)
    finally:
        os.sched_setaffinity(0, ours)

    # Then there is one worker, and as many as processors where there are more
    assert of_one_processor == with_one
    assert threads(data_dir) == threads(data_dir, "--workers", str(len(ours)))
