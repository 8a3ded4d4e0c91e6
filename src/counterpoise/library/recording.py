"""What did something that a person told an account that is not running change in its book?"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from counterpoise.control.chronicle import EVENTS_MAX
from counterpoise.control.decision import Answer
from counterpoise.control.state import ControlState
from counterpoise.domain.accounts import AccountId
from counterpoise.domain.facts import Fact
from counterpoise.domain.numbers import ZERO, exact, shortest
from counterpoise.domain.time import format_time
from counterpoise.ledger.booking import IN_TRANSIT
from counterpoise.ledger.codec import decode
from counterpoise.library.plane import Counterpoise
from counterpoise.library.reading import chosen_account
from counterpoise.messages.wire import Json
from counterpoise.portfolio.proof import strategy_equity
from counterpoise.settings import Settings
from counterpoise.wiring import writing_parts

UNITS, RATE, BREAKS = " units", "1 ", "open breaks"
"""How figures that are no money end or begin."""

Told = Awaitable[Answer]
Act = Callable[[Counterpoise], Told]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One figure of the book; an amount that is not there is 0."""

    figure: str
    before: Decimal
    after: Decimal

    @property
    def is_money(self) -> bool:
        """Whether it is an amount of a currency: a screen may cut it to cents."""
        return not self.figure.endswith((UNITS, BREAKS)) and not self.figure.startswith(RATE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Booked:
    """What came of one act.

    Attributes:
        answer: `done`, or `duplicate` when it had its effect before.
        facts: What was recorded, in their order.
        titles: What each fact says to a person; its kind where it says nothing.
        changes: The figures that are otherwise now, at the recorded marks.
    """

    account: AccountId
    answer: Answer
    facts: tuple[Fact, ...]
    titles: tuple[str, ...]
    changes: tuple[Change, ...]

    def as_json(self) -> Json:
        """One object; decimals are strings."""
        return {
            "account": self.account,
            "outcome": self.answer.outcome,
            "message": self.answer.message,
            "facts": [
                {
                    "sequence": fact.sequence,
                    "kind": fact.kind,
                    "fact_id": fact.fact_id,
                    "occurred_at": format_time(fact.occurred_at),
                    "title": title,
                }
                for fact, title in zip(self.facts, self.titles, strict=True)
            ],
            "changed": [
                {"figure": change.figure, "before": shortest(change.before), "after": shortest(change.after)}
                for change in self.changes
            ],
        }


async def book(settings: Settings, account: AccountId | None, verb: str, act: Act) -> Booked:
    """Own the data folder for one act, book it, and say what it changed.

    Args:
        settings: Of the data folder.
        account: Which, when there are several.
        verb: Names this command to whoever finds the folder in use.
        act: Tells the account one thing.

    Raises:
        DataFolderInUse: the account is running: a journal has one writer.
        ConfigurationError: there is no journal, or no such account.
        InvalidInput: the act is refused; nothing is booked.
    """
    with exact():
        name, terms = await chosen_account(settings, account)
        parts = writing_parts(settings, verb, terms)
        try:
            async with Counterpoise.run(parts, name) as plane:
                view = plane.view
                before, first = figures(view), view.sequence + 1
                answer = await act(plane)
                if terms.trades:
                    await plane.settle()
                facts = [decode(entry.raw) async for entry in parts.journal.read(name, first)]
                told = {event.sequence: event.title for event in plane.watch.chronicle.events(EVENTS_MAX)}
                await plane.keep_state()
                return Booked(
                    account=name,
                    answer=answer,
                    facts=tuple(facts),
                    titles=tuple(told.get(fact.sequence, fact.kind) for fact in facts),
                    changes=_changes(before, figures(view)),
                )
        finally:
            await parts.close()


def figures(view: ControlState) -> dict[str, Decimal]:
    """What a person looks at, by name, at the recorded marks; amounts without a currency are in the account's own."""
    state = view.state
    found: dict[str, Decimal] = {"equity": view.book.valuation.equity}
    for asset, amount in sorted(state.cash.items()):
        found[f"cash {asset}"] = amount
    for key, held in sorted(state.holdings.items()):
        symbol = state.instruments[key].symbol
        found[f"{symbol}{UNITS}"] = held.quantity
        found[f"{symbol} cost"] = held.cost
    found["realised P&L"] = state.results.realised_total
    found["fees paid"] = state.results.fees_total
    for asset, amount in sorted(state.postings.get(IN_TRANSIT, {}).items()):
        found[f"in transit {asset}"] = amount
    for asset, rate in sorted(state.fx.items()):
        found[f"{RATE}{asset} in {state.base}"] = rate
    for strategy in sorted(state.strategies):
        found[f"equity of {strategy}"] = strategy_equity(state, strategy)
    found[BREAKS] = Decimal(len(state.breaks))
    return found


def _changes(before: Mapping[str, Decimal], after: Mapping[str, Decimal]) -> tuple[Change, ...]:
    names = {**before, **after}
    return tuple(
        Change(figure=name, before=before.get(name, ZERO), after=after.get(name, ZERO))
        for name in names
        if before.get(name, ZERO) != after.get(name, ZERO)
    )
