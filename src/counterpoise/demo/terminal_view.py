"""What does the running loop look like in a terminal? The overview page in text, drawn to the room there is.

Colour only repeats what a sign, a word or a mark says first. Figures are cut half even and never abbreviated.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from rich.cells import cell_len
from rich.text import Text

from counterpoise.demo.terminal_text import (
    ABSENT,
    CRIT,
    DRAWN,
    GAP,
    LABEL,
    RIGHTWARD,
    STRONG,
    TINTS,
    WARN,
    Column,
    Part,
    beside,
    chart,
    clean,
    fit,
    labelled,
    large,
    line_of,
    padded,
    plain,
    share,
    signed,
    spread,
    table,
)
from counterpoise.domain.accounts import TradingMode
from counterpoise.domain.decisions import RiskMode, Severity, TradingState
from counterpoise.domain.numbers import ONE, ZERO, divide_half_even, exact
from counterpoise.domain.time import trading_day, zone
from counterpoise.messages.events import EventLine
from counterpoise.messages.overview import (
    Ladder,
    Overview,
    PositionRow,
    PositionSum,
)
from counterpoise.messages.sentences import shown, units
from counterpoise.messages.status import (
    Replay,
)
from counterpoise.portfolio.snapshot import Quality

WIDTH_MIN, HEIGHT_MIN = 76, 20

KEYS = (("space", "pause"), ("+", "faster"), ("-", "slower"), ("?", "help"), ("q", "quit"))
"""What can be pressed, and what it does."""


_NOTHING: Part = ("", "")
_ROOMY = 100
_SIDE_BY_SIDE = 150
"""From this width on, events stand beside the positions."""

_FIGURE_ROWS, _CHART_ROWS_MORE, _EVENTS_WANTED = 6, 12, 12
_BODY_ROWS = 11
"""Rows of positions and events that come before any empty line."""


_MARKS = {Severity.WARNING: ("▲ ", WARN), Severity.CRITICAL: ("■ ", CRIT), None: ("  ", "")}
_STATES = {
    TradingState.ACTIVE: ("", STRONG, ""),
    TradingState.REDUCING: ("■", "bold reverse red", "only reductions are sent"),
    TradingState.HALTED: ("/", "bold reverse magenta", "nothing is sent"),
}
"""State → what its band is made of, its style, and what it means."""

_HELP = (
    "Trading ACTIVE sends orders, REDUCING only what reduces, HALTED nothing.",
    "Mode SAFE, NEUTRAL, AGGRESSIVE: how much new risk the gate lets through.",
    "Denied by the gate: never sent. Rejected: by the venue. Unknown: no answer.",
    "Drift is in points from the target; out is beyond its band.",
    "Drawdown is from the highest equity ever, of today, and of this week.",
    "▲ WARNING   ■ CRITICAL   ┃ a bound; beside it, what happens above it",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewFacts:
    """What the view shows beside the page.

    Attributes:
        url: Where the same account is served.
        one_time_link: Signs a browser in once; None when there is none.
        message: One line that the program says about itself; may be empty.
        equity_history: Equity after each day, the oldest first.
        keys: (key, what it does) pairs.
        is_help_shown: Whether help stands where positions and events are.
    """

    url: str = ""
    one_time_link: str | None = None
    message: str = ""
    equity_history: tuple[Decimal, ...] = ()
    keys: tuple[tuple[str, str], ...] = KEYS
    is_help_shown: bool = False


def render(page: Overview, facts: ViewFacts, width: int, height: int) -> Text:
    """The page in at most `height` lines, none wider than `width` cells."""
    with exact():
        if width < WIDTH_MIN or height < HEIGHT_MIN:
            lines = _too_small(page, width, height)[:height]
        else:
            lines = [_framed(page, line, width) for line in _page(page, facts, width - 2, height)]
    return Text("\n", no_wrap=True, overflow="crop", end="").join(lines)


def when(page: Overview) -> str:
    """The replayed day and how far it is, or the time of a live account."""
    replay = page.status.replay
    return f"{replay.day}  day {replay.number} of {replay.days}" if replay else page.status.clock.text


def told(event: EventLine, room: int) -> str:
    """What happened; of a refusal the leading reason, how many more there are, and what it means if there is room."""
    if not event.reasons:
        return fit(f"{event.title}. {event.detail}" if event.detail else event.title, room)
    more = len(event.reasons) - 1
    short = f"{event.title}: {event.reasons[0].code}{f' and {more} more' if more else ''}"
    whole = clean(f"{short}. {event.reasons[0].meaning}")
    return whole if cell_len(whole) <= room else fit(short, room)


def _framed(page: Overview, line: Text, width: int) -> Text:
    """A halted account has a frame all around: no part of the screen can be taken for one that trades."""
    if page.status.trading_state is not TradingState.HALTED:
        return Text.assemble(" ", line)
    edge = _STATES[TradingState.HALTED][:2]
    return Text.assemble(edge, line, " " * (width - 2 - line.cell_len), edge)


def _page(page: Overview, facts: ViewFacts, width: int, height: int) -> list[Text]:
    head, foot, ladders = _head(page, width), _foot(page, facts, width), _ladders(page, width)
    rows = height - len(head) - len(foot) - len(ladders) - _FIGURE_ROWS
    gaps = [Text()] * min(max(rows - _BODY_ROWS, 0), 3)
    rows -= len(gaps)
    positions, events = _table_rows(page), min(len(page.activity.items), _EVENTS_WANTED) + 1
    wanted = max(positions, events) if width >= _SIDE_BY_SIDE else positions + events + 1
    more = min(max(rows - wanted, 0), _CHART_ROWS_MORE)
    day = _day(page)
    left = width - GAP - max(line.cell_len for line in day)
    figures = beside(left, _equity(page, facts, left, _FIGURE_ROWS + more), day)
    body = _help(facts, width) if facts.is_help_shown else _body(page, width, rows - more)
    lines = [*head, *gaps[1:2], *figures, *gaps[2:3], *ladders, *gaps[:1], *body][: height - len(foot)]
    return [*lines, *([Text()] * (height - len(foot) - len(lines))), *foot]


def _too_small(page: Overview, width: int, height: int) -> list[Text]:
    status, equity = page.status, page.figures.equity
    state = (f"{status.trading_state} {status.risk_mode}", _STATES[status.trading_state][1])
    size = (f"needs {WIDTH_MIN} × {HEIGHT_MIN}, is {width} × {height}", "")
    said = (state, (f"Equity {plain(equity.value)} {equity.unit}", STRONG), size)
    return [line_of(width, part) for part in (*said, (when(page), ""), (f"Counterpoise {status.account.mode}", ""))]


def _head(page: Overview, width: int) -> list[Text]:
    status, replay = page.status, page.status.replay
    mode_style = "bold reverse" if status.account.mode is TradingMode.LIVE else STRONG
    name = (("Counterpoise  ", STRONG), (f"[{status.account.mode}]", mode_style), (f"  {status.account.name}", ""))
    reasons, more = status.mode_reasons, len(status.mode_reasons) - 1
    state = (
        ("Trading ", LABEL),
        (status.trading_state, _STATES[status.trading_state][1]),
        ("   Mode ", LABEL),
        (status.risk_mode, "bold yellow" if status.risk_mode is RiskMode.SAFE else STRONG),
        (f", {reasons[0].text}{f' and {more} more' if more else ''}" if reasons else "", ""),
    )
    first = f"replaying {replay.day}" if replay else status.clock.text
    progress = [_progress(replay, width)] if replay else []
    return [spread(width, name, first), line_of(width, *state), *_band(page, width), *progress]


def _progress(replay: Replay, width: int) -> Text:
    said = f"  day {replay.number:>{len(str(replay.days))}} of {replay.days}   "
    speed = _speed(replay)
    room = width - len(said) - len(speed)
    done = share(Decimal(replay.number), Decimal(replay.days), room)
    return line_of(width, ("━" * done, DRAWN), ("─" * (room - done), LABEL), (said, ""), (speed, STRONG))


def _speed(replay: Replay) -> str:
    rate = replay.days_per_second
    if replay.finished or replay.paused:
        return "finished" if replay.finished else "paused"
    return "as fast as it can" if rate is None else f"{units(rate)} {'day' if rate == ONE else 'days'} a second"


def _band(page: Overview, width: int) -> list[Text]:
    """What nobody may overlook: that not everything is sent, and what blocks new risk until a person acts."""
    status, waits = page.status, page.status.needs_you
    lines = []
    if waits is not None and waits.severity is Severity.CRITICAL:
        lines.append(line_of(width, (f"■ {waits.severity} ", CRIT), (f"{waits.title} {waits.detail}", "")))
    sign, style, meaning = _STATES[status.trading_state]
    if meaning:
        since = status.state_since and status.state_since.astimezone(zone(status.account.time_zone))
        said = f"{status.trading_state}, {meaning}." + (f" {since:%Y-%m-%d %H:%M}" if since else "")
        said += (f" by {status.state_by}" if status.state_by else "") + f": {status.state_reason or 'no reason given'}"
        text = f"{sign * 3} {fit(said, width - 8)} "
        lines.append(Text(text + sign * (width - cell_len(text)), style=style))
    return lines


def _foot(page: Overview, facts: ViewFacts, width: int) -> list[Text]:
    replay = page.status.replay
    pause = "go on" if replay is not None and replay.paused else "pause"
    keys: list[Part] = []
    for key, what in facts.keys:
        keys += [(f"{'   ' if keys else ''}{key} ", STRONG), (pause if what == "pause" else what, LABEL)]
    lines = [line_of(width, (facts.message, STRONG))] if facts.message else []
    if facts.one_time_link:
        link = clean(f"Sign in once  {facts.one_time_link}")
        lines.append(Text(link if cell_len(link) <= width else "Sign in once with a browser: ? shows the link"))
    return [*lines, spread(width, keys, facts.url)]


def _help(facts: ViewFacts, width: int) -> list[Text]:
    link = clean(facts.one_time_link or "")
    folded = [link[start : start + width] for start in range(0, len(link), width)]
    address = ["Sign in once with a browser:", *folded] if folded else []
    return [line_of(width, (text, "")) for text in (*address, *_HELP)]


def _equity(page: Overview, facts: ViewFacts, width: int, rows: int) -> list[Text]:
    """The largest figure, and under it where it came from."""
    figure = page.figures.equity
    title = line_of(width, (f"Equity, {figure.unit}", LABEL), (f"  {figure.reason}" if figure.reason else "", WARN))
    ends = f"{plain(figure.low)} to {plain(figure.high)}"
    doubt = [] if figure.quality is Quality.EXACT else [line_of(width, (ends, WARN))]
    curve = [Text(line, style=DRAWN) for line in chart(facts.equity_history, width, rows - 4 - len(doubt))]
    return [title, *large(plain(figure.value), width), *doubt, *curve]


def _day(page: Overview) -> list[Text]:
    """Today's result in its causes, exposure and cash."""
    day, exposure, cash = page.figures.pnl_today, page.figures.net_exposure, page.figures.free_cash
    doubt = "" if exposure.quality is Quality.EXACT else str(exposure.quality)
    total, share, fees = signed(day.value), signed(day.pct, " %"), signed(day.fees + day.other)
    return labelled(
        (f"P&L today, {day.unit}", (total, TINTS.get(total[0], "")), (share, TINTS.get(share[0], ""))),
        ("  price", (signed(day.price), ""), _NOTHING),
        ("  fees and other" if day.other else "  fees", (fees, ""), _NOTHING),
        ("  residual", (signed(day.residual), ""), _NOTHING),
        ("Net exposure, %", (plain(exposure.value), ""), (doubt, WARN)),
        (f"Free cash, {cash.unit}", (plain(cash.value), ""), (f"trust {cash.trust}", LABEL)),
    )


def _ladders(page: Overview, width: int) -> list[Text]:
    """The drawdown from the peak; today's and this week's beside what happens above which."""
    fall, ladders = page.figures.drawdown, page.gate.ladders
    lines = labelled(
        ("Drawdown", (plain(fall.value, " %"), STRONG), _NOTHING),
        *(
            (
                clean(f"  {ladder.label.removeprefix('Drawdown ')}"),
                (_fallen(ladder), _MARKS[ladder.severity][1]),
                _NOTHING,
            )
            for ladder in ladders
        ),
    )
    bounds = [_bounds(ladder) for ladder in ladders]
    room = width - lines[0].cell_len - 2 - max((cell_len(bound) for bound in bounds), default=0)
    lines[0].append(f"from the peak {plain(fall.peak_equity)}, at most {plain(fall.max_pct, ' %')} so far", LABEL)
    for line, ladder, bound in zip(lines[1:], ladders, bounds, strict=True):
        line.append(f"{_bar(ladder, max(room, 1))}  {bound}")
    return lines


def _fallen(ladder: Ladder) -> str:
    """A drawdown with as many digits as show on which side of its bounds it is."""
    now, places = ladder.now_pct, 2
    if now is None:
        return ABSENT
    bounds = [step.at_pct for step in ladder.steps if step.at_pct != now]
    while any(divide_half_even(now, ONE, places) == bound for bound in bounds):
        places += 1
    return f"{shown(now, places)} %"


def _bounds(ladder: Ladder) -> str:
    passed = {step.label: " passed" if step.severity is ladder.severity else "" for step in ladder.steps}
    return clean(", ".join(f"{step.label} {units(step.at_pct)} %{passed[step.label]}" for step in ladder.steps))


def _bar(ladder: Ladder, cells: int) -> str:
    now = ladder.now_pct or ZERO
    eighths = max(share(now, ladder.scale_pct, cells * 8), int(now > ZERO))
    bar = list(("█" * (eighths >> 3) + RIGHTWARD[eighths & 7].strip()).ljust(cells, "░"))
    for step in ladder.steps:
        bar[min(share(step.at_pct, ladder.scale_pct, cells), cells - 1)] = "┃"
    return "".join(bar)


def _table_rows(page: Overview) -> int:
    return max(len(page.positions.rows) + bool(page.positions.others), 1) + 3


def _body(page: Overview, width: int, rows: int) -> list[Text]:
    if width >= _SIDE_BY_SIDE:
        table = _positions(page, width * 3 // 5, rows)
        left = max(line.cell_len for line in table) + 1
        return beside(left, table, _events(page, width - left - GAP, rows))
    gap = [Text()] * (rows > _BODY_ROWS)
    events = max((rows + 1) // 3, rows - _table_rows(page) - len(gap))
    return [*_positions(page, width, rows - events - len(gap)), *gap, *_events(page, width, events)]


def _positions(page: Overview, width: int, rows: int) -> list[Text]:
    """The largest positions, the rest in one row, cash and the total: what is shown adds up."""
    book, room = page.positions, max(rows - 3, 0)
    kept = book.rows if _table_rows(page) - 3 <= room else book.rows[: max(room - 1, 0)]
    hidden: list[PositionRow | PositionSum] = [*book.rows[len(kept) :], *([book.others] if book.others else [])]
    lines = table(_columns(page, kept, [_sum_of(hidden)] if hidden else [], width), width)
    if not hidden and not kept:
        lines.insert(1, Text("No open positions.", style=LABEL))
    return [lines[0], *lines[1:][-max(rows - 1, 1) :]]


def _sum_of(parts: Sequence[PositionRow | PositionSum]) -> PositionSum:
    weights = [part.weight_pct for part in parts if part.weight_pct is not None]
    return PositionSum(
        count=sum(part.count if isinstance(part, PositionSum) else 1 for part in parts),
        value=sum((part.value for part in parts), ZERO),
        weight_pct=sum(weights, ZERO) if len(weights) == len(parts) else None,
        pnl_today=sum((part.pnl_today for part in parts), ZERO),
        pnl_open=sum((part.pnl_open for part in parts), ZERO),
    )


def _columns(page: Overview, rows: Sequence[PositionRow], others: list[PositionSum], width: int) -> list[Column]:
    """Every column there is, the ones that matter most first; those of rows alone are empty in the sums."""
    cash, total, unit = page.positions.cash, page.positions.total, page.status.account.base_currency
    gains: list[PositionRow | PositionSum] = [*rows, *others]
    name_width = width // (6 if width < _ROOMY else 3)
    names = [fit(f"{row.symbol}{'' if row.quality is Quality.EXACT else ' stale'}", name_width) for row in rows]
    drifts = [f"{signed(row.drift_points)}{' out' if row.beyond_band else '    '}" for row in rows]
    values = [plain(value) for value in (*(line.value for line in gains), cash.value, total.value)]
    weights = [plain(value) for value in (*(line.weight_pct for line in gains), cash.weight_pct, total.weight_pct)]
    today = [*(signed(line.pnl_today) for line in gains), "", signed(total.pnl_today)]
    still_open = [*(signed(line.pnl_open) for line in gains), "", signed(total.pnl_open)]
    return [
        Column("Positions", "", [*names, *(f"{line.count} others" for line in others), "Cash", "Total"], is_text=True),
        Column(f"Value, {unit}", "Value", values),
        Column("Weight, %", "%", weights),
        Column("Drift, points", "Drift", drifts),
        Column("P&L today", "Today", today, is_change=True),
        Column("P&L open", "Open", still_open, is_change=True),
        Column("Target, %", "", [plain(row.target_pct) for row in rows]),
        Column("Price", "", padded([(row.price, row.price_digits) for row in rows])),
        Column("Quantity", "", padded([(row.quantity, row.quantity_digits) for row in rows])),
        Column("Sector", "", [fit(row.label, 24) for row in rows], is_text=True),
    ]


def _events(page: Overview, width: int, rows: int) -> list[Text]:
    """The day's counts and what happened last, the newest first."""
    gate, today = page.gate, page.gate.today
    counts = f"today {today.approved} approved, {today.denied} denied, "
    counts += f"{today.rejected} rejected, {today.unknown} unknown"
    mark, style = _MARKS[gate.severity]
    verdict = ("Gate: " if gate.severity is None else mark) + gate.verdict
    head = spread(width, ((verdict, style or LABEL),), counts)
    lines = [_event(page, event, width) for event in page.activity.items[: rows - 1]]
    return [head, *(lines or [Text("Nothing recorded. The first deposit or fill appears here.", style=LABEL)])][:rows]


def _event(page: Overview, event: EventLine, width: int) -> Text:
    status = page.status
    is_today = event.day == trading_day(status.as_of, status.account.time_zone).isoformat()
    at = event.time if status.replay is None and is_today else event.day
    return line_of(width, (f"{at}  ", LABEL), _MARKS[event.severity], (told(event, width - len(at) - 4), ""))
