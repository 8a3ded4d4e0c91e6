"""How are days, acts, proofs and postings drawn on 80 columns, and as rows for a spreadsheet?"""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from io import StringIO

from rich.console import Console
from rich.table import Table
from rich.text import Text

from counterpoise.cli.summary import WIDTH
from counterpoise.domain.numbers import ONE, divide_half_even, exact, shortest
from counterpoise.domain.time import format_time
from counterpoise.ledger.trail import REPLACING, TrailEntry
from counterpoise.library.hindsight import Acts, Days, Known, Posted, Proved
from counterpoise.portfolio.daily import DaySummary
from counterpoise.portfolio.proof import Cause, EquityChange

STRATEGIES_ACROSS = 3
"""Strategies beside the account in one table of 80 columns."""

TOLD_MAX = 480
"""Letters of one part of an act on the screen."""

PLACES_SHOWN = 8

GAP = 2
"""Columns between two columns of a table."""

# ── days ─────────────────────────────────────────────────────────────────────────────────────────────────

DAY_COLUMNS = (
    *("day", "trades", "value", "fees", "realised_pnl", "deposits", "withdrawals"),
    *("opening_cash", "closing_cash", "opening_equity", "closing_equity"),
    *(str(cause) for cause in Cause),
    "residual",
)


def day_row(one: DaySummary) -> tuple[str, ...]:
    """One row a day, as DAY_COLUMNS."""
    amounts = (
        *(one.value, one.fees, one.realised, one.deposits, one.withdrawals),
        *(one.opening_cash, one.closing_cash, one.opening_equity, one.closing_equity),
        *(amount for _, amount in one.causes),
        one.residual,
    )
    return (one.first.isoformat(), str(one.trades), *map(_plain, amounts))


def print_days(found: Days) -> None:
    """A table of the days, and all of them together."""
    known, total = found.known, found.total
    if total is None:
        print(f"{_clean(known.account)}: nothing happened on these days")
        return
    print(f"{_head(known)}, days of {known.time_zone}")
    names = ("day", "trades", "value", "fees", "realised", "in − out", "cash", "equity")
    for places in (2, 0):
        rows = [(one.first.isoformat(), *_day_cells(one, places)) for one in found.days]
        rows.append(("together", *_day_cells(total, places)))
        if _width((names, *rows)) <= WIDTH:
            break
    table = _table((names[0], "left"), *((name, "right") for name in names[1:]))
    for row in rows:
        table.add_row(*row)
    _draw(table)
    if not places:
        print(f"in whole {known.currency}; --json and --csv have every digit")
    print(f"equity {_money(total.opening_equity)} → {_money(total.closing_equity)}, residual {_plain(total.residual)}")
    if total.unrated:
        print(f"without a rate, counted as nothing: {', '.join(total.unrated)}")


def _day_cells(one: DaySummary, places: int) -> tuple[str, ...]:
    amounts = (one.value, one.fees, one.realised, one.deposits - one.withdrawals, one.closing_cash, one.closing_equity)
    return (f"{one.trades:,}", *(f"{amount:,.{places}f}" for amount in amounts))


def _width(rows: Sequence[Sequence[str]]) -> int:
    """Columns that a table of these rows takes."""
    return sum(max(len(cell) for cell in column) + GAP for column in zip(*rows, strict=True)) - GAP


# ── trail ────────────────────────────────────────────────────────────────────────────────────────────────

TRAIL_COLUMNS = (
    *("sequence", "occurred_at", "recorded_at", "actor", "source", "kind", "symbols", "what", "before", "after"),
    *("why", "correlation_id", "causation_id", "fact_id"),
)


def trail_rows(entry: TrailEntry) -> Iterable[tuple[str, ...]]:
    """One row a change; an act that changed nothing has one row too."""
    head = (
        str(entry.sequence), format_time(entry.occurred_at), format_time(entry.recorded_at), entry.actor, entry.source,
        entry.kind, " ".join(entry.symbols),
    )  # fmt: skip
    tail = (entry.why, entry.correlation_id, entry.causation_id, entry.fact_id)
    changes = [(what, before or "", after or "") for what, before, after in entry.changes] or [("", "", "")]
    return ((*head, *change, *tail) for change in changes)


def print_trail(found: Acts) -> None:
    """Each act in a few lines."""
    count = len(found.entries)
    print(f"{_head(found.known)}: {count:,} {'act' if count == 1 else 'acts'}")
    for entry in found.entries:
        symbols = f" {' '.join(entry.symbols)}" if len(entry.symbols) == 1 else ""
        _fold(f"{entry.sequence:>6}  {_shown(entry.occurred_at)}  {entry.kind}{symbols}", 8)
        _tell("who", f"{entry.actor}, by {entry.source}")
        changes = [f"{what} {_from_to(before, after)}" for what, before, after in entry.changes]
        if entry.kind not in REPLACING:
            _tell("said", "; ".join(f"{name} {_short(text)}" for name, text in entry.said.items()))
        _tell("what", "; ".join(changes))
        _tell("why", entry.why)
        _tell("inputs", "; ".join(f"{name} {_short(text)}" for name, text in entry.inputs.items()))
        _tell("errand", entry.correlation_id)


def _tell(name: str, text: str) -> None:
    """One line of an act, or several; nothing is not told."""
    if len(text) > TOLD_MAX:
        text = f"{text[: text.rindex(' ', 0, TOLD_MAX)]} … (--json has all)"
    if text:
        _fold(f"{'':8}{name:<6}  {text}", 16)


def _from_to(before: str | None, after: str | None) -> str:
    if before is None:
        return f"= {_short(str(after))}"
    return f"{_short(before)} → {'–' if after is None else _short(after)}"


def _short(text: str) -> str:
    """A number of many places to eight of them, half even; `--json` has every digit."""
    whole, _, places = text.partition(".")
    if len(places) <= PLACES_SHOWN or not f"{whole.removeprefix('-')}{places}".isdigit():
        return text
    with exact():
        return shortest(divide_half_even(Decimal(text), ONE, PLACES_SHOWN))


# ── proof ────────────────────────────────────────────────────────────────────────────────────────────────


def print_proof(found: Proved) -> None:
    """The account and its strategies side by side."""
    proof = found.proof
    start = "the beginning" if found.start is None else _moment_shown(found.start)
    end = "the last fact" if found.end is None else _moment_shown(found.end)
    print(_head(found.known))
    print(f"from {start} to {end}")
    strategies = proof.strategies
    for number in range(0, max(len(strategies), 1), STRATEGIES_ACROSS):
        _print_changes((proof.account, *strategies[number : number + STRATEGIES_ACROSS]))
    print(f"in the account and in no strategy: {_plain(proof.unshared)}")


def _print_changes(changes: Sequence[EquityChange]) -> None:
    table = _table(("", "left"), *((one.strategy or "account", "right") for one in changes))
    table.add_row("before", *(_money(one.before) for one in changes))
    for number, cause in enumerate(Cause):
        amounts = [one.causes[number][1] for one in changes]
        if any(amounts):
            table.add_row(str(cause), *map(_money, amounts))
    table.add_row("after", *(_money(one.after) for one in changes))
    table.add_row("residual", *(_plain(one.residual) for one in changes))
    _draw(table)


# ── postings ─────────────────────────────────────────────────────────────────────────────────────────────


def print_postings(found: Posted) -> None:
    """What one fact posted, and why it is that."""
    fact, entries = found.found.fact, found.found.postings
    print(f"{_clean(fact.fact_id)}\n{fact.kind}, entry {fact.sequence}, of {_shown(fact.occurred_at)}")
    if entries:
        table = _table(("ledger account", "left"), ("amount", "right"), ("asset", "left"), ("strategy", "left"))
        for name, asset, amount, strategy in entries:
            table.add_row(Text(name), _plain(amount), Text(asset), Text(strategy))
        _draw(table)
        print(f"each asset sums to zero: {', '.join(dict.fromkeys(entry.asset for entry in entries))}")
    if found.found.note:
        print(_clean(found.found.note))


POSTING_COLUMNS = ("ledger_account", "asset", "amount", "strategy")


def posting_rows(found: Posted) -> Iterable[tuple[str, ...]]:
    """One row a posting."""
    return ((name, asset, _plain(amount), strategy) for name, asset, amount, strategy in found.found.postings)


# ── words and figures ────────────────────────────────────────────────────────────────────────────────────


def _head(known: Known) -> str:
    return f"{_clean(known.account)}, {known.currency}, as of entry {known.sequence:,} ({_shown(known.as_of)})"


def _moment_shown(moment: date | datetime) -> str:
    return _shown(moment) if isinstance(moment, datetime) else moment.isoformat()


def _shown(at: datetime) -> str:
    """To the second, unless there is more to say."""
    return format_time(at).replace("T", " ").replace(".000000Z", "Z")


def _money(amount: Decimal) -> str:
    return f"{amount:,.2f}"


def _plain(amount: Decimal) -> str:
    return shortest(amount)


def _clean(text: str) -> str:
    """Text of a fact for a terminal: what would steer it is shown as a sign."""
    return "".join(sign if sign.isprintable() else "�" for sign in text)


def _fold(text: str, indent: int) -> None:
    """One line, folded at 80 columns behind an indent; a long word is cut and never lost."""
    text, width = _clean(text), WIDTH
    while len(text) > width:
        at = text.rfind(" ", indent + 1, width + 1)
        at = width if at < 0 else at
        print(text[:at].rstrip())
        text = " " * indent + text[at:].lstrip()
    print(text.rstrip())


def _table(*columns: tuple[str, str]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, GAP, 0, 0))
    for name, justify in columns:
        table.add_column(Text(name), justify="left" if justify == "left" else "right", overflow="fold")
    return table


def _draw(table: Table) -> None:
    page = StringIO()
    Console(file=page, width=WIDTH, highlight=False, markup=False).print(table)
    print("\n".join(line.rstrip() for line in page.getvalue().splitlines()))


def print_json(told: object) -> None:
    """One object."""
    print(json.dumps(told, indent=2, ensure_ascii=False))


def print_csv(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """A head line and rows."""
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([[_cell(text) for text in row] for row in rows])


def _cell(text: str) -> str:
    """A cell that no spreadsheet takes for a formula (OWASP, CSV injection); a number stays a number."""
    if text[:1] in ("=", "+", "@", "\t", "\r") or (text[:1] == "-" and not text[1:].replace(".", "", 1).isdigit()):
        return f"'{text}"
    return text
