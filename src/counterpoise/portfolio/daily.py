"""What did each day bring: trades, fees, profit, and from which balance to which?

A day is of the account's time zone and 23 to 25 hours long. Each figure is added up by its own definition; a day
opens where the one before closed, so days sum to the whole exactly. Days on which nothing happened are left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from counterpoise.domain.accounts import AccountId
from counterpoise.domain.errors import InvalidInput
from counterpoise.domain.facts import Fact
from counterpoise.domain.instruments import Symbol
from counterpoise.domain.numbers import ZERO
from counterpoise.domain.time import day_start
from counterpoise.portfolio.history import Happened, History
from counterpoise.portfolio.proof import Cause, rate_of
from counterpoise.portfolio.state import AccountState, Causes


@dataclass(frozen=True, slots=True, kw_only=True)
class Traded:
    """What was traded in one instrument.

    Attributes:
        trades: Executions.
        volume: Units, bought and sold, ≥ 0.
        value: Σ quantity × |price| × multiplier, in `quote`, ≥ 0.
    """

    symbol: Symbol
    quote: str
    trades: int
    volume: Decimal
    value: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class CashBalance:
    """Cash of one asset when the days began and when they ended, in units of it."""

    asset: str
    opening: Decimal
    closing: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class DaySummary:
    """One day, or several days together; account currency unless said otherwise.

    Attributes:
        first, last: The days; the same for one day.
        begins, ends: First instant of `first`, and of the day after `last`.
        trades: Executions.
        value: Σ quantity × |price| × multiplier × rate, ≥ 0.
        fees: Of trades and others; positive is paid.
        realised: Realised P&L, without fees.
        deposits, withdrawals: External flows, each ≥ 0; their difference is the cause `transfer`.
        opening_cash, closing_cash: Σ cash × rate; in a FUTURES account the wallet.
        opening_equity, closing_equity: At the marks recorded by then.
        causes: What changed equity, every cause.
        residual: closing − opening − Σ causes; always exactly 0.
        traded: By symbol.
        cash: By asset.
        unrated: Assets that moved while nobody had stated their rate; they count as nothing until one is.
    """

    first: date
    last: date
    begins: datetime
    ends: datetime
    trades: int
    value: Decimal
    fees: Decimal
    realised: Decimal
    deposits: Decimal
    withdrawals: Decimal
    opening_cash: Decimal
    closing_cash: Decimal
    opening_equity: Decimal
    closing_equity: Decimal
    causes: tuple[tuple[Cause, Decimal], ...]
    residual: Decimal
    traded: tuple[Traded, ...]
    cash: tuple[CashBalance, ...]
    unrated: tuple[str, ...]


@dataclass(slots=True)
class _Figures:
    """The book's running totals at one moment."""

    cash: Decimal
    equity: Decimal
    causes: Causes
    realised: Decimal
    assets: dict[str, Decimal]


@dataclass(slots=True)
class _Day:
    """What is counted while a day goes on; traded is [executions, units, value] by symbol and quote."""

    day: date
    time_zone: str
    opening: _Figures
    traded: dict[tuple[Symbol, str], tuple[int, Decimal, Decimal]] = field(default_factory=dict)
    value: Decimal = ZERO
    deposits: Decimal = ZERO
    withdrawals: Decimal = ZERO
    unrated: set[str] = field(default_factory=set)


def days(account: AccountId, facts: Iterable[Fact]) -> tuple[DaySummary, ...]:
    """Every day on which something happened, oldest first, by what `facts` say together.

    Args:
        account: Whose.
        facts: Its journal, in any order that a journal can have.
    """
    history = History(account, facts)
    state, found, now = history.state, list[DaySummary](), None
    for happened in history.order():
        if now is None or happened.day != now.day:
            if now is not None:
                found.append(_closed(now, history))
            now = _Day(day=happened.day, time_zone=happened.time_zone, opening=_figures(history))
        transfer = state.causes.transfer
        history.take(happened)
        _count(now, state, happened, state.causes.transfer - transfer)
    if now is not None:
        found.append(_closed(now, history))
    return tuple(found)


def of_day(summaries: Sequence[DaySummary], day: date, time_zone: str) -> DaySummary:
    """The summary of one day; one on which nothing happened opens and closes where the last one before it closed.

    Args:
        summaries: As `days` gives them.
        day: Any day since the account's first.
        time_zone: In which it begins.

    Raises:
        InvalidInput: the account had not begun then.
    """
    earlier = [one for one in summaries if one.last <= day]
    if not earlier:
        began = f"a day since {summaries[0].first.isoformat()}" if summaries else "a day of an account that has begun"
        raise InvalidInput("day", day.isoformat(), began)
    last = earlier[-1]
    if last.last == day:
        return last
    return replace(
        last,
        first=day,
        last=day,
        begins=day_start(day, time_zone),
        ends=day_start(day + timedelta(days=1), time_zone),
        trades=0,
        value=ZERO,
        fees=ZERO,
        realised=ZERO,
        deposits=ZERO,
        withdrawals=ZERO,
        opening_cash=last.closing_cash,
        opening_equity=last.closing_equity,
        causes=tuple((cause, ZERO) for cause in Cause),
        residual=ZERO,
        traded=(),
        cash=tuple(replace(one, opening=one.closing) for one in last.cash if one.closing),
        unrated=(),
    )


def together(summaries: Sequence[DaySummary]) -> DaySummary:
    """Several days as one, from the opening of the first to the closing of the last.

    Raises:
        InvalidInput: there is none.
    """
    if not summaries:
        raise InvalidInput("days", "none", "at least one day")
    first, last = summaries[0], summaries[-1]
    causes = {cause: sum((dict(one.causes)[cause] for one in summaries), ZERO) for cause in Cause}
    assets = dict.fromkeys(balance.asset for one in summaries for balance in one.cash)
    return replace(
        first,
        last=last.last,
        ends=last.ends,
        trades=sum(one.trades for one in summaries),
        value=sum((one.value for one in summaries), ZERO),
        fees=sum((one.fees for one in summaries), ZERO),
        realised=sum((one.realised for one in summaries), ZERO),
        deposits=sum((one.deposits for one in summaries), ZERO),
        withdrawals=sum((one.withdrawals for one in summaries), ZERO),
        closing_cash=last.closing_cash,
        closing_equity=last.closing_equity,
        causes=tuple(causes.items()),
        residual=last.closing_equity - first.opening_equity - sum(causes.values(), ZERO),
        traded=_sum_of(item for one in summaries for item in one.traded),
        cash=tuple(_balance(asset, first, last) for asset in sorted(assets)),
        unrated=tuple(sorted({asset for one in summaries for asset in one.unrated})),
    )


def _count(now: _Day, state: AccountState, happened: Happened, flow: Decimal) -> None:
    """Take one fact into the day's own figures; what runs through the whole story is read when the day closes."""
    fact, body = happened.fact, happened.fact.body
    if flow > ZERO:
        now.deposits += flow
    else:
        now.withdrawals -= flow
    moved: tuple[str, ...] = ()
    if fact.kind == "Fill":
        terms = state.instruments[str(fact.instrument)]
        key = terms.symbol, terms.quote
        trades, volume, value = now.traded.get(key, (0, ZERO, ZERO))
        worth = body.quantity * abs(body.price) * terms.multiplier
        now.traded[key] = trades + 1, volume + body.quantity, value + worth
        now.value += worth * rate_of(state, terms.quote)
        moved = (terms.quote, body.fee_asset) if body.fee else (terms.quote,)
    elif fact.kind != "FxRate" and hasattr(body, "asset"):
        moved = (body.asset,)
    for asset in moved:
        if asset not in state.fx and asset != state.base:
            now.unrated.add(asset)


def _figures(history: History) -> _Figures:
    state = history.state
    return _Figures(
        cash=history.recorded.cash_value,
        equity=history.recorded.equity,
        causes=replace(state.causes),
        realised=state.results.realised_total,
        assets=dict(state.cash),
    )


def _closed(now: _Day, history: History) -> DaySummary:
    """The day's summary, the book being as the day left it."""
    opening, closing = now.opening, _figures(history)
    causes = {cause: getattr(closing.causes, cause) - getattr(opening.causes, cause) for cause in Cause}
    cash = (
        CashBalance(asset=asset, opening=opening.assets.get(asset, ZERO), closing=closing.assets[asset])
        for asset in sorted(closing.assets)
    )
    return DaySummary(
        first=now.day,
        last=now.day,
        begins=day_start(now.day, now.time_zone),
        ends=day_start(now.day + timedelta(days=1), now.time_zone),
        trades=sum(trades for trades, _, _ in now.traded.values()),
        value=now.value,
        fees=-causes[Cause.FEE],
        realised=closing.realised - opening.realised,
        deposits=now.deposits,
        withdrawals=now.withdrawals,
        opening_cash=opening.cash,
        closing_cash=closing.cash,
        opening_equity=opening.equity,
        closing_equity=closing.equity,
        causes=tuple(causes.items()),
        residual=closing.equity - opening.equity - sum(causes.values(), ZERO),
        traded=tuple(
            Traded(symbol=symbol, quote=quote, trades=trades, volume=volume, value=value)
            for (symbol, quote), (trades, volume, value) in sorted(now.traded.items())
        ),
        cash=tuple(one for one in cash if one.opening or one.closing),
        unrated=tuple(sorted(now.unrated)),
    )


def _sum_of(items: Iterable[Traded]) -> tuple[Traded, ...]:
    found: dict[tuple[Symbol, str], Traded] = {}
    for item in items:
        known = found.get((item.symbol, item.quote))
        found[item.symbol, item.quote] = (
            item
            if known is None
            else replace(
                known,
                trades=known.trades + item.trades,
                volume=known.volume + item.volume,
                value=known.value + item.value,
            )
        )
    return tuple(found[key] for key in sorted(found))


def _balance(asset: str, first: DaySummary, last: DaySummary) -> CashBalance:
    opening = next((one.opening for one in first.cash if one.asset == asset), ZERO)
    closing = next((one.closing for one in last.cash if one.asset == asset), ZERO)
    return CashBalance(asset=asset, opening=opening, closing=closing)
