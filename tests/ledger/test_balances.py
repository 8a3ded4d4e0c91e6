"""Is a balance the source's own figure, graded by the one table, and never another source's in its place?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import FrozenInstanceError, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterpoise.domain.accounts import TradingMode
from counterpoise.domain.balances import BalanceSource, Confidence, Failed, UsableFor
from counterpoise.domain.errors import InvalidInput, PortfolioError
from counterpoise.domain.statements import Break, BreakKind
from counterpoise.ledger.balances import Reading, Standing, get_current_balance, trust

D = Decimal
NOW = datetime(2024, 1, 3, 15, tzinfo=UTC)
BROKER, LEDGER, HISTORY, OPENING = BalanceSource
HIGH, MEDIUM, LOW = Confidence
TRADE, REDUCE, DISPLAY = UsableFor
GRADES = tuple(Confidence)
USES = tuple(UsableFor)
MAIN = Standing(account="main", currency="USD", venue="paper", mode=TradingMode.PAPER)


def ago(seconds: float) -> datetime:
    return NOW - timedelta(seconds=seconds)


def reading(source: BalanceSource, cash: str = "500", age: float = 0, reconciled: float | None = None) -> Reading:
    return Reading(
        source=source,
        cash=D(cash),
        as_of=ago(age),
        reconciled_at=None if reconciled is None else ago(reconciled),
    )


def differs(kind: BreakKind, subject: str = "USD") -> Break:
    return Break(kind=kind, subject=subject, ours=D(1), theirs=D(2), detail="")


CASH_BREAK = differs(BreakKind.CASH)
POSITION_BREAK = differs(BreakKind.POSITION, "SPY")
OLDER = 60.000001

TABLE = [
    pytest.param(reading(BROKER, age=60), (), HIGH, TRADE, id="broker at the bound"),
    pytest.param(reading(BROKER, age=OLDER), (), MEDIUM, REDUCE, id="broker a microsecond older"),
    pytest.param(reading(BROKER, age=86_400), (), MEDIUM, REDUCE, id="broker of yesterday"),
    pytest.param(reading(BROKER, age=-3), (), HIGH, TRADE, id="broker's clock ahead by 3 s"),
    pytest.param(reading(BROKER, age=-301), (), MEDIUM, REDUCE, id="broker's clock ahead by more than 5 min"),
    pytest.param(reading(BROKER), (CASH_BREAK,), HIGH, REDUCE, id="broker with a cash break"),
    pytest.param(reading(BROKER), (POSITION_BREAK,), HIGH, TRADE, id="a position break stops its own symbol only"),
    pytest.param(reading(LEDGER, age=60, reconciled=60), (), MEDIUM, TRADE, id="ledger reconciled at the bound"),
    pytest.param(reading(LEDGER, reconciled=OLDER), (), MEDIUM, REDUCE, id="ledger reconciled longer ago"),
    pytest.param(reading(LEDGER), (), MEDIUM, REDUCE, id="ledger never reconciled, however new its last fact"),
    pytest.param(reading(LEDGER, reconciled=1), (POSITION_BREAK,), MEDIUM, REDUCE, id="ledger with any break"),
    pytest.param(reading(HISTORY), (), MEDIUM, REDUCE, id="history"),
    pytest.param(reading(OPENING), (), LOW, DISPLAY, id="opening of this second"),
    pytest.param(reading(OPENING, age=1e6), (), LOW, DISPLAY, id="opening of long ago"),
]


@pytest.mark.parametrize(("said", "breaks", "confidence", "usable_for"), TABLE)
def test_a_source_is_graded_by_the_table(
    said: Reading, breaks: tuple[Break, ...], confidence: Confidence, usable_for: UsableFor
) -> None:
    standing = replace(MAIN, breaks=breaks)
    assert trust(said, standing, NOW) == (confidence, usable_for)
    balance = get_current_balance({said.source: said}, standing, NOW, said.source)
    assert (balance.confidence, balance.usable_for) == (confidence, usable_for)
    assert balance.may_add_risk is (usable_for is TRADE)
    assert balance.details.why.endswith(("be approved on it", "is approved on it"))


def test_an_account_without_a_venue_never_trades() -> None:
    standing = replace(MAIN, venue="statement", trades=False)
    for said in (reading(BROKER), reading(LEDGER, reconciled=0)):
        balance = get_current_balance({said.source: said}, standing, NOW)
        assert balance.usable_for is REDUCE
        assert "no venue" in balance.details.why


def test_the_age_that_may_trade_is_a_setting() -> None:
    said = reading(BROKER, age=10)
    assert trust(said, replace(MAIN, age_max=timedelta(seconds=10)), NOW) == (HIGH, TRADE)
    assert trust(said, replace(MAIN, age_max=timedelta(seconds=9)), NOW) == (MEDIUM, REDUCE)


ALL: Mapping[BalanceSource, Reading] = {
    BROKER: reading(BROKER, "500", 3),
    LEDGER: reading(LEDGER, "500", 3, reconciled=3),
    HISTORY: reading(HISTORY, "500", 9),
    OPENING: reading(OPENING, "1000", 999),
}


@pytest.mark.parametrize("place", range(4))
def test_auto_falls_from_the_broker_to_the_opening(place: int) -> None:
    sources = tuple(BalanceSource)
    readings: dict[BalanceSource, Reading | Failed] = {**ALL}
    readings |= {name: Failed(source=name, why="gone") for name in sources[:place]}
    balance = get_current_balance(readings, MAIN, NOW)
    assert balance.source is sources[place]
    assert balance.amount == ALL[sources[place]].cash
    assert [item.source for item in balance.details.failed] == list(sources[:place])


@pytest.mark.parametrize("source", tuple(BalanceSource))
def test_a_source_that_fails_is_an_error_that_names_it_and_no_other_source(source: BalanceSource) -> None:
    readings: dict[BalanceSource, Reading | Failed] = {**ALL, source: Failed(source=source, why="it did not answer")}
    with pytest.raises(PortfolioError, match=f"{source}: it did not answer") as refused:
        get_current_balance(readings, MAIN, NOW, source)
    assert refused.value.context["operation"] == "get_current_balance"


def test_without_any_source_there_is_no_balance_and_no_constant() -> None:
    with pytest.raises(PortfolioError, match=r"broker: .*ledger: .*history: .*opening: "):
        get_current_balance({}, MAIN, NOW)


@pytest.mark.parametrize("source", ("", "BROKER", "bank", "auto "))
def test_an_unknown_source_is_refused(source: str) -> None:
    with pytest.raises(InvalidInput, match="source"):
        get_current_balance(ALL, MAIN, NOW, source)


@pytest.mark.parametrize("source", tuple(BalanceSource))
def test_zero_stays_zero(source: BalanceSource) -> None:
    balance = get_current_balance({source: replace(ALL[source], cash=D(0))}, MAIN, NOW)
    assert (balance.amount, balance.source) == (D(0), source)


def test_the_time_is_the_source_s_own_and_never_now() -> None:
    for source, said in ALL.items():
        balance = get_current_balance(ALL, MAIN, NOW, source)
        assert balance.as_of == said.as_of != NOW
        assert balance.age == NOW - said.as_of
    assert get_current_balance({BROKER: reading(BROKER, age=-3)}, MAIN, NOW).age == timedelta(0)


def test_it_reads_as_a_record_and_as_a_mapping_and_cannot_be_changed() -> None:
    balance = get_current_balance(ALL, MAIN, NOW)
    assert balance["balance"] == balance.balance == balance["amount"] == balance.amount == D(500)
    assert set(balance) >= {
        *("amount", "currency", "source", "as_of", "confidence", "usable_for"),
        *("cash", "equity", "buying_power", "reserved", "settled_cash", "details"),
    }
    assert dict(balance)["source"] is BROKER
    assert len(balance) == len(list(balance))
    for name in ("nothing", "__class__", "may_add_risk"):
        with pytest.raises(KeyError):
            balance[name]
    with pytest.raises(FrozenInstanceError):
        balance.amount = D(1)  # type: ignore[misc]
    assert hash(balance) == hash(get_current_balance(ALL, MAIN, NOW))


def test_paper_says_paper() -> None:
    assert get_current_balance(ALL, MAIN, NOW).details.paper
    assert not get_current_balance(ALL, replace(MAIN, mode=TradingMode.LIVE), NOW).details.paper


@pytest.mark.parametrize(
    ("ledger", "says", "usable_for"),
    (
        pytest.param("500.01", False, TRADE, id="exactly the tolerance"),
        pytest.param("500.0100001", True, REDUCE, id="beyond it"),
        pytest.param("499.98", True, REDUCE, id="beyond it below"),
    ),
)
def test_sources_that_disagree_are_said_and_add_no_risk(ledger: str, usable_for: UsableFor, *, says: bool) -> None:
    readings = {**ALL, LEDGER: reading(LEDGER, ledger, 3, reconciled=3)}
    for source in (BROKER, LEDGER):
        balance = get_current_balance(readings, replace(MAIN, moved_at=ago(3)), NOW, source)
        assert bool(balance.details.disagreement) is says
        assert balance.usable_for is usable_for
    if says:
        assert f"ledger {ledger}, broker 500" in balance.details.disagreement


def test_a_statement_of_before_the_last_move_disagrees_with_nothing() -> None:
    readings = {BROKER: reading(BROKER, "500", 3), LEDGER: reading(LEDGER, "250", 1, reconciled=3)}
    balance = get_current_balance(readings, replace(MAIN, moved_at=ago(1)), NOW)
    assert balance.details.disagreement == ""
    assert [item.amount for item in balance.details.others] == [D(250)]


def test_a_ledger_that_its_own_history_contradicts_is_said() -> None:
    balance = get_current_balance({**ALL, HISTORY: reading(HISTORY, "501")}, MAIN, NOW, "ledger")
    assert "ledger 500, history 501" in balance.details.disagreement
    assert balance.usable_for is REDUCE


def test_open_breaks_are_shown() -> None:
    balance = get_current_balance(ALL, replace(MAIN, breaks=(CASH_BREAK, POSITION_BREAK)), NOW)
    assert balance.details.breaks == (CASH_BREAK, POSITION_BREAK)
    assert "differ" in balance.details.why


READINGS = st.builds(
    reading,
    st.sampled_from(tuple(BalanceSource)),
    st.sampled_from(("0", "500", "-3")),
    st.floats(-1000, 1000),
    st.none() | st.floats(-1000, 1000),
)
BREAKS = st.lists(st.sampled_from((CASH_BREAK, POSITION_BREAK)), max_size=2).map(tuple)


@given(said=READINGS, breaks=BREAKS, older=st.floats(0, 1000))
def test_only_what_a_venue_confirmed_a_moment_ago_may_add_risk_and_age_never_helps(
    said: Reading, breaks: tuple[Break, ...], older: float
) -> None:
    standing = replace(MAIN, breaks=breaks)
    confidence, usable_for = trust(said, standing, NOW)
    confirmed = said.as_of if said.source is BROKER else said.reconciled_at if said.source is LEDGER else None
    if usable_for is TRADE:
        assert confirmed is not None
        assert NOW - confirmed <= standing.age_max
        assert CASH_BREAK not in breaks
    assert (confidence is HIGH) <= (said.source is BROKER)
    if confirmed is not None and confirmed <= NOW:  # a clock that is ahead becomes believable as ours catches up
        later = trust(said, standing, NOW + timedelta(seconds=older))
        assert GRADES.index(later[0]) >= GRADES.index(confidence)
        assert USES.index(later[1]) >= USES.index(usable_for)
