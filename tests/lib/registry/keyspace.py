"""A keyspace of Cassandra: made by the first server on it, emptied between tests, dropped."""

import os
import time
from pathlib import Path
from typing import Sequence

from registry.cql import Node, Row, number

# Each table's partition key.
TABLES = {
    "hyperties": "owner",
    "data_objects": "id",
    "data_objects_by_name": "name",
    "data_objects_by_reporter": "reporter",
    "users_by_email": "email",
    "users_by_guid": "guid",
    "owners": "id",
    "claims": "id",
    "conflicts": "month",
    "due": "shard, bucket",
    "pending": "bucket",
    "buckets": "queue",
    "leases": "name",
    "counts": "part",
}
LEASES = {b"due/0", b"due/1", b"due/2", b"due/3", b"take"}
# More partitions than that are quicker truncated than deleted.
DELETED_MAX = 500
LEFT_LIMIT_S = 20.0
ESTABLISHED = "01"
NUMBERS = {"shard", "bucket", "part"}


class Keyspace:
    """On the cluster of $CASSANDRA, under a name that nobody else has."""

    def __init__(self, purpose: str):
        self._contact_points = os.environ["CASSANDRA"]
        self.name = f"test_{purpose}_{int(time.time())}_{os.getpid()}"
        host, _, port = self._contact_points.split(",")[0].partition(":")
        self._node = Node(host, int(port or 9042))

    def arguments(self) -> list[str]:
        """For registryd, which goes by a clock that the test turns."""
        return ["--cassandra-contact-points", self._contact_points,
                "--cassandra-keyspace", self.name, "--cassandra-clock", "server",
                "--cassandra-replication", os.environ.get("CASSANDRA_REPLICATION", "1")]

    def stored(self) -> int:
        """Hyperties, as far as servers have told each other."""
        rows = self._node.run(f"SELECT hyperties FROM {self.name}.counts WHERE part = 0")
        return sum(number(row["hyperties"]) for row in rows)

    # ---- While no server runs ----

    def wipe(self) -> None:
        """Everything but the tables themselves: making them again takes seconds."""
        if not self._exists():
            return
        for table, key in TABLES.items():
            self._empty(f"{self.name}.{table}", key)

    def end_leases(self) -> None:
        """When the node is done with what killed servers sent."""
        if not self._exists():
            return
        self._wait_until_left()
        names = {row["name"] for row in self._node.run(f"SELECT name FROM {self.name}.leases")}
        for name in names | LEASES:
            self._node.run(f"DELETE FROM {self.name}.leases "
                           f"WHERE name = {literal('name', name)} IF EXISTS")

    def _wait_until_left(self) -> None:
        """Until the node knows of no connection that is none, and has nothing else to do."""
        deadline = time.monotonic() + LEFT_LIMIT_S
        while self._has_ghosts() or self._is_busy():
            assert time.monotonic() < deadline, "the node still works for servers that were killed"
            time.sleep(0.005)

    def _has_ghosts(self) -> bool:
        known = {number(row["port"])
                 for row in self._node.run("SELECT address, port FROM system_views.clients")}
        return not known <= connected_ports()

    def _is_busy(self) -> bool:
        pool, = self._node.run("SELECT active_tasks, pending_tasks FROM system_views.thread_pools "
                               "WHERE name = 'Native-Transport-Requests'")
        return number(pool["active_tasks"]) + number(pool["pending_tasks"]) > 1  # this question

    def _exists(self) -> bool:
        return bool(self._node.run("SELECT keyspace_name FROM system_schema.tables WHERE "
                                   f"keyspace_name = '{self.name}' AND table_name = 'counts'"))

    def _empty(self, table: str, key: str) -> None:
        rows = self._node.run(f"SELECT DISTINCT {key} FROM {table}")
        if len(rows) > DELETED_MAX:
            self._node.run(f"TRUNCATE {table}")
        elif rows:
            columns = (f"{column} IN ({', '.join(values_of(column, rows))})" for column in rows[0])
            self._node.run(f"DELETE FROM {table} WHERE {' AND '.join(columns)}")

    def drop(self) -> None:
        self._node.run(f"DROP KEYSPACE IF EXISTS {self.name}")
        self._node.close()


def connected_ports() -> set[int]:
    """Of this machine, the near ends of its connections."""
    lines = [line for name in ("tcp", "tcp6") for line in
             Path("/proc/net", name).read_text(encoding="ascii").splitlines()[1:]]
    return {int(fields[1].rpartition(":")[2], 16) for fields in map(str.split, lines)
            if fields[3] == ESTABLISHED}


def values_of(column: str, keys: Sequence[Row]) -> set[str]:
    return {literal(column, key[column]) for key in keys}


def literal(column: str, value: bytes | None) -> str:
    assert value is not None
    if column in NUMBERS:
        return str(number(value))
    return "'" + value.decode("utf-8").replace("'", "''") + "'"
