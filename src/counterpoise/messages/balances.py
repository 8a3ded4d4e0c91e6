"""What does a balance look like on the wire? Field names that other programs rely on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from counterpoise.domain.accounts import AccountId
from counterpoise.domain.balances import Balance, BalanceSource, Confidence, Said, UsableFor
from counterpoise.domain.statements import Break
from counterpoise.messages.readmodels import seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class BalanceDetailsMessage:
    """What stands behind a balance; `failed` are sources before the chosen one, with why."""

    venue: str
    mode: str
    paper: bool
    why: str
    breaks: tuple[Break, ...]
    disagreement: str
    others: tuple[Said, ...]
    failed: tuple[str, ...]
    settled_rule: str
    reconciled_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BalanceMessage:
    """How much there is, by whom and of when; `balance` is `amount`, null is what the source cannot say."""

    account: AccountId
    balance: Decimal
    amount: Decimal
    currency: str
    source: BalanceSource
    as_of: datetime
    age_seconds: Decimal
    confidence: Confidence
    usable_for: UsableFor
    cash: Decimal
    equity: Decimal | None
    buying_power: Decimal | None
    reserved: Decimal | None
    settled_cash: Decimal | None
    details: BalanceDetailsMessage


def balance_message(seen: Balance) -> BalanceMessage:
    """The balance for the wire."""
    details = seen.details
    return BalanceMessage(
        account=details.account,
        balance=seen.amount,
        amount=seen.amount,
        currency=seen.currency,
        source=seen.source,
        as_of=seen.as_of,
        age_seconds=seconds(seen.age),
        confidence=seen.confidence,
        usable_for=seen.usable_for,
        cash=seen.cash,
        equity=seen.equity,
        buying_power=seen.buying_power,
        reserved=seen.reserved,
        settled_cash=seen.settled_cash,
        details=BalanceDetailsMessage(
            venue=details.venue,
            mode=str(details.mode),
            paper=details.paper,
            why=details.why,
            breaks=details.breaks,
            disagreement=details.disagreement,
            others=details.others,
            failed=tuple(f"{item.source}: {item.why}" for item in details.failed),
            settled_rule=details.settled_rule,
            reconciled_at=details.reconciled_at,
        ),
    )
