"""Orders as the gate would let them through, for tests that send them."""

from decimal import Decimal

from counterpoise.domain.facts import OrderIntended
from counterpoise.domain.orders import OrderIntent, OrderType, Side, TimeInForce
from counterpoise.risk.gate import Approved, reinstate

D = Decimal


def intent(
    client_order_id: str = "p0-1-1",
    side: Side = Side.BUY,
    quantity: str = "10",
    symbol: str = "SPY",
    *,
    limit: str | None = None,
    time_in_force: TimeInForce = TimeInForce.DAY,
) -> OrderIntent:
    """An intent to trade `symbol` at a mark of 100."""
    return OrderIntent(
        client_order_id=client_order_id,
        instrument=f"paper:{symbol}:1",
        symbol=symbol,
        side=side,
        quantity=D(quantity),
        mark=D(100),
        order_type=OrderType.MARKET if limit is None else OrderType.LIMIT,
        time_in_force=time_in_force,
        limit_price=None if limit is None else D(limit),
        run_id="0" * 64,
        line=1,
    )


def approved(order: OrderIntent) -> Approved:
    """The order with the gate's approval, as after a restart."""
    return reinstate(OrderIntended(intent=order, decision="decision"), 1)
