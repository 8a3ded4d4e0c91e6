"""What is in force, and what waits for a person?"""

from __future__ import annotations

from decimal import Decimal

from counterpoise.control.overview.moment import Moment, Wanted
from counterpoise.control.pulse import STALE_AFTER
from counterpoise.control.state import ControlState
from counterpoise.control.watch import Watch
from counterpoise.domain.decisions import Severity, TradingState
from counterpoise.domain.numbers import ZERO, canonical
from counterpoise.domain.orders import OrderStatus
from counterpoise.domain.time import zone
from counterpoise.messages.overview import (
    Ages,
)
from counterpoise.messages.readmodels import seconds
from counterpoise.messages.sentences import MODE_TEXTS, listed, shown
from counterpoise.messages.status import (
    AccountInfo,
    Counts,
    Health,
    HealthLine,
    ModeReasonLine,
    NeedsYou,
    OpenOrderLine,
    Replay,
    Status,
    VenueClock,
)

OPEN_ORDERS_SHOWN = 20


def status(moment: Moment, replay: Replay | None) -> Status:
    """The account, its states with their reasons, its counts, and what waits."""
    view, state, chronicle = moment.view, moment.view.state, moment.watch.chronicle
    change = chronicle.state_change
    orders = [order for _, order in sorted(state.orders.items()) if order.status.is_open]
    return Status(
        account=account_info(view),
        as_of=moment.now,
        trading_state=state.trading_state,
        state_since=change.at if change else None,
        state_by=change.by if change else None,
        state_reason=(change.reason or None) if change else None,
        state_orders=chronicle.state_orders(view),
        risk_mode=state.mode,
        mode_since=state.mode_since,
        mode_reasons=tuple(
            ModeReasonLine(code=code, text=MODE_TEXTS.get(code, code)) for code in chronicle.mode_reasons
        ),
        clock=_clock(moment, replay),
        counts=Counts(
            facts=view.sequence,
            positions=sum(bool(holding.quantity) for holding in state.holdings.values()),
            open_orders=len(orders),
            unknown_orders=sum(order.status is OrderStatus.UNKNOWN for order in orders),
            breaks=len(state.breaks),
            targets=len(moment.wanted),
            targets_out=sum(wanted.beyond for wanted in moment.wanted.values()),
        ),
        open_orders=tuple(
            OpenOrderLine(
                client_order_id=order.intent.client_order_id,
                symbol=order.intent.symbol,
                side=order.intent.side,
                quantity=order.intent.quantity,
                remaining=order.remaining,
                status=order.status,
            )
            for order in orders[:OPEN_ORDERS_SHOWN]
        ),
        health=_health(moment),
        needs_you=_needs_you(moment),
        replay=replay,
    )


def _clock(moment: Moment, replay: Replay | None) -> VenueClock:
    terms = moment.view.state.opened
    local = moment.now.astimezone(zone(terms.time_zone))
    note = f"replaying {replay.day}" if replay else "paper market, always open"
    return VenueClock(text=f"{local:%H:%M:%S} {local.tzname()}", note=note)


def _health(moment: Moment) -> tuple[HealthLine, ...]:
    now, state = ages(moment.view, moment.watch), moment.view.state
    prices = Health.WARNING if now.prices.stale else Health.OK
    return (
        HealthLine(name="Journal", text=f"{moment.view.sequence:,} facts", status=Health.OK),
        HealthLine(name="Broker", text=now.broker.text, status=Health.WARNING if now.broker.stale else Health.OK),
        HealthLine(name="Prices", text=now.prices.text, status=prices),
        HealthLine(
            name="Reconciled",
            text=f"{len(state.breaks)} open" if state.breaks else now.ledger.text,
            status=Health.DOWN if state.breaks else Health.WARNING if now.ledger.stale else Health.OK,
        ),
    )


def _needs_you(moment: Moment) -> NeedsYou | None:
    """The one thing that waits for a person: a break first, then targets beyond their band."""
    state = moment.view.state
    if state.breaks:
        named = ", ".join(sorted({item.difference.subject for item in state.breaks.values()}))
        return NeedsYou(
            severity=Severity.CRITICAL,
            title=f"Venue and ledger differ in {named}.",
            detail="New risk is blocked there until they agree again; reductions pass.",
        )
    out = [(symbol, wanted) for symbol, wanted in moment.wanted.items() if wanted.beyond]
    if not out or state.trading_state is TradingState.HALTED:
        return None
    out.sort(key=lambda item: (-abs(item[1].drift_points or ZERO), item[0]))
    said = [f"{symbol} {_signed(wanted.drift_points or ZERO)} points" + _band(wanted) for symbol, wanted in out]
    count = len(moment.wanted)
    return NeedsYou(
        severity=Severity.WARNING,
        title=f"{len(out)} of {count} targets {'is' if len(out) == 1 else 'are'} outside their band.",
        detail=f"{listed(said)}.",
    )


def _band(wanted: Wanted) -> str:
    return f" (band {shown(wanted.band_points)})" if wanted.band_points is not None else ""


def _signed(value: Decimal) -> str:
    return f"+{shown(value)}" if value > ZERO else shown(value)


def ages(view: ControlState, watch: Watch) -> Ages:
    """How old what we know is, on the machine's clock."""
    now, pulse = watch.wall.now(), watch.pulse
    held = tuple(key for key, holding in view.state.holdings.items() if holding.quantity)
    return Ages(
        server_time=now,
        prices=pulse.prices_age(now, held),
        broker=pulse.venue_age(now, view.state.opened.venue),
        ledger=pulse.ledger_age(now),
        stale_after_seconds=canonical(seconds(STALE_AFTER)),
    )


def account_info(view: ControlState) -> AccountInfo:
    """Whose book it is."""
    terms = view.state.opened
    return AccountInfo(
        id=view.account,
        name=view.state.name,
        kind=terms.kind,
        base_currency=terms.base_currency,
        mode=terms.mode,
        venue=terms.venue,
        time_zone=terms.time_zone,
    )
