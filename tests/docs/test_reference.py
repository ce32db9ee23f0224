"""The tables of the documents are those of the program."""

import re
from pathlib import Path
from typing import Iterator, NamedTuple

import pytest

from docs.documents import ROOT, name_of, run_program
from registry.process import Registry

HTTP_API = ROOT / "docs" / "http-api.md"
LOG_EVENTS = ROOT / "docs" / "log-events.md"
METRICS = ROOT / "docs" / "metrics.md"
STORES = ROOT / "docs" / "stores.md"
SCHEMA = [ROOT / "src/store/cassandra_schema.c", *ROOT.glob("deploy/cassandra/schema/*.cql")]
SOURCES = sorted(ROOT.glob("src/*/*.c"))


def table_rows(document: Path) -> Iterator[list[str]]:
    """The cells of each row whose first cell is a name between backquotes."""
    for line in document.read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| `"):
            yield cells


def quoted(text: str) -> list[str]:
    return re.findall(r"`([^`]+)`", text)


# ---- Log events ----

CALL = re.compile(r'log_(debug|info|warn|error)\(\s*"([^"]+)"(.*?)\);', re.DOTALL)
# What the log says about itself.
LINE = re.compile(r'log_line_begin\(&line, "(\w+)", "([^"]+)"\);(.*?)log_line_end', re.DOTALL)
FIELD = re.compile(r'LOG_(?:TEXT|SLICE|NUMBER)\(\s*"([^"]+)"')


class LogEvent(NamedTuple):
    name: str
    level: str
    fields: tuple[str, ...]


def test_log_events_are_those_of_the_sources() -> None:
    in_sources = {LogEvent(name, level, tuple(FIELD.findall(values)))
                  for path in SOURCES
                  for pattern in (CALL, LINE)
                  for level, name, values in pattern.findall(path.read_text())}

    listed = [LogEvent(quoted(name)[0], level, tuple(quoted(fields)))
              for name, level, fields, *_ in table_rows(LOG_EVENTS)]

    assert set(listed) == in_sources
    assert len(listed) == len(in_sources), "listed twice"


def test_log_events_can_be_found_by_that() -> None:
    """Nobody writes a line past the macros that the test above looks for."""
    past = [path for path in SOURCES
            if path.parent.name != "log" and "log_event(" in path.read_text()]

    assert past == []


# ---- Metrics ----


@pytest.mark.own_server
def test_metrics_are_those_of_a_server(tmp_path: Path) -> None:
    with Registry(tmp_path / "data", "memory") as registry:
        status, text = registry.admin("/metrics")
    assert status == 200
    served = re.findall(r"^# TYPE (\S+) (\S+)$", text, re.MULTILINE)

    listed = [(quoted(name)[0], kind) for name, kind, *_ in table_rows(METRICS)]

    assert listed == served


@pytest.mark.own_server
def test_metrics_named_elsewhere_exist(tmp_path: Path) -> None:
    listed = {quoted(name)[0] for name, *_ in table_rows(METRICS)}

    for document in sorted(ROOT.glob("docs/**/*.md")):
        named = {name for name in quoted(document.read_text()) if name.startswith("registryd_")}
        assert named <= listed, document


# ---- Options ----


def options() -> set[str]:
    return set(re.findall(r"^#?([a-z_]+) = ", run_program("--sample-config"), re.MULTILINE))


def names_in(document: Path) -> set[str]:
    """Between backquotes, of several words joined by underscores, perhaps with a value."""
    found = (re.fullmatch(r"([a-z0-9]+(?:_[a-z0-9]+)+)(?: = .*)?", text)
             for text in quoted(document.read_text()))
    return {match[1] for match in found if match}


def tables() -> set[str]:
    """What the Cassandra store's tables are made with: their names among others."""
    return {word for path in SCHEMA for word in re.findall(r"[a-z_]+", path.read_text())}


@pytest.mark.parametrize("document", [STORES, HTTP_API, METRICS, LOG_EVENTS], ids=name_of)
def test_options_that_are_named_exist(document: Path) -> None:
    metrics = {quoted(name)[0] for name, *_ in table_rows(METRICS)}
    fields = {field for row in table_rows(LOG_EVENTS) for field in quoted(row[2])}

    named = names_in(document) - metrics - fields - tables()

    assert named, "the test finds none"
    assert named <= options()


# ---- The HTTP interface ----

CITED = re.compile(r"\bspec (\d+(?:\.\d+)?(?:(?:, | and | to )\d+(?:\.\d+)?)*)")


def test_sections_that_are_cited_exist() -> None:
    text = HTTP_API.read_text()
    sections = set(re.findall(r"^#{2,3} (\d+(?:\.\d+)?)\.? ", text, re.MULTILINE))
    citing = [*ROOT.glob("src/*/*.[ch]"), *ROOT.glob("tests/*/*.[ch]"), *ROOT.glob("docs/**/*.md"),
              *ROOT.glob("tests/**/*.py")]

    cited = {number for path in citing
             for group in CITED.findall(path.read_text())
             for number in re.findall(r"\d+(?:\.\d+)?", group)}

    assert len(cited) > 30, "the test does not find them"
    assert cited <= sections


def messages_in(text: str) -> set[str]:
    return set(re.findall(r'"message":"([^"<…]+)"', text.replace('\\"', '"')))


def test_messages_of_section_7_are_those_of_the_sources() -> None:
    section = HTTP_API.read_text().split("\n## 7. ")[1].split("\n## 8. ")[0]
    answers = (ROOT / "src/api/answers.c").read_text()
    by_macro = re.findall(r'MESSAGE\("([^"]+)"\)', answers)
    by_macro += re.findall(r'CHANGED\("[a-z]+", "([^"]+)"\)', answers)

    in_sources = set(by_macro) | messages_in((ROOT / "src/http/answer.c").read_text())

    assert messages_in(section) == in_sources
