"""
Checks of the built site, `docs/_build/html`: links, search, navigation, contrast and keyboard.

`nox -s docs` runs them in headless Chromium: the one that CHROMIUM names, one of this machine, or
the npm package @sparticuz/chromium. Without one they are skipped; in CI that is a failure.
"""

from __future__ import annotations

import functools
import html
import inspect
import os
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import unquote, urlsplit

import pytest

import confstore.errors
import confstore_dynamodb.errors

DOCS = Path(__file__).parent
SITE = DOCS / "_build" / "html"
NODE = DOCS / "_build" / "node"
PAGES = sorted(path.relative_to(SITE).as_posix() for path in SITE.rglob("*.html"))
NO_CONTENT = {"genindex.html", "py-modindex.html", "search.html"}
"""Pages that Sphinx makes: they have no Markdown."""

MAIN_PAGES = [
    "index.html",
    "errors.html",
    "guides/long-running-service.html",
    "guides/secrets.html",
    "reference/command-line.html",
    "reference/python/dynamodb.html",
    "reference/urls.html",
    "search.html?q=rollback",
]
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]
PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1440, "height": 900}


# ---------------------------------------------------------------- without a browser


@functools.cache
def source_of(page: str) -> str:
    """The HTML of a page."""
    return (SITE / page).read_text(encoding="utf-8")


@functools.cache
def anchors_of(page: str) -> set[str]:
    """Every id of a page."""
    return set(re.findall(r'\bid="([^"]*)"', source_of(page)))


def links_of(page: str) -> Iterator[str]:
    """The address of everything that a page links to or loads."""
    for address in re.findall(r'\b(?:href|src)="([^"]*)"', source_of(page)):
        yield html.unescape(address)


def test_there_are_pages() -> None:
    """The others check each of them."""
    assert {"index.html", "search.html", "errors.html"} <= set(PAGES)
    assert len(PAGES) > 30


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    """Every link within the site has a page or a file, and every fragment its anchor."""
    checked = 0
    for address in links_of(page):
        parts = urlsplit(address)
        if parts.scheme or not address:
            continue
        checked += 1
        target = SITE / page if not parts.path else (SITE / page).parent / unquote(parts.path)
        target = target.resolve()
        assert target.is_file(), address
        if parts.fragment and target.suffix == ".html":
            name = target.relative_to(SITE.resolve()).as_posix()
            assert unquote(parts.fragment) in {*anchors_of(name), "top"}, address
    assert checked > 5


@pytest.mark.parametrize("page", PAGES)
def test_nothing_is_loaded_from_elsewhere(page: str) -> None:
    """Scripts, styles, fonts and pictures are the site's own."""
    loads = re.findall(
        r"<(?:script|img|iframe|source)\b[^>]*\bsrc=\"([^\"]*)\""
        r"|<link\b[^>]*\brel=\"(?:stylesheet|preload|icon)\"[^>]*\bhref=\"([^\"]*)\"",
        source_of(page),
    )
    assert loads
    assert not [each for each in loads if urlsplit("".join(each)).netloc]


def test_every_error_has_its_address() -> None:
    """What the note of an error names is on the page."""
    for module in (confstore.errors, confstore_dynamodb.errors):
        for _, error in inspect.getmembers(module, inspect.isclass):
            if issubclass(error, confstore.errors.ConfigStoreError) and error.__name__[0] != "_":
                page, _, anchor = error.address.rpartition("/")[2].partition("#")
                assert anchor in anchors_of(page), error


def test_every_page_is_markdown_too() -> None:
    """Each has a file beside it, and llms.txt lists it."""
    listed = re.findall(r"\]\(([^)]+)\)", (SITE / "llms.txt").read_text(encoding="utf-8"))
    pages = {f"{page.removesuffix('.html')}.md" for page in {*PAGES} - NO_CONTENT}
    assert sorted(listed) == sorted(pages - {"index.md"})
    for page in pages:
        text = (SITE / page).read_text(encoding="utf-8")
        assert text.startswith("# "), page
        assert "{public}" not in text
        assert "{toctree}" not in text
        for link in re.findall(r"\]\(([^)#\s:]+\.md)(?:#[^)]*)?\)", text):
            assert ((SITE / page).parent / link).is_file(), (page, link)


# ---------------------------------------------------------------- in a browser


def give_up(reason: str) -> NoReturn:
    """Skip the checks in a browser; in CI they are not optional."""
    if os.environ.get("CI", "").lower() not in {"", "0", "false"}:
        pytest.fail(reason)
    pytest.skip(reason)


def from_npm(package: str) -> Path:
    """The folder of a package of npm, which is installed once."""
    folder = NODE / "node_modules" / package.rpartition("@")[0]
    if not folder.exists():
        npm = shutil.which("npm")
        if npm is None:
            give_up(f"npm is not installed, which gives {package}")
        command = [npm, "install", "--prefix", str(NODE), "--no-audit", "--no-fund", package]
        answer = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
        if answer.returncode:
            give_up(f"npm cannot install {package}: {answer.stderr.strip()[-300:]}")
    return folder


def chromium() -> str:
    """The path of a Chromium."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    for name in (os.environ.get("CHROMIUM"), *names):
        found = name and shutil.which(name)
        if found:
            return found
    node = shutil.which("node")
    if node is None:
        give_up("no Chromium on PATH, and no npm to install one: apt-get install chromium")
    package = from_npm("@sparticuz/chromium@147")
    program = (
        "import chromium from '@sparticuz/chromium'; console.log(await chromium.executablePath())"
    )
    answer = subprocess.run(
        [node, "--input-type=module", "--eval", program],
        cwd=package,
        # It brings libraries for such a system, which a slim machine lacks.
        env={**os.environ, "AWS_EXECUTION_ENV": "AWS_Lambda_nodejs22.x"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    if answer.returncode:
        give_up(f"no Chromium, and none from npm: {answer.stderr.strip()[-300:]}")
    return answer.stdout.strip()


@pytest.fixture(scope="session")
def address() -> Iterator[str]:
    """The site, served by this process."""

    class Handler(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Print nothing."""

    handler = functools.partial(Handler, directory=str(SITE))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """A headless Chromium."""
    from playwright.sync_api import Error, sync_playwright

    path = chromium()
    libraries = "/tmp/al2023/lib"  # where the package of npm unpacks them
    with sync_playwright() as playwright:
        try:
            launched = playwright.chromium.launch(
                executable_path=path,
                args=["--no-sandbox", "--disable-gpu"],
                env={**os.environ, "LD_LIBRARY_PATH": libraries},
            )
        except Error as error:
            give_up(f"{path} does not start: {str(error)[:300]}")
        yield launched
        launched.close()


@pytest.fixture
def page(browser: Any, address: str, request: pytest.FixtureRequest) -> Iterator[Any]:
    """A tab; a request to anywhere else is a failure. Its settings are the test's `param`."""
    settings = {"viewport": DESKTOP, **getattr(request, "param", {})}
    context = browser.new_context(base_url=address, **settings)
    context.set_default_timeout(20_000)
    foreign: list[str] = []
    errors: list[str] = []
    tab = context.new_page()
    tab.on(
        "request",
        lambda asked: (
            None if asked.url.startswith((address, "data:")) else foreign.append(asked.url)
        ),
    )
    tab.on("pageerror", lambda error: errors.append(str(error)))
    yield tab
    context.close()
    assert (foreign, errors) == ([], [])


@pytest.mark.parametrize(
    ("words", "target"),
    [
        ("rollback", "guides/journal.html"),
        ("TableNotFoundError", "errors.html"),
        ("full_reload_interval", "reference/urls.html"),
        ("open_journaled_store", "reference/python/confstore.html"),
        ("audit log", "how/questions.html"),
    ],
)
def test_search(page: Any, words: str, target: str) -> None:
    """From the front page, by the keyboard: the page is among the results, and opens."""
    page.goto("index.html")
    page.get_by_role("textbox", name="Search").first.fill(words)
    page.keyboard.press("Enter")
    page.wait_for_selector("#search-results ul.search li")
    result = page.locator(f"#search-results a[href*='{target}']").first
    result.click()
    page.wait_for_url(f"**/{target}*")
    assert words in page.locator("article").inner_text()


def test_search_that_finds_nothing(page: Any) -> None:
    """It says so."""
    page.goto("search.html?q=zzzzqqqq")
    page.get_by_text("did not match any documents").wait_for()


def test_navigation(page: Any) -> None:
    """From the front page to a page by the sidebar, to the next one, and home."""
    page.goto("index.html")
    page.locator(".sidebar-tree").get_by_role("link", name="URLs of stores").click()
    page.wait_for_url("**/reference/urls.html")
    assert page.locator("h1").inner_text().startswith("URLs of stores")
    page.locator("a.next-page").click()
    page.wait_for_url(lambda url: not url.endswith("urls.html"))
    page.locator("a.sidebar-brand").click()
    page.wait_for_url("**/index.html")


@pytest.mark.parametrize("page", [{"viewport": PHONE, "has_touch": True}], indirect=True, ids=str)
def test_navigation_on_a_phone(page: Any) -> None:
    """The sidebar opens by its button."""
    page.goto("index.html")
    link = page.locator(".sidebar-tree").get_by_role("link", name="URLs of stores")
    assert link.bounding_box()["x"] < 0
    page.locator("label.nav-overlay-icon").first.click()
    link.click()
    page.wait_for_url("**/reference/urls.html")


@pytest.mark.parametrize("path", MAIN_PAGES)
@pytest.mark.parametrize("page", [{"viewport": PHONE}], indirect=True, ids=str)
def test_a_phone_shows_the_whole_width(page: Any, path: str) -> None:
    """What is wider, such as a table, scrolls by itself."""
    page.goto(path)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


@pytest.mark.parametrize("page", [{"color_scheme": "dark"}], indirect=True)
def test_dark_and_light(page: Any) -> None:
    """The system decides, and the button changes it."""
    page.goto("index.html")
    ground = "getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(ground)
    assert max(map(int, re.findall(r"\d+", dark)[:3])) < 50
    page.locator("button.theme-toggle").last.click()
    assert min(map(int, re.findall(r"\d+", page.evaluate(ground))[:3])) > 240


def test_keyboard(page: Any) -> None:
    """The first Tab skips to the content; everything that is focused is marked."""
    page.goto("guides/secrets.html")
    page.keyboard.press("Tab")
    focused = "document.activeElement"
    assert "Skip to content" in page.evaluate(f"{focused}.innerText")
    seen = set()
    for _ in range(12):
        page.keyboard.press("Tab")
        seen.add(page.evaluate(f"{focused}.tagName"))
        style = page.evaluate(
            f"[getComputedStyle({focused}).outlineStyle, getComputedStyle({focused}).boxShadow,"
            f" getComputedStyle({focused}.parentElement).boxShadow]"
        )
        assert style != ["none", "none", "none"], page.evaluate(f"{focused}.outerHTML")
    assert {"A", "INPUT"} <= seen


@pytest.mark.parametrize("path", MAIN_PAGES)
def test_accessibility(page: Any, path: str) -> None:
    """No finding of axe by the rules of WCAG 2.1, level AA; contrast in light and in dark."""
    page.emulate_media(color_scheme="light")
    page.goto(path)
    if path.startswith("search"):
        page.wait_for_selector("#search-results ul.search li")
    page.add_script_tag(path=from_npm("axe-core@4") / "axe.min.js")
    assert faults_of(page, {"type": "tag", "values": WCAG}) == []
    page.emulate_media(color_scheme="dark")
    # Of the rules, only this one depends on colours.
    assert faults_of(page, {"type": "rule", "values": ["color-contrast"]}) == []


def faults_of(page: Any, rules: dict[str, Any]) -> list[tuple[str, ...]]:
    """What axe finds by some rules: the rule, the element, and what is wrong."""
    found = page.evaluate(
        "(rules) => axe.run(document, {runOnly: rules, resultTypes: ['violations']})", rules
    )
    assert found["passes"]
    return [
        (fault["id"], fault["nodes"][0]["html"][:200], fault["nodes"][0]["failureSummary"])
        for fault in found["violations"]
    ]
