"""System calls of a server, as strace saw them: which began and ended before which."""

import re
from dataclasses import dataclass
from pathlib import Path

from harm.wait import until
from registry.process import Registry

CALLS = ("openat,open,mmap,msync,fdatasync,fsync,sync_file_range,write,pwrite64,writev,pwritev,"
         "pwritev2,read,recvfrom,recvmsg,sendto,sendmsg,sendfile,close")

# Enough for the largest write, each byte of which may take four characters.
STRING_LIMIT = 1 << 20

LINE = re.compile(r"^(?P<thread>\d+) +(?P<text>.*)$")
BEGIN = re.compile(r"^(?P<name>\w+)\((?P<arguments>.*)$", re.DOTALL)
RESUMED = re.compile(r"^<\.\.\. (?P<name>\w+) resumed>(?P<rest>.*)$", re.DOTALL)
UNFINISHED = " <unfinished ...>"
RESULT = re.compile(r"\) += (?P<result>-?\d+)(?P<more>.*)$", re.DOTALL)
DESCRIPTOR = re.compile(r"^(?P<number>\d+)<(?P<target>.*?)>(?=[,) ]|$)", re.DOTALL)


@dataclass
class Call:
    """begin and end are places in the order of all events of all threads."""

    name: str
    text: str  # arguments and result, as strace writes them
    begin: int
    end: int
    result: int

    def descriptor(self) -> tuple[int, str]:
        """Number and what it leads to; -1 if it has none."""
        match = DESCRIPTOR.match(self.text)
        return (int(match["number"]), match["target"]) if match else (-1, "")


class TracedRegistry(Registry):
    """A server that strace watches from its first call on."""

    def __init__(self, data_dir: Path, trace: Path, **more: object):
        self.trace = trace
        super().__init__(data_dir, **more)  # type: ignore[arg-type]

    def command(self) -> list[str]:
        # -D: the server, not strace, is our child.
        strace = ["strace", "-D", "-f", "-yy", "-s", str(STRING_LIMIT), "-e", f"trace={CALLS}",
                  "-e", "signal=none", "-o", str(self.trace)]
        return [*strace, *super().command()]

    def environment(self) -> dict[str, str]:
        """The leak sanitizer would be a tracer itself, and there can be but one."""
        inherited = super().environment()
        asan = [inherited.get("ASAN_OPTIONS", ""), "detect_leaks=0"]
        return {**inherited, "ASAN_OPTIONS": ":".join(filter(None, asan))}

    def calls(self) -> list[Call]:
        """All of a server that has ended, in the order in which they began."""
        until("the end of the trace", lambda: "+++ exited with" in _tail(self.trace), 30)
        return parse(self.trace.read_text("utf-8", "replace"))


def _tail(path: Path) -> str:
    with open(path, "rb") as file:
        file.seek(max(0, path.stat().st_size - 4096))
        return file.read().decode("utf-8", "replace").rstrip().rsplit("\n", 1)[-1]


def _finished(name: str, text: str, begin: int, end: int) -> Call:
    match = RESULT.search(text)
    return Call(name, text, begin, end, int(match["result"]) if match else -1)


def parse(text: str) -> list[Call]:
    calls = []
    under_way: dict[str, tuple[str, str, int]] = {}
    for place, line in enumerate(text.split("\n")):
        match = LINE.match(line)
        if not match:
            continue
        thread, event = match["thread"], match["text"]
        if resumed := RESUMED.match(event):
            name, arguments, begin = under_way.pop(thread)
            assert name == resumed["name"], line
            calls.append(_finished(name, arguments + resumed["rest"], begin, place))
        elif begun := BEGIN.match(event):
            arguments = begun["arguments"]
            if arguments.endswith(UNFINISHED):
                under_way[thread] = (begun["name"], arguments[:-len(UNFINISHED)], place)
            else:
                calls.append(_finished(begun["name"], arguments, place, place))
    return sorted(calls, key=lambda call: call.begin)
