"""Is what was drawn at most 80 columns wide, and can no text of a fact steer a terminal or a spreadsheet?"""

from __future__ import annotations

from dataclasses import replace

import pytest

from counterpoise.cli.hindsight_view import (
    POSTING_COLUMNS,
    TRAIL_COLUMNS,
    posting_rows,
    print_csv,
    print_days,
    print_postings,
    print_proof,
    print_trail,
    trail_rows,
)
from counterpoise.control.hindsight import trail
from counterpoise.domain.accounts import AccountKind
from counterpoise.domain.facts import Deposit, Fact, TradingStateChanged
from counterpoise.ledger.trail import Wanted
from counterpoise.library.hindsight import Acts, Days, Known, Posted, Proved
from counterpoise.portfolio.daily import days
from counterpoise.portfolio.history import History
from counterpoise.portfolio.postings import postings_of
from tests.ledger.samples import SAMPLES
from tests.portfolio.making import START, D, Story

KNOWN = Known(account="main", currency="USD", time_zone="UTC", as_of=START, sequence=9)
Captured = pytest.CaptureFixture[str]


def lines(capsys: Captured) -> list[str]:
    found = capsys.readouterr().out.splitlines()
    assert max(map(len, found)) <= 80
    return found


def story(money: str) -> Story:
    made = Story(AccountKind.CASH, "BTC")
    made.tell(Deposit(amount=D(money), asset="USD"), shares={"trend": money})
    made.fill("BUY", "BTC", "3", "7", fee="0.123456789012345678", shares={"trend": "3"})
    made.later(days=1)
    made.marks(BTC="8")
    return made


@pytest.mark.parametrize(
    ("money", "is_whole"),
    (
        pytest.param("1000", False, id="with cents"),
        pytest.param("123456789012.25", True, id="too wide for cents"),
    ),
)
def test_days_of_any_size_fit(capsys: Captured, *, money: str, is_whole: bool) -> None:
    made = story(money)
    print_days(Days(known=KNOWN, days=days("main", made.facts)))
    found = lines(capsys)
    assert ("in whole USD; --json and --csv have every digit" in found) is is_whole
    assert found[-1].endswith("residual 0")
    assert f"{made.equity:,.2f}" in found[-1]


def test_what_has_no_rate_is_said(capsys: Captured) -> None:
    made = story("1000")
    made.tell(Deposit(amount=D(1), asset="BNB"))
    print_days(Days(known=KNOWN, days=days("main", made.facts)))
    assert lines(capsys)[-1] == "without a rate, counted as nothing: BNB"


def test_many_strategies_are_drawn_below_one_another(capsys: Captured) -> None:
    made = story("123456789012.25")
    for name in ("a", "b", "c", "d"):
        made.tell(Deposit(amount=D("123456789012.25"), asset="USD"), shares={name: "123456789012.25"})
    proof = History("main", made.facts).prove(lambda _: False, lambda _: True)
    print_proof(Proved(known=KNOWN, start=None, end=None, proof=proof))
    found = lines(capsys)
    assert sum(line.startswith("residual") for line in found) == 2
    assert all(name in " ".join(found).split() for name in ("account", "trend", "a", "b", "c", "d"))


HOSTILE = "\x1b[31mred\x1b]0;title\x07 =HYPERLINK(1) " + "x" * 200


def hostile() -> list[Fact]:
    fact = SAMPLES["TradingStateChanged"]
    body = replace(fact.body, reason=HOSTILE)
    assert isinstance(body, TradingStateChanged)
    return [replace(fact, body=body, actor="=cmd|'/C calc'!A0", sequence=2, account="main")]


def test_no_text_of_a_fact_steers_the_terminal(capsys: Captured) -> None:
    made = story("1000")
    entries = trail("main", [*made.facts, *hostile()], Wanted())
    print_trail(Acts(known=KNOWN, entries=entries))
    out = "\n".join(lines(capsys))
    assert out.isascii() or "\x1b" not in out
    assert "\x07" not in out
    assert "x" * 60 in out, "a long word is folded and not lost"


def test_no_cell_is_a_formula_and_a_number_stays_one(capsys: Captured) -> None:
    made = story("1000")
    entries = trail("main", [*made.facts, *hostile()], Wanted())
    print_csv(TRAIL_COLUMNS, (row for entry in entries for row in trail_rows(entry)))
    assert "'=cmd" in capsys.readouterr().out
    posted = Posted(known=KNOWN, found=postings_of("main", made.facts, made.facts[3].fact_id))
    print_csv(POSTING_COLUMNS, posting_rows(posted))
    assert "cash,USD,-21,trend" in capsys.readouterr().out
    print_postings(posted)
    assert "-0.123456789012345678" in "\n".join(lines(capsys))
