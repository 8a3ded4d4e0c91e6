"""Which causes, up to three together, make the differences, and which of them is the likeliest?

Deterministic: the same sides give the same explanations in the same order. A cause that the venue points to comes
before one that only fits the figures, few causes before many; every point that a score lacks is stated.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from itertools import combinations, product

from counterpoise.domain.numbers import ZERO
from counterpoise.domain.statements import BreakKind
from counterpoise.execution.reconciliation import balances, effects
from counterpoise.execution.reconciliation.balances import Option
from counterpoise.execution.reconciliation.causes import Cause, CauseKind, Explanation, ScoreLine, joint_effect
from counterpoise.execution.reconciliation.differences import TOLERANCE, TOTAL, Gaps, Key, gaps, is_beyond
from counterpoise.execution.reconciliation.pointed import pointed_causes
from counterpoise.execution.reconciliation.sides import OurBook, VenueStatement

CAUSES_MAX = 3
POINTED_MAX = 12
"""Things that one side lacks and that are tried in every combination; more of them are tried together only."""

SHOWN_MAX = 10
SCORE_MAX = 100
ONE_MORE, NOT_POINTED, LEFT_OUT = 10, 10, 30

_OF_ORDERS = (CauseKind.UNKNOWN_ORDER, CauseKind.ENDED_ORDER)


def explain(ours: OurBook, theirs: VenueStatement, tolerance: Decimal = TOLERANCE) -> tuple[Explanation, ...]:
    """What makes the differences beyond `tolerance`, the likeliest first; nothing when there are none.

    The last one always is that nothing known does: an adjustment of each figure.
    """
    found = gaps(ours, theirs)
    beyond = {key: gap for key, gap in found.items() if is_beyond(ours, key, gap, tolerance)}
    if not beyond:
        return ()
    search = _Search(ours, theirs, tolerance)
    known: dict[tuple[tuple[object, ...], ...], Explanation] = {}
    for causes in search.combinations(found):
        explanation = search.judged(causes)
        known.setdefault(tuple((cause.kinds, cause.evidence) for cause in explanation.causes), explanation)
    many = len(beyond) > CAUSES_MAX
    last = search.judged(tuple(_alone(ours, key, gap, many=many) for key, gap in beyond.items()))
    return (*sorted(known.values(), key=_rank)[: SHOWN_MAX - 1], last)


def _alone(ours: OurBook, key: Key, gap: Decimal, *, many: bool) -> Cause:
    """A figure by itself: unexplained, but where many differ a position that we never had is adopted."""
    kind, subject = key
    if many and kind is BreakKind.POSITION and not ours.positions.get(subject):
        return balances.adopted(ours, subject, gap, ZERO)
    return balances.unexplained(key, gap, ours)


def _rank(explanation: Explanation) -> tuple[int, int, str]:
    words = "; ".join(cause.evidence for cause in explanation.causes)
    return (-explanation.score, len(explanation.causes), words)


class _Search:
    """One search; the sides are only read."""

    def __init__(self, ours: OurBook, theirs: VenueStatement, tolerance: Decimal) -> None:
        self._ours, self._theirs, self._tolerance = ours, theirs, tolerance
        self._pointed = pointed_causes(ours, theirs)

    def combinations(self, found: Gaps) -> Iterator[tuple[Cause, ...]]:
        """Every set of causes after which nothing beyond tolerance is left."""
        for chosen in self._subsets():
            room = CAUSES_MAX - min(len(chosen), CAUSES_MAX)
            rest = effects.minus(found, joint_effect(chosen))
            for more in self._complete(rest, chosen, room):
                if sum(cause.kinds != (CauseKind.VENUE_ROUNDING,) for cause in more) <= room:
                    yield (*chosen, *more)

    def judged(self, causes: tuple[Cause, ...]) -> Explanation:
        """The causes with their score."""
        lines = [ScoreLine(points=cause.points, why=f"{cause.name}: {cause.doubt}") for cause in causes if cause.points]
        blind = [cause for cause in causes if not cause.pointed and cause.kinds != (CauseKind.VENUE_ROUNDING,)]
        if blind:
            lines.append(
                ScoreLine(points=NOT_POINTED * len(blind), why=f"{_count(blind)} that nothing at the venue points to")
            )
        if len(causes) > 1:
            lines.append(ScoreLine(points=ONE_MORE * (len(causes) - 1), why=f"{_count(causes)} at once"))
        ignored = [cause for cause in self._pointed if cause not in causes and cause.kinds[0] not in _OF_ORDERS]
        if ignored:
            lines.append(
                ScoreLine(points=LEFT_OUT * len(ignored), why=f"leaves out {_count(ignored)} that the venue points to")
            )
        score = max(SCORE_MAX - sum(line.points for line in lines), 0)
        return Explanation(causes=causes, score=score, lines=tuple(lines))

    def _subsets(self) -> Iterator[tuple[Cause, ...]]:
        """What the venue points to: up to three of it, and all of it."""
        if len(self._pointed) > CAUSES_MAX:
            yield self._pointed
        few = self._pointed if len(self._pointed) <= POINTED_MAX else ()
        for count in range(min(CAUSES_MAX, len(few)) + 1):
            yield from combinations(few, count)

    def _complete(self, rest: Gaps, chosen: tuple[Cause, ...], room: int) -> Iterator[tuple[Cause, ...]]:
        """Up to `room` causes that fit the figures, for what the chosen ones leave; nothing when that cannot be."""
        units = [
            (subject, gap)
            for subject, gap in balances.left_over(rest, BreakKind.POSITION)
            if is_beyond(self._ours, (BreakKind.POSITION, subject), gap)
        ]
        if len(units) > room:
            return
        booked = joint_effect(chosen)
        ways = [
            balances.options_for(self._ours, self._theirs, symbol, gap, self._held(symbol, booked))
            for symbol, gap in units
        ]
        for picked in product(*ways):
            yield from self._with_cash(rest, [symbol for symbol, _ in units], picked)

    def _held(self, symbol: str, booked: Gaps) -> Decimal:
        return self._ours.positions.get(symbol, ZERO) + booked.get((BreakKind.POSITION, symbol), ZERO)

    def _with_cash(self, rest: Gaps, symbols: list[str], picked: tuple[Option, ...]) -> Iterator[tuple[Cause, ...]]:
        """The picked ways, with what they leave of cash: the price of executions, then movements and rates."""
        sure = tuple(cause for option in picked for cause in option.causes)
        left = effects.minus(rest, joint_effect(sure))
        fills = self._fills(left, symbols, picked)
        if fills is None:
            return
        left = effects.minus(left, joint_effect(fills))
        if any(kind is BreakKind.ORDER for kind, _ in left):
            return  # both sides list their orders: what still differs is pointed to, so the choice was wrong
        moves = self._movements(left)
        total = left.get((BreakKind.CASH, TOTAL), ZERO)
        if abs(total) <= self._tolerance:
            yield (*sure, *fills, *moves)
            return
        for rate in balances.stale_rates(self._ours, self._theirs, total):
            yield (*sure, *fills, *moves, rate)

    def _fills(self, left: Gaps, symbols: list[str], picked: tuple[Option, ...]) -> tuple[Cause, ...] | None:
        """Executions that balances tell of: each at our mark, the last at what the cash says; None if none can be."""
        wanted = [
            (symbol, option.needs_cash) for symbol, option in zip(symbols, picked, strict=True) if option.needs_cash
        ]
        found: list[Cause] = []
        for number, (symbol, units) in enumerate(wanted):
            key = (BreakKind.CASH, self._ours.terms(symbol).quote)
            later = [other for other, _ in wanted[number + 1 :] if self._ours.terms(other).quote == key[1]]
            spent = joint_effect(tuple(found)).get(key, ZERO)
            said = None if later else left.get(key, ZERO) - spent
            cause = self._fill(left, symbol, units, said)
            if cause is None:
                return None
            found.append(cause)
        return tuple(found)

    def _fill(self, left: Gaps, symbol: str, units: Decimal, said: Decimal | None) -> Cause | None:
        """One execution that moved the cash `said`, or else what it costs at our mark."""
        terms = self._ours.terms(symbol)
        if terms.price is None:
            return None
        of_orders = balances.fills_of_orders(self._ours, left, symbol, units)
        at_mark = -units * terms.price * terms.multiplier
        for cash in (at_mark,) if said is None else (said, at_mark):
            cause = balances.guessed_fill(self._ours, symbol, units, cash, of_orders, self._theirs.as_of)
            if cause is not None:
                return cause
        return None

    def _movements(self, left: Gaps) -> tuple[Cause, ...]:
        found = []
        for asset, gap in balances.left_over(left, BreakKind.CASH):
            if not is_beyond(self._ours, (BreakKind.CASH, asset), gap, self._tolerance):
                continue
            small = effects.may_be_rounding(self._ours, self._theirs, asset, gap)
            rounded = balances.rounding(self._ours, asset, gap, self._theirs.cash_step)
            found.append(rounded if small else balances.movement(self._ours, self._theirs, asset, gap))
        return tuple(found)


def _count(causes: tuple[Cause, ...] | list[Cause]) -> str:
    return f"{len(causes)} cause{'s' if len(causes) > 1 else ''}"
