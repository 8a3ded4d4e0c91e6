"""Does anything go round a door? Orders, approvals, tasks, queues and imports each have one."""

import ast
from collections.abc import Iterator

from lint.source import Finding, Source, dotted, last_name

EXECUTOR = "execution/executor.py"
GATE = "risk/gate.py"
TASKS = "control/tasks.py"
ADAPTERS = "adapters/"
ROOT = "counterpoise"
TASK_STARTERS = {"create_task", "ensure_future", "TaskGroup", "run_in_executor", "Thread"}
QUEUES = {"Queue", "LifoQueue", "PriorityQueue", "SimpleQueue", "deque"}
HIDDEN_IMPORTS = {"eval", "exec", "__import__", "import_module"}


def submits(source: Source) -> Iterator[Finding]:
    """A broker hears of an order from one line of the executor."""
    if not source.inner or source.inner.startswith(ADAPTERS):
        return
    calls = [call for call in source.calls if isinstance(call.func, ast.Attribute) and call.func.attr == "submit"]
    for call in calls[1:] if source.inner == EXECUTOR else calls:
        yield source.at(call, "submit", f"orders leave through one call, in {EXECUTOR}")


def approvals(source: Source) -> Iterator[Finding]:
    """Only the gate approves."""
    if source.inner in ("", GATE):
        return
    for call in source.calls:
        if last_name(call.func) == "Approved":
            yield source.at(call, "approved", f"only {GATE} makes an Approved")


def tasks(source: Source) -> Iterator[Finding]:
    """A task that nobody supervises loses its errors."""
    if not source.inner or source.inner == TASKS or source.inner.startswith(ADAPTERS):
        return
    for call in source.calls:
        if last_name(call.func) in TASK_STARTERS:
            yield source.at(call, "task", f"`{last_name(call.func)}`; tasks start in {TASKS}, supervised")


def queues(source: Source) -> Iterator[Finding]:
    """A queue without a bound is memory that ends under load."""
    if not source.inner:
        return
    for call in source.calls:
        name = last_name(call.func)
        if name in QUEUES and not is_bounded(call, name):
            yield source.at(call, "queue", f"`{name}` without a bound; say what happens when it is full")
        for keyword in call.keywords:
            if keyword.arg == "default_factory" and last_name(keyword.value) in QUEUES:
                yield source.at(call, "queue", f"`{last_name(keyword.value)}` without a bound as a default")


def is_bounded(call: ast.Call, name: str) -> bool:
    """Whether a queue is made with a bound; asyncio and queue read 0 as none."""
    if name == "SimpleQueue":
        return False
    word, position = ("maxlen", 1) if name == "deque" else ("maxsize", 0)
    named = [keyword.value for keyword in call.keywords if keyword.arg == word]
    given = [*named, *call.args[position : position + 1]]
    return bool(given) and not (isinstance(given[0], ast.Constant) and given[0].value in (0, None))


def hidden_imports(source: Source) -> Iterator[Finding]:
    """An import that the contracts cannot see makes them a story."""
    if source.inner in ("", "__init__.py"):
        return
    for call in source.calls:
        if dotted(call.func).removeprefix("importlib.").removeprefix("builtins.") in HIDDEN_IMPORTS:
            yield source.at(call, "hidden-import", f"`{dotted(call.func)}` is unseen by the import contracts")


def front_door(source: Source) -> Iterator[Finding]:
    """The root re-exports the library for users; from inside it would close a circle.

    The contract of that name sees the packages' own `__init__` files; this sees every file.
    """
    if source.inner in ("", "__init__.py", "__main__.py"):
        return
    for node in source.nodes:
        if isinstance(node, ast.Import) and any(alias.name == ROOT for alias in node.names):
            yield source.at(node, "front-door", f"`import {ROOT}`; import the module that has it")
        elif isinstance(node, ast.ImportFrom) and node.module == ROOT and not node.level:
            for name in (alias.name for alias in node.names if not alias.name.islower() or "__" in alias.name):
                yield source.at(node, "front-door", f"`{name}` by the root; import the module that has it")


RULES = (submits, approvals, tasks, queues, hidden_imports, front_door)
