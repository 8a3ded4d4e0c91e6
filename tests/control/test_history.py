"""Does a history become the facts that it tells, each once, or is it refused as a whole with its wrong rows?"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterpoise.control import commands
from counterpoise.control.account import Account
from counterpoise.control.activity import Activity
from counterpoise.control.history import Imported, identity_of
from counterpoise.control.recovery import load
from counterpoise.control.rehearsal import Rehearsal, rehearse
from counterpoise.control.tasks import Supervisor
from counterpoise.control.verify import verify
from counterpoise.domain.accounts import STATEMENT_VENUE, AccountKind, AccountTerms, TradingMode, lot_method_of
from counterpoise.domain.errors import ConfigurationError, InvalidInput, PolicyRefused
from counterpoise.domain.facts import Deposit, Fill, InstrumentDefined, MarksRecorded
from counterpoise.domain.history import BrokenHistory, EntryKind, History, HistoryEntry
from counterpoise.domain.orders import Side
from counterpoise.ledger.checkpoints import InMemoryCheckpoints
from counterpoise.ledger.journal import InMemoryJournal
from tests.control.making import ACCOUNT, BOT, OWNER, WIDE, Desk, book, open_account, venue_fill

D = Decimal
DAY = datetime(2024, 3, 1, 15, tzinfo=UTC)
NOW = datetime(2024, 6, 1, tzinfo=UTC)
CORRELATION = "import/abc"


def entry(number: int, kind: EntryKind, **told: object) -> HistoryEntry:
    """Entries a minute apart, in the order of their numbers."""
    at = DAY + timedelta(minutes=number)
    made = HistoryEntry(row=number + 1, venue="file", entry_id=f"e{number}", kind=kind, at=at)
    return replace(made, **told)  # type: ignore[arg-type]


def cash(number: int, amount: str, kind: EntryKind = EntryKind.DEPOSIT, **told: object) -> HistoryEntry:
    return entry(number, kind, amount=D(amount), **told)


def trade(number: int, side: str, quantity: str, price: str, symbol: str = "SPY", **told: object) -> HistoryEntry:
    values = {"side": Side(side), "quantity": D(quantity), "price": D(price), "symbol": symbol}
    return entry(number, EntryKind.FILL, **{**values, **told})


def opening(kind: AccountKind = AccountKind.CASH, venue: str = STATEMENT_VENUE) -> commands.OpenAccount:
    terms = AccountTerms(
        kind=kind, base_currency="USD", time_zone="UTC", venue=venue, mode=TradingMode.LIVE,
        lot_method=lot_method_of(kind),
    )  # fmt: skip
    made = open_account(cash="0")
    return replace(made, at=DAY - timedelta(days=9), terms=terms, constraints=WIDE)


def desk(kind: AccountKind = AccountKind.CASH) -> Desk:
    return Desk(opening=opening(kind))


def importing(
    *entries: HistoryEntry, cause: str = CORRELATION, last: Sequence[HistoryEntry] = ()
) -> commands.ImportHistory:
    return commands.ImportHistory(
        actor=OWNER, at=NOW, cause=cause, correlation=CORRELATION, entries=entries, last_trades=tuple(last)
    )


# ── deciding ─────────────────────────────────────────────────────────────────────────────────────────────

BUY = trade(2, "BUY", "10", "25")
EFFECTS = (
    pytest.param((cash(1, "100"),), D(100), {}, id="deposit"),
    pytest.param((cash(1, "-100", EntryKind.WITHDRAWAL),), D(-100), {}, id="withdrawal"),
    pytest.param((cash(1, "-3", EntryKind.FEE),), D(-3), {}, id="fee paid"),
    pytest.param((cash(1, "3", EntryKind.FEE),), D(3), {}, id="rebate"),
    pytest.param((cash(1, "-3", EntryKind.DIVIDEND, symbol="SPY"),), D(-3), {}, id="dividend paid"),
    pytest.param((cash(1, "3", EntryKind.INTEREST),), D(3), {}, id="interest"),
    pytest.param((cash(1, "-3", EntryKind.FUNDING, symbol="SPY"),), D(-3), {}, id="funding"),
    pytest.param((replace(BUY, fee=D("0.5")),), D("-250.5"), {"SPY": D(10)}, id="buy with a fee"),
    pytest.param((BUY, trade(3, "SELL", "4", "30")), D(-130), {"SPY": D(6)}, id="buy and sell"),
    pytest.param(
        (BUY, entry(3, EntryKind.SPLIT, symbol="SPY", units_before=D(1), units_after=D(4))),
        D(-250),
        {"SPY": D(40)},
        id="split",
    ),
    pytest.param(
        (
            replace(BUY, symbol="FB"),
            entry(3, EntryKind.SYMBOL_CHANGE, symbol="FB", new_symbol="META"),
            trade(4, "SELL", "4", "30", "META"),
            trade(1, "BUY", "1", "20", "FB", entry_id="late"),
        ),
        D(-150),
        {"META": D(7)},
        id="a new symbol, and a trade under the old one that is heard of later",
    ),
    pytest.param(
        (BUY, entry(3, EntryKind.CASH_IN_LIEU, symbol="SPY", quantity=D("0.5"), amount=D(13))),
        D(-237),
        {"SPY": D("9.5")},
        id="cash in lieu",
    ),
    pytest.param(
        (entry(3, EntryKind.POSITION, symbol="SPY", quantity=D(5), price=D(20)),), D(0), {"SPY": D(5)}, id="position"
    ),
)


@pytest.mark.parametrize(("entries", "balance", "units"), EFFECTS)
def test_each_kind_moves_what_it_says(
    entries: tuple[HistoryEntry, ...], balance: Decimal, units: dict[str, Decimal]
) -> None:
    made = desk()
    answer = made.tell(importing(*entries))
    state = made.state.state
    assert answer.detail == Imported(booked=len(entries), known=0)
    assert state.cash.get("USD", D(0)) == balance
    assert {state.instruments[key].symbol: held.quantity for key, held in state.holdings.items()} == units


def test_a_third_asset_and_a_rate() -> None:
    made = desk()
    made.tell(
        importing(
            entry(1, EntryKind.RATE, asset="BNB", price=D(300)),
            trade(2, "BUY", "1", "40000", "BTCUSDT", asset="USDT", fee=D("0.01"), fee_asset="BNB"),
        )
    )
    state = made.state.state
    assert state.cash == {"USD": D(0), "USDT": D(-40000), "BNB": D("-0.01")}
    assert state.instruments["statement:BTCUSDT:1"].quote == "USDT"
    assert state.causes.fee == D(-3)


def test_facts_carry_the_venue_s_identity_and_time_and_an_instrument_is_defined_once() -> None:
    made = desk()
    before = len(made.facts)
    made.tell(importing(cash(1, "1000"), BUY, trade(3, "BUY", "1", "26")))
    deposit, defined, fill, _ = made.facts[before:]
    assert isinstance(deposit.body, Deposit)
    assert (deposit.fact_id, deposit.occurred_at, deposit.source) == (
        "Entry:file:e1",
        DAY + timedelta(minutes=1),
        "file",
    )
    assert isinstance(defined.body, InstrumentDefined)
    assert (defined.body.instrument.source, defined.body.instrument.lot) == ("inferred", D("1e-9"))
    assert isinstance(fill.body, Fill)
    assert (fill.fact_id, fill.body.fill_id, fill.instrument) == ("Fill:file:e2", "file:e2", "statement:SPY:1")
    assert {fact.correlation_id for fact in made.facts[before:]} == {CORRELATION}


def test_what_is_booked_is_booked_once_whatever_command_brings_it() -> None:
    made = desk()
    made.tell(importing(cash(1, "1000"), BUY))
    facts = len(made.facts)
    again = made.tell(importing(cash(1, "1000"), BUY, cause="import/other"))
    assert (again.outcome, again.detail, len(made.facts)) == ("duplicate", Imported(booked=0, known=2), facts)
    more = made.tell(importing(BUY, trade(3, "SELL", "1", "26"), cause="import/more"))
    assert more.detail == Imported(booked=1, known=1)


def test_the_last_trades_are_the_marks_unless_newer_ones_are_known() -> None:
    made = desk()
    sale = trade(3, "SELL", "1", "31")
    made.tell(importing(cash(1, "1000"), BUY, sale, last=[sale]))
    (marks,) = made.bodies("MarksRecorded")
    assert isinstance(marks, MarksRecorded)
    assert [(mark.price, mark.at) for mark in marks.marks] == [(D(31), sale.at)]
    assert made.state.book.valuation.equity == D(1000) - 250 + 31 + 9 * 31
    older = trade(0, "BUY", "1", "24", entry_id="older")
    made.tell(importing(older, cause="import/2", last=[older]))
    assert len(made.bodies("MarksRecorded")) == 1


def test_a_fill_that_the_venue_reported_by_itself_is_known() -> None:
    made = Desk("SPY")
    made.tell(book(venue_fill("SPY", "BUY", "1", "100", number=7)))
    told = trade(1, "BUY", "1", "100", venue="scripted", entry_id="x7", order=99)
    assert made.tell(importing(told)).outcome == "duplicate"
    made.tell(importing(replace(told, entry_id="x8"), cause="import/2"))
    assert made.state.state.fill_cursor == 7  # the venue's own cursor is not moved by a file


REFUSED = (
    pytest.param(trade(1, "BUY", "1", "1", asset="EUR"), "row 2 asset: EUR", id="another currency"),
    pytest.param(replace(BUY, quantity=D(0)), "row 3 quantity: 0", id="a fill of nothing"),
    pytest.param(replace(BUY, price=D("1e40")), "row 3 price", id="a bomb"),
    pytest.param(replace(BUY, side=None), "row 3 side", id="no side"),
    pytest.param(cash(1, "-5"), "row 2 amount: -5", id="a deposit that pays out"),
    pytest.param(replace(BUY, symbol="=A1"), "row 3 symbol", id="no symbol"),
    pytest.param(
        entry(1, EntryKind.SYMBOL_CHANGE, symbol="SPY", new_symbol="TLT"), "row 2 new_symbol: TLT", id="a symbol in use"
    ),
)


@pytest.mark.parametrize(("wrong", "where"), REFUSED)
def test_an_entry_that_can_be_no_fact_is_refused_by_its_row(wrong: HistoryEntry, where: str) -> None:
    made = desk()
    made.tell(importing(trade(0, "BUY", "1", "1"), trade(0, "BUY", "1", "1", "TLT", entry_id="t"), cause="import/0"))
    before = len(made.facts)
    with pytest.raises(InvalidInput) as caught:
        made.tell(importing(cash(5, "1"), wrong))
    assert where in str(caught.value)
    assert len(made.facts) == before


def test_an_account_with_a_venue_takes_its_symbols_only() -> None:
    with pytest.raises(InvalidInput, match="a symbol that the account's venue, scripted, has"):
        Desk("SPY").tell(importing(trade(1, "BUY", "1", "1", "QQQ")))


# ── the rehearsal, and carrying it out ───────────────────────────────────────────────────────────────────


class Still:
    def now(self) -> datetime:
        return NOW


class Books:
    """A journal with an account, and its writer for as long as it is needed."""

    def __init__(self, kind: AccountKind = AccountKind.CASH, venue: str = STATEMENT_VENUE) -> None:
        self.journal = InMemoryJournal()
        self._opening = opening(kind, venue)

    async def open(self) -> "Books":
        await self.ask(self._opening)
        return self

    async def ask(self, *told: commands.Command) -> Account:
        async with Supervisor() as supervisor:
            state = await load(self.journal, ACCOUNT, self.journal.key, ())
            state.epoch = state.epoch or 1
            account = Account(
                state=state,
                journal=self.journal,
                clock=Still(),
                activity=Activity(),
                start_effect=lambda effect: pytest.fail(str(effect)),
            )
            supervisor.start("account", account.serve())
            for command in told:
                await account.ask(command)
            return account

    async def rehearse(self, *entries: HistoryEntry) -> Rehearsal:
        return await rehearse(self.journal, ACCOUNT, history(*entries), NOW)

    async def book(self, *entries: HistoryEntry) -> Account:
        tried = await self.rehearse(*entries)
        return await self.ask(importing(*tried.new, cause=f"import/{len(entries)}", last=tried.last_trades))


def history(*entries: HistoryEntry) -> History:
    return History(name="h.csv", form="generic", digest="abc", entries=tuple(sorted(entries, key=lambda e: e.at)))


async def test_a_rehearsal_says_what_comes_of_it_and_books_nothing() -> None:
    books = await Books().open()
    await books.book(cash(1, "1000"))
    before = await books.journal.last(ACCOUNT)
    tried = await books.rehearse(cash(1, "1000"), BUY, trade(3, "SELL", "4", "30"))
    assert await books.journal.last(ACCOUNT) == before
    assert (tried.known, [item.entry_id for item in tried.new], tried.is_late) == (1, ["e2", "e3"], False)
    assert (dict(tried.before.cash), dict(tried.before.positions)) == ({"USD": D(1000)}, {})
    assert (dict(tried.after.cash), dict(tried.after.positions)) == ({"USD": D(870)}, {"SPY": D(6)})
    assert tried.after.realised == D(20)
    assert [item.entry_id for item in tried.last_trades] == ["e3"]
    assert tried.notes == ()
    account = await books.book(cash(1, "1000"), BUY, trade(3, "SELL", "4", "30"))
    assert account.view.state.cash["USD"] == D(870)


async def test_what_the_owner_should_know_is_said() -> None:
    books = await Books().open()
    tried = await books.rehearse(replace(BUY, asset="EUR"))
    assert tried.notes == (
        "cash of EUR would be -250: deposits or a longer history are missing",
        "EUR has no rate in USD yet, so its worth is not known",
    )


async def test_a_trade_before_a_split_is_no_mark_after_it() -> None:
    books = await Books().open()
    split = entry(3, EntryKind.SPLIT, symbol="SPY", units_before=D(1), units_after=D(2))
    assert (await books.rehearse(cash(1, "250"), BUY, split)).last_trades == ()


async def test_a_sale_of_more_than_is_held_is_refused_in_a_cash_account_only() -> None:
    sales = (trade(3, "SELL", "11", "30"), trade(4, "SELL", "1", "30"))
    with pytest.raises(BrokenHistory) as caught:
        await (await Books().open()).rehearse(BUY, *sales)
    first, second = caught.value.faults
    assert str(first).startswith("h.csv row 4 column quantity: 11 was refused: at most the 10 of SPY")
    assert str(second).startswith("h.csv row 5 column quantity: 1 was refused: at most the 0 of SPY")
    for kind in (AccountKind.MARGIN, AccountKind.FUTURES):
        assert (await (await Books(kind).open()).rehearse(BUY, *sales)).after.positions == {"SPY": D(-2)}


async def test_a_sale_is_measured_by_what_was_held_then_however_late_it_is_heard_of() -> None:
    books = await Books().open()
    await books.book(trade(9, "BUY", "5", "20"))
    with pytest.raises(BrokenHistory, match="row 4 column quantity: 5"):
        await books.rehearse(trade(3, "SELL", "5", "30"))
    tried = await books.rehearse(trade(2, "BUY", "5", "10"), trade(3, "SELL", "5", "30"))
    assert (tried.is_late, tried.after.realised) == (True, D(100))


async def test_a_time_that_is_ahead_of_the_clock_is_refused() -> None:
    books = await Books().open()
    at_bound = cash(1, "1", at=NOW + timedelta(minutes=5))
    assert len((await books.rehearse(at_bound)).new) == 1
    with pytest.raises(BrokenHistory, match=r"row 2 column time: 2024-06-01T00:05:00\.000001Z .* a time that has come"):
        await books.rehearse(replace(at_bound, at=at_bound.at + timedelta(microseconds=1)))


CONTRADICTIONS = (
    pytest.param(replace(BUY, price=D(26)), "this row has price 26;", "fact 7, has price 25", id="price"),
    pytest.param(replace(BUY, at=DAY), "time 2024-03-01T15:00", "time 2024-03-01T15:02", id="time"),
    pytest.param(replace(BUY, symbol="TLT"), "instrument statement:TLT:1", "instrument statement:SPY:1", id="symbol"),
    pytest.param(replace(BUY, fee=D(1)), "fee 1", "fee 0", id="fee"),
    pytest.param(replace(cash(1, "1000"), amount=D(999)), "this row has amount 999", "amount 1000", id="amount"),
    pytest.param(
        cash(1, "-1000", EntryKind.WITHDRAWAL), "this row has kind Withdrawal", "kind Deposit", id="the other direction"
    ),
)


@pytest.mark.parametrize(("told", "says", "has"), CONTRADICTIONS)
async def test_what_contradicts_a_booked_fact_of_its_identity_is_refused_both_shown(
    told: HistoryEntry, says: str, has: str
) -> None:
    books = await Books().open()
    await books.book(cash(1, "1000"), replace(BUY, price=D("25.00")))
    assert (await books.rehearse(cash(1, "1000.0"), replace(BUY, row=77, order=3))).new == ()
    with pytest.raises(BrokenHistory) as caught:
        await books.rehearse(told)
    assert says in str(caught.value.faults[0])
    assert has in str(caught.value.faults[0])


async def test_a_simulated_account_and_one_that_is_not_there_take_no_history() -> None:
    with pytest.raises(ConfigurationError, match="trades on the paper venue"):
        await (await Books(venue="paper").open()).rehearse(cash(1, "1"))
    with pytest.raises(ConfigurationError, match="no account main"):
        await Books().rehearse(cash(1, "1"))


async def test_something_impossible_names_its_row() -> None:
    books = await Books().open()
    with pytest.raises(BrokenHistory, match=r"row 2: rate was refused: .*1: USD is the base currency"):
        await books.rehearse(entry(1, EntryKind.RATE, asset="USD", price=D(2)))


async def test_older_and_older_histories_are_put_in_their_places() -> None:
    """Each reaches further back than the seven days that a book keeps, and so does what is loaded again."""
    books = await Books().open()
    span = timedelta(days=40)
    for number in range(4):
        early = DAY - number * span
        at = [early + timedelta(hours=6 * step) for step in range(120)]
        part = [cash(1000 * number + step, "1", at=when) for step, when in enumerate(at)]
        assert (await books.rehearse(*part)).is_late is bool(number)
        account = await books.book(*part)
        assert account.view.state.cash["USD"] == 120 * (number + 1)
    assert not (await books.rehearse(cash(9999, "1", at=NOW - timedelta(days=1)))).is_late
    report = await verify(books.journal, InMemoryCheckpoints(), ACCOUNT, books.journal.key, ())
    assert (report.ok, report.problems) == (True, ())
    again = await books.ask()
    assert again.view.book.digest() == account.view.book.digest()


async def test_only_an_admin_imports() -> None:
    books = await Books().open()
    with pytest.raises(PolicyRefused, match="ImportHistory needs admin"):
        await books.ask(replace(importing(cash(1, "1")), actor=BOT))


def year(count: int) -> tuple[HistoryEntry, ...]:
    """A history of so many entries that never sells more than it has."""
    found = [cash(0, "100000")]
    for number in range(1, count):
        symbol = "SPY" if number % 2 else "TLT"
        side = "SELL" if number % 5 == 0 else "BUY"
        at = DAY + timedelta(hours=number)
        found.append(trade(number, side, "1" if side == "SELL" else "3", str(100 + number % 17), symbol, at=at))
    return tuple(found)


@given(cut=st.integers(0, 200), overlap=st.integers(0, 40), late=st.booleans())
async def test_a_history_in_two_files_is_the_same_money_as_in_one(cut: int, overlap: int, *, late: bool) -> None:
    whole = year(200)
    parts = [whole[: cut + overlap], whole[cut:]]
    books, other = await Books(AccountKind.MARGIN).open(), await Books(AccountKind.MARGIN).open()
    for part in reversed(parts) if late else parts:
        await other.book(*part)
    one, two = (await books.book(*whole)).view, (await other.ask()).view
    assert two.state.cash == one.state.cash
    assert two.state.results == one.state.results
    assert [held.lots for held in two.state.holdings.values()] == [held.lots for held in one.state.holdings.values()]
    assert {identity_of(item) for item in whole} <= two.recorded
    report = await verify(other.journal, InMemoryCheckpoints(), ACCOUNT, other.journal.key, ())
    assert (report.ok, report.problems, report.residual) == (True, (), D(0))
