"""Do sales go first, do purchases spend only what is there, and is a run called what it was?"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterpoise.domain.facts.control import RunOutcome
from counterpoise.domain.orders import OrderStatus, Side
from counterpoise.domain.plans import LineReason, PlanAction, PlanItem
from counterpoise.execution.run import (
    End,
    LineRules,
    ReleaseBuys,
    ReleaseSells,
    RunCash,
    RunView,
    Step,
    Wait,
    next_step,
    run_id_of,
)
from counterpoise.portfolio.state import OrderState
from tests.execution.orders import intent

D = Decimal
S = OrderStatus
WHOLE = LineRules(lot=D(1))


def line(priority: int, action: str, symbol: str, quantity: str, price: str = "100") -> PlanItem:
    return PlanItem(
        symbol=symbol,
        current_weight=D(0),
        target_weight=D(0),
        drift=D(0),
        current_value=D(0),
        target_value=D(0),
        trade_amount=D(0),
        quantity=D(quantity),
        order_value=D(quantity) * D(price),
        price=D(price),
        action=PlanAction(action),
        reason=LineReason.TO_TARGET,
        priority=priority,
    )


def order(item: PlanItem, status: OrderStatus, filled: str = "0", asked: str | None = None) -> OrderState:
    return OrderState(
        intent=intent(f"p-{item.priority}-1", Side(item.action), asked or str(item.quantity), symbol=item.symbol),
        decision="plan",
        intended_at=datetime(2024, 1, 2, tzinfo=UTC),
        epoch=1,
        status=status,
        filled=D(filled),
    )


SELL_A, SELL_B = line(1, "SELL", "AAA", "10"), line(2, "SELL", "BBB", "5")
BUY_C, BUY_D = line(3, "BUY", "CCC", "6"), line(4, "BUY", "DDD", "4")
LINES = (SELL_A, SELL_B, BUY_C, BUY_D)
SOLD = {1: order(SELL_A, S.FILLED, "10"), 2: order(SELL_B, S.FILLED, "5")}
BOUGHT = {3: order(BUY_C, S.FILLED, "6"), 4: order(BUY_D, S.FILLED, "4")}
RICH = RunCash(free=D(1_000_000))


def view(orders: Mapping[int, OrderState], cash: RunCash = RICH, **changes: Any) -> RunView:  # noqa: ANN401 - fields of RunView
    return replace(RunView(lines=LINES, orders=orders, cash=cash), **changes)


def kind(step: Step) -> object:
    """A step in short: the lines that it releases, the outcome that it ends with, or Wait."""
    match step:
        case ReleaseSells():
            return [item.symbol for item in step.lines]
        case ReleaseBuys():
            return [(sized.item.symbol, sized.quantity) for sized in step.lines]
        case End():
            return step.outcome
        case Wait():
            return Wait


ALL_BUYS = [("CCC", D(6)), ("DDD", D(4))]


@pytest.mark.parametrize(
    ("orders", "changes", "does"),
    (
        pytest.param({}, {}, ["AAA", "BBB"], id="sales first"),
        pytest.param({1: SOLD[1]}, {}, ["BBB"], id="after a crash the rest of the sales"),
        pytest.param({}, {"denied": {1: "HALTED"}}, ["BBB"], id="a denied sale is not sent"),
        pytest.param({**SOLD, 2: order(SELL_B, S.ACCEPTED)}, {}, Wait, id="a sale is still open"),
        pytest.param({**SOLD, 2: order(SELL_B, S.INTENDED)}, {}, Wait, id="a sale is on its way"),
        pytest.param({**SOLD, 2: order(SELL_B, S.UNKNOWN)}, {}, Wait, id="a sale is unknown"),
        pytest.param({**SOLD, 2: order(SELL_B, S.PARTIALLY_FILLED, "4")}, {}, Wait, id="part of a sale is open"),
        pytest.param(SOLD, {"settling": frozenset({"p-2-1"})}, Wait, id="a sale's fills are not all booked"),
        pytest.param(SOLD, {}, ALL_BUYS, id="purchases after the sales"),
        pytest.param({**SOLD, 2: order(SELL_B, S.EXPIRED, "1")}, {}, ALL_BUYS, id="an expired sale is over"),
        pytest.param({**SOLD, 2: order(SELL_B, S.REJECTED)}, {}, ALL_BUYS, id="a refused sale is over"),
        pytest.param({**SOLD, 2: order(SELL_B, S.UNKNOWN)}, {"sell_wait_over": True}, ALL_BUYS, id="sell_wait is over"),
        pytest.param(
            {**SOLD, 2: order(SELL_B, S.UNKNOWN)},
            {"sell_wait_over": True, "cash": RunCash(free=D(0))},
            Wait,
            id="nothing fits yet and a sale may still bring cash",
        ),
        pytest.param(
            {**SOLD, 2: order(SELL_B, S.REJECTED)},
            {"stop_on_refusal": True},
            RunOutcome.PARTIAL,
            id="stopped at a refused line",
        ),
        pytest.param({**SOLD, 3: order(BUY_C, S.ACCEPTED)}, {}, Wait, id="purchases are released once"),
        pytest.param(
            {**SOLD, 3: order(BUY_C, S.FILLED, "6")},
            {"settling": frozenset({"p-3-1"})},
            Wait,
            id="no end before every fill is booked",
        ),
        pytest.param({**SOLD, **BOUGHT}, {}, RunOutcome.COMPLETED, id="all in full"),
        pytest.param({**SOLD, 3: BOUGHT[3]}, {}, RunOutcome.COMPLETED_ADJUSTED, id="a purchase was skipped"),
        pytest.param(SOLD, {"cash": RunCash(free=D(0))}, RunOutcome.COMPLETED_ADJUSTED, id="no purchase fits"),
        pytest.param(
            {**SOLD, 3: order(BUY_C, S.FILLED, "5", "5"), 4: BOUGHT[4]},
            {},
            RunOutcome.COMPLETED_ADJUSTED,
            id="a purchase was shrunk",
        ),
        pytest.param(
            {**SOLD, **BOUGHT, 4: order(BUY_D, S.EXPIRED, "3")},
            {},
            RunOutcome.COMPLETED_ADJUSTED,
            id="part filled, then expired",
        ),
        pytest.param({**SOLD, **BOUGHT, 4: order(BUY_D, S.REJECTED)}, {}, RunOutcome.PARTIAL, id="one line refused"),
        pytest.param(
            {**SOLD, **BOUGHT, 4: order(BUY_D, S.EXPIRED)}, {}, RunOutcome.PARTIAL, id="one line expired unfilled"
        ),
        pytest.param({**SOLD, 3: BOUGHT[3]}, {"denied": {4: "HALTED"}}, RunOutcome.PARTIAL, id="one line denied"),
        pytest.param(
            {n: order(item, S.REJECTED) for n, item in enumerate(LINES, 1)}, {}, RunOutcome.FAILED, id="all refused"
        ),
        pytest.param({}, {"denied": dict.fromkeys((1, 2, 3, 4), "HALTED")}, RunOutcome.FAILED, id="all denied"),
        pytest.param({}, {"lines": ()}, RunOutcome.COMPLETED, id="nothing to do"),
        pytest.param({1: SOLD[1]}, {"lines": ()}, RunOutcome.COMPLETED, id="a candidate's order filled"),
        pytest.param({1: order(SELL_A, S.ACCEPTED)}, {"lines": ()}, Wait, id="a candidate's order works"),
        pytest.param({1: order(SELL_A, S.EXPIRED)}, {"lines": ()}, RunOutcome.FAILED, id="a candidate's order expired"),
    ),
)
def test_a_run_goes_on_from_the_facts(orders: Mapping[int, OrderState], changes: dict[str, Any], does: object) -> None:
    assert kind(next_step(view(orders, **changes))) == does


@pytest.mark.parametrize(
    ("cash", "rules", "sized"),
    (
        pytest.param(RunCash(free=D(1000)), {}, ALL_BUYS, id="exactly enough"),
        pytest.param(
            RunCash(free=D("999.99")), {"CCC": WHOLE, "DDD": WHOLE}, [("CCC", D(5)), ("DDD", D(4))], id="a cent short"
        ),
        pytest.param(RunCash(free=D(500)), {}, [("CCC", D(3)), ("DDD", D(2))], id="half, pro rata"),
        pytest.param(RunCash(free=D(1500), target=D(500)), {}, ALL_BUYS, id="the cash target stays"),
        pytest.param(RunCash(free=D(1000), target=D(500)), {}, [("CCC", D(3)), ("DDD", D(2))], id="target first"),
        pytest.param(RunCash(free=D(505), fee_rate=D("0.01")), {}, [("CCC", D(3)), ("DDD", D(2))], id="fees"),
        pytest.param(RunCash(free=D(520), collar_pct=D(4)), {}, [("CCC", D(3)), ("DDD", D(2))], id="collar"),
        pytest.param(
            RunCash(free=D("525.2"), collar_pct=D(4), fee_rate=D("0.01")),
            {},
            [("CCC", D(3)), ("DDD", D(2))],
            id="a fee on the collar too",
        ),
        pytest.param(
            RunCash(free=D(700)),
            {"CCC": WHOLE, "DDD": WHOLE},
            [("CCC", D(4)), ("DDD", D(3))],
            id="the leftover lot to the largest remainder",
        ),
        pytest.param(RunCash(free=D(100)), {"CCC": WHOLE, "DDD": WHOLE}, [("CCC", D(1))], id="below a lot is skipped"),
        pytest.param(
            RunCash(free=D(500)),
            {"DDD": LineRules(min_notional=D("200.01"))},
            [("CCC", D(3))],
            id="below the minimum is skipped",
        ),
        pytest.param(
            RunCash(free=D(500)), {"DDD": LineRules(min_notional=D(200))}, [("CCC", D(3)), ("DDD", D(2))], id="at it"
        ),
    ),
)
def test_purchases_fit_into_what_is_really_there(
    cash: RunCash, rules: dict[str, LineRules], sized: list[tuple[str, D]]
) -> None:
    assert kind(next_step(view(SOLD, cash, rules=rules))) == sized


@pytest.mark.parametrize(
    ("cash", "price", "sized"),
    (
        pytest.param(RunCash(free=D(1000)), 200, [("CCC", D(3)), ("DDD", D(2))], id="a price that rose"),
        pytest.param(RunCash(free=D(500)), 50, ALL_BUYS, id="a price that fell"),
        pytest.param(
            RunCash(free=D(520), collar_pct=D(4)),
            50,
            [("CCC", D(3)), ("DDD", D(2))],
            id="a limit may still pay the plan's price and the collar",
        ),
        pytest.param(
            RunCash(free=D(1040), collar_pct=D(4)),
            200,
            [("CCC", D(3)), ("DDD", D(2))],
            id="a collar on what it costs now",
        ),
    ),
)
def test_purchases_are_sized_at_what_they_cost_now(cash: RunCash, price: int, sized: list[tuple[str, D]]) -> None:
    step = next_step(view(SOLD, cash, prices={"CCC": D(price), "DDD": D(price)}))
    assert kind(step) == sized


def test_what_shrank_and_what_was_skipped_is_said() -> None:
    step = next_step(view(SOLD, RunCash(free=D(500)), rules={"DDD": LineRules(min_notional=D(300))}))
    assert isinstance(step, ReleaseBuys)
    assert step.adjustments == (
        "BUY CCC: 6 planned, 3, the cash really there",
        "BUY DDD: 4 planned, skipped: the cash really there buys 2, below the minimum of 300",
    )


def test_the_end_says_every_line_that_differs() -> None:
    orders = {1: SOLD[1], 2: order(SELL_B, S.EXPIRED, "1"), 3: order(BUY_C, S.CANCELED, "2", "3")}
    step = next_step(view(orders))
    assert isinstance(step, End)
    assert step.adjustments == (
        "SELL BBB: 5 planned, 1 filled, EXPIRED",
        "BUY CCC: 6 planned, 3 asked for, 2 filled, CANCELED",
        "BUY DDD: 4 planned, not sent: the cash really there bought no lot or less than the minimum",
    )


def test_denied_and_stopped_lines_say_so() -> None:
    step = next_step(view({1: SOLD[1]}, denied={2: "BREAK_OPEN"}, stop_on_refusal=True))
    assert isinstance(step, End)
    assert step.adjustments[0] == "SELL BBB: 5 planned, denied: BREAK_OPEN"
    assert step.adjustments[1] == "BUY CCC: 6 planned, not sent: the run stopped at a refused line"


UNITS = st.decimals("0.001", "5000", places=3)
BUYS = st.lists(
    st.tuples(UNITS, st.decimals("0.01", "900", places=2), st.sampled_from(["1", "0.5", "0.001"])), max_size=8
)


@given(
    buys=BUYS,
    free=st.decimals("-10", "100000", places=2),
    target=st.decimals("0", "1000", places=2),
    fee=st.decimals("0", "0.01", places=4),
    collar=st.decimals("0", "5", places=1),
)
def test_purchases_never_cost_more_than_there_is(
    buys: list[tuple[D, D, str]], free: D, target: D, fee: D, collar: D
) -> None:
    lines = tuple(line(n, "BUY", f"S{n}", str(q), str(p)) for n, (q, p, _) in enumerate(buys, 1))
    rules = {f"S{n}": LineRules(lot=D(lot)) for n, (_, _, lot) in enumerate(buys, 1)}
    cash = RunCash(free=free, target=target, fee_rate=fee, collar_pct=collar)
    step = next_step(RunView(lines=lines, orders={}, cash=cash, rules=rules))
    sized = step.lines if isinstance(step, ReleaseBuys) else ()
    assert all(D(0) < each.quantity <= each.item.quantity for each in sized)
    worst = sum((each.quantity * (each.item.price or D(0)) * (100 + collar) * (1 + fee) for each in sized), D(0))
    assert not sized or worst <= (free - target) * 100


def test_a_run_is_named_by_what_it_carries_out() -> None:
    assert run_id_of("a", "b") == run_id_of("a", "b")
    assert len(run_id_of("a", "b")) == 64
    assert len({run_id_of("a", "bc"), run_id_of("ab", "c"), run_id_of("abc", "")}) == 3
