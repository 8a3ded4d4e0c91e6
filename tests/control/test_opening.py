"""Does an account begin whole, and who may change what?"""

from __future__ import annotations

from dataclasses import fields, replace
from decimal import Decimal

import pytest

from counterpoise.control.commands import RecordCashFlow, SetLimits
from counterpoise.control.opening import raised_limits
from counterpoise.domain.accounts import Actor, Scope
from counterpoise.domain.decisions import StateCause, TradingState
from counterpoise.domain.errors import InvalidInput, LimitsConflict, PolicyRefused
from counterpoise.domain.facts import Deposit, MarksRecorded, Withdrawal
from counterpoise.domain.limits import ModePolicy, PortfolioConstraints
from counterpoise.domain.plans import SizingPolicy
from tests.control.making import (
    OWNER,
    STALE_OWNER,
    START,
    WIDE,
    D,
    Desk,
    change_state,
    empty_state,
    enable,
    instrument,
    open_account,
    pure,
    targets,
)


def test_an_account_begins_with_its_terms_writer_instruments_limits_and_cash() -> None:
    desk = Desk("SPY", "TLT")
    assert desk.kinds() == [
        "AccountOpened",
        "WriterClaimed",
        "InstrumentDefined",
        "InstrumentDefined",
        "LimitsSet",
        "Deposit",
    ]
    deposit = desk.facts[-1]
    assert isinstance(deposit.body, Deposit)
    assert (deposit.body.amount, deposit.body.asset, deposit.source) == (D(10_000), "USD", "operator")
    assert desk.state.live_equity == D(10_000)


def test_an_account_without_opening_cash_has_no_deposit() -> None:
    assert Desk(opening=open_account("SPY", cash="0")).kinds()[-1] == "LimitsSet"


def test_an_account_is_opened_once() -> None:
    desk = Desk("SPY")
    before = len(desk.facts)
    assert desk.tell(open_account("TLT", cash="5", cause="open/2")).outcome == "duplicate"
    assert desk.kinds(before) == []


def test_an_instrument_of_another_venue_is_refused() -> None:
    foreign = replace(instrument("SPY"), venue="elsewhere")
    with pytest.raises(InvalidInput, match="the account's venue, scripted"):
        pure(empty_state(), open_account(listed=[foreign]))


def test_an_unknown_time_zone_is_refused_before_anything_is_folded() -> None:
    state = empty_state()
    with pytest.raises(InvalidInput, match="an IANA zone"):
        state.fold(pure(state, open_account("SPY", zone="Mars/Olympus")).facts[0])
    assert state.sequence == 0


def test_targets_are_of_symbols_of_the_account_or_cash() -> None:
    desk = Desk("SPY")
    desk.tell(targets(SPY="0.5", CASH="0.5"))
    with pytest.raises(InvalidInput, match="targets: XYZ was refused"):
        desk.tell(targets(XYZ="0.5"))
    assert desk.tell(targets(cause="t2", SPY="0.5", CASH="0.5")).outcome == "duplicate"
    assert desk.tell(targets(cause="t3", policy=SizingPolicy(cash_buffer_pct=D(1)), SPY="0.5")).outcome == "done"


def limits(actor: Actor = OWNER, cause: str = "limits/1", **changed: Decimal | int) -> SetLimits:
    return SetLimits(
        actor=actor,
        at=START,
        cause=cause,
        preset="mine",
        constraints=replace(WIDE, **changed),  # type: ignore[arg-type]
        mode_policy=ModePolicy(),
        reason="because",
    )


LIMIT_NAMES = [item.name for item in fields(PortfolioConstraints)]


@pytest.mark.parametrize("name", LIMIT_NAMES)
def test_raising_any_limit_needs_a_fresh_actor_and_names_it(name: str) -> None:
    desk = Desk("SPY")
    higher = getattr(WIDE, name) + 1
    with pytest.raises(PolicyRefused, match=f"changing {name} needs owner to sign in again"):
        desk.tell(limits(STALE_OWNER, **{name: higher}))
    assert desk.state.state.constraints == WIDE
    desk.tell(limits(OWNER, **{name: higher}))
    assert getattr(desk.state.state.constraints, name) == higher


@pytest.mark.parametrize("name", [name for name in LIMIT_NAMES if name != "max_short_exposure_pct"])
def test_tightening_needs_no_fresh_actor(name: str) -> None:
    desk = Desk("SPY")
    lower = getattr(WIDE, name) - 1
    assert desk.tell(limits(STALE_OWNER, **{name: lower})).outcome == "done"
    assert desk.state.state.limits_ref == "LimitsSet:limits/1:0"


def test_one_limit_that_rises_among_others_that_fall_is_a_raise() -> None:
    after = replace(WIDE, max_positions=1, max_leverage=D(2))
    assert raised_limits(WIDE, after) == ["max_leverage"]
    assert raised_limits(after, WIDE) == ["max_positions"]
    assert raised_limits(WIDE, WIDE) == []


@pytest.mark.parametrize(("amount", "kind"), (("5", Deposit), ("-5", Withdrawal)))
def test_a_flow_is_recorded_after_the_marks_around_it_so_that_it_is_no_drawdown(
    amount: str, kind: type[Deposit | Withdrawal]
) -> None:
    desk = Desk("SPY")
    desk.hold("SPY", "50", "100")
    desk.observe(SPY="110")
    before = len(desk.facts)
    desk.tell(RecordCashFlow(actor=OWNER, at=START, cause="cash/1", amount=D(amount), reference="wire 1"))
    marks, flow = desk.facts[before:]
    assert isinstance(marks.body, MarksRecorded)
    assert isinstance(flow.body, kind)
    assert (flow.body.amount, flow.body.asset, flow.body.reference) == (D(5), "USD", "wire 1")
    assert desk.state.live_equity == D(10_500) + D(amount)
    assert desk.state.state.drawdown.max_fall == D(0)
    assert desk.state.state.drawdown.day_flows == D(10_000) + D(amount)


def test_no_amount_is_no_flow() -> None:
    desk = Desk("SPY")
    with pytest.raises(InvalidInput, match="other than zero"):
        desk.tell(RecordCashFlow(actor=OWNER, at=START, cause="cash/1", amount=D(0), reference="r"))
    assert desk.state.live_equity == D(10_000)


def test_a_strategy_is_enabled_and_disabled_by_facts() -> None:
    desk = Desk("SPY")
    desk.tell(enable())
    known = [desk.state.state.enabled["trend"]]
    desk.tell(enable(enabled=False))
    known.append(desk.state.state.enabled["trend"])
    assert known == [True, False]
    assert desk.tell(enable(enabled=False, cause="again")).outcome == "duplicate"


def test_leaving_a_halt_needs_a_fresh_person_with_a_reason() -> None:
    desk = Desk("SPY")
    desk.tell(change_state(TradingState.HALTED, actor=STALE_OWNER))
    for refused in (
        change_state(TradingState.ACTIVE, actor=STALE_OWNER),
        change_state(TradingState.ACTIVE, reason=" "),
        change_state(TradingState.REDUCING, actor=STALE_OWNER),
    ):
        with pytest.raises(PolicyRefused, match="HALTED cannot become"):
            desk.tell(refused)
    held = desk.state.state.trading_state
    desk.tell(change_state(TradingState.ACTIVE))
    assert [held, desk.state.state.trading_state] == [TradingState.HALTED, TradingState.ACTIVE]


@pytest.mark.parametrize("cause", [cause for cause in StateCause if cause is not StateCause.PERSON])
def test_nobody_but_the_system_may_state_an_automatic_cause(cause: StateCause) -> None:
    desk = Desk("SPY")
    with pytest.raises(PolicyRefused, match=f"{cause} is no cause that owner may state"):
        desk.tell(change_state(TradingState.REDUCING, by=cause))
    assert desk.state.state.trading_state is TradingState.ACTIVE


def test_a_bot_may_halt_but_not_lower_what_a_person_set() -> None:
    desk = Desk("SPY")
    bot = Actor(name="trend", scope=Scope.PROPOSE)
    desk.tell(change_state(TradingState.REDUCING))
    with pytest.raises(PolicyRefused, match="lowering a state needs trade"):
        desk.tell(change_state(TradingState.ACTIVE, actor=bot))
    desk.tell(change_state(TradingState.HALTED, actor=bot))
    assert desk.state.state.trading_state is TradingState.HALTED


def test_changing_the_mode_policy_needs_a_fresh_actor() -> None:
    desk = Desk("SPY")
    looser = replace(limits(STALE_OWNER), mode_policy=ModePolicy(safe_daily_drawdown_pct=D(50)))
    with pytest.raises(PolicyRefused, match="the mode policy"):
        desk.tell(looser)


def test_the_figures_are_measured_again_when_trading_is_resumed() -> None:
    desk = Desk("SPY")
    desk.tell(change_state(TradingState.HALTED))
    before = len(desk.facts)
    desk.hold("SPY", "100", "100")
    desk.tell(change_state(TradingState.ACTIVE))
    assert desk.kinds(before)[:2] == ["Fill", "TradingStateChanged"]
    assert desk.state.state.trading_state is TradingState.ACTIVE


def test_targets_that_no_limit_would_let_be_held_are_refused_when_saved() -> None:
    desk = Desk("SPY")
    desk.tell(limits(OWNER, max_symbol_concentration_pct=D(40)))
    with pytest.raises(LimitsConflict, match="target of SPY: 60 %, but max_symbol_concentration_pct is 40"):
        desk.tell(targets(SPY="0.6"))
    assert desk.state.state.targets == {}


def test_limits_that_the_saved_targets_break_are_refused_when_saved() -> None:
    desk = Desk("SPY")
    desk.tell(targets(SPY="0.6"))
    with pytest.raises(LimitsConflict, match="target of SPY: 60 %, but max_symbol_concentration_pct is 40"):
        desk.tell(limits(OWNER, max_symbol_concentration_pct=D(40)))
    assert desk.state.state.constraints == WIDE
