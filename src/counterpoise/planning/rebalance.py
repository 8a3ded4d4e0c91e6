"""Which orders bring this book to these targets? A pure function: the same inputs, the same plan, the same id."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from decimal import Decimal

from counterpoise.domain.instruments import Symbol
from counterpoise.domain.numbers import ZERO, canonical, divide_half_even_18, shortest
from counterpoise.domain.plans import (
    OUTCOME_MESSAGES,
    LineReason,
    Outcome,
    PlanAction,
    PlanItem,
    PlanScope,
    RebalancePlan,
    Rounding,
    SizingPolicy,
    Target,
)
from counterpoise.planning.attribution import Contributions, Fractions, Owned, fractions_of, order_fractions
from counterpoise.planning.drift import Judgement, judge, send_to_destination
from counterpoise.planning.sizing import (
    Claim,
    costs_of,
    hold,
    least_of,
    screen_buy,
    share,
    size_buys,
    size_sell,
)
from counterpoise.planning.targets import DEFAULT_RULES, Line, Mandate, PlanBook, mandate_of

PLAN_ID_VERSION = "plan-1"
BLOCKED_MESSAGE = "Open orders stand in the way of every trade"
_BLOCKS = (LineReason.BLOCKED_UNKNOWN, LineReason.BLOCKED_FOREIGN_ORDER)
_LEFT_ALONE = (LineReason.IN_BAND, LineReason.ON_TARGET, *_BLOCKS)
_NOBODY: Mapping[str, Decimal] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Traded:
    """What trading came to: the money that stays in cash, and what the plan says about it."""

    cash_goal: Decimal
    wanted_more: bool
    notes: tuple[str, ...] = ()


def plan_rebalance(
    book: PlanBook,
    targets: tuple[Target, ...],
    policy: SizingPolicy,
    *,
    correlation_id: str,
    causation_id: str = "",
    portfolio_value: Decimal | None = None,
    contributions: Contributions | None = None,
    owned: Owned | None = None,
) -> RebalancePlan:
    """Turn targets into sized, funded and explained lines; it never places an order.

    Orders come first, in sending order; then what is left alone, by symbol. `contributions` (who asked
    for which part of a weight) and `owned` (whose part of a holding is worth what, account currency)
    say to whom the orders belong.

    Raises:
        InvalidInput: a symbol stands twice among the targets.
        PortfolioError: the override of the value or the withdrawal is more than there is.
    """
    mandate = mandate_of(book, targets, policy, correlation_id=correlation_id, portfolio_value=portfolio_value)
    if mandate.answer is None or (mandate.answer is Outcome.INCOMPLETE and not mandate.unpriced):
        traded = _trade(mandate, policy)
    else:
        traded = _leave_everything(mandate)
    asked, holders = contributions or {}, owned or {}
    items = _items(mandate, asked, holders)
    outcome = mandate.answer or _outcome(items, wanted_more=traded.wanted_more)
    return RebalancePlan(
        plan_id=plan_id_of(book, targets, policy, portfolio_value, (asked, holders)),
        correlation_id=correlation_id,
        causation_id=causation_id,
        outcome=outcome,
        message=BLOCKED_MESSAGE if outcome is Outcome.BLOCKED else OUTCOME_MESSAGES[outcome],
        items=items,
        total_portfolio_value=mandate.portfolio_value,
        investable_value=mandate.investable,
        total_trade_value=sum((item.order_value for item in items), ZERO),
        cash_target=traded.cash_goal + policy.raise_cash,
        notes=mandate.notes + traded.notes,
        strategy_attribution=tuple(sorted((item.symbol, item.attribution) for item in items if item.attribution)),
    )


def _trade(mandate: Mandate, policy: SizingPolicy) -> _Traded:
    """Wish, sell, fund, buy: in this order, so that only what is really sold pays for what is bought."""
    judged = judge(mandate, policy)
    send_to_destination(mandate, judged, policy)
    for line in mandate.lines:
        if line.amount < ZERO:
            size_sell(line, policy)
        elif line.amount > ZERO:
            screen_buy(line, policy)
    is_withdrawal = policy.raise_cash > ZERO
    spreads = judged.needs_rebalance and policy.scope is PlanScope.DRIFTED
    if spreads or is_withdrawal:
        _fund(mandate, judged.cash_goal, policy, spreads=spreads)
    costs, goal = costs_of(policy), judged.cash_goal
    wished_purse = purse = mandate.free_cash - goal
    buys = []
    for line in mandate.lines:
        if line.amount < ZERO:
            wished_purse -= line.amount * costs.sell
            purse += line.order_value * costs.sell
        elif line.amount > ZERO:
            buys.append(line)
    left = size_buys(buys, wished_purse, purse, policy)
    notes = []
    if policy.rounding is Rounding.WHOLE:
        notes.append(f"whole shares: greedy, largest remaining shortfall first; {shortest(left)} left in cash")
    if is_withdrawal and left < ZERO:
        notes.append(f"raise_cash: {shortest(-left)} of it cannot be raised by these sales")
    return _Traded(cash_goal=goal, wanted_more=_wanted_more(mandate, judged), notes=tuple(notes))


def _fund(mandate: Mandate, cash_goal: Decimal, policy: SizingPolicy, *, spreads: bool) -> None:
    """Let the lines that did not drift pay for, or take, what the drifted ones need or free.

    A shortage is sold from those above their target, a surplus is bought by those below, pro rata to
    the distance and never past the target; cash is filled first.
    """
    shortage = cash_goal - mandate.free_cash + sum((line.amount for line in mandate.lines), ZERO)
    # What stops short of its target (band edge, half way) may go on, so that a second plan has nothing left to do.
    others = [
        line
        for line in mandate.lines
        if (line.reason is LineReason.IN_BAND and line.amount.is_zero())
        or (line.reason is LineReason.TO_TARGET and not line.amount.is_zero())
    ]
    if shortage > ZERO and not policy.buy_only:
        claims = {
            x.symbol: min(x.excess, x.sellable * x.unit_price) + x.amount
            for x in others
            if x.amount <= ZERO < x.excess + x.amount
        }
        for line, part in _shares(shortage, others, claims, policy):
            line.amount -= part
            if line.reason is LineReason.IN_BAND:
                line.reason = LineReason.FUNDS_OTHERS
            line.is_exit = -line.amount == line.value
            size_sell(line, policy)
    elif shortage < ZERO and spreads:
        claims = {x.symbol: -x.excess - x.amount for x in others if x.excess + x.amount < ZERO <= x.amount}
        for line, part in _shares(-shortage, others, claims, policy):
            line.amount += part
            if line.reason is LineReason.IN_BAND:
                line.reason = LineReason.TAKES_SURPLUS
            screen_buy(line, policy)


def _shares(
    total: Decimal, lines: list[Line], most: Mapping[Symbol, Decimal], policy: SizingPolicy
) -> Iterator[tuple[Line, Decimal]]:
    claims = [
        Claim(symbol=line.symbol, most=most[line.symbol], least=least_of(line.rules, policy))
        for line in lines
        if most.get(line.symbol, ZERO) > ZERO
    ]
    parts = share(total, claims)
    return ((line, parts[line.symbol]) for line in lines if line.symbol in parts)


def _leave_everything(mandate: Mandate) -> _Traded:
    """Every line is a HOLD that says why: there is nothing to compare, or nothing is known."""
    reason = LineReason.TOTAL_UNKNOWN if mandate.answer is Outcome.INCOMPLETE else LineReason.NO_EQUITY
    for line in mandate.lines:
        untargeted = mandate.answer in {Outcome.NO_TARGETS, Outcome.ALL_DISABLED}
        hold(line, LineReason.KEPT_UNTARGETED if untargeted else reason)
    return _Traded(cash_goal=ZERO, wanted_more=False)


def _wanted_more(mandate: Mandate, judged: Judgement) -> bool:
    """Whether a line should have moved and did not, or cash should have and nobody could take or give it."""
    return any(
        line.drifted or line.reason not in _LEFT_ALONE or (judged.cash_drifted and line.reason is LineReason.IN_BAND)
        for line in mandate.lines
    )


def _outcome(items: tuple[PlanItem, ...], *, wanted_more: bool) -> Outcome:
    """What the lines came to, the most telling first."""
    if any(item.action is not PlanAction.HOLD for item in items):
        return Outcome.TRADES
    if not wanted_more:
        return Outcome.IN_BAND
    return Outcome.BLOCKED if any(item.reason in _BLOCKS for item in items) else Outcome.BELOW_MINIMUM


def _items(mandate: Mandate, asked: Contributions, owned: Owned) -> tuple[PlanItem, ...]:
    """The lines as values: orders ranked (sells first, larger first, then symbol), then the others by symbol."""
    known = not mandate.unpriced and mandate.investable > ZERO
    orders = [line for line in mandate.lines if not line.amount.is_zero()]
    orders.sort(key=lambda line: (line.amount > ZERO, -abs(line.amount), line.symbol))
    others = [line for line in mandate.lines if line.amount.is_zero()]
    others.extend((*mandate.unbought, *mandate.unpriced, *mandate.kept))
    others.sort(key=lambda line: line.symbol)
    return tuple(
        _item(line, rank if rank <= len(orders) else 0, mandate, _attribution(line, asked, owned), known=known)
        for rank, line in enumerate((*orders, *others), 1)
    )


def _item(line: Line, rank: int, mandate: Mandate, attribution: Fractions, *, known: bool) -> PlanItem:
    value, weight, drift = line.known_value, None, None
    target_value: Decimal | None = line.target_value
    if line.reason in {LineReason.KEPT_UNTARGETED, LineReason.TARGET_DISABLED}:
        weight = drift = ZERO  # none of the investable value is in it
        target_value = value
    elif known and value is not None:
        weight = divide_half_even_18(value, mandate.investable)
        drift = weight - line.weight
    elif mandate.unpriced:
        target_value = None
    return PlanItem(
        symbol=line.symbol,
        current_weight=weight,
        target_weight=line.weight,
        drift=drift,
        current_value=value,
        target_value=target_value,
        trade_amount=line.amount,
        quantity=line.quantity,
        order_value=line.order_value,
        price=line.price,
        action=PlanAction.HOLD if not rank else PlanAction.BUY if line.amount > ZERO else PlanAction.SELL,
        reason=line.reason,
        priority=rank,
        is_exit=line.is_exit,
        attribution=attribution,
    )


def _attribution(line: Line, asked: Contributions, owned: Owned) -> Fractions:
    if not asked and not owned:
        return ()
    weights, parts = asked.get(line.symbol, _NOBODY), owned.get(line.symbol, _NOBODY)
    if not line.amount.is_zero():
        return order_fractions(line.amount, line.target_value, weights, parts)
    return fractions_of(weights) if any(weights.values()) else ()


def plan_id_of(
    book: PlanBook,
    targets: tuple[Target, ...],
    policy: SizingPolicy,
    portfolio_value: Decimal | None,
    shares: tuple[Contributions, Owned] = ({}, {}),
) -> str:
    """SHA-256 of the inputs that a plan depends on, as 64 hexadecimal digits.

    Equal numbers count as the same input however they are written (0.6 and 0.60), and the order in
    which symbols arrive does not count; ids and time are not inputs.
    """
    stated = {target.symbol: target for target in targets}
    symbols = sorted({**stated, **book.holdings, **book.working, **book.outside})
    parts = [
        PLAN_ID_VERSION,
        *(_text(x) for x in (book.equity, book.cash, book.working_cash, book.buying_power, portfolio_value)),
        str(book.equity_cap),
        *(f"{item.name}={_text(getattr(policy, item.name))}" for item in fields(policy)),
    ]
    parts.extend(_symbol_text(book, symbol, stated.get(symbol)) for symbol in symbols)
    for mapping in shares:
        parts.extend(
            f"{symbol} {name} {_text(mapping[symbol][name])}"
            for symbol in sorted(mapping)
            for name in sorted(mapping[symbol])
        )
        parts.append("")
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _symbol_text(book: PlanBook, symbol: Symbol, target: Target | None) -> str:
    """Everything about one symbol that its line can depend on."""
    held, rules = book.holdings.get(symbol), book.lots.get(symbol, DEFAULT_RULES)
    text = f"{symbol} {_text(book.prices.get(symbol))}"
    if held is not None:
        text += f" held {_text(held.quantity)} {_text(held.sellable)}"
    if target is not None:
        text += f" target {_text(target.weight)} {target.enabled} {_text(target.threshold_pct)}"
    if symbol in book.outside or symbol in book.working:
        text += f" outside {_text(book.outside.get(symbol))} working {_text(book.working.get(symbol))}"
    if rules != DEFAULT_RULES:
        text += f" lot {_text(rules.lot)} {_text(rules.min_notional)} {rules.fractionable}"
    if symbol in book.blocked:
        text += f" {book.blocked[symbol]}"
    return text


def _text(value: object) -> str:
    """One text for equal values; what is absent reads as `-`."""
    if isinstance(value, Decimal):
        return str(canonical(value))
    return "-" if value is None else str(value)
