"""Is the book what really happened? A second opinion in fractions, from the venue's executions and deposits alone.

Nothing here asks the product what it thinks: cash, units and equity are added up anew, and every decision is held
against limits that are computed from them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from counterpoise.adapters.brokers.paper_store import PaperOrder
from counterpoise.domain.facts import (
    CandidateJudged,
    Deposit,
    Fact,
    Fill,
    LimitsSet,
    LinesJudged,
    MarksRecorded,
    OrderCancelled,
    OrderExpired,
    OrderIntended,
    OrderRejected,
    WriterClaimed,
)
from counterpoise.domain.limits import PortfolioConstraints
from counterpoise.domain.orders import OrderIntent, Side
from counterpoise.domain.statements import VenueFill
from counterpoise.ledger import codec
from counterpoise.library.plane import Counterpoise
from counterpoise.portfolio.fold import digest, fold
from counterpoise.portfolio.proof import proof, strategy_equity, strategy_proof
from counterpoise.portfolio.state import AccountState

if TYPE_CHECKING:
    from tests.simulation.world import World

Problem = tuple[str, str]
HUNDRED = Fraction(100)


@dataclass(slots=True)
class Told:
    """What the journal's facts tell, added up in fractions.

    Attributes:
        held: Symbol → units. marks: Symbol → recorded price.
        left: client order id of an open order → its intent and units still to fill.
        ended: client order id → the kind of fact that ended it.
    """

    cash: Fraction = Fraction(0)
    held: dict[str, Fraction] = field(default_factory=dict)
    marks: dict[str, Fraction] = field(default_factory=dict)
    left: dict[str, tuple[OrderIntent, Fraction]] = field(default_factory=dict)
    intents: dict[str, OrderIntent] = field(default_factory=dict)
    ended: dict[str, str] = field(default_factory=dict)
    limits: PortfolioConstraints = field(default_factory=PortfolioConstraints)

    def equity(self) -> Fraction:
        return self.cash + sum((units * self.marks.get(symbol, 0) for symbol, units in self.held.items()), Fraction(0))

    def may_buy(self, symbol: str) -> Fraction:
        """Units that open purchases of `symbol` may still bring."""
        wanted = (rest for intent, rest in self.left.values() if (intent.symbol, intent.side) == (symbol, Side.BUY))
        return sum(wanted, Fraction(0))

    def may_sell(self, symbol: str) -> Fraction:
        wanted = (rest for intent, rest in self.left.values() if (intent.symbol, intent.side) == (symbol, Side.SELL))
        return sum(wanted, Fraction(0))


@dataclass(frozen=True, slots=True)
class Bound:
    """What the latest purchase of a symbol was allowed to lead to: at most `most` at `mark`."""

    place: int
    mark: Fraction
    most: Fraction


async def examine(world: World, plane: Counterpoise) -> list[Problem]:
    """Every law that does not hold at the end of the day."""
    view = plane._account.view
    facts = [codec.decode(entry.raw) async for entry in world.journal.read(view.account)]
    fills = await world.venue.fills_since(0)
    events = await world.venue.cash_events_since(0)
    orders = world.venue._store._orders("1 = 1", ())
    told = Told()
    bounds: dict[str, Bound] = {}
    problems = list(_decisions(facts, told, bounds))
    problems += _executions(facts, fills, bounds)
    problems += _orders(facts, orders, told)
    cash = sum((Fraction(event.amount) for event in events), Fraction(0))
    problems += _books(view.state, told, fills, cash)
    problems += _proofs(view.state, told, view.book.valuation.equity)
    problems += _histories(world, facts, digest(fold(view.account, facts)), plane.digest())
    return problems


# --- what was decided ---


def _decisions(facts: Sequence[Fact], told: Told, bounds: dict[str, Bound]) -> Iterator[Problem]:
    """NL4: no order is intended after which some subset of what is open exceeds a limit (at its marks and equity)."""
    for fact in facts:
        body = fact.body
        if isinstance(body, OrderIntended) and body.intent.client_order_id not in told.intents:
            yield from _intended(fact.sequence, body.intent, told, bounds)
        else:
            _tell(body, told, fact)


def _tell(body: object, told: Told, fact: Fact) -> None:
    match body:
        case Deposit(amount=amount):
            told.cash += Fraction(amount)
        case LimitsSet(constraints=constraints):
            told.limits = constraints
        case MarksRecorded(marks=marks):
            for mark in marks:
                told.marks[mark.instrument.split(":")[1]] = Fraction(mark.price)
        case Fill():
            _fill(body, told, str(fact.instrument).split(":")[1])
        case OrderCancelled() | OrderExpired() | OrderRejected():
            told.left.pop(body.client_order_id, None)
            told.ended[body.client_order_id] = fact.kind
        case _:
            pass


def _fill(body: Fill, told: Told, symbol: str) -> None:
    sign, units = Fraction(body.side.sign), Fraction(body.quantity)
    told.held[symbol] = told.held.get(symbol, Fraction(0)) + sign * units
    told.cash -= sign * units * Fraction(body.price) + Fraction(body.fee)
    intent, rest = told.left.get(body.client_order_id, (None, Fraction(0)))
    if intent is not None:
        if rest > units:
            told.left[body.client_order_id] = (intent, rest - units)
        else:
            del told.left[body.client_order_id]
            told.ended[body.client_order_id] = "Fill"


def _intended(place: int, intent: OrderIntent, told: Told, bounds: dict[str, Bound]) -> Iterator[Problem]:
    key, symbol, units = intent.client_order_id, intent.symbol, Fraction(intent.quantity)
    held = told.held.get(symbol, Fraction(0))
    if intent.side is Side.SELL:
        if units > held - told.may_sell(symbol):
            yield "NL4", f"{key} may sell more {symbol} than is held"
    else:
        mark, equity = told.marks[symbol], told.equity()
        most = Fraction(told.limits.max_symbol_concentration_pct) * equity / HUNDRED
        after = (held + told.may_buy(symbol) + units) * mark
        if after > most:
            yield "NL4", f"{key} may bring {symbol} to {float(after):.2f} of {float(most):.2f}"
        yield from _pooled(key, units * mark, equity, told)
        bounds[key] = Bound(place, mark, most)
    told.intents[key] = intent
    told.left[key] = (intent, units)


def _pooled(key: str, cost: Fraction, equity: Fraction, told: Told) -> Iterator[Problem]:
    """Limits of the whole book: cash, long exposure."""
    buys = [(intent, rest) for intent, rest in told.left.values() if intent.side is Side.BUY]
    reserved = sum((rest * Fraction(intent.worst_price) for intent, rest in buys), Fraction(0))
    if reserved + cost > told.cash:
        yield "NL4", f"{key} may spend {float(cost):.2f} of {float(told.cash - reserved):.2f} in cash"
    long = sum((units * told.marks.get(symbol, 0) for symbol, units in told.held.items()), Fraction(0))
    long += sum((rest * told.marks[intent.symbol] for intent, rest in buys), Fraction(0))
    most = Fraction(told.limits.max_long_exposure_pct) * equity / HUNDRED
    if long + cost > most:
        yield "NL4", f"{key} may bring long exposure to {float(long + cost):.2f} of {float(most):.2f}"


# --- what the venue did ---


def _executions(facts: Sequence[Fact], fills: Sequence[VenueFill], bounds: dict[str, Bound]) -> Iterator[Problem]:
    """NL1: each execution is booked once, as it was. NL4 again, on the venue's own positions at each execution."""
    booked = [fact.body for fact in facts if isinstance(fact.body, Fill)]
    by_id = Counter(body.fill_id for body in booked)
    for name, times in by_id.items():
        if times != 1:
            yield "NL1", f"the execution {name} is booked {times} times"
    ours = {body.fill_id: body for body in booked}
    for fill in fills:
        body = ours.pop(f"paper:{fill.fill_id}", None)
        if body is None:
            yield "NL1", f"the execution {fill.fill_id} is not booked"
        elif (body.side, body.quantity, body.price, body.fee) != (fill.side, fill.quantity, fill.price, fill.fee):
            yield "NL1", f"the execution {fill.fill_id} is booked with other figures"
    for name in ours:
        yield "NL1", f"{name} is booked and is no execution of the venue"
    yield from _limits_at_fills(fills, bounds)


def _limits_at_fills(fills: Sequence[VenueFill], bounds: dict[str, Bound]) -> Iterator[Problem]:
    held: dict[str, Fraction] = {}
    latest: dict[str, Bound] = {}
    for fill in fills:
        units = held.get(fill.symbol, Fraction(0)) + Fraction(fill.side.sign) * Fraction(fill.quantity)
        held[fill.symbol] = units
        if units < 0:
            yield "NL4", f"{fill.fill_id} leaves {float(units)} {fill.symbol} at the venue"
        bound = bounds.get(fill.client_order_id)
        if bound is None:
            continue
        last = latest.get(fill.symbol, bound)
        latest[fill.symbol] = last = bound if bound.place >= last.place else last
        if units * last.mark > last.most:
            excess = f"{float(units * last.mark):.2f} of {float(last.most):.2f}"
            yield "NL4", f"{fill.fill_id} brings {fill.symbol} to {excess} at the venue"


def _orders(facts: Sequence[Fact], orders: Sequence[PaperOrder], told: Told) -> Iterator[Problem]:
    """NL2 and NL6: one intent an order, one approval an intent, and an end for both."""
    for order in orders:
        key, intent = order.client_order_id, told.intents.get(order.client_order_id)
        if intent is None:
            yield "NL2", f"the venue's order {key} has no recorded intent"
        elif (intent.symbol, intent.side, intent.quantity) != (order.symbol, order.side, order.quantity):
            yield "NL2", f"the venue's order {key} is not what was intended"
        if not order.status.is_terminal:
            yield "NL6", f"the venue's order {key} is still {order.status}"
    for key in told.left:
        yield "NL6", f"{key} is open in the ledger when everything has come to rest"
    lost = told.intents.keys() - told.ended.keys() - told.left.keys()
    for key in sorted(lost):
        yield "NL6", f"{key} has neither an end nor room"
    yield from _approvals(facts)


def _approvals(facts: Sequence[Fact]) -> Iterator[Problem]:
    """Together, the intents of one decision ask for no more than it allows, and it comes before them."""
    allowed: dict[tuple[str, str, str], Fraction] = {}
    seen: dict[str, OrderIntent] = {}
    for fact in facts:
        body = fact.body
        if isinstance(body, CandidateJudged | LinesJudged):
            for verdict in body.verdicts:
                if verdict.allowed:
                    case = (fact.fact_id, verdict.symbol, str(verdict.action))
                    allowed[case] = allowed.get(case, Fraction(0)) + Fraction(verdict.recommended_size)
        elif isinstance(body, OrderIntended):
            intent = body.intent
            before = seen.setdefault(intent.client_order_id, intent)
            if before is not intent:
                if before != intent:
                    yield "NL2", f"{intent.client_order_id} has two different intents"
                continue
            case = (body.decision, intent.symbol, str(intent.side))
            allowed[case] = allowed.get(case, Fraction(0)) - Fraction(intent.quantity)
            if allowed[case] < 0:
                yield "NL2", f"{intent.client_order_id} is covered by no approval of {body.decision}"


# --- what the book says ---


def _books(state: AccountState, told: Told, fills: Sequence[VenueFill], cash: Fraction) -> Iterator[Problem]:
    """NL1: cash and units are the venue's; double entry sums to zero."""
    units: dict[str, Fraction] = {}
    for fill in fills:
        moved = Fraction(fill.side.sign) * Fraction(fill.quantity)
        units[fill.symbol] = units.get(fill.symbol, Fraction(0)) + moved
        cash -= moved * Fraction(fill.price) + Fraction(fill.fee)
    if cash != Fraction(state.cash.get("USD", Decimal(0))):
        yield "NL1", f"cash is {state.cash.get('USD')}, by the venue's executions {float(cash)}"
    if cash != told.cash:
        yield "NL1", f"the facts tell of {float(told.cash)} in cash, the venue of {float(cash)}"
    for symbol, held in sorted(units.items()):
        holding = state.holdings.get(f"paper:{symbol}:1")
        own = Fraction(holding.quantity) if holding else Fraction(0)
        if own != held:
            yield "NL1", f"{float(own)} {symbol} are held, by the venue's executions {float(held)}"
        owners = sum((Fraction(amount) for amount in holding.owners.values()), Fraction(0)) if holding else own
        if owners != own:
            yield "NL1", f"the owners of {symbol} hold {float(owners)} of {float(own)}"
    sums: dict[str, Fraction] = {}
    for assets in state.postings.values():
        for asset, amount in assets.items():
            sums[asset] = sums.get(asset, Fraction(0)) + Fraction(amount)
    for asset, total in sums.items():
        if total:
            yield "ZERO", f"the postings of {asset} sum to {float(total)}"
    if Fraction(state.postings.get("cash", {}).get("USD", Decimal(0))) != cash:
        yield "ZERO", "the postings of cash are not the venue's cash"


def _proofs(state: AccountState, told: Told, equity: Decimal) -> Iterator[Problem]:
    """Equity is what fractions make of it, and every part of it has a cause."""
    if Fraction(equity) != told.equity():
        yield "PROOF", f"equity is {equity}, in fractions {float(told.equity())}"
    if proof(state, equity).residual:
        yield "PROOF", f"equity has {proof(state, equity).residual} without a cause"
    own = Fraction(0)
    for name in sorted(state.strategies):
        own += Fraction(strategy_equity(state, name))
        if strategy_proof(state, name).residual:
            yield "PROOF", f"{name} has {strategy_proof(state, name).residual} without a cause"
    if own != told.equity():
        yield "PROOF", f"the strategies together have {float(own)} of {float(told.equity())}"


def _histories(world: World, facts: Sequence[Fact], replayed: str, live: str) -> Iterator[Problem]:
    """NL3, NL5 and the epochs."""
    if replayed != live:
        yield "NL5", "the live state is not what a replay from the first fact makes"
    present = {fact.fact_id for fact in facts}
    for fact_id in world.record.acknowledged:
        if fact_id not in present:
            yield "NL3", f"{fact_id} was acknowledged and is gone"
    epoch = 0
    for place, fact in enumerate(facts, 1):
        claims = isinstance(fact.body, WriterClaimed)
        if fact.sequence != place or fact.epoch < epoch or (claims and place > 2 and fact.epoch != epoch + 1):
            yield "FENCE", f"fact {place} is numbered {fact.sequence}, epoch {fact.epoch} after {epoch}"
        epoch = fact.epoch
