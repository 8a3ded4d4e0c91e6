"""Which five figures stand at the head, and how sure is each?"""

from __future__ import annotations

from decimal import Decimal

from counterpoise.control.overview.moment import Moment
from counterpoise.control.runs import free_cash
from counterpoise.domain.numbers import ZERO, percent_half_even_10
from counterpoise.messages.overview import CashFigure, DayFigure, DrawdownFigure, EquityFigure, ExposureFigure, Figures
from counterpoise.messages.readmodels import LEDGER_AND_MARKS
from counterpoise.messages.sentences import listed
from counterpoise.portfolio import drawdown
from counterpoise.portfolio.snapshot import Quality
from counterpoise.portfolio.today import Today, today


def figures(moment: Moment) -> Figures:
    """The figures at the live marks; what depends on a stale mark says so."""
    view = moment.view
    day = today(view.state, view.book.valuation, view.live, moment.now)
    return Figures(
        as_of=moment.now,
        equity=_equity(moment, day),
        pnl_today=_pnl_today(moment, day),
        drawdown=_drawdown(moment),
        net_exposure=_net_exposure(moment),
        free_cash=_free_cash(moment),
    )


def _equity(moment: Moment, day: Today) -> EquityFigure:
    low, high = _range(moment, moment.interval.value)
    return EquityFigure(
        value=moment.interval.value,
        unit=moment.view.state.base,
        as_of=moment.now,
        source=LEDGER_AND_MARKS,
        quality=Quality.EXACT if moment.interval.is_exact else Quality.INTERVAL,
        low=low,
        high=high,
        reason=_why_not_exact(moment),
        day_open=day.day_open,
        transfers_today=day.transfers,
    )


def _pnl_today(moment: Moment, day: Today) -> DayFigure:
    low, high = _range(moment, day.pnl)
    return DayFigure(
        value=day.pnl,
        unit=moment.view.state.base,
        as_of=moment.now,
        source=LEDGER_AND_MARKS,
        quality=Quality.EXACT if moment.interval.is_exact else Quality.INTERVAL,
        low=low,
        high=high,
        reason=_why_not_exact(moment),
        pct=percent_half_even_10(day.pnl, day.capital) if day.capital > ZERO else None,
        price=day.price,
        fees=day.fees,
        other=day.other,
        residual=day.residual,
    )


def _drawdown(moment: Moment) -> DrawdownFigure:
    view, state = moment.view, moment.view.state
    book = drawdown.seen_at(state.drawdown, view.book.valuation.equity, moment.now, state.opened.time_zone)
    seen = drawdown.metrics(book, view.live.equity, moment.now)
    value = drawdown.drawdown_pct(book.ever, view.live.equity)
    return DrawdownFigure(
        value=value,
        unit="%",
        as_of=moment.now,
        source=LEDGER_AND_MARKS,
        quality=_sure(moment),
        low=None,
        high=None,
        reason="no equity yet" if value is None else _why_not_exact(moment),
        peak_equity=seen.peak_equity,
        daily_pct=seen.daily_drawdown_pct,
        weekly_pct=seen.weekly_drawdown_pct,
        max_pct=seen.max_drawdown_pct,
    )


def _net_exposure(moment: Moment) -> ExposureFigure:
    live = moment.view.live
    value = moment.share_pct(live.net)
    return ExposureFigure(
        value=value,
        unit="%",
        as_of=moment.now,
        source=LEDGER_AND_MARKS,
        quality=_sure(moment),
        low=None,
        high=None,
        reason="no equity to be a share of" if value is None else _why_not_exact(moment),
        net=live.net,
        long=live.long,
        short=live.short,
        gross=live.gross,
    )


def _free_cash(moment: Moment) -> CashFigure:
    view = moment.view
    cash, free = view.book.valuation.cash_value, free_cash(view)
    trust, agreement = moment.watch.pulse.trust(moment.watch.wall.now())
    return CashFigure(
        value=free,
        unit=view.state.base,
        as_of=moment.now,
        source="ledger",
        quality=Quality.EXACT,
        low=None,
        high=None,
        reason=None,
        cash=cash,
        reserved=cash - free,
        trust=trust,
        agreement=agreement,
    )


def _sure(moment: Moment) -> Quality:
    """Of a ratio that depends on marks: it has no honest range, so it is exact or stale."""
    return Quality.EXACT if moment.interval.is_exact else Quality.STALE


def _range(moment: Moment, value: Decimal) -> tuple[Decimal | None, Decimal | None]:
    """How far a sum that depends on marks may be off, as equity may; nothing while it is exact."""
    interval = moment.interval
    if interval.is_exact:
        return None, None
    low = None if interval.low is None else value - (interval.value - interval.low)
    high = None if interval.high is None else value + (interval.high - interval.value)
    return low, high


def _why_not_exact(moment: Moment) -> str | None:
    """Which prices or rates are missing, in one sentence."""
    instruments = moment.view.state.instruments
    stale = [instruments[key].symbol for key in moment.interval.stale]
    parts = [f"{listed(stale)}: no fresh price"] if stale else []
    return "; ".join([*parts, *(f"{asset}: no rate" for asset in moment.interval.unrated)]) or None
