"""What /metrics says of requests: exactly what was asked for, and in Prometheus' form."""

import re
from typing import Callable

import pytest

from docs.documents import run_program
from registry.api import OwnApi
from registry.bodies import data_object, hyperty
from registry.client import piece
from registry.process import Registry

pytestmark = pytest.mark.own_server

Start = Callable[..., OwnApi]
SAMPLE = re.compile(r'([a-z_0-9]+)(\{[a-z]+="[^"\\\n]*"(?:,[a-z]+="[^"\\\n]*")*\})? '
                    r"(-?\d+(?:\.\d+)?(?:e[+-]\d+)?)")


def by_route(registry: Registry) -> dict[tuple[str, str, str], int]:
    found = {}
    for name, value in registry.metrics().items():
        if match := re.match(r'registryd_http_requests_by_route_total\{route="([^"]+)",'
                             r'method="(\w+)",code="(\w+)"\}', name):
            found[match.groups()] = int(value)
    return found


def test_requests_are_counted_by_route_method_and_status(start: Start) -> None:
    api = start("memory")
    user, id_ = piece(api.user()), piece(api.id())
    for _ in range(3):
        assert api.put_hyperty(api.user(), api.id(), hyperty()).status == 200
    api.get(f"/hyperty/url/{id_}")
    api.request("HEAD", f"/hyperty/url/{id_}")
    api.get("/hyperty/url/none")
    api.get(f"/hyperty/user/{user}/x?resources=none")
    api.request("PUT", f"/hyperty/url/{id_}", "{")
    api.get("/no/such/path")
    api.request("BREW", "/live")
    api.request("DELETE", f"/hyperty/user/{user}/{id_}")

    of_user = "/hyperty/user/:user/:hyperty"
    of_url = "/hyperty/url/:hyperty"
    counted = by_route(api.registry)
    assert {key: number for key, number in counted.items() if key[0] != "/metrics"} == {
        (of_user, "PUT", "200"): 3,
        (of_user, "GET", "404"): 1,
        (of_user, "DELETE", "200"): 1,
        (of_url, "GET", "200"): 1,
        (of_url, "HEAD", "200"): 1,
        (of_url, "GET", "404"): 1,
        (of_url, "PUT", "400"): 1,
        ("none", "GET", "404"): 1,
        ("/live", "other", "405"): 1,
    }


def test_nothing_that_clients_choose_makes_a_series(start: Start) -> None:
    api = start("memory")
    for number in range(20):
        api.get(f"/hyperty/url/{number}")
        api.get(f"/{number}")
        api.request(f"M{number}", "/live")
    assert len(by_route(api.registry)) <= 4


def test_durations_have_one_observation_for_each_request(start: Start) -> None:
    api = start("lmdb")
    for number in range(5):
        assert api.put_hyperty(api.user(), api.id(f"h{number}"), hyperty()).status == 200
    api.of_user(api.user())
    api.get("/registry/updated")

    metrics = api.registry.metrics()

    def count(name: str, label: str = "") -> float:
        return metrics[f"registryd_{name}_count{label}"]

    duration = "http_request_duration_seconds"
    assert count(duration, '{class="create"}') == 5
    assert count(duration, '{class="read"}') == 1
    assert count(duration, '{class="updates"}') == 1
    assert count("store_wait_seconds") >= 5
    assert count("store_batch_changes") == metrics["registryd_store_batches_total"]
    assert metrics["registryd_store_batch_changes_sum"] == 5
    assert count("store_commit_seconds") >= 1


def test_how_late_expiries_were_found_is_observed_once_for_each(start: Start) -> None:
    api = start("memory")
    for number in range(5):
        assert api.put_hyperty(api.user(), api.id(f"h{number}"), hyperty(expires=1)).status == 200
    api.pass_seconds(3)
    assert len(api.updated()) == 5
    metrics = api.registry.metrics()
    assert metrics["registryd_expiry_late_seconds_count"] == 5
    assert metrics["registryd_expiry_late_seconds_count"] == metrics["registryd_expiries_total"]
    assert 0 <= metrics["registryd_expiry_late_seconds_sum"] <= 5 * 3


@pytest.mark.parametrize("kind", ["memory", "lmdb"])
def test_entries_are_counted_by_state(start: Start, kind: str) -> None:
    api = start(kind)
    user = api.user()

    def seen() -> tuple[float, ...]:
        metrics = api.registry.metrics()
        return tuple(metrics[f"registryd_{name}"] for name in (
            "hyperties", "hyperties_disconnected", "data_objects", "data_objects_disconnected"))

    # Given two that live and one that is deleted
    for number in range(2):
        assert api.put_hyperty(user, api.id(f"h{number}"), hyperty(expires=1)).status == 200
    assert api.put_object(api.id("o"), data_object()).status == 200
    assert api.delete_object(api.id("o")).status == 200
    assert seen() == (2, 0, 1, 1)

    # When the two expire, and one comes back
    api.pass_seconds(3)
    assert len(api.updated()) == 3
    assert seen() == (2, 2, 1, 1)
    assert api.keep_alive(api.id("h0")).status == 200
    assert seen() == (2, 1, 1, 1)


def test_the_release_is_named(start: Start) -> None:
    status, text = start("memory").registry.admin("/metrics")
    said = re.search(r'^registryd_build_info\{version="([^"]+)"\} 1$', text, re.MULTILINE)
    assert status == 200 and said and f"registryd {said[1]}" == run_program("--version").strip()


def test_buckets_are_cumulative_and_end_with_all(start: Start) -> None:
    api = start("memory")
    for _ in range(10):
        api.get("/hyperty/url/none")
    bucket = 'registryd_http_request_duration_seconds_bucket{class="read",le='
    values = [value for name, value in api.registry.metrics().items() if name.startswith(bucket)]
    assert values == sorted(values) and values[-1] == 10


def test_each_line_is_of_the_form_that_prometheus_reads(start: Start) -> None:
    api = start("memory")
    api.get("/live")
    status, text = api.registry.admin("/metrics")
    assert status == 200 and text.endswith("\n")
    explained: set[str] = set()
    for line in text.splitlines():
        if match := re.fullmatch(r"# TYPE ([a-z_0-9]+) (counter|gauge|histogram)", line):
            assert match[1] not in explained, "explained twice"
            explained.add(match[1])
        elif not re.fullmatch(r"# HELP [a-z_0-9]+ [^\\]+\.", line):
            sample = SAMPLE.fullmatch(line)
            assert sample, line
            assert re.sub(r"_(bucket|sum|count)$", "", sample[1]) in explained or \
                sample[1] in explained, line


def test_the_process_is_described_as_prometheus_clients_do(start: Start) -> None:
    metrics = start("memory").registry.metrics()
    assert metrics["process_resident_memory_bytes"] > 1 << 20
    assert metrics["process_virtual_memory_bytes"] > metrics["process_resident_memory_bytes"]
    assert 0 < metrics["process_open_fds"] < metrics["process_max_fds"]
    assert metrics["process_cpu_seconds_total"] > 0
