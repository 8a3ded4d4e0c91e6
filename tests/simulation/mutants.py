"""Would the simulation notice? Bugs that others have shipped, planted one at a time in the real code."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any
from unittest import mock

from counterpoise.control import candidates, commands, decide, orders, recovery, runs
from counterpoise.control import gate_book as book
from counterpoise.control.account import Account
from counterpoise.control.commands import BookFills, Command, RecordCashFlow, RecordOutcome
from counterpoise.control.decision import Answer, Decision, Draft, Effect, SendOrder
from counterpoise.control.feeds import heal
from counterpoise.control.gate_book import gate_book
from counterpoise.control.state import ControlState
from counterpoise.domain.facts import Fact, OrderIntended, OrderRejected
from counterpoise.domain.facts.envelope import fact_id
from counterpoise.execution import executor
from counterpoise.execution.broker import Refused, SendOutcome, Unknown
from counterpoise.ledger import booking, journal
from counterpoise.portfolio.state import OrderState
from counterpoise.risk.gate import GateBook, OpenOrder, reinstate

Mutant = Callable[[], AbstractContextManager[None]]
RIVAL_SUFFIX = "x"


def _rule(
    command: type[Command], rule: Callable[[ControlState, Any, datetime], Decision]
) -> AbstractContextManager[Any]:
    table: Mapping[type[commands.Command], Any] = MappingProxyType({**decide.TABLE, command: rule})
    return mock.patch.object(decide, "TABLE", table)


@contextmanager
def an_unknown_order_is_sent_again_at_once_under_a_new_id() -> Iterator[None]:
    real = orders.record_outcome

    def resend(state: ControlState, command: RecordOutcome, now: datetime) -> Decision:
        order = state.state.orders.get(command.client_order_id)
        again = command.client_order_id.endswith(RIVAL_SUFFIX)
        if order is None or again or not isinstance(command.outcome, Unknown) or not order.status.is_open:
            return real(state, command, now)
        draft = Draft(state, command, now)
        key = command.client_order_id
        draft.add(
            OrderRejected(client_order_id=key, reason="no answer"),
            identity=fact_id("OrderRejected", key),
            instrument=order.intent.instrument,
        )
        intent = replace(order.intent, client_order_id=key + RIVAL_SUFFIX)
        intended = OrderIntended(intent=intent, decision=order.decision)
        draft.add(
            intended,
            identity=f"OrderIntended:{intent.client_order_id}",
            instrument=intent.instrument,
            shares=intent.strategy_shares,
        )
        draft.effect(SendOrder(approved=reinstate(intended, state.epoch)))
        return draft.decided()

    with _rule(RecordOutcome, resend):
        yield


@contextmanager
def a_timeout_is_a_rejection() -> Iterator[None]:
    real = executor.send

    async def send(*arguments: Any) -> SendOutcome:  # noqa: ANN401 - passed on
        outcome = await real(*arguments)
        return Refused(reason=outcome.detail) if isinstance(outcome, Unknown) else outcome

    with mock.patch.object(executor, "send", send):
        yield


@contextmanager
def a_fill_is_booked_from_two_sources() -> Iterator[None]:
    real = orders.book_fills

    def book(state: ControlState, command: BookFills, now: datetime) -> Decision:
        again = tuple(replace(fill, fill_id=f"{fill.fill_id}/stream") for fill in command.fills)
        return real(state, replace(command, fills=(*command.fills, *again)), now)

    with _rule(BookFills, book):
        yield


def _carrying_out(
    *, answers_first: bool, effects_first: bool
) -> Callable[[Account, list[tuple[Command, asyncio.Future[Answer]]]], Any]:
    """The actor's batch with its steps in another order."""

    async def carry_out(self: Account, batch: list[tuple[Command, asyncio.Future[Answer]]]) -> None:
        first = self.view.sequence + 1
        facts: list[Fact] = []
        effects: list[Effect] = []
        answers = [(future, self._decide(command, facts, effects)) for command, future in batch]
        if effects_first:
            _start(self, effects)
        if answers_first:
            _answer(answers)
        if facts:
            await self._journal.append(self.view.account, first, self.view.epoch, facts)
        if not answers_first:
            _answer(answers)
        if not effects_first:
            _start(self, effects)

    return carry_out


def _start(account: Account, effects: list[Effect]) -> None:
    for effect in effects:
        account._start_effect(effect)


def _answer(answers: list[tuple[asyncio.Future[Answer], Answer]]) -> None:
    for future, answer in answers:
        if not future.done():
            future.set_result(answer)


@contextmanager
def an_order_leaves_before_its_intent_is_durable() -> Iterator[None]:
    with mock.patch.object(Account, "_carry_out", _carrying_out(answers_first=False, effects_first=True)):
        yield


@contextmanager
def an_act_is_acknowledged_before_it_is_durable() -> Iterator[None]:
    with mock.patch.object(Account, "_carry_out", _carrying_out(answers_first=True, effects_first=False)):
        yield


@contextmanager
def a_stale_writer_is_let_in() -> Iterator[None]:
    with mock.patch.object(journal, "refuse_stale", return_value=None):
        yield


@contextmanager
def a_newcomer_does_not_raise_the_epoch() -> Iterator[None]:
    real = recovery.claim

    async def claim(state: ControlState, *arguments: Any) -> None:  # noqa: ANN401 - passed on
        if state.sequence:
            state.epoch -= 1
        await real(state, *arguments)

    with mock.patch.object(recovery, "claim", claim):
        yield


@contextmanager
def a_fee_is_not_posted() -> Iterator[None]:
    with mock.patch.object(booking, "_fee", return_value=[]):
        yield


@contextmanager
def open_orders_hold_no_room() -> Iterator[None]:
    def forgetful(state: ControlState, at: datetime) -> GateBook:
        return replace(gate_book(state, at), open_orders=())

    with mock.patch.object(candidates, "gate_book", forgetful), mock.patch.object(runs, "gate_book", forgetful):
        yield


@contextmanager
def a_restart_looks_nothing_up() -> Iterator[None]:
    async def settle(account: Any, broker: Any, _effects: Any, now: datetime) -> None:  # noqa: ANN401 - passed on
        await heal(account, broker, now)

    with mock.patch.object(recovery, "settle_in_flight", settle):
        yield


@contextmanager
def one_not_found_proves_absence() -> Iterator[None]:
    def proves(_asked_for: timedelta, _after: timedelta = executor.ABSENT_AFTER) -> bool:
        return True

    with mock.patch.object(executor, "proves_absent", proves):
        yield


@contextmanager
def a_halt_is_not_read_at_the_submit_seam() -> Iterator[None]:
    real = executor.send

    async def send(approved: Any, broker: Any, _may_send: Any) -> SendOutcome:  # noqa: ANN401 - passed on
        return await real(approved, broker, lambda: True)

    with mock.patch.object(executor, "send", send):
        yield


@contextmanager
def the_live_state_changes_without_a_fact() -> Iterator[None]:
    real = decide.TABLE[RecordCashFlow]

    def record(state: ControlState, command: RecordCashFlow, now: datetime) -> Decision:
        state.state.acts["last deposit"] = command.reference
        return real(state, command, now)

    with _rule(RecordCashFlow, record):
        yield


@contextmanager
def fills_are_not_asked_for() -> Iterator[None]:
    """An order's end is believed before its fills are booked, and nothing asks for them."""
    real = orders.record_order_update

    def update(state: ControlState, command: commands.RecordOrderUpdate, now: datetime) -> Decision:
        order = state.state.orders.get(command.order.client_order_id)
        seen = command.order if order is None else replace(command.order, filled_quantity=order.filled)
        return real(state, replace(command, order=seen), now)

    async def no_fills(*_: object) -> bool:
        return False

    healing = mock.patch("counterpoise.control.feeds._heal_fills", no_fills)
    with _rule(commands.RecordOrderUpdate, update), healing:
        yield


@dataclass(frozen=True, slots=True)
class Planted:
    """A bug and the laws that it breaks: finding it means that one of these is named."""

    plant: Mutant
    laws: tuple[str, ...]


@contextmanager
def an_open_order_is_valued_at_its_old_mark() -> Iterator[None]:
    real = book.open_order

    def old(state: ControlState, order: OrderState) -> OpenOrder:
        return replace(real(state, order), mark=order.intent.mark)

    with mock.patch.object(book, "open_order", old):
        yield


class _Forgetful(set[str]):
    def __contains__(self, _item: object) -> bool:
        return False


@contextmanager
def an_act_that_is_asked_for_again_is_decided_again() -> Iterator[None]:
    real = recovery.load

    async def load(*arguments: Any) -> ControlState:  # noqa: ANN401 - passed on
        state = await real(*arguments)
        state.recorded = _Forgetful()
        return state

    with mock.patch.object(recovery, "load", load):
        yield


MUTANTS: Mapping[str, Planted] = MappingProxyType(
    {
        planted.plant.__name__: planted
        for planted in (
            Planted(an_unknown_order_is_sent_again_at_once_under_a_new_id, ("NL2",)),
            Planted(a_timeout_is_a_rejection, ("NL4",)),
            Planted(a_fill_is_booked_from_two_sources, ("NL1",)),
            Planted(an_order_leaves_before_its_intent_is_durable, ("NL2",)),
            Planted(an_act_is_acknowledged_before_it_is_durable, ("NL3",)),
            Planted(a_stale_writer_is_let_in, ("FENCE",)),
            Planted(a_newcomer_does_not_raise_the_epoch, ("FENCE", "LIFE")),
            Planted(a_fee_is_not_posted, ("ZERO",)),
            Planted(open_orders_hold_no_room, ("NL4",)),
            Planted(a_restart_looks_nothing_up, ("NL6",)),
            Planted(one_not_found_proves_absence, ("NL6",)),
            Planted(a_halt_is_not_read_at_the_submit_seam, ("NL4",)),
            Planted(the_live_state_changes_without_a_fact, ("NL5",)),
            Planted(fills_are_not_asked_for, ("NL1",)),
            Planted(an_open_order_is_valued_at_its_old_mark, ("NL4",)),
            Planted(an_act_that_is_asked_for_again_is_decided_again, ("LIFE",)),
        )
    }
)
