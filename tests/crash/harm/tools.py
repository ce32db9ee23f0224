"""The helpers in C that Meson builds beside the server."""

import os
import subprocess
from pathlib import Path

from registry.process import program


def tool(name: str) -> Path:
    """$CRASH_TOOLS, or the folder tests/ beside the server."""
    path = Path(os.environ.get("CRASH_TOOLS", program().parent / "tests")) / name
    assert path.exists(), f"{path} is missing: `make build` builds it"
    return path


def run(name: str, *arguments: object, limit_s: float = 120.0) -> str:
    """What it says; it must succeed."""
    command = [str(tool(name)), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=limit_s, check=False)
    assert done.returncode == 0, f"{command}: exit code {done.returncode}\n{done.stderr}"
    return done.stdout


def poke(*arguments: object) -> str:
    """Looks into, or damages, the file of a registry that does not run."""
    return run("poke", *arguments)
