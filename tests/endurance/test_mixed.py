"""A long day: registrations come, are kept alive, expire and are forgotten, and the server stays as it
was."""

import itertools
import os
import statistics
from pathlib import Path

import pytest

import wrk
from registry.process import Registry

pytestmark = [pytest.mark.own_server, pytest.mark.one_server_store]

# Of each store. What entries need comes and goes with them; what is left is what this looks for.
REQUESTS = int(os.environ.get("MIXED_REQUESTS", "250000"))
SLICE_S = int(os.environ.get("MIXED_SLICE_S", "5"))
RETENTION_S = 3
# Until as many entries are forgotten as are made, and buffers have the size that they need.
WARM_SLICES = 3
LEAST_SLICES = 4
GROWTH_LIMIT = 1.15
GROWTH_FREE_KIB = 4096  # what an allocator keeps back differs by that much from one look to the next


def resident_kib(registry: Registry) -> int:
    """Memory of its own: pages of the database file are the system's to take back."""
    for line in Path(f"/proc/{registry.pid}/status").read_text().splitlines():
        if line.startswith("RssAnon:"):
            return int(line.split()[1])
    raise AssertionError("no RssAnon")


def entries(registry: Registry) -> int:
    return int(registry.metrics()["registryd_hyperties"] + registry.metrics()["registryd_data_objects"])


def test_a_long_day_leaves_nothing_behind(store: str, tmp_path: Path) -> None:
    # Given a server that forgets what is away for a while
    with Registry(tmp_path, store, arguments=["--retention-s", str(RETENTION_S)]) as registry:
        figures, memory_kib, kept = [], [], []

        # When it is asked for everything that there is, slice by slice
        for seed in itertools.count(1):
            figures.append(wrk.mixed(registry.url, seed, SLICE_S))
            memory_kib.append(resident_kib(registry))
            kept.append(entries(registry))
            print(f"{store}: slice {seed}: {figures[-1].requests} requests, p99.9 "
                  f"{figures[-1].p999_ms:.1f} ms, {memory_kib[-1]} KiB, {kept[-1]} entries")
            if sum(f.requests for f in figures) >= REQUESTS and \
                    len(figures) >= WARM_SLICES + LEAST_SLICES:
                break

        # Then nobody was left without an answer, none of which was a fault
        assert sum(f.broken for f in figures) == 0
        assert registry.metrics()["registryd_http_answers_5xx_total"] == 0

        # Then no memory stays behind: a machine that is quicker of a sudden has more entries at once
        warm = memory_kib[WARM_SLICES:]
        half = len(warm) // 2
        early, late = warm[:half], warm[half:]
        more = max(1.0, max(kept[WARM_SLICES + half:]) / max(kept[WARM_SLICES:WARM_SLICES + half]))
        print(f"{store}: {sum(f.requests for f in figures)} requests; own memory {max(early)} KiB early, "
              f"{min(late)} to {max(late)} KiB late; p99.9 {tail_ms(figures[WARM_SLICES:])}")
        assert min(late) <= max(early) * more * GROWTH_LIMIT + GROWTH_FREE_KIB


def tail_ms(figures: list[wrk.Figures]) -> str:
    """The median of the slices' 99.9th percentiles: of the first half, and of the second."""
    half = len(figures) // 2
    early, late = (statistics.median(f.p999_ms for f in part)
                   for part in (figures[:half], figures[half:]))
    return f"{early:.1f} ms early, {late:.1f} ms late"
