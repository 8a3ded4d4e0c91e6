"""Does each act say who, what, before, after, why and on what grounds, and is the wanted one found?"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from counterpoise.domain.accounts import AccountKind
from counterpoise.domain.facts import (
    BODIES,
    FillBusted,
    FillCorrected,
    LimitsSet,
    OrderAcknowledged,
    OrderCancelled,
    StrategySet,
    SymbolChange,
)
from counterpoise.domain.limits import ModePolicy
from counterpoise.domain.orders import Side
from counterpoise.ledger.trail import REPLACING, SUBJECTS, Change, Trail, TrailEntry, Wanted
from tests.control.making import WIDE
from tests.ledger.samples import SAMPLES
from tests.portfolio.making import D, Story, intent


def told(story: Story) -> list[TrailEntry]:
    trail = Trail()
    return [trail.tell(fact) for fact in story.facts]


def limits(leverage: str, reason: str) -> LimitsSet:
    constraints = replace(WIDE, max_leverage=D(leverage))
    return LimitsSet(preset="investor", constraints=constraints, mode_policy=ModePolicy(), reason=reason)


def test_a_raised_limit_says_from_what_to_what_and_why() -> None:
    story = Story()
    story.tell(limits("1", "the account was opened"))
    story.tell(limits("2", "more room for the second strategy"))
    first, second = told(story)[-2:]
    assert Change("constraints.max_leverage", None, "1") in first.changes
    assert second.changes == (Change("constraints.max_leverage", "1", "2"),)
    assert (second.actor, second.why) == ("system", "more room for the second strategy")
    assert (second.kind, second.correlation_id) == ("LimitsSet", "c3")


def test_an_order_goes_from_status_to_status_and_keeps_its_symbol() -> None:
    story = Story(AccountKind.CASH, "BTC")
    story.intend(intent("o1", "BUY", "BTC", "2"))
    story.tell(OrderAcknowledged(client_order_id="o1", venue_order_id="v1"))
    story.tell(OrderCancelled(client_order_id="o1", reason="asked for"))
    intended, acknowledged, cancelled = told(story)[-3:]
    assert intended.changes == (Change("order o1", None, "OrderIntended"),)
    assert intended.inputs == {"decision": "d"}
    assert intended.said["intent.quantity"] == "2"
    assert acknowledged.changes == (Change("order o1", "OrderIntended", "OrderAcknowledged"),)
    assert (cancelled.changes[0].before, cancelled.why) == ("OrderAcknowledged", "asked for")
    assert [one.symbols for one in (intended, acknowledged, cancelled)] == [("BTC",)] * 3


def test_a_correction_says_what_the_fill_had_said() -> None:
    story = Story(AccountKind.CASH, "BTC")
    fill = story.fill("BUY", "BTC", "2", "100", "0.5")
    story.tell(
        FillCorrected(
            fill_id=fill.body.fill_id, side=Side.BUY, quantity=D(2), price=D(99), fee=D("0.5"), fee_asset="USD",
            reason="the venue said so",
        ),
        "BTC",
    )  # fmt: skip
    story.tell(FillBusted(fill_id=fill.body.fill_id, reason="erroneous"), "BTC")
    news, corrected, busted = told(story)[-3:]
    assert (news.changes, news.said["price"]) == ((), "100")
    assert Change("price", "100", "99") in corrected.changes
    assert not any(change.what in ("quantity", "fee") for change in corrected.changes)
    assert Change("price", "99", None) in busted.changes
    assert [one.why for one in (news, corrected, busted)] == ["", "the venue said so", "erroneous"]


def test_marks_are_told_by_symbol_also_under_a_new_one() -> None:
    story = Story(AccountKind.CASH, "BTC")
    story.marks(BTC="100")
    story.tell(SymbolChange(symbol="XBT"), "BTC")
    story.marks(BTC="101")
    first, renamed, second = told(story)[-3:]
    assert first.changes == (Change("BTC", None, "100"),)
    assert renamed.symbols == ("XBT",)
    assert second.symbols == ("XBT",)
    assert second.changes == (Change("XBT", "100", "101"),)


@pytest.mark.parametrize("kind", sorted(BODIES))
def test_every_kind_of_fact_can_be_told_and_loses_nothing(kind: str) -> None:
    fact = SAMPLES[kind]
    entry = Trail().tell(fact)
    assert (entry.fact_id, entry.actor, entry.kind) == (fact.fact_id, fact.actor, kind)
    whole = {*entry.said.values(), *entry.inputs.values(), *entry.why.split("; ")}
    for name in ("reason", "client_order_id", "fill_id", "amount", "quantity", "rate"):
        value = getattr(fact.body, name, None)
        assert not value or any(str(value) in text for text in whole)
    assert kind not in REPLACING or entry.changes or kind in ("FillBusted", "BreakSettled")


def test_what_is_replaced_is_a_kind_of_fact() -> None:
    assert set(SUBJECTS) <= set(BODIES)
    assert set(BODIES) >= REPLACING


def test_two_items_of_one_name_are_both_told() -> None:
    judged = SAMPLES["CandidateJudged"]
    twice = replace(judged, body=replace(judged.body, candidates=judged.body.candidates[:1] * 2))
    once = Trail().tell(replace(judged, body=replace(judged.body, candidates=judged.body.candidates[:1])))
    count = sum(name.startswith("candidates.") for name in once.said)
    assert sum(name.startswith("candidates.") for name in Trail().tell(twice).said) == 2 * count > 0


@pytest.mark.parametrize(
    ("wanted", "found"),
    (
        pytest.param(Wanted(), ["AccountOpened", "InstrumentDefined", "Fill", "StrategySet"], id="all"),
        pytest.param(Wanted(kind="Fill"), ["Fill"], id="a kind"),
        pytest.param(Wanted(symbol="BTC"), ["InstrumentDefined", "Fill"], id="a symbol"),
        pytest.param(Wanted(correlation="c4"), ["StrategySet"], id="an errand"),
        pytest.param(Wanted(symbol="BTC", kind="StrategySet"), [], id="both"),
        pytest.param(Wanted(correlation="nobody's"), [], id="nobody's errand"),
    ),
)
def test_only_what_is_wanted_is_taken(wanted: Wanted, found: list[str]) -> None:
    story = Story(AccountKind.CASH, "BTC")
    story.fill("BUY", "BTC", "2", "100", "0.5")
    story.tell(StrategySet(strategy="trend", enabled=True))
    assert [entry.kind for entry in told(story) if wanted.takes(entry)] == found


def test_a_period_takes_both_its_ends_and_no_more() -> None:
    story = Story(AccountKind.CASH, "BTC")
    fact, tick = story.fill("BUY", "BTC", "2", "100", "0.5"), timedelta(microseconds=1)
    (entry,) = (one for one in told(story) if one.kind == "Fill")
    at = fact.occurred_at
    assert Wanted(since=at, until=at).takes(entry)
    assert not Wanted(since=at + tick).takes(entry)
    assert not Wanted(until=at - tick).takes(entry)


def test_what_led_to_an_act_finds_it_too() -> None:
    entry = Trail().tell(replace(SAMPLES["Deposit"], causation_id="deposit/7"))
    assert Wanted(correlation="deposit/7").takes(entry)
