"""The overview as a real browser sees it, and as somebody without a mouse uses it."""

from pathlib import Path
from typing import Any, Callable, Iterator

import pytest

from registry.api import OwnApi
from registry.bodies import data_object, hyperty
from registry.browser import Browser

pytestmark = pytest.mark.own_server

TABS_MAX = 400


@pytest.fixture
def api(start: Callable[..., OwnApi]) -> OwnApi:
    return start("memory", environment={"DOMAIN_ENV": "DEVELOPMENT"})


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Browser]:
    with Browser(tmp_path / "browser") as browser:
        yield browser


def overview(api: OwnApi, query: str = "") -> str:
    return f"{api.registry.members[0].url}/overview{query}"


def requested(browser: Browser) -> list[str]:
    return [event["request"]["url"] for event in browser.seen("Network.requestWillBeSent")]


# ---- What it lets in ----

MARKUP = ['<script>ran=1</script>', '<img src=/x onerror="ran=1">', '"><svg onload=ran=1>',
          "' onfocus=ran=1 autofocus='", '</table></main><style>*{display:none}</style>',
          '<meta http-equiv=refresh content="0;url=/x">', '<a href="javascript:ran=1" id=evil>']


def test_hostile_texts_run_nothing_and_load_nothing(api: OwnApi, browser: Browser) -> None:
    for n, text in enumerate(MARKUP):
        assert api.put_hyperty(text, text, hyperty(guid=text, status=text)).status == 200
        assert api.put_object(text, data_object(name=text, reporter=text)).status == 200
    targets = [overview(api, query) for query in
               ("", "?list=objects", "?list=users", "?by=user&q=%22%3E%3Csvg+onload%3Dran%3D1%3E",
                "?contains=%27+onfocus%3Dran%3D1+autofocus%3D%27")]
    for target in targets:
        browser.open(target)
        assert browser.ask("typeof ran") == "undefined"
        assert browser.ask("document.querySelectorAll('script,img,svg,link,#evil').length") == 0
        assert browser.ask("getComputedStyle(document.querySelector('main')).display") == "block"

    assert requested(browser) == targets
    assert browser.seen("Page.javascriptDialogOpening") == []


def test_even_markup_that_got_in_would_do_nothing(api: OwnApi, browser: Browser) -> None:
    """The policy alone, with the escaping thought away."""
    browser.open(overview(api))

    browser.ask("document.body.insertAdjacentHTML('beforeend',"
                "'<img src=/evil.png onerror=ran=1><style>h1{color:red}</style>"
                "<iframe src=/live></iframe>')")
    for _ in range(2):
        browser.ask("new Promise(requestAnimationFrame)")
    browser.wait_for("Log.entryAdded", 0,
                     lambda event: "Content Security Policy" in event["entry"]["text"])

    assert browser.ask("typeof ran") == "undefined"
    assert browser.ask("getComputedStyle(document.querySelector('h1')).color") != "rgb(255, 0, 0)"
    blocked = {event["requestId"]: event.get("blockedReason")
               for event in browser.seen("Network.loadingFailed")}
    for event in browser.seen("Network.requestWillBeSent")[1:]:
        assert blocked.get(event["requestId"]) == "csp", event["request"]["url"]


def test_its_own_style_is_let_in(api: OwnApi, browser: Browser) -> None:
    api.create()
    browser.open(overview(api))

    assert browser.ask("getComputedStyle(document.querySelector('table')).borderCollapse"
                       ) == "collapse"
    assert [event for event in browser.seen("Log.entryAdded")
            if event["entry"]["level"] == "error"] == []
    assert requested(browser) == [overview(api)]


# ---- Without a mouse ----

FOCUSED = """(() => {
    const e = document.activeElement, style = getComputedStyle(e);
    return {tag: e.tagName, id: e.id, rel: e.rel || '', text: e.textContent,
            ring: style.outlineStyle + style.outlineWidth, top: e.getBoundingClientRect().top,
            left: e.getBoundingClientRect().left};
})()"""


def tab_until(browser: Browser, found: Callable[[dict[str, Any]], bool]) -> list[dict[str, Any]]:
    """Presses Tab until the focus is there; all that had it on the way."""
    stops: list[dict[str, Any]] = []
    while not stops or not found(stops[-1]):
        browser.press("Tab")
        stops.append(browser.ask(FOCUSED))
        assert len(stops) < TABS_MAX, "the focus never gets there"
    return stops


def test_the_first_stop_leads_past_the_head(api: OwnApi, browser: Browser) -> None:
    api.create()
    browser.open(overview(api))

    stops = tab_until(browser, lambda stop: stop["tag"] == "A")
    assert stops[0]["text"] == "Skip to the list"
    assert stops[0]["left"] >= 0, "seen while it has the focus"
    browser.press("Enter")
    stops = tab_until(browser, lambda stop: stop["id"] == "state")

    assert len(stops) == 1


def test_a_search_needs_no_mouse(api: OwnApi, browser: Browser) -> None:
    api.create("h1", user="ann")
    api.create("h2", user="bob")
    browser.open(overview(api))

    stops = tab_until(browser, lambda stop: stop["id"] == "q")
    assert [stop["text"].split(" (")[0] for stop in stops[:5]] == [
        "Skip to the list", "Hyperties", "Data objects", "Users", "Pending updates"]
    assert all(stop["ring"] == "solid3px" for stop in stops), "one sees where the focus is"
    browser.type(api.user("bob"))
    browser.press_and_load("Enter")

    assert browser.ask("document.title") == "Search – registry"
    assert browser.ask("[...document.querySelectorAll('tbody th')].map(e => e.textContent)"
                       ) == [api.id("h2")]


def test_paging_needs_no_mouse(api: OwnApi, browser: Browser) -> None:
    ids = api.create_many(120)
    browser.open(overview(api))
    seen = []
    while True:
        seen += browser.ask("[...document.querySelectorAll('tbody th')].map(e => e.textContent)")
        if not browser.ask("document.querySelector('a[rel=next]') !== null"):
            break
        tab_until(browser, lambda stop: stop["rel"] == "next")
        browser.press_and_load("Enter")

    assert sorted(seen) == sorted(ids)


# ---- For every eye ----


def test_each_field_has_a_label_and_each_table_its_headings(api: OwnApi, browser: Browser) -> None:
    api.create("h1")
    api.create_disconnected("h2")
    browser.open(overview(api))

    assert browser.ask("[...document.querySelectorAll('input:not([type=hidden]),select')]"
                       ".every(e => e.labels.length === 1)")
    assert browser.ask("[...document.querySelectorAll('thead th')].every(e => e.scope === 'col')")
    assert browser.ask("[...document.querySelectorAll('tbody th')].every(e => e.scope === 'row')")
    nodes = browser.call("Accessibility.getFullAXTree")["nodes"]
    tables = [node["name"]["value"] for node in nodes
              if node.get("role", {}).get("value") == "table"]
    assert tables == ["Live: 1 on this page", "Disconnected: 1 on this page"]


@pytest.mark.parametrize("width", [320, 1280])
def test_it_fits_screens_of_any_width(api: OwnApi, browser: Browser, width: int) -> None:
    api.put_hyperty("user://x.org/" + "u" * 300, "hyperty://x.org/" + "h" * 300, hyperty())
    browser.call("Emulation.setDeviceMetricsOverride", width=width, height=800,
                 deviceScaleFactor=1, mobile=False)
    browser.open(overview(api))

    assert browser.ask("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_light_or_dark_as_the_reader_wants(api: OwnApi, browser: Browser, scheme: str) -> None:
    api.create()
    browser.call("Emulation.setEmulatedMedia",
                 features=[{"name": "prefers-color-scheme", "value": scheme}])
    browser.open(overview(api))

    soft = browser.ask("getComputedStyle(document.querySelector('thead th')).backgroundColor")
    assert soft == {"light": "rgb(238, 241, 244)", "dark": "rgb(34, 38, 43)"}[scheme]
