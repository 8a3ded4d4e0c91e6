"""When do marks become facts, and what do falls do to mode and trading state?"""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from counterpoise.control.commands import AssessMarks, Reassess, StartDay
from counterpoise.control.figures import current_mode, falls
from counterpoise.domain.decisions import RiskMode, StateCause, TradingState
from counterpoise.domain.facts import MarksRecorded, ModeChanged, TradingStateChanged
from counterpoise.domain.limits import ModePolicy
from tests.control.making import OWNER, START, D, Desk, candidate, change_state, enable, judge, open_account

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)


def fallen(policy: ModePolicy | None = None, equity: str = "10000") -> Desk:
    """All of 10000 in SPY at 100, the day and the week begun there; then at the price that makes `equity`."""
    desk = Desk(opening=open_account("SPY", policy=policy or ModePolicy()))
    desk.observe(SPY="100")
    start_day(desk, START)
    desk.hold("SPY", "100", "100")
    assess(desk, equity, START + MINUTE)
    return desk


def start_day(desk: Desk, at: datetime) -> str:
    cause = f"day/{at.date()}"
    return desk.tell(StartDay(actor=OWNER, at=at, cause=cause, day=at.date())).outcome


def assess(desk: Desk, equity: str, at: datetime) -> str:
    desk.observe(at, SPY=str(D(equity) / 100))
    return desk.tell(AssessMarks(actor=OWNER, at=at, cause=f"marks/{at.isoformat()}")).outcome


def state_of(desk: Desk) -> tuple[TradingState, StateCause]:
    return desk.state.state.trading_state, desk.state.state.state_cause


@pytest.mark.parametrize(
    ("equity", "state", "mode"),
    (
        pytest.param("9701", TradingState.ACTIVE, RiskMode.NEUTRAL, id="2.99 % down"),
        pytest.param("9700", TradingState.ACTIVE, RiskMode.NEUTRAL, id="3 % down exactly"),
        pytest.param("9699.99", TradingState.ACTIVE, RiskMode.SAFE, id="a cent more than 3 %"),
        pytest.param("9000", TradingState.ACTIVE, RiskMode.SAFE, id="10 % down exactly"),
        pytest.param("8999.99", TradingState.REDUCING, RiskMode.SAFE, id="a cent more than 10 %"),
    ),
)
def test_the_daily_ladder_acts_strictly_above_its_bounds(equity: str, state: TradingState, mode: RiskMode) -> None:
    desk = fallen(equity=equity)
    assert desk.state.state.trading_state is state
    assert current_mode(desk.state, START + MINUTE)[0] is mode
    assert desk.state.state.mode is (RiskMode.SAFE if mode is RiskMode.SAFE else desk.state.state.mode)


@pytest.mark.parametrize(
    ("thursday", "state"),
    (
        pytest.param("8500", TradingState.ACTIVE, id="15 % in the week exactly"),
        pytest.param("8499.99", TradingState.REDUCING, id="a cent more"),
    ),
)
def test_the_weekly_ladder_acts_strictly_above_its_bound(thursday: str, state: TradingState) -> None:
    desk = fallen(equity="9100")
    start_day(desk, START + DAY)
    assess(desk, thursday, START + DAY + MINUTE)
    daily, weekly = falls(desk.state)
    assert weekly == (D(10_000) - D(thursday), D(10_000))
    assert daily == (D(9_100) - D(thursday), D(9_100))
    assert desk.state.state.trading_state is state


def test_a_new_week_forgets_the_fall_of_the_last() -> None:
    desk = fallen(equity="9100")
    start_day(desk, START + 5 * DAY)  # Monday
    assert falls(desk.state) == ((D(0), D(9_100)), (D(0), D(9_100)))


def test_the_ladder_releases_its_own_state_at_the_first_day_start_without_cause_where_the_policy_says_so() -> None:
    desk = fallen(ModePolicy(ladder_release_auto=True), equity="8900")
    assert state_of(desk) == (TradingState.REDUCING, StateCause.LADDER)

    assess(desk, "9999", START + 2 * MINUTE)
    within_the_day = state_of(desk)
    start_day(desk, START + DAY)
    assert [within_the_day, state_of(desk)] == [
        (TradingState.REDUCING, StateCause.LADDER),
        (TradingState.ACTIVE, StateCause.LADDER),
    ]
    released = desk.bodies("TradingStateChanged")[-1]
    assert isinstance(released, TradingStateChanged)
    assert released.reason == "no bound of the ladder is passed"


def test_a_day_start_does_not_release_while_the_week_is_above_its_bound() -> None:
    desk = fallen(ModePolicy(ladder_release_auto=True), equity="8400")
    start_day(desk, START + DAY)
    on_thursday = state_of(desk)[0]
    start_day(desk, START + 5 * DAY)
    assert (on_thursday, state_of(desk)[0]) == (TradingState.REDUCING, TradingState.ACTIVE)


def test_the_ladder_does_not_release_by_itself_without_that_policy() -> None:
    desk = fallen(equity="8900")
    start_day(desk, START + DAY)
    assert state_of(desk) == (TradingState.REDUCING, StateCause.LADDER)


@pytest.mark.parametrize("held", (TradingState.REDUCING, TradingState.HALTED))
def test_the_ladder_never_releases_what_a_person_set(held: TradingState) -> None:
    desk = fallen(ModePolicy(ladder_release_auto=True), equity="8900")
    desk.tell(change_state(held))
    start_day(desk, START + DAY)
    assert state_of(desk) == (held, StateCause.PERSON)


def test_the_ladder_never_lowers_a_halt_to_reducing() -> None:
    desk = fallen(equity="9500")
    desk.tell(change_state(TradingState.HALTED))
    assess(desk, "8000", START + 2 * MINUTE)
    assert state_of(desk) == (TradingState.HALTED, StateCause.PERSON)


def test_marks_become_facts_only_where_a_figure_depends_on_them() -> None:
    desk = fallen()
    before = len(desk.facts)
    table = (
        ("9850", "done"),  # a new trough, and a whole point down
        ("9899", "within"),
        ("9850", "within"),
        ("9849", "done"),  # a lower trough
        ("9901", "done"),  # up again by a whole point
        ("9999", "within"),
        ("10000", "within"),  # the peak itself is no new peak
        ("10001", "done"),
    )
    said = [assess(desk, equity, START + (2 + number) * MINUTE) for number, (equity, _) in enumerate(table)]
    assert said == [expected for _, expected in table]
    assert desk.kinds(before).count("MarksRecorded") == said.count("done")


def test_a_day_starts_once_on_the_marks_of_that_instant() -> None:
    desk = fallen()
    desk.observe(START + DAY, SPY="101")
    assert start_day(desk, START + DAY) == "done"
    assert desk.state.state.drawdown.day == (START + DAY).date()
    assert desk.state.state.drawdown.day_equity == D(10_100)
    assert start_day(desk, START + DAY) == "duplicate"
    recorded = desk.bodies("MarksRecorded")[-1]
    assert isinstance(recorded, MarksRecorded)
    assert [mark.price for mark in recorded.marks] == [D(101)]


def mode_facts(desk: Desk) -> list[tuple[RiskMode, tuple[str, ...]]]:
    return [(body.mode, body.reasons) for body in desk.bodies("ModeChanged") if isinstance(body, ModeChanged)]


def reassess(desk: Desk, at: datetime) -> None:
    desk.tell(Reassess(actor=OWNER, at=at, cause=f"again/{at.isoformat()}"))


def test_safe_is_entered_at_once_with_its_reason_and_confirmed_once_a_minute_while_it_holds() -> None:
    desk = fallen(equity="9600")
    since = START + MINUTE
    assert mode_facts(desk)[-1] == (RiskMode.SAFE, ("DAILY_DRAWDOWN",))
    known = len(mode_facts(desk))

    reassess(desk, since + timedelta(seconds=59))
    assert len(mode_facts(desk)) == known
    reassess(desk, since + MINUTE)
    assert mode_facts(desk)[known:] == [(RiskMode.SAFE, ("DAILY_DRAWDOWN",))]
    assert desk.state.state.mode_since == since + MINUTE


def test_the_cooldown_begins_when_the_cause_is_gone_not_when_the_mode_began() -> None:
    desk = fallen(equity="9600")
    since = START + MINUTE
    for minute in range(1, 30):
        reassess(desk, since + minute * MINUTE)
    recovered = since + 30 * MINUTE
    assess(desk, "10000", recovered)
    assert current_mode(desk.state, recovered + MINUTE) == (RiskMode.SAFE, ("COOLDOWN",))


def test_safe_is_left_only_when_the_cooldown_is_over() -> None:
    desk = fallen(equity="9600")
    since = START + MINUTE
    assess(desk, "10000", since + MINUTE)
    assert current_mode(desk.state, since + MINUTE) == (RiskMode.SAFE, ("COOLDOWN",))
    known = len(mode_facts(desk))
    assess(desk, "10001", since + timedelta(minutes=14, seconds=59))
    assert len(mode_facts(desk)) == known, "a cooldown is no confirmation"
    assess(desk, "10002", since + timedelta(minutes=15))
    assert [mode is RiskMode.SAFE for mode, _ in mode_facts(desk)[known - 1 :]] == [True, False]


def test_nothing_is_recorded_while_the_mode_stays() -> None:
    desk = fallen()
    reassess(desk, START + 2 * MINUTE)
    known = len(desk.facts)
    for minute in range(3, 5):
        reassess(desk, START + minute * MINUTE)
    assert desk.kinds(known) == []


def test_a_fall_on_values_older_than_five_minutes_is_not_trusted() -> None:
    desk = fallen()
    reassess(desk, START + 6 * MINUTE)
    assert mode_facts(desk)[-1] == (RiskMode.SAFE, ("INPUT_MISSING",))


def test_prices_of_one_instant_are_each_looked_at() -> None:
    desk = fallen()
    for equity in ("9900", "8000", "6500"):
        assess(desk, equity, START + 2 * MINUTE)
    assert desk.state.state.trading_state is TradingState.REDUCING


def test_a_judgement_on_new_marks_climbs_the_ladder_first() -> None:
    desk = fallen()
    desk.tell(enable())
    desk.observe(START + 2 * MINUTE, SPY="70")
    desk.tell(judge(candidate("SPY", "1"), at=START + 2 * MINUTE))
    assert desk.state.state.trading_state is TradingState.REDUCING
