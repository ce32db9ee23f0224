"""One measure: so many seconds of one operation, from one side, and who used the CPU meanwhile."""

import json
import os
import pathlib
import resource
import subprocess

HERE = pathlib.Path(__file__).resolve().parent
TICKS = os.sysconf("SC_CLK_TCK")
FILL_LIMIT_S = 1800
FILLS = 5


def run_for_json(command):
    """The last line that a command prints."""
    done = subprocess.run([str(word) for word in command], check=True, text=True, stdout=subprocess.PIPE)
    return json.loads(done.stdout.strip().splitlines()[-1])


class Load:
    """wrk, and registryd before the store."""

    name = "registryd"

    def __init__(self, arguments, server):
        self._arguments, self._server = arguments, server

    def _wrk(self, operation, seconds):
        return run_for_json(["wrk", "-t1", "-c", self._arguments.in_flight, "-d", seconds, "--timeout",
                             "10", "-s", HERE / "load.lua", self._server.url, "--", operation,
                             self._arguments.users])

    def fill(self, say):
        """Again if not all could be made: it is not what is measured, but it is told."""
        for _ in range(FILLS):
            filled = self._wrk("fill", FILL_LIMIT_S)
            say(f"filling: {filled['operations']} asked for, {filled['failed']} refused")
            if filled["failed"] == 0 and filled["operations"] >= 2 * self._arguments.users:
                return
        raise SystemExit("bench: the store could not be filled")

    def run(self, operation, seconds):
        before_s = cpu_s([self._server.pid])
        figures = self._wrk(operation, seconds)
        return {**figures, "cpu_s": cpu_s([self._server.pid]) - before_s}


class Loop:
    """The bare loop."""

    name = "bare loop"

    def __init__(self, arguments, cluster):
        self._arguments, self._cluster = arguments, cluster

    def run(self, operation, seconds):
        return run_for_json([self._arguments.build / "bench" / "cql_loop", self._cluster.contact_points(),
                             self._cluster.keyspace, operation, self._arguments.users,
                             self._arguments.in_flight, seconds])


def cpu_s(pids):
    def of(pid):
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    return sum(of(pid) for pid in pids)


def machine_cpu_s():
    """Busy and all, of all cores, since boot."""
    first = pathlib.Path("/proc/stat").read_text().split("\n", 1)[0]
    fields = [int(field) / TICKS for field in first.split()[1:9]]
    return sum(fields) - fields[3] - fields[4], sum(fields)


def children_cpu_s():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


class CpuShare:
    """Who used the CPU since: nodes, the server, the generator, or others."""

    def __init__(self, server, cluster):
        self._server = [server.pid]
        self._nodes = cluster.pids() if cluster else []
        self._before = self._look()

    def _look(self):
        nodes_s = cpu_s(self._nodes)
        return nodes_s, nodes_s + cpu_s(self._server) + children_cpu_s(), *machine_cpu_s()

    def figures(self, figures):
        nodes, ours, busy, all_s = (now - then for now, then in zip(self._look(), self._before))
        return {"nodes_cpu_us": nodes / figures["operations"] * 1e6,
                "all_cpu_us": ours / figures["operations"] * 1e6,
                "others_share": max(0.0, busy - ours) / all_s, "idle_share": 1 - busy / all_s}
