"""How does the paper venue fill, charge and fail? Every draw is a function of (seed, client order id, n).

No draw depends on time, on other orders or on how often it is looked at, so a run that was killed and one that
was not meet the same fills, the same refusals and the same silences.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from decimal import Decimal
from enum import StrEnum
from hashlib import sha256

from counterpoise.domain.errors import InvalidInput
from counterpoise.domain.numbers import ONE, QUANTITY_STEP, ZERO, floor_to_step, split_exactly
from counterpoise.domain.orders import Side

DRAWS = 1 << 64
PARTS_MIN, PARTS_MAX = 2, 4


class Fate(StrEnum):
    """What becomes of one request to place an order."""

    ACCEPTED = "ACCEPTED"
    REFUSED = "REFUSED"  # recorded as REJECTED
    LOST = "LOST"  # never arrived, no answer
    UNANSWERED = "UNANSWERED"  # accepted, no answer
    HIDDEN = "HIDDEN"  # accepted, no answer, and "not found" for a while
    LATE = "LATE"  # no answer, and accepted only a while later


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """How often what goes wrong; each a probability, 0 … 1.

    Attributes:
        partial: An order fills in two to four parts.
        remainder: Its last part never fills and expires.
        reject: The venue refuses an order.
        lost_request: The request never arrives; the sender hears nothing.
        timeout_after_accept: The order is accepted; the sender hears nothing.
        not_visible: The same, and look-ups do not find it for a while.
        late_accept: The sender hears nothing and the order is accepted only after a while.
        late_acknowledgement: The stream tells the acceptance after the fills.
    """

    partial: Decimal = ZERO
    remainder: Decimal = ZERO
    reject: Decimal = ZERO
    lost_request: Decimal = ZERO
    timeout_after_accept: Decimal = ZERO
    not_visible: Decimal = ZERO
    late_accept: Decimal = ZERO
    late_acknowledgement: Decimal = ZERO

    def __post_init__(self) -> None:
        """Refuse what is no probability."""
        for item in fields(self):
            if not ZERO <= getattr(self, item.name) <= ONE:
                raise InvalidInput(item.name, str(getattr(self, item.name)), "a probability from 0 to 1")


NONE = Faults()
MILD = Faults(
    partial=Decimal("0.10"),
    remainder=Decimal("0.01"),
    reject=Decimal("0.002"),
    lost_request=Decimal("0.005"),
    timeout_after_accept=Decimal("0.01"),
    not_visible=Decimal("0.005"),
    late_acknowledgement=Decimal("0.02"),
)
WILD = Faults(
    partial=Decimal("0.5"),
    remainder=Decimal("0.15"),
    reject=Decimal("0.05"),
    lost_request=Decimal("0.08"),
    timeout_after_accept=Decimal("0.10"),
    not_visible=Decimal("0.06"),
    late_accept=Decimal("0.06"),
    late_acknowledgement=Decimal("0.3"),
)
PROFILES = {"none": NONE, "mild": MILD, "wild": WILD}


@dataclass(frozen=True, slots=True, kw_only=True)
class FillModel:
    """Fills at the mark, made worse by slippage, charged a fee.

    Attributes:
        fee_bps: Fee in hundredths of a percent of notional, ≥ 0.
        slippage_bps: How much worse than the mark a MARKET order fills, hundredths of a percent, ≥ 0.
    """

    seed: int = 1
    fee_bps: Decimal = ZERO
    slippage_bps: Decimal = ZERO
    faults: Faults = NONE

    def price(self, side: Side, mark: Decimal) -> Decimal:
        """What an order of this side pays or gets: a purchase above the mark, a sale below it; exact."""
        return mark * (ONE + side.sign * self.slippage_bps.scaleb(-4))

    def fee(self, quantity: Decimal, price: Decimal) -> Decimal:
        """Paid for this execution; exact."""
        return quantity * price * self.fee_bps.scaleb(-4)

    def fate(self, client_order_id: str, request: int) -> Fate:
        """What becomes of the `request`-th attempt (from 1) to place this order."""
        faults = self.faults
        drawn = self.draw("fate", client_order_id, request)
        bound = ZERO
        for fate, share in (
            (Fate.REFUSED, faults.reject),
            (Fate.LOST, faults.lost_request),
            (Fate.UNANSWERED, faults.timeout_after_accept),
            (Fate.HIDDEN, faults.not_visible),
            (Fate.LATE, faults.late_accept),
        ):
            bound += share
            if drawn < bound * DRAWS:
                return fate
        return Fate.ACCEPTED

    def patience(self, client_order_id: str) -> int:
        """How many look-ups a hidden or late order outlasts: 1 to 3."""
        return 1 + self.draw("patience", client_order_id) % 3

    def acknowledges_late(self, client_order_id: str) -> bool:
        """Whether the stream tells the fills before the acceptance."""
        return self.happens(self.faults.late_acknowledgement, "acknowledgement", client_order_id)

    def parts(self, client_order_id: str, quantity: Decimal) -> tuple[tuple[Decimal, ...], Decimal]:
        """The executions that `quantity` comes in, and what never fills; together exactly `quantity`."""
        partial = self.happens(self.faults.partial, "partial", client_order_id)
        leaves = self.happens(self.faults.remainder, "remainder", client_order_id)
        if not partial and not leaves:
            return (quantity,), ZERO
        count = PARTS_MIN + self.draw("count", client_order_id) % (PARTS_MAX - PARTS_MIN + 1)
        weights = {str(n): Decimal(1 + self.draw("part", client_order_id, n) % 9) for n in range(count)}
        split = split_exactly(quantity, weights, _step_of(quantity))
        parts = [part for part in (split[str(n)] for n in range(count)) if part > ZERO]
        if leaves and len(parts) > 1:
            return tuple(parts[:-1]), parts[-1]
        return tuple(parts), ZERO

    def happens(self, probability: Decimal, purpose: str, client_order_id: str) -> bool:
        """Whether something of this probability befalls this order."""
        return self.draw(purpose, client_order_id) < probability * DRAWS

    def draw(self, purpose: str, client_order_id: str, n: int = 0) -> int:
        """A whole number from 0 to 2⁶⁴ − 1, the same for the same arguments on every machine."""
        text = f"{self.seed}\0{purpose}\0{client_order_id}\0{n}"
        return int.from_bytes(sha256(text.encode()).digest()[:8])


def _step_of(quantity: Decimal) -> Decimal:
    """Whole units come in whole parts; fractions in the finest lot."""
    return ONE if floor_to_step(quantity, ONE) == quantity else QUANTITY_STEP
