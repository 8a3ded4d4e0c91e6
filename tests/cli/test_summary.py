"""Can a person read the end of a replay, in 80 columns, with colour only where it is welcome?"""

from io import StringIO
from typing import Any

import pytest

from counterpoise.cli.summary import progress, render_summary, wants_colour

SUMMARY: dict[str, Any] = {
    "days": 3270,
    "seconds": "41.5",
    "commits": 12345,
    "judged": {"approved": 449, "denied": 2658},
    "partial_fills": 12,
    "unknowns": 3,
    "mode_changes": 7,
    "final_equity": "343210.125000000000000001",
    "time_weighted_return_pct": "243.2099999999",
    "max_drawdown_pct": "18.005",
    "rebalances": 61,
    "orders": 900,
    "fills": 1003,
    "fees": "0",
    "denials": {"LOW_PRIORITY": 81, "POSITION_ALREADY_OPEN": 1925, "TOXIC_SYMBOL": 81},
    "equity_proof_residual": "0",
    "verify": "ok",
    "replay_digest": "v1:" + "0123456789abcdef" * 4,
}


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


def figures(page: str) -> dict[str, str]:
    """Words → value, of every row of the table."""
    table, _digest = page.split("\n  replay digest\n")
    rows = [line.strip().rsplit(maxsplit=1) for line in table.splitlines() if "─" not in line]
    return {row[0].strip(): row[1] for row in rows if len(row) == 2}


def test_every_figure_is_there_as_a_person_reads_it() -> None:
    assert figures(render_summary(SUMMARY)) == {
        "days": "3,270",
        "seconds": "41.50",
        "final equity": "343,210.13",
        "time-weighted return, %": "243.21",
        "largest drawdown, %": "18.00",
        "rebalances": "61",
        "orders": "900",
        "fills": "1,003",
        "partial fills": "12",
        "fees": "0.00",
        "orders of unknown outcome": "3",
        "changes of risk mode": "7",
        "commits": "12,345",
        "candidates approved": "449",
        "candidates denied": "2,658",
        "POSITION_ALREADY_OPEN": "1,925",
        "LOW_PRIORITY": "81",
        "TOXIC_SYMBOL": "81",
        "equity proof, residual": "0",
        "journal": "ok",
    }


def test_the_digest_stands_whole_on_a_line_of_its_own() -> None:
    assert render_summary(SUMMARY).splitlines()[-2:] == ["  replay digest", f"  {SUMMARY['replay_digest']}"]


def test_no_line_is_wider_than_a_terminal_and_none_is_cut() -> None:
    page = render_summary(SUMMARY | {"verify": "x" * 200})
    assert max(len(line) for line in page.splitlines()) <= 80
    assert page.count("x") - render_summary(SUMMARY | {"verify": ""}).count("x") == 200


def test_reasons_stand_by_count_and_then_by_name() -> None:
    lines = render_summary(SUMMARY).splitlines()
    named = [line.split()[0] for line in lines if "_" in line]
    assert named == ["POSITION_ALREADY_OPEN", "LOW_PRIORITY", "TOXIC_SYMBOL"]


def test_what_is_missing_is_absent_and_no_zero() -> None:
    shown = figures(render_summary({}))
    assert set(shown.values()) == {"–"}


def test_stale_prices_are_shown_where_they_were_counted() -> None:
    assert figures(render_summary({"stale_cells": 4}))["stale prices"] == "4"


def test_what_looks_like_markup_is_text() -> None:
    assert "[bold]x[/bold]" in render_summary({"verify": "[bold]x[/bold]"})


def test_without_colour_there_is_no_escape() -> None:
    assert "\x1b" not in render_summary(SUMMARY)


@pytest.mark.parametrize(
    ("residual", "code"), (pytest.param("0", "\x1b[32m", id="green"), pytest.param("0.01", "\x1b[1;31m", id="red"))
)
def test_in_colour_a_proof_that_failed_is_red(residual: str, code: str) -> None:
    page = render_summary(SUMMARY | {"equity_proof_residual": residual}, colour=True)
    line = next(line for line in page.splitlines() if "residual" in line)
    assert code in line


@pytest.mark.parametrize(
    ("stream", "environ", "wanted"),
    (
        pytest.param(Terminal(), {}, True, id="terminal"),
        pytest.param(Terminal(), {"NO_COLOR": ""}, True, id="empty NO_COLOR"),
        pytest.param(Terminal(), {"NO_COLOR": "1"}, False, id="NO_COLOR"),
        pytest.param(Terminal(), {"TERM": "dumb"}, False, id="dumb terminal"),
        pytest.param(StringIO(), {}, False, id="file"),
    ),
)
def test_colour_is_for_terminals_that_want_it(*, stream: StringIO, environ: dict[str, str], wanted: bool) -> None:
    assert wants_colour(stream, environ) is wanted


def test_progress_is_drawn_on_a_terminal() -> None:
    stream = Terminal()
    with progress(3, "replaying", stream) as advance:
        for _ in range(3):
            advance()
    assert "replaying" in stream.getvalue()
    assert "3/3" in stream.getvalue()


def test_progress_leaves_no_trace_in_a_file() -> None:
    stream = StringIO()
    with progress(3, "replaying", stream) as advance:
        advance()
    assert stream.getvalue() == ""
