"""Does the code say what it does? Errors by name, nothing left for later, functions of one screen."""

import ast
import re
from collections.abc import Iterator

from lint.source import Finding, Source, last_name

BROAD = {"Exception", "BaseException"}
LATER = re.compile(r"NotImplementedError|\b(TODO|FIXME|XXX|HACK)\b|in a real (system|world)|placeholder|for now\b")
FUNCTION_LINES_MAX = 60
MODULE_LINES_MAX = 500

Function = ast.FunctionDef | ast.AsyncFunctionDef


def broad_excepts(source: Source) -> Iterator[Finding]:
    """An except names what it can mend."""
    if not source.inner:
        return
    for node in source.nodes:
        if not isinstance(node, ast.ExceptHandler):
            continue
        caught = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
        if any(error is None or last_name(error) in BROAD for error in caught):
            yield source.at(node, "broad-except", "name the errors that this line can answer")


def left_for_later(source: Source) -> Iterator[Finding]:
    """What is not done is an issue, not a comment."""
    if not source.inner:
        return
    for number, line in enumerate(source.lines, 1):
        found = LATER.search(line)
        if found:
            yield source.at(number, "later", f"{found[0]!r}: do it, or leave it out")


def sizes(source: Source) -> Iterator[Finding]:
    """One question a file, one screen a function."""
    if not source.inner:
        return
    if len(source.lines) > MODULE_LINES_MAX:
        many = f"{len(source.lines)} lines, at most {MODULE_LINES_MAX}"
        yield source.at(1, "long-module", f"{many}; split it along a name that a trader would use")
    for node in source.nodes:
        if not isinstance(node, Function):
            continue
        lines = (node.end_lineno or node.lineno) - node.lineno + 1
        if lines > FUNCTION_LINES_MAX:
            message = f"`{node.name}` has {lines} lines, at most {FUNCTION_LINES_MAX}; keep branches, move leaves"
            yield source.at(node, "long-function", message)
        if not node.decorator_list and all(is_text(statement) for statement in node.body):
            yield source.at(node, "no-body", f"`{node.name}` does nothing; a port's method has `...`")


def is_text(statement: ast.stmt) -> bool:
    """Whether a statement is a bare string, as a docstring is."""
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )


RULES = (broad_excepts, left_for_later, sizes)
