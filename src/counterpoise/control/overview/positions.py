"""Which positions are shown, and what do they add up to?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from counterpoise.control.overview.moment import Moment
from counterpoise.domain.instruments import CASH_SYMBOL, Instrument, InstrumentId, Symbol
from counterpoise.domain.numbers import ZERO, canonical, percent_half_even_10
from counterpoise.domain.orders import PositionSide
from counterpoise.messages.overview import CashRow, PositionRow, Positions, PositionSum
from counterpoise.portfolio.proof import rate_of
from counterpoise.portfolio.snapshot import Quality
from counterpoise.portfolio.state import Holding
from counterpoise.portfolio.today import position_pnl, seen_at
from counterpoise.portfolio.valuation import Line

ROWS_MAX = 50
DIGITS_SHOWN = 4
"""Places of a price or quantity on a screen, at most."""

UNKNOWN_SECTOR = "unknown"


def positions(moment: Moment) -> Positions:
    """Rows by value, what does not fit as one, cash, and the total of all."""
    view = moment.view
    day = seen_at(view.state, view.book.valuation, moment.now)
    held: list[tuple[Holding, Line]] = []
    for key, holding in view.state.holdings.items():
        line = view.live.line(key)
        if line is not None and holding.quantity:
            held.append((holding, line))
    held.sort(key=lambda pair: (-abs(pair[1].value), pair[0].instrument))
    gains = {holding.instrument: position_pnl(day, holding.instrument, line.value) for holding, line in held}
    series = _series(moment)
    shown_now, rest = held[:ROWS_MAX], held[ROWS_MAX:]
    equity, cash = view.live.equity, view.live.equity - view.live.market_value
    return Positions(
        rows=tuple(_row(moment, holding, line, gains[holding.instrument], series) for holding, line in shown_now),
        others=_sum(moment, rest, gains) if rest else None,
        cash=CashRow(value=cash, weight_pct=moment.share_pct(cash), note=f"{view.state.base}, settled"),
        total=replace(_sum(moment, held, gains), value=equity, weight_pct=moment.share_pct(equity)),
    )


def _row(moment: Moment, holding: Holding, line: Line, gain: Decimal, series: Mapping[Symbol, int]) -> PositionRow:
    view = moment.view
    instrument = view.state.instruments[holding.instrument]
    wanted = moment.wanted.get(instrument.symbol)
    unrealised = line.value - holding.cost * rate_of(view.state, instrument.quote)
    base = line.value - gain
    return PositionRow(
        symbol=instrument.symbol,
        label="" if instrument.sector == UNKNOWN_SECTOR else instrument.sector,
        side=PositionSide.LONG if holding.quantity > ZERO else PositionSide.SHORT,
        quantity=abs(holding.quantity),
        price=line.price if line.at is not None else None,
        value=line.value,
        weight_pct=moment.share_pct(line.value),
        target_pct=wanted.target_pct if wanted else None,
        drift_points=wanted.drift_points if wanted else None,
        beyond_band=wanted.beyond if wanted else False,
        pnl_today=gain,
        pnl_today_pct=percent_half_even_10(gain, abs(base)) if base else None,
        pnl_open=unrealised,
        marked_at=_marked_at(moment, holding.instrument, line),
        quality=Quality.STALE if holding.instrument in moment.interval.stale else Quality.EXACT,
        price_digits=_price_digits(instrument, line.price),
        quantity_digits=min(_places(instrument.lot), DIGITS_SHOWN),
        series=series[instrument.symbol],
    )


def _marked_at(moment: Moment, instrument: InstrumentId, line: Line) -> datetime | None:
    """When its price was heard, on the machine's clock; before anything was heard, the mark's own time."""
    return moment.watch.pulse.heard_at(instrument) or line.at


def _sum(moment: Moment, held: list[tuple[Holding, Line]], gains: Mapping[InstrumentId, Decimal]) -> PositionSum:
    value = sum((line.value for _, line in held), ZERO)
    state = moment.view.state
    open_pnl = ZERO
    for holding, line in held:
        open_pnl += line.value - holding.cost * rate_of(state, state.instruments[holding.instrument].quote)
    return PositionSum(
        count=len(held),
        value=value,
        weight_pct=moment.share_pct(value),
        pnl_today=sum((gains[holding.instrument] for holding, _ in held), ZERO),
        pnl_open=open_pnl,
    )


def _series(moment: Moment) -> dict[Symbol, int]:
    """A colour for each symbol: targets in their order, then the rest by name."""
    state = moment.view.state
    wanted = [target.symbol for _, said in sorted(state.targets.items()) for target in said.targets]
    held = sorted(state.instruments[key].symbol for key in state.holdings)
    order = dict.fromkeys(symbol for symbol in (*wanted, *held) if symbol != CASH_SYMBOL)
    return {symbol: place for place, symbol in enumerate(order)}


def _price_digits(instrument: Instrument, price: Decimal) -> int:
    places = _places(instrument.tick) if instrument.tick is not None else _places(canonical(price))
    return min(max(places, 2), DIGITS_SHOWN)


def _places(value: Decimal) -> int:
    exponent = value.as_tuple().exponent
    assert isinstance(exponent, int), "finite"
    return max(-exponent, 0)
