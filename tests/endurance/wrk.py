"""Load by wrk: a script, for so many seconds."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
CONNECTIONS = 32


@dataclass
class Figures:
    requests: int
    broken: int  # connections, time-outs: no answer
    p50_ms: float
    p999_ms: float
    max_ms: float


@dataclass
class Flood:
    seconds: float
    served: int
    refused: int
    others: int
    broken: int
    p50_ms: float
    p99_ms: float


def run(
    script: str, url: str, seed: int, seconds: int, *options: str, pause_ms: int = 0
) -> dict[str, float]:
    """What the script says in its last line."""
    command = ["wrk", *options, f"-d{seconds}", "--timeout", "10", "-s", str(HERE / script), url,
               "--", str(seed), str(pause_ms)]
    done = subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE,
                          timeout=seconds + 60)
    figures: dict[str, float] = json.loads(done.stdout.strip().splitlines()[-1])
    return figures


def mixed(url: str, seed: int, seconds: int) -> Figures:
    """With ids that no other seed has."""
    said = run("mixed.lua", url, seed, seconds, "-t1", f"-c{CONNECTIONS}")
    return Figures(**said)  # type: ignore[arg-type]


def flood(url: str, seed: int, seconds: int, connections: int, pause_ms: int = 0) -> Flood:
    """The same, of registrations only; each connection pauses between two."""
    said = run("flood.lua", url, seed, seconds, "-t1", f"-c{connections}", pause_ms=pause_ms)
    return Flood(**said)  # type: ignore[arg-type]
