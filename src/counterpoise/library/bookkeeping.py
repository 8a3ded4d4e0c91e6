"""What can a person tell of the book itself: cash that moved, units that changed, fills that were otherwise?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from counterpoise import wiring
from counterpoise.access.policies import admit
from counterpoise.control.account import Account
from counterpoise.control.commands import (
    AllotStrategy,
    BustFill,
    ChooseLots,
    Command,
    CorporateAction,
    CorrectFill,
    ReceiveTransfer,
    RecordCashFlow,
    RecordCorporateAction,
    RecordFxRate,
    SendTransfer,
)
from counterpoise.control.decide import decide
from counterpoise.control.decision import DUPLICATE, Answer
from counterpoise.control.state import ControlState
from counterpoise.domain.accounts import OWNER, AccountId, Actor, StrategyName
from counterpoise.domain.facts.amendments import LotChoice
from counterpoise.domain.instruments import Symbol, check_text
from counterpoise.domain.numbers import ZERO, from_python
from counterpoise.domain.orders import Side
from counterpoise.domain.statements import CashEventKind
from counterpoise.domain.time import format_time

_PAID = (CashEventKind.WITHDRAWAL, CashEventKind.FEE)
"""Kinds whose amount leaves the account when it is above zero."""


class Bookkeeping:
    """The part of a running account that is told what happened without an order of its own.

    Every call is one act: told again it has no second effect. `at` is when it happened; now, unless it is said.
    """

    def __init__(self, parts: wiring.Parts, account: Account) -> None:
        self.parts = parts
        self._account = account

    @property
    def view(self) -> ControlState:
        """The account as its writer knows it; to read, never to change."""
        return self._account.view

    async def record_cash_flow(
        self,
        amount: Decimal,
        reference: str,
        actor: Actor = OWNER,
        at: datetime | None = None,
        *,
        kind: CashEventKind | None = None,
        currency: str = "",
        symbol: Symbol | None = None,
    ) -> Answer:
        """Cash moved: at the paper venue first, then as a fact; the reference makes it one act.

        Args:
            amount: Without a kind signed: > 0 came in, < 0 left. With one: a deposit or withdrawal is > 0, a fee
                positive when paid, interest, dividends and funding positive when received.
            reference: The same with the same content has no second effect.
            actor: Who says so.
            at: When it moved.
            kind: None is a deposit or withdrawal, by the sign.
            currency: Empty is the account's own; another one needs a rate.
            symbol: The share of a dividend, the contract of a funding.

        Raises:
            InvalidInput: zero, more than is free to withdraw, a currency without a rate, a time that has not come,
                or a reference that stands for something else.
        """
        amount = from_python(amount, "amount")
        command = RecordCashFlow(
            actor=actor,
            at=at or self._now(),
            cause=f"cash/{reference}",
            amount=amount,
            reference=reference,
            kind=kind,
            currency=currency,
            symbol=symbol,
        )
        return await self._with_the_venue(command, -amount if kind in _PAID else amount)

    async def transfer(
        self,
        amount: Decimal,
        to_account: AccountId,
        reference: str,
        actor: Actor = OWNER,
        at: datetime | None = None,
        *,
        currency: str = "",
    ) -> Answer:
        """Cash leaves for another account of ours; it is in transit until that one has received it.

        Raises:
            InvalidInput: as `record_cash_flow`, or the other account is this one.
        """
        amount = from_python(amount, "amount")
        command = SendTransfer(
            actor=actor,
            at=at or self._now(),
            cause=f"transfer/out/{reference}",
            amount=amount,
            other_account=to_account,
            reference=reference,
            currency=currency,
        )
        return await self._with_the_venue(command, -amount)

    async def receive_transfer(
        self,
        amount: Decimal,
        from_account: AccountId,
        reference: str,
        actor: Actor = OWNER,
        at: datetime | None = None,
        *,
        currency: str = "",
    ) -> Answer:
        """Cash arrived from another account of ours, under the reference with which that one sent it.

        Raises:
            InvalidInput: as `transfer`.
        """
        amount = from_python(amount, "amount")
        command = ReceiveTransfer(
            actor=actor,
            at=at or self._now(),
            cause=f"transfer/in/{reference}",
            amount=amount,
            other_account=from_account,
            reference=reference,
            currency=currency,
        )
        return await self._with_the_venue(command, amount)

    async def record_fx_rate(
        self, asset: str, rate: Decimal, actor: Actor = OWNER, at: datetime | None = None
    ) -> Answer:
        """From then on one unit of `asset` is worth `rate` (> 0) of the account's currency.

        Raises:
            InvalidInput: no asset code, the account's own currency, or a rate that is none.
        """
        at = at or self._now()
        return await self._ask(
            RecordFxRate(
                actor=actor,
                at=at,
                cause=f"rate/{asset}/{format_time(at)}",
                asset=asset,
                rate=from_python(rate, "rate"),
            )
        )

    async def allot(  # noqa: PLR0913 - each is a field of the allotment
        self,
        giver: StrategyName,
        taker: StrategyName,
        amount: Decimal,
        reference: str,
        actor: Actor = OWNER,
        at: datetime | None = None,
        *,
        currency: str = "",
        symbol: Symbol | None = None,
        quantity: Decimal = ZERO,
    ) -> Answer:
        """Cash, or signed units for cash, from one strategy's book to another's; the account does not change.

        Raises:
            InvalidInput: a strategy or symbol that the account does not know, or more than the giver has.
        """
        return await self._ask(
            AllotStrategy(
                actor=actor,
                at=at or self._now(),
                cause=f"allot/{reference}",
                giver=giver,
                taker=taker,
                amount=from_python(amount, "amount"),
                reference=reference,
                currency=currency,
                symbol=symbol,
                quantity=from_python(quantity, "quantity"),
            )
        )

    async def record_corporate_action(
        self, symbol: Symbol, action: CorporateAction, reference: str, actor: Actor = OWNER, at: datetime | None = None
    ) -> Answer:
        """A split, a new symbol, a spin-off or cash in lieu; `reference` makes it one act, `at` is when it took effect.

        Working orders on the symbol are cancelled, and what runs still wanted of it is dropped after a split.

        Raises:
            InvalidInput: a symbol that the account does not know, or a fraction that is not held.
        """
        check_text(reference, "reference")
        command = RecordCorporateAction(
            actor=actor,
            at=at or self._now(),
            cause=f"corporate/{reference}",
            symbol=symbol,
            action=action,
        )
        return await self._ask(command)

    async def bust_fill(self, fill_id: str, reason: str, actor: Actor = OWNER, at: datetime | None = None) -> Answer:
        """The venue cancelled an execution: the book is as if it had never been.

        Raises:
            InvalidInput: no such fill, it was busted before, or no reason.
        """
        fill_id = self._booked(fill_id)
        return await self._ask(
            BustFill(actor=actor, at=at or self._now(), cause=f"bust/{fill_id}", fill_id=fill_id, reason=reason)
        )

    async def correct_fill(  # noqa: PLR0913 - each is a figure of the fill
        self,
        fill_id: str,
        reason: str,
        actor: Actor = OWNER,
        at: datetime | None = None,
        *,
        quantity: Decimal | None = None,
        price: Decimal | None = None,
        fee: Decimal | None = None,
        fee_asset: str | None = None,
        side: Side | None = None,
    ) -> Answer:
        """The venue corrected an execution: these figures were always the true ones; what is None stays.

        Raises:
            InvalidInput: no such fill, a busted one, figures that no execution has, or none that differs.
        """
        fill_id, at = self._booked(fill_id), at or self._now()
        return await self._ask(
            CorrectFill(
                actor=actor,
                at=at,
                cause=self._act("correct", fill_id, at),
                fill_id=fill_id,
                reason=reason,
                quantity=_number(quantity, "quantity"),
                price=_number(price, "price"),
                fee=_number(fee, "fee"),
                fee_asset=fee_asset,
                side=side,
            )
        )

    async def choose_lots(
        self, fill_id: str, lots: Mapping[str, Decimal], actor: Actor = OWNER, at: datetime | None = None
    ) -> Answer:
        """Which lots, by the fills that opened them, a closing fill takes; the rest of it closes the oldest.

        Raises:
            InvalidInput: the account's method is not SPECIFIC, no such fill, or lots that were not open then.
        """
        fill_id, at = self._booked(fill_id), at or self._now()
        chosen = tuple(
            LotChoice(lot=self._booked(lot), quantity=from_python(units, f"units of {lot}"))
            for lot, units in lots.items()
        )
        cause = self._act("choose", fill_id, at)
        return await self._ask(ChooseLots(actor=actor, at=at, cause=cause, fill_id=fill_id, lots=chosen))

    async def _with_the_venue(
        self, command: RecordCashFlow | SendTransfer | ReceiveTransfer, change: Decimal
    ) -> Answer:
        """Move the cash at the paper venue, then book it; what is refused has moved nowhere.

        Args:
            command: What is booked.
            change: Of the cash, signed.
        """
        check_text(command.reference, "reference")
        admit(type(command).__name__, command.actor)
        venue, view = self.parts.venue, self._account.view
        if venue is None or command.currency not in ("", view.state.base):
            return await self._ask(command)
        # Decided here first, so that the venue moves only what the book will take.
        if decide(view, command, self._now()).answer is DUPLICATE:
            return DUPLICATE
        if change > ZERO:
            await venue.deposit(change, command.reference)
        else:
            await venue.withdraw(-change, command.reference)
        if not isinstance(command, ReceiveTransfer):
            command = replace(command, moved=True)
        return await self._ask(command)

    def _booked(self, fill_id: str) -> str:
        """The fill by the identity that it has in the book; people may leave the venue's name away."""
        view = self._account.view
        full = f"{view.state.opened.venue}:{fill_id}" if view.sequence else fill_id
        return full if fill_id not in view.book.fills and full in view.book.fills else fill_id

    def _act(self, verb: str, fill_id: str, at: datetime) -> str:
        """One act: a replay's clock stands still between two. The same content again is seen by the decision."""
        return f"{verb}/{fill_id}/{format_time(at)}/{self._account.view.sequence}"

    def _now(self) -> datetime:
        return self.parts.clock.now()

    async def _ask(self, command: Command) -> Answer:
        return await self._account.ask(command)


def _number(value: Decimal | None, name: str) -> Decimal | None:
    return None if value is None else from_python(value, name)
