"""How much is there, who says so, how old is that, and what may be done on it? Chooses among readings of one account.

Every figure is a source's own; none is a constant, and none is more trusted than what it was derived from.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from counterpoise.domain.accounts import BALANCE_AGE_MAX, AccountId, TradingMode
from counterpoise.domain.balances import (
    Balance,
    BalanceDetails,
    BalanceSource,
    Confidence,
    Failed,
    Said,
    UsableFor,
)
from counterpoise.domain.errors import InvalidInput, PortfolioError
from counterpoise.domain.numbers import ZERO, plain
from counterpoise.domain.statements import Break, BreakKind
from counterpoise.domain.time import CLOCK_SKEW_MAX

AUTO = "auto"

TOLERANCE = Decimal("0.01")
"""Account currency; up to and including this a venue's rounding may explain that two sources differ."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What one source says, account currency.

    Attributes:
        cash: The wallet in a FUTURES account; may be negative in a MARGIN account.
        as_of: The source's own time of it.
        reconciled_at: Of the ledger: when it last agreed with the venue.
        equity, buying_power, reserved, settled_cash: None where the source cannot say.
        settled_rule: How `settled_cash` was found.
    """

    source: BalanceSource
    cash: Decimal
    as_of: datetime
    reconciled_at: datetime | None = None
    equity: Decimal | None = None
    buying_power: Decimal | None = None
    reserved: Decimal | None = None
    settled_cash: Decimal | None = None
    settled_rule: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What is known of the account beside its readings.

    Attributes:
        moved_at: When money last moved in the ledger; a reading of before says nothing about after.
        breaks: Open differences with the venue.
        age_max: Age up to which a confirmed balance may approve an order that adds risk.
        tolerance: Account currency.
        trades: Whether orders can go anywhere; an account fed by statements or by hand never trades.
    """

    account: AccountId
    currency: str
    venue: str
    mode: TradingMode
    moved_at: datetime | None = None
    breaks: tuple[Break, ...] = ()
    age_max: timedelta = BALANCE_AGE_MAX
    tolerance: Decimal = TOLERANCE
    trades: bool = True

    @property
    def cash_breaks(self) -> tuple[Break, ...]:
        """Breaks of cash, which stop new risk in the whole account."""
        return tuple(item for item in self.breaks if item.kind is BreakKind.CASH)


def source_of(text: str) -> BalanceSource | None:
    """The source that was asked for, None for `auto`.

    Raises:
        InvalidInput: there is no such source.
    """
    if text == AUTO:
        return None
    if text not in tuple(BalanceSource):
        raise InvalidInput("source", text, f"one of {', '.join((AUTO, *BalanceSource))}")
    return BalanceSource(text)


def age_of(at: datetime, now: datetime) -> timedelta:
    """How old what was true at `at` is; a clock ahead of ours makes nothing younger than now."""
    return max(now - at, timedelta(0))


def is_fresh(at: datetime | None, now: datetime, age_max: timedelta) -> bool:
    """Whether `at` is at most `age_max` ago; a time too far ahead of our clock is no proof of youth."""
    return at is not None and -CLOCK_SKEW_MAX <= now - at <= age_max


def trust(reading: Reading, standing: Standing, now: datetime) -> tuple[Confidence, UsableFor]:
    """How far a reading can be trusted and what it may approve: the one table of both.

    A break of cash takes away TRADE from every source: nothing is silently chosen.
    """
    match reading.source:
        case BalanceSource.BROKER:
            fresh = is_fresh(reading.as_of, now, standing.age_max)
            confidence = Confidence.HIGH if fresh else Confidence.MEDIUM
            blocked = bool(standing.cash_breaks)
        case BalanceSource.LEDGER:
            fresh = is_fresh(reading.reconciled_at, now, standing.age_max)
            confidence, blocked = Confidence.MEDIUM, bool(standing.breaks)
        case BalanceSource.HISTORY:
            fresh, confidence, blocked = False, Confidence.MEDIUM, False
        case BalanceSource.OPENING:
            return Confidence.LOW, UsableFor.DISPLAY
    return confidence, UsableFor.TRADE if fresh and not blocked and standing.trades else UsableFor.REDUCE


def get_current_balance(
    readings: Mapping[BalanceSource, Reading | Failed],
    standing: Standing,
    now: datetime,
    source: str = AUTO,
) -> Balance:
    """The balance by the source asked for; `auto` takes the first of broker, ledger, history, opening that answers.

    Args:
        readings: What each source that was asked says. One that is not here was not asked.
        standing: What else is known of the account.
        now: The time of asking.
        source: `auto` or the name of a source.

    Raises:
        InvalidInput: there is no such source.
        PortfolioError: that source says nothing (another is never put in its place), or no source does.
    """
    wanted = source_of(source)
    order = tuple(BalanceSource) if wanted is None else (wanted,)
    failed: list[Failed] = []
    for name in order:
        found = readings.get(name, Failed(source=name, why="it was not asked"))
        if isinstance(found, Reading):
            return _balance(found, readings, standing, now, tuple(failed))
        failed.append(found)
    said = "; ".join(f"{item.source}: {item.why}" for item in failed)
    context = {"module": "balances", "operation": "get_current_balance", "correlation_id": standing.account}
    raise PortfolioError(f"no balance of account {standing.account} from {said}", context)


def _balance(
    reading: Reading,
    readings: Mapping[BalanceSource, Reading | Failed],
    standing: Standing,
    now: datetime,
    failed: tuple[Failed, ...],
) -> Balance:
    confidence, usable_for = trust(reading, standing, now)
    differ = _disagreement(readings, standing)
    if differ and usable_for is UsableFor.TRADE:
        usable_for = UsableFor.REDUCE  # also before the difference was read twice and is a break
    age = age_of(reading.as_of, now)
    return Balance(
        amount=reading.cash,
        currency=standing.currency,
        source=reading.source,
        as_of=reading.as_of,
        age=age,
        confidence=confidence,
        usable_for=usable_for,
        cash=reading.cash,
        equity=reading.equity,
        buying_power=reading.buying_power,
        reserved=reading.reserved,
        settled_cash=reading.settled_cash,
        details=BalanceDetails(
            account=standing.account,
            venue=standing.venue,
            mode=standing.mode,
            paper=standing.trades and standing.mode is TradingMode.PAPER,
            why=_why(reading, standing, now, usable_for, differ),
            breaks=standing.breaks,
            disagreement=differ,
            others=tuple(
                Said(source=other.source, amount=other.cash, as_of=other.as_of)
                for other in (readings.get(name) for name in BalanceSource)
                if isinstance(other, Reading) and other is not reading
            ),
            failed=failed,
            settled_rule=reading.settled_rule,
            reconciled_at=reading.reconciled_at,
        ),
    )


def _disagreement(readings: Mapping[BalanceSource, Reading | Failed], standing: Standing) -> str:
    """Where two sources differ about one moment; a statement of before the ledger's last move is about another one."""
    broker, ledger = readings.get(BalanceSource.BROKER), readings.get(BalanceSource.LEDGER)
    history = readings.get(BalanceSource.HISTORY)
    pairs: list[tuple[Reading, Reading]] = []
    if isinstance(ledger, Reading) and isinstance(history, Reading):
        pairs.append((ledger, history))
    if isinstance(ledger, Reading) and isinstance(broker, Reading):
        same_moment = standing.moved_at is None or standing.moved_at <= broker.as_of
        pairs += [(ledger, broker)] if same_moment else []
    return "; ".join(
        f"{one.source} {plain(one.cash)}, {other.source} {plain(other.cash)}, "
        f"{one.source} minus {other.source} {plain(one.cash - other.cash)}"
        for one, other in pairs
        if abs(one.cash - other.cash) > max(standing.tolerance, ZERO)
    )


def _why(reading: Reading, standing: Standing, now: datetime, usable_for: UsableFor, differ: str) -> str:
    """What the balance may be used for, in one sentence."""
    if usable_for is UsableFor.TRADE:
        return "confirmed by the venue and young enough: any order may be approved on it"
    if usable_for is UsableFor.DISPLAY:
        return "with what the account began: to be shown, nothing is approved on it"
    return f"{_lack(reading, standing, now, differ)}: only reductions may be approved on it"


def _lack(reading: Reading, standing: Standing, now: datetime, differ: str) -> str:
    """Why the balance may not add risk."""
    limit = f"{int(standing.age_max.total_seconds())} s"
    ledger = reading.source is BalanceSource.LEDGER
    lacks = (
        (bool(differ or standing.cash_breaks), "the sources differ"),
        (not standing.trades, "the account has no venue to trade at"),
        (reading.source is BalanceSource.HISTORY, "computed from the recorded trades, which no venue has confirmed"),
        (now - reading.as_of < -CLOCK_SKEW_MAX, "dated ahead of our clock"),
        (not ledger, f"the venue's figures are older than {limit}"),
        (bool(standing.breaks), "ledger and venue differ"),
        (reading.reconciled_at is None, "never compared with the venue"),
    )
    return next((text for holds, text in lacks if holds), f"last compared with the venue more than {limit} ago")
