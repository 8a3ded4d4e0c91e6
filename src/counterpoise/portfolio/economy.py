"""What does each fact change in money, prices and holdings?

Every handler is given the state with its valuations, the one at recorded marks first. It validates first and only
then moves anything. What it changes is what `portfolio.kept` copies, and nothing else, so that a late fact can be put
in its place by going back and folding again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType

from counterpoise.domain.accounts import StrategyShare
from counterpoise.domain.facts import Fact, MarkReason
from counterpoise.domain.numbers import QUANTITY_STEP, split_exactly
from counterpoise.portfolio import corporate, corrections, drawdown, flows, pnl, positions, today
from counterpoise.portfolio.state import AccountState, Trade
from counterpoise.portfolio.valuation import Valuation

Valuations = list[Valuation]
Handler = Callable[[AccountState, Valuations, Fact], None]


def change(state: AccountState, valuations: Valuations, fact: Fact) -> None:
    """Fold one fact of money, price or holding, as later facts say that it truly was.

    Raises:
        InvalidFact: it cannot be true; nothing has changed.
    """
    effective = amended(state, fact)
    if effective is not None:
        HANDLERS[fact.kind](state, valuations, effective)


def amended(state: AccountState, fact: Fact) -> Fact | None:
    """The fact as corrected, or None when it was busted."""
    amendment = state.amendments.get(fact.body.fill_id) if fact.kind == "Fill" and state.amendments else None
    if amendment is None:
        return fact
    if amendment.busted:
        return None
    if amendment.correction is None:
        return fact
    said = amendment.correction
    body = replace(
        fact.body, side=said.side, quantity=said.quantity, price=said.price, fee=said.fee, fee_asset=said.fee_asset
    )
    shares = fact.strategy_shares
    if shares:
        weights = {share.strategy: share.amount for share in shares}
        parts = split_exactly(said.quantity, weights, QUANTITY_STEP)
        shares = tuple(StrategyShare(strategy=name, amount=part) for name, part in parts.items() if part)
    return replace(fact, body=body, strategy_shares=shares)


def _record_marks(state: AccountState, valuations: Valuations, fact: Fact) -> None:
    """Marks that mattered: price causes for what is held, then the equity that they make."""
    for new in fact.body.marks:
        positions.check_price(positions.instrument_of(state, new.instrument), new.price)
    recorded, time_zone = valuations[0], state.opened.time_zone
    if fact.body.reason is not MarkReason.DAY_START:
        # The day began at the marks known then; only DAY_START brings the marks of that instant itself.
        today.begin(state, recorded, fact.occurred_at)
    for new in fact.body.marks:
        positions.mark(state, valuations, new)
    drawdown.on_equity(state.drawdown, recorded.equity, fact.occurred_at, time_zone)
    today.follow(state, recorded)


def _intend(state: AccountState, valuations: Valuations, fact: Fact) -> None:
    """From now on fills of this order are one trade."""
    del valuations
    intent = fact.body.intent
    if intent.client_order_id not in state.trades:
        state.trades[intent.client_order_id] = Trade(quantity=intent.quantity, risk_amount=intent.risk_amount)


def _end_order(state: AccountState, valuations: Valuations, fact: Fact) -> None:
    """The order cannot close anything more."""
    del valuations
    pnl.end_trade(state, fact.body.client_order_id)


HANDLERS: Mapping[str, Handler] = MappingProxyType(
    {
        **dict.fromkeys(flows.CASH_CAUSES, flows.move_cash),
        "StrategyAllotted": flows.allot,
        "FxRate": flows.set_rate,
        "MarksRecorded": _record_marks,
        "OpeningPosition": positions.adopt,
        "PositionAdjusted": corrections.adjust_units,
        "AdjustmentReversed": corrections.take_back,
        "Fill": positions.book_fill,
        "Split": corporate.split,
        "SpinOff": corporate.spin_off,
        "CashInLieu": corporate.pay_in_lieu,
        "OrderIntended": _intend,
        **dict.fromkeys(("OrderRejected", "OrderCancelled", "OrderExpired"), _end_order),
    }
)
"""Kind → what it changes; the kinds that have a place in `portfolio.timeline`."""
