"""Does each day have its own, do days sum to the whole, whatever is heard late, busted or corrected?"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from random import Random
from time import process_time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterpoise.domain.accounts import AccountKind
from counterpoise.domain.errors import InvalidFact, InvalidInput
from counterpoise.domain.facts import (
    AccountConfigured,
    Deposit,
    Dividend,
    Fact,
    Fee,
    FillBusted,
    FillCorrected,
    Funding,
    InstrumentDefined,
    Interest,
    MarkReason,
    OpeningPosition,
    Split,
    TransferReceived,
    TransferSent,
    Withdrawal,
)
from counterpoise.domain.numbers import ZERO, exact
from counterpoise.domain.orders import Side
from counterpoise.portfolio.daily import CashBalance, DaySummary, days, of_day, together
from counterpoise.portfolio.proof import Cause
from tests.portfolio.making import D, Story, instrument, terms
from tests.portfolio.test_timeline import PREFIX, day_of_fifty

NEW_YORK = "America/New_York"
FILLS_OF_A_LONG_STORY = 100_000
SECONDS_MAX = 20  # of the processor; an idle machine needs a third of it


def story(kind: AccountKind = AccountKind.CASH, *symbols: str, zone: str = "UTC", at: str = "") -> Story:
    made = Story(kind, *(symbols or ("BTC",)), zone=zone)
    if at:
        made.at = moment(at)
    return made


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def summed(made: Story, facts: list[Fact] | None = None) -> tuple[DaySummary, ...]:
    found = days("main", made.facts if facts is None else facts)
    for one in found:
        assert one.residual == ZERO
        assert one.deposits - one.withdrawals == dict(one.causes)[Cause.TRANSFER]
    for earlier, later in pairwise(found):
        assert earlier.last < later.first
        assert earlier.closing_equity == later.opening_equity
        assert earlier.closing_cash == later.opening_cash
    return found


def agrees(made: Story, found: tuple[DaySummary, ...]) -> None:
    """All days together are what the book has, kept in another way."""
    whole, state = together(found), made.book.state
    assert (whole.opening_equity, whole.opening_cash) == (ZERO, ZERO)
    assert whole.closing_equity == made.equity
    assert whole.closing_cash == made.book.valuation.cash_value
    assert whole.realised == state.results.realised_total
    assert whole.fees == state.results.fees_total
    assert whole.residual == ZERO
    assert dict(whole.causes) == {cause: getattr(state.causes, cause) for cause in Cause}
    assert {one.asset: one.closing for one in whole.cash if one.closing} == {
        asset: amount for asset, amount in state.cash.items() if amount
    }


def test_a_day_has_its_trades_its_value_its_fees_and_both_balances() -> None:
    made = story(AccountKind.CASH, "BTC", "ETH")
    made.tell(Deposit(amount=D(1000), asset="USD"))
    made.fill("BUY", "BTC", "2", "100", fee="0.5")
    made.fill("BUY", "ETH", "3", "10", fee="0.1")
    made.later(days=1)
    made.fill("SELL", "BTC", "1", "130", fee="0.3")
    made.tell(Withdrawal(amount=D(50), asset="USD"))
    made.marks(BTC="120")

    first, second = summed(made)
    assert (first.first, first.last) == (date(2024, 1, 3), date(2024, 1, 3))
    assert (first.begins, first.ends) == (moment("2024-01-03"), moment("2024-01-04"))
    assert (first.trades, first.value, first.fees, first.realised) == (2, D(230), D("0.6"), ZERO)
    assert [(one.symbol, one.trades, one.volume, one.value) for one in first.traded] == [
        ("BTC", 1, D(2), D(200)),
        ("ETH", 1, D(3), D(30)),
    ]
    assert (first.opening_cash, first.closing_cash, first.closing_equity) == (ZERO, D("769.4"), D("999.4"))
    assert (first.deposits, first.withdrawals) == (D(1000), ZERO)
    assert (second.trades, second.value, second.fees, second.realised) == (1, D(130), D("0.3"), D(30))
    assert (second.deposits, second.withdrawals) == (ZERO, D(50))
    assert (second.opening_equity, second.closing_equity) == (D("999.4"), D("999.4") + 30 - 50 + 20 - D("0.3"))
    assert dict(second.causes)[Cause.PRICE] == D(50)
    agrees(made, (first, second))


MIDNIGHTS = (
    pytest.param("UTC", "2024-01-31T23:59:59.500000", "2024-02-01T00:00:00", 24, 24, id="the end of a month"),
    pytest.param("UTC", "2023-12-31T23:59:59.500000", "2024-01-01T00:00:00", 24, 24, id="the end of a year"),
    pytest.param("UTC", "2024-02-28T23:59:59.500000", "2024-02-29T00:00:00", 24, 24, id="a leap day"),
    pytest.param(NEW_YORK, "2024-03-10T04:59:59.500000", "2024-03-10T05:00:00", 24, 23, id="into a day of 23 hours"),
    pytest.param(NEW_YORK, "2024-03-11T03:59:59.500000", "2024-03-11T04:00:00", 23, 24, id="out of it"),
    pytest.param(NEW_YORK, "2024-11-03T03:59:59.500000", "2024-11-03T04:00:00", 24, 25, id="into a day of 25 hours"),
    pytest.param(NEW_YORK, "2024-11-04T04:59:59.500000", "2024-11-04T05:00:00", 25, 24, id="out of that"),
    pytest.param(
        "Asia/Tokyo", "2024-01-31T14:59:59.500000", "2024-01-31T15:00:00", 24, 24, id="a venue's day is another"
    ),
    pytest.param("America/Sao_Paulo", "2018-11-04T02:59:59.500000", "2018-11-04T03:00:00", 24, 23, id="no midnight"),
)


@pytest.mark.parametrize(("zone", "before", "after", "hours_before", "hours_after"), MIDNIGHTS)
def test_a_fill_just_before_midnight_and_one_at_midnight_are_of_two_days(
    zone: str, before: str, after: str, hours_before: int, hours_after: int
) -> None:
    made = story(zone=zone, at=before)
    made.together = True  # exactly then
    made.at = moment(before) - timedelta(hours=1)
    made.tell(Deposit(amount=D(1000), asset="USD"))
    made.at = moment(before)
    made.fill("BUY", "BTC", "1", "100", fee="1")
    made.at = moment(after)
    made.fill("SELL", "BTC", "1", "110", fee="2")

    first, second = summed(made)
    assert second.first == first.first + timedelta(days=1)
    assert (first.trades, first.fees, first.realised) == (1, D(1), ZERO)
    assert (second.trades, second.fees, second.realised) == (1, D(2), D(10))
    assert first.ends == second.begins == moment(after)
    assert (first.ends - first.begins, second.ends - second.begins) == (
        timedelta(hours=hours_before),
        timedelta(hours=hours_after),
    )
    agrees(made, (first, second))


def test_marks_that_begin_a_day_close_the_day_before_unless_the_day_has_begun() -> None:
    made = story()
    made.tell(Deposit(amount=D(1000), asset="USD"))
    made.fill("BUY", "BTC", "2", "100")
    made.at = moment("2024-01-04T00:00:01")
    made.marks(MarkReason.DAY_START, BTC="90")
    made.marks(BTC="95")
    first, second = summed(made)
    assert (first.closing_equity, second.opening_equity) == (D(980), D(980))
    assert dict(second.causes)[Cause.PRICE] == D(10)
    assert second.opening_equity == made.book.state.drawdown.day_equity

    made.at = moment("2024-01-05T00:00:01")
    made.fill("SELL", "BTC", "1", "95")
    made.marks(MarkReason.DAY_START, BTC="80")
    third = summed(made)[-1]
    assert (third.opening_equity, third.closing_equity) == (D(990), D(975))


def test_a_late_fill_a_bust_and_a_correction_are_of_the_day_of_their_fill() -> None:
    made = story()
    made.tell(Deposit(amount=D(1000), asset="USD"))
    wrong = made.fill("BUY", "BTC", "1", "100", fee="1")
    dear = made.fill("BUY", "BTC", "1", "101", fee="1")
    made.later(days=3)
    made.fill("SELL", "BTC", "1", "110", fee="1")
    assert [(one.trades, one.fees) for one in summed(made)] == [(2, D(2)), (1, D(1))]

    made.tell(FillBusted(fill_id=wrong.body.fill_id, reason="erroneous"), "BTC")
    made.tell(
        FillCorrected(
            fill_id=dear.body.fill_id, side=Side.BUY, quantity=D(2), price=D(99), fee=D("0.25"), fee_asset="USD",
            reason="the venue said so",
        ),
        "BTC",
    )  # fmt: skip
    made.at -= timedelta(days=2)
    made.fill("BUY", "BTC", "1", "50", fee="3")
    found = summed(made)
    assert [(str(one.first), one.trades, one.value, one.fees) for one in found] == [
        ("2024-01-03", 1, D(198), D("0.25")),
        ("2024-01-04", 1, D(50), D(3)),
        ("2024-01-06", 1, D(110), D(1)),
    ]
    assert found[-1].realised == D(11)
    agrees(made, found)


def test_several_currencies_have_their_own_balances_and_one_value() -> None:
    made = story(AccountKind.CASH, "BTC")
    made.tell(InstrumentDefined(instrument=instrument("SAP", "EUR", "2")))
    made.rate("EUR", "1.1")
    made.tell(Deposit(amount=D(1000), asset="EUR"))
    made.fill("BUY", "SAP", "3", "50", fee="1", fee_asset="EUR")
    made.later(days=1)
    made.rate("EUR", "1.2")
    made.tell(Deposit(amount=D(2), asset="BNB"))

    first, second = summed(made)
    assert (first.value, first.fees, first.deposits) == (D(330), D("1.1"), D(1100))
    assert [(one.quote, one.volume, one.value) for one in first.traded] == [("EUR", D(3), D(300))]
    assert first.cash == (CashBalance(asset="EUR", opening=ZERO, closing=D(699)),)
    assert (first.unrated, second.unrated) == ((), ("BNB",))
    assert dict(second.causes)[Cause.FX] == D("99.9")
    assert second.cash[0] == CashBalance(asset="BNB", opening=ZERO, closing=D(2))
    assert together((first, second)).unrated == ("BNB",)
    agrees(made, (first, second))


def test_a_change_of_zone_never_makes_a_day_come_back() -> None:
    made = story(zone="Asia/Tokyo", at="2024-01-03T20:00:00")  # the 4th in Tokyo
    made.tell(Deposit(amount=D(1000), asset="USD"))
    made.later(hours=1)
    made.tell(AccountConfigured(terms=terms(AccountKind.CASH, zone=NEW_YORK), reason="moved"))  # the 3rd in New York
    made.fill("BUY", "BTC", "1", "100")
    made.later(days=2)
    made.fill("SELL", "BTC", "1", "100")
    assert [one.first.day for one in summed(made)] == [4, 5]


def test_nothing_has_no_days_and_no_sum() -> None:
    made = story()
    assert days("main", made.facts) == ()
    with pytest.raises(InvalidInput, match="at least one day"):
        together(())
    with pytest.raises(InvalidInput, match="before the account was opened"):
        days("main", [])


@pytest.mark.parametrize("seed", range(12))
def test_fifty_facts_heard_in_any_order_make_the_same_days(seed: int) -> None:
    made, chance = day_of_fifty(seed), Random(seed)
    found = summed(made)
    agrees(made, found)
    told = made.facts[PREFIX:]
    for _ in range(5):
        chance.shuffle(told)
        assert days("main", [*made.facts[:PREFIX], *told]) == found


ACTS = st.one_of(
    st.tuples(st.sampled_from(["BUY", "SELL"]), st.decimals("0.01", "900", places=2), st.integers(1, 9)),
    st.tuples(st.sampled_from(["BUY", "SELL"]), st.decimals("0.01", "900", places=2), st.integers(1, 9)),
    st.tuples(st.sampled_from(["mark", "day", "rate"]), st.decimals("0.01", "900", places=2), st.just(1)),
    st.tuples(
        st.sampled_from([Deposit, Withdrawal, Fee, Funding, Interest, Dividend, TransferSent, TransferReceived]),
        st.decimals("0.01", "5000", places=2),
        st.sampled_from([0, 1]),
    ),
    st.tuples(st.sampled_from(["later", "back", "split", "adopt", "bust"]), st.just(ZERO), st.integers(1, 40)),
)


@given(
    acts=st.lists(ACTS, max_size=20),
    kind=st.sampled_from(AccountKind),
    zone=st.sampled_from(["UTC", NEW_YORK, "Asia/Tokyo"]),
)
def test_days_sum_to_the_whole_exactly(acts: list[tuple[object, Decimal, int]], kind: AccountKind, zone: str) -> None:
    with exact():
        made = Story(kind, "BTC", zone=zone)
        made.tell(InstrumentDefined(instrument=instrument("SAP", "EUR", "2")))
        for act in acts:
            with suppress(InvalidFact):  # what cannot be true in its place is refused and changes nothing
                play(made, *act)
        found = summed(made)
        if found:
            agrees(made, found)
        assert [(one.first, one.trades) for one in found if one.trades] == counted(made, zone)


def play(made: Story, act: object, amount: Decimal, number: int) -> None:
    symbol, asset = ("BTC", "USD") if number % 2 else ("SAP", "EUR")
    match act:
        case "BUY" | "SELL":
            made.fill(str(act), symbol, f"0.{number}", str(amount), "0.07", asset)
        case "mark" | "day":
            made.marks(MarkReason.DECISION if act == "mark" else MarkReason.DAY_START, BTC=str(amount))
        case "rate":
            made.rate("EUR", str(amount))
        case "later":
            made.later(hours=number)
        case "back":
            made.later(hours=-number // 2)
        case "split":
            made.tell(Split(numerator=D(3), denominator=D(2)), symbol)
        case "adopt":
            held = made.book.state.holdings.get(f"paper:{symbol}:1")
            if held is None and symbol not in made.book.state.marks:
                made.later(hours=60)  # behind all that was told, so that the position is not on the other side
                made.tell(OpeningPosition(quantity=D(3), unit_price=D(number)), symbol)
        case "bust":
            fills = [fact for fact in made.facts if fact.kind == "Fill"]
            if fills:
                made.tell(FillBusted(fill_id=fills[number % len(fills)].body.fill_id, reason="drawn"), symbol)
        case type():
            more = {"transfer_id": f"t{len(made.facts)}", "other_account": "b"} if "Transfer" in act.__name__ else {}
            made.tell(act(amount=amount, asset=asset, **more))


def counted(made: Story, zone: str) -> list[tuple[date, int]]:
    """Executions of each day, counted on the facts alone."""
    busted = {fact.body.fill_id for fact in made.facts if fact.kind == "FillBusted"}
    found: dict[date, int] = {}
    for fact in made.facts:
        if fact.kind == "Fill" and fact.body.fill_id not in busted:
            day = (fact.occurred_at + OFFSETS[zone]).date()  # these months have no change of the clock
            found[day] = found.get(day, 0) + 1
    return sorted(found.items())


OFFSETS = {"UTC": timedelta(0), NEW_YORK: timedelta(hours=-5), "Asia/Tokyo": timedelta(hours=9)}


def test_a_hundred_thousand_fills_are_exact() -> None:
    """No page has a limit; what is expected is added up in whole cents and counted by the zone's own calendar."""
    made = story(AccountKind.CASH, "BTC", zone=NEW_YORK)
    made.tell(Deposit(amount=D(10**9), asset="USD"))
    first = made.fill("BUY", "BTC", "1", "100")
    facts, chance = made.facts[:-1], Random(1)
    value = fees = realised = 0
    expected: dict[date, int] = {}
    for number in range(FILLS_OF_A_LONG_STORY):
        price, fee = chance.randrange(9_000, 11_000), number % 7
        value, fees = value + price, fees + fee
        realised += price if number % 2 else -price
        at = first.occurred_at + number * timedelta(minutes=7, microseconds=1)
        body = replace(
            first.body, fill_id=f"y{number}", side=Side.SELL if number % 2 else Side.BUY,
            price=D(price).scaleb(-2), fee=D(fee).scaleb(-2),
        )  # fmt: skip
        facts.append(replace(first, sequence=len(facts) + 1, fact_id=f"g{number}", occurred_at=at, body=body))
        day = at.astimezone(ZoneInfo(NEW_YORK)).date()
        expected[day] = expected.get(day, 0) + 1

    began = process_time()
    found = days("main", facts)
    assert process_time() - began < SECONDS_MAX
    whole = together(found)
    assert whole.trades == FILLS_OF_A_LONG_STORY
    assert (whole.value, whole.fees, whole.realised) == tuple(D(each).scaleb(-2) for each in (value, fees, realised))
    assert {one.first: one.trades for one in found} == expected
    assert whole.closing_cash == D(10**9) + whole.realised - whole.fees
    assert not any(one.residual for one in (*found, whole))


def test_a_quiet_day_opens_and_closes_where_the_last_one_before_it_closed() -> None:
    made = Story(AccountKind.CASH, "BTC")
    made.tell(Deposit(amount=D(1000), asset="USD"))
    made.fill("BUY", "BTC", "1", "100", "0.1")
    made.later(days=3)
    made.fill("SELL", "BTC", "1", "110", "0.1")
    found = summed(made)
    quiet = of_day(found, found[0].first + timedelta(days=1), "UTC")
    assert (quiet.trades, quiet.value, quiet.fees, quiet.realised, quiet.residual) == (0, ZERO, ZERO, ZERO, ZERO)
    assert quiet.opening_cash == quiet.closing_cash == found[0].closing_cash == found[1].opening_cash
    assert quiet.opening_equity == quiet.closing_equity == found[0].closing_equity
    assert [(one.opening, one.closing) for one in quiet.cash] == [(D("899.9"), D("899.9"))]
    assert quiet.begins == found[0].ends
    assert together((found[0], quiet, found[1])).closing_equity == found[1].closing_equity
    assert of_day(found, found[1].first, "UTC") is found[1]
    with pytest.raises(InvalidInput, match="a day since"):
        of_day(found, found[0].first - timedelta(days=1), "UTC")
