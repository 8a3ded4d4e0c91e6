"""Which quantities do the wishes become, so that nothing is oversold and every buy is paid for?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from counterpoise.domain.instruments import Symbol
from counterpoise.domain.numbers import (
    CASH_STEP,
    ONE,
    ZERO,
    canonical,
    divide_half_even_18,
    divide_toward_zero,
    floor_to_step,
    split_exactly,
    units_toward_zero,
)
from counterpoise.domain.plans import LineReason, Rounding, SizingPolicy
from counterpoise.planning.targets import PERCENT, Line, LotRules


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One symbol's part in something that is shared.

    Attributes:
        most: The most it takes, account currency, > 0.
        least: A smaller part than this is worth nothing to it, ≥ 0.
    """

    symbol: Symbol
    most: Decimal
    least: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """What a trade costs in the worst case that its order allows, as factors of its order value."""

    buy: Decimal
    sell: Decimal


def costs_of(policy: SizingPolicy) -> Costs:
    """A buy may cost its collar and the fee on top of that; a sell may bring its collar less, and its fee."""
    collar = policy.collar_pct * PERCENT
    return Costs(buy=(ONE + collar) * (ONE + policy.fee_rate), sell=ONE - collar - policy.fee_rate)


def step_of(rules: LotRules, rounding: Rounding) -> Decimal:
    """The smallest change of quantity that an order may have, units."""
    whole = rounding is Rounding.WHOLE or not rules.fractionable
    return max(rules.lot, ONE) if whole else rules.lot


def least_of(rules: LotRules, policy: SizingPolicy) -> Decimal:
    """The smallest trade worth sending, account currency; equal passes."""
    return max(policy.min_trade_notional, rules.min_notional)


def share(total: Decimal, claims: Iterable[Claim]) -> dict[Symbol, Decimal]:
    """Share `total` pro rata to what each would take, nobody above that and nobody below its least.

    Whoever would get less than its least gets nothing and leaves its part to the others, the one
    furthest below first, so that suppressed parts are not lost. Parts are multiples of 1e-18 by
    largest remainder, ties by symbol.
    """
    hardest = sorted(claims, key=lambda claim: (-divide_half_even_18(claim.least, claim.most), claim.symbol))
    wanted = sum((claim.most for claim in hardest), ZERO)
    first = 0
    for claim in hardest:
        if total >= wanted or total * claim.most >= claim.least * wanted:
            break
        wanted -= claim.most
        first += 1
    served = hardest[first:]
    if total >= wanted:
        return {claim.symbol: claim.most for claim in served}
    if total <= ZERO or not served:
        return {}
    parts = split_exactly(total, {claim.symbol: claim.most for claim in served}, CASH_STEP)
    given = {claim.symbol: min(parts[claim.symbol], claim.most) for claim in served}
    return {claim.symbol: given[claim.symbol] for claim in served if given[claim.symbol] >= claim.least}


def size_sell(line: Line, policy: SizingPolicy) -> None:
    """Make a line that wishes to sell an order, or a HOLD with its reason.

    Never more than may be sold; an exit sells exactly what is held, whatever the lot.
    """
    if line.is_exit and line.sellable >= line.units:
        line.quantity, line.amount = line.units, -line.value
        if policy.exit_dust:
            line.order_value = line.value
            return
    else:
        line.is_exit = False
        line.amount = -min(-line.amount, line.sellable * line.unit_price)
        step = step_of(line.rules, policy.rounding)
        units = min(units_toward_zero(-line.amount, line.unit_price, step), floor_to_step(line.sellable, step))
        line.quantity = canonical(units)
    line.order_value = line.quantity * line.unit_price
    if line.sellable.is_zero():
        hold(line, LineReason.LOCKED)
    elif is_dust(line):
        hold(line, LineReason.DUST)
    elif -line.amount < policy.min_trade_notional or line.order_value < line.rules.min_notional:
        hold(line, LineReason.BELOW_MINIMUM)
    elif line.quantity.is_zero():
        hold(line, LineReason.BELOW_LOT)


def is_dust(line: Line) -> bool:
    """Whether the venue would refuse even the sale of the whole holding, so that asking again helps nobody."""
    return line.units > ZERO and line.value < line.rules.min_notional


def screen_buy(line: Line, policy: SizingPolicy) -> None:
    """Hold a buy that would be too small even with all the cash it wants, so that nothing is sold for it."""
    if line.is_exit and policy.exit_dust:
        return
    if line.amount < least_of(line.rules, policy):
        hold(line, LineReason.BELOW_MINIMUM)
    elif policy.rounding is not Rounding.WHOLE and _units(line, line.amount, policy).is_zero():
        hold(line, LineReason.BELOW_LOT)


def hold(line: Line, reason: LineReason) -> None:
    """Take the wish off a line."""
    line.amount = line.quantity = line.order_value = ZERO
    line.is_exit = False
    line.reason = reason


def size_buys(lines: list[Line], wished_purse: Decimal, purse: Decimal, policy: SizingPolicy) -> Decimal:
    """Make the buys orders that the purse pays for in the worst case, and return what is left of it.

    Amounts are shared out of `wished_purse`, in which sells count with their unrounded amounts, so that
    a sell's odd lot does not move every buy; orders are paid from `purse`, in which sells count with
    their order values. Both in account currency.
    """
    cost = costs_of(policy).buy
    wishes = {line.symbol: line.amount for line in lines}
    is_short = sum(wishes.values(), ZERO) * cost > wished_purse
    if is_short:
        affordable = divide_toward_zero(max(wished_purse, ZERO), cost, 18)
        claims = [Claim(symbol=x.symbol, most=x.amount, least=_least(x, policy)) for x in lines]
        parts = share(affordable, claims)
        for line in lines:
            line.amount = parts.get(line.symbol, ZERO)
    for line in lines:
        _set_units(line, _units(line, line.amount, policy))
    left = purse - cost * sum((line.order_value for line in lines), ZERO)
    left = _trim(lines, left, cost, policy)
    if is_short or policy.rounding is Rounding.WHOLE:
        left = _use_left_over(lines, wishes, left, cost, policy)
    for line in lines:
        line.is_exit = line.is_exit and line.quantity == -line.units
        if line.quantity.is_zero():
            hold(line, _why_nothing(line, wishes[line.symbol], left, policy))
    return left


def _why_nothing(line: Line, wish: Decimal, left: Decimal, policy: SizingPolicy) -> LineReason:
    """The reason of a buy that came to nothing although it was worth sending with enough cash."""
    if left < wish * costs_of(policy).buy:
        return LineReason.NO_CASH
    wanted = units_toward_zero(wish, line.unit_price, step_of(line.rules, policy.rounding))
    return LineReason.BELOW_LOT if wanted.is_zero() else LineReason.BELOW_MINIMUM


def _least(line: Line, policy: SizingPolicy) -> Decimal:
    return ZERO if line.is_exit and policy.exit_dust else least_of(line.rules, policy)


def _units(line: Line, amount: Decimal, policy: SizingPolicy) -> Decimal:
    """Units that `amount` buys, toward zero to the lot; covering a whole short takes exactly its units."""
    if line.is_exit and amount >= -line.value:
        return -line.units
    return units_toward_zero(amount, line.unit_price, step_of(line.rules, policy.rounding))


def _set_units(line: Line, units: Decimal) -> None:
    """Order `units`, or nothing when the venue would refuse so small an order."""
    line.quantity = canonical(units)
    line.order_value = line.quantity * line.unit_price
    if line.order_value < line.rules.min_notional and not line.is_exit:
        line.quantity = line.order_value = ZERO


def _trim(lines: list[Line], left: Decimal, cost: Decimal, policy: SizingPolicy) -> Decimal:
    """Take lots off the largest buys until the purse, short by the odd lots of the sells, pays for all."""
    if left >= ZERO:
        return left
    for line in sorted(lines, key=lambda line: (-line.order_value, line.symbol)):
        if left >= ZERO:
            break
        step = step_of(line.rules, policy.rounding)
        excess = units_toward_zero(-left, line.unit_price * cost, step) + step
        before = line.order_value
        line.is_exit = False
        _set_units(line, max(line.quantity - excess, ZERO))
        left += (before - line.order_value) * cost
    return left


def _use_left_over(
    lines: list[Line], wishes: dict[Symbol, Decimal], left: Decimal, cost: Decimal, policy: SizingPolicy
) -> Decimal:
    """Buy more of what is still wished, largest remaining shortfall first, while the purse pays.

    With whole units a line on its way to target may end less than one unit above it: the cash it
    uses is further from its target than that.
    """
    for line in sorted(lines, key=lambda line: (line.order_value - wishes[line.symbol], line.symbol)):
        step = step_of(line.rules, policy.rounding)
        wish, unit_cost = wishes[line.symbol], line.unit_price * cost
        missing = wish - line.order_value
        if missing <= ZERO or line.is_exit:
            continue
        paid = units_toward_zero(max(left, ZERO), unit_cost, step)
        extra = min(units_toward_zero(missing, line.unit_price, step), paid)
        rounds_up = policy.rounding is Rounding.WHOLE and line.reason is LineReason.TO_TARGET
        if rounds_up and missing > extra * line.unit_price and (extra + step) * unit_cost <= left:
            extra += step
        grown = (line.quantity + extra) * line.unit_price
        if extra.is_zero() or (line.quantity.is_zero() and min(grown, wish) < _least(line, policy)):
            continue
        before = line.order_value
        _set_units(line, line.quantity + extra)
        line.amount = min(max(line.amount, line.order_value), wish)
        left -= (line.order_value - before) * cost
    return left
