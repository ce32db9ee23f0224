"""Several registryd that are one registry: on one keyspace, by one clock."""

import time
from pathlib import Path
from typing import Any, Sequence

from registry.clock import TestClock
from registry.keyspace import Keyspace
from registry.process import Registry

# The first one of a keyspace makes its tables.
READY_LIMIT_S = 120.0


class Together:
    """Started and ended like one, and by a block likewise."""

    store = "cassandra"

    def __init__(self, keyspace: Keyspace, count: int, folder: Path, clock: TestClock,
                 arguments: Sequence[str] = (), **more: Any):
        self.keyspace = keyspace
        self.arguments = list(arguments)
        self.members = [Registry(folder / f"data{number}", self.store, clock, start=False, **more)
                        for number in range(count)]
        self.start()

    # ---- Life ----

    def start(self) -> None:
        for server in self.members:
            server.arguments = [*self.keyspace.arguments(), *self.arguments]
            server.launch()
        try:
            for server in self.members:
                server.wait_until_started()
            for server in self.members:
                wait_until_ready(server)
        except BaseException:
            self.kill()
            raise

    def running(self) -> bool:
        return all(server.running() for server in self.members)

    def signal(self, number: int) -> None:
        for server in self.members:
            server.signal(number)

    def wait(self) -> int:
        """The worst of their exit codes."""
        return max((server.wait() for server in self.members), key=abs)

    def terminate(self) -> int:
        return max((server.terminate() for server in self.members), key=abs)

    def kill(self) -> None:
        """As a crash of all. Afterwards nobody holds what they had leased: it is as if the few
        seconds that a lease lasts had passed."""
        for server in self.members:
            server.kill()
        self.keyspace.end_leases()

    def restart(self, crash: bool = False) -> None:
        if crash:
            self.kill()
        else:
            code = self.terminate()
            assert code == 0, f"exit code {code} after SIGTERM\n{self.log_text()}"
        self.start()

    def __enter__(self) -> "Together":
        return self

    def __exit__(self, kind: object, *more: object) -> None:
        """All are ended, also if one of them is not as it should be."""
        try:
            for server in self.members:
                server.__exit__(kind, *more)
        finally:
            for server in self.members:
                server.kill()

    # ---- What they say ----

    def wait_for_log(self, event: str, limit_s: float = 10.0) -> dict[str, Any]:
        """From each of them; the last one's."""
        return [server.wait_for_log(event, limit_s) for server in self.members][-1]

    def log_text(self) -> str:
        return "\n".join(server.log_text() for server in self.members)

    def admin(self, path: str) -> tuple[int, str]:
        return self.members[0].admin(path)

    def metrics(self) -> dict[str, float]:
        return self.members[0].metrics()


def wait_until_ready(server: Registry) -> None:
    """It listens before it is connected to the cluster."""
    deadline = time.monotonic() + READY_LIMIT_S
    while (answer := server.admin("/ready"))[0] != 200:
        if time.monotonic() > deadline:
            raise TimeoutError(f"not ready: {answer}\n{server.log_text()}")
        time.sleep(0.01)
