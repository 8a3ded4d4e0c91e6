"""Is each kind of cause found from the figures that it leaves, and is every point of its score said?"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterpoise.domain.accounts import AccountKind
from counterpoise.domain.orders import Side
from counterpoise.domain.statements import BreakKind, CashEventKind
from counterpoise.execution.reconciliation import causes as told
from counterpoise.execution.reconciliation.causes import Adjust, AdoptPosition, CauseKind, joint_effect
from counterpoise.execution.reconciliation.differences import differences
from counterpoise.execution.reconciliation.ratios import split_ratio
from counterpoise.execution.reconciliation.search import CAUSES_MAX, SCORE_MAX, explain
from counterpoise.execution.reconciliation.sides import (
    BookedCash,
    BookedFill,
    Listed,
    OurBook,
    OurOrder,
    VenueStatement,
)
from tests.execution.reconciliation.history import Cash, Resting, Trade, venue_cash, venue_fill, venue_order

D = Decimal
OPENED = datetime(2024, 1, 2, 15, tzinfo=UTC)
AT = OPENED + timedelta(days=40)
BOUGHT = Trade("x1", OPENED + timedelta(days=1), "SPY", Side.BUY, D(10), D(100), D("0.50"), "p1")
LISTED = {"SPY": Listed(quote="USD", price=D(101)), "QQQ": Listed(quote="USD", price=D(50))}


def booked(trade: Trade) -> BookedFill:
    return BookedFill(
        fill_id=trade.name, client_order_id=trade.order, symbol=trade.symbol, side=trade.side, quantity=trade.quantity,
        price=trade.price, fee=trade.fee, fee_asset="USD", at=trade.at,
    )  # fmt: skip


OURS = OurBook(
    base="USD",
    cash={"USD": D("8999.50")},
    positions={"SPY": D(10)},
    orders={"p2": OurOrder(symbol="SPY", side=Side.BUY, remaining=D(5))},
    fills=(booked(BOUGHT),),
    cash_events=(BookedCash(event_id="", kind=CashEventKind.DEPOSIT, amount=D(10_000), asset="USD", at=OPENED),),
    listed=LISTED,
    since=OPENED,
)
IN = venue_cash(1, Cash("in", OPENED, CashEventKind.DEPOSIT, D(10_000)))
RESTING = venue_order(Resting("p2", "SPY", Side.BUY, D(5)), AT)
THEIRS = VenueStatement(
    as_of=AT,
    cash={"USD": D("8999.50")},
    positions={"SPY": D(10)},
    orders=(RESTING,),
    fills=(venue_fill(1, BOUGHT),),
    cash_events=(IN,),
)
BLIND = replace(THEIRS, fills=None, cash_events=None)
SOLD = Trade("x2", AT, "SPY", Side.SELL, D(4), D(102), D("0.20"), "p3")
PART = Trade("x3", AT, "SPY", Side.BUY, D(2), D(101), D(0), "p2")


def first(ours: OurBook, theirs: VenueStatement) -> tuple[list[str], list[str]]:
    """Kinds and proposals of the likeliest explanation."""
    best = explain(ours, theirs)[0]
    return [cause.name for cause in best.causes], [type(proposal).__name__ for proposal in best.proposals]


@pytest.mark.parametrize(
    ("theirs", "kinds", "proposals"),
    (
        pytest.param(
            replace(THEIRS, positions={"SPY": D(6)}, cash={"USD": D("9407.30")},
                    fills=(venue_fill(1, BOUGHT), venue_fill(2, SOLD))),
            ["missed fill"], ["BookFill"], id="a fill that the venue lists"),
        pytest.param(
            replace(THEIRS, positions={"SPY": D(12)}, cash={"USD": D("8797.50")},
                    fills=(venue_fill(1, BOUGHT), venue_fill(2, PART)),
                    orders=(venue_order(Resting("p2", "SPY", Side.BUY, D(3)), AT),)),
            ["missed fill"], ["BookFill"], id="a part of our own order"),
        pytest.param(
            replace(THEIRS, cash={"USD": D("8989.50")}, fills=(venue_fill(1, replace(BOUGHT, price=D(101))),)),
            ["corrected fill"], ["CorrectFill"], id="another price than the venue's (I-31)"),
        pytest.param(
            replace(THEIRS, cash={"USD": D("8992.25")},
                    cash_events=(IN, venue_cash(2, Cash("f9", AT, CashEventKind.FEE, D("-7.25"))))),
            ["fee"], ["RecordCash"], id="a fee that the venue lists"),
        pytest.param(replace(THEIRS, positions={"SPY": D(20)}), ["split"], ["RecordSplit"], id="2:1"),
        pytest.param(replace(THEIRS, positions={"SPY": D("24.06")}), ["split"], ["RecordSplit"], id="2.406:1"),
        pytest.param(replace(THEIRS, positions={"SPY": D(1)}), ["split"], ["RecordSplit"], id="1:10"),
        pytest.param(replace(THEIRS, positions={"SPY": D(10), "QQQ": D(7)}), ["unknown position"], ["AdoptPosition"],
                     id="a holding that only the venue has"),
        pytest.param(
            replace(THEIRS, orders=(RESTING, venue_order(Resting("hand", "QQQ", Side.BUY, D(1)), AT))),
            ["unknown order"], ["ActAtVenue"], id="an order by hand"),
        pytest.param(replace(THEIRS, orders=()), ["ended order"], ["ActAtVenue"], id="an order that is gone"),
        pytest.param(replace(BLIND, positions={"SPY": D(6)}, cash={"USD": D("9407.30")}),
                     ["missed fill"], ["Adjust", "Adjust"], id="a fill that nothing points to is never booked"),
        pytest.param(
            replace(BLIND, positions={"SPY": D(12)}, cash={"USD": D("8797.50")},
                    orders=(venue_order(Resting("p2", "SPY", Side.BUY, D(3)), AT),)),
            ["missed fill"], ["Adjust", "Adjust"], id="a part of our order, from balances alone"),
        pytest.param(replace(BLIND, positions={}, cash={"USD": D(10_000)}),
                     ["duplicate fill"], ["TakeBackFill"], id="as if our fill had not been"),
        pytest.param(replace(BLIND, cash={"USD": D("8992.25")}), ["fee or transfer or funding or interest"], ["Adjust"],
                     id="less cash, for whatever reason"),
        pytest.param(replace(BLIND, cash={"USD": D("9010.00")}), ["transfer or dividend or interest or funding"],
                     ["Adjust"], id="more cash, for whatever reason"),
    ),
)  # fmt: skip
def test_the_likeliest_cause(theirs: VenueStatement, kinds: list[str], proposals: list[str]) -> None:
    assert first(OURS, theirs) == (kinds, proposals)


def test_a_fill_that_was_booked_twice_is_taken_back() -> None:
    twice = replace(BOUGHT, name="stream-1", at=BOUGHT.at + timedelta(seconds=1))
    ours = replace(OURS, fills=(*OURS.fills, booked(twice)), positions={"SPY": D(20)}, cash={"USD": D(7999)})
    best = explain(ours, THEIRS)[0]
    assert best.proposals == (told.TakeBackFill(fill_id="stream-1"),)
    assert "x1 and as stream-1" in best.causes[0].evidence


def test_another_rate_is_proposed_and_no_cash_is_moved() -> None:
    ours = replace(OURS, cash={"USD": D(50), "EUR": D(100)}, rates={"EUR": D("1.10")})
    theirs = replace(BLIND, cash={"USD": D(50), "EUR": D(100)}, total_cash=D(162))
    assert explain(ours, theirs)[0].proposals == (told.RecordRate(asset="EUR", rate=D("1.12")),)
    assert explain(ours, replace(theirs, rates={"EUR": D("1.12")}))[0].score == SCORE_MAX


def test_the_venue_s_price_tells_a_split_from_units_that_came() -> None:
    doubled = replace(THEIRS, positions={"SPY": D(20)})
    assert first(OURS, replace(doubled, prices={"SPY": D("50.40")}))[0] == ["split"]
    assert first(OURS, replace(doubled, prices={"SPY": D("101.20")}))[0] == ["unknown position"]


def test_a_position_older_than_the_list_of_fills_is_adopted_and_a_short_one_is_adjusted_against_a_long() -> None:
    theirs = replace(THEIRS, positions={"SPY": D(10), "QQQ": D(7)}, fills=(), fills_from=AT - timedelta(days=1))
    (adopted,) = explain(OURS, theirs)[0].proposals
    assert adopted == AdoptPosition(symbol="QQQ", quantity=D(7), unit_price=D(50))
    less = replace(THEIRS, positions={"SPY": D("3.70001")})
    assert explain(OURS, less)[0].proposals == (Adjust(amount=D("-6.29999"), symbol="SPY", unit_price=D(101)),)


def test_what_the_venue_dates_before_the_account_is_in_the_opening_figures() -> None:
    early = venue_fill(1, replace(BOUGHT, name="x0", at=OPENED - timedelta(days=3)))
    theirs = replace(THEIRS, positions={"SPY": D(20)}, fills=(early, venue_fill(1, BOUGHT)))
    assert "MISSED_FILL" not in repr(explain(OURS, theirs)[0])


def test_many_missed_fills_are_one_explanation() -> None:
    trades = [replace(SOLD, name=f"y{number}", quantity=D(1)) for number in range(5)]
    fills = (*(venue_fill(n, trade) for n, trade in enumerate(trades, 2)), venue_fill(1, BOUGHT))
    theirs = replace(THEIRS, positions={"SPY": D(5)}, cash={"USD": D("9508.50")}, fills=fills)
    best = explain(OURS, theirs)[0]
    assert [type(proposal).__name__ for proposal in best.proposals] == ["BookFill"] * 5


def test_where_many_positions_are_unknown_each_is_adopted() -> None:
    theirs = replace(THEIRS, positions={"SPY": D(10), **{f"OLD{n}": D(n + 1) for n in range(30)}})
    (only,) = explain(OURS, theirs)
    assert {type(proposal).__name__ for proposal in only.proposals} == {"AdoptPosition"}
    assert len(only.causes) == 30


def test_in_a_futures_account_what_is_closed_moves_its_profit_alone() -> None:
    wallet = replace(
        OURS, kind=AccountKind.FUTURES, cash={"USD": D(10_000)},
        listed={"SPY": Listed(quote="USD", price=D(101), entry=D(100))},
    )  # fmt: skip
    theirs = replace(
        THEIRS, cash={"USD": D("10007.80")}, positions={"SPY": D(6)}, fills=(venue_fill(1, BOUGHT), venue_fill(2, SOLD))
    )
    assert first(wallet, theirs) == (["missed fill"], ["BookFill"])


def test_in_a_futures_account_a_closing_fill_that_is_taken_back_takes_its_profit_along() -> None:
    sold = replace(SOLD, fee=D(0))
    again = replace(sold, name="again", at=AT + timedelta(seconds=1))
    wallet = replace(
        OURS, kind=AccountKind.FUTURES, cash={"USD": D("10016")}, positions={"SPY": D(2)},
        fills=(booked(BOUGHT), booked(sold), booked(again)),
        listed={"SPY": Listed(quote="USD", price=D(101), entry=D(100))},
    )  # fmt: skip
    theirs = replace(
        THEIRS, cash={"USD": D("10008")}, positions={"SPY": D(6)}, fills=(venue_fill(1, BOUGHT), venue_fill(2, sold))
    )
    assert first(wallet, theirs) == (["duplicate fill"], ["TakeBackFill"])


def test_nothing_differs_nothing_is_explained() -> None:
    assert explain(OURS, THEIRS) == ()
    assert explain(OURS, replace(THEIRS, cash={"USD": D("8999.51")})) == ()


@pytest.mark.parametrize(
    ("before", "after", "step", "ratio"),
    (
        ("10", "20", "1", "2:1"), ("10", "15", "1", "3:2"), ("37", "3", "1", "1:10"),
        ("7", "16.842", "0.001", "2.406:1"),
        ("100", "2000", "1", "20:1"), ("-10", "-30", "1", "3:1"), ("10", "10", "1", ""), ("0", "5", "1", ""),
        ("5", "-5", "1", ""), ("1000", "1001", "1", "1.001:1"), ("3", "1000", "1", ""),
    ),
)  # fmt: skip
def test_a_ratio_is_the_commonest_that_makes_the_units(before: str, after: str, step: str, ratio: str) -> None:
    found = split_ratio(D(before), D(after), D(step))
    assert (f"{found.numerator.normalize():f}:{found.denominator:f}" if found else "") == ratio


AMOUNTS = st.decimals("-5000", "5000", places=2)
UNITS = st.decimals("-50", "50", places=1)


@given(cash=AMOUNTS, spy=UNITS, qqq=UNITS, listed=st.booleans())
def test_an_explanation_makes_the_sides_agree_and_says_every_point(cash: D, spy: D, qqq: D, listed: bool) -> None:  # noqa: FBT001
    theirs = replace(THEIRS if listed else BLIND, cash={"USD": cash}, positions={"SPY": spy, "QQQ": qqq})
    found = explain(OURS, theirs)
    assert bool(found) is bool(differences(OURS, theirs))
    assert [item.score for item in found[:-1]] == sorted((item.score for item in found[:-1]), reverse=True)
    for item in found:
        assert item.score == max(SCORE_MAX - sum(line.points for line in item.lines), 0)
        assert len([c for c in item.causes if c.kinds != (CauseKind.VENUE_ROUNDING,)]) <= max(CAUSES_MAX, 3)
        booked_all = joint_effect(item.causes)
        after = OURS.cash["USD"] + booked_all.get((BreakKind.CASH, "USD"), D(0))
        assert abs(after - cash) <= D("0.01")
        assert OURS.positions["SPY"] + booked_all.get((BreakKind.POSITION, "SPY"), D(0)) == spy
        assert booked_all.get((BreakKind.POSITION, "QQQ"), D(0)) == qqq
        assert "BookFill" not in {type(proposal).__name__ for proposal in item.proposals}
