"""What does a rule see? One tracked file: its text, its syntax tree and where it lives in the house."""

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

HOME = "src/counterpoise/"
CORE_FOLDERS = ("domain", "ledger", "portfolio", "analytics", "risk", "planning", "execution")
DECIDING = (
    "affording",
    "balance_book",
    "candidates",
    "commands",
    "confirmed",
    "decide",
    "decision",
    "entries",
    "figures",
    "gate_book",
    "opening",
    "orders",
    "plan_book",
    "rebalances",
    "runs",
    "state",
    "tally",
)
"""Modules of control that only decide: they are the core too, since `decide` is made of them."""

CORE_FILES = ("messages/outgoing.py", *(f"control/{name}.py" for name in DECIDING))
NUMBERS = "domain/numbers.py"
NUMPY_FOLDERS = ("analytics/",)
NUMPY_FILES = ("planning/whole_shares.py", "planning/batch.py")
SEAMS = ("adapters/", "wiring.py")
"""Where the outside world is met, and where it is put together."""


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One place that breaks one rule."""

    path: str
    line: int
    rule: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.rule} {self.message}"


@dataclass(frozen=True)
class Source:
    """One text file of the repository; `path` is relative to its root, with forward slashes."""

    path: str
    text: str

    @property
    def inner(self) -> str:
        """The path inside the package, or nothing for a file outside it."""
        return self.path.removeprefix(HOME) if self.path.startswith(HOME) else ""

    @property
    def is_python(self) -> bool:
        """Whether the file is Python of ours, script or module."""
        return self.path.endswith(".py") or self.text.startswith("#!/usr/bin/env python3")

    @property
    def is_core(self) -> bool:
        """Whether the file belongs to the pure core."""
        return self.inner.split("/")[0] in CORE_FOLDERS or self.inner in CORE_FILES

    @property
    def is_exact(self) -> bool:
        """Whether all numbers in the file are exact: the core without its numpy corners."""
        return self.is_core and not self.inner.startswith(NUMPY_FOLDERS) and self.inner not in NUMPY_FILES

    @cached_property
    def lines(self) -> tuple[str, ...]:
        """The file, line by line."""
        return tuple(self.text.splitlines())

    @cached_property
    def nodes(self) -> tuple[ast.AST, ...]:
        """Every node of the syntax tree."""
        return tuple(ast.walk(ast.parse(self.text, self.path)))

    @cached_property
    def calls(self) -> tuple[ast.Call, ...]:
        """Every call in the file."""
        return tuple(node for node in self.nodes if isinstance(node, ast.Call))

    @cached_property
    def imported(self) -> dict[str, str]:
        """Full name of each name that an import binds: `dt` → `datetime`, `now` → `time.monotonic`."""
        names: dict[str, str] = {}
        for node in self.nodes:
            if isinstance(node, ast.Import):
                for alias in node.names:
                    top = alias.name.split(".")[0]
                    names[alias.asname or top] = alias.name if alias.asname else top
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                for alias in node.names:
                    names[alias.asname or alias.name] = f"{node.module}.{alias.name}"
        return names

    def full_name(self, node: ast.AST) -> str:
        """The dotted name that `node` refers to, seen through imports and their aliases."""
        first, _, rest = dotted(node).partition(".")
        first = self.imported.get(first, first)
        return f"{first}.{rest}" if rest else first

    def at(self, where: ast.AST | int, rule: str, message: str) -> Finding:
        """A finding of `rule` at a node or a line."""
        line = where if isinstance(where, int) else getattr(where, "lineno", 1)
        return Finding(self.path, line, rule, message)


Rule = Callable[[Source], Iterator[Finding]]


def dotted(node: ast.AST) -> str:
    """`a.b.c` of a chain of attributes that starts at a name; empty for anything else."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) else ""


def last_name(node: ast.AST) -> str:
    """The last part of a name or attribute, whatever it hangs on: `submit` of `self.brokers[0].submit`."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""
