"""One measure: so many seconds of one operation, from one side, and who used the CPU meanwhile."""

import json
import os
import pathlib
import resource
import subprocess

HERE = pathlib.Path(__file__).resolve().parent
TICKS = os.sysconf("SC_CLK_TCK")
FILL_LIMIT_S = 1800


def run_for_json(command):
    """The last line that a command prints."""
    done = subprocess.run([str(word) for word in command], check=True, text=True, stdout=subprocess.PIPE)
    return json.loads(done.stdout.strip().splitlines()[-1])


class Load:
    """wrk, and registryd before the store."""

    name = "registryd"

    def __init__(self, arguments, server, cluster):
        self._arguments, self._server, self._cluster = arguments, server, cluster

    def _wrk(self, operation, seconds):
        return run_for_json(["wrk", "-t1", "-c", self._arguments.in_flight, "-d", seconds, "--timeout",
                             "10", "-s", HERE / "load.lua", self._server.url, "--", operation,
                             self._arguments.users])

    def fill(self):
        filled = self._wrk("fill", FILL_LIMIT_S)
        if filled["failed"] or filled["operations"] < 2 * self._arguments.users:
            raise SystemExit(f"bench: the store could not be filled: {filled}")

    def run(self, operation, seconds):
        before_s = cpu_s([self._server.pid])
        figures = self._wrk(operation, seconds)
        return {**figures, "cpu_s": cpu_s([self._server.pid]) - before_s}

    def pids(self):
        return [self._server.pid, *(self._cluster.pids() if self._cluster else [])]


class Loop:
    """The bare loop."""

    name = "bare loop"

    def __init__(self, arguments, cluster):
        self._arguments, self._cluster = arguments, cluster

    def run(self, operation, seconds):
        return run_for_json([self._arguments.build / "bench" / "cql_loop", self._cluster.contact_points(),
                             self._cluster.keyspace, operation, self._arguments.users,
                             self._arguments.in_flight, seconds])

    def pids(self):
        return self._cluster.pids()


def cpu_s(pids):
    def of(pid):
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    return sum(of(pid) for pid in pids)


def machine_cpu_s():
    """Busy and all, of all cores, since boot."""
    fields = [int(field) / TICKS for field in pathlib.Path("/proc/stat").read_text().split("\n")[0].split()[1:9]]
    return sum(fields) - fields[3] - fields[4], sum(fields)


def children_cpu_s():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


class CpuShare:
    """Who used the CPU since: what is measured, its generator, or others."""

    def __init__(self, pids):
        self._pids = sorted(set(pids))
        self._before = self._look()

    def _look(self):
        return cpu_s(self._pids) + children_cpu_s(), *machine_cpu_s()

    def figures(self, figures):
        ours, busy, all_s = (now - before for now, before in zip(self._look(), self._before))
        return {"all_cpu_us": ours / figures["operations"] * 1e6,
                "others_share": max(0.0, busy - ours) / all_s, "idle_share": 1 - busy / all_s}
