"""Does anything inside ask the machine for the time, an id or chance? They arrive as arguments."""

import ast
from collections.abc import Iterator

from lint.source import SEAMS, Finding, Source

CLOCKS = {
    *(f"time.{name}" for name in ("time", "time_ns", "monotonic", "monotonic_ns", "process_time")),
    *(f"time.{name}" for name in ("perf_counter", "perf_counter_ns", "localtime", "gmtime", "sleep")),
    *(f"datetime.datetime.{name}" for name in ("now", "utcnow", "today")),
    *(f"datetime.{name}" for name in ("now", "utcnow", "today")),
    "datetime.date.today",
    "date.today",
}
IDS = {f"uuid.{name}" for name in ("uuid1", "uuid3", "uuid4", "uuid5", "uuid6", "uuid7", "uuid8", "getnode")}
CHANCE = {"os.urandom", "os.getrandom"}
CHANCE_MODULES = ("random.", "secrets.", "numpy.random.")


def ambient(source: Source) -> Iterator[Finding]:
    """Clocks, ids and chance are ports; only adapters and wiring know the real ones."""
    if not source.inner or source.inner.startswith(SEAMS):
        return
    seen: set[int] = set()
    for node in source.nodes:
        if not isinstance(node, ast.Name | ast.Attribute) or node.lineno in seen:
            continue
        name = source.full_name(node)
        kind = kind_of(name)
        if kind:
            seen.add(node.lineno)
            yield source.at(node, "ambient", f"`{name}` is {kind}; take it as an argument or by its port")


def kind_of(name: str) -> str:
    """What `name` asks the machine for, or nothing."""
    if name in CLOCKS:
        return "a clock"
    if name in IDS or name.removeprefix("uuid.") in {"uuid1", "uuid4"}:
        return "an id"
    if name in CHANCE or name.startswith(CHANCE_MODULES):
        return "chance"
    return ""


RULES = (ambient,)
