"""Do values that nobody should send, and moments that nobody planned for, leave the account alive and right?"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from counterpoise.adapters.brokers.scripted import LosesAnswer
from counterpoise.control import effects as effects_module
from counterpoise.control.commands import RecordCashFlow
from counterpoise.control.gate_book import gate_book
from counterpoise.control.orders import INTENTS_MAX
from counterpoise.control.statements import refresh
from counterpoise.domain.accounts import UNASSIGNED, AccountKind, Actor, Scope
from counterpoise.domain.decisions import Reason, RiskMode, TradingState, Verdict
from counterpoise.domain.errors import InvalidInput, PolicyRefused, VenueUnavailable
from counterpoise.domain.numbers import ZERO
from counterpoise.domain.orders import OrderStatus, Side
from counterpoise.domain.plans import Outcome
from counterpoise.risk.gate import judge as gate_judge
from tests.control.making import (
    CORE,
    OWNER,
    START,
    TREND,
    WIDE,
    D,
    Desk,
    Floor,
    book,
    candidate,
    change_state,
    enable,
    judge,
    open_account,
    rebalance,
    targets,
    venue_fill,
)
from tests.risk import books

OTHER = "mean"
GEARED = replace(
    WIDE,
    max_leverage=D(10),
    max_long_exposure_pct=D(1_000),
    max_net_exposure_pct=D(1_000),
    max_symbol_concentration_pct=D(1_000),
    max_sector_concentration_pct=D(1_000),
)


def bought(desk: Desk, quantity: str, *, strategy: str = TREND, price: str = "100") -> None:
    """`strategy` owns that much SPY, bought by an order of its own."""
    desk.observe(SPY=price)
    desk.tell(enable(strategy))
    desk.tell(judge(candidate("SPY", quantity, risk="50"), cause=f"buy/{strategy}", strategy=strategy))
    order = desk.sends()[-1].intent.client_order_id
    number = len(desk.sends())
    desk.tell(book(venue_fill("SPY", "BUY", quantity, price, order=order, number=number)))


def first(answer: object) -> Verdict:
    """The first verdict of an answer."""
    found: Verdict = answer.detail[0]  # type: ignore[attr-defined]
    return found


HOSTILE = (
    pytest.param("symbol", "\ud800", id="half a character for a symbol"),
    pytest.param("sector", "x" * 10_000, id="a sector of ten thousand letters"),
    pytest.param("size", D("1E+300"), id="size beyond every book"),
    pytest.param("size", D("1E-300"), id="size below every lot"),
    pytest.param("size", D("1." + "1" * 149), id="size of 150 digits"),
    pytest.param("size", D("NaN"), id="size that is no number"),
    pytest.param("confidence", D("1E+300"), id="confidence beyond every scale"),
    pytest.param("risk_amount", D("Infinity"), id="infinite risk"),
    pytest.param("action", "HOLD", id="an action that is none"),
    pytest.param("reduce_only", "x", id="a text for a flag"),
    pytest.param("symbol", None, id="no symbol"),
    pytest.param("sector", 7, id="a number for a sector"),
)


async def still_lives(floor: Floor) -> None:
    """The writer answers, and what it is told is recorded."""
    floor.supervisor.raise_failure()
    assert (await floor.ask(change_state(TradingState.HALTED))).outcome == "done"
    assert (await floor.kinds())[-1] == "TradingStateChanged"
    assert floor.view.state.trading_state is TradingState.HALTED


@pytest.mark.parametrize(("field", "value"), HOSTILE)
async def test_a_candidate_that_no_fact_can_hold_is_refused_by_name_and_the_writer_lives_on(
    field: str, value: object
) -> None:
    changes: dict[str, Any] = {field: value}
    async with Floor() as floor:
        await floor.opened(SPY="100")
        await refresh(floor.account, floor.broker, START)
        before = await floor.kinds()
        with pytest.raises(InvalidInput, match=rf"candidates\[1\]\.{field}"):
            await floor.ask(judge(candidate("SPY", "1"), replace(candidate("SPY", "1"), **changes)))
        assert await floor.kinds() == before
        assert floor.broker.sent == []
        await still_lives(floor)


@pytest.mark.parametrize("amount", ("NaN", "sNaN", "Infinity", "1E+300", "-1E+300", "1E-300", "0"))
async def test_a_cash_flow_that_no_fact_can_hold_is_refused_by_name_and_the_writer_lives_on(amount: str) -> None:
    flow = RecordCashFlow(actor=OWNER, at=START, cause="cash/x", amount=Decimal(amount), reference="x")
    async with Floor() as floor:
        await floor.opened(SPY="100")
        before = await floor.kinds()
        with pytest.raises(InvalidInput, match="amount"):
            await floor.ask(flow)
        assert await floor.kinds() == before
        assert floor.view.live_equity == D(10_000)
        await still_lives(floor)


def test_a_strategy_closes_no_units_that_another_one_owns() -> None:
    desk = Desk("SPY")
    bought(desk, "10")
    desk.tell(enable(OTHER))
    sent = len(desk.sends())
    verdict = first(desk.tell(judge(candidate("SPY", "5", "SELL", strategy=OTHER), strategy=OTHER)))
    assert (verdict.allowed, verdict.reasons) == (False, (Reason.BAD_INPUT,))
    assert (verdict.recommended_size, verdict.closing_size) == (ZERO, ZERO)
    assert "mean owns 0 of SPY" in verdict.detail
    assert len(desk.sends()) == sent


def test_a_bot_that_says_it_is_another_strategy_closes_nothing_of_it() -> None:
    desk = Desk("SPY")
    bought(desk, "10")
    desk.tell(enable(OTHER))
    pretends = candidate("SPY", "5", "SELL", strategy=TREND)
    assert first(desk.tell(judge(pretends, strategy=OTHER))).reasons == (Reason.BAD_INPUT,)


@pytest.mark.parametrize(
    ("size", "shares"),
    (
        pytest.param("3", {TREND: D(3)}, id="its own first"),
        pytest.param("6", {TREND: D(4), UNASSIGNED: D(2)}, id="its own, then nobody's"),
        pytest.param("9", {TREND: D(4), UNASSIGNED: D(5)}, id="all of both"),
    ),
)
def test_units_that_are_nobodys_may_be_closed_and_the_order_says_whose_they_are(
    size: str, shares: dict[str, Decimal]
) -> None:
    desk = Desk("SPY")
    bought(desk, "4")
    desk.hold("SPY", "5", "100")
    assert first(desk.tell(judge(candidate("SPY", size, "SELL")))).allowed
    intent = desk.sends()[-1].intent
    assert {share.strategy: share.amount for share in intent.strategy_shares} == shares
    desk.tell(book(venue_fill("SPY", "SELL", size, "100", order=intent.client_order_id, number=902)))
    (held,) = desk.state.state.holdings.values() or [None]
    left = {} if held is None else {name: units for name, units in held.owners.items() if units}
    whole = {TREND: D(4), UNASSIGNED: D(5)}
    assert left == {name: whole[name] - shares.get(name, ZERO) for name in whole if whole[name] != shares.get(name)}


@pytest.mark.parametrize(("enabled", "outcome"), ((True, Outcome.TRADES), (False, Outcome.BLOCKED)))
def test_an_allocation_that_was_disabled_is_not_rebalanced(*, enabled: bool, outcome: Outcome) -> None:
    desk = Desk("SPY")
    desk.observe(SPY="100")
    desk.tell(targets(SPY="0.5"))
    desk.tell(enable(CORE, enabled=enabled))
    before = len(desk.facts)
    assert desk.tell(rebalance()).outcome == outcome
    assert bool(desk.sends()) is enabled
    assert (len(desk.facts) == before) is not enabled


@pytest.mark.parametrize("state", (TradingState.HALTED, TradingState.REDUCING))
@pytest.mark.parametrize("scope", (Scope.PROPOSE, Scope.READ))
async def test_whoever_may_not_trade_lowers_no_state_however_fresh(state: TradingState, scope: Scope) -> None:
    actor = Actor(name=TREND, scope=scope, fresh=True)
    async with Floor() as floor:
        await floor.opened(SPY="100")
        await floor.ask(change_state(state))
        with pytest.raises(PolicyRefused):
            await floor.ask(change_state(TradingState.ACTIVE, actor=actor))
        assert floor.view.state.trading_state is state


def asked(floor: Floor, call: str) -> int:
    return sum(name == call for name, _ in floor.broker.calls)


async def lost(floor: Floor, side: str, times: int = 1) -> str:
    """An order whose send was lost `times` times."""
    floor.broker.on("submit", *[LosesAnswer(accepted=False)] * times)
    await floor.ask(judge(candidate("SPY", "1", side)))
    await floor.activity.quiet()
    return floor.order_ids()[0]


@pytest.mark.parametrize(
    ("side", "sends", "ending"),
    (
        pytest.param("BUY", 1, ["OrderCancelled", "RunEnded"], id="what would add"),
        pytest.param("SELL", 2, ["OrderIntended", "OrderAcknowledged"], id="what reduces"),
    ),
)
async def test_while_reducing_only_a_reduction_that_was_proved_absent_is_sent_again(
    side: str, sends: int, ending: list[str]
) -> None:
    async with Floor() as floor:
        await floor.opened(SPY="100")
        await floor.ask(book(venue_fill("SPY", "BUY", "5", "100", number=1)))
        await lost(floor, side)
        await floor.ask(change_state(TradingState.REDUCING))
        await floor.settle()
        assert asked(floor, "submit") == sends
        assert [kind for kind in await floor.kinds() if kind != "ModeChanged"][-2:] == ending


async def test_an_order_that_never_arrives_is_given_up_after_so_many_sends() -> None:
    async with Floor() as floor:
        await floor.opened(SPY="100")
        await lost(floor, "BUY", 2 * INTENTS_MAX)
        await floor.settle()
        assert asked(floor, "submit") == INTENTS_MAX == 10
        assert len(set(floor.order_ids())) == 1
        assert (await floor.kinds())[-2:] == ["OrderCancelled", "RunEnded"]
        assert floor.view.state.orders == {}


async def test_after_the_last_look_up_the_order_is_looked_up_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(effects_module, "LOOK_UPS_MAX", 3)
    async with Floor() as floor:
        await floor.opened(SPY="100")
        floor.broker.on("submit", LosesAnswer(accepted=True))
        floor.broker.on("order_by_client_id", *[VenueUnavailable("away")] * 7)
        await floor.ask(judge(candidate("SPY", "1")))
        await floor.settle()
        assert asked(floor, "order_by_client_id") == 8, "two rounds of three and the second of the third"
        assert asked(floor, "submit") == 1
        assert floor.order(floor.order_ids()[0]).status is OrderStatus.ACCEPTED


@pytest.mark.parametrize(
    ("held", "reasons"),
    (pytest.param(False, (Reason.UNPRICED,), id="not held"), pytest.param(True, (), id="held")),
)
def test_a_stale_mark_prices_only_what_is_held(*, held: bool, reasons: tuple[Reason, ...]) -> None:
    desk = Desk("SPY")
    desk.observe(SPY="100")
    if held:
        desk.hold("SPY", "1", "100")
    desk.tell(enable())
    late = START + timedelta(seconds=31)
    assert first(desk.tell(judge(candidate("SPY", "1"), at=late))).reasons == reasons


def test_a_mark_of_thirty_seconds_still_prices() -> None:
    desk = Desk("SPY")
    desk.observe(SPY="100")
    desk.tell(enable())
    assert first(desk.tell(judge(candidate("SPY", "1"), at=START + timedelta(seconds=30)))).allowed


def test_the_risk_of_a_half_filled_order_counts_once() -> None:
    desk = Desk("SPY")
    desk.observe(SPY="100")
    desk.tell(enable())
    desk.tell(judge(candidate("SPY", "10", risk="50")))
    order = desk.sends()[0].intent.client_order_id
    for number, quantity in enumerate(("5", "2"), 1):
        desk.tell(book(venue_fill("SPY", "BUY", quantity, "100", order=order, number=number)))
        made = gate_book(desk.state, START)
        parts = (made.positions[0].risk_amount, made.open_orders[0].risk_amount)
        assert sum(parts, ZERO) == D(50)
    assert parts == (D(35), D(15))


@pytest.mark.parametrize(
    ("size", "reasons"),
    (
        pytest.param("199", (), id="half of 19 900 is there"),
        pytest.param("201", (Reason.INSUFFICIENT_MARGIN,), id="half of 20 100 is not"),
    ),
)
def test_a_candidate_of_a_margin_account_needs_the_initial_rate(size: str, reasons: tuple[Reason, ...]) -> None:
    desk = Desk(opening=open_account("SPY", kind=AccountKind.MARGIN, limits=GEARED))
    desk.observe(SPY="100")
    desk.tell(enable())
    assert first(desk.tell(judge(candidate("SPY", size)))).reasons == reasons


@pytest.mark.parametrize(
    ("age", "reasons"),
    (
        pytest.param(timedelta(0), (), id="a fresh mark"),
        pytest.param(timedelta(minutes=1), (Reason.INSUFFICIENT_MARGIN,), id="a stale mark may be off by 5 %"),
    ),
)
def test_free_margin_is_that_of_the_bad_end_of_equity(age: timedelta, reasons: tuple[Reason, ...]) -> None:
    """10 000 of equity, 5 000 in use: the 4 900 are there; at the bad end of equity, 9 500, only 4 500 are."""
    desk = Desk(opening=open_account("SPY", "TLT", kind=AccountKind.MARGIN, limits=GEARED))
    desk.hold("SPY", "100", "100")
    at = START + age
    desk.observe(at, TLT="100")
    desk.tell(enable())
    assert first(desk.tell(judge(candidate("TLT", "98"), at=at))).reasons == reasons


@pytest.mark.parametrize("cash", ("99", "100", "250", "1000.01"))
@pytest.mark.parametrize("fee", ("0", "0.01"))
@pytest.mark.parametrize("stated", ("0", "1", "600"), ids=lambda margin: f"margin {margin}")
def test_a_part_that_a_cash_book_takes_never_costs_more_than_its_cash(cash: str, fee: str, stated: str) -> None:
    held = books.book(equity="100000", cash=D(cash), kind=AccountKind.CASH)
    wanted = [books.candidate(symbol, "3", margin_required=D(stated)) for symbol in ("ETH", "BTC", "SOL", "XRP")]
    verdicts = gate_judge(
        held,
        wanted,
        books.WIDE,
        books.POLICY,
        mode=RiskMode.NEUTRAL,
        allow_partial=True,
        fee_rate=D(fee),
    )
    taken = sum((verdict.recommended_size for verdict in verdicts), ZERO)
    assert ZERO < taken * 100 * (1 + D(fee)) <= D(cash)
    assert taken * D(stated) <= D(cash) * 3, "each unit takes a third of what was stated for three"


def test_a_reduction_while_halted_is_told_that_alone() -> None:
    desk = Desk(opening=open_account("SPY", limits=replace(WIDE, max_positions_per_symbol=1)))
    bought(desk, "10")
    desk.tell(change_state(TradingState.HALTED))
    whole = candidate("SPY", "10", "SELL")
    flip = replace(candidate("SPY", "20", "SELL"), reduce_only=True)
    assert whole.action is Side.SELL
    for number, sale in enumerate((whole, flip)):
        verdict = first(desk.tell(judge(sale, cause=f"sell/{number}")))
        assert verdict.reasons == (Reason.HALTED,)
