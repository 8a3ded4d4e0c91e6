"""Which causes fit the figures alone, where nothing at the venue points to one?

Causes of the same effect cannot be told apart by figures; they stand as one cause with several kinds.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import combinations

from counterpoise.domain.accounts import AccountKind
from counterpoise.domain.numbers import HUNDRED, ONE, ZERO, divide_half_even, divide_half_even_18, plain
from counterpoise.domain.orders import Side
from counterpoise.domain.statements import BreakKind
from counterpoise.execution.reconciliation import effects
from counterpoise.execution.reconciliation.causes import (
    Adjust,
    AdoptPosition,
    Cause,
    CauseKind,
    RecordRate,
    RecordSplit,
    TakeBackFill,
)
from counterpoise.execution.reconciliation.differences import TOTAL, Gaps
from counterpoise.execution.reconciliation.pointed import fill_in_words
from counterpoise.execution.reconciliation.ratios import split_ratio
from counterpoise.execution.reconciliation.sides import BookedFill, OurBook, VenueStatement

NEWEST_FILLS_MAX = 60
"""How many of a symbol's last executions are tried as duplicates."""

PRICE_BAND_PCT = Decimal(10)
"""So far from our mark may the price of an execution lie that only balances tell of."""

FEE_BAND_PCT = Decimal("0.5")
"""So large a part of an execution's value may its fee be."""

RATE_BAND_PCT = Decimal(20)
"""So far from our rate may the venue's lie that only a total tells of."""

SPLIT_PRICE_BAND_PCT = Decimal(20)
"""So near must the venue's price come to our mark ÷ ratio to confirm a split."""

DUPLICATE, GUESSED_FILL, ADOPTED, ADOPTED_ON_TOP, GUESSED_RATE, MOVEMENT, UNLISTED = 5, 12, 14, 24, 15, 15, 25
CONFIRMED, CONTRADICTED = 6, 40

PRICE_UNTOLD = 13
"""Where opening moves no cash, no figure confirms the price."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One way to account for the units of one symbol.

    Attributes:
        needs_cash: Signed units whose price only the cash can tell; 0 when the effect on cash is known.
    """

    causes: tuple[Cause, ...]
    needs_cash: Decimal = ZERO


def options_for(ours: OurBook, theirs: VenueStatement, symbol: str, gap: Decimal, held: Decimal) -> tuple[Option, ...]:
    """Every way in which `gap` units more than the `held` ones can have come about."""
    found: list[Option] = []
    if theirs.fills is None:
        found += _duplicates(ours, symbol, gap)
    if theirs.fills is None or _is_cut_off(ours, theirs):
        found += [Option(causes=(), needs_cash=gap)]
    found += _splits(ours, theirs, symbol, gap, held)
    found.append(Option(causes=(adopted(ours, symbol, gap, held),)))
    return tuple(found)


def _is_cut_off(ours: OurBook, theirs: VenueStatement) -> bool:
    """Whether the venue lists executions only of a time after our history began."""
    return theirs.fills_from is not None and (ours.since is None or ours.since < theirs.fills_from)


def _duplicates(ours: OurBook, symbol: str, gap: Decimal) -> Iterator[Option]:
    """Executions, or pairs of them, that would be booked once too often."""
    fills = [fill for fill in ours.fills if fill.symbol == symbol][-NEWEST_FILLS_MAX:]
    for count in (1, 2):
        for chosen in combinations(fills, count):
            if -sum((fill.side.sign * fill.quantity for fill in chosen), ZERO) == gap:
                yield Option(causes=tuple(_duplicate(ours, fill) for fill in chosen))


def _duplicate(ours: OurBook, fill: BookedFill) -> Cause:
    said = fill_in_words(fill.side, fill.quantity, fill.symbol, fill.price)
    return Cause(
        kinds=(CauseKind.DUPLICATE_FILL,),
        effect=effects.of_taking_back(ours, fill),
        evidence=f"without our fill {fill.fill_id}, {said}, units and cash agree",
        proposals=(TakeBackFill(fill_id=fill.fill_id),),
        points=DUPLICATE,
        doubt="the venue lists no executions to hold it against",
    )


def guessed_fill(
    ours: OurBook, symbol: str, units: Decimal, cash: Decimal, of_orders: Gaps, at: datetime
) -> Cause | None:
    """An execution of `units` that moved `cash` of the quote currency, if its price is near our mark."""
    terms = ours.terms(symbol)
    price = _price_told(ours, symbol, units, cash)
    if terms.price is None or price is None or price <= ZERO or not is_near(price, terms.price, PRICE_BAND_PCT):
        return None
    side = Side.BUY if units > ZERO else Side.SELL
    said = f"{side} {plain(abs(units))} {symbol}"
    worth = f"{_short(cash)} {terms.quote}"
    away = abs(price - terms.price) * HUNDRED
    blind = ours.kind is AccountKind.FUTURES and not effects.closing(ours.positions.get(symbol, ZERO), units)
    return Cause(
        kinds=(CauseKind.MISSED_FILL,),
        effect={(BreakKind.POSITION, symbol): units, **effects.of_cash(ours, terms.quote, cash), **of_orders},
        evidence=(
            f"{said} for {worth} before {at:%Y-%m-%d %H:%M} would make units and cash agree, "
            f"fee included {_short(price)} a unit, with our mark at {_short(terms.price)}"
        ),
        proposals=(
            Adjust(amount=units, symbol=symbol, unit_price=price),
            Adjust(amount=cash, asset=terms.quote),
        ),
        points=GUESSED_FILL
        + (PRICE_UNTOLD if blind else 0)
        + sum(1 for whole in range(1, 6) if away >= whole * terms.price),
        doubt="there is no execution at the venue to point to, so none is booked",
    )


def _price_told(ours: OurBook, symbol: str, units: Decimal, cash: Decimal) -> Decimal | None:
    """At what price `units` moved so much cash, fee included.

    In a FUTURES account only what is closed moves cash beyond the fee; what is opened counts at our mark, and None
    says that the cash is too much for a fee.
    """
    terms = ours.terms(symbol)
    if ours.kind is not AccountKind.FUTURES:
        return divide_half_even_18(-cash, units * terms.multiplier)
    closed = effects.closing(ours.positions.get(symbol, ZERO), units)
    if closed:
        return terms.entry + divide_half_even_18(cash, closed * terms.multiplier)
    worth = abs(units) * (terms.price or ZERO) * terms.multiplier
    return terms.price if abs(cash) * HUNDRED <= worth * FEE_BAND_PCT else None


def _splits(ours: OurBook, theirs: VenueStatement, symbol: str, gap: Decimal, held: Decimal) -> Iterator[Option]:
    ratio = split_ratio(held, held + gap, ours.terms(symbol).step)
    if ratio is None:
        return
    points = ratio.points
    why = f"only a ratio of {plain(ratio.numerator)}:{plain(ratio.denominator)} tells of it; rare ones count more"
    ours_now, theirs_now = ours.terms(symbol).price, theirs.prices.get(symbol)
    said = ""
    if ours_now is not None and theirs_now is not None:
        if is_near(theirs_now * ratio.numerator, ours_now * ratio.denominator, SPLIT_PRICE_BAND_PCT):
            points -= CONFIRMED
            said = f"; the price went from {plain(ours_now)} to {plain(theirs_now)}"
        else:
            points += CONTRADICTED
            why = f"the price should have moved with it, and went from {plain(ours_now)} to {plain(theirs_now)}"
    yield Option(
        causes=(
            Cause(
                kinds=(CauseKind.SPLIT,),
                effect={(BreakKind.POSITION, symbol): gap},
                evidence=(
                    f"{plain(held)} units of {symbol} became {plain(held + gap)}, "
                    f"{plain(ratio.numerator)}:{plain(ratio.denominator)}{said}"
                ),
                proposals=(RecordSplit(symbol=symbol, numerator=ratio.numerator, denominator=ratio.denominator),),
                points=points,
                doubt=why,
            ),
        )
    )


def adopted(ours: OurBook, symbol: str, gap: Decimal, held: Decimal) -> Cause:
    """Units that our history does not know; adopted where they are on the side of what is held."""
    is_new = not held
    price = ours.terms(symbol).price
    fits = held * gap >= ZERO
    proposal = (
        AdoptPosition(symbol=symbol, quantity=gap, unit_price=price)
        if fits
        else Adjust(amount=gap, symbol=symbol, unit_price=price)
    )
    return Cause(
        kinds=(CauseKind.UNKNOWN_POSITION,),
        effect={(BreakKind.POSITION, symbol): gap},
        evidence=f"the venue holds {plain(held + gap)} {symbol}, our history makes {plain(held)}; no cash moved",
        proposals=(proposal,),
        points=ADOPTED if is_new else ADOPTED_ON_TOP,
        doubt="nothing says where the units come from" if is_new else "part of the position is known, the rest is not",
    )


def movement(ours: OurBook, theirs: VenueStatement, asset: str, amount: Decimal) -> Cause:
    """Cash that moved without an order: what it was, balances cannot tell."""
    is_listed = theirs.cash_events is not None
    into = (CauseKind.TRANSFER, CauseKind.DIVIDEND, CauseKind.INTEREST, CauseKind.FUNDING)
    out_of = (CauseKind.FEE, CauseKind.TRANSFER, CauseKind.FUNDING, CauseKind.INTEREST)
    return Cause(
        kinds=into if amount > ZERO else out_of,
        effect=effects.of_cash(ours, asset, amount),
        evidence=f"the venue has {_short(abs(amount))} {asset} {'more' if amount > ZERO else 'less'}, units untouched",
        proposals=(Adjust(amount=amount, asset=asset),),
        points=UNLISTED if is_listed else MOVEMENT,
        doubt="not among the movements that the venue lists" if is_listed else "balances cannot tell these apart",
    )


def stale_rates(ours: OurBook, theirs: VenueStatement, gap: Decimal) -> tuple[Cause, ...]:
    """Another rate of one currency that makes the venue's total."""
    found = []
    for asset, amount in sorted(theirs.cash.items()):
        known = ours.rates.get(asset)
        if known is None or not amount or asset in theirs.rates:
            continue
        rate = known + divide_half_even_18(gap, amount)
        if rate > ZERO and is_near(rate, known, RATE_BAND_PCT):
            found.append(
                Cause(
                    kinds=(CauseKind.STALE_FX,),
                    effect={(BreakKind.CASH, TOTAL): gap},
                    evidence=f"at {_short(rate, 6)} instead of {plain(known)} {ours.base} per {asset} the totals agree",
                    proposals=(RecordRate(asset=asset, rate=rate),),
                    points=GUESSED_RATE,
                    doubt="the venue does not state its rate",
                )
            )
    return tuple(found)


def rounding(ours: OurBook, asset: str, gap: Decimal, step: Decimal) -> Cause:
    """What rounded figures leave over."""
    return Cause(
        kinds=(CauseKind.VENUE_ROUNDING,),
        effect=effects.of_cash(ours, asset, gap),
        evidence=f"{_short(gap)} {asset} is within what rounding {len(ours.fills)} fills to {plain(step)} adds up to",
        proposals=(Adjust(amount=gap, asset=asset),),
        points=3,
        doubt="a small movement could hide in it",
    )


def unexplained(key: tuple[BreakKind, str], gap: Decimal, ours: OurBook) -> Cause:
    """No cause: a correction by hand, named as what it is."""
    kind, subject = key
    proposal = {
        BreakKind.CASH: Adjust(amount=gap, asset=subject),
        BreakKind.POSITION: Adjust(amount=gap, symbol=subject, unit_price=ours.terms(subject).price),
    }.get(kind)
    return Cause(
        kinds=(CauseKind.UNEXPLAINED,),
        effect={key: gap},
        evidence=f"nothing known makes {_short(gap, 9)} of {subject}",
        proposals=() if proposal is None or subject == TOTAL else (proposal,),
        points=60,
        doubt="it says what differs, not why",
    )


def is_near(value: Decimal, other: Decimal, within_pct: Decimal) -> bool:
    """Whether two amounts are within so many percent of the second."""
    return abs(value - other) * HUNDRED <= abs(other) * within_pct


def fills_of_orders(ours: OurBook, gaps: Gaps, symbol: str, units: Decimal) -> Gaps:
    """What the venue says that our orders on `symbol` filled more, if that makes these `units`; else nothing."""
    found = {}
    for (kind, name), gap in gaps.items():
        order = (ours.orders or {}).get(name) if kind is BreakKind.ORDER else None
        if order is not None and order.symbol == symbol and order.side.sign * units > ZERO > gap:
            found[kind, name] = gap
    return found if sum(found.values(), ZERO) == -abs(units) else {}


def left_over(gaps: Gaps, kind: BreakKind) -> tuple[tuple[str, Decimal], ...]:
    """What is left of one kind, by subject."""
    return tuple((subject, gap) for (which, subject), gap in gaps.items() if which is kind and subject != TOTAL)


def _short(value: Decimal, places: int = 4) -> str:
    """A price or rate as people read it."""
    return plain(divide_half_even(value, ONE, places))
