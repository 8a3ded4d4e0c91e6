"""Does a running account book what it is told of its book, at the venue and in the ledger or at neither?"""

from __future__ import annotations

from pathlib import Path

import pytest

from counterpoise.adapters.brokers.paper import PaperBroker
from counterpoise.control.decision import DUPLICATE
from counterpoise.domain.accounts import Actor, Scope
from counterpoise.domain.errors import InvalidInput, PolicyRefused
from counterpoise.domain.statements import CashEventKind
from counterpoise.library.opening import Opening
from counterpoise.library.plane import Counterpoise
from tests.control.making import D

READER = Actor(name="reader", scope=Scope.READ)


def opening() -> Opening:
    return Opening.paper("mine", cash=D(1_000), symbols=("SPY",))


async def cash_of(plane: Counterpoise) -> tuple[object, object]:
    """At the venue and in the ledger."""
    venue = plane.venue
    assert isinstance(venue, PaperBroker)
    return (await venue.account()).cash, plane.view.state.cash["USD"]


async def test_every_kind_of_cash_moves_at_the_venue_and_in_the_ledger_alike(tmp_path: Path) -> None:
    async with Counterpoise.open(tmp_path, opening()) as plane:
        await plane.record_cash_flow(D(10), "a", kind=CashEventKind.DEPOSIT)
        await plane.record_cash_flow(D(20), "b", kind=CashEventKind.WITHDRAWAL)
        await plane.record_cash_flow(D(3), "c", kind=CashEventKind.FEE)
        await plane.record_cash_flow(D(-1), "d", kind=CashEventKind.FEE)
        await plane.record_cash_flow(D(5), "e", kind=CashEventKind.DIVIDEND, symbol="SPY")
        await plane.record_cash_flow(D(-2), "f", kind=CashEventKind.INTEREST)
        await plane.transfer(D(100), "savings", "g")
        await plane.receive_transfer(D(40), "savings", "h")
        assert await cash_of(plane) == (D(931), D(931))
        assert plane.view.state.postings["in_transit"] == {"USD": D(60)}
        await plane.compare()
        assert plane.overview().breaks == 0


@pytest.mark.parametrize("amount", ("1001", "0", "-5"))
async def test_what_the_ledger_refuses_the_venue_never_hears_of(tmp_path: Path, amount: str) -> None:
    async with Counterpoise.open(tmp_path, opening()) as plane:
        with pytest.raises(InvalidInput, match="amount: "):
            await plane.record_cash_flow(D(amount), "out", kind=CashEventKind.WITHDRAWAL)
        with pytest.raises(InvalidInput, match="amount: "):
            await plane.transfer(D(amount), "savings", "out")
        with pytest.raises(PolicyRefused):
            await plane.record_cash_flow(D(1), "in", READER)
        assert await cash_of(plane) == (D(1_000), D(1_000))


async def test_a_reference_is_known_after_a_restart_and_moves_nothing_twice(tmp_path: Path) -> None:
    async with Counterpoise.open(tmp_path, opening()) as plane:
        await plane.transfer(D(100), "savings", "t 1")
    async with Counterpoise.open(tmp_path) as plane:
        assert await plane.transfer(D(100), "savings", "t 1") is DUPLICATE
        with pytest.raises(InvalidInput, match="it stands for TransferSent 100 USD to savings"):
            await plane.transfer(D(101), "savings", "t 1")
        assert await cash_of(plane) == (D(900), D(900))


async def test_another_currency_is_the_ledger_s_alone(tmp_path: Path) -> None:
    async with Counterpoise.open(tmp_path, opening()) as plane:
        await plane.record_fx_rate("EUR", D("1.1"))
        await plane.record_cash_flow(D(10), "a", currency="EUR")
        assert await cash_of(plane) == (D(1_000), D(1_000))
        assert plane.equity == D(1_011)


async def test_strategies_and_fills_are_told_by_name_and_numbers_are_read_strictly(tmp_path: Path) -> None:
    async with Counterpoise.open(tmp_path, opening()) as plane:
        await plane.set_strategy("trend")
        await plane.allot("unassigned", "trend", D(250), "a")
        assert plane.view.state.strategies["trend"].cash == {"USD": D(250)}
        for bad in (1.5, True, "1e5"):
            with pytest.raises(InvalidInput):
                await plane.allot("unassigned", "trend", bad, "b")  # type: ignore[arg-type]
            with pytest.raises(InvalidInput):
                await plane.correct_fill("x1", "r", price=bad)  # type: ignore[arg-type]
        for act in (
            plane.bust_fill("x1", "r"),
            plane.correct_fill("x1", "r", price=D(1)),
            plane.choose_lots("x1", {"y": D(1)}),
        ):
            with pytest.raises(InvalidInput, match="fill_id: x1 was refused"):
                await act


async def test_a_venue_that_did_what_the_ledger_missed_is_caught_up_with(tmp_path: Path) -> None:
    """The process died between the venue and the fact: told again, the venue does nothing and the ledger books."""
    async with Counterpoise.open(tmp_path, opening()) as plane:
        await plane.venue.withdraw(D(100), "wire 1")
        await plane.record_cash_flow(D(-100), "wire 1")
        assert await cash_of(plane) == (D(900), D(900))
