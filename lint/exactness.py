"""Can a number in the core lose a digit, or a result depend on the process that computed it?"""

import ast
from collections.abc import Iterator

from lint.source import NUMBERS, Finding, Source

INEXACT = {ast.Div: "/", ast.FloorDiv: "//", ast.Mod: "%"}
CONTEXT = {"getcontext", "setcontext", "localcontext"}
PER_PROCESS = {"hash", "id"}


def floats(source: Source) -> Iterator[Finding]:
    """Money is Decimal from the raw text to the screen."""
    if not source.is_exact:
        return
    for node in source.nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, float):
            yield source.at(node, "float", f"the literal {node.value!r}; write Decimal({str(node.value)!r})")
        elif isinstance(node, ast.Name) and node.id == "float":
            yield source.at(node, "float", "no float enters the core; convert at the edge, by its text")


def divisions(source: Source) -> Iterator[Finding]:
    """Division and rounding have one home, where the direction is in the name."""
    if not source.is_exact or source.inner == NUMBERS:
        return
    for node in source.nodes:
        if isinstance(node, ast.BinOp | ast.AugAssign) and type(node.op) in INEXACT and not formats_text(node):
            yield source.at(node, "division", f"`{INEXACT[type(node.op)]}` lives in {NUMBERS} only")
        elif isinstance(node, ast.Name) and node.id == "divmod":
            yield source.at(node, "division", f"`divmod` lives in {NUMBERS} only")
        elif isinstance(node, ast.Attribute) and node.attr == "quantize":
            yield source.at(node, "quantize", f"rounding lives in {NUMBERS} only, its direction in the name")


def formats_text(node: ast.BinOp | ast.AugAssign) -> bool:
    """Whether a `%` is the formatting of a text literal."""
    if not isinstance(node, ast.BinOp) or not isinstance(node.op, ast.Mod):
        return False
    return isinstance(node.left, ast.JoinedStr) or (
        isinstance(node.left, ast.Constant) and isinstance(node.left.value, str | bytes)
    )


def process_dependent(source: Source) -> Iterator[Finding]:
    """The same facts give the same state in every process; the number context is entered by exact()."""
    if not source.is_core:
        return
    for node in source.nodes:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in PER_PROCESS:
            yield source.at(node, "process-dependent", f"`{node.func.id}()` differs from process to process")
        elif isinstance(node, ast.Name | ast.Attribute) and source.inner != NUMBERS:
            name = source.full_name(node)
            if name.removeprefix("decimal.") in CONTEXT:
                yield source.at(node, "process-dependent", f"`{name}`; only numbers.exact() sets the context")


RULES = (floats, divisions, process_dependent)
