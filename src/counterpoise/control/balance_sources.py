"""What do the sources say that only the journal knows: the whole history folded anew, and how it began?"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from counterpoise.control.balance_book import Readings, balance_of, ledger_reading, readings_of
from counterpoise.control.state import ControlState
from counterpoise.control.verify import replay
from counterpoise.domain.accounts import AccountId
from counterpoise.domain.balances import Balance, BalanceSource, Failed
from counterpoise.domain.facts import Deposit, Fact, OpeningBalance
from counterpoise.domain.numbers import ZERO
from counterpoise.ledger.audit import Auditor
from counterpoise.ledger.balances import AUTO, Reading, source_of
from counterpoise.ledger.journal import Anchor, Journal
from counterpoise.portfolio.fold import Book

OPENING_CASH = "opening cash"
"""Reference of the deposit with which a trading account begins."""

_BEGINNING = frozenset(
    {"AccountOpened", "WriterClaimed", "InstrumentDefined", "LimitsSet", "StrategySet", "TargetsSet", "OpeningBalance"}
)


async def current_balance(
    journal: Journal, state: ControlState, anchors: tuple[Anchor, ...], now: datetime, source: str = AUTO
) -> Balance:
    """The balance by `source`; the journal is read where the state does not hold the answer.

    Raises:
        InvalidInput: there is no such source.
        PortfolioError: that source says nothing, or no source does.
    """
    wanted = source_of(source)
    further: Readings = {}
    if wanted is BalanceSource.HISTORY or (wanted is None and not _answers(readings_of(state, now))):
        further[BalanceSource.HISTORY] = await history(journal, state.account, anchors, now)
    if wanted is BalanceSource.OPENING or (wanted is None and further and not _answers(further)):
        further[BalanceSource.OPENING] = await opening(journal, state.account)
    return balance_of(state, now, source, further)


async def history(journal: Journal, account: AccountId, anchors: tuple[Anchor, ...], now: datetime) -> Reading | Failed:
    """The balance computed anew from every recorded fact, whatever state was kept; as old as the last of them."""
    last: list[datetime] = []

    def note(_book: Book, fact: Fact) -> None:
        last[:] = [max(fact.occurred_at, *last)] if last else [fact.occurred_at]

    replayed, problems = await replay(journal, account, journal.key, anchors, on_folded=note)
    found = (*replayed.report.problems, *problems)
    if found or not last:
        why = found[0] if found else "nothing is recorded"
        return Failed(source=BalanceSource.HISTORY, why=why)
    state = ControlState(account, replayed.book, replayed.sequence, replayed.epoch, replayed.fact_ids)
    return replace(ledger_reading(state, now, last[0], None), source=BalanceSource.HISTORY)


async def opening(journal: Journal, account: AccountId) -> Reading | Failed:
    """With what the account began, by its own date; an account that began with nothing began with 0."""
    auditor = Auditor(journal.key, account, ())
    base, cash = "", ZERO
    began: datetime | None = None
    async for entry in journal.read(account):
        fact = auditor.check(entry)
        if fact is None:
            return Failed(source=BalanceSource.OPENING, why="the journal does not begin with what was written")
        amount = _opening_amount(fact, base)
        if fact.kind not in _BEGINNING and amount is None:
            break
        if fact.kind == "AccountOpened":
            base = fact.body.terms.base_currency
            began = fact.occurred_at
        elif amount is not None:
            cash += amount
            began = fact.occurred_at
    if began is None:
        return Failed(source=BalanceSource.OPENING, why="the account was never opened")
    return Reading(source=BalanceSource.OPENING, cash=cash, as_of=began)


def _opening_amount(fact: Fact, base: str) -> Decimal | None:
    """What a fact says was there at the beginning, in the account's currency."""
    body = fact.body
    begins = isinstance(body, OpeningBalance) or (isinstance(body, Deposit) and body.reference == OPENING_CASH)
    return body.amount if begins and body.asset == base else None


def _answers(readings: Readings) -> bool:
    return any(isinstance(item, Reading) for item in readings.values())
