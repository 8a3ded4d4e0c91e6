"""Which of these candidates may be traded, and how much of each, with all that is open?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from counterpoise.domain.accounts import AccountKind
from counterpoise.domain.decisions import CandidateTrade, Reason, RiskMode, TradingState, Verdict, Violation
from counterpoise.domain.instruments import Category, Symbol
from counterpoise.domain.limits import ModePolicy, PortfolioConstraints
from counterpoise.domain.numbers import ZERO, divide_away_from_zero_18, floor_to_step
from counterpoise.risk.book import GateBook, fault_of, is_scorable
from counterpoise.risk.bounds import (
    EXPOSURE_LIMITS,
    POOLED_LIMITS,
    SHRINKABLE,
    Bounds,
    Breach,
    Opening,
    bounds_of,
    breaches,
    largest,
    unit_cost,
)
from counterpoise.risk.limits import is_critical, violations
from counterpoise.risk.ranking import minimum_score, priority_score, ranked
from counterpoise.risk.reservations import Line, Room

_RANK = {reason: place for place, reason in enumerate(Reason)}


@dataclass(slots=True)
class _Evaluation:
    """One list of candidates being judged; only `room`, `new_positions` and `has_unpriced` move."""

    book: GateBook
    limits: PortfolioConstraints
    policy: ModePolicy
    mode: RiskMode
    mode_reasons: tuple[str, ...]
    room: Room
    bounds: Bounds
    critical: bool
    fee_rate: Decimal
    allow_partial: bool
    require_price: bool
    new_positions: int = 0
    has_unpriced: bool = False


def judge(  # noqa: PLR0913 - the whole question in one call; each argument is a fact of its own
    book: GateBook,
    candidates: Sequence[CandidateTrade],
    limits: PortfolioConstraints,
    policy: ModePolicy,
    *,
    mode: RiskMode,
    mode_reasons: tuple[str, ...] = (),
    allow_partial: bool = False,
    require_price: bool = True,
    fee_rate: Decimal = ZERO,
    found: tuple[Violation, ...] | None = None,
) -> tuple[Verdict, ...]:
    """Judge candidates against the whole portfolio; each approval counts before the next is judged.

    Args:
        book: The portfolio with what is open.
        candidates: As sent; a verdict's `index` refers to this list.
        limits: In force.
        policy: What modes do.
        mode: In force.
        mode_reasons: Named in the detail of what the mode restricts.
        allow_partial: Whether a candidate that fits partly gets a smaller size; a flip opens in full or not at all.
        require_price: Whether a candidate without a price is UNPRICED. Otherwise it is judged at its held
            position's price, else its exposure limits are listed in `unjudged`.
        fee_rate: Fraction of an order's value, for the cash of a CASH account.
        found: The book's violations when the caller has measured them; measured here when None.

    Returns:
        Verdicts by score from the highest down, equal scores in the order sent. Reductions are judged
        before openings; a flip is a close and an open, and its close stands when its open is denied.
    """
    if found is None:
        found = violations(book.positions, book.equity, limits)
    evaluation = _Evaluation(
        book=book,
        limits=limits,
        policy=policy,
        mode=mode,
        mode_reasons=mode_reasons,
        room=Room(book.positions, book.open_orders, book.kind),
        bounds=bounds_of(book, limits),
        critical=is_blocked(book, found),
        fee_rate=fee_rate,
        allow_partial=allow_partial,
        require_price=require_price,
    )
    faults = [fault_of(candidate) for candidate in candidates]
    scores = [priority_score(candidate) if is_scorable(candidate) else ZERO for candidate in candidates]
    order = ranked(scores)
    closing = _close_first(evaluation, candidates, faults, order)
    return tuple(
        _denied(index, candidates[index], scores[index], (Reason.BAD_INPUT,), ZERO, faults[index])
        if faults[index]
        else _verdict(evaluation, index, candidates[index], scores[index], closing[index])
        for index in order
    )


def in_order(reasons: Iterable[Reason]) -> tuple[Reason, ...]:
    """Each reason once, in the order of `Reason`."""
    return tuple(sorted(dict.fromkeys(reasons), key=_RANK.__getitem__))


def standing(book: GateBook, symbol: Symbol, category: Category, *, critical: bool) -> list[Reason]:
    """What speaks against any order that is no reduction, whatever its size."""
    reasons = []
    if book.trading_state is TradingState.HALTED:
        reasons.append(Reason.HALTED)
    if book.trading_state is TradingState.REDUCING:
        reasons.append(Reason.REDUCING_ONLY)
    if book.equity_low is None or not book.balance_usable:
        reasons.append(Reason.BALANCE_NOT_USABLE)
    if book.has_break(symbol):
        reasons.append(Reason.BREAK_OPEN)
    if category is Category.TOXIC:
        reasons.append(Reason.TOXIC_SYMBOL)
    if critical:
        reasons.append(Reason.CRITICAL_VIOLATIONS)
    return reasons


def is_blocked(book: GateBook, found: Sequence[Violation]) -> bool:
    """Whether only reductions pass: a CRITICAL violation, or no equity at the bad end of its interval."""
    return is_critical(found) or book.judged_equity <= ZERO


def replaces_position(line: Line, closing: Decimal) -> bool:
    """Whether an order that closes `closing` first ends the symbol's one position, so that its open adds none."""
    return bool(closing) and line.positions == 1 and closing == line.long + line.short


def _close_first(
    evaluation: _Evaluation, candidates: Sequence[CandidateTrade], faults: Sequence[str], order: Sequence[int]
) -> list[Decimal]:
    """Fold in the part of each candidate that only closes, by score, and say how large each part is."""
    closing = [ZERO] * len(candidates)
    if evaluation.book.trading_state is TradingState.HALTED:
        return closing
    room = evaluation.room
    for index in order:
        candidate = candidates[index]
        if faults[index] or candidate.symbol not in room.lines:
            continue
        part = min(candidate.size, room.closable(candidate.symbol, candidate.action))
        if part:
            room.close(candidate.symbol, candidate.action, part)
            closing[index] = part
    return closing


def _verdict(
    evaluation: _Evaluation, index: int, candidate: CandidateTrade, score: Decimal, closing: Decimal
) -> Verdict:
    """The verdict on one sound candidate, once every reduction has been folded in."""
    if evaluation.book.trading_state is TradingState.HALTED:
        closable = evaluation.room.closable(candidate.symbol, candidate.action)
        if candidate.size <= closable or (closable and candidate.reduce_only):
            return _denied(index, candidate, score, (Reason.HALTED,), ZERO, "")
    if closing == candidate.size or (closing and candidate.reduce_only):
        return _allowed(index, candidate, score, closing, closing)
    price = candidate.price
    line = evaluation.room.lines.get(candidate.symbol)
    if price is None and line is not None and line.positions and not evaluation.require_price:
        price = line.high_price
    if line is None:
        line = evaluation.room.line(candidate.symbol, candidate.sector, ZERO if price is None else price)
    reasons = _reasons(evaluation, candidate, line, score, closing)
    if price is None and evaluation.require_price:
        reasons.append(Reason.UNPRICED)
    opening = _opening(evaluation, candidate, line, closing, price)
    if not opening.size:
        reasons.append(Reason.MODE_RESTRICTED)
    found = list(breaches(evaluation.room, evaluation.bounds, opening))
    if found and not reasons and evaluation.allow_partial and not closing:
        opening, found = _shrunk(evaluation, opening, found, candidate.symbol)
    reasons += [breach.reason for breach in found]
    if reasons:
        detail = _detail(evaluation, reasons, found)
        return _denied(index, candidate, score, in_order(reasons), closing, detail)
    return _taken(evaluation, index, candidate, score, closing, opening)


def _reasons(
    evaluation: _Evaluation, candidate: CandidateTrade, line: Line, score: Decimal, closing: Decimal
) -> list[Reason]:
    """Every reason that has nothing to do with an amount."""
    reasons = standing(evaluation.book, candidate.symbol, candidate.category, critical=evaluation.critical)
    if candidate.reduce_only:
        reasons.append(Reason.REDUCING_ONLY)
    entries = line.orders if replaces_position(line, closing) else line.positions + line.orders
    if entries >= evaluation.limits.max_positions_per_symbol:
        reasons.append(Reason.POSITION_ALREADY_OPEN)
    policy = evaluation.policy
    if evaluation.mode is RiskMode.SAFE:
        if candidate.category is not Category.CORE:
            reasons.append(Reason.MODE_RESTRICTED)
        if evaluation.new_positions >= policy.safe_new_positions:
            reasons.append(Reason.MAX_NEW_POSITIONS)
    if score < minimum_score(evaluation.mode, policy):
        reasons.append(Reason.LOW_PRIORITY)
    return reasons


def _opening(
    evaluation: _Evaluation, candidate: CandidateTrade, line: Line, closing: Decimal, price: Decimal | None
) -> Opening:
    """The opening part at the size that the mode admits; risk and margin are the order's, in proportion to its size.

    What a flip states is counted for the opening part as a whole: a close frees nothing before it has filled.
    """
    size = candidate.size - closing
    if evaluation.mode is RiskMode.SAFE:
        size = floor_to_step(size * evaluation.policy.safe_size_share, _step(evaluation, candidate.symbol))
    whole = closing + size
    risk, margin = candidate.risk_amount, candidate.margin_required
    if whole != candidate.size:
        risk = divide_away_from_zero_18(risk * whole, candidate.size)
        margin = divide_away_from_zero_18(margin * whole, candidate.size)
    if price is not None and evaluation.book.kind is not AccountKind.CASH:
        margin += size * (unit_cost(price, evaluation.fee_rate) - price)
    exposure = ZERO if price is None else candidate.size * price
    backing = candidate.margin_required
    if evaluation.book.kind is AccountKind.CASH:
        backing = max(backing, exposure)
    return Opening(
        line=line,
        side=candidate.action,
        size=size,
        price=price,
        unit_cost=None if price is None else unit_cost(price, evaluation.fee_rate),
        risk=risk,
        margin=margin,
        exposure=exposure,
        backing=backing,
        new_positions=0 if replaces_position(line, closing) else 1,
        funds=evaluation.book.listing(candidate.symbol).funds,
    )


def _shrunk(
    evaluation: _Evaluation, opening: Opening, found: list[Breach], symbol: Symbol
) -> tuple[Opening, list[Breach]]:
    """The largest lot that passes all limits, when size is all that is wrong and some of it fits."""
    if not all(breach.reason in SHRINKABLE for breach in found):
        return opening, found
    size = largest(evaluation.room, evaluation.bounds, opening, _step(evaluation, symbol))
    if size <= ZERO:
        return opening, found
    smaller = Opening(
        line=opening.line,
        side=opening.side,
        size=size,
        price=opening.price,
        unit_cost=opening.unit_cost,
        risk=divide_away_from_zero_18(opening.risk * size, opening.size),
        margin=divide_away_from_zero_18(opening.margin * size, opening.size),
        exposure=opening.exposure,
        backing=opening.backing,
        new_positions=opening.new_positions,
        funds=opening.funds,
    )
    return smaller, []


def _step(evaluation: _Evaluation, symbol: Symbol) -> Decimal:
    """The smallest step of size: lot × multiplier."""
    listing = evaluation.book.listing(symbol)
    return listing.lot * listing.multiplier


def _taken(
    evaluation: _Evaluation,
    index: int,
    candidate: CandidateTrade,
    score: Decimal,
    closing: Decimal,
    opening: Opening,
) -> Verdict:
    """Fold the approval in and say so."""
    room = evaluation.room
    room.open(opening.line, opening.side, opening.size, ZERO if opening.price is None else opening.price)
    room.positions += opening.new_positions
    room.risk += opening.risk
    room.margin += opening.margin
    if evaluation.bounds.pays_in_full:
        room.cash += max(opening.margin, opening.size * (opening.unit_cost or ZERO))
    evaluation.new_positions += 1
    unjudged: tuple[str, ...] = POOLED_LIMITS if evaluation.has_unpriced else ()
    if opening.price is None:
        evaluation.has_unpriced = True
        unjudged = EXPOSURE_LIMITS
    return _allowed(index, candidate, score, closing + opening.size, closing, unjudged)


def _detail(evaluation: _Evaluation, reasons: Sequence[Reason], found: Sequence[Breach]) -> str:
    """What was measured against what is allowed, and why the mode restricts."""
    parts = [str(breach) for breach in found]
    if Reason.MODE_RESTRICTED in reasons or Reason.LOW_PRIORITY in reasons:
        least = minimum_score(evaluation.mode, evaluation.policy)
        because = f" ({', '.join(evaluation.mode_reasons)})" if evaluation.mode_reasons else ""
        parts.append(f"mode {evaluation.mode}{because}: score of at least {least:f}")
    return "; ".join(parts)


def _allowed(
    index: int,
    candidate: CandidateTrade,
    score: Decimal,
    size: Decimal,
    closing: Decimal,
    unjudged: tuple[str, ...] = (),
    detail: str = "",
) -> Verdict:
    return Verdict(
        index=index,
        symbol=candidate.symbol,
        action=candidate.action,
        allowed=True,
        reasons=(),
        priority_score=score,
        recommended_size=size,
        closing_size=closing,
        unjudged=unjudged,
        detail=detail,
    )


def _denied(
    index: int,
    candidate: CandidateTrade,
    score: Decimal,
    reasons: tuple[Reason, ...],
    closing: Decimal,
    detail: str,
) -> Verdict:
    """Denied, or the closing part alone when there is one: its opening's reasons go into the detail."""
    if closing:
        named = f"only the close; its open is denied: {', '.join(reasons)}; {detail}"
        return _allowed(index, candidate, score, closing, closing, detail=named)
    return Verdict(
        index=index,
        symbol=candidate.symbol,
        action=candidate.action,
        allowed=False,
        reasons=reasons,
        priority_score=score,
        recommended_size=ZERO,
        detail=detail,
    )
