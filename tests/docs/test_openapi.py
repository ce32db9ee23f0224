"""The running server is what docs/api/openapi.yaml says it is."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Callable

import pytest

from docs.documents import ROOT
from registry.api import OwnApi

FOLDER = ROOT / "docs" / "api"
EXAMPLES = os.environ.get("OPENAPI_EXAMPLES", "10")
LIMIT_S = 600


@pytest.mark.own_server
def test_every_generated_request_is_answered_as_described(
    start: Callable[..., OwnApi], store: str, tmp_path: Path
) -> None:
    api = start(store, frozen=False)
    run = subprocess.run(
        [Path(sys.executable).parent / "schemathesis",
         "--config-file", FOLDER / "schemathesis.toml",
         "run", FOLDER / "openapi.yaml", "--url", f"http://{api.registry.host}:{api.port}",
         "--max-examples", EXAMPLES, "--seed", "8", "--generation-database", "none"],
        cwd=tmp_path, capture_output=True, text=True, timeout=LIMIT_S,
        env={**os.environ, "PYTHONPATH": str(FOLDER)},
    )

    assert run.returncode == 0, run.stdout[-6000:] + run.stderr[-2000:]
    assert " passed" in run.stdout
