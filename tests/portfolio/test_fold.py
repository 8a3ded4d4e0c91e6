"""Does each kind of fact change the book as it says, and nothing when it cannot be true?"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from decimal import Decimal

import pytest

from counterpoise.domain.accounts import AccountKind, LotMethod
from counterpoise.domain.decisions import RiskMode, Severity, StateCause, TradingState
from counterpoise.domain.errors import CounterpoiseError, IllegalTransition, InvalidFact, InvalidInput, UnknownKind
from counterpoise.domain.facts import (
    BODIES,
    AccountConfigured,
    AccountOpened,
    Body,
    BreakOpened,
    BreakSettled,
    Deposit,
    Fill,
    FxRate,
    InstrumentDefined,
    LimitsSet,
    MarkReason,
    MarksRecorded,
    ModeChanged,
    OpeningBalance,
    OpeningPosition,
    OrderUnknown,
    StrategySet,
    TargetsSet,
    TradingStateChanged,
    Withdrawal,
    WriterClaimed,
)
from counterpoise.domain.limits import INVESTOR, ModePolicy
from counterpoise.domain.numbers import ZERO
from counterpoise.domain.orders import Side
from counterpoise.domain.plans import SizingPolicy, Target
from counterpoise.domain.statements import Break, BreakKind
from counterpoise.ledger.booking import Posting
from counterpoise.ledger.codec import from_bytes, to_bytes
from counterpoise.portfolio import positions
from counterpoise.portfolio.fold import HANDLERS, Book, apply, digest, fold, normal
from counterpoise.portfolio.state import AccountState, OpenBreak
from tests.portfolio.making import START, D, Story, instrument, intent, mark, terms, totals


def story(kind: AccountKind = AccountKind.CASH) -> Story:
    made = Story(kind, "BTC")
    made.tell(Deposit(amount=D(1000), asset="USD"))
    made.fill("BUY", "BTC", "1", "100")
    return made


def test_every_kind_of_fact_has_its_handler() -> None:
    assert dict(HANDLERS).keys() == dict(BODIES).keys()


def test_a_kind_that_nobody_knows_is_an_error() -> None:
    made = story()
    fact = made.fact(Deposit(amount=D(1), asset="USD"))

    with pytest.raises(UnknownKind, match="Gift"):
        made.book.apply(replace(fact, kind="Gift"))
    with pytest.raises(UnknownKind, match="Deposit"):
        made.book.apply(replace(fact, kind="Withdrawal"))


def test_nothing_comes_before_the_terms_but_the_writer() -> None:
    made = story()
    book = Book.open("main")
    book.apply(made.fact(WriterClaimed(owner="host:1:now")))

    assert book.state == AccountState(account="main")
    with pytest.raises(InvalidFact, match="AccountOpened first"):
        book.apply(made.fact(Deposit(amount=D(1), asset="USD")))


def test_a_fact_of_another_account_is_refused() -> None:
    made = story()
    with pytest.raises(InvalidFact, match="account"):
        made.book.apply(replace(made.fact(Deposit(amount=D(1), asset="USD")), account="other"))


def fill(**changes: object) -> Fill:
    body = Fill(
        fill_id="new",
        client_order_id="",
        side=Side.SELL,
        quantity=D(1),
        price=D(90),
        fee=D(1),
        fee_asset="USD",
    )
    return replace(body, **changes)  # type: ignore[arg-type]


REFUSED = [
    pytest.param(fill(fill_id="x3"), "BTC", None, id="a fill that is booked already"),
    pytest.param(fill(), "XRP", None, id="a fill of an undefined instrument"),
    pytest.param(fill(), None, None, id="a fill of no instrument"),
    pytest.param(fill(price=D(-1)), "BTC", None, id="a negative price where there is none"),
    pytest.param(fill(), "BTC", {"trend": "2"}, id="shares that are not the whole"),
    pytest.param(
        MarksRecorded(reason=MarkReason.FLOW, marks=(mark("BTC", "1"), mark("XRP", "1"))), None, None, id="marks"
    ),
    pytest.param(OpeningPosition(quantity=D(-1), unit_price=D(1)), "BTC", None, id="an adoption on the other side"),
    pytest.param(Withdrawal(amount=D(5), asset="USD"), None, {"trend": "4"}, id="a share of a withdrawal"),
    pytest.param(Deposit(amount=D(5), asset="USD"), "XRP", None, id="cash for an undefined instrument"),
    pytest.param(FxRate(asset="USD", rate=D(2)), None, None, id="a rate of the base currency"),
    pytest.param(AccountOpened(name="again", terms=terms(AccountKind.CASH)), None, None, id="a second opening"),
    pytest.param(
        AccountConfigured(terms=terms(AccountKind.MARGIN), reason="x"), None, None, id="another kind of account"
    ),
    pytest.param(
        AccountConfigured(terms=terms(AccountKind.CASH, zone="No/Where"), reason="x"), None, None, id="no time zone"
    ),
    pytest.param(
        InstrumentDefined(instrument=instrument("BTC", "EUR")), None, None, id="another quote under a position"
    ),
    pytest.param(BreakSettled(opened="f0", reason="x"), None, None, id="a break that is not open"),
    pytest.param(OrderUnknown(client_order_id="no", detail=""), None, None, id="an order that is not there"),
]


@pytest.mark.parametrize(("body", "symbol", "shares"), REFUSED)
def test_a_fact_that_cannot_be_true_leaves_the_book_as_it_was(
    body: Body, symbol: str | None, shares: dict[str, str] | None
) -> None:
    made = story()
    before, worth = deepcopy(made.book.state), totals(made.book.valuation)

    with pytest.raises(InvalidInput):
        made.tell(body, symbol, shares)
    assert made.book.state == before
    assert totals(made.book.valuation) == worth


def test_a_fill_that_its_order_cannot_have_leaves_the_book_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(status: object, event: object) -> None:
        raise IllegalTransition(f"{status} {event}")

    made = story()
    made.intend(intent("o", "SELL", "BTC", "1"))
    before = deepcopy(made.book.state)
    monkeypatch.setattr("counterpoise.portfolio.orders.next_status", refuse)

    with pytest.raises(CounterpoiseError):
        made.tell(fill(client_order_id="o"), "BTC")
    assert made.book.state == before


def test_what_is_set_is_in_the_book() -> None:
    made = story()
    made.together = True
    targets = TargetsSet(strategy="core", targets=(Target(symbol="BTC", weight=D("0.5")),), policy=SizingPolicy())
    policy = ModePolicy(safe_losing_streak=3)
    difference = Break(kind=BreakKind.CASH, subject="USD", ours=D(1), theirs=D(2), detail="")
    made.tell(targets)
    limits = made.tell(LimitsSet(preset="investor", constraints=INVESTOR, mode_policy=policy, reason="start"))
    made.tell(StrategySet(strategy="trend", enabled=False))
    made.tell(ModeChanged(mode=RiskMode.SAFE, reasons=("x",)))
    made.tell(TradingStateChanged(state=TradingState.HALTED, cause=StateCause.PERSON, reason="x"))
    opened = made.tell(BreakOpened(difference=difference, severity=Severity.CRITICAL))
    state = made.book.state

    assert state.targets == {"core": targets}
    assert (state.constraints, state.mode_policy, state.limits_ref) == (INVESTOR, policy, limits.fact_id)
    assert not state.enabled["trend"]
    assert (state.mode, state.mode_since) == (RiskMode.SAFE, START)
    assert (state.trading_state, state.state_cause) == (TradingState.HALTED, StateCause.PERSON)
    assert state.breaks == {
        opened.fact_id: OpenBreak(difference=difference, severity=Severity.CRITICAL, opened_at=START)
    }
    made.tell(BreakSettled(opened=opened.fact_id, reason="found"))
    assert state.breaks == {}


def test_a_renamed_instrument_keeps_its_identity_and_frees_its_symbol() -> None:
    made = story()
    made.tell(InstrumentDefined(instrument=replace(instrument("BTC"), symbol="XBT")))

    assert made.book.state.symbols == {"XBT": "paper:BTC:1"}


def test_recorded_marks_are_named_by_their_reason() -> None:
    made = story()
    fact = made.marks(MarkReason.EXTREME, BTC="120")

    assert made.book.state.marks_ref == fact.fact_id
    assert made.book.state.marks_at == fact.occurred_at
    assert made.book.state.drawdown.ever.peak == D(1020)


def test_an_older_recorded_mark_does_not_replace_a_newer_one() -> None:
    made = story()
    made.marks(BTC="120")
    made.later(minutes=-1)
    made.marks(BTC="80")

    assert made.equity == D(1020)
    assert made.book.state.marks["paper:BTC:1"].price == D(120)
    assert made.book.state.causes.price == D(20)


@pytest.mark.parametrize(
    ("reason", "day_equity"),
    (
        pytest.param(MarkReason.DAY_START, "1020", id="the marks of the day's start are its equity"),
        pytest.param(MarkReason.DECISION, "1000", id="later marks are the day's gain"),
    ),
)
def test_a_day_starts_with_the_equity_of_its_start(reason: MarkReason, day_equity: str) -> None:
    made = story()
    made.later(days=1)
    made.marks(reason, BTC="120")

    assert made.book.state.drawdown.day_equity == D(day_equity)


def test_only_marks_and_flows_move_the_drawdown() -> None:
    made = story()
    before = deepcopy(made.book.state.drawdown)
    made.fill("SELL", "BTC", "1", "50", fee="9")

    assert made.book.state.drawdown == before
    made.marks()
    assert made.book.state.drawdown.ever.trough == D(941)


def test_an_opening_balance_of_zero_stays_zero() -> None:
    made = Story(AccountKind.CASH)
    made.tell(OpeningBalance(amount=ZERO, asset="USD"))

    assert made.book.state.cash == {"USD": ZERO}


def test_a_sale_beyond_the_holding_is_booked_flagged_and_no_free_cash() -> None:
    made = story()
    made.fill("SELL", "BTC", "3", "100")
    holding = made.book.state.holdings["paper:BTC:1"]

    assert (holding.quantity, [lot.missing for lot in holding.lots]) == (D(-2), [True])
    assert (made.book.state.cash["USD"], made.equity) == (D(1200), D(1000))


def test_changed_lot_terms_hold_from_the_next_trade_on() -> None:
    made = story()
    made.fill("BUY", "BTC", "1", "200")
    made.tell(AccountConfigured(terms=terms(AccountKind.CASH, method=LotMethod.AVERAGE), reason="as the venue"))
    made.fill("SELL", "BTC", "1", "200")

    assert made.book.state.results.realised_total == D(50)


def test_a_live_valuation_follows_cash_and_positions_and_keeps_its_own_ticks() -> None:
    made = story()
    live = made.book.follow()
    made.later(seconds=1)
    live.set_mark(mark("BTC", "130", made.at))
    made.fill("BUY", "BTC", "1", "110", fee="1")
    made.rate("EUR", "1.1")
    made.tell(InstrumentDefined(instrument=instrument("ETH")))
    made.fill("BUY", "ETH", "1", "50")

    assert made.equity == D(1000) - 10 - 1
    assert live.equity == D(1000) + 30 + 20 - 1


def test_a_wrapper_folds_into_the_state_in_place() -> None:
    made = story()
    state = fold("main", made.facts[:-1])
    apply(state, made.facts[-1])

    assert state == made.book.state


def test_equal_books_have_equal_digests_whatever_their_trailing_zeros() -> None:
    one, two = Story(AccountKind.CASH), Story(AccountKind.CASH)
    one.tell(Deposit(amount=D("10.50"), asset="USD"))
    two.tell(Deposit(amount=D("10.5"), asset="USD"))

    assert one.book.digest() == two.book.digest() == digest(two.book.state)
    assert one.book.digest().startswith("v3:")
    assert len(one.book.digest()) == 67
    two.tell(Deposit(amount=D(1), asset="USD"))
    assert one.book.digest() != two.book.digest()


def test_a_state_comes_back_from_its_bytes() -> None:
    made = story()
    made.intend(intent("o", "SELL", "BTC", "1"))
    made.tell(BreakOpened(
        difference=Break(kind=BreakKind.CASH, subject="USD", ours=D(1), theirs=D(2), detail=""),
        severity=Severity.WARNING,
    ))  # fmt: skip
    back = Book.from_state(from_bytes(AccountState, to_bytes(made.book.state)))

    assert back.state == made.book.state
    assert back.digest() == made.book.digest()
    assert totals(back.valuation) == totals(made.book.valuation)


def test_the_normal_form_keeps_values_and_drops_trailing_zeros() -> None:
    state = story().book.state
    state.cash["USD"] = D("900.000")

    assert normal(state) == state
    assert str(normal(state).cash["USD"]) == "900"
    assert normal((D("1.0"), {"a": [Decimal("-0.00")]})) == (D(1), {"a": [ZERO]})


def test_postings_that_do_not_balance_are_never_booked() -> None:
    made = story()
    before = deepcopy(made.book.state)
    lonely = Posting(ledger_account="cash", asset="USD", amount=D(1), strategy="trend")

    with pytest.raises(InvalidFact, match="sum to zero"):
        positions.post(made.book.state, (lonely,))
    assert made.book.state == before
