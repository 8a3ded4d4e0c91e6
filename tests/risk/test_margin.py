"""Are margin, buying power and the distance to the end what each kind of account defines?"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterpoise.domain.accounts import AccountKind
from counterpoise.domain.facts import Deposit, Funding
from counterpoise.risk.margin import (
    distance_to_price_pct,
    liquidation_distance_pct,
    means_of,
    used_margin,
)
from tests.portfolio.making import Story
from tests.risk.books import D

CASH, MARGIN, FUTURES = AccountKind
HALF = D("0.5")


@pytest.mark.parametrize(
    ("kind", "exposures", "used"),
    (
        pytest.param(CASH, (("1000", "1"),), "0", id="a CASH account pays in full"),
        pytest.param(MARGIN, (("1000", "1"), ("500", "1")), "750", id="half of gross, long and short"),
        pytest.param(FUTURES, (("1000", "1"),), "1000", id="leverage that nobody states is 1"),
        pytest.param(FUTURES, (("1000", "10"), ("300", "3")), "200", id="each symbol's own leverage"),
        pytest.param(FUTURES, (("10", "3"),), "3.333333333333333334", id="rounded up"),
        pytest.param(FUTURES, (), "0", id="nothing held"),
    ),
)
def test_what_positions_tie_up(kind: AccountKind, exposures: tuple[tuple[str, str], ...], used: str) -> None:
    assert used_margin(kind, tuple((D(e), D(leverage)) for e, leverage in exposures), HALF) == D(used)


@pytest.mark.parametrize(
    ("kind", "numbers", "rate", "stated", "free", "power"),
    (
        pytest.param(CASH, ("250", "500", "0", "100"), "1", None, "400", "150", id="CASH: cash less what is held"),
        pytest.param(CASH, ("250", "500", "0", "0"), "1", "200", "500", "200", id="CASH: the venue's is smaller"),
        pytest.param(CASH, ("250", "500", "0", "0"), "1", "900", "500", "250", id="CASH: ours is smaller"),
        pytest.param(CASH, ("50", "500", "0", "80"), "1", None, "420", "-30", id="CASH: more held than there"),
        pytest.param(MARGIN, ("1000", "1000", "0", "0"), "0.5", None, "1000", "2000", id="MARGIN: twice the equity"),
        pytest.param(
            MARGIN, ("-500", "1000", "750", "50"), "0.5", None, "200", "400", id="MARGIN: borrowed is not own"
        ),
        pytest.param(MARGIN, ("0", "100", "160", "0"), "0.5", None, "-60", "-120", id="MARGIN: under its margin"),
        pytest.param(
            MARGIN, ("1000", "1000", "0", "0"), "0.5", "1500", "1000", "1500", id="MARGIN: the venue says less"
        ),
        pytest.param(FUTURES, ("900", "1000", "300", "100"), "1", None, "600", "600", id="FUTURES at leverage 1"),
        pytest.param(FUTURES, ("900", "1000", "100", "0"), "0.1", None, "900", "9000", id="FUTURES at leverage 10"),
        pytest.param(FUTURES, ("1", "1", "0", "0"), "0.3", None, "1", "3.333333333333333333", id="never rounded up"),
        pytest.param(FUTURES, ("0", "-1", "0", "0"), "0.3", None, "-1", "-3.333333333333333334", id="nor below zero"),
    ),
)
def test_buying_power_is_the_kind_s_own_and_never_more_than_the_venue_says(
    kind: AccountKind, numbers: tuple[str, str, str, str], rate: str, stated: str | None, free: str, power: str
) -> None:
    cash, equity, used, reserved = map(D, numbers)
    means = means_of(
        kind=kind,
        cash=cash,
        equity=equity,
        used=used,
        reserved=reserved,
        rate=D(rate),
        stated=None if stated is None else D(stated),
    )
    assert (means.free_margin, means.buying_power) == (D(free), D(power))


@pytest.mark.parametrize(
    ("equity", "maintenance", "exposure", "distance"),
    (
        ("1000", "100", "9000", "10"),
        ("1000", "0", "3000", "33.3333333333"),
        ("100", "100", "9000", "0"),
        ("50", "100", "1000", "-5"),
        ("100", "10", "0", None),
    ),
)
def test_the_distance_of_a_shared_margin(equity: str, maintenance: str, exposure: str, distance: str | None) -> None:
    expected = None if distance is None else D(distance)
    assert liquidation_distance_pct(D(equity), D(maintenance), D(exposure)) == expected


@pytest.mark.parametrize(
    ("mark", "price", "sign", "distance"),
    (("100", "80", 1, "20"), ("100", "125", -1, "25"), ("100", "110", 1, "-10"), ("0", "0", 1, None)),
)
def test_the_distance_to_the_price_that_the_venue_states(
    mark: str, price: str, sign: int, distance: str | None
) -> None:
    assert distance_to_price_pct(D(mark), D(price), sign) == (None if distance is None else D(distance))


@pytest.mark.parametrize(
    ("kind", "mark", "cash", "equity", "unrealised"),
    (
        pytest.param(CASH, "25", "248", "498", "0", id="CASH: bought, equity less the fee"),
        pytest.param(CASH, "30", "248", "548", "50", id="CASH: cash + market value"),
        pytest.param(MARGIN, "30", "248", "548", "50", id="MARGIN: the same"),
        pytest.param(FUTURES, "25", "498", "498", "0", id="FUTURES: a bet leaves the wallet"),
        pytest.param(FUTURES, "30", "498", "548", "50", id="FUTURES: wallet + unrealised"),
        pytest.param(FUTURES, "20", "498", "448", "-50", id="FUTURES: the loss is not in the wallet yet"),
    ),
)
def test_each_kind_has_one_rule_of_equity(
    kind: AccountKind, mark: str, cash: str, equity: str, unrealised: str
) -> None:
    story = Story(kind, "A")
    story.tell(Deposit(amount=D(500), asset="USD"))
    story.fill("BUY", "A", "10", "25", fee="2")
    story.later(minutes=1)
    story.marks(A=mark)
    valuation = story.book.valuation
    assert (valuation.cash_value, valuation.equity, valuation.unrealised) == (D(cash), D(equity), D(unrealised))


def test_the_wallet_is_flows_realised_p_and_l_and_funding_less_fees() -> None:
    story = Story(FUTURES, "A")
    story.tell(Deposit(amount=D(500), asset="USD"))
    story.fill("SELL", "A", "10", "25", fee="1")
    story.fill("BUY", "A", "4", "20", fee="1")
    story.tell(Funding(amount=D("-3"), asset="USD"), "A")
    assert story.book.valuation.cash_value == 500 + 4 * 5 - 1 - 1 - 3
    story.later(minutes=1)
    story.marks(A="30")
    assert story.equity == 515 - 6 * 5


@given(
    kind=st.sampled_from(tuple(AccountKind)),
    cash=st.integers(-1000, 1000),
    reserved=st.integers(0, 1000),
    more=st.integers(0, 1000),
    rate=st.sampled_from(("1", "0.5", "0.3", "0.07")),
)
def test_holding_more_never_raises_buying_power(
    kind: AccountKind, cash: int, reserved: int, more: int, rate: str
) -> None:
    def power(held: int) -> D:
        answer = means_of(kind=kind, cash=D(cash), equity=D(cash), used=D(0), reserved=D(held), rate=D(rate))
        return answer.buying_power

    assert power(reserved + more) <= power(reserved)
