"""The pages of the overview, as a test reads them."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urlencode

from registry.client import Client
from registry.wire import Answer


@dataclass
class Table:
    """One of a page's tables: its id, and the texts of its rows' cells."""

    name: str
    rows: list[list[str]] = field(default_factory=list)

    @property
    def firsts(self) -> list[str]:
        return [row[0] for row in self.rows]


class Page(HTMLParser):
    """What stands in a page: elements and attributes are collected as they come."""

    def __init__(self, answer: Answer):
        super().__init__()
        self.answer = answer
        self.text = answer.body.decode("utf-8")
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.tables: list[Table] = []
        self.notes: list[str] = []
        self.title = ""
        self._open: list[str] = []
        self.feed(self.text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        assert len(attributes) == len(attrs), f"twice in {tag}: {attrs}"
        self.tags.append((tag, attributes))
        if tag not in ("meta", "input"):
            self._open.append(tag)
        if tag == "table":
            self.tables.append(Table(attributes["aria-labelledby"] or ""))
        elif tag == "tr" and "tbody" in self._open:
            self.tables[-1].rows.append([])
        elif tag in ("td", "th") and "tbody" in self._open:
            self.tables[-1].rows[-1].append("")
        elif tag == "p":
            self.notes.append("")

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag, f"</{tag}> closes another"

    def handle_data(self, data: str) -> None:
        if "title" in self._open:
            self.title += data
        if "tbody" in self._open and self._open[-1] not in ("tbody", "tr"):
            self.tables[-1].rows[-1][-1] += data
        if "p" in self._open:
            self.notes[-1] += data

    def table(self, name: str) -> Table:
        """An empty one if it is not there."""
        return next((table for table in self.tables if table.name == name), Table(name))

    def all_of(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]

    def link(self, rel: str) -> str | None:
        return next((a["href"] for a in self.all_of("a") if a.get("rel") == rel), None)

    @property
    def is_well_formed(self) -> bool:
        return not self._open


def ask(client: Client, target: str = "/overview", **query: str) -> Page:
    answer = client.get(target + (f"?{urlencode(query)}" if query else ""), check=False)
    assert answer.status == 200, answer
    return Page(answer)


def walk(client: Client, **query: str) -> list[Page]:
    """From the first page to the last."""
    pages = [ask(client, **query)]
    while (target := pages[-1].link("next")) is not None:
        pages.append(ask(client, target))
        assert len(pages) < 1000
    return pages
