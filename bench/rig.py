"""What is measured: nodes of Cassandra, and a server on them."""

import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.append(str(ROOT / "tests" / "lib"))

from registry.process import Registry  # noqa: E402

REACHED_LIMIT_S = 120


def share_cores(any_core):
    """Leaves the first half of the cores to the nodes: which, as taskset has them. We, and all that we
    start, keep to the others; on one core, or if all may use any, there is nothing to share."""
    cores = sorted(os.sched_getaffinity(0))
    if any_core or len(cores) < 2:
        return ",".join(map(str, cores))
    os.sched_setaffinity(0, cores[len(cores) // 2:])
    return ",".join(map(str, cores[:len(cores) // 2]))


class Cluster:
    """Nodes with both compilers, dropped with the block."""

    keyspace = "bench"

    def __init__(self, arguments, count):
        self.count = count
        self._directory = arguments.build.resolve() / f"cassandra-bench-{count}"
        self._net = arguments.net
        self._cores = arguments.nodes_cores

    def _run(self, *command):
        nodes = ["taskset", "-c", self._cores, ROOT / "scripts" / "cassandra", "--dir", self._directory]
        if not self._directory.exists():
            nodes += ["--net", self._net, "--jit", "both"]
        return subprocess.run([*nodes, *command], check=True, text=True, stdout=subprocess.PIPE).stdout

    def __enter__(self):
        self._run("drop")
        self._run("start", str(self.count))
        return self

    def __exit__(self, *_):
        self._run("drop")

    def copies(self):
        return min(self.count, 3)

    def contact_points(self):
        return self._run("contact-points").strip()

    def version(self):
        return self._run("nodetool", "1", "version").split()[-1]

    def pids(self):
        return [int((self._directory / f"node-{node}" / "pid").read_text())
                for node in range(1, self.count + 1)]


class Server(Registry):
    """A registryd; its log is kept."""

    def __init__(self, arguments, results, cluster):
        self._log_file = results / f"registryd-{cluster.count if cluster else arguments.store}.log"
        more = [] if not cluster else [
            "--cassandra-contact-points", cluster.contact_points(),
            "--cassandra-keyspace", cluster.keyspace,
            "--cassandra-replication", str(cluster.copies())]
        data = results if cluster else arguments.data
        super().__init__(data, arguments.store, arguments=more, binary=arguments.build / "registryd")
        if cluster:
            self.wait_for_log("store.reachable", REACHED_LIMIT_S)

    def __exit__(self, kind, *rest):
        self._log_file.write_text(self.log_text() + "\n")
        super().__exit__(kind, *rest)
