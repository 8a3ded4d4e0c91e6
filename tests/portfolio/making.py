"""Facts for tests, in the words of a trader: `Story` numbers them and keeps the time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from counterpoise.domain.accounts import (
    AccountKind,
    AccountTerms,
    LotMethod,
    StrategyShare,
    TradingMode,
    lot_method_of,
)
from counterpoise.domain.facts import (
    AccountOpened,
    Body,
    Fact,
    Fill,
    FxRate,
    InstrumentDefined,
    MarkReason,
    MarksRecorded,
    OrderIntended,
)
from counterpoise.domain.instruments import Instrument, instrument_id
from counterpoise.domain.marks import Mark
from counterpoise.domain.numbers import ONE, ZERO
from counterpoise.domain.orders import OrderIntent, Side
from counterpoise.portfolio.fold import Book
from counterpoise.portfolio.valuation import Valuation

D = Decimal
VENUE = "paper"
START = datetime(2024, 1, 3, 9, tzinfo=UTC)  # a Wednesday
Shares = dict[str, str]


def terms(kind: AccountKind, *, base: str = "USD", zone: str = "UTC", method: LotMethod | None = None) -> AccountTerms:
    return AccountTerms(
        kind=kind,
        base_currency=base,
        time_zone=zone,
        venue=VENUE,
        mode=TradingMode.PAPER,
        lot_method=method or lot_method_of(kind),
    )


def instrument(
    symbol: str, quote: str = "USD", multiplier: str = "1", sector: str = "unknown", *, negative: bool = False
) -> Instrument:
    return Instrument(
        instrument_id=instrument_id(VENUE, symbol),
        symbol=symbol,
        venue=VENUE,
        quote=quote,
        multiplier=D(multiplier),
        sector=sector,
        negative_price_allowed=negative,
    )


def mark(symbol: str, price: str, at: datetime = START) -> Mark:
    return Mark(instrument=instrument_id(VENUE, symbol), price=D(price), at=at)


class Story:
    """A book with the facts that made it."""

    def __init__(
        self,
        kind: AccountKind = AccountKind.CASH,
        *symbols: str,
        base: str = "USD",
        zone: str = "UTC",
        method: LotMethod | None = None,
    ) -> None:
        self.at = START
        self.together = False  # whether what is told from now on happens at one instant
        self.base = base
        self.facts: list[Fact] = []
        self.book = Book.open("main")
        self.tell(AccountOpened(name="Main", terms=terms(kind, base=base, zone=zone, method=method)))
        for symbol in symbols:
            self.tell(InstrumentDefined(instrument=instrument(symbol, base)))

    def fact(
        self, body: Body, symbol: str | None = None, shares: Shares | None = None, *, epoch: int = 1, name: str = ""
    ) -> Fact:
        sequence = len(self.facts) + 1
        return Fact(
            account="main",
            sequence=sequence,
            epoch=epoch,
            fact_id=name or f"f{sequence}",
            kind=type(body).__name__,
            schema=1,
            occurred_at=self.now,
            recorded_at=self.now,
            source="test",
            actor="system",
            correlation_id=f"c{sequence}",
            causation_id="",
            instrument=instrument_id(VENUE, symbol) if symbol else None,
            strategy_shares=tuple(
                StrategyShare(strategy=name, amount=D(amount)) for name, amount in (shares or {}).items()
            ),
            body=body,
        )

    def tell(
        self, body: Body, symbol: str | None = None, shares: Shares | None = None, *, epoch: int = 1, name: str = ""
    ) -> Fact:
        fact = self.fact(body, symbol, shares, epoch=epoch, name=name)
        self.book.apply(fact)
        self.facts.append(fact)
        return fact

    def fill(
        self,
        side: str,
        symbol: str,
        quantity: str,
        price: str,
        fee: str = "0",
        fee_asset: str = "",
        order: str = "",
        shares: Shares | None = None,
    ) -> Fact:
        body = Fill(
            fill_id=f"x{len(self.facts)}",
            client_order_id=order,
            side=Side(side),
            quantity=D(quantity),
            price=D(price),
            fee=D(fee),
            fee_asset=fee_asset or self.base,
        )
        return self.tell(body, symbol, shares)

    def marks(self, reason: MarkReason = MarkReason.DECISION, **prices: str) -> Fact:
        made = tuple(mark(symbol, price, self.now) for symbol, price in prices.items())
        return self.tell(MarksRecorded(reason=reason, marks=made))

    def rate(self, asset: str, rate: str) -> Fact:
        return self.tell(FxRate(asset=asset, rate=D(rate)))

    def intend(self, order: OrderIntent, epoch: int = 1) -> Fact:
        return self.tell(OrderIntended(intent=order, decision="d"), epoch=epoch)

    def later(self, **span: int) -> None:
        self.at += timedelta(**span)

    @property
    def now(self) -> datetime:
        """One fact after the other: those of one instant would be ordered by their kinds, not by who told them."""
        return self.at if self.together else self.at + (len(self.facts) + 1) * timedelta(microseconds=1)

    @property
    def equity(self) -> Decimal:
        return self.book.valuation.equity


def intent(
    identity: str, side: str, symbol: str, quantity: str, *, run: str = "", line: int = 0, risk: str = "0"
) -> OrderIntent:
    return OrderIntent(
        client_order_id=identity,
        instrument=instrument_id(VENUE, symbol),
        symbol=symbol,
        side=Side(side),
        quantity=D(quantity),
        mark=ONE,
        run_id=run,
        line=line,
        risk_amount=D(risk),
    )


def totals(valuation: Valuation) -> dict[str, Decimal]:
    names = ("cash_value", "market_value", "unrealised", "long", "short", "gross", "net", "equity")
    return {name: getattr(valuation, name) for name in names}


__all__ = ["START", "ZERO", "D", "Story", "instrument", "intent", "mark", "terms", "totals"]
