"""Does the terminal show everything of the page that matters, whole, in any room, with and without colour?"""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Context, Decimal, localcontext
from io import StringIO
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from counterpoise.demo.terminal_text import clean, fit, signed
from counterpoise.demo.terminal_view import HEIGHT_MIN, KEYS, WIDTH_MIN, ViewFacts, render, told
from counterpoise.domain.accounts import AccountKind, TradingMode
from counterpoise.domain.decisions import RiskMode, Severity, TradingState
from counterpoise.domain.numbers import ZERO
from counterpoise.domain.orders import PositionSide
from counterpoise.messages.events import EventKind, EventLine, EventReason, Events
from counterpoise.messages.overview import (
    Age,
    Ages,
    CashFigure,
    CashRow,
    DayFigure,
    DrawdownFigure,
    EquityFigure,
    ExposureFigure,
    Figures,
    Gate,
    Ladder,
    LadderStep,
    Overview,
    PositionRow,
    Positions,
    PositionSum,
    TodayCounts,
    Trust,
)
from counterpoise.messages.status import (
    AccountInfo,
    Counts,
    ModeReasonLine,
    NeedsYou,
    Replay,
    Status,
    VenueClock,
)
from counterpoise.portfolio.snapshot import Quality

D = Decimal
NOW = datetime(2011, 3, 11, 21, tzinfo=UTC)
SIZES = ((80, 24), (100, 30), (120, 40), (200, 60))
FACTS = ViewFacts(url="http://127.0.0.1:8004", equity_history=tuple(D(100_000 + 37 * n % 900) for n in range(300)))
BILLION = D("1234567890.12")
REPLAY = Replay(day="2011-03-11", number=300, days=3270, paused=False, days_per_second=D(10), finished=False)
REASONS = ("SHORT_EXPOSURE_EXCEEDED", "MODE_RESTRICTED", "LOW_PRIORITY", "MAX_NEW_POSITIONS")


def position(symbol: str, value: str, **changes: object) -> PositionRow:
    row = PositionRow(
        symbol=symbol,
        label="Energy",
        side=PositionSide.LONG,
        quantity=D("12.5"),
        price=D("50.25"),
        value=D(value),
        weight_pct=D(value) / 1000,
        target_pct=D("7.5"),
        drift_points=D("0.98"),
        beyond_band=False,
        pnl_today=D("74.91"),
        pnl_today_pct=D("0.9"),
        pnl_open=D("-1506.79"),
        marked_at=NOW,
        quality=Quality.EXACT,
        price_digits=2,
        quantity_digits=4,
        series=0,
    )
    return replace(row, **changes)  # type: ignore[arg-type]


def event(kind: EventKind, title: str, detail: str = "", reasons: Sequence[str] = (), sequence: int = 1) -> EventLine:
    return EventLine(
        id=f"{sequence}.0",
        at=NOW,
        time="16:00:00",
        day="2011-03-11",
        kind=kind,
        severity=Severity.WARNING if kind is EventKind.MODE else None,
        title=title,
        detail=detail,
        sequence=sequence,
        reasons=tuple(EventReason(code=code, meaning=f"What {code} means.", remedy="") for code in reasons),
        facts=(),
    )


def positions(rows: tuple[PositionRow, ...], cash: str = "40000") -> Positions:
    total = sum((row.value for row in rows), D(cash))
    return Positions(
        rows=rows,
        others=None,
        cash=CashRow(value=D(cash), weight_pct=D(40), note="USD, settled"),
        total=PositionSum(
            count=len(rows),
            value=total,
            weight_pct=D(100),
            pnl_today=sum((row.pnl_today for row in rows), ZERO),
            pnl_open=sum((row.pnl_open for row in rows), ZERO),
        ),
    )


ROWS = (
    *(position(symbol, value) for symbol, value in (("AAPL", "20000"), ("XOM", "15000"), ("KO", "10000"))),
    position("JPM", "9000", beyond_band=True, drift_points=D("-6.42")),
    *(position(f"SYM{n}", "1500", target_pct=None, drift_points=None) for n in range(4)),
)
ITEMS = (
    event(EventKind.DENIED, "Denied SELL 146.7875 BBY", "SHORT_EXPOSURE_EXCEEDED (+3)", REASONS, 9),
    event(EventKind.FILLED, "Filled BUY 134.3464 PFE at 11.81", "Fee 0.16 USD", (), 8),
    event(EventKind.MODE, "NEUTRAL to SAFE", "too many trades in a row were lost", (), 7),
    *(event(EventKind.APPROVED, f"Approved BUY {n} PFE", "", (), n) for n in range(6, 0, -1)),
)


def ladder(label: str, now: str | None, severity: Severity | None, *steps: tuple[str, int]) -> Ladder:
    severities = (Severity.WARNING, Severity.CRITICAL)[-len(steps) :]
    return Ladder(
        label=label,
        now_pct=None if now is None else D(now),
        scale_pct=max(D(steps[-1][1]) * D("1.2"), D(now or 0)),
        severity=severity,
        steps=tuple(
            LadderStep(at_pct=D(at), label=name, severity=step)
            for (name, at), step in zip(steps, severities, strict=True)
        ),
    )


def ladders(
    today: str | None = "0.25", week: str | None = "0.72", severity: Severity | None = None
) -> tuple[Ladder, Ladder]:
    return (
        ladder("Drawdown today", today, severity, ("SAFE", 3), ("REDUCING", 10)),
        ladder("Drawdown this week", week, severity, ("REDUCING", 15)),
    )


def figures(**changes: object) -> Figures:
    """The five figures; a change is of the figure and field that its name says: `equity_value`."""
    common = {"as_of": NOW, "source": "ledger", "quality": Quality.EXACT, "low": None, "high": None, "reason": None}
    kinds: dict[str, tuple[type, dict[str, object]]] = {
        "equity": (EquityFigure, {"value": D("105093.817"), "unit": "USD", "day_open": D(1), "transfers_today": ZERO}),
        "pnl_today": (
            DayFigure,
            {"value": D("338.86"), "unit": "USD", "pct": D("0.3235"), "price": D("339.02"), "fees": D("-0.16")}
            | {"other": ZERO, "residual": ZERO},
        ),
        "drawdown": (
            DrawdownFigure,
            {"value": D("1.3754"), "unit": "%", "peak_equity": D("106559.46"), "daily_pct": ZERO, "weekly_pct": ZERO}
            | {"max_pct": D("9.69")},
        ),
        "net_exposure": (
            ExposureFigure,
            {"value": D("62.4013"), "unit": "%", "net": D(1), "long": D(1), "short": ZERO, "gross": D(1)},
        ),
        "free_cash": (
            CashFigure,
            {"value": D("39513.93"), "unit": "USD", "cash": D(1), "reserved": ZERO, "trust": Trust.HIGH}
            | {"agreement": "agrees"},
        ),
    }
    made = {}
    for name, (kind, fields) in kinds.items():
        own = {key.removeprefix(f"{name}_"): value for key, value in changes.items() if key.startswith(f"{name}_")}
        made[name] = kind(**(common | fields | own))
    return Figures(as_of=NOW, **made)


STATUS = Status(
    account=AccountInfo(
        id="demo",
        name="demo",
        kind=AccountKind.CASH,
        base_currency="USD",
        mode=TradingMode.PAPER,
        venue="paper",
        time_zone="America/New_York",
    ),
    as_of=NOW,
    trading_state=TradingState.ACTIVE,
    state_since=None,
    state_by=None,
    state_reason=None,
    state_orders=(),
    risk_mode=RiskMode.SAFE,
    mode_since=NOW,
    mode_reasons=(ModeReasonLine(code="LOSING_STREAK", text="too many trades in a row were lost"),),
    clock=VenueClock(text="16:00:00 EST", note="paper market, always open"),
    counts=Counts(facts=1, positions=8, open_orders=0, unknown_orders=0, breaks=0, targets=8, targets_out=1),
    open_orders=(),
    health=(),
    needs_you=None,
    replay=REPLAY,
)
AGE = Age(age_seconds=D(1), stale=False, text="1 s")
PAGE = Overview(
    cursor="1",
    status=STATUS,
    figures=figures(),
    positions=positions(ROWS),
    gate=Gate(
        verdict="no violations",
        severity=None,
        limits=(),
        ladders=ladders(),
        violations=(),
        today=TodayCounts(approved=3, denied=2, rejected=1, unknown=4),
    ),
    activity=Events(items=ITEMS),
    ages=Ages(server_time=NOW, prices=AGE, broker=AGE, ledger=AGE, stale_after_seconds=D(5)),
)


def changed(**changes: object) -> Overview:
    """The page with another status."""
    return replace(PAGE, status=replace(STATUS, **changes))  # type: ignore[arg-type]


HALTED = changed(trading_state=TradingState.HALTED, state_since=NOW, state_by="owner", state_reason="bad fills")
REDUCING = changed(trading_state=TradingState.REDUCING, state_by="ladder", state_reason="the week's drawdown")
PAGES = {
    "a replay": PAGE,
    "a live account": changed(replay=None, account=replace(STATUS.account, mode=TradingMode.LIVE)),
    "halted": HALTED,
    "reducing": REDUCING,
    "a break": changed(
        needs_you=NeedsYou(severity=Severity.CRITICAL, title="They differ in USD.", detail="Word " * 40)
    ),
    "no positions": replace(PAGE, positions=positions(())),
    "nothing known": replace(
        PAGE,
        figures=figures(equity_value=None, pnl_today_value=None, pnl_today_pct=None, drawdown_value=None),
        gate=replace(PAGE.gate, ladders=ladders(None, None)),
        activity=Events(items=()),
    ),
    "billions": replace(
        PAGE,
        figures=figures(equity_value=BILLION, pnl_today_value=-BILLION, free_cash_value=BILLION),
        positions=positions(tuple(position("X" * 32, str(BILLION), pnl_open=-BILLION) for _ in range(60))),
    ),
    "wide characters": replace(
        PAGE,
        positions=positions((position("基金基金基金基金基金", "1", label="基金" * 20), position("[red]x 🚀", "1"))),
        activity=Events(items=tuple(event(EventKind.RUN, "基金 " * 40, sequence=n) for n in range(30))),
    ),
}


def lines(page: Overview, width: int = 80, height: int = 24, facts: ViewFacts = FACTS) -> list[str]:
    return render(page, facts, width, height).plain.split("\n")


def text(page: Overview, width: int = 80, height: int = 24, facts: ViewFacts = FACTS) -> str:
    return "\n".join(lines(page, width, height, facts))


def written(page: Overview, width: int, height: int, *, colours: object = True) -> str:
    """What a terminal of that size gets."""
    file = StringIO()
    console = Console(
        file=file,
        width=width,
        height=height,
        force_terminal=True,
        color_system="standard",
        no_color=not colours,
        _environ={"TERM": "xterm-256color"},
    )
    console.print(render(page, FACTS, width, height), end="")
    return file.getvalue()


# --- room ---


@pytest.mark.parametrize("size", (*SIZES, (WIDTH_MIN, HEIGHT_MIN), (149, 25), (150, 25), (40, 12), (7, 3), (1, 1)))
@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
def test_no_line_is_wider_and_no_page_higher_than_the_terminal(page: Overview, size: tuple[int, int]) -> None:
    width, height = size
    links = replace(FACTS, one_time_link="http://127.0.0.1:8004/start?code=" + "k" * 90, message="Word " * 40)
    for facts in (FACTS, links, replace(links, is_help_shown=True), ViewFacts()):
        drawn = lines(page, width, height, facts)
        assert len(drawn) <= height
        assert max(map(cell_len, drawn)) <= width


@pytest.mark.parametrize("colours", (True, False))
@pytest.mark.parametrize("size", SIZES)
def test_what_is_written_is_the_same_text_with_and_without_colour(size: tuple[int, int], colours: object) -> None:
    raw = written(PAGE, *size, colours=colours)
    assert [line.rstrip() for line in re.sub(r"\x1b\[[0-9;]*m", "", raw).split("\n")] == [
        line.rstrip() for line in lines(PAGE, *size)
    ]
    assert ("\x1b[36m" in raw) is bool(colours)


def test_real_money_stands_out_without_colour() -> None:
    assert "\x1b[1;7m[LIVE]\x1b[0m" in written(PAGES["a live account"], 80, 24, colours=False)
    assert "\x1b[1m[PAPER]\x1b[0m" in written(PAGE, 80, 24, colours=False)


def test_a_terminal_that_has_become_narrower_cuts_lines_and_does_not_fold_them() -> None:
    console = Console(file=StringIO(), width=40, height=24)
    drawn = console.render_lines(render(PAGE, FACTS, 80, 24))
    assert len(drawn) == 24
    assert all(sum(segment.cell_length for segment in line) == 40 for line in drawn)


def test_figures_do_not_depend_on_the_number_context_of_the_caller() -> None:
    with localcontext(Context(prec=3)):
        said = text(PAGE)
    assert said == text(PAGE)


def test_without_colour_no_code_is_a_colour() -> None:
    codes = re.findall(r"\x1b\[([0-9;]*)m", written(HALTED, 80, 24, colours=False))
    assert {part for code in codes for part in code.split(";")} <= {"", "0", "1", "2", "7"}


def test_a_tiny_terminal_says_what_it_needs_and_still_what_matters() -> None:
    said = text(HALTED, 40, 12)
    assert f"needs {WIDTH_MIN} × {HEIGHT_MIN}, is 40 × 12" in said
    assert "HALTED SAFE" in said
    assert "Equity 105,093.82 USD" in said


def test_more_room_shows_more() -> None:
    few, more, most = (text(PAGE, *size) for size in ((80, 24), (120, 40), (200, 60)))
    assert "5 others" in few
    assert "SYM3" not in few
    assert all(word in more for word in ("SYM3", "Quantity", "Target, %", "Approved BUY 1 PFE", "NEUTRAL to SAFE"))
    assert "Sector" in text(PAGE, 140, 40)
    assert any("AAPL" in line and "Denied SELL" in line for line in most.split("\n"))


def test_the_chart_grows_into_empty_rows_and_spans_lowest_to_highest() -> None:
    rising = replace(FACTS, equity_history=tuple(D(n) for n in range(37)))
    small, large = (lines(PAGE, 80, height, rising) for height in (24, 60))
    assert sum("█" in line for line in large[8:22]) > sum("█" in line for line in small[8:9]) + 8
    assert small[7].rstrip().split("   Net")[0].endswith("█")
    assert small[8][1] == "▁"


@pytest.mark.parametrize("history", ((), (D(5),), (D(5),) * 400), ids=("none", "one day", "flat"))
def test_a_history_without_a_shape_is_drawn_all_the_same(history: tuple[Decimal, ...]) -> None:
    drawn = lines(PAGE, 80, 24, replace(FACTS, equity_history=history))
    assert drawn[8][1:38].strip() == "▁" * min(len(history), 37)


# --- words and figures ---


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("state", TradingState)
@pytest.mark.parametrize("mode", RiskMode)
def test_account_state_and_mode_are_words(state: TradingState, mode: RiskMode, size: tuple[int, int]) -> None:
    said = text(changed(trading_state=state, risk_mode=mode), *size)
    assert f"Trading {state}   Mode {mode}, too many trades in a row were lost" in said
    assert "[PAPER]" in said
    assert "demo" in said


def test_halted_is_a_frame_and_a_striped_band_with_who_and_why() -> None:
    drawn = lines(HALTED)
    assert all(line.startswith("/") and line.endswith("/") and len(line) == 80 for line in drawn)
    assert "//// HALTED, nothing is sent. 2011-03-11 16:00 by owner: bad fills ////" in "\n".join(drawn)


def test_reducing_is_a_solid_band_and_has_no_frame() -> None:
    drawn = lines(REDUCING)
    assert any("■■■ REDUCING, only reductions are sent. by ladder: the week's drawdown ■■■" in line for line in drawn)
    assert not any(line.startswith("/") for line in drawn)


def test_an_active_account_has_no_band() -> None:
    assert not re.search(r"///|■", text(PAGE).replace("http://", ""))


def test_what_blocks_until_a_person_acts_is_said() -> None:
    assert "■ CRITICAL They differ in USD. Word Word" in text(PAGES["a break"])


def test_every_figure_of_the_head_is_there_with_its_unit() -> None:
    said = text(PAGE)
    for part in (
        r"Equity, USD",
        r"P&L today, USD +\+338\.86 +\+0\.32 %",
        r"price +\+339\.02",
        r"fees +−0\.16",
        r"residual +0\.00",
        r"Net exposure, % +62\.40",
        r"Free cash, USD +39,513\.93 +trust HIGH",
        r"Drawdown +1\.38 % +from the peak 106,559\.46, at most 9\.69 % so far",
        r"today +0\.25 % .*┃.*┃.* SAFE 3 %, REDUCING 10 %",
        r"this week +0\.72 % .*┃.* REDUCING 15 %",
        r"today 3 approved, 2 denied, 1 rejected, 4 unknown",
        r"Gate: no violations",
    ):
        assert re.search(part, said), part


def test_the_head_figures_stand_with_their_points_under_each_other() -> None:
    rows = [line[41:] for line in lines(PAGE)[3:9]]
    assert len({re.search(r"\.\d\d", row).start() for row in rows if re.search(r"\.\d\d", row)}) == 1  # type: ignore[union-attr]


def test_equity_is_the_largest_figure() -> None:
    drawn = lines(replace(PAGE, figures=figures(equity_value=D("-1234567.89"))), 120, 40)
    assert [line[1:45].rstrip() for line in drawn[5:8]] == [
        "    ▀█    ▀▀█ ▀▀█ █ █   █▀▀ █▀▀ ▀▀█",
        "▀▀▀  █    █▀▀  ▀█ ▀▀█   ▀▀█ █▀█   █",
        "    ▀▀▀ █ ▀▀▀ ▀▀▀   ▀ █ ▀▀▀ ▀▀▀   ▀ .89",
    ]


def test_equity_that_has_no_room_for_large_digits_is_written_out() -> None:
    assert " 1,234,567,890.12 " in text(replace(PAGE, figures=figures(equity_value=BILLION)))


def test_a_figure_that_is_not_exact_says_its_range_and_why() -> None:
    doubtful = figures(
        equity_quality=Quality.INTERVAL,
        equity_low=D("245242.61"),
        equity_high=None,
        equity_reason="GLD: no fresh price",
        net_exposure_quality=Quality.STALE,
    )
    said = text(replace(PAGE, figures=doubtful, positions=positions((position("GLD", "1", quality=Quality.STALE),))))
    assert "Equity, USD  GLD: no fresh price" in said
    assert "245,242.61 to –" in said
    assert re.search(r"Net exposure, % +62\.40 +stale", said)
    assert "GLD stale" in said


def test_unknown_figures_are_dashes_and_never_zeros() -> None:
    said = text(PAGES["nothing known"])
    assert re.search(r"P&L today, USD +– +–", said)
    assert re.search(r"Drawdown +– ", said)
    assert re.search(r"today +– +░", said)
    assert "Nothing recorded. The first deposit or fill appears here." in said


def test_other_causes_of_the_day_join_the_fees_so_that_the_parts_add_up() -> None:
    assert re.search(r"fees and other +\+12\.34", text(replace(PAGE, figures=figures(pnl_today_other=D("12.50")))))


@pytest.mark.parametrize(
    ("value", "shown"),
    (("0", "0.00"), ("-0.004", "0.00"), ("0.004", "0.00"), ("1234.5", "+1,234.50"), ("-1234.5", "−1,234.50")),
)
def test_a_change_has_its_sign_and_zero_has_none(value: str, shown: str) -> None:
    assert signed(D(value)) == shown


def test_minus_is_never_a_hyphen() -> None:
    for page in PAGES.values():
        assert not re.search(r"(?<![\w-])-\d", text(page, 200, 60))


# --- ladders ---


@pytest.mark.parametrize(
    ("now", "severity", "said"),
    (
        ("3", None, "3.00 %"),
        ("3.004", Severity.WARNING, "3.004 %"),
        ("2.9999", None, "2.9999 %"),
        ("10.00001", Severity.CRITICAL, "10.00001 %"),
        ("25", Severity.CRITICAL, "25.00 %"),
    ),
)
def test_a_drawdown_shows_on_which_side_of_its_bound_it_is(now: str, severity: Severity | None, said: str) -> None:
    page = replace(PAGE, gate=replace(PAGE.gate, ladders=ladders(now, severity=severity)))
    row = next(line for line in lines(page) if line.startswith("   today"))
    assert f" {said}  " in row
    assert row.count("┃") == 2
    assert ("SAFE 3 % passed" in row) is (severity is Severity.WARNING)
    assert ("REDUCING 10 % passed" in row) is (severity is Severity.CRITICAL)


def test_a_drawdown_bar_fills_to_where_it_is() -> None:
    bars = []
    for now in ("0", "0.001", "6", "12", "40"):
        page = replace(PAGE, gate=replace(PAGE.gate, ladders=ladders(now)))
        row = next(line for line in lines(page, 200, 60) if line.startswith("   today"))
        bars.append(row.split(" %  ")[1].split("  ")[0])
    full = [sum(sign in "█┃" for sign in bar) - 2 for bar in bars]
    assert full[0] == full[1] == 0
    assert "▏" in bars[1]
    assert 0.48 < full[2] / len(bars[2]) < 0.52
    assert "░" not in bars[3] + bars[4]


# --- positions ---


@pytest.mark.parametrize("size", (*SIZES, (80, 20)))
def test_rows_that_are_shown_add_up_to_the_total(size: tuple[int, int]) -> None:
    rows = tuple(position(f"S{n}", f"{1000 + n}.25", pnl_today=D(n - 20)) for n in range(50))
    book = positions(rows)
    rest = PositionSum(count=7, value=D("70.5"), weight_pct=None, pnl_today=D(9), pnl_open=D(-3))
    sums = {name: getattr(book.total, name) + getattr(rest, name) for name in ("value", "pnl_today", "pnl_open")}
    book = replace(book, others=rest, total=replace(book.total, **sums))
    drawn = lines(replace(PAGE, positions=book), *size)
    table = [line for line in drawn if re.match(r" (S\d+|\d+ others|Cash|Total) ", line)]
    header = next(line for line in drawn if line.startswith(" Positions"))
    for title, total in zip(("Value, USD", "P&L today", "P&L open"), sums.values(), strict=True):
        end = header.index(title) + len(title)
        cells = [line[: end + 1].split()[-1].replace(",", "").replace("−", "-") for line in table]
        amounts = [D(cell) for cell, line in zip(cells, table, strict=True) if title[0] == "V" or "Cash" not in line]
        assert sum(amounts[:-1]) == amounts[-1] == total
    singles = sum(line.startswith(" S") for line in table)
    assert f" {57 - singles} others " in table[singles] + " "
    assert table[singles].split()[3] == "–"  # a share of which a part is unknown


def test_positions_have_value_weight_drift_and_both_gains() -> None:
    said = text(PAGE, 120, 40)
    assert re.search(r"AAPL +20,000\.00 +20\.00 +\+0\.98 +\+74\.91 +−1,506\.79 +7\.50 +50\.25 +12\.5000", said)
    assert re.search(r"JPM +9,000\.00 +9\.00 +−6\.42 out ", said)
    assert re.search(r"SYM0 +1,500\.00 +1\.50 +– +\+74\.91", said)
    assert re.search(r"Cash +40,000\.00 +40\.00", said)
    assert re.search(r"Total +100,000\.00 +100\.00 +\+599\.28 +−12,054\.32", said)


def test_prices_of_unlike_digits_stand_with_their_points_under_each_other() -> None:
    rows = (position("AAA", "3", price=D("1.5"), price_digits=4), position("BBB", "2", price=D(7), price_digits=0))
    drawn = [line for line in lines(replace(PAGE, positions=positions(rows)), 120, 40) if re.match(r" (AAA|BBB)", line)]
    assert drawn[0].index("1.5000") == drawn[1].index(" 7     ") + 1


def test_no_positions_are_said_in_words() -> None:
    said = text(PAGES["no positions"])
    assert "No open positions." in said
    assert re.search(r"Total +40,000\.00", said)


def test_amounts_in_billions_are_shown_whole_and_a_long_symbol_gives_way() -> None:
    rows = (position("A" * 32, str(BILLION), pnl_open=D("-98765432.10")),)
    said = text(replace(PAGE, positions=positions(rows)))
    assert re.search(r"A{5,}… +1,234,567,890\.12 .* −98,765,432\.10", said)
    assert re.search(r"Total +1,234,607,890\.12", said)
    assert "A" * 32 in text(replace(PAGE, positions=positions(rows)), 200, 60)


# --- events ---


def test_a_denial_shows_its_leading_reason_and_how_many_more() -> None:
    assert "2011-03-11    Denied SELL 146.7875 BBY: SHORT_EXPOSURE_EXCEEDED and 3 more" in text(PAGE)
    assert told(ITEMS[0], 200).endswith("and 3 more. What SHORT_EXPOSURE_EXCEEDED means.")
    assert (
        told(event(EventKind.DENIED, "Denied BUY 1 X", "", REASONS[:1]), 40)
        == "Denied BUY 1 X: SHORT_EXPOSURE_EXCEEDED"
    )


def test_an_event_says_its_detail_and_a_mark_stands_before_a_warning() -> None:
    said = text(PAGE)
    assert "  Filled BUY 134.3464 PFE at 11.81. Fee 0.16 USD" in said
    assert "▲ NEUTRAL to SAFE. too many trades in a row were lost" in said


def test_a_live_account_shows_times_of_today_and_days_of_before() -> None:
    items = (ITEMS[1], replace(ITEMS[1], day="2011-03-10"))
    said = text(replace(PAGES["a live account"], activity=Events(items=items)))
    assert "16:00:00    Filled" in said
    assert "2011-03-10    Filled" in said
    assert "[LIVE]" in said
    assert not re.search(r"day +\d+ of|replaying|a second", said)


def test_a_gate_with_violations_is_marked() -> None:
    gate = replace(PAGE.gate, severity=Severity.CRITICAL, verdict="1 CRITICAL, 2 WARNING")
    assert "■ 1 CRITICAL, 2 WARNING  " in text(replace(PAGE, gate=gate))


# --- head and foot ---


@pytest.mark.parametrize(
    ("changes", "said"),
    (
        ({}, "day  300 of 3270   10 days a second"),
        ({"days_per_second": D(1)}, "1 day a second"),
        ({"days_per_second": D("0.5")}, "0.5 days a second"),
        ({"days_per_second": None}, "as fast as it can"),
        ({"paused": True}, "day  300 of 3270   paused"),
        ({"finished": True, "paused": True}, "finished"),
    ),
)
def test_a_replay_says_how_far_and_how_fast_it_is(changes: dict[str, object], said: str) -> None:
    drawn = lines(changed(replay=replace(REPLAY, **changes)))  # type: ignore[arg-type]
    assert drawn[2].rstrip().endswith(said)
    assert drawn[0].rstrip().endswith("replaying 2011-03-11")


@pytest.mark.parametrize(("number", "share"), ((0, 0), (1635, 0.5), (3269, 0.99), (3270, 1)))
def test_the_progress_bar_is_full_only_at_the_end(number: int, share: float) -> None:
    bar = lines(changed(replay=replace(REPLAY, number=number)), 200, 60)[2].split("  day")[0].strip()
    assert abs(bar.count("━") / len(bar) - share) < 0.02
    assert ("─" not in bar) is (share == 1)


def test_the_foot_has_every_key_and_the_address() -> None:
    foot = lines(PAGE)[-1]
    assert all(f"{key} {what}" in foot for key, what in KEYS)
    assert foot.endswith("http://127.0.0.1:8004")
    assert "space go on" in lines(changed(replay=replace(REPLAY, paused=True)))[-1]


def test_a_link_is_never_cut() -> None:
    link = "http://127.0.0.1:8004/start?code=4f2b7c9d1e"
    assert f"Sign in once  {link}" in text(PAGE, facts=replace(FACTS, one_time_link=link))
    long = link + "x" * 60
    assert "Sign in once with a browser: ? shows the link" in text(PAGE, facts=replace(FACTS, one_time_link=long))
    shown = lines(PAGE, facts=replace(FACTS, one_time_link=long, is_help_shown=True))
    assert any(part.strip() + rest.strip() == long for part, rest in pairwise(shown))


def test_help_stands_where_positions_were_and_the_head_stays() -> None:
    plain, helped = lines(PAGE), lines(PAGE, facts=replace(FACTS, is_help_shown=True))
    assert helped[:12] == plain[:12]
    assert "Positions" not in "\n".join(helped)
    assert "HALTED nothing" in "\n".join(helped)


def test_a_message_of_the_program_is_shown() -> None:
    assert "It goes on at day 299." in text(PAGE, facts=replace(FACTS, message="It goes on at day 299."))


# --- what others wrote ---


def test_markup_and_emoji_are_shown_as_they_are() -> None:
    said = written(
        replace(
            PAGE,
            positions=positions((position("[red]x 🚀", "1"),)),
            activity=Events(items=(event(EventKind.RUN, "[bold]:rocket: done[/]"),)),
        ),
        100,
        30,
    )
    assert "[red]x 🚀" in said
    assert "[bold]:rocket: done[/]" in said


def test_no_control_character_reaches_the_terminal() -> None:
    evil = "a\x1b[2J\x07\r\n\x9b31m\u202egnp\x00\ud800b"
    page = replace(
        changed(
            account=replace(STATUS.account, name=evil),
            state_reason=evil,
            state_by=evil,
            trading_state=TradingState.HALTED,
            mode_reasons=(ModeReasonLine(code="X", text=evil),),
            needs_you=NeedsYou(severity=Severity.CRITICAL, title=evil, detail=evil),
            replay=replace(REPLAY, day=evil),
        ),
        positions=positions((position(evil, "1", label=evil),)),
        gate=replace(PAGE.gate, verdict=evil, ladders=(ladder(evil, "1", None, (evil, 3)),)),
        activity=Events(items=(replace(event(EventKind.RUN, evil, evil, (evil,)), day=evil),)),
        figures=figures(equity_quality=Quality.INTERVAL, equity_reason=evil),
    )
    facts = ViewFacts(url=evil, one_time_link=evil, message=evil, keys=((evil, evil),))
    for size in (*SIZES, (40, 12)):
        for help_shown in (False, True):
            drawn = render(page, replace(facts, is_help_shown=help_shown), *size).plain
            assert all(sign.isprintable() or sign == "\n" for sign in drawn)
            assert len(drawn.split("\n")) <= size[1]


@given(words=st.text(max_size=60), room=st.integers(0, 50))
def test_a_text_that_is_fitted_has_room_and_only_printable_signs(words: str, room: int) -> None:
    fitted = fit(words, room)
    assert cell_len(fitted) <= room
    assert fitted.isprintable()
    assert fit(clean(words), 10_000) == clean(words)


def test_a_text_is_shortened_between_words() -> None:
    assert fit("one two three", 13) == "one two three"
    assert fit("one two three", 12) == "one two …"
    assert fit("unbreakable", 6) == "unbre…"
    assert fit("x", 0) == ""


def test_signs_that_change_the_width_of_others_are_left_out() -> None:
    assert clean("\u26a0\ufe0f \u0000\u200b\u00a0x") == "\u26a0 \ufffd\ufffd x"
