"""The service unit that we ship: it is well-formed, and gives the server no more than it needs."""

import re
import subprocess
from pathlib import Path

from docs.documents import ROOT
from registry.process import program

UNITS = ROOT / "deploy" / "systemd"
EXPOSURE_LIMIT = 2.0


def analyze(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["systemd-analyze", *map(str, arguments)], capture_output=True, text=True,
                          timeout=60, check=False)


def test_the_unit_is_hardened() -> None:
    done = analyze("security", "--offline=yes", "--no-pager", UNITS / "registryd.service")
    level = re.search(r"Overall exposure level for registryd\.service: ([\d.]+)", done.stdout)
    assert level, done.stdout + done.stderr
    assert float(level[1]) <= EXPOSURE_LIMIT, done.stdout


def test_the_units_are_well_formed(tmp_path: Path) -> None:
    """With the program where it is here, since it is not installed."""
    for unit in UNITS.iterdir():
        text = unit.read_text().replace("/usr/local/sbin/registryd", str(program()))
        (tmp_path / unit.name).write_text(text)
    done = analyze("verify", "--man=no", *sorted(tmp_path.iterdir()))
    assert (done.returncode, done.stderr) == (0, "")
