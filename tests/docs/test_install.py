"""`make install` installs what `make build` has built, and nothing that it has not."""

import json
import re
import subprocess
from pathlib import Path

from docs.documents import LIMIT_S, ROOT
from registry.process import program


def said(*command: object) -> str:
    done = subprocess.run(list(map(str, command)), cwd=ROOT, capture_output=True, text=True,
                          timeout=LIMIT_S, check=True)
    return done.stdout


def built_programs(build: Path) -> set[str]:
    """What the targets of `make build` stand for."""
    (targets,) = re.findall(r"scripts/build \S+ (.+)$", said("make", "-n", "build"), re.MULTILINE)
    named = set(targets.split())
    for target in targets.split():
        named.update(re.findall(r"^    (?:\| )?(\S+)$", said("ninja", "-C", build, "-t", "query", target),
                                re.MULTILINE))
    return named


def test_every_program_that_is_installed_is_built_first() -> None:
    build = program().parent
    installed = json.loads(said("meson", "introspect", "--installed", build))
    programs = {Path(file).name for file in installed if Path(file).parent == build}
    assert "registryd" in programs
    assert programs <= built_programs(build), "make install has nothing to install"
