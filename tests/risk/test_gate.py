"""Does only an order leave that the gate has judged, with everything that is open?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from counterpoise.domain.accounts import AccountKind
from counterpoise.domain.decisions import RiskMode, TradingState, Verdict
from counterpoise.domain.errors import NotApproved
from counterpoise.domain.facts.orders import OrderIntended
from counterpoise.domain.instruments import Category
from counterpoise.domain.limits import INVESTOR, PortfolioConstraints
from counterpoise.domain.orders import OrderIntent, OrderType, Side
from counterpoise.risk.gate import Approved, Denied, GateBook, Listing, approve, reinstate, screen
from tests.risk.books import POLICY, WIDE, D, book, candidate, judged, limits_with, order, position


def intent(symbol: str = "ETH", quantity: str = "1", mark: str = "100", **more: object) -> OrderIntent:
    """A market order at its mark; a quantity below zero sells."""
    units = D(quantity)
    values: dict[str, Any] = {
        "client_order_id": "p00000000000000000000-1-1",
        "instrument": f"paper:{symbol}:1",
        "symbol": symbol,
        "side": Side.BUY if units > 0 else Side.SELL,
        "quantity": abs(units),
        "mark": D(mark),
        "run_id": "0" * 64,
        "line": 1,
    }
    return OrderIntent(**{**values, **more})


def screened(
    asked: OrderIntent,
    on: GateBook,
    limits: PortfolioConstraints = WIDE,
    mode: RiskMode = RiskMode.NEUTRAL,
    **more: object,
) -> list[str]:
    """Every reason of the denial, or nothing when approved."""
    options: dict[str, Any] = more
    answer = screen(asked, on, limits, POLICY, mode=mode, epoch=3, **options)
    if isinstance(answer, Approved):
        assert (answer.intent, answer.epoch) == (asked, 3)
        return []
    return [str(reason) for reason in answer.reasons]


def test_nobody_else_makes_an_approval() -> None:
    with pytest.raises(NotApproved):
        Approved(intent=intent(), epoch=1, seal=object())
    with pytest.raises(NotApproved):
        replace(reinstate(OrderIntended(intent=intent(), decision="d"), 1), intent=intent("BTC"), seal=None)


EXPOSED = [
    pytest.param({"max_symbol_concentration_pct": D(29)}, "SYMBOL_EXPOSURE_EXCEEDED", id="symbol"),
    pytest.param({"max_sector_concentration_pct": D(49)}, "SECTOR_EXPOSURE_EXCEEDED", id="sector"),
    pytest.param({"max_long_exposure_pct": D(59)}, "LONG_EXPOSURE_EXCEEDED", id="long"),
    pytest.param({"max_net_exposure_pct": D(59)}, "NET_EXPOSURE_EXCEEDED", id="net"),
    pytest.param({"max_positions": 2}, "MAX_POSITIONS_REACHED", id="count"),
    pytest.param({"max_leverage": D(1)}, "LEVERAGE_EXCEEDED", id="leverage"),
    pytest.param({"max_per_trade_risk_pct": D("0.9")}, "PER_TRADE_RISK_EXCEEDED", id="risk of the trade"),
    pytest.param({"max_total_risk_pct": D("1.9")}, "TOTAL_RISK_EXCEEDED", id="total risk"),
]


@pytest.mark.parametrize(("changes", "expected"), EXPOSED)
@pytest.mark.parametrize("plan_line", (pytest.param(True, id="a line"), pytest.param(False, id="an order")))
def test_every_limit_counts_what_is_open(changes: dict[str, Any], expected: str, *, plan_line: bool) -> None:
    listings = {"ETH": Listing(sector="coins", leverage=D(2))}
    held = position("BTC", "2", sector="coins", risk_amount=D(10))
    on = book(held, open_orders=(order("SOL"),), listings=listings)
    asked = intent(quantity="3", risk_amount=D(10))
    assert screened(asked, on, plan_line=plan_line) == []
    assert screened(asked, on, limits_with(**changes), plan_line=plan_line) == [expected]


def test_a_listing_says_what_a_unit_is_worth() -> None:
    limits = limits_with(max_symbol_concentration_pct=D(30))
    assert screened(intent(quantity="3"), book(), limits) == []
    assert screened(intent(quantity="3"), book(listings={"ETH": Listing(multiplier=D("1.1"))}), limits) != []
    assert screened(intent(quantity="3"), book(listings={"ETH": Listing(fx_rate=D("1.1"))}), limits) != []


def test_a_position_is_closed_in_units_times_the_multiplier() -> None:
    on = book(position("ETH", "20"), listings={"ETH": Listing(multiplier=D(10))}, trading_state=TradingState.REDUCING)
    assert screened(intent(quantity="-2"), on) == []
    assert screened(intent(quantity="-2.1"), on, plan_line=True) == ["REDUCING_ONLY"]


def test_above_a_limit_only_reductions_leave() -> None:
    on = book(position("BTC", "3"), position("ETH"))
    limits = limits_with(max_symbol_concentration_pct=D(20))
    assert screened(intent("ETH"), on, limits, plan_line=True) == ["CRITICAL_VIOLATIONS"]
    assert screened(intent("BTC", "-1"), on, limits, plan_line=True) == []


CASH = [
    pytest.param("100", {}, [], id="exactly enough"),
    pytest.param("99.99", {}, ["INSUFFICIENT_CASH"], id="a cent short"),
    pytest.param("100", {"fee_rate": D("0.001")}, ["INSUFFICIENT_CASH"], id="fees count"),
    pytest.param("100.1", {"fee_rate": D("0.001")}, [], id="and are enough"),
]


@pytest.mark.parametrize(("cash", "more", "expected"), CASH)
def test_a_buy_is_paid_in_full_in_a_cash_account(cash: str, more: dict[str, Any], expected: list[str]) -> None:
    on = book(kind=AccountKind.CASH, cash=D(cash), free_margin=D(0))
    assert screened(intent(), on, INVESTOR, plan_line=True, **more) == expected


def test_cash_is_held_at_the_limit_price_and_exposure_valued_at_the_mark() -> None:
    asked = intent(order_type=OrderType.LIMIT, limit_price=D(101))
    on = book(kind=AccountKind.CASH, equity="100", cash=D("100.99"))
    assert screened(asked, on, INVESTOR, plan_line=True) == ["INSUFFICIENT_CASH"]
    assert screened(asked, replace(on, cash=D(101)), INVESTOR, plan_line=True) == []


def test_margin_is_what_no_open_order_holds() -> None:
    on = book(open_orders=(order("SOL", "9.1"),))
    assert screened(intent(), on) == ["INSUFFICIENT_MARGIN"]
    assert screened(intent(), replace(on, listings={"ETH": Listing(leverage=D(2))})) == []


# ---- plan lines


def test_a_plan_line_adjusts_the_one_position_of_its_symbol() -> None:
    on = book(position("ETH"), open_orders=(order("ETH"),))
    limits = limits_with(max_positions=1, max_positions_per_symbol=1)
    assert screened(intent(), on, limits) == ["POSITION_ALREADY_OPEN", "MAX_POSITIONS_REACHED"]
    assert screened(intent(), on, limits, plan_line=True) == []


@pytest.mark.parametrize(
    ("quantity", "more", "expected"),
    (
        pytest.param("-1", {"plan_line": True}, [], id="a line that reduces"),
        pytest.param("1", {"plan_line": True}, ["MODE_RESTRICTED"], id="a line that adds"),
        pytest.param("1", {"plan_line": True, "swap_allowed": True}, [], id="a line of a swap"),
        pytest.param("1", {}, ["MODE_RESTRICTED"], id="an order in what is not CORE"),
    ),
)
def test_in_safe_a_plan_reduces_or_swaps(quantity: str, more: dict[str, Any], expected: list[str]) -> None:
    assert screened(intent(quantity=quantity), book(position("ETH")), mode=RiskMode.SAFE, **more) == expected


def test_in_safe_an_order_in_a_core_symbol_passes_where_new_positions_do() -> None:
    on = book(listings={"ETH": Listing(category=Category.CORE)})
    assert screened(intent(), on, mode=RiskMode.SAFE) == []
    closed = replace(POLICY, safe_new_positions=0)
    answer = screen(intent(), on, WIDE, closed, mode=RiskMode.SAFE, epoch=1)
    assert isinstance(answer, Denied)
    assert [str(reason) for reason in answer.reasons] == ["MAX_NEW_POSITIONS"]


@pytest.mark.parametrize(
    ("state", "quantity", "expected"),
    (
        pytest.param("REDUCING", "-1", [], id="a reduction in REDUCING"),
        pytest.param("REDUCING", "1", ["REDUCING_ONLY"], id="an addition in REDUCING"),
        pytest.param("HALTED", "-1", ["HALTED"], id="a reduction in HALTED"),
        pytest.param("HALTED", "1", ["HALTED"], id="an addition in HALTED"),
    ),
)
def test_the_trading_state_decides_what_is_sent_at_all(state: str, quantity: str, expected: list[str]) -> None:
    on = book(position("ETH"), trading_state=TradingState(state))
    assert screened(intent(quantity=quantity), on, plan_line=True) == expected


def test_a_flip_is_denied_as_one_order_and_says_what_may_close() -> None:
    answer = screen(
        intent(quantity="-5"), book(position("ETH", "2"), kind=AccountKind.CASH), INVESTOR, POLICY,
        mode=RiskMode.NEUTRAL, epoch=1, plan_line=True,
    )  # fmt: skip
    assert isinstance(answer, Denied)
    assert answer.closing_size == D(2)
    assert "SHORT_EXPOSURE_EXCEEDED" in [str(reason) for reason in answer.reasons]


def test_an_order_marked_as_a_reduction_must_be_one() -> None:
    assert screened(intent(quantity="-3", reduce_only=True), book(position("ETH", "2"))) == ["REDUCING_ONLY"]
    assert screened(intent(quantity="-2", reduce_only=True), book(position("ETH", "2"))) == []


@pytest.mark.parametrize(
    "changes",
    (
        pytest.param({"mark": Decimal("NaN")}, id="mark NaN"),
        pytest.param({"mark": D(0)}, id="mark zero"),
        pytest.param({"mark": Decimal("Infinity")}, id="mark infinite"),
        pytest.param({"risk_amount": D(-1)}, id="risk below zero"),
        pytest.param({"risk_amount": Decimal("sNaN")}, id="risk sNaN"),
        pytest.param({"order_type": OrderType.LIMIT, "limit_price": Decimal("NaN")}, id="limit NaN"),
    ),
)
@pytest.mark.parametrize("quantity", ("1", "-1"))
def test_an_order_that_is_no_number_is_bad_input(changes: dict[str, Any], quantity: str) -> None:
    assert screened(intent(quantity=quantity, **changes), book(position("ETH"))) == ["BAD_INPUT"]


# ---- approvals of candidates


def verdict_on(size: str = "3", held: str = "") -> Verdict:
    """The gate's verdict on a candidate of this size."""
    on = book(position("ETH", held)) if held else book()
    return judged(on, candidate("ETH", size))[0]


@pytest.mark.parametrize(
    ("asked", "verdict"),
    (
        pytest.param(intent("BTC"), verdict_on, id="another symbol"),
        pytest.param(intent(quantity="-1"), verdict_on, id="the other side"),
        pytest.param(intent(quantity="3.000000001"), verdict_on, id="more than recommended"),
        pytest.param(intent(quantity="1"), lambda: verdict_on("99"), id="a denied candidate"),
        pytest.param(
            intent(quantity="-3", reduce_only=True), lambda: verdict_on("-3", "2"), id="a flip marked as a reduction"
        ),
    ),
)
def test_an_order_that_the_verdict_does_not_cover_is_refused(
    asked: OrderIntent, verdict: Callable[[], Verdict]
) -> None:
    with pytest.raises(NotApproved):
        approve(asked, verdict(), 1)


def test_an_order_within_its_verdict_is_approved() -> None:
    approved = approve(intent(quantity="3"), verdict_on(), 7)
    assert (approved.intent.quantity, approved.epoch) == (D(3), 7)
    assert approve(intent(quantity="-2", reduce_only=True), verdict_on("-3", "2"), 1).intent.reduce_only


def test_sizes_are_units_times_the_multiplier() -> None:
    assert approve(intent(quantity="0.3"), verdict_on(), 1, multiplier=D(10)).epoch == 1
    with pytest.raises(NotApproved):
        approve(intent(quantity="0.4"), verdict_on(), 1, multiplier=D(10))


def test_a_reinstated_order_keeps_its_identity_in_the_new_epoch() -> None:
    intended = OrderIntended(intent=intent(), decision="d")
    approved = reinstate(intended, 9)
    assert (approved.intent, approved.epoch) == (intended.intent, 9)
