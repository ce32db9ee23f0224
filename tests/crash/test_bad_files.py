"""Files that are not what was written: a clear error at start, and the file is left as it is."""

import hashlib
import os
import struct
from pathlib import Path
from typing import Callable

import pytest

from harm.tools import poke
from registry.bodies import data_object, hyperty
from registry.client import Client
from registry.process import Registry

pytestmark = pytest.mark.own_server

FILE = "registry.mdb"
PAGE = 4096
USER = "user://x.org/u@x.org"
ENTRIES = 300

# Where LMDB's header ("meta") page has what: page header, magic, version, …
FLAGS_AT, MAGIC_AT, VERSION_AT, PAGE_SIZE_AT, LAST_PAGE_AT = 10, 16, 20, 40, 136


def ids() -> list[str]:
    return [f"hyperty://x.org/{number}" for number in range(ENTRIES)]


def body_of(number: int) -> dict[str, object]:
    """Each its own, some beyond what fits a page."""
    return hyperty(descriptor=f"{number} " + "x" * (6000 if number % 20 == 0 else 40))


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The file of a registry that was stopped properly."""
    data_dir = tmp_path_factory.mktemp("sound") / "data"
    with Registry(data_dir) as registry:
        with Client(f"http://{registry.host}:{registry.port}") as client:
            for number, id_ in enumerate(ids()):
                assert client.put_hyperty(USER, id_, body_of(number)).status == 200
            assert client.put_object("comm://x.org/1", data_object()).status == 200
    return (data_dir / FILE).read_bytes()


def place(data_dir: Path, content: bytes) -> Path:
    data_dir.mkdir()
    path = data_dir / FILE
    path.write_bytes(content)
    return path


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def check_refused(data_dir: Path, *words: str) -> None:
    """It ends by itself with an error that names the file and one of the reasons; the file is as
    it was, and there is no other database."""
    path = data_dir / FILE
    before = digest(path)
    registry = Registry(data_dir, start=False)

    registry.launch()
    code = registry.wait()

    said = registry.log_text()
    assert code > 0, f"exit code {code}\n{said}"
    assert str(path) in said, said
    assert any(word in said.lower() for word in words), said
    assert digest(path) == before
    assert {file.name for file in data_dir.iterdir()} <= {FILE, FILE + "-lock"}


def overwrite(content: bytes, at: int, data: bytes) -> bytes:
    return content[:at] + data + content[at + len(data):]


LENGTHS: dict[str, Callable[[int], int]] = {
    "nothing": lambda _: 0,
    "one byte": lambda _: 1,
    "part of the header": lambda _: 100,
    "one page": lambda _: PAGE,
    "one page and a bit": lambda _: PAGE + 100,
    "both header pages": lambda _: 2 * PAGE,
    "a quarter": lambda size: size // 4,
    "half": lambda size: size // 2,
    "half, not of whole pages": lambda size: size // 2 + 1234,
    "all but a page": lambda size: size - PAGE,
    "all but a byte": lambda size: size - 1,
}


@pytest.mark.parametrize("length", LENGTHS)
def test_truncated_file_is_refused(data_dir: Path, sound: bytes, length: str) -> None:
    place(data_dir, sound[:LENGTHS[length](len(sound))])
    check_refused(data_dir, "truncated")


@pytest.mark.parametrize("part", (0.3, 0.6, 0.9))
def test_truncated_file_of_a_crashed_server_is_refused(tmp_path: Path, part: float) -> None:
    # Given a file that nobody could tidy up
    with Registry(tmp_path / "crashed") as registry:
        with Client(f"http://{registry.host}:{registry.port}") as client:
            for number, id_ in enumerate(ids()):
                assert client.put_hyperty(USER, id_, body_of(number)).status == 200
        registry.kill()
    content = (tmp_path / "crashed" / FILE).read_bytes()

    # When what holds its data is cut
    place(tmp_path / "data", content[:int(len(content.rstrip(b"\0")) * part)])

    check_refused(tmp_path / "data", "truncated")


DAMAGES: dict[str, tuple[int, bytes]] = {
    "magic": (MAGIC_AT, b"\0\0\0\0"),
    "one bit of the magic": (MAGIC_AT, b"\xdf"),
    "flags": (FLAGS_AT, b"\0\0"),
    "version of LMDB's format": (VERSION_AT, struct.pack("<I", 999)),
    "page size": (PAGE_SIZE_AT, struct.pack("<I", 12345)),
    "page size of nothing": (PAGE_SIZE_AT, struct.pack("<I", 0)),
    "last page": (LAST_PAGE_AT, struct.pack("<Q", 1 << 40)),
    "everything": (0, b"\xff" * 200),
    "everything, zeroed": (0, b"\0" * 200),
}


@pytest.mark.parametrize("pages", ((0,), (1,), (0, 1)), ids=("first", "second", "both"))
@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_header_is_refused(
    data_dir: Path, sound: bytes, damage: str, pages: tuple[int, ...]
) -> None:
    at, data = DAMAGES[damage]
    content = sound
    for page in pages:
        content = overwrite(content, page * PAGE + at, data)
    place(data_dir, content)
    check_refused(data_dir, "damaged", "not a registry database", "truncated", "version")


def test_garbage_is_refused(data_dir: Path) -> None:
    place(data_dir, os.urandom(100_000))
    check_refused(data_dir, "not a registry database")


def test_text_file_is_refused(data_dir: Path) -> None:
    place(data_dir, b"these are my notes\n" * 1000)
    check_refused(data_dir, "not a registry database")


def test_database_of_somebody_else_is_refused(data_dir: Path) -> None:
    data_dir.mkdir()
    poke("make-foreign", data_dir / FILE)
    check_refused(data_dir, "not a registry database")


def test_directory_in_the_place_of_the_file_is_an_error(data_dir: Path) -> None:
    (data_dir / FILE).mkdir(parents=True)
    registry = Registry(data_dir, start=False)
    registry.launch()
    assert registry.wait() > 0
    assert str(data_dir / FILE) in registry.log_text()


@pytest.mark.parametrize("version", ("1", "10", "999999999999", "later"))
def test_file_of_another_release_is_refused(
    data_dir: Path, sound: bytes, version: str
) -> None:
    poke("set-format", place(data_dir, sound), version)
    check_refused(data_dir, f"format {version}")


def test_data_directory_that_is_a_file_is_an_error(data_dir: Path) -> None:
    parent = data_dir.parent / "file"
    parent.write_text("in the way")
    registry = Registry(data_dir, start=False, arguments=["--data-dir", str(parent)])
    registry.launch()
    assert registry.wait() > 0
    assert str(parent) in registry.log_text()
    assert parent.read_text() == "in the way"


def test_sound_file_is_opened_wherever_it_was_copied_to(data_dir: Path, sound: bytes) -> None:
    """What all of the above differ from."""
    place(data_dir, sound)
    with Registry(data_dir) as registry:
        with Client(f"http://{registry.host}:{registry.port}") as client:
            assert client.get("/live").json["Hyperties_stored"] == str(ENTRIES)
            for number, id_ in enumerate(ids()):
                assert client.hyperty(id_).json["descriptor"] == body_of(number)["descriptor"]
