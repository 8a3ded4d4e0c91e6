"""Does a sale that nothing shows being bought open a break that only the late buy settles?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterpoise.control.commands import BustFill, RecordCorporateAction
from counterpoise.domain.accounts import AccountKind
from counterpoise.domain.decisions import Severity
from counterpoise.domain.facts import BreakOpened, BreakSettled, Split, SymbolChange
from counterpoise.domain.statements import Break, BreakKind, VenueFill
from counterpoise.portfolio.fold import digest
from tests.control.making import (
    OWNER,
    START,
    WIDE,
    D,
    Desk,
    book,
    candidate,
    differ,
    enable,
    judge,
    open_account,
    venue_fill,
)

MISSING = BreakKind.MISSING_ACQUISITION
Trade = tuple[str, str, int]  # side, units, minute


def fill(trade: Trade, number: int, symbol: str = "SPY") -> VenueFill:
    side, units, minute = trade
    made = venue_fill(symbol, side, units, "100", number=number)
    return replace(made, filled_at=START + timedelta(minutes=minute))


def desk_of(*trades: Trade, kind: AccountKind = AccountKind.CASH) -> Desk:
    limits = replace(WIDE, max_short_exposure_pct=D(100))  # so that nothing but the break is in the way
    desk = Desk(opening=open_account("SPY", "TLT", kind=kind, limits=limits))
    desk.observe(SPY="100", TLT="50")
    desk.tell(enable())
    hear(desk, trades)
    return desk


def hear(desk: Desk, trades: Sequence[Trade], first: int = 1) -> None:
    for number, trade in enumerate(trades, first):
        desk.tell(book(fill(trade, number)))


def open_breaks(desk: Desk) -> list[tuple[BreakKind, str, str]]:
    found = (item.difference for item in desk.state.state.breaks.values())
    return sorted((item.kind, item.subject, str(item.ours)) for item in found)


def compare(desk: Desk, *found: Break) -> None:
    desk.tell(differ(*found, cause=f"compare/{desk.state.sequence}"))


def position(ours: str, theirs: str) -> Break:
    return Break(kind=BreakKind.POSITION, subject="SPY", ours=D(ours), theirs=D(theirs), detail="seen")


def test_a_sale_without_an_acquisition_opens_a_break_and_its_late_buy_settles_it() -> None:
    desk = desk_of(("SELL", "5", 10))
    (opened,) = desk.bodies("BreakOpened")
    assert isinstance(opened, BreakOpened)
    assert (opened.difference.kind, opened.difference.subject, opened.severity) == (MISSING, "SPY", Severity.WARNING)
    assert (opened.difference.ours, opened.difference.theirs) == (D(-5), D(0))
    assert opened.difference.detail == "5 SPY were sold that nothing shows being bought"
    hear(desk, [("BUY", "5", 5)], first=2)
    assert desk.state.state.breaks == {}
    (settled,) = desk.bodies("BreakSettled")
    assert isinstance(settled, BreakSettled)
    assert settled.reason == "every unit that was sold is accounted for"


def test_new_risk_is_blocked_in_its_symbol_alone_until_it_is_cured() -> None:
    desk = desk_of(("SELL", "5", 10))
    desk.observe(START + timedelta(minutes=11), SPY="100", TLT="50")
    later = START + timedelta(minutes=11)
    desk.tell(judge(candidate("SPY", "9"), candidate("TLT", "1"), at=later))
    verdicts = {verdict.symbol: verdict for verdict in desk.bodies("CandidateJudged")[-1].verdicts}  # type: ignore[attr-defined]
    assert verdicts["SPY"].recommended_size == D(5)  # what closes passes, in every state but HALTED
    assert verdicts["SPY"].detail.startswith("only the close; its open is denied: BREAK_OPEN;")
    assert verdicts["TLT"].recommended_size == D(1)
    hear(desk, [("BUY", "5", 5)], first=2)
    desk.tell(judge(candidate("SPY", "9"), cause="judge/2", at=later))
    assert desk.bodies("CandidateJudged")[-1].verdicts[0].recommended_size == D(9)  # type: ignore[attr-defined]


def test_the_comparison_neither_doubles_nor_settles_it() -> None:
    desk = desk_of(("SELL", "5", 10))
    compare(desk, position("-5", "0"))  # the venue sold what it had: the same five units
    assert open_breaks(desk) == [(MISSING, "SPY", "-5")]
    compare(desk)
    assert open_breaks(desk) == [(MISSING, "SPY", "-5")]
    assert desk.bodies("BreakSettled") == []
    compare(desk, position("-5", "3"))  # three more than that explains
    assert open_breaks(desk) == [(MISSING, "SPY", "-5"), (BreakKind.POSITION, "SPY", "-5")]
    compare(desk, position("-5", "0"))
    assert open_breaks(desk) == [(MISSING, "SPY", "-5")]


def test_a_comparison_finds_what_was_missing_before_anybody_looked() -> None:
    desk = desk_of(("SELL", "5", 10))
    desk.state.state.breaks.clear()  # a journal from before such breaks were opened
    compare(desk, position("-5", "0"))
    assert open_breaks(desk) == [(MISSING, "SPY", "-5")]


def test_a_part_that_is_cured_leaves_a_break_of_the_rest() -> None:
    desk = desk_of(("SELL", "5", 10), ("BUY", "2", 5))
    assert open_breaks(desk) == [(MISSING, "SPY", "-3")]
    hear(desk, [("SELL", "4", 11)], first=3)
    assert open_breaks(desk) == [(MISSING, "SPY", "-7")]


def test_a_busted_purchase_leaves_its_sale_without_one() -> None:
    desk = desk_of(("BUY", "5", 5), ("SELL", "5", 10))
    assert open_breaks(desk) == []
    desk.tell(BustFill(actor=OWNER, at=START, cause="bust/1", fill_id="scripted:x1", reason="erroneous"))
    assert open_breaks(desk) == [(MISSING, "SPY", "-5")]


@pytest.mark.parametrize(
    ("action", "left"),
    ((SymbolChange(symbol="SPX"), (MISSING, "SPX", "-5")), (Split(numerator=D(2)), (MISSING, "SPY", "-10"))),
    ids=["symbol change", "split"],
)
def test_it_follows_its_instrument(action: Split | SymbolChange, left: tuple[BreakKind, str, str]) -> None:
    desk = desk_of(("SELL", "5", 10))
    at = START + timedelta(minutes=20)
    desk.tell(RecordCorporateAction(actor=OWNER, at=at, cause="notice", symbol="SPY", action=action))
    assert open_breaks(desk) == [left]


@pytest.mark.parametrize("kind", (AccountKind.MARGIN, AccountKind.FUTURES))
def test_an_account_that_may_be_short_misses_nothing(kind: AccountKind) -> None:
    assert open_breaks(desk_of(("SELL", "5", 10), kind=kind)) == []


TRADES = st.lists(
    st.tuples(st.sampled_from(("BUY", "SELL")), st.sampled_from(("1", "2", "3")), st.integers(0, 5)),
    min_size=1,
    max_size=6,
)


@given(st.data(), TRADES)
def test_in_whatever_order_fills_arrive_the_book_and_the_breaks_end_the_same(
    data: st.DataObject, trades: list[Trade]
) -> None:
    fills = [fill(trade, number) for number, trade in enumerate(trades, 1)]
    ends = []
    for order in (fills, data.draw(st.permutations(fills))):
        desk = desk_of()
        for each in order:
            desk.tell(book(each, cause=f"fill/{each.fill_id}"))
        state = desk.state.state
        missing = sum((-lot.quantity for held in state.holdings.values() for lot in held.lots if lot.missing), D(0))
        assert open_breaks(desk) == ([(MISSING, "SPY", str(-missing))] if missing else [])
        ends.append((digest(replace(state, breaks={})), open_breaks(desk)))
    assert ends[0] == ends[1]
