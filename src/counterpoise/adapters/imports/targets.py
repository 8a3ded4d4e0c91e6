"""Which weights does a user's file ask for? Targets from CSV or TOML, percent in the file, fractions inside.

CSV has the columns `symbol,target_percent` and may have `enabled,threshold_percent`. TOML has one `[[targets]]`
table a symbol with the same keys, and may have `cash_percent` and `threshold_percent` of its own. `CASH` is
cash wherever a symbol may stand.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from difflib import get_close_matches
from pathlib import Path

from counterpoise.adapters.tables import open_table, place, shown
from counterpoise.adapters.toml import read_toml
from counterpoise.domain.errors import InvalidInput
from counterpoise.domain.instruments import CASH_SYMBOL, Symbol, read_symbol
from counterpoise.domain.numbers import HUNDRED, ZERO, canonical, from_python, shortest
from counterpoise.domain.plans import Target

SUM_PCT_MIN = Decimal(99)
SUM_PCT_MAX = Decimal(101)
WEIGHT_PLACES_MAX = 18
CLOSEST_MAX = 3

SYMBOL, TARGET, ENABLED, THRESHOLD = "symbol", "target_percent", "enabled", "threshold_percent"
TARGET_KEYS = (SYMBOL, TARGET, ENABLED, THRESHOLD)
TARGETS, CASH = "targets", "cash_percent"
TOML_KEYS = (TARGETS, CASH, THRESHOLD)
_YES_OR_NO = {"": True, "true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}

Entry = tuple[str, Mapping[str, object]]
"""Where in the file a target stands, and its keys with what they hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetFile:
    """What a file of targets says.

    Attributes:
        targets: In the order of the file; `CASH` is among them only where the file states it. The enabled
            weights sum to 0.99 … 1.01: what they lack to 1 is cash, above 1 the planner scales them.
        threshold_pct: Band of every symbol that states none, percentage points, or None for the policy's.
    """

    targets: tuple[Target, ...]
    threshold_pct: Decimal | None = None


def read_targets(path: Path | str) -> TargetFile:
    """Read targets from a TOML file (by its name) or else from a table. Runs under `numbers.exact()`.

    Raises:
        InvalidInput: one line that names file and place: unreadable file, unknown or missing key, bad or
            repeated symbol, a percentage that is none or outside 0 … 100, enabled targets that do not
            sum to 99 … 101 %. A file whose targets are all disabled is read.
    """
    path = Path(path)
    name = shown(path.name)
    if path.suffix.lower() == ".toml":
        entries, threshold_pct = _from_toml(path, name)
    else:
        entries, threshold_pct = tuple(_from_table(path)), None
    targets = _targets(entries)
    if not targets:
        raise InvalidInput(name, "no targets", f"at least one `{SYMBOL}` with its `{TARGET}`")
    _check_sum(targets, name)
    return TargetFile(targets=targets, threshold_pct=threshold_pct)


def check_known(targets: tuple[Target, ...], symbols: Collection[Symbol]) -> None:
    """Refuse a target that nothing can be bought for.

    Raises:
        InvalidInput: a target other than CASH is not in `symbols`; names it and the closest ones.
    """
    for target in targets:
        if target.symbol != CASH_SYMBOL and target.symbol not in symbols:
            raise InvalidInput("target", target.symbol, f"a symbol with prices, {_closest(target.symbol, symbols)}")


def _from_table(path: Path) -> Iterator[Entry]:
    with open_table(path) as table:
        keys = [name.lower() for name in table.header]
        where = place(table.name, 1)
        _check_keys(keys, where, TARGET_KEYS, required=(SYMBOL, TARGET))
        repeated = [key for key in TARGET_KEYS if keys.count(key) > 1]
        if repeated:
            raise InvalidInput(where, repeated[0], "each column once")
        for row in table.rows:
            filled = {key: cell for key, cell in zip(keys, row.cells, strict=True) if cell}
            yield place(table.name, row.number), filled


def _from_toml(path: Path, name: str) -> tuple[tuple[Entry, ...], Decimal | None]:
    """The entries of a TOML file and the band for all of them."""
    document = read_toml(path, "a TOML file with one [[targets]] table for each symbol")
    _check_keys(list(document), name, TOML_KEYS, required=(TARGETS,))
    tables = document[TARGETS]
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise InvalidInput(f"{name} {TARGETS}", tables, "one [[targets]] table for each symbol")
    entries: list[Entry] = []
    for number, table in enumerate(tables, 1):
        where = f"{name} target {number}"
        _check_keys(list(table), where, TARGET_KEYS, required=(SYMBOL, TARGET))
        entries.append((where, table))
    if CASH in document:
        entries.append((f"{name} {CASH}", {SYMBOL: CASH_SYMBOL, TARGET: document[CASH]}))
    threshold = document.get(THRESHOLD)
    return tuple(entries), None if threshold is None else _percent(threshold, f"{name} {THRESHOLD}")


def _check_keys(keys: list[str], where: str, known: tuple[str, ...], *, required: tuple[str, ...]) -> None:
    for key in keys:
        if key not in known:
            raise InvalidInput(where, key or "an empty name", f"one of {', '.join(known)}")
    for key in required:
        if key not in keys:
            raise InvalidInput(where, f"without `{key}`", f"`{key}` for every target")


def _targets(entries: tuple[Entry, ...]) -> tuple[Target, ...]:
    """The wishes, each symbol once."""
    targets: dict[Symbol, Target] = {}
    for where, entry in entries:
        written = entry.get(SYMBOL, "")
        if not isinstance(written, str):
            raise InvalidInput(f"{where} {SYMBOL}", written, 'a symbol as text, such as "SPY"')
        symbol = read_symbol(written, f"{where} {SYMBOL}")
        if symbol in targets:
            raise InvalidInput(
                where, symbol, "each symbol once, in upper or lower case; CASH and `cash_percent` are one"
            )
        threshold = entry.get(THRESHOLD)
        targets[symbol] = Target(
            symbol=symbol,
            weight=_weight(entry.get(TARGET, ""), f"{where} {TARGET}"),
            enabled=_enabled(entry.get(ENABLED, True), f"{where} {ENABLED}"),
            threshold_pct=None if threshold is None else _percent(threshold, f"{where} {THRESHOLD}"),
        )
    return tuple(targets.values())


def _percent(value: object, where: str) -> Decimal:
    """A percentage of 0 … 100, from text or a TOML number, every digit kept."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise InvalidInput(where, value, "a percentage from 0 to 100 such as 12.5")
    try:
        percent = from_python(value, where)
    except InvalidInput as error:
        raise InvalidInput(where, value, "a percentage from 0 to 100 such as 12.5, without a % sign") from error
    if not ZERO <= percent <= HUNDRED:
        raise InvalidInput(where, value, "a percentage from 0 to 100")
    return percent


def _weight(value: object, where: str) -> Decimal:
    """A percentage as a fraction; moving the point by two places is exact."""
    weight = canonical(_percent(value, where).scaleb(-2))
    exponent = weight.as_tuple().exponent
    if isinstance(exponent, int) and -exponent > WEIGHT_PLACES_MAX:
        raise InvalidInput(
            where, str(value), f"a percentage with at most {WEIGHT_PLACES_MAX - 2} digits after the point"
        )
    return weight


def _enabled(value: object, where: str) -> bool:
    if isinstance(value, bool):
        return value
    answer = _YES_OR_NO.get(value.lower()) if isinstance(value, str) else None
    if answer is None:
        raise InvalidInput(where, value, "true or false")
    return answer


def _check_sum(targets: tuple[Target, ...], name: str) -> None:
    """A disabled target is outside the total; a book of disabled ones has a named answer of its own."""
    enabled = [target.weight for target in targets if target.enabled]
    sum_pct = sum(enabled, ZERO).scaleb(2)
    if enabled and not SUM_PCT_MIN <= sum_pct <= SUM_PCT_MAX:
        told = f"targets sum to {shortest(sum_pct)} %"
        raise InvalidInput(name, told, "99 to 101 %, CASH included; what is missing to 100 is cash")


def _closest(symbol: Symbol, symbols: Collection[Symbol]) -> str:
    """The known symbols that were perhaps meant, or the first of all."""
    known = sorted(symbols)
    closest = get_close_matches(symbol, known, n=CLOSEST_MAX)
    if closest:
        return f"perhaps {' or '.join(closest)}"
    return f"such as {', '.join(known[:CLOSEST_MAX])}" if known else "of which there are none"
