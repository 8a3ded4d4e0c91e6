"""Why did equity change, and is that all of it?

Every fact adds to causes by the definition of its own cause, for the account and for each strategy; none is
computed as what the others leave over. The proof then compares their sum with the equity that is there: the
residual is exactly zero, or a cause was missed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from operator import attrgetter
from types import MappingProxyType

from counterpoise.domain.accounts import AccountKind, StrategyName
from counterpoise.domain.instruments import InstrumentId
from counterpoise.domain.numbers import ONE, ZERO
from counterpoise.portfolio.state import AccountState, Causes, StrategyBook


class Cause(StrEnum):
    """The fields of `Causes`; each is the change of equity that it made, account currency, signed."""

    PRICE = "price"
    FEE = "fee"
    FUNDING = "funding"
    DIVIDEND = "dividend"
    INTEREST = "interest"
    FX = "fx"
    TRANSFER = "transfer"
    ROUNDING = "rounding"
    CORRECTION = "correction"


_ALL = attrgetter(*(cause.value for cause in Cause))


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """Equity and its causes, account currency.

    Attributes:
        strategy: Whose; empty for the whole account.
        causes: (cause, change of equity) for every cause.
        equity_change: Equity − equity at the opening of the account, which is zero.
        residual: equity_change − Σ causes; always exactly 0.
    """

    strategy: StrategyName
    causes: tuple[tuple[Cause, Decimal], ...]
    equity_change: Decimal
    residual: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Equity and what had made it by one instant, account currency.

    Attributes:
        strategies: Name → its own equity and causes; their equities sum to the account's.
    """

    equity: Decimal
    causes: Causes
    strategies: Mapping[StrategyName, tuple[Decimal, Causes]]


@dataclass(frozen=True, slots=True, kw_only=True)
class EquityChange:
    """What changed equity between two instants, account currency.

    Attributes:
        strategy: Whose; empty for the whole account.
        causes: (cause, change of equity) for every cause.
        residual: after − before − Σ causes; always exactly 0.
    """

    strategy: StrategyName
    before: Decimal
    after: Decimal
    causes: tuple[tuple[Cause, Decimal], ...]
    residual: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofBetween:
    """The proof of an account between two instants, and of each strategy in it.

    Attributes:
        strategies: By name.
        unshared: What the account gained and no strategy did, equity and each cause; always exactly 0.
    """

    account: EquityChange
    strategies: tuple[EquityChange, ...]
    unshared: Decimal


def add(state: AccountState, strategy: StrategyName, cause: Cause, amount: Decimal) -> None:
    """Add a change of equity, account currency, to its cause: the account's and the strategy's."""
    name = cause._value_  # the property costs more than the sum
    whole, own = state.causes, book_of(state, strategy).causes
    setattr(whole, name, getattr(whole, name) + amount)
    setattr(own, name, getattr(own, name) + amount)


def book_of(state: AccountState, strategy: StrategyName) -> StrategyBook:
    """The strategy's book; a strategy is known from the first fact that names it."""
    book = state.strategies.get(strategy)
    if book is None:
        book = state.strategies[strategy] = StrategyBook()
    return book


def rate_of(state: AccountState, asset: str) -> Decimal:
    """Base currency per unit of `asset`; zero until somebody states a rate (the interval then has an open end)."""
    return ONE if asset == state.opened.base_currency else state.fx.get(asset, ZERO)


def price_of(state: AccountState, instrument: InstrumentId) -> Decimal:
    """The recorded mark, or the stated entry price of an adopted position that has none, quote currency."""
    mark = state.marks.get(instrument)
    return mark.price if mark is not None else state.stated.get(instrument, ZERO)


def worth_in(state: AccountState, asset: str) -> Decimal:
    """What the account has that is priced in `asset`, in units of it: cash + market value (FUTURES: − cost)."""
    total = state.cash.get(asset, ZERO)
    futures = state.opened.kind is AccountKind.FUTURES
    for holding in state.holdings.values():
        terms = state.instruments[holding.instrument]
        if terms.quote == asset:
            total += holding.quantity * price_of(state, holding.instrument) * terms.multiplier
            total -= holding.cost if futures else ZERO
    return total


def strategy_worth_in(state: AccountState, strategy: StrategyName, asset: str) -> Decimal:
    """The strategy's part of `worth_in`: its cash + its units at their marks, in units of `asset`."""
    book = state.strategies.get(strategy)
    total = book.cash.get(asset, ZERO) if book else ZERO
    for holding in state.holdings.values():
        units = holding.owners.get(strategy, ZERO)
        if units:
            terms = state.instruments[holding.instrument]
            if terms.quote == asset:
                total += units * price_of(state, holding.instrument) * terms.multiplier
    return total


def equity_of(state: AccountState) -> Decimal:
    """The account's equity at its recorded marks, added up anew, account currency."""
    return sum((worth_in(state, asset) * rate_of(state, asset) for asset in _assets(state)), ZERO)


def strategy_equity(state: AccountState, strategy: StrategyName) -> Decimal:
    """The strategy's own equity at the recorded marks, account currency; those of all strategies sum to the account."""
    worths = (strategy_worth_in(state, strategy, asset) * rate_of(state, asset) for asset in _assets(state))
    return sum(worths, ZERO)


def proof(state: AccountState, equity: Decimal) -> Proof:
    """The proof of the account's `equity` at its recorded marks."""
    return _proof("", state.causes, equity - state.equity_at_open)


def strategy_proof(state: AccountState, strategy: StrategyName) -> Proof:
    """The same proof for one strategy's own equity."""
    book = state.strategies.get(strategy)
    return _proof(strategy, book.causes if book else Causes(), strategy_equity(state, strategy))


def standing(state: AccountState, equity: Decimal) -> Standing:
    """What a proof needs of this moment; `equity` is the account's at its recorded marks."""
    books = {
        name: (strategy_equity(state, name), replace(book.causes)) for name, book in sorted(state.strategies.items())
    }
    return Standing(equity=equity, causes=replace(state.causes), strategies=MappingProxyType(books))


def proof_between(before: Standing, after: Standing) -> ProofBetween:
    """The proof of what changed from one moment to a later one of the same story."""
    nothing = (ZERO, Causes())
    account = _change("", (before.equity, before.causes), (after.equity, after.causes))
    strategies = tuple(
        _change(name, before.strategies.get(name, nothing), own) for name, own in after.strategies.items()
    )
    # Sums of magnitudes: what one cause has too much must not hide what another has too little.
    unshared = abs(account.after - account.before - sum((one.after - one.before for one in strategies), ZERO))
    for number, (_, amount) in enumerate(account.causes):
        unshared += abs(amount - sum((one.causes[number][1] for one in strategies), ZERO))
    return ProofBetween(account=account, strategies=strategies, unshared=unshared)


def total(causes: Causes) -> Decimal:
    """Σ causes, account currency."""
    return sum(_ALL(causes), ZERO)


def _proof(strategy: StrategyName, causes: Causes, change: Decimal) -> Proof:
    amounts: tuple[Decimal, ...] = _ALL(causes)
    return Proof(
        strategy=strategy,
        causes=tuple(zip(Cause, amounts, strict=True)),
        equity_change=change,
        residual=change - sum(amounts, ZERO),
    )


def _change(strategy: StrategyName, before: tuple[Decimal, Causes], after: tuple[Decimal, Causes]) -> EquityChange:
    amounts = [late - early for early, late in zip(_ALL(before[1]), _ALL(after[1]), strict=True)]
    return EquityChange(
        strategy=strategy,
        before=before[0],
        after=after[0],
        causes=tuple(zip(Cause, amounts, strict=True)),
        residual=after[0] - before[0] - sum(amounts, ZERO),
    )


def _assets(state: AccountState) -> list[str]:
    """Every asset that the account has cash or prices in."""
    quotes = (state.instruments[identity].quote for identity in state.holdings)
    spent = (asset for book in state.strategies.values() for asset in book.cash)
    return list(dict.fromkeys([*state.cash, *quotes, *spent]))
