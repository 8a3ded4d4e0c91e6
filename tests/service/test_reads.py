"""Is what is read what the account is, in the shape that is described, and are the prepared bytes never old?"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from types import SimpleNamespace
from typing import Any, cast

import pytest
import pytest_asyncio
from jsonschema import Draft202012Validator, FormatChecker  # type: ignore[import-untyped]

from counterpoise.control.watch import Watch
from counterpoise.domain.accounts import AccountKind
from counterpoise.domain.numbers import exact
from counterpoise.library.plane import Counterpoise
from counterpoise.library.screen import Screen
from counterpoise.messages.wire import to_json
from counterpoise.service import openapi
from counterpoise.service.app import build_app, build_router
from counterpoise.service.desk import Desk
from counterpoise.service.doors import App
from counterpoise.service.feed import Feed
from counterpoise.service.hot import AGE_MAX_SECONDS, READS
from tests.control import making as control
from tests.service import golden
from tests.service.asgi import ask
from tests.service.making import HOSTS, WALL, D, FakeReplay, Wall, demo_account, desk_of, live_account
from tests.service.site import BEARER, Site, assert_problem, live_site

pytestmark = pytest.mark.asyncio(loop_scope="module")

WEB = golden.FOLDER.parents[2] / "web" / "openapi.json"
SEED = "/api/portfolio/"
MAIN = "/api/v1/accounts/main/"
DEMO = "/api/v1/accounts/demo/"


@dataclass
class Ticks:
    """A clock of seconds that moves when told."""

    at: float = 1_000.0

    def __call__(self) -> float:
        return self.at


@dataclass(kw_only=True)
class Stand:
    """An application without a wire, over a running account."""

    app: App
    desk: Desk
    wall: Wall
    ticks: Ticks = field(default_factory=Ticks)

    @classmethod
    def of(cls, plane: Counterpoise, wall: Wall, *, reads_open: bool = True, replay: FakeReplay | None = None) -> Stand:
        desk, ticks = desk_of(plane, wall, reads_open=reads_open, replay=replay), Ticks()
        app = build_app(desk, Feed(desk, "boot"), hosts=HOSTS, boot="boot", monotonic=ticks)
        return cls(app=app, desk=desk, wall=wall, ticks=ticks)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def demo() -> AsyncIterator[Stand]:
    """The demo in the middle of its replay; tests only read it."""
    wall = Wall()
    with exact():
        async with demo_account(golden.DAYS, wall) as plane:
            yield Stand.of(plane, wall, replay=FakeReplay())


@pytest_asyncio.fixture(loop_scope="module")
async def live() -> AsyncIterator[Stand]:
    """A paper account of two symbols."""
    wall = Wall()
    async with live_account(wall, "SPY", "QQQ") as plane:
        yield Stand.of(plane, wall)


# --- prepared bytes ---


@pytest.mark.parametrize("name", READS)
@pytest.mark.parametrize("prefix", (SEED, DEMO))
async def test_prepared_bytes_are_what_the_router_would_answer(demo: Stand, prefix: str, name: str) -> None:
    router = build_router()
    router.state.desk = demo.desk
    hot, routed = await ask(demo.app, f"{prefix}{name}"), await ask(cast("App", router), f"{prefix}{name}")
    assert (hot.status, routed.status) == (200, 200)
    assert hot.body == routed.body
    assert hot.json() == to_json(READS[name](demo.desk.screen))
    assert hot.headers["content-type"] == routed.headers["content-type"] == "application/json"
    assert int(hot.headers["content-length"]) == len(hot.body)


async def test_a_head_tells_the_length_and_sends_no_body(demo: Stand) -> None:
    whole = await ask(demo.app, f"{SEED}snapshot")
    head = await ask(demo.app, f"{SEED}snapshot", method="HEAD")
    assert (head.status, head.body) == (200, b"")
    assert head.headers["content-length"] == str(len(whole.body))
    assert head.headers["etag"] == whole.headers["etag"]


@pytest.mark.parametrize(
    ("tag", "status"),
    (
        pytest.param("{tag}", 304, id="the same"),
        pytest.param('"other", {tag}', 304, id="among others"),
        pytest.param("W/{tag}", 304, id="weak, which is enough to compare"),
        pytest.param("*", 304, id="any"),
        pytest.param('"other"', 200, id="another"),
        pytest.param("", 200, id="empty"),
        pytest.param('"boot"', 200, id="a part"),
        pytest.param('"elsewhere{tail}', 200, id="of another start"),
    ),
)
async def test_what_has_not_changed_is_not_sent_again(demo: Stand, tag: str, status: int) -> None:
    first = await ask(demo.app, f"{SEED}pnl")
    known = first.headers["etag"]
    sent = tag.format(tag=known, tail=known.removeprefix('"boot'))
    again = await ask(demo.app, f"{SEED}pnl", headers={"if-none-match": sent})
    assert again.status == status
    assert again.body == (b"" if status == 304 else first.body)
    assert again.headers["etag"] == known
    assert again.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("name", READS)
async def test_a_price_changes_tag_and_bytes_at_once(live: Stand, name: str) -> None:
    before = await ask(live.app, f"{SEED}{name}")
    live.wall.later(seconds=1)
    cast("Any", live.desk.plane.parts.replay_clock).advance(live.wall.now())
    await live.desk.plane.tick({"SPY": D(100)})
    after = await ask(live.app, f"{SEED}{name}", headers={"if-none-match": before.headers["etag"]})
    assert after.status == 200
    assert after.headers["etag"] != before.headers["etag"]
    assert after.json()["timestamp"] > before.json()["timestamp"]


async def test_a_fact_changes_tag_and_bytes_at_once(live: Stand) -> None:
    before = await ask(live.app, f"{SEED}snapshot")
    await live.desk.plane.record_cash_flow(D("250.5"), "a gift")
    after = await ask(live.app, f"{SEED}snapshot", headers={"if-none-match": before.headers["etag"]})
    assert after.status == 200
    assert (before.json()["total_equity"], after.json()["total_equity"]) == ("100000", "100250.5")
    assert after.json()["sequence"] > before.json()["sequence"]
    assert after.headers["etag"] != before.headers["etag"]


async def test_bytes_are_made_once_per_change_and_anew_after_a_second(
    live: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[object] = []

    def note(value: object) -> bytes:
        made.append(value)
        return b"{}"

    monkeypatch.setattr("counterpoise.service.hot.to_bytes", note)
    for _ in range(5):
        await ask(live.app, f"{SEED}snapshot")
        await ask(live.app, f"{MAIN}snapshot")
    assert len(made) == 1
    live.ticks.at += AGE_MAX_SECONDS
    first = (await ask(live.app, f"{SEED}snapshot")).headers["etag"]
    assert len(made) == 2
    live.ticks.at += AGE_MAX_SECONDS
    assert (await ask(live.app, f"{SEED}snapshot")).headers["etag"] != first, "other bytes never have the same tag"


async def test_a_half_done_day_is_never_read(live: Stand) -> None:
    plane = live.desk.plane
    with plane.watch.step():
        waiting = asyncio.create_task(ask(live.app, f"{SEED}snapshot"))
        overview = asyncio.create_task(ask(live.app, f"{MAIN}overview"))
        await plane.record_cash_flow(D(1), "first")
        for _ in range(20):
            await asyncio.sleep(0)
        assert not waiting.done()
        assert not overview.done()
        await plane.record_cash_flow(D(1), "second")
    assert (await waiting).json()["total_equity"] == "100002"
    assert (await overview).json()["figures"]["equity"]["value"] == "100002"
    with plane.watch.step():
        await plane.record_cash_flow(D(1), "third")
        assert (await ask(live.app, f"{SEED}snapshot")).json()["total_equity"] == "100002", "the last whole picture"


@pytest.mark.parametrize(
    ("query", "status"),
    (
        pytest.param("", 200, id="left out"),
        pytest.param("account=main", 200, id="named"),
        pytest.param("account=m%61in", 200, id="escaped"),
        pytest.param("account=demo", 404, id="another"),
    ),
)
async def test_the_account_may_be_named_while_there_is_one(live: Stand, query: str, status: int) -> None:
    answer = await ask(live.app, f"{SEED}exposure", query=query)
    if status == 200:
        assert answer.json()["total_exposure"] == "0"
    else:
        assert_problem(answer, 404, "ACCOUNT_NOT_FOUND")


async def test_prepared_bytes_are_kept_from_who_may_not_read(live: Stand) -> None:
    closed = Stand.of(live.desk.plane, live.wall, reads_open=False)
    assert (await ask(closed.app, f"{SEED}snapshot", headers=BEARER)).status == 200
    for headers in ({}, {"if-none-match": "*"}, {"authorization": "Bearer x"}, {"cookie": "counterpoise-8004=x"}):
        answer = await ask(closed.app, f"{SEED}snapshot", headers=headers)
        assert answer.status == 401
        assert "etag" not in answer.headers


# --- shapes ---


@cache
def described() -> Mapping[str, Any]:
    """The description of the API."""
    document: Mapping[str, Any] = build_router().openapi()
    return document


def schema_errors(name: str, value: object) -> list[str]:
    """Where `value` is not what the component schema says; a field that it does not name is one too."""
    document = json.loads(json.dumps(described()))
    for schema in document["components"]["schemas"].values():
        if "properties" in schema:
            schema["additionalProperties"] = False
    rule = {"$ref": f"#/components/schemas/{name}", "components": document["components"]}
    found = Draft202012Validator(rule, format_checker=FormatChecker()).iter_errors(value)
    return [f"{error.json_path}: {error.message[:200]}" for error in found]


def no_floats(raw: bytes) -> Any:  # noqa: ANN401 - any JSON
    """The value; a number with a point or an exponent fails the test."""

    def refuse(text: str) -> Any:  # noqa: ANN401 - never returns
        raise AssertionError(f"{text} is a float on the wire")

    return json.loads(raw, parse_float=refuse)


def gets() -> Iterator[tuple[str, str]]:
    """(path, name of its answer's schema) of everything that is described as a GET."""
    for path, operations in described()["paths"].items():
        if "get" in operations:
            content = operations["get"]["responses"]["200"]["content"]["application/json"]["schema"]
            yield path, content["$ref"].rpartition("/")[2]


@pytest.mark.parametrize(("path", "schema"), [pytest.param(*item, id=item[0]) for item in gets()])
@pytest.mark.parametrize("account", ("demo", "live"))
async def test_every_answer_is_as_it_is_described_and_holds_no_float(
    demo: Stand, live: Stand, account: str, path: str, schema: str
) -> None:
    if path == "/api/v1/replay" and account == "live":
        assert_problem(await ask(live.app, path), 404, "NOT_FOUND")
        return
    stand, name = (demo, "demo") if account == "demo" else (live, "main")
    answer = await ask(stand.app, path.format(account=name), headers=BEARER)
    assert answer.status == 200, answer.body
    assert not schema_errors(schema, no_floats(answer.body))


async def test_every_decimal_is_described_as_a_string_and_no_number_is_a_float() -> None:
    kinds = {kind for kind in _types(described()["components"]["schemas"]) if kind in {"number", "integer"}}
    assert kinds == {"integer"}


def _types(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("type"), str):
            yield value["type"]
        for item in value.values():
            yield from _types(item)
    elif isinstance(value, list):
        for item in value:
            yield from _types(item)


async def test_a_value_that_is_not_as_described_is_seen() -> None:
    good = to_json(FakeReplay().seen())
    assert isinstance(good, dict)
    assert not schema_errors("Replay", good)
    assert schema_errors("Replay", good | {"more": 1})
    assert schema_errors("Replay", good | {"days_per_second": 1.5})
    assert schema_errors("Replay", {name: value for name, value in good.items() if name != "day"})


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def made() -> Mapping[str, object]:
    """The golden files as they would be written today."""
    with exact():
        return await golden.files()


async def test_the_golden_files_are_what_the_service_sends_today(made: Mapping[str, object]) -> None:
    written = {path.stem: path.read_text(encoding="utf-8") for path in golden.FOLDER.glob("*.json")}
    today = {name: golden.text_of(value) for name, value in made.items()}
    differ = sorted(name for name in written.keys() | today.keys() if written.get(name) != today.get(name))
    assert not differ, (
        f"{', '.join(differ)}: write them anew with `python -m tests.service.golden`, and look at the diff"
    )


async def test_the_golden_files_are_as_described(made: Mapping[str, object]) -> None:
    found = {name: schema_errors(name.partition(".")[0], value) for name, value in made.items()}
    assert {name: errors for name, errors in found.items() if errors} == {}
    for path in golden.FOLDER.glob("*.json"):
        no_floats(path.read_bytes())


async def test_the_description_that_the_dashboard_is_typed_by_is_todays() -> None:
    said = "write it anew with `python -m counterpoise.service.openapi > web/openapi.json`, then `npm run types`"
    assert WEB.read_text(encoding="utf-8") == openapi.document(), said


# --- names and figures that others rely on ---

POSITION = {
    "symbol",
    "side",
    "size",
    "entry_price",
    "current_price",
    "unrealized_pnl",
    "unrealized_pnl_pct",
    "exposure",
    "leverage",
    "category",
    "opened_at",
    "trade_id",
    "sector",
    "strategy_shares",
    "mark_age_seconds",
    "quality",
}
OF_WHEN = {"as_of", "source", "stale"}
"""What every answer says of its figures."""

NAMES: Mapping[str, set[str]] = {
    "snapshot": {
        "total_equity",
        "cash_balance",
        "total_exposure",
        "num_positions",
        "positions",
        "unrealized_pnl",
        "realized_pnl_today",
        "daily_pnl",
        "daily_drawdown_pct",
        "timestamp",
        "account",
        "sequence",
        "as_of",
        "quality",
    },
    "pnl": {
        "realized_pnl_today",
        "realized_pnl_week",
        "realized_pnl_month",
        "realized_pnl_total",
        "best_trade_pnl",
        "worst_trade_pnl",
        "unrealized_pnl",
        "total_pnl",
        "win_rate",
        "profit_factor",
        "profit_factor_reason",
        "timestamp",
        "fees_today",
        "funding_today",
        "closed_trades",
        "losing_streak",
    },
    "exposure": {
        "total_exposure",
        "long_exposure",
        "short_exposure",
        "net_exposure",
        "exposure_by_symbol",
        "exposure_by_sector",
        "exposure_pct_of_equity",
        "timestamp",
    },
    "drawdown": {
        "daily_drawdown_pct",
        "weekly_drawdown_pct",
        "max_drawdown_pct",
        "peak_equity",
        "current_equity",
        "recovery_progress_pct",
        "days_since_peak",
        "timestamp",
    },
}


@pytest.mark.parametrize("name", NAMES)
async def test_the_names_of_fields_stay(demo: Stand, name: str) -> None:
    body = (await ask(demo.app, f"{SEED}{name}")).json()
    assert set(body) == NAMES[name] | OF_WHEN
    for position in body.get("positions", ()):
        assert set(position) == POSITION


async def test_health_has_the_names_that_monitors_read(demo: Stand) -> None:
    body = (await ask(demo.app, "/health", headers=BEARER)).json()
    assert {"service", "version", "status", "uptime_seconds", "components", "timestamp"} <= set(body)
    assert body["service"] == "portfolio-intelligence"
    assert body["status"] in {"healthy", "degraded", "unavailable"}
    for component in body["components"]:
        assert set(component) == {"name", "status", "age_seconds", "message"}


def futures() -> App:
    """A futures wallet of 10,000 with three positions, as the service shows it."""
    clock = Wall(control.START)
    screen = Screen(_wallet().state, Watch(clock), clock)
    plane = SimpleNamespace(
        screen=screen, watch=screen._watch, account_id=control.ACCOUNT, is_opened=True, is_running=True
    )
    stand = desk_of(cast("Counterpoise", plane), clock, reads_open=True)
    return build_app(stand, Feed(stand, "boot"), hosts=HOSTS, boot="boot", monotonic=Ticks())


def _wallet() -> control.Desk:
    symbols = ("BTCUSDT", "SOLUSDT", "ETHUSDT")
    listed = tuple(control.instrument(symbol) for symbol in symbols)
    opening = control.open_account(listed=listed, kind=AccountKind.FUTURES, limits=control.WIDE)
    desk = control.Desk(opening=opening)
    desk.observe(BTCUSDT="42000", SOLUSDT="98.50", ETHUSDT="2680")
    trades = (("BTCUSDT", "BUY", "0.2", "42000"), ("SOLUSDT", "SELL", "45", "98.50"), ("ETHUSDT", "BUY", "5", "2680"))
    for number, (symbol, side, quantity, price) in enumerate(trades, 1):
        desk.tell(control.book(control.venue_fill(symbol, side, quantity, price, number=number)))
    desk.observe(BTCUSDT="42741.13", SOLUSDT="95.09", ETHUSDT="2833.30")
    return desk


async def test_the_checked_figures_arrive_to_the_last_digit() -> None:
    app = futures()
    snapshot = (await ask(app, f"{SEED}snapshot")).json()
    exposure = (await ask(app, f"{SEED}exposure")).json()
    assert (snapshot["total_equity"], snapshot["unrealized_pnl"]) == ("11068.176", "1068.176")
    assert (snapshot["cash_balance"], snapshot["num_positions"]) == ("10000", 3)
    held = {position["symbol"]: position for position in snapshot["positions"]}
    assert (held["BTCUSDT"]["unrealized_pnl"], held["BTCUSDT"]["exposure"]) == ("148.226", "8548.226")
    assert (held["SOLUSDT"]["unrealized_pnl"], held["SOLUSDT"]["side"]) == ("153.45", "SHORT")
    assert (held["BTCUSDT"]["size"], held["BTCUSDT"]["entry_price"]) == ("0.2", "42000")
    assert (exposure["long_exposure"], exposure["short_exposure"]) == ("22714.726", "4279.05")
    assert (exposure["total_exposure"], exposure["net_exposure"]) == ("26993.776", "18435.676")


# --- over the wire ---


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site() -> AsyncIterator[Site]:
    """A paper account on a port."""
    with exact():
        async with live_site("SPY", reads_open=True) as found:
            yield found


@pytest.mark.parametrize("name", READS)
async def test_prepared_bytes_go_over_the_wire_whole(site: Site, name: str) -> None:
    answer = await site.call("GET", f"{SEED}{name}")
    again = await site.call("GET", f"{SEED}{name}", headers={"If-None-Match": answer.headers["etag"]})
    head = await site.call("HEAD", f"{SEED}{name}")
    assert answer.json() == to_json(READS[name](site.plane.screen))
    assert (again.status, again.body) == (304, b"")
    assert (head.status, head.headers["content-length"]) == (200, str(len(answer.body)))


async def test_ready_only_once_the_books_were_compared(site: Site) -> None:
    assert (await site.call("GET", "/readyz")).json() == {"status": "ok"}
    wall = Wall(WALL)
    async with live_account(wall) as plane:
        plane.watch.pulse._compared = None
        answer = await ask(Stand.of(plane, wall).app, "/readyz")
        assert (answer.status, answer.json()) == (503, {"status": "not yet compared"})


async def test_health_is_503_when_what_trading_needs_is_down_and_200_when_a_person_halted(live: Stand) -> None:
    await live.desk.plane.halt("enough")
    halted = await ask(live.app, "/health", headers=BEARER)
    assert (halted.status, halted.json()["trading_state"]) == (200, "HALTED")
    live.wall.later(seconds=61)
    silent = await ask(live.app, "/health", headers=BEARER)
    assert (silent.status, silent.json()["status"]) == (503, "unavailable")
