"""Can every test fail, and does every test run?"""

import ast
from collections.abc import Iterator

from lint.source import Finding, Source, last_name

MAY_NOT_RUN = {"skip", "skipif", "xfail", "importorskip"}
HELPERS = ("assert_", "expect_", "check_")
EXPECTATIONS = {"raises", "warns", "expect"}  # expect: of Playwright, which waits for what it is told

Function = ast.FunctionDef | ast.AsyncFunctionDef


def assertions(source: Source) -> Iterator[Finding]:
    """A test without an assertion passes whatever the code does."""
    if not source.path.startswith("tests/"):
        return
    for node in source.nodes:
        if isinstance(node, Function) and node.name.startswith("test_") and not asserts(node):
            yield source.at(node, "no-assertion", f"`{node.name}` cannot fail: it asserts nothing")


def asserts(test: Function) -> bool:
    """Whether a test asserts, expects an error, or calls a helper that does."""
    for node in ast.walk(test):
        if isinstance(node, ast.Assert):
            return True
        if isinstance(node, ast.Call):
            name = last_name(node.func)
            if name in EXPECTATIONS or name.startswith(HELPERS):
                return True
    return False


def always_run(source: Source) -> Iterator[Finding]:
    """A skipped test is a claim that nobody checks."""
    if not source.path.startswith("tests/"):
        return
    for node in source.nodes:
        reference = node.func if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else node
        called = isinstance(reference, ast.Attribute) or reference is not node
        if called and last_name(reference) in MAY_NOT_RUN:
            yield source.at(reference, "may-not-run", f"`{last_name(reference)}`: a test runs or is not there")


RULES = (assertions, always_run)
