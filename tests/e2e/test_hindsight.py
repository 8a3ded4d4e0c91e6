"""Can a person read on 80 columns what has been, and a program the same to the last digit?"""

from __future__ import annotations

import csv
import json
import re
from decimal import Decimal
from io import StringIO
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.command import run

DAYS = 66
CAUSES = ("price", "fee", "funding", "dividend", "interest", "fx", "transfer", "rounding", "correction")
D = Decimal


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A place with a short demo in `data`."""
    made = tmp_path_factory.mktemp("hindsight")
    done = run(("demo", "--headless", "--days", str(DAYS), "--data-dir", "data", "--output", "json"), made)
    assert done.returncode == 0, done.stderr
    (made / "stdout").write_text(done.stdout)
    return made


def shown(place: Path, *arguments: str) -> list[str]:
    """The lines of a table, each of at most 80 columns."""
    done = run((*arguments, "--data-dir", "data"), place)
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines
    assert max(map(len, lines)) <= 80
    assert "\x1b" not in done.stdout
    return lines


def told(place: Path, *arguments: str) -> dict[str, Any]:
    """The one object of `--json`."""
    done = run((*arguments, "--json", "--data-dir", "data"), place)
    assert (done.returncode, done.stderr) == (0, "")
    found: dict[str, Any] = json.loads(done.stdout, parse_float=lambda text: pytest.fail(f"{text} is a float"))
    return found


def rows(place: Path, *arguments: str) -> list[dict[str, str]]:
    """The rows of `--csv`."""
    done = run((*arguments, "--csv", "--data-dir", "data"), place)
    assert (done.returncode, done.stderr) == (0, "")
    return list(csv.DictReader(StringIO(done.stdout)))


def test_days_sum_to_what_the_demo_said_at_its_end(place: Path) -> None:
    summary = json.loads((place / "stdout").read_text())
    found = told(place, "ledger", "days")
    total, days = found["total"], found["days"]
    assert (total["trades"], D(total["fees"])) == (summary["fills"], D(summary["fees"]))
    assert D(total["closing_equity"]) == D(summary["final_equity"])
    assert sum(one["trades"] for one in days) == total["trades"]
    for name in ("value", "fees", "realised_pnl", "deposits", "withdrawals", "residual"):
        assert sum(D(one[name]) for one in days) == D(total[name])
    for earlier, later in pairwise(days):
        assert later["opening_equity"] == earlier["closing_equity"]
    for one in days:
        assert sum(D(one["causes"][cause]) for cause in CAUSES) == D(one["closing_equity"]) - D(one["opening_equity"])


def test_days_are_a_table_and_the_same_rows_as_values(place: Path) -> None:
    lines, listed = shown(place, "ledger", "days"), rows(place, "ledger", "days")
    dated = [line for line in lines if re.match(r"20\d\d-", line)]
    assert len(dated) == len(listed) == len(told(place, "ledger", "days")["days"])
    assert lines[-1].endswith("residual 0")
    assert sum(D(row["fee"]) for row in listed) == -sum(D(row["fees"]) for row in listed)
    few = told(place, "ledger", "days", "--from", "2010-01-05", "--to", "2010-01-06")
    assert [one["first"] for one in few["days"]] == ["2010-01-05", "2010-01-06"]
    assert shown(place, "ledger", "days", "--from", "2030-01-01") == ["demo: nothing happened on these days"]


def test_the_proof_of_a_span_is_that_of_its_days(place: Path) -> None:
    span = ("--from", "2010-01-05", "--to", "2010-02-12")
    proof, days = told(place, "ledger", "proof", *span), told(place, "ledger", "days", *span)["total"]
    assert (proof["account"], proof["unshared"], proof["total"]["residual"]) == ("demo", "0", "0")
    assert proof["total"]["causes"] == days["causes"]
    assert (proof["total"]["before"], proof["total"]["after"]) == (days["opening_equity"], days["closing_equity"])
    for cause in CAUSES:
        assert sum(D(one["causes"][cause]) for one in proof["strategies"].values()) == D(days["causes"][cause])
    lines = shown(place, "ledger", "proof", *span)
    assert any(line.startswith("residual") for line in lines)
    assert lines[-1] == "in the account and in no strategy: 0"
    assert "momentum" not in "".join(shown(place, "ledger", "proof", "--strategy", "allocation"))


def test_a_run_is_found_by_its_errand_and_each_fill_by_its_postings(place: Path) -> None:
    fills = told(place, "ledger", "trail", "--kind", "Fill")["entries"]
    errand = fills[0]["correlation_id"]
    of_run = told(place, "ledger", "trail", "--correlation", errand)["entries"]
    assert {"PlanProposed", "OrderIntended", "Fill", "RunEnded"} <= {one["kind"] for one in of_run}
    symbol = fills[0]["symbols"][0]
    about = told(place, "ledger", "trail", "--symbol", symbol, "--kind", "Fill")["entries"]
    assert about == [one for one in fills if symbol in one["symbols"]]
    cash = next(change for change in fills[0]["changes"] if change["what"] == "cash USD")
    posted = told(place, "ledger", "postings", fills[0]["fact_id"])["postings"]
    moved = sum(D(one["amount"]) for one in posted if one["ledger_account"] == "cash")
    assert D(cash["after"]) - D(cash["before"]) == moved
    assert shown(place, "ledger", "postings", fills[0]["fact_id"])[-1].startswith("each asset sums to zero: ")
    assert len(rows(place, "ledger", "postings", fills[0]["fact_id"])) == len(posted)


def test_a_trail_is_readable_and_its_rows_are_changes(place: Path) -> None:
    lines = shown(place, "ledger", "trail", "--from", "2010-01-04", "--to", "2010-01-05")
    assert any("who     owner, by control" in line for line in lines)
    assert any("→" in line for line in lines)
    listed = rows(place, "ledger", "trail", "--kind", "ModeChanged")
    assert {row["what"] for row in listed} >= {"mode"}
    assert listed[1]["before"] == listed[0]["after"]


def test_a_snapshot_of_a_day_is_what_its_summary_closed_with(place: Path) -> None:
    day = "2010-02-12"
    seen = told(place, "snapshot", "--as-of", day)
    closed = told(place, "ledger", "days", "--to", day)["total"]
    assert (seen["total_equity"], seen["cash_balance"]) == (closed["closing_equity"], closed["closing_cash"])
    known = told(place, "snapshot", "--known-at", "2010-01-04T12:00:00Z")
    assert (known["num_positions"], known["cash_balance"]) == (0, "100000")


WRONG = (
    pytest.param(("ledger", "days", "--from", "2010-1-5"), 2, "--from: 2010-1-5", id="no day"),
    pytest.param(("ledger", "days", "--from", "2010-01-05T00:00Z"), 2, "a day such as", id="an instant for a day"),
    pytest.param(("ledger", "days", "--from", "2010-02-30"), 2, "2010-02-30", id="no such day"),
    pytest.param(("ledger", "days", "--from", "2010-01-06", "--to", "2010-01-05"), 2, "not before", id="backwards"),
    pytest.param(("ledger", "trail", "--to", "yesterday"), 2, "--to: yesterday", id="no moment"),
    pytest.param(("ledger", "trail", "--kind", "Bill"), 2, "kind: Bill", id="no kind"),
    pytest.param(("ledger", "proof", "--strategy", "me"), 2, "allocation, momentum", id="no strategy"),
    pytest.param(("ledger", "postings", "no-fact"), 2, "fact: no-fact", id="no fact"),
    pytest.param(("ledger", "postings"), 2, "ledger postings --help", id="no fact named"),
    pytest.param(("snapshot", "--known-at", "2001-01-01"), 2, "when the first fact was recorded", id="too early"),
    pytest.param(("ledger", "days", "--account", "yours"), 1, "no account yours", id="no account"),
)


@pytest.mark.parametrize(("arguments", "code", "words"), WRONG)
def test_what_is_wrong_is_one_sentence(place: Path, arguments: tuple[str, ...], code: int, words: str) -> None:
    done = run((*arguments, "--data-dir", "data"), place)
    assert (done.returncode, done.stdout) == (code, "")
    assert words in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_an_option_before_the_word_is_not_passed_over(place: Path) -> None:
    done = run(("ledger", "--data-dir", "data", "days"), place)
    assert (done.returncode, done.stdout) == (2, "")
    assert "after `days`, whose option it then is" in done.stderr
    assert len(shown(place, "ledger", "days")) > DAYS
