"""What is an account, on which terms does it trade, and who acts on it?"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum

from counterpoise.domain.errors import InvalidFact
from counterpoise.domain.numbers import ONE, ZERO

AccountId = str
StrategyName = str

UNASSIGNED: StrategyName = "unassigned"

STATEMENT_VENUE = "statement"
"""Venue of an account that is fed by statements or by hand: it never trades, and knows an instrument at first sight."""

BALANCE_AGE_MAX = timedelta(seconds=60)
"""Age up to which a confirmed balance may approve an order that adds risk, unless the account's terms say otherwise."""

_ASSET = re.compile(r"[A-Z0-9]{2,10}", re.ASCII)


class AccountKind(StrEnum):
    """How equity is made up (CASH and MARGIN hold what they buy, FUTURES holds a wallet and bets)."""

    CASH = "CASH"
    MARGIN = "MARGIN"
    FUTURES = "FUTURES"


class LotMethod(StrEnum):
    """Which lots a sale closes first."""

    FIFO = "FIFO"
    LIFO = "LIFO"
    HIFO = "HIFO"
    AVERAGE = "AVERAGE"
    SPECIFIC = "SPECIFIC"


class TradingMode(StrEnum):
    """Whose money it is; the first letter, in lower case, begins every client order id."""

    PAPER = "PAPER"
    LIVE = "LIVE"

    @property
    def letter(self) -> str:
        """`p` or `l`: the first character of every client order id."""
        return self.value[0].lower()


class Scope(StrEnum):
    """What an actor may do, each including the ones before it."""

    READ = "read"
    PROPOSE = "propose"
    TRADE = "trade"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who gives a command.

    Attributes:
        name: `owner`, a strategy's name, or `system` for timers and answers from outside.
        scope: The most the actor may do.
        fresh: Whether the actor proved who it is at most 15 minutes ago.
    """

    name: str
    scope: Scope
    fresh: bool = False


OWNER = Actor(name="owner", scope=Scope.ADMIN)
"""Who runs the process on this machine; fresh only where something has just checked who it is."""

SYSTEM = Actor(name="system", scope=Scope.TRADE)
# What the control plane does by itself; it can never un-halt, raise a limit or approve (fresh is False).


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountTerms:
    """What changes how an account's facts are folded.

    Attributes:
        base_currency: The asset that every bare Decimal of the account is in.
        time_zone: IANA zone in which its trading days begin.
        lot_method: AVERAGE for FUTURES (as the venues do), FIFO otherwise, unless stated.
        venue: Name of the venue that prices and executes; instruments of another venue are refused.
        initial_margin_rate: Fraction of gross exposure that a MARGIN account must hold.
        fee_rate: Fraction of an order's value that the venue charges; counted before an order is sent.
        balance_age_max_seconds: Age up to which a confirmed balance may approve an order that adds risk, > 0;
            None is BALANCE_AGE_MAX.
    """

    kind: AccountKind
    base_currency: str
    time_zone: str
    venue: str
    mode: TradingMode
    lot_method: LotMethod
    initial_margin_rate: Decimal = Decimal("0.5")
    fee_rate: Decimal = ZERO
    balance_age_max_seconds: int | None = None

    def __post_init__(self) -> None:
        """Refuse a currency that is no asset code, and rates that are no fractions."""
        if not is_asset(self.base_currency):
            raise InvalidFact("base_currency", self.base_currency, "an asset code such as USD")
        if not ZERO < self.initial_margin_rate <= ONE:
            raise InvalidFact("initial_margin_rate", str(self.initial_margin_rate), "a fraction above 0, at most 1")
        if not ZERO <= self.fee_rate < ONE:
            raise InvalidFact("fee_rate", str(self.fee_rate), "a fraction from 0 to below 1")
        if self.balance_age_max_seconds is not None and self.balance_age_max_seconds <= 0:
            raise InvalidFact("balance_age_max_seconds", str(self.balance_age_max_seconds), "whole seconds above 0")

    @property
    def balance_age_max(self) -> timedelta:
        """Age up to which a confirmed balance may approve an order that adds risk."""
        seconds = self.balance_age_max_seconds
        return BALANCE_AGE_MAX if seconds is None else timedelta(seconds=seconds)

    @property
    def trades(self) -> bool:
        """Whether orders can go anywhere."""
        return self.venue != STATEMENT_VENUE


def is_asset(text: str) -> bool:
    """Whether `text` is an asset code such as USD."""
    return _ASSET.fullmatch(text) is not None


def lot_method_of(kind: AccountKind) -> LotMethod:
    """The lot method that an account of this kind has unless it states another."""
    return LotMethod.AVERAGE if kind is AccountKind.FUTURES else LotMethod.FIFO


@dataclass(frozen=True, slots=True, kw_only=True)
class StrategyShare:
    """The part of a moved quantity or amount that belongs to one strategy, in the unit of the whole."""

    strategy: StrategyName
    amount: Decimal


def shares_or_unassigned(shares: tuple[StrategyShare, ...], whole: Decimal) -> tuple[StrategyShare, ...]:
    """The stated shares, or the whole for `unassigned`.

    Raises:
        InvalidFact: the shares do not sum to the whole exactly, or one strategy stands twice.
    """
    if not shares:
        return (StrategyShare(strategy=UNASSIGNED, amount=whole),)
    names = [share.strategy for share in shares]
    if sum((share.amount for share in shares), ZERO) != whole or len(dict.fromkeys(names)) != len(names):
        raise InvalidFact("strategy_shares", [(s.strategy, str(s.amount)) for s in shares], f"parts of {whole} exactly")
    return shares
