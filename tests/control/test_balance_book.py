"""Does a live account say how much it has by each source, and what it may still buy for?"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from counterpoise.control.affording import afford, collar_of, size
from counterpoise.control.balance_book import balance_of
from counterpoise.control.balance_sources import current_balance
from counterpoise.control.commands import Reconcile, RecordStatement, StartDay
from counterpoise.domain.accounts import STATEMENT_VENUE, AccountKind
from counterpoise.domain.balances import BalanceSource, Confidence, UsableFor
from counterpoise.domain.errors import InvalidInput, PortfolioError
from counterpoise.domain.plans import SizingPolicy
from counterpoise.domain.statements import Break, BreakKind, VenueAccount
from counterpoise.ledger.journal import InMemoryJournal
from counterpoise.risk.position_size import Limiter
from tests.control.making import (
    ACCOUNT,
    OWNER,
    START,
    D,
    Desk,
    book,
    candidate,
    enable,
    judge,
    open_account,
    stating,
    targets,
    venue_fill,
)

TRADE, REDUCE, DISPLAY = UsableFor
MINUTE = timedelta(minutes=1)


def say(
    desk: Desk, cash: str, at: datetime = START, *, agrees: bool = False, power: str | None = None, equity: str = ""
) -> None:
    said = VenueAccount(
        venue="scripted",
        currency="USD",
        cash=D(cash),
        as_of=at,
        equity=D(equity) if equity else None,
        buying_power=None if power is None else D(power),
    )
    cause = f"statement/{desk.state.sequence}"
    desk.tell(stating(said, at, agrees=agrees, cause=cause))


def funded(cash: str = "500", kind: AccountKind = AccountKind.CASH, fee_rate: str = "0") -> Desk:
    opening = open_account("SPY", "TLT", cash=cash, kind=kind)
    return Desk(opening=replace(opening, terms=replace(opening.terms, fee_rate=D(fee_rate))))


def test_buying_ten_at_25_from_500_leaves_250_cash_and_500_equity() -> None:
    desk = funded()
    desk.hold("SPY", "10", "25")
    balance = balance_of(desk.state, START)
    assert (balance.cash, balance.equity, balance.buying_power, balance.reserved) == (D(250), D(500), D(250), D(0))


def test_the_broker_s_own_figures_are_shown_with_its_own_time() -> None:
    desk = funded()
    at = START - timedelta(seconds=30)
    say(desk, "500", at, equity="501")
    balance = balance_of(desk.state, START)
    assert (balance.source, balance.cash, balance.equity) == (BalanceSource.BROKER, D(500), D(501))
    assert (balance.as_of, balance.age) == (at, timedelta(seconds=30))
    assert (balance.confidence, balance.usable_for) == (Confidence.HIGH, TRADE)
    assert balance.details.paper
    later = balance_of(desk.state, START + MINUTE)
    assert (later.confidence, later.usable_for, later.cash) == (Confidence.MEDIUM, REDUCE, D(500))


def test_the_ledger_is_as_old_as_its_last_agreement_with_the_venue() -> None:
    desk = funded()
    assert balance_of(desk.state, START, "ledger").usable_for is REDUCE
    assert balance_of(desk.state, START, "ledger").as_of == START  # the last fact of money
    say(desk, "500", START + MINUTE, agrees=True)
    seen = balance_of(desk.state, START + 2 * MINUTE, "ledger")
    assert (seen.as_of, seen.usable_for) == (START + MINUTE, TRADE)
    assert balance_of(desk.state, START + 3 * MINUTE, "ledger").usable_for is REDUCE


def test_sources_that_differ_add_no_risk_before_and_after_it_is_a_break() -> None:
    desk = funded()
    say(desk, "499.98")
    seen = balance_of(desk.state, START)
    assert (seen.usable_for, seen.cash) == (REDUCE, D("499.98"))
    assert "ledger 500, broker 499.98" in seen.details.disagreement
    difference = Break(kind=BreakKind.CASH, subject="USD", ours=D(500), theirs=D("499.98"), detail="")
    desk.tell(
        Reconcile(actor=OWNER, at=START, cause="c", statement=None, differences=(difference,), confirmed=(difference,))
    )
    say(desk, "500")
    seen = balance_of(desk.state, START)
    assert (seen.usable_for, seen.details.breaks) == (REDUCE, (difference,))


def test_without_a_venue_nothing_is_confirmed_whoever_stated_it() -> None:
    opening = open_account(cash="500")
    desk = Desk(opening=replace(opening, terms=replace(opening.terms, venue=STATEMENT_VENUE)))
    say(desk, "500", agrees=True)
    assert {balance_of(desk.state, START, name).usable_for for name in ("auto", "broker", "ledger")} == {REDUCE}


def test_a_statement_in_an_asset_that_nobody_rates_is_no_balance() -> None:
    desk = funded()
    said = VenueAccount(venue="scripted", currency="EUR", cash=D(1), as_of=START)
    desk.tell(RecordStatement(actor=OWNER, at=START, cause="s", statement=said))
    with pytest.raises(PortfolioError, match="broker: nobody stated what EUR is worth"):
        balance_of(desk.state, START, "broker")
    assert balance_of(desk.state, START).source is BalanceSource.LEDGER


def test_today_s_sales_have_not_settled_and_yesterday_s_have() -> None:
    desk = funded()
    desk.hold("SPY", "10", "25")
    desk.tell(book(venue_fill("SPY", "SELL", "4", "30", number=902)))
    seen = balance_of(desk.state, START)
    assert seen.cash == D(370)
    # The day's purchase and sale of one instrument stand against each other: 250 in, 120 out.
    assert seen.settled_cash == D(370)
    tomorrow = START + timedelta(days=1)
    desk.tell(StartDay(actor=OWNER, at=tomorrow, cause="day", day=tomorrow.date()))
    desk.tell(book(replace(venue_fill("SPY", "SELL", "4", "30", number=903), filled_at=tomorrow), at=tomorrow))
    seen = balance_of(desk.state, tomorrow)
    assert (seen.cash, seen.settled_cash) == (D(490), D(370))
    assert "today" in seen.details.settled_rule
    assert balance_of(desk.state, tomorrow + timedelta(days=1)).settled_cash == D(490)


def buying(desk: Desk, symbol: str = "SPY", size: str = "2", price: str = "100") -> None:
    """An order that works at the venue."""
    desk.observe(START, **{symbol: price})
    desk.tell(enable())
    desk.tell(judge(candidate(symbol, size), cause=f"judge/{symbol}/{size}"))
    assert desk.sends()


def test_what_open_orders_hold_is_reserved_with_its_fees() -> None:
    desk = funded(fee_rate="0.01")
    buying(desk)
    seen = balance_of(desk.state, START)
    assert (seen.cash, seen.reserved, seen.buying_power) == (D(500), D(202), D(298))


def test_the_smaller_buying_power_counts_while_the_venue_s_word_is_young() -> None:
    desk = funded()
    say(desk, "500", power="120")
    assert balance_of(desk.state, START).buying_power == D(120)
    assert afford(desk.state, START, "SPY", D(1), D(121)).shortage == D(1)
    assert balance_of(desk.state, START + 2 * MINUTE).buying_power == D(500)


@pytest.mark.parametrize(
    ("quantity", "price", "fee_rate", "need", "shortage"),
    (
        pytest.param("10", "50", "0", "500", "0", id="exactly enough"),
        pytest.param("10", "50.001", "0", "500.010", "0.010", id="a hair too much"),
        pytest.param("10", "50", "0.01", "505.00", "5.00", id="fees are paid too"),
    ),
)
def test_a_purchase_passes_up_to_equality(quantity: str, price: str, fee_rate: str, need: str, shortage: str) -> None:
    answer = afford(funded(fee_rate=fee_rate).state, START, "SPY", D(quantity), D(price))
    assert (answer.need, answer.available, answer.shortage) == (D(need), D(500), D(shortage))
    assert answer.affordable is answer["affordable"] is (D(shortage) == 0)


def test_open_orders_and_the_collar_are_counted() -> None:
    desk = funded()
    buying(desk)
    assert afford(desk.state, START, "TLT", D(6), D(50)).affordable
    assert afford(desk.state, START, "TLT", D("6.02"), D(50)).shortage == D(1)
    at_mark = afford(desk.state, START, "SPY", D(3), D(90))
    assert (at_mark.worst_price, at_mark.need) == (D(100), D(300))  # a limit below the mark holds the mark
    assert afford(desk.state, START, "SPY", D(3), D(90), D(4)).need == D(312)
    assert collar_of(desk.state) == D(0)
    desk.tell(targets(SPY="1", policy=SizingPolicy(collar_pct=D(4))))
    assert afford(desk.state, START, "SPY", D(3), D(90)).need == D(312)


@pytest.mark.parametrize(
    ("kind", "need", "available"),
    ((AccountKind.MARGIN, "500", "1000"), (AccountKind.FUTURES, "1000", "1000")),
)
def test_where_margin_pays_margin_is_compared(kind: AccountKind, need: str, available: str) -> None:
    answer = afford(funded("1000", kind).state, START, "SPY", D(10), D(100))
    assert (answer.need, answer.available) == (D(need), D(available))


def test_margin_is_judged_on_the_bad_end_of_equity() -> None:
    desk = funded("1000", AccountKind.MARGIN)
    desk.hold("SPY", "10", "100")
    fresh = balance_of(desk.state, START, "ledger").buying_power
    assert fresh == D(1000)
    later = START + timedelta(minutes=10)  # the mark is old: 5 % of 1000 may be gone
    assert balance_of(desk.state, later, "ledger").buying_power == D(900)
    assert balance_of(desk.state, later, "ledger").equity == D(1000)


@pytest.mark.parametrize(
    ("field", "changes"),
    (
        ("quantity", {"quantity": D(0)}),
        ("quantity", {"quantity": D("NaN")}),
        ("price", {"price": D(-1)}),
        ("price", {"price": D("Infinity")}),
        ("collar_pct", {"collar_pct": D(-1)}),
        ("symbol", {"symbol": "ZZZ"}),
    ),
)
def test_what_cannot_be_asked_is_refused_by_name(field: str, changes: dict[str, object]) -> None:
    asked = {"symbol": "SPY", "quantity": D(1), "price": D(1), **changes}
    with pytest.raises(InvalidInput) as refused:
        afford(funded().state, START, **asked)  # type: ignore[arg-type]
    assert refused.value.field == field


def test_a_size_is_taken_from_what_no_order_holds_in_the_symbol_s_own_lots() -> None:
    desk = funded()
    buying(desk)
    answer = size(desk.state, START, D("0.02"), D("0.10"), D(38))
    assert (answer.available_cash, answer.position_size, answer.limited_by) == (D(300), D(7), Limiter.CASH)
    assert size(desk.state, START, D("0.02"), D("0.10"), D(38), "SPY").position_size == D("7.5")
    assert size(desk.state, START, D("0.02"), D("0.10"), D(38), "SPY", D(5)).position_size == D(5)
    assert answer.usable_for == REDUCE
    say(desk, "500")
    assert size(desk.state, START, D("0.02"), D("0.10"), D(38)).usable_for == TRADE
    with pytest.raises(InvalidInput, match="symbol"):
        size(desk.state, START, D("0.02"), D("0.10"), D(38), "ZZZ")
    with pytest.raises(InvalidInput, match="stop_distance"):
        size(desk.state, START, D("0.02"), D("NaN"), D(38), "SPY")


async def kept(desk: Desk) -> InMemoryJournal:
    journal = InMemoryJournal()
    await journal.append(ACCOUNT, 1, 1, desk.facts)
    return journal


async def test_history_and_opening_are_read_from_the_journal_alone() -> None:
    desk = Desk("SPY", opening=open_account("SPY", cash="500"), confirmed=False)
    desk.hold("SPY", "10", "25")
    journal = await kept(desk)
    found = await current_balance(journal, desk.state, (), START + MINUTE, "history")
    assert (found.cash, found.equity, found.usable_for) == (D(250), D(500), REDUCE)
    assert (found.as_of, found.confidence) == (START, Confidence.MEDIUM)
    began = await current_balance(journal, desk.state, (), START + MINUTE, "opening")
    assert (began.cash, began.usable_for, began.confidence) == (D(500), DISPLAY, Confidence.LOW)
    assert (began.equity, began.buying_power) == (None, None)


async def test_an_account_that_began_with_nothing_has_nothing_by_every_source() -> None:
    desk = Desk("SPY", opening=open_account("SPY", cash="0"))
    journal = await kept(desk)
    auto = await current_balance(journal, desk.state, (), START)
    assert (auto.amount, auto.source) == (D(0), BalanceSource.HISTORY)
    assert [item.source for item in auto.details.failed] == [BalanceSource.BROKER, BalanceSource.LEDGER]
    assert (await current_balance(journal, desk.state, (), START, "opening")).amount == D(0)


async def test_a_journal_that_was_changed_is_no_history() -> None:
    desk = Desk("SPY", confirmed=False)
    journal = await kept(desk)
    entry = journal._entries[ACCOUNT][-1]
    journal._entries[ACCOUNT][-1] = entry._replace(raw=entry.raw.replace(b"10000", b"90000"))
    with pytest.raises(PortfolioError, match="history: "):
        await current_balance(journal, desk.state, (), START, "history")
