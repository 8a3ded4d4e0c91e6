"""Known faults in invented years: how often is the true cause found first, or among the first three?

`python -m tests.execution.reconciliation.campaign [CASES] [CLEAN]` prints the table.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

from counterpoise.domain.numbers import exact
from counterpoise.domain.statements import CashEventKind
from counterpoise.execution.reconciliation.causes import Cause, CauseKind, Explanation
from counterpoise.execution.reconciliation.search import explain
from tests.execution.reconciliation.history import Year

CASES, CLEAN = 660, 240

Inject = Callable[[Year], str | None]
FAULTS: dict[CauseKind, Inject] = {
    CauseKind.MISSED_FILL: Year.miss_fill,
    CauseKind.DUPLICATE_FILL: Year.double_fill,
    CauseKind.FEE: lambda year: year.miss_move(CashEventKind.FEE),
    CauseKind.FUNDING: lambda year: year.miss_move(CashEventKind.FUNDING),
    CauseKind.DIVIDEND: lambda year: year.miss_move(CashEventKind.DIVIDEND),
    CauseKind.INTEREST: lambda year: year.miss_move(CashEventKind.INTEREST),
    CauseKind.TRANSFER: lambda year: year.miss_move(CashEventKind.WITHDRAWAL),
    CauseKind.SPLIT: Year.split,
    CauseKind.STALE_FX: Year.stale_rate,
    CauseKind.UNKNOWN_POSITION: Year.unknown_position,
    CauseKind.UNKNOWN_ORDER: Year.unknown_order,
}


@dataclass(frozen=True)
class Truth:
    """What was done, and which name an explanation must say."""

    kind: CauseKind
    name: str


@dataclass
class Score:
    """Of one row of the table."""

    cases: int = 0
    first: int = 0
    third: int = 0
    misses: list[str] = field(default_factory=list)

    def count(self, rank: int | None, what: str) -> None:
        self.cases += 1
        self.first += rank == 1
        self.third += rank is not None and rank <= 3
        if rank != 1:
            self.misses.append(what)


@dataclass
class Table:
    """The whole campaign."""

    pointed: dict[str, Score]
    balances: dict[str, Score]
    clean: int = 0
    clean_false: list[str] = field(default_factory=list)
    clean_rounding: int = 0

    def lines(self) -> list[str]:
        """As printed."""
        head = f"{'injected':<18}{'cases':>6}  with activities: rank 1, <= 3   balances alone: rank 1, <= 3"
        rows = [head, "-" * len(head)]
        for name in [*(str(kind) for kind in FAULTS), "ONE FAULT", "TWO FAULTS", "THREE FAULTS"]:
            sharp, blind = self.pointed[name], self.balances[name]
            cells = (_pct(sharp.first, sharp.cases), _pct(sharp.third, sharp.cases))
            more = (_pct(blind.first, blind.cases), _pct(blind.third, blind.cases))
            rows.append(f"{name:<18}{sharp.cases:>6}{cells[0]:>27}{cells[1]:>8}{more[0]:>23}{more[1]:>8}")
        said = f"clean histories: {self.clean}, false explanations: {len(self.clean_false)}"
        rows.append(f"{said}, of which rounding alone was beyond a cent and said so: {self.clean_rounding}")
        return rows


def _pct(part: int, whole: int) -> str:
    return f"{100 * part // whole} %" if whole else "-"


def run(cases: int = CASES, clean: int = CLEAN) -> Table:
    """`cases` years with one to three faults, `clean` ones with none; the same every time."""
    table = Table(defaultdict(Score), defaultdict(Score))
    for seed in range(cases):
        one_case(table, seed)
    for seed in range(clean):
        one_clean(table, 1_000_000 + seed)
    return table


def one_case(table: Table, seed: int) -> None:
    """Inject and explain, with activities and without."""
    year, truths = faulty(seed)
    for activities, scores in ((True, table.pointed), (False, table.balances)):
        found = explain(year.book(), year.statement(activities=activities))
        rank = next((n for n, item in enumerate(found, 1) if is_true(item, truths, activities=activities)), None)
        what = f"seed {seed}: {[f'{t.kind} {t.name}' for t in truths]}"
        row = ("ONE FAULT", "TWO FAULTS", "THREE FAULTS")[len(truths) - 1]
        for name in (row, str(truths[0].kind)) if len(truths) == 1 else (row,):
            scores[name].count(rank, what)


def one_clean(table: Table, seed: int) -> None:
    """A year that both sides heard whole: only the venue's rounding lies between them."""
    year = Year.of(seed)
    table.clean += 1
    for activities in (True, False):
        found = explain(year.book(), year.statement(activities=activities))
        if found and any(cause.kinds != (CauseKind.VENUE_ROUNDING,) for cause in found[0].causes):
            table.clean_false.append(f"seed {seed}: {found[0].causes}")
    table.clean_rounding += bool(found)


def faulty(seed: int) -> tuple[Year, tuple[Truth, ...]]:
    """A year with its faults: mostly one of each kind in turn, else two or three of different kinds."""
    kinds = list(FAULTS)
    count = 1 + (seed % 4 == 2) + 2 * (seed % 4 == 3)
    year = Year.of(seed)
    wanted = [kinds[(seed // 2 + number * (3 + seed % 5)) % len(kinds)] for number in range(count)]
    truths = []
    for kind in dict.fromkeys(wanted):
        name = FAULTS[kind](year)
        if name is not None:
            truths.append(Truth(kind, name))
    if not truths:  # that year had nothing that this could happen to
        truths.append(Truth(CauseKind.MISSED_FILL, year.miss_fill()))
    return year, tuple(truths)


def is_true(found: Explanation, truths: tuple[Truth, ...], *, activities: bool) -> bool:
    """Whether it says what was done and nothing else; rounding is always between the two sides."""
    causes = [cause for cause in found.causes if cause.kinds != (CauseKind.VENUE_ROUNDING,)]
    left = list(truths)
    for cause in causes:
        match = next((truth for truth in left if says(cause, truth, activities=activities)), None)
        if match is None:
            return False
        left.remove(match)
    return not left


def says(cause: Cause, truth: Truth, *, activities: bool) -> bool:
    """Whether a cause is that fault; balances alone cannot name an execution or a movement."""
    if truth.kind not in cause.kinds:
        return False
    return not activities or truth.name in repr((cause.effect, cause.proposals))


if __name__ == "__main__":
    with exact():
        asked = [int(word) for word in sys.argv[1:3]]
        made = run(*asked)
        missed = [f"missed with activities, {miss}" for miss in made.pointed["ONE FAULT"].misses[:5]]
        sys.stdout.write("\n".join([*made.lines(), *missed, ""]))
