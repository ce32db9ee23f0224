"""The keyspace of the original registry, as its own release writes it."""

import time
from itertools import count
from typing import Any, Iterable, Mapping

from registry.cql import Node, Row
from registry.client import fresh_prefix

_HYPERTY = """ user text, descriptor text, startingtime text, lastmodified text, expires int,
    resources list<text>, dataschemes list<text>, status text, guid text, runtime text,
    p2prequester text, p2phandler text, hypertyid text, """
_OBJECT = """ name text, schem text, status text, expires int, runtime text, p2prequester text,
    startingtime text, lastmodified text, reporter text, url text, resources list<text>,
    dataschemes list<text>, """

TABLES = {
    "hyperties_by_id": _HYPERTY + "PRIMARY KEY (hypertyid)",
    "hyperties_by_user": _HYPERTY + "PRIMARY KEY ((user), hypertyid)",
    "updated_hyperties": _HYPERTY + "PRIMARY KEY (hypertyid)",
    "hyperties_by_email": "email text PRIMARY KEY, hyperties_ids set<text>",
    "guid_by_user_id": "guid text PRIMARY KEY, user text, emails set<text>",
    "data_objects_by_url": _OBJECT + "PRIMARY KEY (url)",
    "data_objects_by_name": _OBJECT + "PRIMARY KEY ((name), url)",
    "data_objects_by_reporter": _OBJECT + "PRIMARY KEY ((reporter), url)",
    "updated_data_objects": _OBJECT + "PRIMARY KEY (url)",
}

Values = dict[str, Any]
ROWS_OF_A_BATCH = 50

_numbers = count(1)


def at(seconds_ago: float = 0) -> str:
    """A time as the original writes it."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - seconds_ago))


def hyperty(hyperty_id: str, user: str, **changes: Any) -> Values:
    """A row with all its columns, or those that are left by None."""
    return {
        "hypertyid": hyperty_id, "user": user,
        "descriptor": "hyperty-catalogue://x.org/.well-known/hyperty/Chat",
        "resources": ["voice", "chat"], "dataschemes": ["comm"],
        "startingtime": at(500), "lastmodified": at(10), "expires": 1000, "status": "live",
        "guid": None, "runtime": "runtime://x.org/r1", "p2prequester": None, "p2phandler": None,
        **changes,
    }


def data_object(url: str, **changes: Any) -> Values:
    return {
        "url": url, "name": "room", "reporter": "hyperty://x.org/reporter",
        "schem": "hyperty-catalogue://x.org/.well-known/dataschema/Communication",
        "resources": ["chat"], "dataschemes": ["comm"], "startingtime": at(500),
        "lastmodified": at(10), "expires": 1000, "status": "live", "runtime": "runtime://x.org/r1",
        "p2prequester": None,
        **changes,
    }


class Original:
    """Its tables in a keyspace of their own, which goes with the block."""

    def __init__(self, node: Node):
        self._node = node
        self.keyspace = f"original_{fresh_prefix()}_{next(_numbers)}"

    def __enter__(self) -> "Original":
        self._node.run(f"CREATE KEYSPACE {self.keyspace} WITH replication = "
                       "{'class': 'SimpleStrategy', 'replication_factor': 1}")
        for name, columns in TABLES.items():
            self._node.run(f"CREATE TABLE {self.keyspace}.{name} ({columns})")
        return self

    def __exit__(self, *_: object) -> None:
        self._node.run(f"DROP KEYSPACE {self.keyspace}")

    # ---- Writing ----

    def run(self, text: str) -> list[Row]:
        """A statement in which $ stands for the keyspace."""
        return self._node.run(text.replace("$", self.keyspace))

    def insert(self, table: str, rows: Iterable[Mapping[str, Any]]) -> None:
        statements = [self._insertion(table, row) for row in rows]
        for start in range(0, len(statements), ROWS_OF_A_BATCH):
            some = statements[start:start + ROWS_OF_A_BATCH]
            self._node.run(f"BEGIN UNLOGGED BATCH {'; '.join(some)}; APPLY BATCH")

    def _insertion(self, table: str, row: Mapping[str, Any]) -> str:
        given = {name: literal(value) for name, value in row.items() if value is not None}
        return (f"INSERT INTO {self.keyspace}.{table} ({', '.join(given)}) "
                f"VALUES ({', '.join(given.values())})")

    def put_hyperties(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Everywhere where the original writes a hyperty."""
        rows = list(rows)
        self.insert("hyperties_by_id", rows)
        self.insert("hyperties_by_user", rows)
        self.insert("guid_by_user_id", [{"guid": row["guid"], "user": row["user"]}
                                        for row in rows if row["guid"]])
        self.insert("updated_hyperties", [row for row in rows if row.get("pending")])
        self.insert("hyperties_by_email", [{"email": row["user"].rsplit("/", 1)[-1],
                                            "hyperties_ids": {row["hypertyid"]}} for row in rows])

    def put_objects(self, rows: Iterable[Mapping[str, Any]]) -> None:
        rows = list(rows)
        for table in ("data_objects_by_url", "data_objects_by_name", "data_objects_by_reporter"):
            self.insert(table, rows)

    # ---- Reading ----

    def dump(self) -> dict[str, list[Row]]:
        """Everything in it, and what it is made of."""
        names = self._node.run("SELECT table_name FROM system_schema.tables "
                               f"WHERE keyspace_name = '{self.keyspace}'")
        tables = [row["table_name"].decode() for row in names]
        return {name: self._node.run(f"SELECT * FROM {self.keyspace}.{name}") for name in tables}


def literal(value: Any) -> str:
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    if isinstance(value, list):
        return "[" + ", ".join(map(literal, value)) + "]"
    if isinstance(value, set):
        return "{" + ", ".join(map(literal, sorted(value))) + "}"
    return str(value)
