"""Can days, acts, proofs and postings be read of a data folder, also while its owner runs?"""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from counterpoise.domain.errors import ConfigurationError, InvalidInput
from counterpoise.domain.numbers import ZERO
from counterpoise.domain.plans import SizingPolicy, Target
from counterpoise.library.hindsight import days, postings, proof, read_overview_at, trail
from counterpoise.library.opening import Opening
from counterpoise.library.plane import Counterpoise
from counterpoise.library.reading import read_overview
from counterpoise.settings import Settings

D = Decimal
OPENING = Opening.paper("mine", cash=D(1000), symbols=("SPY",), time_zone="UTC")


@pytest.fixture
async def settings(tmp_path: Path) -> Settings:
    async with Counterpoise.open(tmp_path, OPENING) as plane:
        await traded(plane)
    return Settings(data_dir=tmp_path)


async def traded(plane: Counterpoise) -> None:
    """Half of the money in SPY at 400, which then goes to 410."""
    await plane.set_targets("core", (Target(symbol="SPY", weight=D("0.5")),), SizingPolicy())
    await plane.tick({"SPY": D(400)})
    await plane.rebalance("core", slot="one")
    await plane.settle()
    await plane.tick({"SPY": D(410)})


async def test_all_is_read_while_the_owner_runs(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    async with Counterpoise.open(tmp_path, OPENING) as plane:
        await traded(plane)
        found, acts, proved = await days(settings), await trail(settings), await proof(settings)
        await plane.halt("lunch")
        later = await trail(settings, kind="TradingStateChanged")
        (bought,) = (await trail(settings, kind="Fill")).entries
        posted = await postings(settings, None, bought.fact_id)
    assert found.known.sequence == acts.known.sequence == acts.entries[-1].sequence == proved.known.sequence
    assert [one.why for one in later.entries] == ["PERSON; lunch"]
    assert sum(one.amount for one in posted.found.postings if one.asset == "USD") == ZERO


async def test_days_and_proof_agree_with_the_snapshot(settings: Settings) -> None:
    seen = (await read_overview(settings, None)).overview.snapshot
    found, proved = await days(settings), (await proof(settings)).proof
    total = found.total
    assert total is not None
    assert total.closing_equity == proved.account.after == seen.total_equity > D(1000)
    assert total.closing_cash == seen.cash_balance
    assert (total.trades, total.residual, proved.account.residual, proved.unshared) == (1, ZERO, ZERO, ZERO)
    assert {one.strategy for one in proved.strategies} == {"core", "unassigned"}
    assert found.known.currency == "USD"


async def test_a_day_is_from_its_start_to_its_end(settings: Settings) -> None:
    found = await days(settings)
    last = found.days[-1].last
    whole = (await proof(settings)).proof.account
    of_days = await proof(settings, start=found.days[0].first, end=last)
    assert of_days.proof.account == whole
    after = await proof(settings, start=last + timedelta(days=1))
    assert after.proof.account.before == after.proof.account.after == whole.after
    assert (await days(settings, first=last + timedelta(days=1))).days == ()
    assert (await days(settings, last=last)).days == found.days
    assert len((await trail(settings, since=found.days[0].first, until=last)).entries) == found.known.sequence


async def test_one_strategy_is_proved_alone(settings: Settings) -> None:
    proved = await proof(settings, strategy="core")
    assert [one.strategy for one in proved.proof.strategies] == ["core"]
    told = proved.as_json()
    assert told["account"] == "mine"
    assert isinstance(told["strategies"], dict)
    assert list(told["strategies"]) == ["core"]
    with pytest.raises(InvalidInput, match="core, unassigned"):
        await proof(settings, strategy="nobody")


async def test_every_answer_says_of_when_and_from_where_it_is(settings: Settings) -> None:
    bought = (await trail(settings, kind="Fill")).entries[0].fact_id
    found = await days(settings)
    answers = (
        found.as_json(),
        (await trail(settings)).as_json(),
        (await proof(settings)).as_json(),
        (await postings(settings, None, bought)).as_json(),
    )
    for told in (json.loads(json.dumps(answer)) for answer in answers):
        assert (told["account"], told["source"], told["time_zone"]) == ("mine", "ledger", "UTC")
        assert told["as_of"].endswith("Z")
        assert told["sequence"] == found.known.sequence


async def test_what_was_known_before_the_purchase_about_now(settings: Settings) -> None:
    (bought,) = (await trail(settings, kind="Fill")).entries
    before = bought.recorded_at - timedelta(microseconds=1)
    then = (await read_overview_at(settings, None, None, before)).overview.snapshot
    now = (await read_overview_at(settings, None, None, None)).overview.snapshot
    assert (then.cash_balance, then.num_positions) == (D(1000), 0)
    assert now.num_positions == 1
    assert now.total_equity == (await read_overview(settings, None)).overview.snapshot.total_equity
    today = bought.occurred_at.date()
    assert (await read_overview_at(settings, None, today, today)).overview.snapshot.total_equity == now.total_equity


@pytest.mark.parametrize(
    ("wrong", "said"),
    (
        pytest.param({"kind": "Nothing"}, "kind: Nothing", id="a kind"),
        pytest.param({"since": date(2024, 1, 2), "until": date(2024, 1, 1)}, "not before 2024-01-02", id="days"),
        pytest.param(
            {"since": datetime(2024, 1, 2, tzinfo=UTC), "until": datetime(2024, 1, 1, tzinfo=UTC)},
            "not before 2024-01-02T00:00:00",
            id="instants",
        ),
    ),
)
async def test_what_makes_no_sense_is_refused(settings: Settings, wrong: dict[str, object], said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        await trail(settings, **wrong)  # type: ignore[arg-type]


async def test_a_proof_that_ends_before_it_begins_is_refused(settings: Settings) -> None:
    with pytest.raises(InvalidInput, match="not earlier"):
        await proof(settings, start=datetime.max.replace(tzinfo=UTC), end=date(2024, 1, 1))


async def test_an_account_or_fact_that_is_not_there_is_named(settings: Settings) -> None:
    with pytest.raises(ConfigurationError, match="no account yours"):
        await days(settings, "yours")
    with pytest.raises(InvalidInput, match="nothing-of-ours"):
        await postings(settings, "mine", "nothing-of-ours")
    with pytest.raises(InvalidInput, match="when the first fact was recorded"):
        await read_overview_at(settings, None, None, date(2001, 1, 1))
