"""Does the gate list every reason, count every approval, and always leave the way out open?"""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from typing import Any

import pytest

from counterpoise.domain.accounts import AccountKind
from counterpoise.domain.decisions import Position, Reason, RiskMode, TradingState
from counterpoise.domain.instruments import Category
from counterpoise.domain.limits import INVESTOR, TRADER
from counterpoise.domain.orders import Side
from counterpoise.risk.gate import Listing, OpenOrder, judge
from tests.risk.books import (
    POLICY,
    WIDE,
    D,
    book,
    candidate,
    judged,
    limits_with,
    order,
    position,
    reasons,
)

# Each limit with a book of 1,000 and a candidate that it alone blocks.
ALONE = {
    "max_positions": (1, [position("BTC")], candidate(), "MAX_POSITIONS_REACHED"),
    "max_positions_per_symbol": (1, [position("ETH")], candidate(), "POSITION_ALREADY_OPEN"),
    "max_total_risk_pct": (D(15), [position(risk_amount=D(100))], candidate(risk_amount=D(51)), "TOTAL_RISK_EXCEEDED"),
    "max_per_trade_risk_pct": (D(2), [], candidate(risk_amount=D("20.01")), "PER_TRADE_RISK_EXCEEDED"),
    "max_symbol_concentration_pct": (D(30), [], candidate(size="3.01"), "SYMBOL_EXPOSURE_EXCEEDED"),
    "max_sector_concentration_pct": (
        D(40),
        [position("BTC", "2", sector="coins")],
        candidate(size="2.01", sector="coins"),
        "SECTOR_EXPOSURE_EXCEEDED",
    ),
    "max_leverage": (D(30), [], candidate(size="3", margin_required=D("9.99")), "LEVERAGE_EXCEEDED"),
    "max_long_exposure_pct": (D(50), [position("BTC", "3")], candidate(size="2.01"), "LONG_EXPOSURE_EXCEEDED"),
    "max_short_exposure_pct": (D(50), [position("BTC", "-3")], candidate(size="-2.01"), "SHORT_EXPOSURE_EXCEEDED"),
    "max_net_exposure_pct": (D(40), [position("BTC", "2")], candidate(size="2.01"), "NET_EXPOSURE_EXCEEDED"),
}
AT_THE_LIMIT = {
    "max_total_risk_pct": candidate(risk_amount=D(50)),
    "max_per_trade_risk_pct": candidate(risk_amount=D(20)),
    "max_symbol_concentration_pct": candidate(size="3"),
    "max_sector_concentration_pct": candidate(size="2", sector="coins"),
    "max_leverage": candidate(size="3", margin_required=D(10)),
    "max_long_exposure_pct": candidate(size="2"),
    "max_short_exposure_pct": candidate(size="-2"),
    "max_net_exposure_pct": candidate(size="2"),
}


@pytest.mark.parametrize("name", list(ALONE))
def test_each_limit_alone_blocks_an_order(name: str) -> None:
    limit, held, trade, expected = ALONE[name]
    on = book(*held)
    assert judged(on, trade, limits=WIDE)[0].allowed
    assert reasons(judged(on, trade, limits=limits_with(**{name: limit}))[0]) == [expected]


@pytest.mark.parametrize("name", list(AT_THE_LIMIT))
def test_exactly_at_a_limit_is_allowed(name: str) -> None:
    limit, held, _, _ = ALONE[name]
    assert judged(book(*held), AT_THE_LIMIT[name], limits=limits_with(**{name: limit}))[0].allowed


BREAKS_ALL = candidate(size="20", risk_amount=D(500), margin_required=D(1), sector="coins")


@pytest.mark.parametrize(("one", "other"), list(combinations(sorted(ALONE), 2)))
def test_of_two_broken_limits_both_are_listed(one: str, other: str) -> None:
    held = [position("ETH", "1", sector="coins")]
    trade = replace(BREAKS_ALL, action=Side.SELL) if "max_short_exposure_pct" in (one, other) else BREAKS_ALL
    if trade.action is Side.SELL:
        held = [position("ETH", "-1", sector="coins")]
    limits = limits_with(**{name: 0 if name.startswith("max_positions") else D(1) for name in (one, other)})
    listed = reasons(judged(book(*held), trade, limits=limits)[0])
    expected = {ALONE[one][3], ALONE[other][3]}
    if trade.action is Side.SELL:
        expected -= {"LONG_EXPOSURE_EXCEEDED"}
    assert expected <= {*listed}
    assert listed == [str(reason) for reason in Reason if reason in listed]


def test_every_reason_is_listed_and_the_first_of_them_leads() -> None:
    on = book(position("ETH", "9"), trading_state=TradingState.REDUCING, balance_usable=False, breaks=("ETH",))
    trade = candidate(size="9", category=Category.TOXIC, confidence=D("0.1"), risk_amount=D(200))
    verdict = judged(on, trade, limits=TRADER, mode=RiskMode.SAFE)[0]
    assert verdict.reason == "REDUCING_ONLY"
    assert reasons(verdict) == [
        "REDUCING_ONLY",
        "BALANCE_NOT_USABLE",
        "BREAK_OPEN",
        "TOXIC_SYMBOL",
        "CRITICAL_VIOLATIONS",
        "POSITION_ALREADY_OPEN",
        "PER_TRADE_RISK_EXCEEDED",
        "SYMBOL_EXPOSURE_EXCEEDED",
        "SECTOR_EXPOSURE_EXCEEDED",
        "LONG_EXPOSURE_EXCEEDED",
        "NET_EXPOSURE_EXCEEDED",
        "MODE_RESTRICTED",
        "LOW_PRIORITY",
    ]


# ---- approvals accumulate


def test_eight_times_ten_percent_risk_under_a_cap_of_fifteen_approves_one() -> None:
    trades = [candidate(f"S{number}", risk_amount=D(100)) for number in range(8)]
    limits = limits_with(max_total_risk_pct=D(15), max_per_trade_risk_pct=D(20))
    verdicts = judged(book(), *trades, limits=limits)
    assert [verdict.allowed for verdict in verdicts] == [True] + [False] * 7
    assert {verdict.reason for verdict in verdicts[1:]} == {"TOTAL_RISK_EXCEEDED"}


def test_three_margins_of_nine_hundred_from_a_thousand_approve_one() -> None:
    trades = [candidate(f"S{number}", margin_required=D(900)) for number in range(3)]
    assert [verdict.reason for verdict in judged(book(), *trades)] == ["APPROVED", *["INSUFFICIENT_MARGIN"] * 2]


def test_two_candidates_for_one_symbol_approve_the_better_one() -> None:
    weaker, better = candidate(confidence=D("0.8")), candidate(confidence=D("0.95"))
    verdicts = judged(book(), weaker, better, limits=TRADER)
    assert [verdict.reason for verdict in verdicts] == ["POSITION_ALREADY_OPEN", "APPROVED"]


def test_positions_are_counted_with_approvals_and_open_orders() -> None:
    on = book(position("BTC"), open_orders=(order("SOL"),))
    verdicts = judged(on, candidate("A"), candidate("B"), limits=limits_with(max_positions=3))
    assert [verdict.reason for verdict in verdicts] == ["APPROVED", "MAX_POSITIONS_REACHED"]


def test_verdicts_come_by_score_and_equal_scores_as_sent() -> None:
    trades = [candidate("A", confidence=D("0.7")), candidate("B"), candidate("C"), candidate("D", confidence=D(1))]
    verdicts = judge(book(equity="10000"), trades, WIDE, POLICY, mode=RiskMode.NEUTRAL)
    assert [(verdict.symbol, verdict.index) for verdict in verdicts] == [("D", 3), ("B", 1), ("C", 2), ("A", 0)]


# ---- reductions and flips


def test_a_reduction_passes_above_limits_under_critical_and_without_a_score() -> None:
    on = book(position("ETH", "50"), breaks=("*",), balance_usable=False, trading_state=TradingState.REDUCING)
    trade = candidate("ETH", "-10", price=None, category=Category.TOXIC, confidence=D(0))
    verdict = judged(on, trade, limits=TRADER, mode=RiskMode.SAFE)[0]
    assert (verdict.allowed, verdict.recommended_size, verdict.closing_size) == (True, D(10), D(10))


@pytest.mark.parametrize("equity", (pytest.param("0", id="zero"), pytest.param("-50", id="below zero")))
def test_without_equity_only_reductions_pass(equity: str) -> None:
    verdicts = judged(book(position("ETH"), equity=equity), candidate("BTC"), candidate("ETH", "-1"))
    assert [verdict.allowed for verdict in verdicts] == [False, True]
    assert "CRITICAL_VIOLATIONS" in reasons(verdicts[0])


def test_nothing_passes_when_halted() -> None:
    on = book(position("ETH"), trading_state=TradingState.HALTED)
    verdicts = judged(on, candidate("ETH", "-1"), candidate("BTC"))
    assert [verdict.reason for verdict in verdicts] == ["HALTED", "HALTED"]


@pytest.mark.parametrize(
    ("working", "allowed", "size"),
    (
        pytest.param([], True, "10", id="nothing else is open"),
        pytest.param([order("ETH", "-4")], True, "6", id="a working sale may fill first"),
        pytest.param([order("ETH", "-10")], False, "0", id="all of it is being sold"),
        pytest.param([order("ETH", "5")], True, "10", id="a buy may never fill"),
    ),
)
def test_a_reduction_is_one_with_open_orders_filled_in_the_worst_way(
    working: list[OpenOrder], *, allowed: bool, size: str
) -> None:
    on = book(position("ETH", "10"), open_orders=tuple(working), trading_state=TradingState.REDUCING)
    verdict = judged(on, candidate("ETH", "-10"))[0]
    assert (verdict.allowed, verdict.recommended_size) == (allowed, D(size))


def test_a_flip_is_a_close_and_an_open() -> None:
    verdict = judged(
        book(position("ETH", "2")), candidate("ETH", "-5"), limits=limits_with(max_positions_per_symbol=1)
    )[0]
    assert (verdict.recommended_size, verdict.closing_size) == (D(5), D(2))


def test_the_close_of_a_flip_stands_when_its_open_is_denied() -> None:
    limits = limits_with(max_short_exposure_pct=D(0))
    verdict = judged(book(position("ETH", "2")), candidate("ETH", "-5"), limits=limits)[0]
    assert (verdict.allowed, verdict.recommended_size, verdict.closing_size) == (True, D(2), D(2))
    assert "SHORT_EXPOSURE_EXCEEDED" in verdict.detail


def test_a_short_that_is_too_large_makes_no_room_for_a_long() -> None:
    on = book(position("ETH", "-10"))
    verdict = judged(on, candidate("ETH", "19"), limits=limits_with(max_symbol_concentration_pct=D(80)), found=())[0]
    assert (verdict.recommended_size, verdict.closing_size) == (D(10), D(10))
    assert "SYMBOL_EXPOSURE_EXCEEDED" in verdict.detail


def test_two_closes_of_one_position_close_it_once() -> None:
    verdicts = judged(book(position("ETH", "10")), candidate("ETH", "-7"), candidate("ETH", "-7"), limits=TRADER)
    assert [verdict.recommended_size for verdict in verdicts] == [D(7), D(3)]


def test_a_reduction_frees_no_room_before_it_has_filled() -> None:
    on = book(position("ETH", "5"))
    limits = limits_with(max_long_exposure_pct=D(50))
    verdicts = judged(on, candidate("ETH", "-5"), candidate("BTC", "1"), limits=limits)
    assert [verdict.reason for verdict in verdicts] == ["APPROVED", "LONG_EXPOSURE_EXCEEDED"]


def test_reductions_are_judged_before_openings_whatever_their_score() -> None:
    opening = candidate("ETH", "-8", confidence=D(1), risk_amount=D(0))
    closing = candidate("ETH", "-5", confidence=D(0))
    verdicts = judged(book(position("ETH", "10")), opening, closing, limits=TRADER)
    assert [verdict.closing_size for verdict in verdicts] == [D(8), D(2)]


@pytest.mark.parametrize(
    ("held", "size", "allowed"),
    (
        pytest.param([position("ETH", "2")], "2", True, id="more than is held is cut to it"),
        pytest.param([], "0", False, id="nothing to reduce"),
    ),
)
def test_reduce_only_opens_nothing(held: list[Position], size: str, *, allowed: bool) -> None:
    verdict = judged(book(*held), candidate("ETH", "-5", reduce_only=True))[0]
    assert (verdict.allowed, verdict.recommended_size) == (allowed, D(size))
    assert reasons(verdict) == ([] if allowed else ["REDUCING_ONLY"])


def test_with_both_directions_held_each_can_be_closed() -> None:
    on = book(position("ETH", "3"), position("ETH", "-2"))
    verdicts = judged(on, candidate("ETH", "-3"), candidate("ETH", "2"))
    assert [verdict.closing_size for verdict in verdicts] == [D(3), D(2)]


def test_a_net_short_makes_no_room_for_a_net_long_of_other_fills() -> None:
    on = book(position("BTC", "-10"), open_orders=(order("SOL", "15"),), free_margin=D(9000))
    verdict = judged(on, candidate("ETH", "4"), limits=limits_with(max_net_exposure_pct=D(80)), found=())[0]
    assert reasons(verdict) == ["NET_EXPOSURE_EXCEEDED"]


def test_an_open_order_alone_makes_a_candidate_of_its_symbol_a_duplicate() -> None:
    on = book(open_orders=(order("ETH"),))
    assert reasons(judged(on, candidate("ETH"), limits=limits_with(max_positions_per_symbol=1))[0]) == [
        "POSITION_ALREADY_OPEN"
    ]


# ---- balance, breaks, cash


@pytest.mark.parametrize(
    ("more", "expected"),
    (
        pytest.param({"equity_low": None}, ["BALANCE_NOT_USABLE"], id="the bad end is unknown"),
        pytest.param({"balance_usable": False}, ["BALANCE_NOT_USABLE"], id="an old balance"),
        pytest.param({"equity_low": D(300)}, ["SYMBOL_EXPOSURE_EXCEEDED"], id="judged on the bad end"),
        pytest.param(
            {"equity": "300", "equity_low": D(5000)}, ["SYMBOL_EXPOSURE_EXCEEDED"], id="never on a better end"
        ),
        pytest.param(
            {"equity_low": D(0)},
            [
                "CRITICAL_VIOLATIONS",
                "INSUFFICIENT_MARGIN",
                *(f"{name}_EXPOSURE_EXCEEDED" for name in ("SYMBOL", "SECTOR", "LONG", "NET")),
            ],
            id="no equity at the bad end",
        ),
        pytest.param({"breaks": ("ETH",)}, ["BREAK_OPEN"], id="a break of the symbol"),
        pytest.param({"breaks": ("BTC",)}, [], id="a break of another symbol"),
        pytest.param({"breaks": ("*",)}, ["BREAK_OPEN"], id="a cash break"),
    ),
)
def test_risk_is_added_only_on_a_balance_that_is_trusted(more: dict[str, Any], expected: list[str]) -> None:
    verdict = judged(book(**more), candidate(), limits=limits_with(max_symbol_concentration_pct=D(30)))[0]
    assert reasons(verdict) == expected


@pytest.mark.parametrize(
    ("cash", "working", "expected"),
    (
        pytest.param("100.1", [], [], id="exactly enough with fees"),
        pytest.param("100.09", [], ["INSUFFICIENT_CASH"], id="a cent short"),
        pytest.param("200", [order("BTC", "1", "99.91")], ["INSUFFICIENT_CASH"], id="an open buy holds its cost"),
        pytest.param("100.1", [order("BTC", "-1")], [], id="an open sale holds nothing"),
        pytest.param("0", [order("BTC", "-9")], ["INSUFFICIENT_CASH"], id="and pays for nothing"),
    ),
)
def test_a_cash_account_pays_in_full(cash: str, working: list[OpenOrder], expected: list[str]) -> None:
    on = book(position("BTC", "9"), kind=AccountKind.CASH, cash=D(cash), open_orders=tuple(working), free_margin=D(0))
    verdict = judged(on, candidate(margin_required=D(0)), fee_rate=D("0.001"))[0]
    assert reasons(verdict) == expected


def test_each_approval_spends_its_cash() -> None:
    on = book(kind=AccountKind.CASH, cash=D(250))
    verdicts = judged(on, candidate("A"), candidate("B"), candidate("C"), limits=INVESTOR)
    assert [verdict.reason for verdict in verdicts] == ["APPROVED", "APPROVED", "INSUFFICIENT_CASH"]


@pytest.mark.parametrize("price", (pytest.param("100", id="priced"), pytest.param(None, id="unpriced")))
def test_a_cash_account_never_sells_short_whatever_its_limits_say(price: str | None) -> None:
    verdict = judged(book(kind=AccountKind.CASH), candidate("ETH", "-1", price), require_price=False)[0]
    assert reasons(verdict) == ["SHORT_EXPOSURE_EXCEEDED"]


# ---- prices


def test_an_unpriced_candidate_is_denied_live_and_its_exposure_is_unjudged_in_the_library() -> None:
    trade = candidate(price=None, margin_required=D(1))
    assert reasons(judged(book(), trade)[0]) == ["UNPRICED"]
    verdict = judged(book(), trade, limits=TRADER, require_price=False)[0]
    assert verdict.allowed
    assert verdict.unjudged == (
        "max_symbol_concentration_pct",
        "max_sector_concentration_pct",
        "max_long_exposure_pct",
        "max_short_exposure_pct",
        "max_net_exposure_pct",
        "max_leverage",
    )


def test_a_held_symbol_lends_its_price() -> None:
    limits = limits_with(max_symbol_concentration_pct=D(30))
    verdict = judged(book(position("ETH", "1")), candidate("ETH", "3", None), limits=limits, require_price=False)[0]
    assert reasons(verdict) == ["SYMBOL_EXPOSURE_EXCEEDED", "LEVERAGE_EXCEEDED"]


def test_after_an_unpriced_approval_shared_limits_are_said_to_be_unjudged() -> None:
    trades = [candidate("A", price=None, confidence=D(1)), candidate("B")]
    verdicts = judged(book(), *trades, require_price=False)
    assert verdicts[1].unjudged == (
        "max_sector_concentration_pct",
        "max_long_exposure_pct",
        "max_short_exposure_pct",
        "max_net_exposure_pct",
    )


# ---- modes


@pytest.mark.parametrize(
    ("mode", "confidence", "allowed"),
    (
        pytest.param("SAFE", "0.7", True, id="90 in SAFE"),
        pytest.param("SAFE", "0.6999", False, id="below 90 in SAFE"),
        pytest.param("NEUTRAL", "0.5", True, id="70 in NEUTRAL"),
        pytest.param("NEUTRAL", "0.4999", False, id="below 70 in NEUTRAL"),
        pytest.param("AGGRESSIVE", "0.3", True, id="50 in AGGRESSIVE"),
        pytest.param("AGGRESSIVE", "0.2999", False, id="below 50 in AGGRESSIVE"),
    ),
)
def test_each_mode_asks_for_its_score(mode: str, confidence: str, *, allowed: bool) -> None:
    verdict = judged(book(), candidate(confidence=D(confidence)), mode=RiskMode(mode))[0]
    assert reasons(verdict) == ([] if allowed else ["LOW_PRIORITY"])


def test_safe_admits_one_core_symbol_at_half_size() -> None:
    trades = [
        candidate("A", "3", risk_amount=D(40), confidence=D(1)),
        candidate("B", "3"),
        candidate("C", category=Category.EXPANSION, confidence=D(1)),
    ]
    verdicts = judged(book(), *trades, limits=limits_with(max_per_trade_risk_pct=D(2)), mode=RiskMode.SAFE)
    assert [verdict.recommended_size for verdict in verdicts] == [D("1.5"), D(0), D(0)]
    assert reasons(verdicts[1]) == ["MAX_NEW_POSITIONS"]
    assert reasons(verdicts[2]) == ["MODE_RESTRICTED", "MAX_NEW_POSITIONS"]


def test_in_safe_a_flip_closes_in_full_and_opens_at_half_size() -> None:
    verdict = judged(book(position("ETH", "2")), candidate("ETH", "-5"), mode=RiskMode.SAFE)[0]
    assert (verdict.recommended_size, verdict.closing_size) == (D("3.5"), D(2))


def test_aggressive_moves_no_hard_limit() -> None:
    trade = candidate(size="3.01")
    limits = limits_with(max_symbol_concentration_pct=D(30))
    assert reasons(judged(book(), trade, limits=limits, mode=RiskMode.AGGRESSIVE)[0]) == ["SYMBOL_EXPOSURE_EXCEEDED"]


# ---- partial sizes

PARTIAL = [
    pytest.param({"max_symbol_concentration_pct": D(30)}, {}, "3", id="symbol"),
    pytest.param({"max_sector_concentration_pct": D(40)}, {}, "2", id="sector, with what is held"),
    pytest.param({"max_long_exposure_pct": D(25)}, {}, "0.5", id="long"),
    pytest.param({"max_net_exposure_pct": D(30)}, {}, "1", id="net"),
    pytest.param({"max_per_trade_risk_pct": D(1)}, {}, "2", id="risk of the trade, in proportion"),
    pytest.param({"max_total_risk_pct": D(3)}, {}, "4", id="total risk"),
    pytest.param({}, {"free_margin": D(123)}, "1.23", id="margin"),
    pytest.param({}, {"kind": AccountKind.CASH, "cash": D(123)}, "1.23", id="cash"),
]


@pytest.mark.parametrize(("limits", "more", "expected"), PARTIAL)
def test_a_candidate_that_fits_partly_gets_the_largest_size_that_fits(
    limits: dict[str, Any], more: dict[str, Any], expected: str
) -> None:
    on = book(position("BTC", "2", sector="coins", risk_amount=D(10)), **more)
    trade = candidate("ETH", "5", sector="coins", risk_amount=D(25))
    assert not judged(on, trade, limits=limits_with(**limits))[0].allowed
    verdict = judged(on, trade, limits=limits_with(**limits), allow_partial=True)[0]
    assert (verdict.allowed, verdict.recommended_size) == (True, D(expected))


def test_a_partial_size_is_whole_lots_or_nothing() -> None:
    on = book(listings={"ETH": Listing(lot=D(2))})
    limits = limits_with(max_symbol_concentration_pct=D(30))
    assert judged(on, candidate(size="5"), limits=limits, allow_partial=True)[0].recommended_size == D(2)
    tight = limits_with(max_symbol_concentration_pct=D(19))
    assert judged(on, candidate(size="5"), limits=tight, allow_partial=True)[0].recommended_size == D(0)
