"""Is an order ever taken from a set? It differs from run to run, and with it plans, bytes and hashes."""

import ast
from collections.abc import Iterator, Sequence

from lint.source import Finding, Source, last_name

SETS = {"set", "frozenset"}
SET_TYPES = {"set", "frozenset", "Set", "AbstractSet", "MutableSet", "FrozenSet"}
SET_OPERATORS = (ast.BitOr, ast.BitAnd, ast.Sub, ast.BitXor)
ORDER_KEEPERS = {
    "list",
    "tuple",
    "iter",
    "enumerate",
    "map",
    "filter",
    "zip",
    "reversed",
    "join",
    "fromkeys",
    "deque",
}
ORDER_BLIND = {"sorted", "set", "frozenset", "len", "any", "all", "sum", "min", "max"}
ADVICE = "takes its order from a set; sort it first"

Function = ast.FunctionDef | ast.AsyncFunctionDef


def set_order(source: Source) -> Iterator[Finding]:
    """Iterate over sorted(…), a tuple or a dict; sets are for membership."""
    if not source.inner:
        return
    blind = {id(call.args[0]) for call in source.calls if last_name(call.func) in ORDER_BLIND and call.args}
    functions = [node for node in source.nodes if isinstance(node, Function)]
    inside = {id(node) for function in functions for node in ast.walk(function)}
    outside = tuple(node for node in source.nodes if id(node) not in inside)
    found: set[Finding] = set()
    for nodes in (outside, *(tuple(ast.walk(function)) for function in functions)):
        names = set_names(nodes)
        found.update(source.at(node, "set-order", ADVICE) for node in unordered(nodes, names, blind))
    yield from sorted(found)


def set_names(nodes: Sequence[ast.AST]) -> set[str]:
    """Names that these statements bind to sets, by annotation or by value, and to nothing else."""
    names: set[str] = set()
    others: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.arg) and node.annotation:
            (names if is_set_type(node.annotation) else others).add(node.arg)
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            (names if is_set_type(node.annotation) else others).add(node.target.id)
        elif isinstance(node, ast.Assign):
            targets = {target.id for target in node.targets if isinstance(target, ast.Name)}
            (names if is_set(node.value, names) else others).update(targets)
    return names - others


def is_set_type(annotation: ast.expr) -> bool:
    """Whether an annotation says set."""
    return last_name(annotation.value if isinstance(annotation, ast.Subscript) else annotation) in SET_TYPES


def is_set(node: ast.expr, names: set[str]) -> bool:
    """Whether an expression is a set, as far as it shows."""
    if isinstance(node, ast.Set | ast.SetComp):
        return True
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Name) and node.func.id in SETS
    if isinstance(node, ast.BinOp) and isinstance(node.op, SET_OPERATORS):
        return is_set(node.left, names) or is_set(node.right, names)
    return isinstance(node, ast.Name) and node.id in names


def unordered(nodes: Sequence[ast.AST], names: set[str], blind: set[int]) -> Iterator[ast.AST]:
    """Places where iteration over a set decides an order."""
    for node in nodes:
        if (isinstance(node, ast.For | ast.AsyncFor) and is_set(node.iter, names)) or (
            isinstance(node, ast.Call)
            and last_name(node.func) in ORDER_KEEPERS
            and id(node) not in blind
            and any(is_set(argument, names) for argument in node.args)
        ):
            yield node
        elif isinstance(node, ast.ListComp | ast.GeneratorExp | ast.DictComp) and id(node) not in blind:
            if any(is_set(generator.iter, names) for generator in node.generators):
                yield node
        elif isinstance(node, ast.List | ast.Tuple | ast.Call):
            items = node.args if isinstance(node, ast.Call) else node.elts
            if any(isinstance(item, ast.Starred) and is_set(item.value, names) for item in items):
                yield node


RULES = (set_order,)
