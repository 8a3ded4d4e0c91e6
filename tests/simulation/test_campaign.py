"""Do the laws hold on simulated days, is a seed one day everywhere, and would a planted bug be found?"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.simulation import campaign
from tests.simulation.campaign import MAIN_MARKS, Tally, quiet_day
from tests.simulation.mutants import MUTANTS
from tests.simulation.world import Day, simulate

ROOT = Path(__file__).resolve().parents[2]
SEEDS = int(os.environ.get("SIM_SEEDS", "100"))
SEEDS_PER_MUTANT = 120
SEEDS_REPLAYED = (3, 11, 39)


def test_no_law_is_broken_and_every_main_situation_is_reached() -> None:
    tally = Tally()
    for seed in range(SEEDS):
        tally.add(quiet_day(seed))
    assert [(day.seed, day.violations) for day in tally.broken] == []
    assert tally.days == SEEDS
    assert tally.unreached() == []


@pytest.mark.parametrize("seed", SEEDS_REPLAYED)
def test_a_seed_is_one_day(seed: int) -> None:
    first, second = simulate(seed), simulate(seed)
    assert first.log == second.log
    assert first.digest == second.digest


def test_seeds_are_different_days() -> None:
    assert len({quiet_day(seed).digest for seed in range(10)}) == 10


def test_another_process_lives_the_same_days() -> None:
    program = f"from tests.simulation.world import simulate; print(*(simulate(s).digest for s in {SEEDS_REPLAYED}))"
    said = {
        subprocess.run(
            [sys.executable, "-c", program],
            cwd=ROOT,
            env={"PYTHONHASHSEED": hash_seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for hash_seed in ("1", "2")
    }
    assert said == {" ".join(simulate(seed).digest for seed in SEEDS_REPLAYED) + "\n"}


@pytest.mark.filterwarnings("ignore")  # a day that ends in the middle leaves coroutines that were never awaited
@pytest.mark.parametrize("name", MUTANTS)
def test_a_planted_bug_is_found(name: str) -> None:
    planted = MUTANTS[name]
    days = (simulate(seed, mutant=planted.plant) for seed in range(SEEDS_PER_MUTANT))
    assert any(violation.startswith(planted.laws) for day in days for violation in day.violations)


def day_of(seed: int, *violations: str, marks: tuple[str, ...] = ()) -> Day:
    return Day(seed=seed, digest="", violations=violations, marks=dict.fromkeys(marks, 1), log=("the log",))


def test_a_broken_day_fails_the_campaign_and_names_its_seed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(campaign, "quiet_day", lambda seed: day_of(seed, *(["NL1: lost"] if seed == 7 else [])))
    assert campaign.main(["--seeds", "9", "--jobs", "1"]) == 1
    said = capsys.readouterr().out
    assert "./dev sim --seed 7" in said
    assert "violations: 1 of 9 days" in said


@pytest.mark.parametrize(
    ("missing", "code"), (pytest.param((), 0, id="all reached"), pytest.param(("zombie",), 1, id="one never reached"))
)
def test_a_situation_that_was_never_reached_fails_the_campaign(
    missing: tuple[str, ...], code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    marks = tuple(name for name in MAIN_MARKS if name not in missing)
    monkeypatch.setattr(campaign, "quiet_day", lambda seed: day_of(seed, marks=marks))
    assert campaign.main(["--seeds", "50", "--jobs", "1"]) == code
    assert ("NOT REACHED  zombie" in capsys.readouterr().out) == bool(missing)


def test_two_jobs_live_the_days_of_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert [day.digest for day in campaign.days(range(4), 2)] == [quiet_day(seed).digest for seed in range(4)]


def test_a_replayed_day_shows_its_log(capsys: pytest.CaptureFixture[str]) -> None:
    assert campaign.main(["--seed", "3"]) == 0
    said = capsys.readouterr().out
    assert f"{simulate(3).log[-1]}\n" in said
    assert f"seed 3, log digest {simulate(3).digest}" in said
