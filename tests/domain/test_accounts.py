"""Do shares add up to what they are shares of?"""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterpoise.domain.accounts import (
    SYSTEM,
    UNASSIGNED,
    AccountKind,
    AccountTerms,
    LotMethod,
    Scope,
    StrategyShare,
    TradingMode,
    lot_method_of,
    shares_or_unassigned,
)
from counterpoise.domain.errors import InvalidFact
from counterpoise.domain.numbers import ZERO, exact

D = Decimal
AMOUNTS = st.decimals(-(10**6), 10**6, places=9)


def shares(**amounts: str) -> tuple[StrategyShare, ...]:
    return tuple(StrategyShare(strategy=name, amount=D(amount)) for name, amount in amounts.items())


@given(AMOUNTS)
def test_what_nobody_claims_is_unassigned(whole: Decimal) -> None:
    assert shares_or_unassigned((), whole) == (StrategyShare(strategy=UNASSIGNED, amount=whole),)


@given(st.dictionaries(st.text("abc", min_size=1, max_size=3), AMOUNTS, min_size=1, max_size=5))
def test_shares_that_sum_to_the_whole_are_taken_as_stated(amounts: dict[str, Decimal]) -> None:
    with exact():
        stated = tuple(StrategyShare(strategy=name, amount=amount) for name, amount in amounts.items())
        whole = sum(amounts.values(), ZERO)
        assert shares_or_unassigned(stated, whole) == stated
        with pytest.raises(InvalidFact, match="strategy_shares"):
            shares_or_unassigned(stated, whole + D("1e-9"))


def test_one_strategy_stands_once() -> None:
    twice = (*shares(trend="1"), *shares(trend="2"))
    with pytest.raises(InvalidFact, match="parts of 3 exactly"):
        shares_or_unassigned(twice, D(3))


@pytest.mark.parametrize("currency", ("", "U", "usd", "USD ", "US$", "ELEVENCHARS", "\uff35\uff33\uff24"))
def test_what_is_no_asset_code_is_no_base_currency(currency: str) -> None:
    with pytest.raises(InvalidFact, match="base_currency"):
        terms(currency)


def terms(currency: str) -> AccountTerms:
    return AccountTerms(
        kind=AccountKind.CASH,
        base_currency=currency,
        time_zone="UTC",
        venue="paper",
        mode=TradingMode.PAPER,
        lot_method=LotMethod.FIFO,
    )


@pytest.mark.parametrize("currency", ("USD", "USDT", "BTC", "1INCH"))
def test_an_asset_code_is_a_base_currency(currency: str) -> None:
    assert terms(currency).base_currency == currency


@pytest.mark.parametrize(
    ("kind", "method"),
    (
        (AccountKind.CASH, LotMethod.FIFO),
        (AccountKind.MARGIN, LotMethod.FIFO),
        (AccountKind.FUTURES, LotMethod.AVERAGE),
    ),
)
def test_the_lot_method_follows_the_kind(kind: AccountKind, method: LotMethod) -> None:
    assert lot_method_of(kind) is method


def test_the_mode_is_the_first_letter_of_every_order_id() -> None:
    assert [mode.letter for mode in TradingMode] == ["p", "l"]


def test_the_system_trades_and_is_never_fresh() -> None:
    assert (SYSTEM.scope, SYSTEM.fresh) == (Scope.TRADE, False)
    assert list(Scope) == [Scope.READ, Scope.PROPOSE, Scope.TRADE, Scope.ADMIN]
