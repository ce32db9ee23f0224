"""What the documents tell people to type works, and what they point at is there."""

import json
import re
import shlex
import subprocess
from pathlib import Path
from typing import Iterator, NamedTuple

import pytest

from docs.documents import DOCUMENTS, LIMIT_S, ROOT, name_of, run_program
from registry.process import Registry

README = ROOT / "README.md"

# ---- The blocks of the README ----

TOUR = "<!-- tour -->"
BLOCK = re.compile(rf"(?P<tour>{TOUR}\n)?```sh\n(?P<text>.*?)^```$", re.DOTALL | re.MULTILINE)


def blocks(tour: bool) -> list[str]:
    found = BLOCK.finditer(README.read_text())
    return [block["text"] for block in found if (block["tour"] is not None) == tour]


def command_lines() -> list[list[str]]:
    """The commands outside of the tour, one a line, without the remarks behind them."""
    lines = (line for block in blocks(tour=False) for line in block.splitlines())
    return [words for line in lines if (words := shlex.split(line, comments=True))]


# ---- The tour ----


class Step(NamedTuple):
    command: str
    output: str | None  # None: the tour does not say


def is_whole(command: str) -> bool:
    """Whether the shell would not wait for more of it, such as a closing quote."""
    check = subprocess.run(["bash", "-n", "-c", command], stderr=subprocess.DEVNULL)
    return check.returncode == 0


def steps_of(block: str) -> Iterator[Step]:
    command, output = "", None
    for line in block.splitlines():
        if line.startswith("#> "):
            assert command and is_whole(command), f"an output without its command: {line}"
            output = (output + "\n" if output is not None else "") + line[3:]
        elif command and not is_whole(command):
            command += "\n" + line
        elif line and not line.startswith("#"):
            if command:
                yield Step(command, output)
            command, output = line, None
    assert is_whole(command), f"a command without an end: {command}"
    yield Step(command, output)


MARK = "--- end of a step: "


def run_in_one_shell(steps: list[Step], folder: Path) -> list[tuple[int, str]]:
    """Exit status and output of each."""
    script = "".join(f"{step.command}\nprintf '\\n{MARK}%d\\n' $?\n" for step in steps)
    shell = subprocess.run(["bash", "-c", script], cwd=folder, stdin=subprocess.DEVNULL,
                           capture_output=True, text=True, timeout=LIMIT_S)
    assert shell.stderr == ""
    parts = re.split(rf"\n{MARK}(\d+)\n", shell.stdout)
    return [(int(status), output.rstrip("\n"))
            for output, status in zip(parts[0::2], parts[1::2])]


@pytest.mark.own_server
def test_the_tour_says_what_happens(tmp_path: Path) -> None:
    # Given a fresh server
    (block,) = blocks(tour=True)
    with Registry(tmp_path / "data", "lmdb") as registry:
        ports = {"4567": registry.port, "4568": registry.admin_port}
        block = re.sub(r"(?<=127\.0\.0\.1:)456[78]\b", lambda port: str(ports[port[0]]), block)
        steps = list(steps_of(block))

        # When somebody follows the tour
        answers = run_in_one_shell(steps, tmp_path)

    # Then each command succeeds and shows what is written below it, or what it is there for
    assert len(answers) == len(steps)
    for step, (status, output) in zip(steps, answers):
        assert status == 0, f"exit status {status}: {step.command}\n{output}"
        if step.output is not None:
            assert output == step.output, step.command
        elif step.command.startswith("curl"):
            assert output not in ("", "{}") and '"message"' not in output, step.command


def test_the_tour_has_outputs_to_compare_with() -> None:
    (block,) = blocks(tour=True)

    steps = list(steps_of(block))

    assert sum(step.output is not None for step in steps) >= 5


# ---- The other commands ----

SHOWING = {"--help", "--version", "--check-config", "--sample-config", "--man-config"}


def server_commands() -> list[list[str]]:
    return [words for words in command_lines() if words[0] == "registryd"]


def test_every_command_of_the_readme_is_one_that_is_tried_here() -> None:
    commands = command_lines()

    assert {words[0] for words in commands} == {"registryd", "make"}


@pytest.mark.own_server
@pytest.mark.parametrize("words", [words for words in server_commands()
                                   if not SHOWING & set(words)], ids=" ".join)
def test_a_server_starts_as_the_readme_says(words: list[str], tmp_path: Path) -> None:
    # Given the arguments of the README, with places of our own
    ours = {"--bind": "127.0.0.1", "--port": "0", "--admin": "127.0.0.1:0",
            "--data-dir": str(tmp_path / "elsewhere")}
    arguments = words[1:]
    for i, word in enumerate(arguments[:-1]):
        arguments[i + 1] = ours.get(word, arguments[i + 1])

    # When a server is started with them, then it is ready
    with Registry(tmp_path / "data", None, arguments=arguments) as registry:
        status, text = registry.admin("/ready")
        stored = list(tmp_path.glob("*/registry.mdb"))

    assert (status, json.loads(text)) == (200, {"status": "ready"})
    if "memory" in words:
        assert not stored, "nothing on disk"
    if "--data-dir" in words:
        assert stored == [tmp_path / "elsewhere" / "registry.mdb"]


@pytest.mark.parametrize("words", [words for words in server_commands()
                                   if SHOWING & set(words)], ids=" ".join)
def test_a_command_that_only_shows_something_shows_it(words: list[str]) -> None:
    assert run_program(*words[1:])


def run_tour(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([ROOT / "examples" / "tour.sh", *arguments], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=LIMIT_S)


def test_the_tour_tells_how_to_call_it() -> None:
    for argument in ("--help", "-h"):
        shown = run_tour(argument)

        assert (shown.returncode, shown.stderr) == (0, "")
        assert "examples/tour.sh [PROGRAM]" in shown.stdout
        assert "==" not in shown.stdout, "nothing is done"


def test_the_tour_builds_nothing_in_the_place_of_a_program_that_is_named(tmp_path: Path) -> None:
    shown = run_tour(str(tmp_path / "none"))

    assert (shown.returncode, shown.stdout) == (1, "")
    assert shown.stderr == f"no program at {tmp_path / 'none'}\n"


def make_targets() -> set[str]:
    lines = (ROOT / "Makefile").read_text()
    return set(re.findall(r"^([a-z-]+):", lines, re.MULTILINE))


@pytest.mark.parametrize("words", [words for words in command_lines() if words[0] == "make"],
                         ids=" ".join)
def test_make_knows_what_the_readme_asks_of_it(words: list[str]) -> None:
    planned = subprocess.run(["make", "-n", *words[1:]], cwd=ROOT, capture_output=True, text=True,
                             timeout=LIMIT_S)

    assert planned.returncode == 0, planned.stderr
    assert planned.stdout


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_every_make_target_that_is_named_exists(document: Path) -> None:
    named = set(re.findall(r"`make ([a-z-]+)`", document.read_text()))

    assert named <= make_targets()


# ---- What is pointed at ----

FOLDERS = {"deploy", "docs", "examples", "scripts", "src", "tests", ".ci"}
IN_SRC = {path.name for path in (ROOT / "src").iterdir() if path.is_dir()}


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_every_link_leads_to_a_file(document: Path) -> None:
    targets = re.findall(r"\]\(([^)#\s]+)", document.read_text())
    files = [target for target in targets if "://" not in target]

    assert [file for file in files if not (document.parent / file).exists()] == []


def paths_in(text: str) -> Iterator[str]:
    """Words between backquotes that begin with a folder of ours: src/main.c, http/http.h."""
    for quoted in re.findall(r"`([^`\n]+)`", text):
        for word in quoted.split():
            if "/" in word and word.split("/")[0] in FOLDERS | IN_SRC:
                yield word


def exists(path: str) -> bool:
    """May be a pattern; what is in src/ is sometimes named without it."""
    return any(ROOT.glob(path.rstrip("/"))) or any(ROOT.glob("src/" + path.rstrip("/")))


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_every_path_that_is_named_exists(document: Path) -> None:
    named = set(paths_in(document.read_text()))

    assert [path for path in sorted(named) if not exists(path)] == []
