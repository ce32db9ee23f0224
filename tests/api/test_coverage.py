"""Every row of spec 16 and every quirk of spec 15 has a test."""

import ast
import re
from pathlib import Path

FOLDER = Path(__file__).parent


def names_of_tests() -> list[str]:
    names = []
    for path in FOLDER.glob("test_*.py"):
        tree = ast.parse(path.read_text())
        names += [node.name for node in tree.body
                  if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")]
    return names


def test_every_row_of_section_16_has_a_test_named_for_it() -> None:
    rows = (FOLDER / "rows.txt").read_text().split()
    matches = (re.match(r"test_([A-Z]\d+)_", name) for name in names_of_tests())
    tested = {match[1] for match in matches if match}

    assert tested == set(rows)


def test_every_quirk_of_section_15_names_tests_that_exist() -> None:
    names = set(names_of_tests())
    quirks = {}
    for line in (FOLDER / "quirks.txt").read_text().splitlines():
        if not line.startswith("#"):
            number, *tests = line.split()
            quirks[int(number)] = set(tests)

    assert set(quirks) == set(range(1, 33))
    assert all(quirks.values())
    assert set().union(*quirks.values()) - names == set()


def test_no_two_tests_of_one_file_have_one_name() -> None:
    """The second would silently take the place of the first."""
    for path in FOLDER.glob("test_*.py"):
        tree = ast.parse(path.read_text())
        names = [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]
        assert len(names) == len(set(names)), path.name
