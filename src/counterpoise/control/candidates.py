"""How do a strategy's candidates become orders: judged one after the other, recorded once, sent if allowed?"""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import datetime
from decimal import Decimal

from counterpoise.control.commands import DecideCandidates, JudgeCandidates, Reassess
from counterpoise.control.decision import DUPLICATE, Answer, Decision, Draft, SendOrder
from counterpoise.control.figures import note_mode
from counterpoise.control.gate_book import gate_book, units_at_venue, with_own_figures
from counterpoise.control.state import ControlState
from counterpoise.domain.accounts import UNASSIGNED, StrategyShare
from counterpoise.domain.decisions import CandidateTrade, Reason, Verdict
from counterpoise.domain.errors import InvalidInput
from counterpoise.domain.facts import (
    CandidateJudged,
    Fact,
    MarkReason,
    MarksRecorded,
    OrderIntended,
    RunStarted,
)
from counterpoise.domain.facts.control import RunKind
from counterpoise.domain.instruments import Category, InstrumentId, check_text
from counterpoise.domain.numbers import (
    DIGITS_MAX,
    ZERO,
    divide_half_even_18,
    floor_to_step,
    is_short,
    plain,
    shortest,
    units_toward_zero,
)
from counterpoise.domain.orders import OrderIntent, Side, client_order_id
from counterpoise.execution.run import run_id_of
from counterpoise.risk.gate import approve, judge


def judge_candidates(state: ControlState, command: JudgeCandidates, now: datetime) -> Decision:
    """Record the marks that the judgement will use, then judge on them.

    Raises:
        InvalidInput: the strategy is not one of this account, or is disabled; or a candidate's number is none,
            so that no fact could hold it.
    """
    if state.state.acts.get(f"judged:{command.strategy}") == command.cause:
        return Decision(answer=DUPLICATE)
    if not state.state.may_propose(command.strategy):
        raise InvalidInput("strategy", command.strategy, "an enabled strategy of this account")
    if not command.candidates:
        return Decision(answer=Answer(outcome="nothing", message="No candidates were proposed."))
    for place, candidate in enumerate(command.candidates):
        _check_numbers(place, candidate)
    draft = Draft(state, command, now)
    marks = state.unrecorded_marks()
    if marks:
        draft.add(MarksRecorded(reason=MarkReason.DECISION, marks=marks))
    moved = Reassess(actor=command.actor, at=command.at, cause=f"{command.cause}/reassess")
    return draft.decided(
        Answer(outcome="judged"),
        *((moved,) if marks else ()),
        DecideCandidates(
            actor=command.actor,
            at=command.at,
            cause=command.cause,
            strategy=command.strategy,
            candidates=command.candidates,
        ),
    )


def decide_candidates(state: ControlState, command: DecideCandidates, now: datetime) -> Decision:
    """Judge on the recorded book: one fact holds inputs and verdicts, and each allowed trade becomes an intent."""
    account = state.state
    assert account.constraints is not None, "an opened account has limits"
    draft = Draft(state, command, now)
    mode = note_mode(draft)
    book = gate_book(state, command.at)
    # Whose trade it is, the command says: a bot does not trade into another strategy's book.
    candidates = tuple(
        replace(with_own_figures(state, candidate, command.at), strategy=command.strategy)
        for candidate in command.candidates
    )
    verdicts = tuple(
        _sendable(state, _kept_to_own(state, candidates[verdict.index], verdict))
        for verdict in judge(
            book,
            candidates,
            account.constraints,
            account.mode_policy,
            mode=mode,
            require_price=True,
            fee_rate=account.opened.fee_rate,
        )
    )
    judged = draft.add(
        CandidateJudged(
            marks_ref=account.marks_ref,
            limits_ref=account.limits_ref,
            equity=book.equity,
            used_margin=book.used_margin,
            free_margin=book.free_margin,
            mode=mode,
            trading_state=book.trading_state,
            candidates=candidates,
            verdicts=verdicts,
        )
    )
    _send_allowed(draft, candidates, verdicts, judged)
    return draft.decided(Answer(outcome="judged", detail=verdicts))


def _kept_to_own(state: ControlState, candidate: CandidateTrade, verdict: Verdict) -> Verdict:
    """The verdict, or a denial when it would close units that another strategy owns; `unassigned` is nobody's."""
    key = state.state.symbols.get(candidate.symbol)
    held = state.state.holdings.get(key) if key else None
    if key is None or held is None or not verdict.closing_size:
        return verdict
    units = {name: abs(held.owners.get(name, ZERO)) for name in (candidate.strategy, UNASSIGNED)}
    own = sum(units.values(), ZERO) * state.state.instruments[key].multiplier
    if verdict.closing_size <= own:
        return verdict
    return replace(
        verdict,
        allowed=False,
        reasons=(Reason.BAD_INPUT,),
        recommended_size=ZERO,
        closing_size=ZERO,
        detail=f"size: {candidate.strategy} owns {plain(own)} of {candidate.symbol} and may close no more",
    )


def _sendable(state: ControlState, verdict: Verdict) -> Verdict:
    """The verdict, or a denial when its order is less than the venue takes: sent, it would come back every time."""
    key = state.state.symbols.get(verdict.symbol)
    if not verdict.allowed or key is None:
        return verdict
    instrument, mark = state.state.instruments[key], state.state.marks[key]
    quantity = _quantity(state, key, verdict)
    worth = quantity * mark.price * instrument.multiplier
    if quantity and abs(worth) >= instrument.min_notional:
        return verdict
    least = f"{plain(instrument.lot)} units" if quantity.is_zero() else f"{plain(instrument.min_notional)} of value"
    return replace(
        verdict,
        allowed=False,
        reasons=(Reason.DUST,),
        recommended_size=ZERO,
        closing_size=ZERO,
        detail=f"{shortest(quantity)} {verdict.symbol} is less than the venue takes, {least}",
    )


def _quantity(state: ControlState, key: InstrumentId, verdict: Verdict) -> Decimal:
    """Units to order: down to the lot, and of a holding no more than the venue itself has (incident I-34)."""
    instrument = state.state.instruments[key]
    quantity = units_toward_zero(verdict.recommended_size, instrument.multiplier, instrument.lot)
    there = units_at_venue(state, key)
    if there is None or verdict.closing_size != verdict.recommended_size:
        return quantity
    return min(quantity, floor_to_step(there, instrument.lot))


def _shares(
    state: ControlState, candidate: CandidateTrade, key: InstrumentId, quantity: Decimal
) -> tuple[StrategyShare, ...]:
    """Whose order it is: the strategy's, except for units that it closes and that are nobody's."""
    held = state.state.holdings.get(key)
    free = held.owners.get(UNASSIGNED, ZERO) if held else ZERO
    own = held.owners.get(candidate.strategy, ZERO) if held else ZERO
    closes_free = free and (candidate.action is Side.SELL) == (free > ZERO)
    nobodys = min(max(quantity - abs(own), ZERO), abs(free)) if closes_free else ZERO
    parts = ((candidate.strategy, quantity - nobodys), (UNASSIGNED, nobodys))
    return tuple(StrategyShare(strategy=name, amount=amount) for name, amount in parts if amount)


def _check_numbers(place: int, candidate: CandidateTrade) -> None:
    for item in fields(candidate):
        value = getattr(candidate, item.name)
        if "Decimal" in str(item.type) and value is not None:
            places = DIGITS_MAX if item.name in ("size", "price") else 27
            if not is_short(value, places):
                rule = f"a finite Decimal below 1e{DIGITS_MAX} of at most {places} places"
                raise InvalidInput(f"candidates[{place}].{item.name}", value, rule)
    kinds = {"symbol": str, "action": Side, "category": Category, "sector": str, "reduce_only": bool}
    for name, kind in kinds.items():
        if not isinstance(getattr(candidate, name), kind):
            raise InvalidInput(f"candidates[{place}].{name}", getattr(candidate, name), f"a {kind.__name__}")
    for name in ("symbol", "sector", "strategy"):
        check_text(getattr(candidate, name), f"candidates[{place}].{name}")


def _send_allowed(
    draft: Draft, candidates: tuple[CandidateTrade, ...], verdicts: tuple[Verdict, ...], judged: Fact
) -> None:
    """Intents in the order of the verdicts; one run holds them together."""
    state = draft.state
    run_id = run_id_of(state.account, judged.fact_id)
    orders: list[tuple[OrderIntent, Verdict]] = []
    for verdict in verdicts:
        intent = _intent(state, candidates[verdict.index], verdict, run_id, len(orders) + 1)
        if intent is not None:
            orders.append((intent, verdict))
    if not orders:
        return
    draft.add(
        RunStarted(run_id=run_id, kind=RunKind.CANDIDATES, decision=judged.fact_id),
        ordinal=run_id,
        correlation_id=run_id,
    )
    for intent, verdict in orders:
        draft.add(
            OrderIntended(intent=intent, decision=judged.fact_id),
            identity=f"OrderIntended:{intent.client_order_id}",
            instrument=intent.instrument,
            shares=intent.strategy_shares,
            correlation_id=run_id,
        )
        multiplier = state.state.instruments[intent.instrument].multiplier
        draft.effect(SendOrder(approved=approve(intent, verdict, state.epoch, multiplier=multiplier)))


def _intent(
    state: ControlState, candidate: CandidateTrade, verdict: Verdict, run_id: str, line: int
) -> OrderIntent | None:
    """The order of an allowed candidate, down to the lot; None when denied."""
    if not verdict.allowed:
        return None
    key = state.state.symbols[candidate.symbol]
    instrument = state.state.instruments[key]
    quantity = _quantity(state, key, verdict)
    return OrderIntent(
        client_order_id=client_order_id(state.state.opened.mode.letter, run_id, line, 1),
        instrument=key,
        symbol=instrument.symbol,
        side=candidate.action,
        quantity=quantity,
        mark=state.state.marks[key].price,
        reduce_only=verdict.closing_size == verdict.recommended_size,
        run_id=run_id,
        line=line,
        strategy_shares=_shares(state, candidate, key, quantity),
        risk_amount=divide_half_even_18(candidate.risk_amount * verdict.recommended_size, candidate.size),
    )
