"""What the tests of the documents share: where they are, and the program they are about."""

import os
import subprocess
from pathlib import Path

from registry.process import program

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = [*sorted(ROOT.glob("*.md")), *sorted(ROOT.glob("docs/**/*.md"))]

LIMIT_S = 60


def name_of(value: object) -> str:
    """For pytest's ids."""
    return str(value.relative_to(ROOT)) if isinstance(value, Path) else str(value)


def run_program(*arguments: str) -> str:
    """What the server shows instead of serving."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("REGISTRYD")}
    shown = subprocess.run([program(), *arguments], env=environment, stdin=subprocess.DEVNULL,
                           capture_output=True, text=True, timeout=LIMIT_S)
    assert shown.returncode == 0, shown.stderr
    return shown.stdout
