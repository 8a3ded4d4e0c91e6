"""Who uses the simulated account? An owner, an allocation, a bot, a treasurer, a warden, and the market.

Each asks again, with the same cause, until it has an answer: an act that was acknowledged or not has one effect.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any

from counterpoise.control.commands import RequestCancel
from counterpoise.control.cycle import judge_cause
from counterpoise.control.decision import DUPLICATE, Answer
from counterpoise.demo.replay import listed
from counterpoise.domain.accounts import AccountKind, AccountTerms, Actor, LotMethod, Scope, TradingMode
from counterpoise.domain.decisions import CandidateTrade, TradingState
from counterpoise.domain.errors import PolicyRefused
from counterpoise.domain.facts.envelope import fact_id
from counterpoise.domain.instruments import Category, Symbol
from counterpoise.domain.numbers import ONE, ZERO, floor_to_step, units_toward_zero
from counterpoise.domain.orders import OrderStatus, Side
from counterpoise.domain.time import format_time
from counterpoise.library.opening import Opening
from counterpoise.library.plane import Counterpoise
from tests.simulation.story import SYMBOLS

if TYPE_CHECKING:
    from tests.simulation.world import World

OWNER = Actor(name="owner", scope=Scope.ADMIN, fresh=True)
BOT = Actor(name="bot", scope=Scope.PROPOSE)
ALLOCATION = "allocation"
SIZE_STEP = Decimal("0.0001")
BRIM = Decimal("0.9995")
RETRY_SECONDS = 0.3
PATIENCE_SECONDS = 8.0

Act = Callable[[Counterpoise], Awaitable[Answer]]


def of(world: World) -> Iterator[tuple[str, Coroutine[Any, Any, None]]]:
    """Everybody, by name; those called `person` finish what they began before the day may rest."""
    opened = asyncio.Event()
    yield "person owner", _own(world, opened)
    yield "market", _move(world)
    yield "allocator", _allocate(world, opened)
    yield "bot", _propose(world, opened)
    yield "canceller", _cancel(world, opened)
    for number, (second, amount) in enumerate(world.story.deposits):
        yield f"person treasurer {number}", _deposit(world, opened, second, amount, f"deposit {number}")
    yield "person warden", _halt(world, opened)
    for second in world.story.takeovers:
        yield "rival", _take_over(world, second)


async def one_more_append(plane: Counterpoise, now: datetime) -> Answer:
    """What a process that lost its seat tries."""
    return await plane.set_strategy("ghost", OWNER, now)


async def _insist(world: World, act: Act, patience: float = RETRY_SECONDS) -> Answer:
    """Ask until there is an answer."""
    asked = 1
    while (answer := await world.call(act)) is None:
        asked += 1
        await asyncio.sleep(world.chance.uniform(RETRY_SECONDS, patience))
    if asked > 1 and answer.outcome == DUPLICATE.outcome:
        world.record.mark("asked again, done before")
    return answer


async def _own(world: World, opened: asyncio.Event) -> None:
    """Fund and open the account, say what is wanted, start the day."""
    story = world.story
    begun = world.now()
    await world.venue.deposit(story.cash, "opening cash")
    opening = Opening(
        name="sim",
        terms=AccountTerms(
            kind=AccountKind.CASH, base_currency="USD", time_zone="America/New_York", venue="paper",
            mode=TradingMode.PAPER, lot_method=LotMethod.FIFO,
        ),
        instruments=listed(SYMBOLS, "USD"),
        cash=story.cash,
        preset="investor",
        constraints=story.constraints,
        mode_policy=story.mode_policy,
    )  # fmt: skip
    await _insist(world, lambda plane: plane.open_account(opening, OWNER, begun))
    world.acknowledge(fact_id("AccountOpened", "open"))
    await _insist(world, lambda plane: plane.set_targets(ALLOCATION, story.targets, story.policy, OWNER, begun))
    world.acknowledge(fact_id("TargetsSet", f"targets/{ALLOCATION}/{format_time(begun)}", ALLOCATION))
    await _insist(world, lambda plane: plane.set_strategy(BOT.name, OWNER, begun))
    await _insist(world, lambda plane: plane.start_day(begun.date(), begun))
    opened.set()


async def _move(world: World) -> None:
    """Prices walk; the venue matches at each, and whoever serves sees them, and now and then keeps them."""
    cents = {symbol: int(price.scaleb(2)) for symbol, price in world.story.prices.items()}
    while not world.closing:
        now = world.now()
        for symbol in SYMBOLS:
            cents[symbol] = max(100, cents[symbol] * (10_000 + world.chance.randrange(-150, 151)) // 10_000)
            await world.venue.set_price(symbol, Decimal(cents[symbol]).scaleb(-2), now)
        process = world.current
        if process is not None and process.plane is not None and process.plane.is_opened:
            process.plane.observe({symbol: Decimal(value).scaleb(-2) for symbol, value in cents.items()}, now)
            if world.chance.random() < 0.3:
                await world.call(lambda plane: plane.assess(world.now()))
        await asyncio.sleep(1)


async def _pause(world: World) -> bool:
    """Wait a while; whether the day still goes on."""
    await asyncio.sleep(world.chance.uniform(0.1, 2 * world.story.hurry))
    return not world.calm


async def _allocate(world: World, opened: asyncio.Event) -> None:
    """Rebalance slot after slot, and let runs go on."""
    await opened.wait()
    number = 0
    while await _pause(world):
        number += 1
        slot = f"slot {number}"
        answer = await _insist(world, _rebalancing(world, slot))
        if answer.outcome == "TRADES":
            world.acknowledge(fact_id("PlanProposed", f"rebalance/{ALLOCATION}/{slot}"))
        world.record.mark(f"rebalance {answer.outcome}")
        if world.chance.random() < 0.5:
            await world.call(_advancing(world, sell_wait_over=world.chance.random() < 0.3))


async def _propose(world: World, opened: asyncio.Event) -> None:
    """Propose a few trades, evaluation after evaluation."""
    await opened.wait()
    number = 0
    while await _pause(world):
        number += 1
        slot = f"slot {number}"
        process = world.current
        if process is None or process.plane is None:
            continue
        candidates = _candidates(world, process.plane)
        answer = await _insist(world, _judging(world, slot, candidates))
        if answer.outcome == "judged":
            world.acknowledge(fact_id("CandidateJudged", judge_cause(BOT.name, slot)))


def _candidates(world: World, plane: Counterpoise) -> tuple[CandidateTrade, ...]:
    chance, held = world.chance, plane.units_of(BOT.name)
    prices = {tick.symbol: tick.price for tick in world.venue._book.ticks.values()}
    found = []
    for symbol in chance.sample(SYMBOLS, chance.randrange(1, 4)):
        own = held.get(symbol, ZERO)
        side = Side.SELL if own > ZERO and chance.random() < 0.5 else Side.BUY
        share = Decimal(chance.randrange(1, 60)).scaleb(-2)
        worth = plane.equity * share if chance.random() < 0.6 else _to_the_brim(world, plane)
        units = units_toward_zero(max(worth, ZERO), prices[symbol], SIZE_STEP)
        if side is Side.SELL:
            units = own if chance.random() < 0.5 else floor_to_step(own * share, SIZE_STEP)
        if units > ZERO:
            found.append(_candidate(symbol, side, units, prices[symbol]))
    return tuple(found)


def _to_the_brim(world: World, plane: Counterpoise) -> Decimal:
    """What the long limit leaves when open orders count at the marks that they were decided on, not at today's."""
    orders = plane._account.view.state.orders.values()
    working = sum((item.remaining * item.intent.mark for item in orders if item.intent.side is Side.BUY), ZERO)
    limit = (plane.equity * world.story.constraints.max_long_exposure_pct).scaleb(-2)
    return limit * BRIM - plane.overview().exposure.long_exposure - working


def _candidate(symbol: Symbol, side: Side, units: Decimal, price: Decimal) -> CandidateTrade:
    buys = side is Side.BUY
    return CandidateTrade(
        symbol=symbol,
        action=side,
        confidence=ONE,
        size=units,
        margin_required=units * price if buys else ZERO,
        risk_amount=units * price * Decimal("0.05") if buys else ZERO,
        category=Category.CORE,
        price=price,
        reduce_only=not buys,
        strategy=BOT.name,
    )


async def _cancel(world: World, opened: asyncio.Event) -> None:
    """Ask for the end of an open order now and then; a fill may cross it."""
    await opened.wait()
    number = 0
    while await _pause(world):
        process = world.current
        if process is None or process.plane is None or world.chance.random() < 0.6:
            continue
        orders = [key for key, item in sorted(process.plane._account.view.state.orders.items()) if item.status.is_open]
        if orders:
            number += 1
            command = RequestCancel(
                actor=OWNER,
                at=world.now(),
                cause=f"cancel/{number}",
                client_order_id=world.chance.choice(orders),
                reason="the owner changed their mind",
            )
            await world.call(partial(_telling, command))


async def _deposit(world: World, opened: asyncio.Event, second: float, amount: Decimal, reference: str) -> None:
    """Cash comes to the venue, and is recorded once, however often the treasurer has to say so."""
    await opened.wait()
    await asyncio.sleep(max(second - world.loop.time(), 0))
    at = world.now()
    await world.venue.deposit(amount, reference)
    await asyncio.sleep(world.chance.uniform(0, 1))
    await _insist(world, lambda plane: plane.record_cash_flow(amount, reference, OWNER, at), PATIENCE_SECONDS)
    world.acknowledge(fact_id("Deposit", f"cash/{reference}"))
    world.record.mark("deposit")


async def _halt(world: World, opened: asyncio.Event) -> None:
    """Halt, and perhaps resume after a while."""
    await opened.wait()
    for second, pause in world.story.halts:
        await asyncio.sleep(max(second - world.loop.time(), 0))
        if world.chance.random() < 0.5:
            await _until_orders_leave(world)
        await _change(world, TradingState.HALTED)
        if pause is not None:
            await asyncio.sleep(pause)
            await _change(world, TradingState.ACTIVE)


async def _change(world: World, to: TradingState) -> None:
    at = world.now()
    while True:
        try:
            answer = await world.call(_halting(at) if to is TradingState.HALTED else _resuming(at))
        except PolicyRefused:
            world.record.mark("change of state refused")
            return
        if answer is None:
            await asyncio.sleep(RETRY_SECONDS)
            if world.chance.random() < 0.5:
                at = world.now()  # a person asks anew, a program repeats what it said
            continue
        if answer.outcome == "done":
            world.acknowledge(fact_id("TradingStateChanged", f"state/{to}/{format_time(at)}"))
        return


async def _until_orders_leave(world: World) -> None:
    """The worst moment for a halt: an order is intended and has not left."""
    for _ in range(50):
        process = world.current
        orders = process.plane._account.view.state.orders.values() if process and process.plane else ()
        if any(order.status is OrderStatus.INTENDED for order in orders):
            return
        await asyncio.sleep(0.1)


def _halting(at: datetime) -> Act:
    return lambda plane: plane.halt("why not", OWNER, at)


def _resuming(at: datetime) -> Act:
    return lambda plane: plane.resume("all clear", OWNER, at)


def _rebalancing(world: World, slot: str) -> Act:
    return lambda plane: plane.rebalance(ALLOCATION, slot, OWNER, world.now())


def _judging(world: World, slot: str, candidates: tuple[CandidateTrade, ...]) -> Act:
    return lambda plane: plane.judge(BOT.name, slot, candidates, BOT, world.now())


def _advancing(world: World, *, sell_wait_over: bool) -> Callable[[Counterpoise], Awaitable[None]]:
    return lambda plane: plane.advance_runs(OWNER, world.now(), sell_wait_over=sell_wait_over)


async def _telling(command: RequestCancel, plane: Counterpoise) -> Answer:
    return await plane._account.ask(command)


async def _take_over(world: World, second: float) -> None:
    """A second instance starts beside the first."""
    await asyncio.sleep(second)
    if not world.calm:
        world.record.mark("second instance")
        world.start()
