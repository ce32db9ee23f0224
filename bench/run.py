#!/usr/bin/env python3
"""Measures registryd over a store: reads by user and keep-alives, what they cost and how many there are.

Over Cassandra each is compared with a bare loop of the same prepared statements through the same
client (cql_loop), in turn, on the same nodes. These have half of the machine's cores, whoever asks
them the other half: what asks costs the nodes nothing then but its questions. CPU time for an
operation is what holds elsewhere. Nothing is left out of the tables: a measure in which others took
the cores is marked, not dropped.
"""

import argparse
import contextlib
import json
import os
import pathlib
import signal
import sys
import tempfile
import time

from measure import CpuShare, Load, Loop
from report import Report, machine
from rig import Cluster, Server, share_cores

ROOT = pathlib.Path(__file__).resolve().parents[1]
OPERATIONS = {"read": "read by user", "renew": "keep-alive"}


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--store", choices=["cassandra", "lmdb", "memory"], default="cassandra")
    parser.add_argument("--nodes", default="1,4", help="clusters to measure on, default 1,4")
    parser.add_argument("--net", default="127.0.27", metavar="A.B.C", help="addresses of the nodes")
    parser.add_argument("--build", default=ROOT / "build", type=lambda path: pathlib.Path(path).resolve())
    parser.add_argument("--operations", default="read,renew", help="default read,renew")
    parser.add_argument("--users", type=int, default=10000, help="with two hyperties each")
    parser.add_argument("--in-flight", type=int, default=64, help="connections; statements of the loop")
    parser.add_argument("--repetitions", type=int, default=15)
    parser.add_argument("--seconds", type=int, default=4,
                        help="of each measure; short ones in turn meet the same noise")
    parser.add_argument("--any-core", action="store_true", help="let nodes and clients share all cores")
    parser.add_argument("--warm-up", type=int, default=20, metavar="SECONDS",
                        help="of each operation before it is measured, for the nodes' compilers")
    return parser.parse_args()


def repeat(arguments, report, where, operation, sides, look):
    """Each side once to warm up, then all in turn, the other one first every second time."""
    for side in sides:
        side.run(operation, arguments.warm_up)
    for repetition in range(arguments.repetitions):
        for side in sides[::-1] if repetition % 2 else sides:
            share = look()
            figures = side.run(operation, arguments.seconds)
            report.note({"where": where, "operation": operation, "side": side.name,
                         "repetition": repetition + 1, **figures, **share.figures(figures)})


def measure(arguments, report, where, server, cluster):
    started = time.monotonic()
    load = Load(arguments, server)
    load.fill(report.say)
    report.say(f"{where}: {arguments.users * 2} hyperties made in {time.monotonic() - started:.0f} s")
    sides = [load] + ([Loop(arguments, cluster)] if cluster else [])
    for operation in arguments.operations.split(","):
        repeat(arguments, report, where, operation, sides, lambda: CpuShare(server, cluster))
        report.table(where, operation, OPERATIONS[operation])


def measure_on_nodes(arguments, report, count):
    with contextlib.ExitStack() as stack:
        cluster = stack.enter_context(Cluster(arguments, count))
        server = stack.enter_context(Server(arguments, report.directory, cluster))
        report.say(f"Cassandra {cluster.version()}, {count} nodes, {cluster.copies()} copies, "
                   f"on cores {arguments.nodes_cores}")
        measure(arguments, report, f"cassandra, {count} nodes", server, cluster)


def main():
    arguments = parse_arguments()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # the nodes go with us
    os.chdir(ROOT)  # what is kept tells no paths of this machine
    report = Report(pathlib.Path("bench", "results"), arguments.store)
    report.say(" ".join(sys.argv))
    report.say(json.dumps(machine(arguments.build), indent=1))
    arguments.nodes_cores = share_cores(arguments.any_core)
    if arguments.store == "cassandra":
        for count in arguments.nodes.split(","):
            measure_on_nodes(arguments, report, int(count))
        return
    with tempfile.TemporaryDirectory() as data:
        arguments.data = pathlib.Path(data)
        with Server(arguments, report.directory, None) as server:
            measure(arguments, report, arguments.store, server, None)


if __name__ == "__main__":
    main()
