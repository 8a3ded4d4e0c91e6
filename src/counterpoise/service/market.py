"""How do prices reach an account over HTTP? As events of type market.tick; other events come with a later version."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal

from fastapi import Request, Response

from counterpoise.domain.errors import InvalidInput
from counterpoise.domain.instruments import Symbol, read_symbol
from counterpoise.domain.numbers import ZERO
from counterpoise.domain.time import CLOCK_SKEW_MAX
from counterpoise.service.accounts import AccountPath
from counterpoise.service.bodies import ITEMS_MAX, Value, decimal_of, fields_of, read_body, text_of
from counterpoise.service.desk import Desk
from counterpoise.service.hot import ACCOUNT_PREFIX
from counterpoise.service.problems import Code, FieldError, Problem
from counterpoise.service.routing import TRADE, GuardedRouter, desk_of
from counterpoise.service.sign_in import json_answer

routes = GuardedRouter()

TICK = "market.tick"


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketTick:
    """A price that was made at `timestamp`, or now."""

    type: Literal["market.tick"]
    symbol: Symbol
    price: Decimal
    timestamp: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """How many events had their effect."""

    accepted: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tick:
    symbol: Symbol
    price: Decimal
    at: datetime


async def post_events(request: Request, account: AccountPath) -> Response:
    """Tell the account of prices; all of a list or none."""
    desk = desk_of(request)
    desk.account(account)
    if desk.replay is not None:
        raise Problem(Code.STATE_REFUSED, "A replay's prices come from its file.")
    body = read_body(await request.body())
    items: list[Value] = body if isinstance(body, list) else [body]
    if len(items) > ITEMS_MAX:
        raise Problem(Code.INVALID_INPUT, f"Send at most {ITEMS_MAX} events at a time.")
    ticks: list[_Tick] = []
    errors: list[FieldError] = []
    for place, item in enumerate(items):
        pointer = f"/{place}" if isinstance(body, list) else ""
        try:
            ticks.append(_read(desk, item, pointer))
        except Problem as problem:
            errors += problem.errors or [FieldError(pointer=pointer, detail=problem.detail)]
    if errors:
        raise Problem(Code.INVALID_INPUT, f"{errors[0].pointer}: {errors[0].detail}; nothing was taken.", tuple(errors))
    for at, prices in _by_time(ticks):
        await desk.plane.tick(prices, at)
    return json_answer(Accepted(accepted=len(ticks)), status=202)


def _by_time(ticks: list[_Tick]) -> list[tuple[datetime, dict[Symbol, Decimal]]]:
    """Prices of one instant together, the oldest first."""
    found: dict[datetime, dict[Symbol, Decimal]] = {}
    for tick in ticks:
        found.setdefault(tick.at, {})[tick.symbol] = tick.price
    return sorted(found.items())


def _read(desk: Desk, item: Value, at: str) -> _Tick:
    fields = fields_of(item, {"type": True, "symbol": True, "price": True, "timestamp": False}, at)
    if fields["type"] != TICK:
        raise _refused(f"{at}/type", f"{TICK}; other events come with a later version")
    try:
        symbol = read_symbol(text_of(fields["symbol"], f"{at}/symbol"), f"{at}/symbol")
    except InvalidInput as error:
        raise _refused(f"{at}/symbol", error.rule) from error
    if not desk.plane.knows(symbol):
        raise _refused(f"{at}/symbol", "a symbol of this account")
    price = decimal_of(fields["price"], f"{at}/price")
    if price <= ZERO and not desk.plane.may_be_negative(symbol):
        raise _refused(f"{at}/price", "a price above zero")
    return _Tick(symbol=symbol, price=price, at=_time(desk, fields, at))


def _time(desk: Desk, fields: dict[str, Value], at: str) -> datetime:
    """The price's own time; without one it is of now."""
    now = desk.clock.now()
    if "timestamp" not in fields:
        return now
    text = text_of(fields["timestamp"], f"{at}/timestamp")
    try:
        found = datetime.fromisoformat(text)
        ours = None if found.tzinfo is None else found.astimezone(now.tzinfo)
    except (ValueError, OverflowError) as error:  # with its offset, a time may be before the year 1
        raise _refused(f"{at}/timestamp", "a time such as 2024-01-02T15:04:05Z") from error
    if ours is None:
        raise _refused(f"{at}/timestamp", "a time with its offset, such as 2024-01-02T15:04:05Z")
    if ours - now > CLOCK_SKEW_MAX:
        raise _refused(f"{at}/timestamp", "at most 5 minutes ahead of our clock")
    return ours


def _refused(pointer: str, rule: str) -> Problem:
    return Problem(Code.INVALID_INPUT, f"{pointer}: {rule}.", (FieldError(pointer=pointer, detail=rule),))


routes.add(
    "POST",
    f"{ACCOUNT_PREFIX}{{account}}/events",
    post_events,
    policy=TRADE,
    takes=MarketTick | list[MarketTick],
    answers=Accepted,
    status=202,
    problems=(409, 413),
)
