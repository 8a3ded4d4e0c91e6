"""Is every draw of the paper venue a function of (seed, client order id, n), and are prices and fees exact?"""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterpoise.adapters.brokers.paper_model import MILD, NONE, WILD, Fate, Faults, FillModel
from counterpoise.domain.errors import InvalidInput
from counterpoise.domain.orders import Side

D = Decimal
QUANTITIES = st.decimals("0.000000001", "100000", places=9)
IDS = st.text("p0123456789-", min_size=1, max_size=30)
MANY = 20_000


@pytest.mark.parametrize(
    ("side", "slippage_bps", "price"),
    (
        pytest.param(Side.BUY, "0", "100", id="no slippage"),
        pytest.param(Side.BUY, "5", "100.05", id="a purchase pays more"),
        pytest.param(Side.SELL, "5", "99.95", id="a sale brings less"),
        pytest.param(Side.SELL, "0.1", "99.999", id="a tenth of a basis point"),
    ),
)
def test_slippage_is_always_against_the_order(side: Side, slippage_bps: str, price: str) -> None:
    assert FillModel(slippage_bps=D(slippage_bps)).price(side, D(100)) == D(price)


def test_the_fee_is_exact() -> None:
    assert FillModel(fee_bps=D("2.5")).fee(D("0.333333333"), D("100.01")) == D("0.0083341666583325")


@given(quantity=QUANTITIES, seed=st.integers(0, 99), name=IDS)
def test_parts_and_remainder_are_the_order(quantity: D, seed: int, name: str) -> None:
    for faults in (NONE, MILD, WILD):
        parts, remainder = FillModel(seed=seed, faults=faults).parts(name, quantity)
        assert sum(parts, remainder) == quantity
        assert remainder >= 0
        assert 1 <= len(parts) <= 4
        assert all(part > 0 for part in parts)


@given(quantity=st.integers(1, 50), seed=st.integers(0, 99), name=IDS)
def test_whole_units_come_in_whole_parts(quantity: int, seed: int, name: str) -> None:
    parts, remainder = FillModel(seed=seed, faults=WILD).parts(name, D(quantity))
    assert all(part == int(part) for part in (*parts, remainder))


def test_without_faults_nothing_goes_wrong() -> None:
    model = FillModel()
    names = [f"p{n}" for n in range(1_000)]
    assert {model.fate(name, 1) for name in names} == {Fate.ACCEPTED}
    assert {model.parts(name, D(7)) for name in names} == {((D(7),), D(0))}


def test_faults_come_as_often_as_the_profile_says() -> None:
    model = FillModel(seed=3, faults=WILD)
    fates = [model.fate(f"p{n}", 1) for n in range(MANY)]
    shares = {fate: fates.count(fate) / MANY for fate in Fate}
    assert shares[Fate.REFUSED] == pytest.approx(0.05, abs=0.01)
    assert shares[Fate.LOST] == pytest.approx(0.08, abs=0.01)
    assert shares[Fate.UNANSWERED] == pytest.approx(0.10, abs=0.01)
    assert shares[Fate.HIDDEN] == pytest.approx(0.06, abs=0.01)
    assert shares[Fate.LATE] == pytest.approx(0.06, abs=0.01)


def test_a_mild_venue_fills_one_order_in_ten_in_parts() -> None:
    model = FillModel(faults=MILD)
    parts = [model.parts(f"p{n}", D(1_000)) for n in range(MANY)]
    assert sum(len(filled) > 1 for filled, _ in parts) / MANY == pytest.approx(0.105, abs=0.01)
    assert sum(bool(rest) for _, rest in parts) / MANY == pytest.approx(0.01, abs=0.003)


def test_a_second_request_meets_a_fate_of_its_own() -> None:
    model = FillModel(faults=WILD)
    lost = [name for name in (f"p{n}" for n in range(2_000)) if model.fate(name, 1) is Fate.LOST]
    assert len(lost) > 100
    assert sum(model.fate(name, 2) is Fate.LOST for name in lost) < len(lost) / 2


def test_draws_are_the_same_on_every_machine() -> None:
    model = FillModel(seed=1)
    assert [model.draw("fate", "p1", n) for n in (1, 2)] == [2546040012019928880, 7173950078079637164]


def test_what_is_no_probability_is_refused() -> None:
    with pytest.raises(InvalidInput, match="partial"):
        Faults(partial=D("1.01"))
