"""Which lots of one instrument are open, of which acquisitions is each, and which losses may still be washed?

The queue is the book's (`lots`): what closes and at which cost is decided there. Here is kept what belongs to it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

from counterpoise.domain.accounts import LotMethod
from counterpoise.domain.facts.amendments import LotChoice
from counterpoise.domain.instruments import Instrument
from counterpoise.domain.numbers import ZERO
from counterpoise.domain.orders import PositionSide
from counterpoise.ledger import acquisitions
from counterpoise.ledger.acquisitions import Acquired
from counterpoise.ledger.lots import Lot, pooled
from counterpoise.ledger.wash_sales import Loss


class TaxLots:
    """The open lots of one instrument.

    Attributes:
        lots: The queue, oldest first, each under a name of its own.
        parts: Name of a lot → its acquisitions; their units sum to those of the lot.
        given: Name of a lot → the fill that people know it by.
        losses: Of each side, disposals of the last days that may still find a replacement, the earliest first.
        pooled: Lots of AVERAGE whose acquisitions have what they are worth and carry in sum, not yet spread evenly.
        free: Lots with units that may still be replacements, the oldest first; lots of before among them are harmless.
    """

    __slots__ = ("free", "given", "instrument", "losses", "lots", "parts", "pooled")

    def __init__(self, instrument: Instrument) -> None:
        self.instrument = instrument
        self.lots: list[Lot] = []
        self.parts: dict[str, list[Acquired]] = {}
        self.given: dict[str, str] = {}
        self.losses: dict[PositionSide, list[Loss]] = {side: [] for side in PositionSide}
        self.free: list[str] = []
        self.pooled: set[str] = set()

    @property
    def units(self) -> Decimal:
        """Signed."""
        return sum((lot.quantity for lot in self.lots), ZERO)

    def named(self, lot: Lot) -> Lot:
        """The lot under a name of its own: two lots of a fill meet when one parent spins off the same child twice."""
        name = lot.fill_id
        while name in self.parts:
            name += "'"
        self.given[name] = lot.fill_id
        return replace(lot, fill_id=name)

    def choices(self, chosen: Iterable[LotChoice]) -> tuple[LotChoice, ...]:
        """The same units chosen by the names of the lots, oldest first."""
        found: list[LotChoice] = []
        for choice in chosen:
            left = choice.quantity
            for lot in self.lots:
                units = min(left, abs(lot.quantity))
                if units and self.given[lot.fill_id] == choice.lot:
                    found.append(LotChoice(lot=lot.fill_id, quantity=units))
                    left -= units
        return tuple(found)

    def pool(self) -> None:
        """All acquisitions behind the one lot that AVERAGE makes of the queue, the oldest first."""
        if len(self.lots) > 1:
            merged = [part for lot in self.lots for part in self.parts[lot.fill_id]]
            self.parts = {self.lots[0].fill_id: sorted(merged, key=_day)}
            self.free = list(self.parts)

    def take(self, piece: Lot, method: LotMethod) -> list[Acquired]:
        """The acquisitions of a closed piece, taken off its lot."""
        name, units = piece.fill_id, abs(piece.quantity)
        parts = self.parts.pop(name)
        if method is LotMethod.AVERAGE:
            self.pooled.add(name)
            taken, rest = acquisitions.take_averaged(parts, units)
        else:
            taken, rest = acquisitions.take(acquisitions.averaged(parts) if name in self.pooled else parts, units)
            self.pooled.discard(name)
        if rest:
            self.parts[name] = rest
        return taken

    def receive(self, lot: Lot, parts: list[Acquired], method: LotMethod) -> None:
        """Put a lot with days of its own among the others, as `corporate.receive` does."""
        named = self.named(lot)
        self.parts[named.fill_id] = parts
        self.lots = sorted([*self.lots, named], key=_age)
        if method is LotMethod.AVERAGE:
            self.pool()
            self.lots = pooled(self.lots)


def spread(lots: Sequence[Lot], parts: Mapping[str, list[Acquired]], after: Sequence[Lot]) -> dict[str, list[Acquired]]:
    """The acquisitions of `lots` over what a corporate action made of them.

    It may have left a lot without units: what that was worth goes where its cost went, to the older lot beside it, of
    the oldest to the next.
    """
    new = {lot.fill_id: abs(lot.quantity) for lot in after}
    found: dict[str, list[Acquired]] = {}
    lost, last = list[Acquired](), ""
    for lot in lots:
        here = parts[lot.fill_id]
        if lot.fill_id in new:
            last = lot.fill_id
            found[last] = acquisitions.scaled(acquisitions.joined(here, lost), new[last])
            lost = []
        elif last:
            found[last] = acquisitions.joined(found[last], here)
        else:
            lost += here
    return found


def _age(lot: Lot) -> datetime:
    return lot.opened_at


def _day(part: Acquired) -> date:
    return part.on
