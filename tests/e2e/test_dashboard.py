"""Can a person watch a running account in a browser, stop it, and let it go on?"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, ViewportSize, expect

from tests.e2e import browser as browsers
from tests.e2e.browser import Tab
from tests.e2e.command import COMMAND, environment

pytestmark = pytest.mark.browser

ROOT = Path(__file__).resolve().parents[2]
AXE = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"
SHOTS = ROOT / "build" / "screenshots"
"""Test output that a person looks at; not part of the source."""

WIDTHS = (360, 1024, 1600)
HEIGHTS = {360: 780, 1024: 768, 1600: 1000}
STALE_SECONDS = 5
FRAME = """[...document.querySelectorAll('*')].map((one) => getComputedStyle(one))
    .find((style) => style.borderTopWidth === '3px' || style.outlineWidth === '3px') ? '3px' : ''"""
"""Whether anything on the page has the 3 px edge of a halt."""

Seen = dict[str, Any]
"""JSON as the service sends it."""

Theme = Literal["dark", "light"]
MONEY = re.compile(r"[\d,]+\.\d{2}")


class Demo:
    """A demo that runs in a process of its own."""

    def __init__(self, place: Path) -> None:
        self.place, self.folder = place, place / "data"
        arguments = (
            "demo",
            "--data-dir",
            str(self.folder),
            "--port",
            "0",
            "--speed",
            "50",
            "--faults",
            "none",
            "--stay",
        )
        self.process = subprocess.Popen(
            [*COMMAND, *arguments],
            cwd=place,
            env=environment(place),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self.process.stdout is not None
        said = self.process.stdout.readline() + self.process.stdout.readline()
        found = re.fullmatch(r"dashboard (http://127\.0\.0\.1:\d+)\nsign in once (\S+)\n", said)
        assert found, said
        self.address, self.link = found[1], found[2]

    @property
    def token(self) -> str:
        return (self.folder / "owner.token").read_text()

    def new_link(self) -> str:
        done = subprocess.run(
            [*COMMAND, "token", "link", "--data-dir", str(self.folder)],
            env=environment(self.place),
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.strip()

    def ask(self, path: str, body: object = None, method: str = "") -> Seen:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.address}{path}", data=data, method=method or None)
        request.add_header("Authorization", f"Bearer {self.token}")
        with urllib.request.urlopen(request, timeout=10) as answer:
            found: Seen = json.load(answer)
            return found

    def pace(self, **speed: object) -> Seen:
        return self.ask("/api/v1/replay", speed, "PUT")

    def overview(self) -> Seen:
        return self.ask("/api/v1/accounts/demo/overview")

    def pause_when(self, is_so: Callable[[Seen], bool]) -> Seen:
        """Let it run until its overview is so, and stand still there."""
        until = time.monotonic() + 60
        while time.monotonic() < until:
            self.pace(paused=False, days_per_second="8")
            while not is_so(self.overview()):
                assert time.monotonic() < until, "never came about"
                time.sleep(0.02)
            self.pace(paused=True)
            time.sleep(0.3)  # the day in hand is finished
            seen = self.overview()
            if is_so(seen):
                return seen
        raise AssertionError("never came about")

    def end(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(20)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return code


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    running = Demo(tmp_path_factory.mktemp("demo"))
    try:
        yield running
    finally:
        with suppress(ProcessLookupError):
            running.process.send_signal(signal.SIGCONT)
        assert running.end() == 0


@pytest.fixture(autouse=True)
def trading(demo: Demo) -> None:
    """Each test begins with an account that trades, whatever the one before left."""
    switch = "/api/v1/accounts/demo/kill-switch"
    if demo.ask(switch)["trading_state"] != "ACTIVE":
        demo.ask(switch, {"state": "ACTIVE", "reason": "the next test", "confirm": "demo"})


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browsers.started() as running:
        yield running


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    made = chromium.new_context(viewport={"width": 1600, "height": 1000}, color_scheme="dark", locale="en-US")
    yield made
    made.close()


def sign_in(page: Page, link: str) -> None:
    """Open a one-time link and wait until it has done its work."""
    page.goto(link)
    expect(page.get_by_role("heading", name="Overview", level=1)).to_be_visible()


def figure(page: Page, name: str) -> Locator:
    return page.get_by_role("group", name=name)


def value(page: Page, name: str) -> str:
    found = MONEY.search(figure(page, name).inner_text().replace("\n", ""))
    assert found, figure(page, name).inner_text()
    return found[0]


def test_a_one_time_link_signs_in_and_equity_moves(demo: Demo, context: BrowserContext) -> None:
    tab = Tab(context)
    demo.pace(paused=False, days_per_second="10")
    tab.page.goto(demo.link)
    expect(tab.page.get_by_role("heading", name="Overview", level=1)).to_be_visible()
    assert "code" not in tab.page.url  # the used code does not stay in the address
    cookies = context.cookies()
    assert [(cookie["httpOnly"], cookie["sameSite"]) for cookie in cookies] == [(True, "Strict")]
    first = value(tab.page, "Equity, USD")
    expect(figure(tab.page, "Equity, USD")).not_to_contain_text(first.split(".")[0], timeout=5_000)
    expect(tab.page.get_by_role("table", name="Positions").get_by_role("row", name=re.compile("AAPL"))).to_be_visible()
    assert re.match(r"PAPER · demo [\d,]+\.\d\d", tab.page.title()), tab.page.title()
    assert tab.complaints == []


def test_a_used_link_says_how_to_get_a_new_one(demo: Demo, context: BrowserContext) -> None:
    page = Tab(context).page
    link = demo.new_link()
    sign_in(page, link)
    context.clear_cookies()
    page.goto("about:blank")
    page.goto(link)
    expect(page.get_by_text("counterpoise token link", exact=True)).to_be_visible()
    expect(page.get_by_text("LINK_INVALID")).to_be_visible()


def test_a_denied_candidate_lists_every_reason(demo: Demo, context: BrowserContext) -> None:
    demo.pause_when(lambda seen: any(len(item["reasons"]) > 1 for item in seen["activity"]["items"]))
    item = next(item for item in demo.overview()["activity"]["items"] if len(item["reasons"]) > 1)
    page = Tab(context).page
    page.goto(demo.address)
    page.get_by_role("list", name="Events").get_by_role(
        "button", name=re.compile(re.escape(item["title"]))
    ).first.click()
    dialog = page.get_by_role("dialog")
    for reason in item["reasons"]:
        expect(dialog.get_by_text(reason["code"], exact=True).first).to_be_visible()
        expect(dialog.get_by_text(reason["meaning"])).to_be_visible()
        expect(dialog.get_by_text(reason["remedy"])).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()


def test_halting_cancels_orders_and_resuming_takes_a_name(demo: Demo, context: BrowserContext) -> None:
    working = demo.pause_when(lambda seen: seen["status"]["counts"]["open_orders"] > 0)
    orders = working["status"]["open_orders"]
    tab = Tab(context)
    page = tab.page
    sign_in(page, demo.new_link())
    page.get_by_role("button", name="Halt", exact=True).click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("heading", name="Halt demo, PAPER?")).to_be_visible()
    for order in orders:
        expect(dialog).to_contain_text(f"{order['side']} ")
        expect(dialog).to_contain_text(order["symbol"])
    expect(dialog.get_by_role("button", name="Halt now")).to_be_focused()
    page.keyboard.press("Enter")
    expect(dialog).to_contain_text(re.compile(rf"{len(orders)} of {len(orders)} orders? cancelled"), timeout=5_000)
    dialog.get_by_role("button", name="Close").last.click()
    expect(page.get_by_role("alert").filter(has_text="HALTED")).to_be_visible()
    assert page.evaluate(FRAME) == "3px", "a halted page has a frame"
    seen = demo.overview()["status"]
    assert seen["trading_state"] == "HALTED"
    assert {item["client_order_id"]: item["result"] for item in seen["state_orders"]} == {
        order["client_order_id"]: "CANCELLED" for order in orders
    }
    assert (demo.folder / "HALT").exists()
    expect(page.get_by_role("button", name="Halted", exact=True)).to_be_disabled()
    page.screenshot(path=shot("halted-1600-dark"))

    page.get_by_role("button", name=re.compile("Resume")).click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("you")  # who halted
    dialog.get_by_role("textbox", name=re.compile("eason")).fill("it was a drill")
    go_on = dialog.get_by_role("button", name="Resume to ACTIVE")
    go_on.click()
    name = dialog.get_by_role("textbox", name=re.compile("demo"))
    expect(name).to_have_attribute("aria-invalid", "true")  # the name is not typed yet
    assert demo.overview()["status"]["trading_state"] == "HALTED"
    name.fill("demo")
    go_on.click()
    expect(page.get_by_role("button", name="Halt", exact=True)).to_be_enabled()
    assert demo.overview()["status"]["trading_state"] == "ACTIVE"
    assert not (demo.folder / "HALT").exists()
    assert tab.complaints == []


def test_without_a_sign_in_the_demo_can_be_read_and_not_halted(demo: Demo, context: BrowserContext) -> None:
    page = Tab(context).page
    page.goto(demo.address)
    expect(figure(page, "Equity, USD")).to_be_visible()
    page.get_by_role("button", name="Halt", exact=True).click()
    expect(page.get_by_role("dialog")).to_contain_text("Open the one-time link")
    expect(page.get_by_role("dialog").get_by_role("button", name="Halt now")).to_be_hidden()


def test_prices_that_stop_look_old_within_five_seconds(demo: Demo, context: BrowserContext) -> None:
    page = Tab(context).page
    demo.pace(paused=False, days_per_second="10")
    page.goto(demo.address)
    expect(figure(page, "Equity, USD")).to_contain_text("exact")
    expect(figure(page, "Equity, USD")).not_to_contain_text("stale")
    demo.pace(paused=True)
    stopped = time.monotonic()
    expect(figure(page, "Equity, USD")).to_contain_text("stale", timeout=STALE_SECONDS * 1_000)
    assert time.monotonic() - stopped <= STALE_SECONDS
    demo.pace(paused=False)
    expect(figure(page, "Equity, USD")).not_to_contain_text("stale", timeout=5_000)


def test_a_service_that_stops_answering_makes_everything_old_within_five_seconds(
    demo: Demo, context: BrowserContext
) -> None:
    page = Tab(context).page
    demo.pace(paused=False, days_per_second="10")
    page.goto(demo.address)
    expect(figure(page, "Equity, USD")).to_contain_text("exact")
    demo.process.send_signal(signal.SIGSTOP)
    try:
        expect(figure(page, "Free cash, USD")).to_contain_text("stale", timeout=STALE_SECONDS * 1_000)
        expect(page.get_by_text(re.compile("Live updates stopped .* ago"))).to_be_visible(timeout=15_000)
        page.screenshot(path=shot("lost-1600-dark"))
    finally:
        demo.process.send_signal(signal.SIGCONT)
    expect(page.get_by_text(re.compile("Live updates stopped .* ago"))).to_be_hidden(timeout=15_000)
    expect(figure(page, "Equity, USD")).not_to_contain_text("stale", timeout=5_000)


@pytest.mark.parametrize("theme", ("dark", "light"))
def test_axe_finds_nothing_serious(demo: Demo, chromium: Browser, theme: Theme) -> None:
    context = chromium.new_context(
        viewport={"width": 1600, "height": 1000}, color_scheme=theme, reduced_motion="reduce"
    )
    page = Tab(context).page
    sign_in(page, demo.new_link())
    expect(figure(page, "Equity, USD")).to_be_visible()
    assert serious(page) == []
    page.get_by_role("button", name="Halt", exact=True).click()
    expect(page.get_by_role("dialog")).to_be_visible()
    assert serious(page) == []
    context.close()


def serious(page: Page) -> list[str]:
    """What axe calls serious or critical, rule by rule."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{rule['id']}: {node['html'][:120]}"
        for rule in found["violations"]
        if rule["impact"] in ("serious", "critical")
        for node in rule["nodes"]
    ]


@pytest.mark.parametrize("theme", ("dark", "light"))
@pytest.mark.parametrize("width", WIDTHS)
def test_a_screenshot_of_each_width_and_theme(demo: Demo, chromium: Browser, width: int, theme: Theme) -> None:
    demo.pace(paused=False, days_per_second="10")
    size: ViewportSize = {"width": width, "height": HEIGHTS[width]}
    scale = 2 if width < 400 else 1
    context = chromium.new_context(viewport=size, color_scheme=theme, device_scale_factor=scale)
    tab = Tab(context)
    tab.page.goto(demo.address)
    expect(tab.page.get_by_role("button", name=re.compile("^Halt"))).to_be_in_viewport()
    expect(figure(tab.page, "Equity, USD")).to_be_in_viewport()
    expect(tab.page.get_by_role("slider", name=re.compile("Equity"))).to_be_visible()
    tab.page.wait_for_timeout(700)
    assert tab.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "no sideways scroll"
    tab.page.screenshot(path=shot(f"overview-{width}-{theme}"), full_page=width < 400)
    assert tab.complaints == []
    context.close()


def test_the_first_paint_is_quick(demo: Demo, context: BrowserContext) -> None:
    demo.pause_when(lambda seen: seen["status"]["needs_you"] is None)
    page = Tab(context).page
    page.goto(demo.address)
    expect(figure(page, "Equity, USD")).to_be_visible()
    paint = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
    shift = page.evaluate(
        """new Promise((done) => {
            let sum = 0;
            const add = (e) => { if (!e.hadRecentInput) sum += e.value; };
            const watcher = new PerformanceObserver((list) => list.getEntries().forEach(add));
            watcher.observe({ type: 'layout-shift', buffered: true });
            setTimeout(() => done(sum), 2000);
        })"""
    )
    (SHOTS / "paint.json").write_text(json.dumps({"first_contentful_paint_ms": paint, "layout_shift": shift}) + "\n")
    assert paint < 5_000, "far above the second that it takes: something blocks the page"
    assert shift <= 0.1, "figures move under the hand"


def shot(name: str) -> str:
    SHOTS.mkdir(parents=True, exist_ok=True)
    return str(SHOTS / f"{name}.png")


assert os.name == "posix", "signals stop and continue the service"
