"""A tax story in a person's words: trades on days, and what they gained."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

from counterpoise.domain.accounts import AccountKind, LotMethod
from counterpoise.domain.facts import Body, Deposit, Fact
from counterpoise.domain.numbers import ZERO
from counterpoise.ledger.disposals import Disposal, Gains
from counterpoise.portfolio.gains import gains
from tests.portfolio.making import D, Story


class TaxStory:
    """One account's trades, each on its day at 15:00 UTC."""

    def __init__(
        self, *lines: str, kind: AccountKind = AccountKind.CASH, method: LotMethod | None = None, zone: str = "UTC"
    ) -> None:
        self.story = Story(kind, "XYZ", "KID", method=method, zone=zone)
        self.fills: dict[str, Fact] = {}
        for line in lines:
            self.trade(line)

    def on(self, day: str, hour: int = 15) -> None:
        self.story.at = datetime.combine(date.fromisoformat(day), datetime.min.time(), UTC).replace(hour=hour)

    def trade(self, line: str, symbol: str = "XYZ") -> Fact:
        """`2024-01-05 BUY 100 25 [fee 1] [order o1] [as name]`."""
        day, side, quantity, price, *rest = line.split()
        more = dict(zip(rest[::2], rest[1::2], strict=True))
        self.on(day)
        fact = self.story.fill(side, symbol, quantity, price, more.get("fee", "0"), order=more.get("order", ""))
        self.fills[more.get("as", str(len(self.fills)))] = fact
        return fact

    def tell(self, day: str, body: Body, symbol: str | None = "XYZ") -> Fact:
        self.on(day)
        return self.story.tell(body, None if isinstance(body, Deposit) else symbol)

    def gains(self, method: LotMethod | None = None, *, washes: bool = True) -> Gains:
        return gains(self.story.book.state, self.story.facts, method=method, washes=washes)

    @property
    def rows(self) -> tuple[Disposal, ...]:
        return self.gains().disposals

    def explained(self, found: Gains) -> Decimal:
        """What the law says the tax gains are: realised P&L − fees of what was closed, + what is put off."""
        state = self.story.book.state
        open_fees = sum((lot.fees for held in state.holdings.values() for lot in held.lots if not lot.missing), ZERO)
        return state.results.realised_total - (state.results.fees_total - open_fees) + found.deferred


def told(row: Disposal) -> tuple[str, str, Decimal, Decimal, Decimal, Decimal, str]:
    """Bought, sold, proceeds, cost, disallowed, tax gain and term, as a row of Form 8949 has them."""
    return (
        str(row.acquired_on), str(row.disposed_on), row.proceeds, row.cost, row.disallowed, row.tax_gain,
        str(row.term),
    )  # fmt: skip


def taxed(*figures: str) -> list[Decimal]:
    return [D(figure) for figure in figures]
