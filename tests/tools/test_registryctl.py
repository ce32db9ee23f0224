"""registryctl as a program: what it says of itself, and which settings it takes."""

from pathlib import Path

import pytest

from tools.ctl import run


@pytest.mark.parametrize("arguments", [["--help"], ["import-original", "--help"],
                                       ["conflicts", "-h"], ["--version"],
                                       ["conflicts", "--version"]])
def test_help_and_version_are_everywhere(arguments: list[str]) -> None:
    said = run(*arguments)

    assert (said.status, said.err) == (0, "")
    assert said.out.startswith(("Usage: registryctl", "registryctl "))


@pytest.mark.parametrize("arguments", [[], ["nonsense"]])
def test_without_a_verb_it_says_which_there_are(arguments: list[str]) -> None:
    said = run(*arguments)

    assert (said.status, said.out) == (2, "")
    assert "--help" in said.err


def test_the_settings_are_those_of_the_server(tmp_path: Path) -> None:
    config = tmp_path / "conf"
    config.write_text("store = cassandra\ncassandra_keyspace = k1\n")

    said = run("conflicts", "--config", config, "--check-config")

    assert said.status == 0
    assert "store = cassandra" in said.out and "cassandra_keyspace = k1" in said.out
